"""Feeds every check of the linter a small repository that breaks its rule, and one that does not."""
import json
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

import checks
import repository

ROOT = pathlib.Path(__file__).resolve().parents[2]


def needs(*programs):
    """Skips a test where a program that its check runs is missing: only `./dev lint` installs them all."""
    missing = [program for program in programs if not shutil.which(program)]
    return unittest.skipIf(missing, f"not installed: {', '.join(missing)}")


class CheckTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve()
        for settings in (".clang-format", ".clang-tidy"):
            shutil.copy(ROOT / settings, self.root)

    def found(self, check, files, compiled=()):
        """The violations, as text, of a repository of these files: {name: text}. `compiled` are its sources in
        compile_commands.json."""
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        build = self.root / "build"
        build.mkdir(exist_ok=True)
        commands = [
            {"directory": str(self.root), "file": name, "command": f"g++ -std=c++17 -I. -Iinclude -c {name} -o x.o"}
            for name in compiled
        ]
        (build / "compile_commands.json").write_text(json.dumps(commands))
        repo = repository.Repository(self.root, build, files=list(files))
        return sorted(str(violation) for violation in check.check(repo))

    def assert_finds(self, check, name, text, *expected, **others):
        """One violation for each expected text, which is a part of it."""
        found = self.found(check, {name: text}, **others)
        self.assertEqual(len(found), len(expected), found)
        for violation, part in zip(found, expected):
            self.assertIn(part, violation)


def guarded(name, body):
    return f"#ifndef {name}\n#define {name}\n{body}\n#endif\n"


class Layers(CheckTest):
    def test_upward_include(self):
        text = '// no\n#include "runtime/session/impl.hpp"\n'
        self.assert_finds(checks.layers, "runtime/ops/x.cpp", text, "runtime/ops/x.cpp:2: ops includes")

    def test_downward_include(self):
        text = '#include "runtime/base/a.hpp"\n#include "runtime/ops/b.hpp"\n// #include "runtime/capi/c.hpp"\n'
        self.assert_finds(checks.layers, "runtime/plan/x.cpp", text)

    def test_public_headers_are_for_the_upper_layers(self):
        text = "#include <heed/session.hpp>\n#include <heed/status.hpp>\n"
        self.assert_finds(checks.layers, "runtime/plan/x.cpp", text, "plan includes heed/session.hpp")
        self.assert_finds(checks.layers, "runtime/capi/x.cpp", text)

    def test_runtime_knows_no_converter(self):
        text = '#include "converter/error.hpp"\n'
        self.assert_finds(checks.layers, "runtime/capi/x.cpp", text, "the runtime includes")

    def test_unknown_layer(self):
        self.assert_finds(checks.layers, "runtime/extra/x.cpp", "#include <vector>\n", "no layer")
        self.assert_finds(checks.layers, "converter/extra/x.cpp", "#include <vector>\n", "no layer")

    def test_converter_order(self):
        text = '#include "converter/cli/flags.hpp"\n#include "converter/error.hpp"\n'
        self.assert_finds(checks.layers, "converter/readers/x.cpp", text, "readers includes converter/cli")
        text = '#include "converter/quantize/int8.hpp"\n'
        self.assert_finds(checks.layers, "converter/readers/x.cpp", text, "readers includes converter/quantize")
        self.assert_finds(checks.layers, "converter/convert.cpp", '#include "converter/emit/writer.hpp"\n')

    def test_converter_uses_public_headers(self):
        text = '#include <heed/session.hpp>\n#include "runtime/base/xxh64.hpp"\n#include "runtime/ops/graph.hpp"\n'
        self.assert_finds(checks.layers, "converter/emit/x.cpp", text, "x.cpp:3: the converter includes")

    def test_confined_packages(self):
        for name in ("xsimd/xsimd.hpp", "flatbuffers/flatbuffers.h", "heed_generated.h"):
            self.assert_finds(checks.layers, "runtime/session/x.cpp", f"#include <{name}>\n", "which only")
        self.assert_finds(checks.layers, "include/heed/x.h", guarded("HEED_X_H", "#include <xsimd/xsimd.hpp>"), "only")

    def test_kernels_include_little(self):
        text = "#include <vector>\n#include <immintrin.h>\n#include <cstdint>\n"
        self.assert_finds(checks.layers, "runtime/kernels/isa/x.cpp", text, "a kernel includes vector")
        self.assert_finds(checks.layers, "runtime/kernels/reference/x.cpp", text)

    def test_include_guard(self):
        wrong = guarded("HEED_OTHER_HPP", "")
        self.assert_finds(checks.layers, "runtime/ops/x.hpp", wrong, "not HEED_RUNTIME_OPS_X_HPP")
        self.assert_finds(checks.layers, "runtime/ops/x.hpp", "#pragma once\n", "uses #pragma once")
        self.assert_finds(checks.layers, "runtime/ops/x.hpp", "int x;\n", "not HEED_RUNTIME_OPS_X_HPP")
        self.assert_finds(checks.layers, "runtime/ops/x.hpp", guarded("HEED_RUNTIME_OPS_X_HPP", ""))
        self.assert_finds(checks.layers, "include/heed/x.hpp", guarded("HEED_X_HPP", ""))


