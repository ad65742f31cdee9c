"""shellcheck over shell scripts: *.sh, and files that begin with #! of a shell."""
import re
import subprocess

from repository import Violation

_SHEBANG = re.compile(r"#!\s*/(?:usr/)?bin/(?:env )?(?:ba|da)?sh\b")
_MESSAGE = re.compile(r"^(.+?):(\d+):\d+: \w+: (.*)$")


def check(repo):
    scripts = [f for f in repo.files if f.endswith(".sh") or _SHEBANG.match(repo.text(f) or "")]
    if not scripts:
        return
    output = subprocess.run(
        ["shellcheck", "--format=gcc", *scripts], cwd=repo.root, stdout=subprocess.PIPE, text=True
    ).stdout
    for line in output.splitlines():
        match = _MESSAGE.match(line)
        if match:
            yield Violation(match.group(1), int(match.group(2)), match.group(3))
