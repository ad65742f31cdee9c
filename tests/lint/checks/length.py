"""Files are short: above LIMIT lines a file says why within its first lines, as "Long: <reason>"."""
import re

from repository import CPP, Violation

LIMIT = 500
LONG = 300  # worth a look
_REASON = re.compile(r"\bLong: *\w+")


def check(repo):
    long = []
    for file in repo.select(CPP + (".py", ".sh", ".cmake", "CMakeLists.txt", ".fbs", "dev")):
        lines = (repo.text(file) or "").splitlines()
        if _REASON.search("\n".join(lines[:15])):
            continue
        if len(lines) > LIMIT:
            yield Violation(file, LIMIT + 1, f"{len(lines)} lines; split it, or say why at its top: 'Long: ...'")
        elif len(lines) > LONG:
            long.append(f"{file} has {len(lines)} lines")
    for remark in long:
        repo.note(remark)
