"""Python files compile; pyflakes looks at them where it is installed."""
import re
import shutil
import subprocess
import warnings

from repository import Violation

_MESSAGE = re.compile(r"^(.+?):(\d+):\d+:? (.*)$")


def check(repo):
    files = repo.select((".py",))
    for file in files:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", SyntaxWarning)
                compile(repo.text(file), file, "exec")
        except SyntaxError as error:
            yield Violation(file, error.lineno or 1, str(error.msg))
    if not shutil.which("pyflakes3"):
        repo.note("pyflakes3 is not installed")
        return
    output = subprocess.run(["pyflakes3", *files], cwd=repo.root, stdout=subprocess.PIPE, text=True).stdout
    for line in output.splitlines():
        match = _MESSAGE.match(line)
        if match:
            yield Violation(match.group(1), int(match.group(2)), match.group(3))
