"""Pulls the examples out of a Markdown file, as complete programs, and prints their paths.

An example is a fenced block of `cpp` or `c` right after a comment with its name:

    <!-- example: NAME -->
    ```cpp
    ...
    ```
"""
import argparse
import pathlib
import re
import sys

_MARK = re.compile(r"^<!-- example: (.*?) -->[ \t]*\n", re.MULTILINE)
_BLOCK = re.compile(r"\n?```(cpp|c)[ \t]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)


def examples(text):
    """(file name, source) of each example. Raises ValueError, with the line, for a mark that is not right."""
    found = {}
    for mark in _MARK.finditer(text):
        line, name = text.count("\n", 0, mark.start()) + 1, mark.group(1)
        block = _BLOCK.match(text, mark.end())
        if not re.fullmatch(r"[a-z0-9_]+", name):
            raise ValueError(f"line {line}: '{name}' is no name for an example: a-z, 0-9 and _")
        if not block:
            raise ValueError(f"line {line}: no ```cpp or ```c block follows")
        if any(name == pathlib.Path(file).stem for file in found):
            raise ValueError(f"line {line}: a second example is called {name}")
        found[f"{name}.{block.group(1)}"] = block.group(2)
    if not found:
        raise ValueError("no block is marked <!-- example: NAME -->")
    return found.items()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("markdown", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path, help="where the sources go")
    arguments = parser.parse_args()
    try:
        found = examples(arguments.markdown.read_text())
    except ValueError as error:
        sys.exit(f"{arguments.markdown}: {error}")
    for name, source in found:
        path = arguments.folder / name
        if not path.is_file() or path.read_text() != source:  # otherwise nothing need be compiled again
            path.write_text(source)
        print(path)


if __name__ == "__main__":
    main()
