"""Every header compiles alone: public ones by two compilers and several standards, with all warnings on; internal
ones with the command of a source that includes them."""
import shutil
import subprocess

from repository import HEADERS, Violation

COMPILERS = {"c++": ("g++", "clang++"), "c": ("gcc", "clang")}
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"]

# A header that is the second half of another one and says so.
NOT_ALONE = {"runtime/kernels/isa/make_table.hpp"}


def check(repo):
    yield from _public(repo)
    yield from _internal(repo)


def _public(repo):
    jobs = []
    for file in repo.select(HEADERS, "include/heed"):
        languages = [("c++", "c++17"), ("c++", "c++20")]
        if file.endswith(".h"):
            languages += [("c", "c99"), ("c", "c11")]
        for language, standard in languages:
            for compiler in filter(shutil.which, COMPILERS[language]):
                command = [compiler, "-x", language, f"-std={standard}", *STRICT, "-Iinclude"]
                jobs.append((file, command, f"{compiler} -std={standard}"))
    yield from _compile(repo, jobs)


def _internal(repo):
    commands = repo.commands()
    if commands is None:
        yield Violation(str(repo.build), 1, "no compile_commands.json: configure the dev preset")
        return
    users = {}  # the first source of this build that includes a header
    for source in commands:
        for header in repo.closure(source):
            users.setdefault(header, source)
    included = {header for source in repo.select((".cpp", ".c")) for header in repo.closure(source)}

    jobs, elsewhere = [], 0
    for header in repo.select((".hpp",), "runtime", "converter"):
        if header in users:
            if header not in NOT_ALONE:
                options = [o for o in commands[users[header]] if not o.startswith("-W")]
                jobs.append((header, [*options, "-w", "-x", "c++"], f"with the options of {users[header]}"))
        elif header in included:
            elsewhere += 1
        else:
            yield Violation(header, 1, "no source includes this header")
    if elsewhere:
        repo.note(f"{elsewhere} headers are not part of this build")
    yield from _compile(repo, jobs)


def _compile(repo, jobs):
    """jobs: (header, command, description)."""
    keyed = [(job, repo.digest(job[0], "alone", job[1])) for job in jobs]
    return repo.cache.examine(lambda job: _errors(repo, *job), keyed)[1]


def _errors(repo, header, command, description):
    """A header as the main file would warn, so a line that includes it is compiled."""
    result = subprocess.run(
        [*command, "-fsyntax-only", f"-I{repo.root}", "-"],
        input=f'#include "{repo.root / header}"\nextern int not_empty;\n',
        cwd=repo.root, stderr=subprocess.PIPE, text=True,
    )
    if result.returncode != 0:
        lines = result.stderr.splitlines()
        first = next((line for line in lines if "error:" in line), lines[0] if lines else "no message")
        yield Violation(header, 1, f"does not compile alone ({description}): {first}")
