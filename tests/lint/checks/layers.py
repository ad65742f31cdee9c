"""Who may include whom. A file may include its own layer and the lower ones; include guards bear the path's name."""
import re

from repository import CPP, HEADERS, Violation, includes

# From the lowest. Layers of one row may not include each other.
RUNTIME = [["base"], ["kernels"], ["ops"], ["plan"], ["format"], ["session"], ["capi"]]
CONVERTER = [["error", "random"], ["readers", "quantize"], ["graph"], ["families"], ["emit"], ["convert"], ["eval"], ["measure"], ["synth"], ["cli"]]

# Public headers that every layer of the runtime may use. The rest is for session and above, with exceptions.
COMMON_HEADERS = {"heed/status.hpp", "heed/span.hpp", "heed/export.h"}
PUBLIC_EXCEPTIONS = {("format", "heed/model.hpp")}  # it fills ModelInfo

# What the converter may use of the runtime beside the public API.
SHARED_WITH_CONVERTER = {"runtime/base/nearest.hpp", "runtime/base/xxh64.hpp"}

# The only folders that may see these.
CONFINED = {
    "xsimd/": ("runtime/kernels/", "tests/", "bench/"),
    "flatbuffers/": ("runtime/format/", "converter/emit/", "tests/", "bench/"),
    "heed_generated.h": ("runtime/format/", "converter/emit/", "tests/", "bench/"),
}

# Instantiations and kernel bodies are compiled for one instruction set each: what they include must leave no
# inline function behind that the linker could pick for everyone.
KERNEL_HEADERS = re.compile(
    r"cstddef|cstdint|cstring|[a-z]*intrin\.h|arm_neon\.h|xsimd/xsimd\.hpp|runtime/kernels/.*|runtime/base/.*"
)
KERNEL_ANYTHING = re.compile(r"runtime/kernels/(reference/.*|cpu\.[ch]pp|dispatch\.cpp|kernels\.hpp)")


def _rank(layers, name):
    return next((rank for rank, row in enumerate(layers) if name in row), None)


def _layer(path):
    """(part, layer) of a path: ("runtime", "ops"); a file such as converter/convert.cpp is a layer by its stem."""
    part, _, rest = path.partition("/")
    return part, rest.split("/")[0].split(".")[0]


def check(repo):
    for file in repo.select(CPP):
        for line, name in includes(repo.text(file) or ""):
            message = _forbidden(file, name)
            if message:
                yield Violation(file, line, message)
    for file in repo.select(HEADERS, "include", "runtime", "converter", "tests", "bench"):
        yield from _guard(repo, file)


def _forbidden(file, name):
    for prefix, folders in CONFINED.items():
        if name.startswith(prefix) and not file.startswith(folders):
            return f"includes {name}, which only {', '.join(folders)} may"
    if file.startswith("include/"):
        return None if name.startswith("heed/") or "/" not in name else f"a public header includes {name}"
    part, layer = _layer(file)
    if part == "runtime":
        return _forbidden_in_runtime(file, layer, name)
    if part == "converter":
        return _forbidden_in_converter(layer, name)
    return None


def _forbidden_in_runtime(file, layer, name):
    rank = _rank(RUNTIME, layer)
    if rank is None:
        return f"runtime/{layer} is no layer that tests/lint/checks/layers.py knows"
    if name.startswith(("converter/", "tests/", "bench/")):
        return f"the runtime includes {name}"
    if name.startswith("heed/") and rank < _rank(RUNTIME, "session"):
        if name not in COMMON_HEADERS and (layer, name) not in PUBLIC_EXCEPTIONS:
            return f"{layer} includes {name}, a public header of the layers above"
    if name.startswith("runtime/"):
        other = _layer(name)[1]
        if other != layer and not (_rank(RUNTIME, other) is not None and _rank(RUNTIME, other) < rank):
            return f"{layer} includes {name}: layers only include lower ones"
    if layer == "kernels" and not KERNEL_ANYTHING.fullmatch(file) and not KERNEL_HEADERS.fullmatch(name):
        return f"a kernel includes {name}: only intrinsics, xsimd, kernels and <cstddef>, <cstdint>, <cstring>"
    return None


def _forbidden_in_converter(layer, name):
    rank = _rank(CONVERTER, layer)
    if rank is None:
        return f"converter/{layer} is no layer that tests/lint/checks/layers.py knows"
    if name.startswith("runtime/") and name not in SHARED_WITH_CONVERTER:
        return f"the converter includes {name}: it uses the public headers of heed"
    if name.startswith(("tests/", "bench/")):
        return f"the converter includes {name}"
    if name.startswith("converter/"):
        other = _layer(name)[1]
        if other != layer and not (_rank(CONVERTER, other) is not None and _rank(CONVERTER, other) < rank):
            return f"{layer} includes {name}: layers only include lower ones"
    return None


def _guard(repo, file):
    path = file[len("include/") :] if file.startswith("include/") else f"heed/{file}"
    # include/heed/model.hpp is HEED_MODEL_HPP, heed.h is HEED_HEED_H, runtime/ops/top_k.hpp HEED_RUNTIME_OPS_TOP_K_HPP.
    wanted = re.sub(r"[^A-Za-z0-9]", "_", path).upper()
    text = repo.text(file) or ""
    if "#pragma once" in text:
        yield Violation(file, 1, f"uses #pragma once; the guard is {wanted}")
        return
    match = re.search(r"^#ifndef (\w+)\n#define \1$", text, re.MULTILINE)
    if not match or match.group(1) != wanted:
        line = text.count("\n", 0, match.start()) + 1 if match else 1
        yield Violation(file, line, f"its include guard is not {wanted}")
