"""Runs the checks of this folder over the repository: `./dev lint [CHECK...]`.

Prints one line a check, and every violation as file:line: message. Exits with 1 when there is any.
"""
import argparse
import pathlib
import sys
import time

sys.dont_write_bytecode = True  # no __pycache__ in the source tree

import checks
import repository


def run(repo, selected):
    """The number of violations of the selected checks, which are printed."""
    total = 0
    for check in selected:
        start = time.monotonic()
        violations = sorted(check.check(repo))
        notes = list(repo.take_notes())
        seconds = time.monotonic() - start
        verdict = f"{len(violations)} violations" if violations else "ok"
        remarks = f" ({'; '.join(notes)})" if notes else ""
        print(f"lint {repository.name_of(check)}: {verdict}, {seconds:.1f} s{remarks}", flush=True)
        for violation in violations:
            print(f"  {violation}", flush=True)
        total += len(violations)
    return total


def main():
    by_name = {repository.name_of(module): module for module in checks.ALL}
    parser = argparse.ArgumentParser(prog="./dev lint", description=__doc__.split("\n")[0])
    parser.add_argument("check", nargs="*", help="only these: " + ", ".join(by_name))
    parser.add_argument("--build", type=pathlib.Path, help="a configured build folder (build/dev)")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.check if name not in by_name]
    if unknown:
        parser.error(f"no check is called {', '.join(unknown)}")

    root = pathlib.Path(__file__).resolve().parents[2]
    repo = repository.Repository(root, arguments.build or root / "build" / "dev")
    violations = run(repo, [by_name[name] for name in arguments.check or by_name])
    print(f"lint: {violations} violations" if violations else "lint: no violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