class Forbidden(CheckTest):
    # (file, code, what the message holds)
    BAD = [
        ("runtime/ops/x.cpp", "void f() { throw 1; }", "no exceptions"),
        ("runtime/ops/x.cpp", "void f() { try { g(); } catch (...) {} }", "no exceptions"),
        ("runtime/ops/x.cpp", "auto p = dynamic_cast<B*>(a);", "no RTTI"),
        ("runtime/ops/x.cpp", "auto& t = typeid(a);", "no RTTI"),
        ("runtime/ops/x.cpp", 'std::printf("x");', "prints nothing"),
        ("runtime/ops/x.cpp", 'fprintf(stderr, "x");', "prints nothing"),
        ("runtime/ops/x.cpp", "std::cout << 1;", "prints nothing"),
        ("runtime/ops/x.cpp", "#include <iostream>", "prints nothing"),
        ("runtime/ops/x.cpp", "std::abort();", "never ends the process"),
        ("runtime/ops/x.cpp", "exit(1);", "never ends the process"),
        ("runtime/ops/x.cpp", "auto* p = new int;", "ends the process"),
        ("runtime/session/x.cpp", "auto* p = new Impl(1);", "ends the process"),
        ("runtime/ops/x.cpp", "auto* p = new (std::nothrow) int;", "allocated by hand"),
        ("runtime/ops/x.cpp", "void* p = malloc(1);", "memory.hpp"),
        ("runtime/kernels/linear/x.hpp", "float y = std::fma(a, b, c);", "Arch's fma"),
        ("runtime/kernels/simd/x.hpp", "auto y = _mm256_rsqrt_ps(a);", "estimate"),
        ("runtime/kernels/simd/x.hpp", "auto y = _mm512_maskz_rcp14_ps(m, a);", "estimate"),
        ("runtime/kernels/simd/x.hpp", "auto y = vrecpeq_f32(a);", "estimate"),
        ("runtime/kernels/simd/x.hpp", '#pragma GCC optimize("fast-math")', "optimisation flags"),
        ("include/heed/x.hpp", "void f() { throw 1; }", "no exceptions"),
        ("converter/cli/x.cpp", "using namespace std;", "written out"),
        ("runtime/CMakeLists.txt", "add_compile_options(-ffast-math)", "changes results"),
        ("dev", "cmake -DCMAKE_CXX_FLAGS=-march=native", "changes results"),
        ("CMakePresets.json", '{"CMAKE_CXX_FLAGS": "-Ofast"}', "changes results"),
    ]
    GOOD = [
        ("runtime/ops/x.cpp", "// throw new abort() printf\n/* try */ const char* s = \"throw exit(1) new x\";"),
        ("runtime/ops/x.cpp", 'snprintf(buffer, 9, "x"); lanes.raise(1); entry(2); int renewed, retry;'),
        ("runtime/ops/x.cpp", "#include <new>\nint big = 1'000'000; char c = '\\''; int d = 2;"),
        ("runtime/capi/model.cpp", "auto* p = new (std::nothrow) heed_model{};"),
        ("runtime/base/memory.hpp", "void* p = ::operator new (n, std::align_val_t{64}, std::nothrow);"),
        ("runtime/kernels/reference/x.cpp", "float y = std::fma(a, b, c);"),
        ("runtime/kernels/linear/x.hpp", "auto y = fma(a, b, c);"),
        ("converter/cli/x.cpp", "throw Error(1);"),
        ("tests/x.cpp", "using namespace std::literals;"),
        ("runtime/CMakeLists.txt", "add_compile_options(-ffp-contract=off -fno-math-errno)"),
    ]

    def test_bad(self):
        for file, code, message in self.BAD:
            with self.subTest(code=code):
                found = self.found(checks.forbidden, {file: code + "\n"})
                self.assertTrue(found)
                self.assertTrue(all(message in violation for violation in found), found)

    def test_good(self):
        for file, code in self.GOOD:
            with self.subTest(code=code):
                self.assert_finds(checks.forbidden, file, code + "\n")


