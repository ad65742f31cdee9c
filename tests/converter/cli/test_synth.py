"""heed synth: the checkpoint it writes, what it says, what it refuses."""

import json
import math
import os
import resource
import struct
import subprocess

from support import HEED, TMP, ToolTest, run, write

MASK = (1 << 64) - 1
SIZES = ("--items", 50, "--dim", 8, "--max-history", 6)
ATTENTION = (*SIZES, "--blocks", 2, "--heads", 2)


def split_mix(state):
    """SplitMix64's numbers."""
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def float32(number):
    return struct.unpack("<f", struct.pack("<f", number))[0]


def drawn(seed, index, count, deviation, mean=0.0):
    """The values of weight number `index`, as floats of 32 bits."""
    start = (next(split_mix(seed)) + next(split_mix(~index & MASK))) & MASK
    random = split_mix(start)
    step = deviation / 37837.2271
    values = []
    for _ in range(count):
        bits = next(random)
        quarters = sum((bits >> shift) & 0xFFFF for shift in (0, 16, 32, 48)) - 2 * 65535
        values.append(float32(mean + float32(quarters * step)))
    return values


def read(path):
    """Header and weights of a safetensors file."""
    contents = path.read_bytes()
    length = int.from_bytes(contents[:8], "little")
    header = json.loads(contents[8:8 + length])
    weights = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        weights[name] = struct.unpack(f"<{(end - begin) // 4}f", contents[begin:end])
    return header, weights


