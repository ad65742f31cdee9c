"""Models, reference answers and exports, made once and kept under build/peers.

A file's name bears a digest of what it is made from, so a changed exporter, pin or model makes a new one, and the old
one goes: with a million items they are large. Why a file could not be made is kept too (*.failed), or each run would
wait for it again.
"""
import functools
import hashlib
import json
import os
import re
import shutil
import signal
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


def _whole(out):
    """Whether a file was made, and the run that made it saw it end well."""
    return out.is_file() and not out.with_suffix(".making").exists()


def _run(command, log, out):
    """Runs a command that makes `out`."""
    kept = out.with_suffix(".failed")
    if kept.is_file():
        raise Failed(kept.read_text())
    log.parent.mkdir(parents=True, exist_ok=True)
    for part in files(out):  # of a run that was interrupted
        part.unlink()
    making = out.with_suffix(".making")
    making.touch()
    environment = dict(os.environ, PYTHONPATH=str(paths.HERE), PYTHONDONTWRITEBYTECODE="1", CUDA_VISIBLE_DEVICES="",
                       TOKENIZERS_PARALLELISM="false", TORCHINDUCTOR_CACHE_DIR=str(paths.WORK / "inductor"))
    environment["PATH"] = f"{os.path.dirname(command[0])}:{environment['PATH']}"
    with open(log, "wb") as text:
        process = subprocess.Popen([str(part) for part in command], stdout=text, stderr=text, env=environment,
                                   stdin=subprocess.DEVNULL, cwd=log.parent, start_new_session=True)
        try:
            code = process.wait(EXPORT_SECONDS)
        except subprocess.TimeoutExpired:
            code = f"no end within {EXPORT_SECONDS} s"
        finally:  # also what it started, and also when this run is interrupted
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
    if code == 0 and out.is_file():
        making.unlink()
        return
    for part in files(out):
        part.unlink()
    making.unlink()
    kept.write_text(f"export failed ({code}): {_reason(log)[:240]}")
    raise Failed(kept.read_text())


def _reason(log):
    """The exception that ended a Python program, or the last line that speaks of an error, or the last line."""
    lines = [line.rstrip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    for pattern in (r"([a-z_]\w*\.)*[A-Z]\w+: .", ".*[Ee]rror", ""):
        for line in reversed(lines):
            if re.match(pattern, line):
                return line.strip()
    return "it printed nothing"


def forget_failures():
    for kept in paths.WORK.glob("*/*.failed"):
        kept.unlink()


def _forget(folder, prefix, digest):
    """Removes what was made from an earlier state of the same sources."""
    pattern = re.compile(re.escape(prefix) + r"-([0-9a-f]{10})(\..*)?")
    for old in folder.iterdir() if folder.is_dir() else ():
        match = pattern.fullmatch(old.name)
        if not match or match[1] == digest:
            continue
        if old.is_dir():
            shutil.rmtree(old)
        else:
            old.unlink()


def _python(name):
    try:
        return environments.python(name)
    except RuntimeError as error:
        raise Failed(f"the environment {name} {error}") from None


@functools.cache
def _help(command):
    """What heed says of one of its commands."""
    return subprocess.run([paths.HEED, command, "--help"], stdout=subprocess.PIPE, text=True, check=False).stdout


def _demand(command, flags):
    for flag in flags:
        if flag.startswith("--") and f"{flag} " not in _help(command):
            raise Failed(f"`heed {command}` of this build has no {flag}")


def weights(model):
    """A model's checkpoint, in a folder of its own."""
    shape = workloads.MODELS[model]
    digest = _digest(paths.HERE / "model.py", repr(shape), paths.HEED if shape.clusters else "")
    folder = paths.WORK / f"{model}-{digest}"
    checkpoint = folder / ("model.safetensors" if shape.clusters else "model.pt")
    if _whole(checkpoint):
        return checkpoint
    if shape.clusters:
        flags = ("--clusters", shape.clusters, "--family", "sasrec", "--variant", "pytorch", "--items", shape.items,
                 "--dim", shape.dim, "--blocks", shape.blocks, "--heads", shape.heads,
                 "--max-history", shape.max_history, "--seed", shape.seed)
        _demand("synth", map(str, flags))
        command = [paths.HEED, "synth", *flags, "-o", checkpoint]
    else:
        command = [_python("torch"), paths.HERE / "model.py", "write", model, checkpoint]
    _forget(paths.WORK, model, digest)
    _run(command, folder / "write.log", checkpoint)
    return checkpoint


def reference(workload):
    """The file with a workload's reference answers."""
    checkpoint = weights(workload.model)
    out = checkpoint.parent / f"reference-{workload.events}.json"
    if not _whole(out):
        _run([_python("torch"), paths.HERE / "model.py", "reference", workload.model, checkpoint,
              "--events", workload.events, "--out", out], out.with_suffix(".log"), out)
    return out


def export(workload, part, variant, form=None):
    """The file that a variant's steps make for one part of a workload; `form` other than the variant's on request."""
    if variant.missing:
        raise Failed(variant.missing)
    form = form or variant.form
    checkpoint = weights(workload.model)
    source, digest, stem = None, "", f"{form}-{workload.events}-{part}"
    for step in variant.steps:
        if step.environment == "heed":
            source = _convert(checkpoint, step)
            continue
        script = paths.HERE / "exporters" / step.script
        digest = _digest(script, script.parent / "common.py", digest, step.precision,
                         *environments.REQUIREMENTS[step.environment])
        prefix = f"{stem}-{script.stem}-{step.precision}"
        out = checkpoint.parent / f"{prefix}-{digest}{step.suffix}"
        if not _whole(out):
            _forget(out.parent, prefix, digest)
            command = [_python(step.environment), script, "--model", workload.model, "--weights", checkpoint,
                       "--form", form, "--events", workload.events, "--part", part, "--precision", step.precision,
                       "--out", out]
            _run(command + (["--source", source] if source else []), out.with_suffix(".log"), out)
        source = out
    return source


def _convert(checkpoint, step):
    prefix, digest = "-".join(["heed", step.precision, *step.flags]).replace("---", "-"), _digest(paths.HEED)
    out = checkpoint.parent / f"{prefix}-{digest}.heed"
    if not _whole(out):
        _demand("convert", step.flags)
        _forget(out.parent, prefix, digest)
        _run([paths.HEED, "convert", checkpoint, "-o", out, "--quantize", step.precision, *step.flags],
             out.with_suffix(".log"), out)
    return out


def item_bytes(file):
    """Bytes of a heed model's item rows with their scales: what a scan reads."""
    told = json.loads(subprocess.run([paths.HEED, "info", file, "--json"], stdout=subprocess.PIPE, check=True).stdout)
    rows = max(told["tensors"], key=lambda tensor: tensor["bytes"])
    return round(rows["rows"] * rows["cols"] * rows["bits_per_weight"] / 8)


def files(path):
    """A model's file and those that belong to it: the same name with another ending."""
    return [file for file in path.parent.glob(path.stem + ".*") if file.suffix not in (".log", ".failed", ".making")]


def size(path):
    return sum(file.stat().st_size for file in files(path))