class Length(CheckTest):
    def test_long_file(self):
        lines = "int x;\n" * 501
        self.assert_finds(checks.length, "runtime/ops/x.cpp", lines, "501 lines")
        self.assert_finds(checks.length, "runtime/ops/x.cpp", "// Long: one table.\n" + lines)
        self.assert_finds(checks.length, "runtime/ops/x.cpp", "int x;\n" * 20 + "// Long: too late\n" + lines, "522")
        self.assert_finds(checks.length, "runtime/ops/x.cpp", "int x;\n" * 500)


class Words(CheckTest):
    def test_places(self):
        for path in ("/wor" "k/main/x", "/hom" "e/someone", "../share" "d/data/x"):
            self.assert_finds(checks.words, "x.md", f"see {path}\n", "does not belong")
        self.assert_finds(checks.words, "x.md", "the net" "work/path and https://x.org/hom" "epage\n")
        self.assert_finds(checks.words, ".ci/run", "../share" "d/data\n")
        self.assert_finds(checks.words, ".ci/run", "/wor" "k/x\n", "does not belong")

    def test_unfinished(self):
        self.assert_finds(checks.words, "x.md", "TO" "DO: more\n", "does not belong")
        self.assert_finds(checks.words, "x.md", "a\n" "<<<" "<<<< HEAD\nb\n", "x.md:2: ")

    def test_layout(self):
        self.assert_finds(checks.words, "x.md", "a\tb\n", "a tab")
        self.assert_finds(checks.words, "x.md", "a \nb\n", "x.md:1: trailing blanks")
        self.assert_finds(checks.words, "x.md", "a", "no newline")
        self.assert_finds(checks.words, "tests/shop/x.tsv", "a\tb")
        self.assert_finds(checks.words, "x.bin", b"a\0 /wor" b"k/main ")

    def test_readme(self):
        code = "int x;\n"
        self.assert_finds(checks.words, "runtime/ops/x.cpp", code, "runtime/ops/README.md:1: missing")
        self.assertFalse(self.found(checks.words, {"runtime/ops/x.cpp": code, "runtime/ops/README.md": "x\n"}))
        self.assertFalse(self.found(checks.words, {"runtime/ops/x.cpp": code, "runtime/README.md": "x\n"}))


