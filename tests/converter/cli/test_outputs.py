"""heed convert --output and --popularity, and what the tool makes of such models."""

import math

from support import CHECKPOINT, DIM, INTERACTIONS, ITEMS, TMP, UNKNOWN, ToolTest, model, write

NORM = "block0.attention_norm"


class OutputTest(ToolTest):
    def made(self):
        path = TMP / "outputs.heed"
        if not path.exists():
            self.ok("convert", CHECKPOINT, "-o", path, "--output", "embedding", "--output", NORM, "--output", NORM)
        return path

    def output(self, name, history, *args):
        return self.json("encode", self.made(), "--history", history, "--output", name, "--json", *args)

    def test_info(self):
        info = self.json("info", self.made(), "--json")
        self.assertEqual(info["outputs"], [{"name": "user_vector", "rows": 1, "cols": DIM}, {"name": "embedding", "rows": None, "cols": DIM},
                                           {"name": NORM, "rows": None, "cols": DIM}])
        self.assertIn(f"--output embedding --output {NORM}", info["provenance"]["options"])
        self.assertRegex(self.ok("info", self.made()), f"\noutput +embedding: for each event a row of {DIM} elements\n")
        self.assertEqual([o["name"] for o in self.json("info", model(), "--json")["outputs"]], ["user_vector"])

    def test_rows_for_each_event(self):
        answer = self.output("embedding", "335,826,546")
        self.assertEqual(list(answer), ["output", "rows", "cols", "values"])
        self.assertEqual((answer["output"], answer["rows"], answer["cols"]), ("embedding", 3, DIM))
        self.assertEqual([len(row) for row in answer["values"]], [DIM] * 3)
        self.assertEqual(self.output("embedding", ",".join(["335"] * 60))["rows"], 50)
        self.assertEqual(self.output("embedding", ""), {"output": "embedding", "rows": 0, "cols": DIM, "values": []})

    def test_the_user_vector_by_its_name(self):
        vector = self.json("encode", self.made(), "--history", "335,826", "--json")["vector"]
        self.assertEqual(self.output("user_vector", "335,826"), {"output": "user_vector", "rows": 1, "cols": DIM, "values": [vector]})
        self.assertEqual(vector, self.json("encode", model(), "--history", "335,826", "--json")["vector"])

    def test_text(self):
        lines = self.ok("encode", self.made(), "--history", "335,826", "--output", NORM).splitlines()
        self.assertEqual([[float(x) for x in line.split(" ")] for line in lines], self.output(NORM, "335,826")["values"])
        self.assertEqual(self.ok("encode", self.made(), "--history", "", "--output", NORM), "")

    def test_stream(self):
        histories = [[335, 826], [], [1] * 70, [335]]
        answers = self.stream("encode", [{"history": h} for h in histories], "--output", NORM, of=self.made())
        self.assertEqual([a["rows"] for a in answers], [2, 0, 50, 1])
        self.assertEqual(answers[0], self.output(NORM, "335,826"))

    def test_refusals(self):
        message = self.fails(4, "unknown_feature", 108, "encode", self.made(), "--history", "1", "--output", "embeding")
        self.assertIn("did you mean 'embedding'?", message)
        message = self.fails(4, "unknown_feature", 108, "encode", model(), "--history", "1", "--output", NORM)
        self.assertTrue(message.endswith(f"; it has user_vector (to have it, convert again with --output {NORM})"), message)
        self.ok("encode", self.made(), "--history", "1", "--output", NORM)  # which was
        message = self.fails(4, "unknown_feature", 108, "convert", CHECKPOINT, "-o", TMP / "refused.heed", "--output", "block0.atention")
        self.assertIn("(did you mean 'block0.attention'?); it has embedding, ", message)
        self.assertFalse((TMP / "refused.heed").exists())


class PopularityTest(ToolTest):
    def convert(self, data, *args):
        return self.json("convert", CHECKPOINT, "-o", TMP / "popular.heed", "--popularity", data, "--json", *args)

    def new_user(self, k):
        return self.json("recommend", TMP / "popular.heed", "--history", "", "--k", k, "--json")

    def test_scores_of_new_users(self):
        data = write("popular.txt", "1 335 826 335\n2 335 546\n3 335 826\n")
        report = self.convert(data)
        self.assertIn(f"popularity for new users: 7 interactions with 3 of {ITEMS} items counted in {data}", report["notes"])
        answer = self.new_user(4)
        self.assertEqual(answer["items"], [335, 826, 546, 1])
        for score, count in zip(answer["scores"], (4, 2, 1, 0)):
            self.assertAlmostEqual(score, math.log((count + 1) / (7 + ITEMS)), places=5)
        # An item that nobody knows is as popular as the average one, not more than all.
        candidates = ["--candidates", f"335,546,{UNKNOWN}", "--unknown", "unk", "--json"]
        first, second, unknown = self.json("score", TMP / "popular.heed", "--history", "", *candidates)["scores"]
        self.assertTrue(first > second > unknown, (first, second, unknown))
        history = ["--history", "335,826", "--json"]
        self.assertEqual(self.json("recommend", TMP / "popular.heed", *history), self.json("recommend", model(), *history))

    def test_forms_of_files(self):
        table = write("popular.inter", "user_id:token\titem_id:token\ttimestamp:float\n1\t826\t3\n2\t826\t1\n1\t7\t2\n")
        self.convert(table, "--quantize", "int8")
        self.assertEqual(self.new_user(2)["items"], [826, 7])
        self.assertIn("interactions with", self.ok("convert", CHECKPOINT, "-o", TMP / "popular.heed", "--popularity", INTERACTIONS))

    def test_other_items_are_left_out(self):
        report = self.convert(write("mixed.txt", f"1 335 {UNKNOWN} {UNKNOWN}\n"))
        self.assertTrue(any(note.endswith(", 2 with other items left out") for note in report["notes"]), report["notes"])

    def test_info(self):
        data = write("popular.txt", "1 335 826\n")
        self.convert(data)
        info = self.json("info", TMP / "popular.heed", "--json")
        self.assertIs(info["prior"], True)
        self.assertIn("popularity", info["promises"]["empty_history"])
        self.assertTrue(info["provenance"]["options"].endswith(" --popularity popular.txt"), info["provenance"]["options"])
        self.assertIn("scored by the items' popularity", self.ok("info", TMP / "popular.heed"))

    def test_refusals(self):
        def refused(code, name, number, data):
            message = self.fails(code, name, number, "convert", CHECKPOINT, "-o", TMP / "refused.heed", "--popularity", data)
            self.assertFalse((TMP / "refused.heed").exists())
            return message
        self.assertIn("none of the model's items, 1 to 3659", refused(4, "data_mismatch", 105, write("none.txt", f"1 {UNKNOWN}\n")))
        self.assertIn("line 1, column 3", refused(4, "data_mismatch", 105, write("bad.txt", "1 x\n")))
        refused(5, "file_not_found", 401, TMP / "nowhere.txt")
        data = write("kept.txt", "1 335\n")
        self.usage("convert", CHECKPOINT, "-o", data, "--popularity", data)
        self.assertEqual(data.read_text(), "1 335\n")
