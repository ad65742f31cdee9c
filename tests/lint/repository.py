"""What checks look at: the repository's files, their text and code, and the commands that compile them."""
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import typing

CPP = (".cpp", ".hpp", ".h", ".inc", ".c")
HEADERS = (".hpp", ".h")
TEXT = CPP + (".py", ".sh", ".cmake", ".in", ".md", ".json", ".fbs", ".map", ".txt", ".yml")

# Comments, and literals that could hold what looks like code. A quote between digits separates them.
_TOKENS = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
      | R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"
      | "(?:\\.|[^"\\\n])*"
      | (?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'""",
    re.DOTALL | re.VERBOSE,
)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"\n]+)[>"]', re.MULTILINE)


class Violation(typing.NamedTuple):
    file: str
    line: int
    message: str

    def __str__(self):
        return f"{self.file}:{self.line}: {self.message}"


def name_of(check):
    """A check's name on the command line: that of its module."""
    return check.__name__.rpartition(".")[2]


def _blank(match):
    """Spaces and newlines in place of the text, so that offsets and line numbers stay."""
    return re.sub(r"[^\n]", " ", match.group())


def without_comments(text):
    return _TOKENS.sub(lambda m: _blank(m) if m.group("comment") else m.group(), text)


def code_only(text):
    """The text with comments and literals blanked, but not the names of includes."""
    includes = [m.span() for m in _INCLUDE.finditer(text)]
    return _TOKENS.sub(
        lambda m: m.group() if any(a <= m.start() < b for a, b in includes) else _blank(m), text
    )


def includes(text):
    """(line, name) of each include."""
    code = without_comments(text)
    return [(line_at(code, m.start(1)), m.group(1)) for m in _INCLUDE.finditer(code)]


def line_at(text, offset):
    return text.count("\n", 0, offset) + 1


def parallel(function, items):
    """function(item) for all items, as many at once as there are CPUs; results in order."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(function, items))


class Repository:
    def __init__(self, root, build, files=None):
        self.root = pathlib.Path(root)
        self.build = pathlib.Path(build)
        self._notes = []
        if files is None:
            # Tracked files, and new ones that are not ignored. A deleted file is listed until it is committed.
            listing = subprocess.run(
                ["git", "ls-files", "-z", "-c", "-o", "--exclude-standard"],
                cwd=self.root, check=True, stdout=subprocess.PIPE,
            ).stdout.decode()
            files = [name for name in set(listing.split("\0")) if name and (self.root / name).is_file()]
        self.files = sorted(files)
        self.cache = Cache(self.build / ".lint-cache")

    def note(self, text):
        """A remark beside the check's verdict."""
        self._notes.append(text)

    def take_notes(self):
        notes, self._notes = self._notes, []
        return notes

    @functools.lru_cache(maxsize=None)
    def text(self, file):
        """The file's text, or None when it is binary or a link."""
        path = self.root / file
        if path.is_symlink():
            return None
        data = path.read_bytes()
        return None if b"\0" in data[:8192] else data.decode("utf-8", "replace")

    def select(self, suffixes, *folders):
        """Files with one of the suffixes, below one of the folders if any are given."""
        below = tuple(folder + "/" for folder in folders)
        return [f for f in self.files if f.endswith(suffixes) and (not below or f.startswith(below))]

    def resolve(self, name, folder=""):
        """The repository file (or generated header) that an include in `folder` names, else None."""
        for candidate in (name, f"include/{name}", f"{folder}/{name}"):
            if (self.root / candidate).is_file():
                return candidate
        generated = self.build / "generated" / name
        return str(generated) if generated.is_file() else None

    @functools.lru_cache(maxsize=None)
    def closure(self, file):
        """The file and all files of the repository that it includes, directly or not."""
        seen, todo = set(), [file]
        while todo:
            current = todo.pop()
            if current in seen:
                continue
            seen.add(current)
            for _, name in includes(self.text(current) or ""):
                found = self.resolve(name, os.path.dirname(current))
                if found:
                    todo.append(found)
        return frozenset(seen)

    @functools.lru_cache(maxsize=None)
    def commands(self):
        """How each source of the repository is compiled: {file: [compiler, options...]}, without -c, -o and the
        file itself. None when there is no configured build."""
        database = self.build / "compile_commands.json"
        if not database.is_file():
            return None
        commands = {}
        for entry in json.loads(database.read_text()):
            try:
                file = str((pathlib.Path(entry["directory"]) / entry["file"]).relative_to(self.root))
            except ValueError:
                continue  # not a file of the repository
            if file not in commands and file in self._file_set():
                commands[file] = _options(shlex.split(entry["command"]), entry["file"])
        return commands

    @functools.lru_cache(maxsize=None)
    def _file_set(self):
        return frozenset(self.files)

    def digest(self, file, *parts):
        """Changes when the file, what it includes, or one of the parts changes."""
        digest = hashlib.sha256()
        for part in parts:
            digest.update(repr(part).encode())
        for name in sorted(self.closure(file)):
            digest.update(name.encode() + b"\0" + (self.root / name).read_bytes())
        return digest.hexdigest()


def _options(words, source):
    kept, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word in ("-o", "-MF", "-MT", "-MQ"):
            skip = True
        elif word not in ("-c", "-MD", "-MMD", source):
            kept.append(word)
    # A compiler launcher stands before the compiler.
    return kept[1:] if os.path.basename(kept[0]) == "ccache" else kept


class Cache:
    """Remembers what was found clean, by digest, as soon as it is."""

    def __init__(self, folder):
        self.folder = folder

    def examine(self, function, jobs):
        """function(job) for the jobs whose digest is new, in parallel. jobs: [(job, digest)]. Gives how many were
        new, and the union of what was found in them."""
        todo = [item for item in jobs if not (self.folder / item[1]).is_file()]
        found = parallel(lambda item: self._examine_one(function, *item), todo)
        return len(todo), set().union(*found)

    def _examine_one(self, function, job, digest):
        found = set(function(job))
        if not found:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / digest).touch()
        return found
