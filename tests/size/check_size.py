"""Compares the stripped size of a shared library with its budget in budget.txt."""
import argparse
import pathlib
import subprocess
import sys
import tempfile

BUDGETS = pathlib.Path(__file__).with_name("budget.txt")


def budget(architecture):
    for line in BUDGETS.read_text().splitlines():
        words = line.split("#")[0].split()
        if words and words[0] == architecture:
            return int(words[1])
    return None


def stripped_size(strip, library):
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "stripped.so"
        subprocess.run([strip, "--strip-all", "-o", copy, library], check=True)
        return copy.stat().st_size


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=pathlib.Path)
    parser.add_argument("--architecture", required=True)
    parser.add_argument("--strip", default="strip")
    arguments = parser.parse_args()

    size = stripped_size(arguments.strip, arguments.library)
    limit = budget(arguments.architecture)
    if limit is None:
        print(f"{arguments.library.name}: {size} bytes; {BUDGETS.name} has no budget for {arguments.architecture}")
        return 1
    print(f"{arguments.library.name}: {size} bytes, {100 * size / limit:.1f}% of the {limit} in {BUDGETS.name}")
    return 1 if size > limit else 0


if __name__ == "__main__":
    sys.exit(main())
