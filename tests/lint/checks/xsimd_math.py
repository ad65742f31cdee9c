"""Kernels use none of xsimd's functions whose results differ from one instruction set to the next. The compiler
decides: kernels are compiled behind xsimd_math.hpp, which makes calls of these functions errors."""
import pathlib
import re
import subprocess

from repository import Violation

PRELUDE = pathlib.Path(__file__).parents[1] / "xsimd_math.hpp"
_ERROR = re.compile(r"^(.+?):(\d+):\d+: (?:fatal )?error: (.*)$")


def check(repo):
    commands = repo.commands()
    if commands is None:
        return [Violation(str(repo.build), 1, "no compile_commands.json: configure the dev preset")]
    files = [f for f in commands if f.startswith("runtime/kernels/") and _uses_xsimd(repo, f)]
    if not files:
        return [Violation("runtime/kernels", 1, "no kernel of this build includes xsimd: nothing was checked")]
    jobs = [(file, repo.digest(file, "xsimd_math", commands[file], PRELUDE.read_text())) for file in files]
    new, violations = repo.cache.examine(lambda file: _run(repo, file, commands[file]), jobs)
    repo.note(f"{new} of {len(files)} instruction sets looked at")
    return violations


def _uses_xsimd(repo, file):
    return any("<xsimd/" in (repo.text(name) or "") for name in repo.closure(file))


def _run(repo, file, command):
    result = subprocess.run(
        [*command, "-w", "-fsyntax-only", "-include", str(PRELUDE), file],
        cwd=repo.root, stderr=subprocess.PIPE, text=True,
    )
    found = set()
    for line in result.stderr.splitlines():
        match = _ERROR.match(line)
        if match:
            path = match.group(1).replace(f"{repo.root}/", "")
            found.add(Violation(path, int(match.group(2)), match.group(3)))
    if result.returncode != 0 and not found:
        found.add(Violation(file, 1, result.stderr.strip()[-500:]))
    return found
