"""heed convert --set: what weights do not tell, by the names that training scripts give it."""

from support import CHECKPOINT, TMP, ToolTest, golden_source, model


class SettingsTest(ToolTest):
    def convert(self, *args, source=CHECKPOINT):
        return self.json("convert", source, "-o", TMP / "set.heed", "--json", *args)

    def test_they_come_before_the_checkpoints(self):
        report = self.convert("--set", "num_heads=4")
        self.assertEqual(report["heads"], 4)
        self.assertIn("before the checkpoint's config, as asked: num_heads=4", report["notes"])
        given = self.convert("--heads", "4")
        self.assertEqual(given["heads"], 4)

    def test_all_kinds_of_values(self):
        report = self.convert("--set", "num_heads=1", "--set", "activation=gelu", "--set=layer_norm_eps=1e-5", "--set", "norm_first=true")
        self.assertIn("before the checkpoint's config, as asked: num_heads=1, activation=gelu, layer_norm_eps=1e-5, norm_first=true",
                      report["notes"])
        self.assertTrue(any("gelu" in note and "activation" in note for note in report["notes"]))

    def test_recorded_options_make_the_same_file(self):
        self.convert("--set", "num_heads=4", "--set", "layer_norm_eps=1e-05", "--output", "embedding")
        first = (TMP / "set.heed").read_bytes()
        options = self.json("info", TMP / "set.heed", "--json")["provenance"]["options"]
        self.assertIn(" --set num_heads=4 --set layer_norm_eps=1e-05", options)
        self.convert(*options.split())
        self.assertEqual((TMP / "set.heed").read_bytes(), first)
        self.assertNotIn("--set", self.json("info", model(), "--json")["provenance"]["options"])

    def test_what_recbole_nests(self):
        source = golden_source("bert4rec/recbole_bert4rec")
        heads = self.convert(source=source)["heads"]
        other = 1 if heads != 1 else 2
        self.assertEqual(self.convert("--set", f"n_heads={other}", source=source)["heads"], other)

    def refused(self, *args):
        message = self.usage("convert", CHECKPOINT, "-o", TMP / "refused.heed", *args)
        self.assertFalse((TMP / "refused.heed").exists())
        return message

    def test_refusals(self):
        self.assertIn("a setting is KEY=VALUE, not 'num_heads'", self.refused("--set", "num_heads"))
        self.assertIn("a setting is KEY=VALUE, not '=4'", self.refused("--set", "=4"))
        self.assertIn("'a' is set twice", self.refused("--set", "a=1", "--set", "a=2"))
        self.assertIn("does not fit", self.refused("--set", "a=1e999"))
        self.assertIn("no setting 'num_haeds' (did you mean 'num_heads'?); it asks for ", self.refused("--set", "num_haeds=4"))
        self.assertIn("'num_heads=two' has no effect: the model takes a whole number there", self.refused("--set", "num_heads=two"))
        self.fails(4, "invalid_argument", 100, "convert", CHECKPOINT, "-o", TMP / "refused.heed", "--set", "num_heads=7")
