"""heed bench: its report, not its figures."""

from support import ITEMS, MAX_HISTORY, ToolTest, model


class BenchTest(ToolTest):
    def test_json(self):
        report = self.json("bench", model("int8"), "--json")
        self.assertEqual(list(report), ["model", "precision", "isa", "items", "history_length", "k", "threads", "open_us",
                                        "first_us", "calls", "p50_us", "p90_us", "p99_us"])
        self.assertEqual((report["precision"], report["items"], report["history_length"], report["k"], report["threads"]),
                         ("int8", ITEMS, MAX_HISTORY, 10, 1))
        self.assertTrue(report["isa"])
        self.assertGreater(report["calls"], 0)
        self.assertGreater(report["open_us"], 0)
        self.assertGreater(report["p50_us"], 0)
        self.assertLessEqual(report["p50_us"], report["p90_us"])
        self.assertLessEqual(report["p90_us"], report["p99_us"])

    def test_flags(self):
        report = self.json("bench", model(), "--json", "--history-length", "3", "--k", "7", "--seconds", "1")
        self.assertEqual((report["history_length"], report["k"]), (3, 7))

    def test_text(self):
        out = self.ok("bench", model(), "--history-length", "0")
        for part in ("top 10 of 3,659 items after 0 events", "fp32", "open", "first call", "p50", "p99"):
            self.assertIn(part, out)

    def test_refusals(self):
        for flag, bad in (("--k", "0"), ("--seconds", "0"), ("--history-length", "-1")):
            self.assertIn(flag, self.usage("bench", model(), f"{flag}={bad}"))

    def test_k_above_the_catalogue(self):
        message = self.fails(4, "invalid_argument", 100, "bench", model(), "--k", ITEMS + 1)
        self.assertIn("3,659 items", message)
