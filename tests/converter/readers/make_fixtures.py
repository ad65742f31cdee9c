#!/usr/bin/env python3
"""Writes data/: small checkpoints as PyTorch itself saves them, and expected.json with what it reads from them.

    python3 make_fixtures.py        (PyTorch 1.13 and NumPy, as Debian 12 has them; safetensors if it is installed)

Run it only to add fixtures: the files of another PyTorch differ in bytes. The tests need no Python.
"""
import argparse
import collections
import importlib.util
import io
import json
import math
import pathlib
import pickle
import shutil
import struct
import sys
import zipfile

import numpy
import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import fixture_models as models  # noqa: E402

DATA = pathlib.Path(__file__).parent / "data"
MALFORMED, UNSUPPORTED = 300, 301  # heed::StatusCode
expected = {}


def number(value):
    """JSON has no names for what is not finite."""
    return value if math.isfinite(value) else repr(value)


def describe(weights):
    names = {torch.float64: "f64", torch.float32: "f32", torch.float16: "f16", torch.bfloat16: "bf16",
             torch.int64: "i64", torch.int32: "i32", torch.int16: "i16", torch.int8: "i8",
             torch.uint8: "u8", torch.bool: "bool"}
    return [{"name": name, "type": names[tensor.dtype], "shape": list(tensor.shape), "strides": list(tensor.stride()),
             "values": [number(v) for v in tensor.detach().to(torch.float64).flatten().tolist()]}
            for name, tensor in weights.items()]


def good(file, format, weights, path="", config=None):
    expected[file] = {"format": format, "weights_path": path, "config": config, "weights": describe(weights)}


def bad(file, code, *messages):
    """`messages`: what the error has to mention."""
    expected[file] = {"error": code, "messages": messages}


def save(name, obj, weights, path="", config=None, legacy=True, **options):
    """Saves in both formats."""
    torch.save(obj, DATA / f"{name}.pt", **options)
    good(f"{name}.pt", "pytorch-zip", weights, path, config)
    if legacy:
        torch.save(obj, DATA / f"{name}.legacy.pt", _use_new_zipfile_serialization=False, **options)
        good(f"{name}.legacy.pt", "pytorch-legacy", weights, path, config)


def state():
    torch.manual_seed(7)
    return collections.OrderedDict(
        [("item_emb.weight", torch.randn(5, 3)), ("pos_emb.weight", torch.randn(4, 3)),
         ("norm.weight", torch.randn(3)), ("norm.bias", torch.randn(3)), ("steps", torch.tensor(12))])


def state_dicts():
    save("state", state(), state())
    save("plain_dict", dict(state()), state())
    for protocol in (3, 4, 5):
        save(f"protocol{protocol}", state(), state(), pickle_protocol=protocol)
    torch.save(state(), DATA / "protocol1.legacy.pt", pickle_protocol=1, _use_new_zipfile_serialization=False)
    good("protocol1.legacy.pt", "pytorch-legacy", state())
    save("parameters", {k: nn.Parameter(v) if v.is_floating_point() else v for k, v in state().items()}, state())
    save("subclass", {k: v.as_subclass(models.Subclass) for k, v in state().items()}, state())
    for protocol in (2, 4):
        (DATA / f"plain{protocol}.pickle").write_bytes(pickle.dumps(state(), protocol=protocol))
        good(f"plain{protocol}.pickle", "pickle", state())


