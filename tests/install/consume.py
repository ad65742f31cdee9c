"""Builds and runs programs outside the repository that use heed.

installed:    installs a build, moves what was installed, and uses it by find_package and by pkg-config
subdirectory: uses the sources by add_subdirectory
"""
import argparse
import json
import math
import os
import pathlib
import shlex
import shutil
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
CONSUMERS = HERE / "consumers"


def run(*command, **options):
    print("$", shlex.join(map(str, command)), flush=True)
    return subprocess.run([str(word) for word in command], check=True, **options)


def output(*command, **options):
    return run(*command, stdout=subprocess.PIPE, text=True, **options).stdout


class Consumer:
    def __init__(self, arguments):
        self.arguments = arguments
        self.scratch = arguments.scratch.resolve()
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir(parents=True)

    def run_app(self, app, **environment):
        """Without a model (error paths), and with each model there is."""
        for model in [(), *((model,) for model in self.arguments.model)]:
            run(app, *model, env={**os.environ, **environment})

    def build_project(self, name, folder, *options):
        """Configures and builds consumers/<name> in a new folder, which is returned."""
        build = self.scratch / folder
        run(
            "cmake", "-G", "Ninja", "-S", CONSUMERS / name, "-B", build, "-DCMAKE_BUILD_TYPE=Release",
            f"-DCMAKE_C_COMPILER={self.arguments.cc}", f"-DCMAKE_CXX_COMPILER={self.arguments.cxx}",
            *self.arguments.cmake_option, *options,
        )
        run("cmake", "--build", build, "--parallel", "2")
        return build


def installed(consumer):
    first, prefix = consumer.scratch / "first", consumer.scratch / "moved here"
    run("cmake", "--install", consumer.arguments.build, "--prefix", first, stdout=subprocess.DEVNULL)
    first.rename(prefix)
    check_no_paths(prefix, consumer, first)
    for name in ("LICENSE", "CHANGELOG.md"):
        if not (prefix / "share" / "doc" / "heed" / name).is_file():
            sys.exit(f"{name} is not installed")

    options = [f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF"]
    for standard in (17, 20):
        build = consumer.build_project("cxx", f"cxx{standard}", *options, f"-DCMAKE_CXX_STANDARD={standard}")
        consumer.run_app(build / "app")
    consumer.run_app(consumer.build_project("c", "c", *options) / "app")
    use_pkg_config(consumer, prefix)
    run_tool(prefix)
    if list(prefix.rglob("heedConverterTargets.cmake")):
        use_family(consumer.build_project("family", "family", *options) / "shelf", consumer.scratch)


def check_no_paths(prefix, consumer, first):
    """No installed text names a folder of the machine that built it."""
    folders = [consumer.arguments.source, consumer.arguments.build, first]
    for file in sorted(path for path in prefix.rglob("*") if path.is_file()):
        data = file.read_bytes()
        if b"\0" in data:
            continue
        for folder in folders:
            if str(folder).encode() in data:
                sys.exit(f"{file.relative_to(prefix)} names {folder}")


def use_family(tool, scratch):
    """The worked example's tool makes, converts and runs a model of its own family; scores are computed again here."""
    weights, model = scratch / "shelf.safetensors", scratch / "shelf.heed"
    run(tool, "synth", "--family", "shelf", "--items", "40", "--dim", "8", "--max-history", "6", "-o", weights)
    run(tool, "convert", weights, "-o", model)
    history, shelves = [3, 17, 3, 39], [5, 0, 19, 7]
    answer = json.loads(output(
        tool, "score", model, "--json", "--history", ",".join(map(str, history)), "--candidates", "0,17,25",
        "--feature", "shelf=" + ",".join(map(str, shelves)),
    ))
    expected = shelf_scores(weights, history, shelves, [0, 17, 25])
    if any(abs(found - right) > 1e-5 for found, right in zip(answer["scores"], expected)):
        sys.exit(f"the shelf model's scores are {answer['scores']}; {expected} are right")


def read_safetensors(path):
    """Matrices as lists of rows."""
    data = path.read_bytes()
    size = struct.unpack_from("<Q", data)[0]
    header = json.loads(data[8:8 + size])
    matrices = {}
    for name, tensor in header.items():
        if name == "__metadata__":
            continue
        rows, cols = tensor["shape"]
        flat = struct.unpack_from(f"<{rows * cols}f", data, 8 + size + tensor["data_offsets"][0])
        matrices[name] = [flat[r * cols:(r + 1) * cols] for r in range(rows)]
    return matrices


def shelf_scores(weights, history, shelves, candidates):
    """The formulas of consumers/family/shelf.cpp in plain Python."""
    w = read_safetensors(weights)
    x = [[a + b for a, b in zip(w["items"][i], w["shelves"][s])] for i, s in zip(history, shelves)]

    def dot(a, b):
        return sum(p * q for p, q in zip(a, b))

    def linear(name, row):
        return [dot(weight, row) for weight in w[name]]

    query = linear("q.weight", x[-1])
    similar = [math.exp(dot(query, linear("k.weight", row)) / math.sqrt(len(query))) for row in x]
    values = [linear("v.weight", row) for row in x]
    user = [dot(similar, column) / sum(similar) + last for column, last in zip(zip(*values), x[-1])]
    return [dot(user, w["items"][i]) for i in candidates]


def library_folder(prefix):
    return next(prefix.rglob("pkgconfig")).parent


def use_pkg_config(consumer, prefix):
    """A C program linked by the C compiler, which knows nothing of C++."""
    libraries = library_folder(prefix)
    environment = {**os.environ, "PKG_CONFIG_PATH": str(libraries / "pkgconfig")}
    flags = shlex.split(output("pkg-config", "--cflags", "--libs", "heed", env=environment))
    app = consumer.scratch / "pkg-config-app"
    run(consumer.arguments.cc, "-std=c99", "-Wall", "-Wextra", "-Werror", CONSUMERS / "app.c", "-o", app, *flags)
    consumer.run_app(app, LD_LIBRARY_PATH=str(libraries))

    version = output("pkg-config", "--modversion", "heed", env=environment).strip()
    answer = subprocess.run([app], stdout=subprocess.PIPE, text=True, env={**os.environ, "LD_LIBRARY_PATH": str(libraries)})
    if not answer.stdout.startswith(f"heed {version},"):
        sys.exit(f"heed.pc says version {version}, the library says {answer.stdout}")


def run_tool(prefix):
    tool = prefix / "bin" / "heed"
    if tool.exists():
        run(tool, "--version")


def subdirectory(consumer):
    build = consumer.build_project("subdirectory", "build", f"-DHEED_SOURCE_DIR={consumer.arguments.source}")
    consumer.run_app(build / "app")
    consumer.run_app(build / "app_c")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["installed", "subdirectory"])
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("--build", type=pathlib.Path, help="a complete build that has install rules")
    parser.add_argument("--scratch", type=pathlib.Path, required=True, help="a folder to make anew")
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--cxx", default="c++")
    parser.add_argument("--cmake-option", action="append", default=[])
    parser.add_argument("--model", type=pathlib.Path, action="append", default=[])
    consumer = Consumer(parser.parse_args())
    {"installed": installed, "subdirectory": subdirectory}[consumer.arguments.mode](consumer)


if __name__ == "__main__":
    main()
