"""Checks the object files of runtime/kernels/isa/: each defines one global symbol, its kernel table, and nothing
weak. A weak symbol is an inline function that the linker merges with the copies of other files: were the copy
compiled for AVX-512 chosen, it would crash a machine without.

    check_symbols.py --nm NM "a.o;b.o;..."
"""
import argparse
import re
import subprocess
import sys

TABLE = re.compile(r"heed::kernels::kTable\w+$")
# nm: lower case is local. U is undefined, which a kernel may have only for these functions of libc and libm, and an
# extension for the table that has its float kernels.
UNDEFINED = {"memcpy", "memset", "memmove", "fmaf", "_GLOBAL_OFFSET_TABLE_"}


def problems(nm, path):
    """What is wrong with one object file, as text."""
    listing = subprocess.run([nm, "-C", "-P", path], check=True, stdout=subprocess.PIPE, text=True).stdout
    tables = 0
    for line in listing.splitlines():
        match = re.match(r"(.+?) ([A-Za-z?])(?: [0-9a-f]*)*$", line.rstrip())
        name, kind = match.group(1), match.group(2)
        if kind == "U":
            if name not in UNDEFINED and not TABLE.match(name):
                yield f"needs {name}"
        elif kind in "vVwWu":
            yield f"defines the weak symbol {name}"
        elif kind.isupper():
            if TABLE.match(name):
                tables += 1
            else:
                yield f"defines the global symbol {name}"
    if tables != 1:
        yield f"defines {tables} kernel tables, not one"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--nm", default="nm")
    parser.add_argument("objects", help="object files, separated by ';'; those outside isa/ are passed over")
    arguments = parser.parse_args()
    objects = [path for path in arguments.objects.split(";") if "/isa/" in path]
    found = [f"{path}: {problem}" for path in objects for problem in problems(arguments.nm, path)]
    for line in found:
        print(line)
    print(f"{len(objects)} object files, {len(found)} problems")
    return 1 if found or not objects else 0


if __name__ == "__main__":
    sys.exit(main())
