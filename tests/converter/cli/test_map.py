"""heed convert --map: weights under other names give the scores they gave under their own."""

import collections
import io
import json
import pickle
import re
import zipfile
from pathlib import Path

from support import TMP, ToolTest, run, write

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "sasrec"


class _Torch(pickle.Unpickler):
    """The objects of a PyTorch checkpoint with float tensors: (storage's key, shape) for each."""

    def find_class(self, module, name):
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *_: (storage, shape)
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch", "FloatStorage"):
            return name
        raise ValueError(f"{module}.{name} in a golden")

    def persistent_load(self, saved):
        return saved[2]


def read_golden(name):
    """{weight: (shape, bytes)} of a golden whose tensors are whole storages."""
    with zipfile.ZipFile(GOLDEN / f"{name}.pt") as archive:
        pickled = next(entry for entry in archive.namelist() if entry.endswith("data.pkl"))
        folder = pickled[:-len("data.pkl")]
        state = _Torch(io.BytesIO(archive.read(pickled))).load()
        return {weight: (shape, archive.read(f"{folder}data/{storage}")) for weight, (storage, shape) in state.items()}


def write_safetensors(name, weights):
    header, data = {}, b""
    for weight, (shape, contents) in weights.items():
        header[weight] = {"dtype": "F32", "shape": list(shape), "data_offsets": [len(data), len(data) + len(contents)]}
        data += contents
    text = json.dumps(header).encode()
    return write(name, len(text).to_bytes(8, "little") + text + data)


def house_name(name):
    """How another project might call pmixer's weights."""
    name = re.sub(r"^attention_layers\.(\d+)\.out_proj\.(.*)$", r"encoder/h\1/attn/out/\2", name)
    name = re.sub(r"^attention_layers\.(\d+)\.in_proj_(.*)$", r"encoder/h\1/attn/qkv/\2", name)
    name = re.sub(r"^attention_layernorms\.(\d+)\.(.*)$", r"encoder/h\1/ln1/\2", name)
    name = re.sub(r"^forward_layernorms\.(\d+)\.(.*)$", r"encoder/h\1/ln2/\2", name)
    name = re.sub(r"^forward_layers\.(\d+)\.conv(\d)\.(.*)$", r"encoder/h\1/mlp\2/\3", name)
    return {"item_emb.weight": "items", "pos_emb.weight": "places"}.get(name, name)


MAP = {"items": "item_emb.weight",
       "places": "pos_emb.weight",
       "encoder/h#/attn/out/*": "attention_layers.#.out_proj.*",
       "encoder/h#/attn/qkv/*": "attention_layers.#.in_proj_*",
       "encoder/h#/ln1/*": "attention_layernorms.#.*",
       "encoder/h#/ln2/*": "forward_layernorms.#.*",
       "encoder/h#/mlp#/*": "forward_layers.#.conv#.*"}


class MapTest(ToolTest):
    def setUp(self):
        self.weights = read_golden("pytorch")
        self.source = write_safetensors("house.safetensors", {house_name(n): w for n, w in self.weights.items()})
        self.map = write("house_map.json", json.dumps(MAP, indent=1))

    def scores(self, model):
        golden = json.loads((GOLDEN / "pytorch.json").read_text())
        candidates = ",".join(map(str, range(1, golden["items"] + 1)))
        lines = [self.json("score", model, f"--history={','.join(map(str, case['history']))}", "--candidates", candidates,
                           "--json")["scores"] for case in golden["cases"]]
        return lines, [case["scores"] for case in golden["cases"]]

    def test_the_same_scores(self):
        self.assertGreater(len({house_name(name) for name in self.weights} - set(self.weights)), 10)
        report = self.json("convert", self.source, "-o", TMP / "mapped.heed", "--map", self.map, "--json")
        self.ok("convert", GOLDEN / "pytorch.pt", "-o", TMP / "own.heed")
        mapped, expected = self.scores(TMP / "mapped.heed")
        self.assertEqual(mapped, self.scores(TMP / "own.heed")[0])
        for got, wanted in zip(mapped, expected):
            for a, b in zip(got, wanted):
                self.assertAlmostEqual(a, b, delta=1e-5)
        renamed = sum(house_name(name) != name for name in self.weights)
        self.assertIn(f"{renamed} of {len(self.weights)} weights renamed by {self.map}", report["notes"])
        self.assertEqual({use["name"] for use in report["used"]}, set(self.weights))

    def test_summary_and_provenance(self):
        self.assertIn("weights renamed by ", self.ok("convert", self.source, "-o", TMP / "mapped.heed", "--map", self.map))
        options = self.json("info", TMP / "mapped.heed", "--json")["provenance"]["options"]
        self.assertTrue(options.endswith(" --map house_map.json"), options)
        self.assertNotIn("--map", self.json("info", self.own(), "--json")["provenance"]["options"])

    def own(self):
        self.ok("convert", GOLDEN / "pytorch.pt", "-o", TMP / "own.heed")
        return TMP / "own.heed"

    def refused(self, code, name, number, contents, *args):
        path = write("slip_map.json", contents if isinstance(contents, str) else json.dumps(contents))
        message = self.fails(code, name, number, "convert", self.source, "-o", TMP / "refused.heed", "--map", path, *args)
        self.assertFalse((TMP / "refused.heed").exists())
        return message

    def test_refusals(self):
        def refuse(contents):
            return self.refused(4, "data_mismatch", 105, contents)

        self.assertIn("slip_map.json: is no JSON object", refuse("items: item_emb.weight"))
        self.assertIn("is no JSON object", refuse("[]"))
        self.assertIn("is no text", refuse({"items": 7}))
        self.assertIn("occurs twice", refuse('{"items": "a", "items": "b"}'))
        self.assertIn("they must be as many", refuse({"encoder/h#/ln1/*": "ln.*"}))
        self.assertIn("no weight of the checkpoint matches 'itmes'; the nearest is 'items'", refuse({**MAP, "itmes": "a"}))
        self.assertIn("the weights 'items' and 'places' would both be called 'x'", refuse({"items": "x", "places": "x"}))
        self.assertIn("there is a weight of that name already", refuse({"items": "last_layernorm.bias"}))

    def test_files(self):
        self.fails(5, "file_not_found", 401, "convert", self.source, "-o", TMP / "refused.heed", "--map", TMP / "nowhere.json")
        self.assertIn("a file of its own checkpoint", self.usage("convert", self.source, "-o", self.map, "--map", self.map))
        self.assertEqual(json.loads(self.map.read_text()), MAP)

    def test_without_the_map_nothing_is_recognised(self):
        done = run("convert", self.source, "-o", TMP / "refused.heed")
        self.assertEqual(done.code, 3)
        self.assertIn("no family recognises the weights", done.err)
