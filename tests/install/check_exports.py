"""Checks what a shared heed shows and needs: the functions of heed.h and of the C++ API, and nothing else; no
library but those of C and C++."""
import argparse
import pathlib
import re
import subprocess
import sys

# The C++ API, up to the opening parenthesis of a demangled name.
CXX_API = re.compile(
    r"heed::(?:status_name|version|active_isa)"
    r"|heed::(?:Model|Session)::(?!Impl\b)(?:~?\w+|operator=)"
)
NEEDED = re.compile(r"lib(?:c|m|stdc\+\+|c\+\+|gcc_s)\.so\.\d+|ld-linux.*")


def lines(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()


def problems(arguments):
    exported = {
        line.split(None, 2)[2]
        for line in lines(arguments.nm, "--dynamic", "--demangle", "--defined-only", str(arguments.library))
    }
    c_api = set(re.findall(r"^HEED_API[^;(]*\b(heed_\w+)\(", arguments.header.read_text(), re.MULTILINE))
    if not c_api:
        yield f"{arguments.header} declares nothing"
    for name in sorted(c_api - exported):
        yield f"not exported: {name}"
    for name in sorted(exported - c_api):
        if not CXX_API.fullmatch(name.partition("(")[0]):
            yield f"exported, but neither of heed.h nor of the C++ API: {name}"

    for line in lines(arguments.readelf, "--dynamic", "--wide", str(arguments.library)):
        match = re.search(r"\((NEEDED|RPATH|RUNPATH)\).*\[(.*)\]", line)
        if match and match.group(1) == "NEEDED" and not NEEDED.fullmatch(match.group(2)):
            yield f"needs {match.group(2)}"
        elif match and match.group(1) != "NEEDED":
            yield f"has a search path for libraries: {match.group(2)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=pathlib.Path)
    parser.add_argument("--header", type=pathlib.Path, required=True, help="heed.h")
    parser.add_argument("--nm", default="nm")
    parser.add_argument("--readelf", default="readelf")
    found = list(problems(parser.parse_args()))
    print("\n".join(found) if found else "exports the API alone")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
