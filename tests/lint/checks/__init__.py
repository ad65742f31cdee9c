"""One check a module: `check(repo)` returns or yields Violations. Cheap ones come first."""
from checks import (
    clang_format,
    clang_tidy,
    forbidden,
    headers,
    layers,
    length,
    python,
    shell,
    words,
    xsimd_math,
)

ALL = [words, length, layers, forbidden, python, shell, clang_format, headers, xsimd_math, clang_tidy]