def wrapped():
    for key in ("state_dict", "model_state_dict", "model", "weights"):
        save(f"under_{key}", {"epoch": 3, key: state()}, state(), key, legacy=False)
    other = {f"big.{i}": torch.zeros(1) for i in range(20)}
    save("preferred", {"ema": other, "model": other, "state_dict": state()}, state(), "state_dict", legacy=False)
    save("nested", {"a": [{"b": {"weights": state()}}], "small": {"x": torch.zeros(1)}}, state(), "a.0.b.weights",
         legacy=False)
    save("pair", (state(), {"lr": 0.1}), state(), "0", legacy=False)
    # More tensors in the optimizer than in the model.
    model = nn.Linear(3, 2)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.5)
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    weights = {k: v.clone() for k, v in model.state_dict().items()}
    save("with_optimizer", {"optimizer_state_dict": optimizer.state_dict(), "opt": optimizer.state_dict()["state"],
                            "epoch": 1, "net": model.state_dict()}, weights, "net")
    trainer = models.Trainer(model.state_dict(), optimizer)
    save("trainer", trainer, weights, "best")


def modules():
    torch.manual_seed(8)
    model = models.Model()
    weights = model.state_dict()
    settings = {"width": 3, "items": 5}
    save("module", model, weights, "", settings)
    save("module_wrapped", {"epoch": 1, "model": model}, weights, "model", settings)
    save("data_parallel", nn.DataParallel(model), weights, "", None)
    save("trainer_module", models.Trainer(model, None), weights, "best", settings, legacy=False)


def prefixes():
    base = state()

    def prefixed(prefix):
        return {prefix + k: v for k, v in base.items()}

    save("prefix_module", prefixed("module."), base, legacy=False)
    save("prefix_compiled", prefixed("_orig_mod.module.model."), base, legacy=False)
    mixed = dict(prefixed("model."), **{"head.weight": torch.ones(2)})
    save("prefix_mixed", mixed, mixed, legacy=False)
    save("prefix_only", {"module.": torch.ones(2)}, {"module.": torch.ones(2)}, legacy=False)


def views():
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 7
    weights = {
        "base": base, "transposed": base.t(), "row": base[2], "column": base[:, 3], "window": base[1:3, 2:5],
        "step": base[::2, ::3], "expanded": base[0].expand(3, 2, 6), "scalar": base[3, 5],
        "overlapping": base.as_strided((3, 4), (1, 2), 5), "empty": torch.zeros(0, 3), "tied": base,
        "permuted": torch.arange(24.).reshape(2, 3, 4).permute(2, 0, 1), "conv": base.reshape(4, 6, 1),
        "flat_expanded": torch.tensor(1.5).expand(4), "nothing": base[:, 2:2],
    }
    save("views", weights, weights)


def types():
    special = [0.0, -0.0, 1.0, -2.5, 65504.0, 6e-8, 6.1e-5, 1e-7, 3.14159, 1e30, float("inf"), float("-inf"),
               float("nan")]
    weights = {str(t)[6:]: torch.tensor(special, dtype=t)
               for t in (torch.float64, torch.float32, torch.float16, torch.bfloat16)}
    weights["f64_precise"] = torch.tensor([1 / 3, 1e300, 5e-324], dtype=torch.float64)
    for t in (torch.int64, torch.int32, torch.int16, torch.int8):
        weights[str(t)[6:]] = torch.tensor([0, 1, -1, torch.iinfo(t).min, torch.iinfo(t).max], dtype=t)
    weights["uint8"] = torch.tensor([0, 1, 255], dtype=torch.uint8)
    weights["bool"] = torch.tensor([True, False, True])
    save("types", weights, weights)


def settings():
    namespace = argparse.Namespace(
        lr=0.001, hidden=50, name="SASRec é", flags=[True, None], betas=(0.9, 0.999), inner=argparse.Namespace(a=1),
        device=torch.device("cpu"), dtype=torch.float32, scalar=numpy.float64(0.25), count=numpy.int64(7), big=10**30,
        path=pathlib.PurePosixPath("a/b"), table={1: "one", (2, 3): "left out"}, weight=torch.ones(2))
    namespace.itself = namespace
    plain = {"lr": 0.001, "hidden": 50, "name": "SASRec é", "flags": [True, None], "betas": [0.9, 0.999],
             "inner": {"a": 1}, "scalar": 0.25, "count": 7, "table": {"1": "one"}}
    for key in ("args", "config", "hyper_parameters"):
        save(f"settings_{key}", {"state_dict": state(), key: namespace}, state(), "state_dict", plain, legacy=False)
    save("settings_protocol4", {"args": namespace, "model": state()}, state(), "model", plain, pickle_protocol=4)
    save("settings_order", {"args": {"a": 1}, "config": {"b": 2}, "model": state()}, state(), "model", {"b": 2},
         legacy=False)
    save("settings_slots", {"model": state(), "config": models.Slots()}, state(), "model",
         {"hidden": 50, "heads": 2}, legacy=False)


