"""What the code must not say: rules of (where, what, why), and where a rule does not hold."""
import re
import typing

from repository import CPP, Violation, code_only, line_at


class Rule(typing.NamedTuple):
    folder: str
    pattern: typing.Pattern
    message: str
    exempt: typing.Pattern = re.compile(r"(?!)")  # no file


RULES = [
    # The runtime reports by Status: it throws nothing, prints nothing, never ends the process.
    Rule("runtime", re.compile(r"\b(?:throw|try|catch)\b"), "the runtime has no exceptions"),
    Rule("runtime", re.compile(r"\b(?:dynamic_cast|typeid)\b"), "the runtime has no RTTI"),
    Rule(
        "runtime",
        re.compile(r"\b(?:printf|fprintf|vprintf|puts|putchar|perror|cout|cerr|clog)\b|<(?:iostream|print)>"),
        "the runtime prints nothing",
    ),
    Rule(
        "runtime",
        re.compile(r"\b(?:abort|exit|_Exit|quick_exit|terminate)\s*\(|__builtin_trap\b"),
        "the runtime never ends the process",
    ),
    # Memory comes from the arena; handles are the only thing that is allocated by hand, and that may fail.
    Rule(
        "runtime", re.compile(r"(?<![<\w])new\b(?!\s*\()"), "a bare new ends the process when memory is short: new (std::nothrow)"
    ),
    Rule(
        "runtime",
        re.compile(r"(?<![<\w])new\s*\("),
        "only handles and arenas are allocated by hand; if this is one, exempt its file here",
        re.compile(r"runtime/(?:base/(?:memory\.hpp|thread_pool\.cpp)|(?:capi|session)/\w+\.[ch]pp)"),
    ),
    Rule("runtime", re.compile(r"\b(?:malloc|calloc|realloc|aligned_alloc|posix_memalign|alloca)\s*\("), "use base/memory.hpp"),
    # One result on every instruction set: see also the check xsimd_math, which asks the compiler.
    Rule(
        "runtime/kernels",
        re.compile(r"\bstd::fmaf?\s*\("),
        "kernels fuse by their Arch's fma",
        re.compile(r"runtime/kernels/reference/.*"),
    ),
    Rule(
        "runtime/kernels",
        re.compile(r"\b_mm\d*_(?:mask_|maskz_)?(?:rcp|rsqrt)\w*|\bv(?:recpe|rsqrte)q?_\w+"),
        "an estimate differs from one CPU to the next",
    ),
    Rule(
        "runtime",
        re.compile(r"#\s*pragma\s+(?:GCC\s+optimize|clang\s+fp|STDC\s+FP_CONTRACT)|__attribute__\s*\(\(\s*optimize"),
        "optimisation flags stand in CMake alone",
    ),
    Rule("include", re.compile(r"\b(?:throw|try|catch|dynamic_cast|typeid)\b"), "public headers need no exceptions or RTTI"),
    Rule("", re.compile(r"\busing\s+namespace\s+std\s*;"), "names of std are written out"),
]

_BUILD_FLAGS = re.compile(
    r"-(?:ffast-math|Ofast|funsafe-math-optimizations|fassociative-math|freciprocal-math|ffinite-math-only"
    r"|fno-signed-zeros|ffp-contract=(?!off)\w+|march=native|mtune=native)\b"
)


def check(repo):
    for file in repo.select(CPP):
        code = code_only(repo.text(file) or "")
        for rule in RULES:
            if rule.folder and not file.startswith(rule.folder + "/") or rule.exempt.fullmatch(file):
                continue
            for match in rule.pattern.finditer(code):
                yield Violation(file, line_at(code, match.start()), f"'{match.group().strip()}': {rule.message}")
    for file in repo.files:
        if file.endswith(("CMakeLists.txt", ".cmake", "CMakePresets.json", ".pc.in")) or file == "dev":
            text = repo.text(file) or ""
            for match in _BUILD_FLAGS.finditer(text):
                yield Violation(file, line_at(text, match.start()), f"{match.group()} changes results")
