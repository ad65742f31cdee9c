"""What the tests of the tool share: running it, and a real model to run it on."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any, Iterable, NamedTuple, Optional

HEED = os.environ.get("HEED_TOOL", "heed")
SHOP = Path(__file__).resolve().parents[2] / "shop"
GOLDENS = Path(__file__).resolve().parents[2] / "golden"
CHECKPOINT = SHOP / "sasrec_online_retail.pt"
TITLES = SHOP / "products.tsv"
INTERACTIONS = SHOP / "interactions.txt"

ITEMS = 3659        # products of the shop, numbered from 1
MAX_HISTORY = 50    # events its model looks back
DIM = 64
UNKNOWN = 999999    # no product

_folder = tempfile.TemporaryDirectory(prefix="heed_cli_test_")
TMP = Path(_folder.name)


class Run(NamedTuple):
    code: int
    out: str
    err: str


def run(*args: Any, stdin: Any = None, env: Optional[dict[str, str]] = None) -> Run:
    """Runs the tool to its end."""
    done = subprocess.run([HEED, *map(str, args)], input=stdin, capture_output=True, text=True,
                          env={**os.environ, **(env or {})}, timeout=300)
    return Run(done.returncode, done.stdout, done.stderr)


def model(precision: str = "fp32") -> Path:
    """The shop's model, converted once a process."""
    path = TMP / f"shop_{precision}.heed"
    if not path.exists():
        done = run("convert", CHECKPOINT, "-o", path, "--quantize", precision)
        if done.code != 0:
            raise AssertionError(f"the shop's checkpoint cannot be converted: {done.err}")
    return path


def golden(name: str) -> dict[str, Any]:
    """What a reference computes: tests/golden/NAME.json."""
    return json.loads((GOLDENS / f"{name}.json").read_text())


def golden_source(name: str) -> Path:
    return next(path for path in GOLDENS.glob(f"{name}.*") if path.suffix != ".json")


def golden_model(name: str, *flags: Any) -> Path:
    """The model of a golden, converted once a process for each set of flags."""
    path = TMP / ("_".join([name.replace("/", "_"), *map(str, flags)]).replace("/", "_") + ".heed")
    if not path.exists():
        options = [word for key, value in golden(name)["options"].items() for word in (f"--{key}", value)]
        done = run("convert", golden_source(name), "-o", path, *options, *flags)
        if done.code != 0:
            raise AssertionError(f"{name} cannot be converted: {done.err}")
    return path


def write(name: str, contents: Any) -> Path:
    """A file in the tests' temporary folder."""
    path = TMP / name
    path.write_bytes(contents if isinstance(contents, bytes) else contents.encode())
    return path


def json_lines(rows: Iterable[Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


class ToolTest(unittest.TestCase):
    """A test case whose methods run the tool and hold it to its manners."""

    def ok(self, *args: Any, stdin: Any = None) -> str:
        """Standard output of a run that succeeds and says nothing on standard error."""
        done = run(*args, stdin=stdin)
        self.assertEqual((done.code, done.err), (0, ""), done.out[-500:])
        return done.out

    def json(self, *args: Any, stdin: Any = None) -> Any:
        return json.loads(self.ok(*args, stdin=stdin))

    def stream(self, command: str, rows: Iterable[Any], *args: Any, of: Optional[Path] = None) -> list[Any]:
        out = self.ok(command, of or model(), "--jsonl", *args, stdin=json_lines(rows))
        return [json.loads(line) for line in out.splitlines()]

    def fails(self, code: int, name: str, number: int, *args: Any, stdin: Any = None, out: str = "") -> str:
        """The message of a run that ends with `code` and one line of error on standard error."""
        done = run(*args, stdin=stdin)
        start = f"heed: error {name} ({number}): "
        self.assertEqual(done.code, code, done.err)
        self.assertTrue(done.err.startswith(start), done.err)
        self.assertEqual(done.err.count("\n"), 1, done.err)
        self.assertEqual(done.out, out)
        return done.err[len(start):].rstrip("\n")

    def usage(self, *args: Any) -> str:
        return self.fails(2, "usage", 106, *args)
