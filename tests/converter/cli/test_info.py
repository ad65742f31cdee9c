"""heed info, and model files that are not what they should be."""

from support import CHECKPOINT, DIM, ITEMS, MAX_HISTORY, TMP, ToolTest, model, write


class InfoTest(ToolTest):
    def test_json(self):
        info = self.json("info", model(), "--json")
        self.assertEqual(list(info), ["schema_version", "family", "variant", "precision", "file_bytes", "max_history",
                                      "dim", "interests", "items", "first_item", "last_item", "score_kind", "inputs",
                                      "outputs", "prior", "graph", "tensors", "promises", "provenance", "fidelity"])
        self.assertEqual((info["schema_version"], info["family"], info["precision"]), (1, "sasrec", "fp32"))
        self.assertEqual((info["max_history"], info["dim"], info["items"]), (MAX_HISTORY, DIM, ITEMS))
        self.assertEqual((info["first_item"], info["last_item"], info["score_kind"]), (1, ITEMS, "dot"))
        self.assertEqual(info["file_bytes"], model().stat().st_size)
        self.assertEqual([i["kind"] for i in info["inputs"]], ["item_history"])
        self.assertEqual(info["inputs"][0]["vocabulary"], ITEMS)

    def test_graph_and_tensors(self):
        info = self.json("info", model(), "--json")
        for node in info["graph"]:
            self.assertEqual(list(node), ["name", "op", "version", "inputs", "output", "attributes"])
            self.assertGreaterEqual(node["version"], 1)
        self.assertIn("attention", [node["op"] for node in info["graph"]])
        for tensor in info["tensors"]:
            self.assertEqual(list(tensor), ["name", "dtype", "layout", "rows", "cols", "bytes", "bits_per_weight"])
            self.assertLessEqual(tensor["bytes"], info["file_bytes"])
        self.assertTrue(any(t["rows"] >= ITEMS and t["cols"] == DIM for t in info["tensors"]))

    def test_bits_per_weight(self):
        def of_items(precision):
            tensors = self.json("info", model(precision), "--json")["tensors"]
            return next(t["bits_per_weight"] for t in tensors if t["rows"] >= ITEMS and t["cols"] == DIM)
        self.assertAlmostEqual(of_items("fp32"), 32, delta=0.5)
        self.assertAlmostEqual(of_items("int8"), 8.5, delta=0.2)  # 8, and one float a row of 64

    def test_promises_provenance_fidelity(self):
        info = self.json("info", model("int8"), "--json")
        self.assertEqual(list(info["promises"]), ["same_bits", "padding", "unknown_item", "empty_history"])
        for promise in info["promises"].values():
            self.assertTrue(promise)
        self.assertRegex(info["provenance"]["source_sha256"], "^[0-9a-f]{64}$")
        self.assertEqual(info["provenance"]["source_bytes"], CHECKPOINT.stat().st_size)
        self.assertTrue(info["provenance"]["converter"].startswith("heed "))
        self.assertIn("int8", info["provenance"]["options"])
        self.assertGreater(info["fidelity"]["histories"], 0)
        self.assertGreater(info["fidelity"]["top10_overlap"], 0.8)

    def test_text(self):
        out = self.ok("info", model())
        for part in ("sasrec", "3,659 items", "ids from 1 to 3659", "Graph", "Tensors", "bits per weight", "Promises",
                     "same bits", "unknown item", "empty history", "padding", "Provenance", "sha256", "Fidelity"):
            self.assertIn(part, out)
        self.assertNotIn("Verified", out)

    def test_verify(self):
        self.assertIn("Verified", self.ok("info", model(), "--verify"))
        self.assertIs(self.json("info", model(), "--verify", "--json")["verified"], True)
        self.assertNotIn("verified", self.json("info", model(), "--json"))


