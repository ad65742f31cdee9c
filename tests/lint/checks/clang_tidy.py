"""clang-tidy, with the checks of .clang-tidy, over the sources of runtime/ and converter/.

A file that was clean is looked at again only when it, a header of the repository that it includes, its compile
command or .clang-tidy changes.
"""
import re
import subprocess

from repository import Violation

_MESSAGE = re.compile(r"^(.+?):(\d+):\d+: (?:warning|error): (.*)$")


def check(repo):
    commands = repo.commands()
    if commands is None:
        return [Violation(str(repo.build), 1, "no compile_commands.json: configure the dev preset")]
    version = subprocess.run(["clang-tidy", "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    settings = (version, (repo.root / ".clang-tidy").read_text())

    sources = repo.select((".cpp", ".c"), "runtime", "converter")
    files = [file for file in sources if file in commands]
    jobs = [(file, repo.digest(file, "tidy", settings, commands[file])) for file in files]
    # A set: a header's violation is found once for each file that includes it.
    new, violations = repo.cache.examine(lambda file: _run(repo, file), jobs)
    repo.note(f"{new} of {len(files)} files looked at")
    if len(files) < len(sources):
        repo.note(f"{len(sources) - len(files)} are not part of this build")
    return violations


def _run(repo, file):
    # -w: compiler warnings are the build's business, and its flags are for GCC.
    result = subprocess.run(
        ["clang-tidy", "-p", str(repo.build), "--quiet", "--extra-arg=-w", file],
        cwd=repo.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    found = set()
    for line in result.stdout.splitlines():
        match = _MESSAGE.match(line)
        if match:
            path, number, message = match.groups()
            found.add(Violation(path.replace(f"{repo.root}/", ""), int(number), message))
    if result.returncode != 0 and not found:
        found.add(Violation(file, 1, "clang-tidy failed: " + result.stderr.strip()[-500:]))
    return found