class Tools(CheckTest):
    def test_python(self):
        self.assert_finds(checks.python, "x.py", "def f(:\n    pass\n", "x.py:1: invalid syntax")
        self.assert_finds(checks.python, "x.py", "print(1)\n")

    @needs("shellcheck")
    def test_shell(self):
        self.assert_finds(checks.shell, "x.sh", "#!/bin/sh\nrm $1\n", "x.sh:2: Double quote")
        self.assert_finds(checks.shell, "run", "#!/bin/bash\nrm $1\n", "run:2: Double quote")
        self.assert_finds(checks.shell, "run", '#!/bin/bash\nrm "$1"\n')

    @needs("clang-format")
    def test_format(self):
        self.assert_finds(checks.clang_format, "x.cpp", "int  x ;\nint  y;\n", "x.cpp:1: is not formatted")
        self.assert_finds(checks.clang_format, "x.cpp", "int x;\n")

    @needs("clang-tidy")
    def test_tidy(self):
        name = "runtime/ops/x.cpp"
        bad = "int* f() { return 0; }\n"
        self.assert_finds(checks.clang_tidy, name, bad, "x.cpp:1: use nullptr", compiled=[name])
        self.assert_finds(checks.clang_tidy, name, bad, "x.cpp:1: use nullptr", compiled=[name])  # not cached
        self.assert_finds(checks.clang_tidy, name, "int* f() { return nullptr; }\n", compiled=[name])
        self.assert_finds(checks.clang_tidy, name, "int f() { return }\n", "x.cpp:1: expected", compiled=[name])

    @needs("clang-tidy")
    def test_tidy_sees_changed_headers(self):
        source, header = "runtime/ops/x.cpp", "runtime/ops/x.hpp"
        files = {source: f'#include "{header}"\n', header: guarded("X", "inline int* f() { return nullptr; }")}
        self.assertFalse(self.found(checks.clang_tidy, files, compiled=[source]))
        files[header] = guarded("X", "inline int* f() { return 0; }")
        self.assertIn("use nullptr", self.found(checks.clang_tidy, files, compiled=[source])[0])

    def test_no_build(self):
        repo = repository.Repository(self.root, self.root / "nowhere", files=[])
        self.assertIn("configure", str(list(checks.clang_tidy.check(repo))[0]))


class Headers(CheckTest):
    def test_public(self):
        bad = "#ifndef A\n#define A\nstd::size_t f();\n#endif\n"
        found = self.found(checks.headers, {"include/heed/x.hpp": bad})
        self.assertTrue(found)
        self.assertTrue(any("x.hpp:1: does not compile alone (g++ -std=c++17)" in violation for violation in found))
        self.assertFalse(self.found(checks.headers, {"include/heed/x.hpp": "#include <cstddef>\n" + bad}))

    def test_public_c(self):
        found = self.found(checks.headers, {"include/heed/x.h": "class X;\n"})
        self.assertTrue(any("-std=c99" in violation for violation in found), found)
        self.assertFalse(self.found(checks.headers, {"include/heed/x.h": "#define HEED_X 1\n"}))

    def test_internal(self):
        source, header = "runtime/ops/x.cpp", "runtime/ops/x.hpp"
        files = {source: f'#include <cstddef>\n#include "{header}"\n', header: "std::size_t f();\n"}
        self.assertIn("does not compile alone", self.found(checks.headers, files, compiled=[source])[0])
        files[header] = "#include <cstddef>\nstd::size_t f();\n"
        self.assertFalse(self.found(checks.headers, files, compiled=[source]))

    def test_unused(self):
        self.assert_finds(checks.headers, "runtime/ops/x.hpp", "int x;\n", "no source includes this header")


class XsimdMath(CheckTest):
    HEAD = "#include <xsimd/xsimd.hpp>\nusing B = xsimd::batch<float, xsimd::sse2>;\n"
    NAME = "runtime/kernels/isa/x.cpp"

    def kernel(self, *calls):
        """The lines of the kernel with violations, for one function a line."""
        lines = [f"auto f{i}(B x) {{ return {call}; }}" for i, call in enumerate(calls)]
        found = self.found(checks.xsimd_math, {self.NAME: self.HEAD + "\n".join(lines) + "\n"}, compiled=[self.NAME])
        self.assertTrue(all(violation.startswith(f"{self.NAME}:") for violation in found), found)
        return {int(violation.split(":")[1]) for violation in found}

    def test_good(self):
        if not shutil.which("g++") or self.kernel("x"):
            self.skipTest("xsimd is not in the compiler's own path")
        self.assertFalse(self.kernel("x * x - x", "select(x < x, x, x)", "B(1.0f / 3.0f)", "-x", "xsimd::all(x < x)"))

    def test_bad(self):
        if not shutil.which("g++") or self.kernel("x"):
            self.skipTest("xsimd is not in the compiler's own path")
        calls = ["x / x", "x /= x", "x / 2.0f", "sqrt(x)", "rsqrt(x)", "exp(x)", "xsimd::nearbyint(x)", "max(x, x)"]
        calls += ["fma(x, x, x)", "hadd(x)", "xsimd::sqrt(x)", "tanh(x)", "pow(x, x)"]
        self.assertEqual(self.kernel(*calls), {3 + i for i in range(len(calls))})


if __name__ == "__main__":
    unittest.main()
