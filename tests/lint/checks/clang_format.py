"""C and C++ sources look as .clang-format says. `./dev format` makes them so."""
import re
import subprocess

from repository import CPP, Violation, parallel

_WARNING = re.compile(r"^(.+?):(\d+):\d+: (?:error|warning): (.*?)(?: \[-Wclang-format-violations\])?$")
_BATCH = 40  # files in one run of clang-format


def check(repo):
    files = repo.select(CPP)
    batches = [files[i : i + _BATCH] for i in range(0, len(files), _BATCH)]
    seen = {}  # the first violation of each file; the rest follows from one `./dev format`
    for output in parallel(lambda batch: _run(repo, batch), batches):
        for line in output.splitlines():
            match = _WARNING.match(line)
            if match:
                file, number, _ = match.groups()
                seen.setdefault(file, Violation(file, int(number), "is not formatted; run ./dev format"))
    return seen.values()


def _run(repo, files):
    return subprocess.run(
        ["clang-format", "--dry-run", "--Werror", *files], cwd=repo.root, stderr=subprocess.PIPE, text=True
    ).stderr
