"""heed convert: what it says, what it writes, what it refuses."""

import os
import re
import resource

from support import CHECKPOINT, DIM, ITEMS, MAX_HISTORY, TMP, ToolTest, golden, golden_source, model, run, write


class ConvertTest(ToolTest):
    def convert(self, *args, name="out.heed"):
        return self.json("convert", CHECKPOINT, "-o", TMP / name, "--json", *args)

    def test_json(self):
        report = self.convert("--quantize", "int8")
        self.assertEqual(list(report), ["source", "model", "family", "variant", "precision", "notes", "items", "first_item",
                                        "dim", "blocks", "heads", "max_history", "slots", "padding", "source_format",
                                        "source_sha256", "source_bytes", "weight_bytes", "file_bytes", "used", "ignored",
                                        "tensors", "planes", "fidelity", "seconds"])
        self.assertEqual((report["family"], report["precision"], report["items"], report["first_item"]),
                         ("sasrec", "int8", ITEMS, 1))
        self.assertEqual((report["dim"], report["blocks"], report["heads"], report["max_history"]), (DIM, 2, 2, MAX_HISTORY))
        self.assertTrue(report["notes"])
        self.assertEqual(report["file_bytes"], (TMP / "out.heed").stat().st_size)
        self.assertEqual(report["source_bytes"], CHECKPOINT.stat().st_size)
        self.assertLess(report["file_bytes"], 0.4 * report["weight_bytes"])
        self.assertTrue(report["used"])
        for use in report["ignored"]:
            self.assertTrue(use["reason"])
        self.assertTrue(any(t["precision"] == "int8" and 0 < t["mean_error"] <= t["max_error"] for t in report["tensors"]))
        self.assertFalse(any("max_error" in t for t in report["tensors"] if t["precision"] != "int8"))
        self.assertGreater(report["fidelity"]["top10_overlap"], 0.8)

    def test_the_recorded_options_make_the_same_file(self):
        for precision in ("fp32", "int8"):
            made = model(precision)
            options = self.json("info", made, "--json")["provenance"]["options"].split()
            self.convert(*options, name="again.heed")
            self.assertEqual((TMP / "again.heed").read_bytes(), made.read_bytes(), options)

    def test_planes(self):
        report = self.convert("--quantize", "int8", "--planes", "on")
        self.assertEqual(report["planes"], {"used": True, "plain_us": None, "planes_us": None})
        self.assertIn("item rows in two planes, as asked", report["notes"])
        tensors = self.json("info", TMP / "out.heed", "--json", "--verify")["tensors"]
        self.assertEqual([t["layout"] for t in tensors if t["name"] == "item_emb.weight"], ["planes"])
        for history in ("3,1,2", "", "17"):
            plain, planes = (self.json("recommend", path, "--history", history, "--json", "--k", 100)
                             for path in (model("int8"), TMP / "out.heed"))
            self.assertEqual(plain, planes)
        options = self.json("info", TMP / "out.heed", "--json")["provenance"]["options"].split()
        self.convert(*options, name="again.heed")
        self.assertEqual((TMP / "again.heed").read_bytes(), (TMP / "out.heed").read_bytes())
        self.assertEqual(self.convert("--quantize", "int8")["planes"]["used"], False)
        self.fails(2, "usage", 106, "convert", CHECKPOINT, "-o", TMP / "no.heed", "--planes", "on")
        self.assertFalse((TMP / "no.heed").exists())

    def test_large_tables_are_timed(self):
        source = TMP / "large.safetensors"
        self.ok("synth", "--family", "stamp", "--items", 33000, "--dim", 8, "--max-history", 5, "-o", source)
        report = self.json("convert", source, "-o", TMP / "large.heed", "--quantize", "int8", "--json")
        planes = report["planes"]
        self.assertGreater(planes["plain_us"], 0)
        self.assertEqual(planes["used"], planes["planes_us"] * 1.15 < planes["plain_us"])
        self.assertIn("time", report["seconds"])
        options = self.json("info", TMP / "large.heed", "--json")["provenance"]["options"]
        self.assertIn("--planes " + ("on" if planes["used"] else "off"), options)
        self.assertEqual([path.name for path in TMP.iterdir() if path.name.startswith("large.heed.")], [])

    def test_fidelity_of_fp32(self):
        fidelity = self.convert()["fidelity"]
        self.assertLess(fidelity["max_score_error"], 5e-6)
        self.assertEqual(fidelity["top10_overlap"], 1.0)

    def test_text(self):
        out = self.ok("convert", CHECKPOINT, "-o", TMP / "out.heed", "--quantize", "int8")
        for part in ("source", "recognised", "sasrec", "3,659 items, ids 1 to 3659", "Recognised and inferred", "Weights: ",
                     " used ", " ignored", "quantized to int8", "Fidelity", "Wrote ", "of weights in the checkpoint"):
            self.assertIn(part, out)
        self.assertNotIn("quantized to int8", self.ok("convert", CHECKPOINT, "-o", TMP / "out.heed"))

    def test_encoder_is_what_the_family_has(self):
        def encoder(name, blocks, heads):
            source, flags = golden_source(name), [word for key, value in golden(name)["options"].items() for word in (f"--{key}", value)]
            report = self.json("convert", source, "-o", TMP / "out.heed", "--json", *flags)
            self.assertEqual((report["blocks"], report["heads"]), (blocks, heads))
            self.assertEqual("--heads" in self.json("info", TMP / "out.heed", "--json")["provenance"]["options"], heads is not None)
            found = re.search("^encoder +(.*)$", self.ok("convert", source, "-o", TMP / "out.heed", *flags), re.MULTILINE)
            return found.group(1).replace(f"{report['dim']} elements", "D")
        self.assertEqual(encoder("lightsans/recbole_lightsans", 2, 2), "2 blocks, 2 heads, D")
        self.assertEqual(encoder("gru4rec/recbole_gru4rec", 2, None), "2 blocks, D")
        self.assertEqual(encoder("gru4rec/attention", 1, None), "1 block, D")
        for name in ("stamp/recbole_stamp", "srgnn/recbole_srgnn", "mind/deepmatch_mind", "caser/recbole_caser"):
            self.assertEqual(encoder(name, None, None), "D")

    def test_same_file_again(self):
        self.convert(name="again.heed")
        self.assertEqual((TMP / "again.heed").read_bytes(), model().read_bytes())

    def test_family_variant_and_heads_may_be_given(self):
        report = self.convert()
        again = self.convert("--family", report["family"], "--variant", report["variant"], "--heads", report["heads"],
                             "--max-history", report["max_history"], name="given.heed")
        self.assertEqual(again["family"], report["family"])
        self.assertEqual(self.answer(TMP / "given.heed"), self.answer(model()))

    def test_max_history(self):
        self.assertEqual(self.convert("--max-history", "7", name="seven.heed")["max_history"], 7)
        history = ",".join(map(str, range(1, 20)))
        last = ",".join(map(str, range(13, 20)))
        self.assertEqual(self.answer(TMP / "seven.heed", history), self.answer(TMP / "seven.heed", last))

    def test_activation(self):
        self.convert("--activation", "relu", name="relu.heed")
        self.assertNotEqual(self.answer(TMP / "relu.heed"), self.answer(model()))

    def answer(self, path, history="335,826"):
        return self.json("encode", path, "--history", history, "--json")["vector"]


