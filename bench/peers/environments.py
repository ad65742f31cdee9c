"""The Python environments under build/venv, one for each runtime, with pinned versions.

`torch` is large (the wheels for Linux bring CUDA's libraries, which nothing here uses), and it serves four purposes:
the reference, all exports, and the runtimes that come with it.
"""
import functools
import hashlib
import shutil
import subprocess
import sys

import paths

REQUIREMENTS = {
    "torch": ["torch==2.14.0", "numpy==2.4.6", "onnx==1.23.2", "onnxscript==0.7.2", "pnnx==20261020",
              "executorch==1.5.1", "litert-torch==0.10.0", "torchao==0.18.0", "safetensors==0.8.0"],
    "onnxruntime": ["onnxruntime==1.32.0", "numpy==2.4.6", "onnx==1.23.2", "sympy==1.14.0"],
    "openvino": ["openvino==2026.4.1", "nncf==3.4.0", "numpy==2.4.6", "onnx==1.23.2"],
    "litert": ["ai-edge-litert==2.3.0", "numpy==2.4.6"],
    "ncnn": ["ncnn==1.0.20261020", "numpy==2.4.6"],
    "mnn": ["MNN==3.6.1", "numpy==2.4.6"],
}


INSTALL_SECONDS = 1800


def python(name):
    """The interpreter of an environment, made if it is not there as pinned; raises RuntimeError with the reason."""
    made = _made(name)
    if isinstance(made, str):
        raise RuntimeError(f"cannot be installed: {made}")
    return made


@functools.cache
def _made(name):
    """The interpreter, or why there is none; one try a run."""
    folder = paths.VENV / f"peers-{name}"
    stamp = folder / "pinned"
    digest = hashlib.sha256("\n".join(REQUIREMENTS[name]).encode()).hexdigest()
    if not (stamp.is_file() and stamp.read_text() == digest):
        print(f"peers: installing {', '.join(REQUIREMENTS[name])}", file=sys.stderr, flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        for command in (["/usr/bin/python3", "-m", "venv", folder],
                        [folder / "bin/pip", "install", "--quiet", "--no-cache-dir", *REQUIREMENTS[name]]):
            reason = _failure(command)
            if reason:
                return reason
        stamp.write_text(digest)
    return folder / "bin/python"


def _failure(command):
    """Runs a command; why it failed, or None."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"no end within {INSTALL_SECONDS} s"
    if done.returncode == 0:
        return None
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    return next((line for line in reversed(lines) if line.startswith("ERROR")), lines[-1] if lines else "no output")