class SynthTest(ToolTest):
    def synth(self, family, *args, name="out.safetensors"):
        return self.json("synth", "--family", family, *args, "-o", TMP / name, "--json")

    def test_json(self):
        report = self.synth("sasrec", *ATTENTION)
        self.assertEqual(list(report), ["file", "family", "variant", "items", "dim", "blocks", "heads", "hidden", "max_history",
                                        "seed", "clusters", "weights", "parameters", "bytes", "seconds"])
        path = TMP / "out.safetensors"
        self.assertEqual(report["file"], str(path))
        self.assertEqual(report["bytes"], path.stat().st_size)
        self.assertEqual((report["family"], report["variant"], report["hidden"], report["seed"]), ("sasrec", "pytorch", 8, 42))
        header, weights = read(path)
        self.assertEqual(report["weights"], len(weights))
        self.assertEqual(report["parameters"], sum(len(values) for values in weights.values()))
        self.assertEqual(header["item_emb.weight"]["shape"], [51, 8])
        self.assertEqual(json.loads(header["__metadata__"]["config"])["num_heads"], 2)
        self.assertEqual(path.read_bytes()[0] % 8, 0)  # the header ends where floats are aligned
        without = self.synth("stamp", *SIZES)
        self.assertEqual((without["blocks"], without["heads"], without["hidden"]), (None, None, None))

    def test_text(self):
        out = self.ok("synth", "--family", "bert4rec", *ATTENTION, "-o", TMP / "out.safetensors")
        for part in ("bert4rec, variant jaywonchung, with random weights: ", " parameters in ", "Wrote ", " s\n"):
            self.assertIn(part, out)

    def test_values_as_a_second_program_draws_them(self):
        self.synth("stamp", *SIZES, "--seed", 7)
        _, weights = read(TMP / "out.safetensors")
        names = list(weights)
        for name, mean, deviation in (("item_embedding.weight", 0, 1 / math.sqrt(8)), ("w0.weight", 0, math.sqrt(2 / 9)),
                                      ("w3.weight", 0, math.sqrt(2 / 16)), ("b_a", 0, 0.02)):
            expected = drawn(7, names.index(name), len(weights[name]), deviation, mean)
            values = list(weights[name])
            if name == "item_embedding.weight":
                self.assertEqual(values[:8], [0.0] * 8)
                expected = [0.0] * 8 + expected[:-8]
            self.assertEqual(values, expected, name)
        self.synth("sasrec", *ATTENTION, "--seed", 2 ** 64 - 1)
        _, weights = read(TMP / "out.safetensors")
        name = "last_layernorm.weight"
        self.assertEqual(list(weights[name]), drawn(2 ** 64 - 1, list(weights).index(name), 8, 0.02, 1.0))

    def test_rows_of_clusters(self):
        report = self.synth("stamp", *SIZES, "--clusters", 3)
        self.assertEqual(report["clusters"], 3)
        header, weights = read(TMP / "out.safetensors")
        self.assertEqual(header["item_embedding.weight"]["shape"], [51, 8])
        values = weights["item_embedding.weight"]
        self.assertEqual(values[:8], (0.0,) * 8)
        number = list(weights).index("item_embedding.weight")
        bells = drawn(42, number, 3 * 8 + 50 * 8, 1 / math.sqrt(8))
        centres, noise = bells[:24], bells[24:]
        seen = set()
        for row in range(50):
            own, at = values[8 + 8 * row:16 + 8 * row], noise[8 * row:8 * row + 8]
            fits = [c for c in range(3) if all(float32(centres[8 * c + i] + at[i] / 2) == own[i] for i in range(8))]
            self.assertEqual(len(fits), 1, row)
            seen.update(fits)
        self.assertEqual(seen, {0, 1, 2})
        self.synth("stamp", *SIZES)
        _, apart = read(TMP / "out.safetensors")
        self.assertEqual({name: apart[name] == weights[name] for name in weights},
                         {name: name != "item_embedding.weight" for name in weights})

    def test_convert_needs_no_flags(self):
        for family, variant, args in (("sasrec", "post-norm", ATTENTION), ("sasrec", "original", ATTENTION),
                                      ("bert4rec", "jaywonchung-from-1", ATTENTION), ("bert4rec", "recbole-1.0", ATTENTION),
                                      ("gsasrec", "pytorch", ATTENTION), ("gru4rec", "recbole", (*SIZES, "--blocks", 2)),
                                      ("stamp", "recbole", SIZES)):
            self.synth(family, "--variant", variant, *args)
            for precision in ("fp32", "int8"):
                report = self.json("convert", TMP / "out.safetensors", "-o", TMP / "out.heed", "--quantize", precision, "--json")
                self.assertEqual((report["family"], report["variant"]), (family, variant))
                self.assertEqual((report["items"], report["dim"], report["max_history"]), (50, 8, 6))
                self.assertFalse([note for note in report["notes"] if note.startswith("assumed: ")])
            answer = self.json("recommend", TMP / "out.heed", "--history", "1,2,3", "--json", "--k", 10)
            self.assertEqual(len(set(answer["scores"])), 10)

    def test_the_variant_is_noted(self):
        self.synth("sasrec", "--variant", "pre-norm", *ATTENTION)
        report = self.json("convert", TMP / "out.safetensors", "-o", TMP / "out.heed", "--json")
        self.assertIn("variant pre-norm: from the checkpoint's config", report["notes"])
        report = self.json("convert", TMP / "out.safetensors", "-o", TMP / "out.heed", "--variant", "post-norm", "--json")
        self.assertIn("variant post-norm: as asked", report["notes"])

    def test_seeds(self):
        self.synth("narm", *SIZES, "--blocks", 1, name="a.safetensors")
        self.synth("narm", *SIZES, "--blocks", 1, "--seed", 42, name="b.safetensors")
        self.synth("narm", *SIZES, "--blocks", 1, "--seed", 0, name="c.safetensors")
        a, b, c = ((TMP / f"{name}.safetensors").read_bytes() for name in "abc")
        self.assertEqual(a, b)
        self.assertNotEqual(a, c)

    def test_memory_does_not_grow_with_the_table(self):
        path = TMP / "large.safetensors"
        started = subprocess.Popen([HEED, "synth", "--family", "stamp", "--items", "2000000", "--dim", "50",
                                    "--max-history", "5", "-o", path], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(started.pid, 0)
        started.returncode = status
        self.assertEqual(status, 0)
        self.assertGreater(path.stat().st_size, 400_000_000)
        self.assertLess(usage.ru_maxrss * 1024, 200_000_000)  # what sanitizers take included
        path.unlink()


class RefusalTest(ToolTest):
    def tearDown(self):
        self.assertEqual([p.name for p in TMP.iterdir() if "refused" in p.name], [], "a refused checkpoint left a file")

    def refused(self, code, name, number, *args):
        return self.fails(code, name, number, "synth", *args, "-o", TMP / "refused.safetensors")

    def test_command_line(self):
        self.assertIn("--family is required", self.refused(2, "usage", 106, *ATTENTION))
        self.assertIn("-o is required", self.usage("synth", "--family", "sasrec", *ATTENTION))
        self.assertIn("-o names no file", self.usage("synth", "--family", "sasrec", *ATTENTION, "-o", ""))
        for flag in ("--items", "--dim", "--max-history"):
            args = list(ATTENTION)
            del args[args.index(flag):args.index(flag) + 2]
            self.assertIn(f"{flag} is required", self.refused(2, "usage", 106, "--family", "sasrec", *args))
        for flag in ("--items", "--dim", "--max-history", "--blocks", "--heads", "--hidden"):
            args = list(ATTENTION)
            if flag in args:
                del args[args.index(flag):args.index(flag) + 2]
            for bad in ("0", "-1", "x", "4294967296"):
                self.assertIn(flag, self.refused(2, "usage", 106, "--family", "sasrec", *args, f"{flag}={bad}"))
        self.assertIn("--seed", self.refused(2, "usage", 106, "--family", "sasrec", *ATTENTION, "--seed", "x"))

    def test_family_and_variant(self):
        self.assertIn("did you mean sasrec?", self.refused(3, "family_unknown", 306, "--family", "sasrek", *ATTENTION))
        self.assertIn("post-norm", self.refused(2, "usage", 106, "--family", "sasrec", "--variant", "post-nrm", *ATTENTION))

    def test_sizes_without_use_and_sizes_that_lack(self):
        self.assertIn("gru4rec has no use for --heads",
                      self.refused(2, "usage", 106, "--family", "gru4rec", *ATTENTION))
        self.assertIn("stamp has no use for --hidden",
                      self.refused(2, "usage", 106, "--family", "stamp", *SIZES, "--hidden", 9))
        self.assertIn("--heads N", self.refused(2, "option_required", 104, "--family", "gsasrec", *SIZES, "--blocks", 2))
        self.assertIn("--blocks N", self.refused(2, "option_required", 104, "--family", "narm", *SIZES))

    def test_impossible_sizes(self):
        self.assertIn("3 heads do not divide 8 elements",
                      self.refused(4, "invalid_argument", 100, "--family", "sasrec", *SIZES, "--blocks", 2, "--heads", 3))
        for flag, value in (("--items", 2 ** 32 - 1), ("--dim", 2 ** 20 + 1), ("--max-history", 16384), ("--blocks", 257)):
            args = list(ATTENTION)
            args[args.index(flag) + 1] = value
            self.assertIn(flag, self.refused(4, "invalid_argument", 100, "--family", "sasrec", *args))

    def test_file_that_outgrows_its_limit(self):
        before = write("limited.safetensors", "something else")
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
        try:
            message = self.fails(5, "no_space", 402, "synth", "--family", "stamp", *SIZES, "-o", before)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        self.assertIn("is unchanged", message)
        self.assertEqual(before.read_text(), "something else")
        self.assertEqual([path.name for path in TMP.glob("limited.safetensors*")], ["limited.safetensors"])

    def test_settings_that_are_no_json(self):
        for config in ("{", "[]", "heads: 2"):
            header = json.dumps({"__metadata__": {"config": config},
                                 "w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
            path = write("settings.safetensors", len(header).to_bytes(8, "little") + header + bytes(4))
            done = run("convert", path, "-o", TMP / "refused.heed")
            self.assertEqual((done.code, done.out), (3, ""))
            self.assertIn("error checkpoint_malformed (300)", done.err)
            self.assertIn("'config' of its header is no JSON object", done.err)