def rewrite(source, target, change, more=()):
    """Copies a zip checkpoint; `change(name, content)` gives the new content, or None. `more` is added."""
    with zipfile.ZipFile(DATA / source) as old, zipfile.ZipFile(DATA / target, "w") as new:
        for entry in old.infolist():
            content = change(entry.filename.split("/", 1)[1], old.read(entry))
            if content is not None:
                new.writestr(entry.filename, content)
        for name, content in dict(more).items():
            new.writestr(old.namelist()[0].split("/", 1)[0] + "/" + name, content)


def other_archives():
    # Packed anew by another tool: deflated.
    with zipfile.ZipFile(DATA / "state.pt") as old, zipfile.ZipFile(DATA / "deflated.pt", "w",
                                                                   zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr("folder/" + entry.filename, old.read(entry))
    good("deflated.pt", "pytorch-zip", state())
    # Written by PyTorch since 2.1.
    for order in ("little", "big"):
        rewrite("state.pt", f"byteorder_{order}.pt", lambda name, data: data, {"byteorder": order})
    good("byteorder_little.pt", "pytorch-zip", state())
    bad("byteorder_big.pt", UNSUPPORTED, "big-endian")
    rewrite("state.pt", "short_storage.pt", lambda name, data: data[:-4] if name == "data/0" else data)
    bad("short_storage.pt", MALFORMED, "56 bytes where 60 are expected")
    rewrite("state.pt", "missing_storage.pt", lambda name, data: None if name == "data/2" else data)
    bad("missing_storage.pt", MALFORMED, "data/2", "missing")
    torch.jit.save(torch.jit.script(nn.Linear(2, 2)), DATA / "torchscript.pt")
    bad("torchscript.pt", UNSUPPORTED, "TorchScript", "state_dict()")


class Storage:
    """Stands for a storage of a hand-made legacy file."""

    def __init__(self, key, count, view=None):
        self.id = ("storage", torch.FloatStorage, key, "cpu", count, view)


class Rebuilt:
    """Pickled as a tensor with arbitrary arguments."""

    def __init__(self, *arguments, function=torch._utils._rebuild_tensor_v2):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


class Python2OrderedDict:
    """Pickled as Python 2 pickles an OrderedDict: a call with a list of pairs."""

    def __init__(self, pairs):
        self.pairs = pairs

    def __reduce__(self):
        return collections.OrderedDict, ([list(pair) for pair in self.pairs],)


class Pickler(pickle._Pickler):
    """Knows Storage. With `python2`, writes str as Python 2 does."""

    def __init__(self, file, protocol=2, python2=False):
        super().__init__(file, protocol)
        self.python2 = python2
        if python2:
            self.dispatch = dict(pickle._Pickler.dispatch)
            self.dispatch[str] = Pickler.save_bytes_string

    def persistent_id(self, obj):
        return obj.id if isinstance(obj, Storage) else None

    def save_bytes_string(self, text):
        raw = text.encode()
        self.write(b"U" + bytes([len(raw)]) + raw)
        self.memoize(text)


def legacy_file(name, obj, storages, little_endian=True, **options):
    """The format before 1.6, written by hand. `storages`: (key, floats)."""
    out = io.BytesIO()
    for value in (0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": little_endian}):
        pickle.dump(value, out, 2)
    Pickler(out, **options).dump(obj)
    pickle.dump([key for key, _ in storages], out, 2)
    for _, floats in storages:
        out.write(struct.pack("<q", len(floats)) + struct.pack(f"<{len(floats)}f", *floats))
    (DATA / name).write_bytes(out.getvalue())


def handmade_legacy():
    floats = [float(i) for i in range(10)]
    hooks = collections.OrderedDict()
    whole = Rebuilt(Storage("1", 10), 0, (2, 5), (5, 1), False, hooks)
    weights = {"whole": torch.tensor(floats).reshape(2, 5), "part": torch.tensor(floats[5:7])}
    # A view of a storage, as PyTorch 0.3 wrote it, and Python 2.
    part = Rebuilt(Storage("1", 10, ("2", 4, 3)), 1, (2,), (1,), False, hooks)
    legacy_file("python2.legacy.pt", Python2OrderedDict([("whole", whole), ("part", part)]), [("1", floats)],
                python2=True)
    good("python2.legacy.pt", "pytorch-legacy", weights)
    oldest = Rebuilt(Storage("1", 10), 0, (2, 5), (5, 1), function=torch._utils._rebuild_tensor)
    legacy_file("oldest.legacy.pt", {"whole": oldest}, [("1", floats)])
    good("oldest.legacy.pt", "pytorch-legacy", {"whole": weights["whole"]})
    legacy_file("big_endian.legacy.pt", {"whole": whole}, [("1", floats)], little_endian=False)
    bad("big_endian.legacy.pt", UNSUPPORTED, "big-endian")

    def tensor(name, *messages, **change):
        parts = dict(offset=0, shape=(2, 5), strides=(5, 1))
        parts.update(change)
        broken = Rebuilt(Storage("1", 10), parts["offset"], parts["shape"], parts["strides"], False, hooks)
        legacy_file(f"bad_{name}.legacy.pt", {"item_emb.weight": broken}, [("1", floats)])
        bad(f"bad_{name}.legacy.pt", MALFORMED, "item_emb.weight", *messages)

    tensor("short", "storage of 40 bytes is shorter than tensor 'item_emb.weight' [100, 50] needs", shape=(100, 50),
           strides=(50, 1))
    tensor("offset", "shorter", offset=1)
    tensor("negative_offset", "negative", offset=-1)
    tensor("negative_stride", "negative", strides=(-5, 1))
    tensor("negative_size", "negative", shape=(-2, 5))
    tensor("huge_shape", "impossible", shape=(2**40, 2**40), strides=(0, 0))
    tensor("huge_stride", "shorter", strides=(2**62, 1))
    tensor("huge_offset", "shorter", offset=2**63 - 1)
    tensor("huge_integer", "shape", shape=(2**70, 1))
    tensor("expanded", "larger than a file", shape=(2**20, 2**20), strides=(0, 0))
    tensor("strides_missing", "strides", strides=(5,))
    tensor("rank", "shape", shape=(1,) * 65, strides=(1,) * 65)
    tensor("no_shape", "shape", shape=None)
    tensor("text_shape", "shape", shape=("2", 5))
    legacy_file("bad_view.legacy.pt", {"w": Rebuilt(Storage("1", 10, ("2", 8, 3)), 0, (1,), (1,), False, hooks)},
                [("1", floats)])
    bad("bad_view.legacy.pt", MALFORMED, "view")
    legacy_file("bad_count.legacy.pt", {"w": whole}, [("1", floats[:9])])
    bad("bad_count.legacy.pt", MALFORMED, "9 elements where 10")
    legacy_file("bad_missing.legacy.pt", {"w": whole}, [])
    bad("bad_missing.legacy.pt", MALFORMED, "storage '1' is missing")
    legacy_file("bad_twice.legacy.pt", {"w": whole}, [("1", floats), ("1", floats)])
    bad("bad_twice.legacy.pt", MALFORMED, "occurs twice")
    legacy_file("bad_unknown.legacy.pt", {"w": whole}, [("1", floats), ("9", floats)])
    bad("bad_unknown.legacy.pt", MALFORMED, "nothing refers to")
    lazy = Rebuilt(Storage("1", 10), 0, (10,), (1,), False, hooks, {"neg": True})
    legacy_file("bad_lazy.legacy.pt", {"w": lazy}, [("1", floats)])
    bad("bad_lazy.legacy.pt", UNSUPPORTED, "negated")
    twice = Python2OrderedDict([("w", whole), ("w", whole)])
    legacy_file("bad_duplicate.legacy.pt", twice, [("1", floats)])
    bad("bad_duplicate.legacy.pt", MALFORMED, "'w' occurs twice")


def refused():
    good_part = {"w": torch.ones(2)}
    torch.save(dict(good_part, s=torch.eye(3).to_sparse()), DATA / "sparse.pt")
    bad("sparse.pt", UNSUPPORTED, "'s'", "sparse")
    quantized = torch.quantize_per_tensor(torch.ones(4), 0.1, 0, torch.qint8)
    torch.save(dict(good_part, q=quantized), DATA / "quantized.pt")
    bad("quantized.pt", UNSUPPORTED, "'q'", "quantized")
    torch.save(dict(good_part, c=torch.ones(2, dtype=torch.complex64)), DATA / "complex.pt")
    bad("complex.pt", UNSUPPORTED, "'c'", "ComplexFloatStorage")
    torch.save(torch.ones(3), DATA / "tensor.pt")
    bad("tensor.pt", MALFORMED, "single tensor")
    torch.save({"epoch": 3, "names": ["a", "b"]}, DATA / "no_tensors.pt")
    bad("no_tensors.pt", MALFORMED, "no tensors")
    # The command would create a file where the tests look for one.
    shell = models.Shell("touch heed_was_here")
    for suffix, new in (("", True), (".legacy", False)):
        torch.save(shell, DATA / f"os_system{suffix}.pt", _use_new_zipfile_serialization=new)
        bad(f"os_system{suffix}.pt", MALFORMED, "no tensors", ".system'")
        torch.save({"x": shell, "state_dict": state()}, DATA / f"os_system_beside{suffix}.pt",
                   _use_new_zipfile_serialization=new)
        good(f"os_system_beside{suffix}.pt", "pytorch-zip" if new else "pytorch-legacy", state(), "state_dict")
    (DATA / "os_system.pickle").write_bytes(pickle.dumps(shell))
    bad("os_system.pickle", MALFORMED, "no tensors", ".system'")


def safetensors_bytes(weights, metadata=None):
    names = {torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
             torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8",
             torch.bool: "BOOL"}
    header, data = {}, b""
    if metadata is not None:
        header["__metadata__"] = metadata
    for name, tensor in weights.items():
        raw = tensor.contiguous().view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor.contiguous()
        raw = raw.numpy().tobytes()
        header[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def safetensors():
    weights = state()
    weights["half"] = torch.tensor([1.5, -2.0]).to(torch.float16)
    weights["brain"] = torch.tensor([1.5, 3.0]).to(torch.bfloat16)
    weights["double"] = torch.tensor([1 / 3], dtype=torch.float64)
    weights["flags"] = torch.tensor([True, False])
    weights["bytes"] = torch.tensor([[1, 255]], dtype=torch.uint8)
    weights["empty"] = torch.zeros(0, 4)
    metadata = {"format": "pt", "naïve": "yes"}
    (DATA / "all.safetensors").write_bytes(safetensors_bytes(weights, metadata))
    good("all.safetensors", "safetensors", weights, config={"__metadata__": metadata})
    (DATA / "prefixed.safetensors").write_bytes(safetensors_bytes({"model." + k: v for k, v in state().items()}))
    good("prefixed.safetensors", "safetensors", state())

    settings = {"hidden_size": 3, "layers": [1, 2]}
    folder = DATA / "folder"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(safetensors_bytes(state(), {"format": "pt"}))
    (folder / "config.json").write_text(json.dumps(settings) + "\n")
    good("folder", "safetensors", state(), config=dict(settings, __metadata__={"format": "pt"}))
    good("folder/model.safetensors", "safetensors", state(), config=dict(settings, __metadata__={"format": "pt"}))

    folder = DATA / "sharded"
    folder.mkdir()
    items = list(state().items())
    shards = {"model-00001-of-00002.safetensors": dict(items[:2]), "model-00002-of-00002.safetensors": dict(items[2:])}
    for name, part in shards.items():
        (folder / name).write_bytes(safetensors_bytes(part))
    index = {"metadata": {}, "weight_map": {w: name for name, part in shards.items() for w in part}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=1) + "\n")
    good("sharded", "safetensors", state())

    folder = DATA / "pytorch_folder"
    folder.mkdir()
    torch.save(state(), folder / "pytorch_model.bin")
    (folder / "config.json").write_text(json.dumps(settings) + "\n")
    good("pytorch_folder", "pytorch-zip", state(), config=settings)

    if importlib.util.find_spec("safetensors"):
        from safetensors.torch import load_file
        theirs = load_file(DATA / "all.safetensors")
        assert set(theirs) == set(weights) and all(torch.equal(theirs[k], weights[k]) for k in weights)
        print("all.safetensors agrees with the safetensors package")


def pickles():
    """Plain objects in every protocol, for the pickle machine alone."""
    plain = {
        "integers": [0, 1, -1, 255, 256, 65535, 65536, 2**31 - 1, -(2**31), 2**31, 2**40, -(2**40), 2**63 - 1, -(2**63)],
        "reals": [0.0, 1.5, -1e300, 5e-324, 1e16], "none": None, "flags": [True, False],
        "texts": ["", "plain", "é ü 漢 😀", "quo'te \"double\" \\ back", "line\nfeed\ttab", "x" * 300],
        "nested": [[], {}, [[1, [2]], {"a": {"b": []}}], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4]],
        "long": list(range(2500)), "dict": {str(i): i for i in range(1500)},
    }
    extra = dict(plain, tuples=((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)), set={7}, frozen=frozenset([7]),
                 ordered=collections.OrderedDict(a=1, b=2), size=torch.Size([2, 3]), space=argparse.Namespace(a=1),
                 slots=models.Slots(), float64=numpy.float64(0.1), float32=numpy.float32(0.5), int64=numpy.int64(-3),
                 bool_=numpy.bool_(True), shared=[plain["nested"], plain["nested"]])
    extra["default"] = collections.defaultdict(list, a=[1])
    result = dict(plain, tuples=[[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4]], set=[7], frozen=[7], ordered={"a": 1, "b": 2},
                  size=[2, 3], space={"a": 1}, slots={"hidden": 50, "heads": 2}, float64=0.1, float32=0.5, int64=-3,
                  bool_=True, shared=[plain["nested"], plain["nested"]], default={"a": [1]})
    for protocol in range(6):
        if protocol < 2:  # torch.Size cannot be pickled so
            extra["size"] = (2, 3)
            extra["slots"] = result["slots"]
        else:
            extra["size"] = torch.Size([2, 3])
            extra["slots"] = models.Slots()
        (DATA / f"objects{protocol}.pickle").write_bytes(pickle.dumps(extra, protocol=protocol))
    (DATA / "objects.json").write_text(json.dumps(result) + "\n")


def main():
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir()
    for make in (state_dicts, wrapped, modules, prefixes, views, types, settings, other_archives, handmade_legacy,
                 refused, safetensors, pickles):
        make()
    rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(what)}" for name, what in sorted(expected.items()))
    (DATA / "expected.json").write_text("{\n" + rows + "\n}\n")
    print(len(expected), "fixtures")


if __name__ == "__main__":
    main()
