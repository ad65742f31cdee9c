"""Models, reference answers and exports, made once and kept under build/peers.

A file's name bears a digest of what it is made from, so a changed exporter, pin or model makes a new one.
"""
import hashlib
import os
import subprocess

import environments
import paths
import workloads

EXPORT_SECONDS = 900


class Failed(Exception):
    """Why a file could not be made."""


def _digest(*parts):
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.read_bytes() if hasattr(part, "read_bytes") else str(part).encode())
    return digest.hexdigest()[:10]


def _run(command, log, out):
    """Runs a command that makes `out`, which is there only if it is whole."""
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = dict(os.environ, PYTHONPATH=str(paths.HERE), PYTHONDONTWRITEBYTECODE="1", CUDA_VISIBLE_DEVICES="",
                       TOKENIZERS_PARALLELISM="false")
    environment["PATH"] = f"{os.path.dirname(command[0])}:{environment['PATH']}"
    with open(log, "wb") as text:
        try:
            code = subprocess.run([str(part) for part in command], stdout=text, stderr=text, env=environment,
                                  cwd=log.parent, timeout=EXPORT_SECONDS).returncode
        except subprocess.TimeoutExpired:
            code = f"no end within {EXPORT_SECONDS} s"
    if code == 0 and out.is_file():
        return
    for part in files(out):
        part.unlink()
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    reason = next((line for line in reversed(lines) if "Error" in line or "error" in line), lines[-1] if lines else "")
    raise Failed(f"export failed ({code}): {reason[:240]}")


def _python(name):
    try:
        return environments.python(name)
    except RuntimeError as error:
        raise Failed(f"the environment {name} {error}") from None


def weights(model):
    """The folder with a model's checkpoint."""
    folder = paths.WORK / f"{model}-{_digest(paths.HERE / 'model.py', paths.HERE / 'workloads.py')}"
    checkpoint = folder / "model.pt"
    if not checkpoint.is_file():
        _run([_python("torch"), paths.HERE / "model.py", "write", model, folder], folder / "write.log", checkpoint)
    return folder


def reference(workload):
    """The file with a workload's reference answers."""
    folder = weights(workload.model)
    out = folder / f"{workload.name}.json"
    if not out.is_file():
        _run([_python("torch"), paths.HERE / "model.py", "reference", workload.name, folder],
             folder / f"{workload.name}.log", out)
    return out


def export(workload, part, variant, form=None):
    """The file that a variant's steps make for one part of a workload; `form` other than the variant's on request."""
    if variant.missing:
        raise Failed(variant.missing)
    form = form or variant.form
    folder = weights(workload.model)
    source, digest, stem = None, "", f"{form}-{workload.events}-{part}"
    for step in variant.steps:
        if step.environment == "heed":
            source, digest = _convert(folder, step), ""
            continue
        script = paths.HERE / "exporters" / step.script
        digest = _digest(script, script.parent / "common.py", digest, step.precision,
                         *environments.REQUIREMENTS[step.environment])
        out = folder / f"{stem}-{script.stem}-{step.precision}-{digest}{step.suffix}"
        if not out.is_file():
            command = [_python(step.environment), script, "--model", workload.model, "--weights", folder, "--form", form,
                       "--events", workload.events, "--part", part, "--precision", step.precision, "--out", out]
            _run(command + (["--source", source] if source else []), out.with_suffix(".log"), out)
        source = out
    return source


def _convert(folder, step):
    out = folder / f"{step.precision}-{_digest(paths.HEED)}.heed"
    if not out.is_file():
        _run([paths.HEED, "convert", folder / "model.pt", "-o", out, "--quantize", step.precision],
             out.with_suffix(".log"), out)
    return out


def files(path):
    """A model's file and those that belong to it: the same name with another ending."""
    return [file for file in path.parent.glob(path.stem + ".*") if file.suffix != ".log"]


def size(path):
    return sum(file.stat().st_size for file in files(path))


def shape(workload):
    return workloads.MODELS[workload.model]