class RefusalTest(ToolTest):
    def tearDown(self):
        self.assertEqual([p.name for p in TMP.iterdir() if "refused" in p.name], [], "a refused conversion left a file")

    def refused(self, code, name, number, source, *args):
        return self.fails(code, name, number, "convert", source, "-o", TMP / "refused.heed", *args)

    def test_command_line(self):
        self.assertIn("SOURCE is required", self.usage("convert", "-o", "x"))
        self.assertIn("-o is required", self.usage("convert", CHECKPOINT))
        for flag, bad in (("--quantize", "int7"), ("--positions", "up"), ("--heads", "0"), ("--heads", "two"),
                          ("--max-history", "0")):
            self.assertIn(flag, self.refused(2, "usage", 106, CHECKPOINT, flag, bad))
        self.refused(2, "usage", 106, CHECKPOINT, "--variant", "baroque")
        self.refused(2, "usage", 106, CHECKPOINT, "--activation", "wobble")

    def test_family(self):
        self.assertIn("sasrec", self.refused(3, "family_unknown", 306, CHECKPOINT, "--family", "sasrek"))

    def test_heads_that_do_not_divide(self):
        self.refused(4, "invalid_argument", 100, CHECKPOINT, "--heads", "7")

    def test_history_beyond_the_places(self):
        self.refused(4, "invalid_argument", 100, CHECKPOINT, "--max-history", MAX_HISTORY + 1)

    def test_sources(self):
        self.assertIn("nowhere.pt", self.refused(5, "file_not_found", 401, TMP / "nowhere.pt"))
        self.assertIn("text.pt", self.refused(3, "checkpoint_malformed", 300, write("text.pt", "no checkpoint\n" * 9)))
        contents = CHECKPOINT.read_bytes()
        self.refused(3, "checkpoint_malformed", 300, write("half.pt", contents[:len(contents) // 2]))
        self.refused(3, "checkpoint_malformed", 300, write("empty.pt", b""))

    def test_model_over_its_own_checkpoint(self):
        copy = write("copy.pt", CHECKPOINT.read_bytes())
        os.symlink(copy, TMP / "link.pt")
        for target in (copy, TMP / "link.pt"):
            self.assertIn("its own checkpoint", self.usage("convert", copy, "-o", target))
        self.assertEqual(copy.read_bytes(), CHECKPOINT.read_bytes())

    def test_missing_weights_are_listed_line_by_line(self):
        # A checkpoint of another kind: 4 numbers called w.
        header = b'{"item_emb.weigth":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}'
        path = write("slip.safetensors", len(header).to_bytes(8, "little") + header + bytes(16))
        done = run("convert", path, "-o", TMP / "refused.heed", "--family", "sasrec")
        self.assertEqual((done.code, done.out), (3, ""))
        lines = done.err.splitlines()
        self.assertIn("(302)", lines[0])
        self.assertIn("  item_emb.weight (the checkpoint has 'item_emb.weigth')", lines)

    def test_output_needs_a_name(self):
        self.assertIn("-o names no file", self.usage("convert", CHECKPOINT, "-o", ""))

    def test_folder_that_is_not_there(self):
        self.fails(5, "io_error", 400, "convert", CHECKPOINT, "-o", TMP / "nowhere" / "m.heed")

    def test_file_that_outgrows_its_limit(self):
        before = write("limited.heed", "something else")
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
        try:
            message = self.fails(5, "no_space", 402, "convert", CHECKPOINT, "-o", before)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        self.assertIn("is unchanged", message)
        self.assertEqual(before.read_text(), "something else")
        self.assertEqual([path.name for path in TMP.glob("limited.heed*")], ["limited.heed"])

    def test_failure_keeps_what_was_there(self):
        before = write("kept.heed", "something else")
        self.refused(2, "usage", 106, CHECKPOINT, "--variant", "baroque")
        self.fails(2, "usage", 106, "convert", CHECKPOINT, "-o", before, "--variant", "baroque")
        self.assertEqual(before.read_text(), "something else")
