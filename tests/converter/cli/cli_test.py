#!/usr/bin/env python3
"""Runs the `heed` tool as its users do: every command, flag, exit code and message.

usage: cli_test.py path/to/heed [MODULE...]     (default: all test_*.py of this folder)
Needs the Python standard library alone.
"""

import os
import sys
import unittest
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def main() -> int:
    os.environ["HEED_TOOL"] = os.path.abspath(sys.argv[1])
    os.environ.pop("HEED_ISA", None)
    sys.path.insert(0, str(FOLDER))
    names = sys.argv[2:] or sorted(path.stem for path in FOLDER.glob("test_*.py"))
    suite = unittest.defaultTestLoader.loadTestsFromNames(names)
    return 0 if unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