class MemoryTest(ToolTest):
    def test_json(self):
        info = self.json("info", model("int8"), "--memory", "--json")
        memory = info["memory"]
        self.assertEqual(list(memory), ["max_history", "batch", "k", "threads", "running_history", "session_bytes",
                                        "graph_bytes", "alive_bytes", "alive_step", "steps", "blocks"])
        self.assertEqual((memory["max_history"], memory["batch"], memory["k"], memory["threads"],
                          memory["running_history"]), (MAX_HISTORY, 1, 100, 1, 0))
        buffers = [block for block in memory["blocks"] if block["kind"] == "buffer"]
        graph = [block for block in memory["blocks"] if block["kind"] != "buffer"]
        self.assertEqual({block["kind"] for block in graph}, {"rows", "quantized", "scales", "scratch"})
        self.assertEqual(memory["graph_bytes"], max(block["offset"] + block["bytes"] for block in graph))
        alive = [sum(-(-block["bytes"] // 64) * 64 for block in graph
                     if block["first_step"] <= step <= block["last_step"]) for step in range(memory["steps"] + 1)]
        self.assertEqual((memory["alive_bytes"], memory["alive_step"]), (max(alive), alive.index(max(alive))))
        self.assertLessEqual(memory["alive_bytes"], memory["graph_bytes"] + 63)
        self.assertLess(memory["graph_bytes"], 1.1 * memory["alive_bytes"])  # buffers share places
        for block in buffers:
            self.assertEqual((block["first_step"], block["last_step"]), (0, memory["steps"]))
        bench = self.json("bench", model("int8"), "--json", "--k", "100")
        self.assertEqual(memory["session_bytes"], bench["session_bytes"])

    def test_sizes_of_the_session(self):
        def memory(*flags):
            return self.json("info", model("int8"), "--memory", "--json", *flags)["memory"]
        default = memory()
        self.assertLess(memory("--max-history", "10")["graph_bytes"], default["graph_bytes"])
        self.assertEqual(memory("--k", "200")["session_bytes"], default["session_bytes"] + 100 * 16)
        threads = memory("--batch", "8", "--threads", "2", "--running-history", "60")
        self.assertEqual((threads["batch"], threads["threads"], threads["running_history"]), (8, 2, 60))
        self.assertIn("encoders of further threads", [block["name"] for block in threads["blocks"]])
        self.assertIn("running history", [block["name"] for block in threads["blocks"]])

    def test_text(self):
        out = self.ok("info", model("int8"), "--memory", "--k", "20")
        for part in ("Memory", "k up to 20", "alive at once", "quantized", "candidates"):
            self.assertIn(part, out)
        self.assertNotIn("Memory", self.ok("info", model("int8")))

    def test_refusals(self):
        self.assertIn("--memory", self.usage("info", model(), "--k", "3"))
        self.assertIn("--batch", self.usage("info", model(), "--memory", "--batch", "0"))
        self.assertIn("max_history", self.fails(4, "limit_exceeded", 102, "info", model(), "--memory", "--max-history",
                                                MAX_HISTORY + 1))


class BadFileTest(ToolTest):
    def refused(self, path, code, name, number):
        for args in (["info"], ["info", "--json"], ["recommend", "--history", "1"], ["encode", "--jsonl"],
                     ["score", "--history", "1", "--candidates", "1"], ["eval", "--data", "nowhere.txt"]):
            message = self.fails(code, name, number, args[0], path, *args[1:], stdin="")
        self.assertIn(path.name, message)

    def test_missing(self):
        self.refused(TMP / "nowhere.heed", 5, "file_not_found", 401)

    def test_folder(self):
        message = self.fails(3, "file_foreign", 201, "info", TMP)
        self.assertIn(TMP.name, message)

    def test_foreign(self):
        self.refused(CHECKPOINT, 3, "file_foreign", 201)
        self.refused(write("text.heed", "this is no model at all, " * 20), 3, "file_foreign", 201)

    def test_truncated_and_empty(self):
        contents = model().read_bytes()
        self.refused(write("half.heed", contents[:len(contents) // 2]), 3, "file_truncated", 200)
        self.refused(write("empty.heed", b""), 3, "file_truncated", 200)

    def test_changed_weights_are_found_by_verify_alone(self):
        contents = bytearray(model().read_bytes())
        contents[len(contents) // 2] ^= 0x10
        path = write("changed.heed", bytes(contents))
        self.ok("info", path)
        self.fails(3, "checksum_mismatch", 207, "info", path, "--verify")
