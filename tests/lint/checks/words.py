"""Text files: no path of anyone's machine, no tabs, no trailing blanks, a last newline; a README.md in each folder."""
import os
import re

from repository import CPP, TEXT, Violation, line_at

# Spelled so that this file does not match itself. Only .ci/run may look beside the checkout.
PLACES = [
    re.compile(r"(?<![\w.])/(?:wor[k]|hom[e]|roo[t]|User[s])/"),
    re.compile(r"\bshare[d]/(?:data|checks|prototypes|hooks|[a-z]+\.md)\b"),
]
UNFINISHED = re.compile(r"\b(?:TOD[O]|FIXM[E]|XX[X])\b|^(?:<{7}|>{7}) .*", re.M)  # words, and marks of a merge
EXEMPT = {".ci/run": PLACES[1:]}

# Data whose layout is not ours to choose.
DATA = re.compile(r".*\.(?:tsv|csv|inter|item|pt|pth|heed)|tests/(?:shop|golden|invalid|fuzz)/.*\.txt")
_SOURCES = CPP + (".py", ".sh")
_DOCUMENTED = ("runtime/", "converter/", "tests/", "bench/")


def check(repo):
    for file in repo.files:
        text = repo.text(file)
        if text is not None and not (DATA.fullmatch(file) and not file.endswith("CMakeLists.txt")):
            yield from _text(file, text)
    yield from _readmes(repo)


def _text(file, text):
    for pattern in [*PLACES, UNFINISHED]:
        if pattern in EXEMPT.get(file, ()):
            continue
        for match in pattern.finditer(text):
            yield Violation(file, line_at(text, match.start()), f"'{match.group()}' does not belong in the repository")
    if not (file.endswith(TEXT) or "." not in os.path.basename(file)):
        return
    for number, line in enumerate(text.split("\n"), 1):
        if "\t" in line:
            yield Violation(file, number, "a tab")
        if line != line.rstrip():
            yield Violation(file, number, "trailing blanks")
    if text and not text.endswith("\n"):
        yield Violation(file, text.count("\n") + 1, "no newline at the end")


def _readmes(repo):
    """A folder with sources, or its parent, has a README.md."""
    folders = {os.path.dirname(f) for f in repo.select(_SOURCES) if f.startswith(_DOCUMENTED)}
    files = set(repo.files)
    for folder in sorted(folders):
        if f"{folder}/README.md" not in files and f"{os.path.dirname(folder)}/README.md" not in files:
            yield Violation(f"{folder}/README.md", 1, "missing: say what lives here and how to add to it")
