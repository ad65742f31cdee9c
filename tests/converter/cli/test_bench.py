"""heed bench: its report, not its figures."""

import csv
import io

from support import CHECKPOINT, ITEMS, MAX_HISTORY, TMP, ToolTest, golden_model, model

ORIGIN = ["model", "precision", "isa", "items"]
CELL = ["history_length", "k", "batch", "threads", "warm_up_calls", "calls", "p50_us", "p90_us", "p99_us", "p999_us",
        "min_us", "max_us", "relative_iqr", "users_per_second", "allocations", "scanned_bytes"]
REST = ["file_bytes", "session_bytes", "cold", "warm", "memory", "seconds", "cells"]
ROUNDS = 10


class BenchTest(ToolTest):
    def check_cell(self, cell):
        self.assertEqual(list(cell), CELL + ["round_p50_us"])
        ordered = [cell[name] for name in ("min_us", "p50_us", "p90_us", "p99_us", "p999_us", "max_us")]
        self.assertEqual(ordered, sorted(ordered))
        self.assertGreater(cell["min_us"], 0)
        self.assertGreaterEqual(cell["relative_iqr"], 0)
        self.assertGreater(cell["warm_up_calls"], 0)
        self.assertGreaterEqual(cell["calls"], ROUNDS)
        self.assertEqual(len(cell["round_p50_us"]), ROUNDS)
        for time in cell["round_p50_us"]:
            self.assertTrue(cell["min_us"] <= time <= cell["max_us"], cell)
        # As many calls as the time between the fastest and the slowest allows.
        self.assertTrue(1e6 * cell["batch"] / cell["max_us"] * 0.999 <= cell["users_per_second"]
                        <= 1e6 * cell["batch"] / cell["min_us"] * 1.001, cell)
        self.assertEqual(cell["allocations"], 0)
        self.assertEqual(cell["scanned_bytes"] is None, cell["batch"] > 1)

    def test_json(self):
        report = self.json("bench", model("int8"), "--json")
        self.assertEqual(list(report), ORIGIN + ["history_length", "k", "threads", "open_us", "first_us", "calls",
                                                 "p50_us", "p90_us", "p99_us"] + REST)
        self.assertEqual((report["precision"], report["items"], report["history_length"], report["k"], report["threads"]),
                         ("int8", ITEMS, MAX_HISTORY, 10, 1))
        self.assertTrue(report["isa"])
        self.assertGreater(report["open_us"], 0)
        self.assertEqual(report["file_bytes"], model("int8").stat().st_size)
        self.assertGreater(report["session_bytes"], 0)
        self.assertEqual(len(report["cells"]), 1)
        self.check_cell(report["cells"][0])
        self.assertEqual(report["cells"][0]["threads"], 1)
        for name in ("history_length", "k", "threads", "calls", "p50_us", "p90_us", "p99_us"):
            self.assertEqual(report[name], report["cells"][0][name])

    def test_planes_are_read_in_part(self):
        made = TMP / "planes.heed"
        self.ok("convert", CHECKPOINT, "-o", made, "--quantize", "int8", "--planes", "on")
        blocks, plain = (ITEMS + 15) // 16, 16 * 64 + 64  # rows of 64 columns and their scales
        cell, = self.json("bench", model("int8"), "--json", "--k", 1)["cells"]
        self.assertEqual(cell["scanned_bytes"], blocks * plain)
        cell, = self.json("bench", made, "--json", "--k", 1)["cells"]
        self.assertTrue(blocks * (plain + 8) / 2 < cell["scanned_bytes"] < blocks * (plain + 4))

    def test_opening(self):
        report = self.json("bench", model(), "--json")
        self.assertEqual(list(report["warm"]), ["open_us", "session_us", "first_us"])
        for time in report["warm"].values():
            self.assertGreater(time, 0)
        cold = report["cold"]
        if cold is not None:  # a system that drops files from memory
            self.assertEqual(list(cold), ["open_us", "session_us", "first_us", "still_in_memory"])
            if cold["still_in_memory"] is not None:
                self.assertTrue(0 <= cold["still_in_memory"] <= 1)
        memory = report["memory"]
        if memory is not None:  # Linux
            self.assertEqual(list(memory), ["resident_bytes", "private_bytes", "resident_bytes_before",
                                            "private_bytes_before"])
            self.assertGreaterEqual(memory["resident_bytes"], memory["private_bytes"])
            # Scoring has read the item rows, which no other process has mapped or read.
            self.assertGreater(memory["resident_bytes"] - memory["resident_bytes_before"], 64 * 3600 * 4)

    def test_grid(self):
        report = self.json("bench", model("int8"), "--json", "--history-length", "0,20", "--k", "5,1", "--batch", "1,3")
        self.assertEqual(list(report), ORIGIN + ["open_us", "first_us"] + REST)
        keys = [(cell["history_length"], cell["k"], cell["batch"]) for cell in report["cells"]]
        self.assertEqual(keys, [(length, k, batch) for length in (0, 20) for k in (5, 1) for batch in (1, 3)])
        for cell in report["cells"]:
            self.check_cell(cell)

    def test_threads(self):
        report = self.json("bench", model("int8"), "--json", "--history-length", "5", "--batch", "1,3", "--threads", "2,1")
        keys = [(cell["batch"], cell["threads"]) for cell in report["cells"]]
        self.assertEqual(keys, [(1, 2), (1, 1), (3, 2), (3, 1)])
        for cell in report["cells"]:
            self.check_cell(cell)
        alone = self.json("bench", model("int8"), "--json", "--history-length", "5", "--batch", "3")
        self.assertGreater(report["session_bytes"], alone["session_bytes"])  # an encoder for each thread

    def check_append(self, report, drop_at_once, keeps_events):
        found = report["append"]
        self.assertEqual(list(found), ["k", "drop_at_once", "keeps_events", "histories", "append_us", "anew_us", "lengths",
                                       "append_us_by_length", "anew_us_by_length"])
        self.assertEqual((found["k"], found["drop_at_once"], found["keeps_events"]), (10, drop_at_once, keeps_events))
        self.assertGreaterEqual(found["histories"], 5)
        longest = found["lengths"][-1]["to"]
        self.assertEqual([(part["from"], part["to"]) for part in found["lengths"]],
                         [(first + 1, first + longest // 3) for first in range(0, longest, longest // 3)])
        for name in ("append_us", "anew_us"):
            times = found[f"{name}_by_length"]
            self.assertEqual(len(times), longest)
            self.assertGreater(min(times), 0)
            self.assertAlmostEqual(sum(times) / longest, found[name], places=6)
            for part in found["lengths"]:
                of_part = times[part["from"] - 1:part["to"]]
                self.assertAlmostEqual(sum(of_part) / len(of_part), part[name], places=6)
        return longest

    def test_append(self):
        report = self.json("bench", model("int8"), "--json", "--history-length", "1", "--append")
        self.assertEqual(list(report), ORIGIN + ["history_length", "k", "threads", "open_us", "first_us", "calls",
                                                 "p50_us", "p90_us", "p99_us"] + REST + ["append"])
        self.assertEqual(self.check_append(report, 1, True), 3 * MAX_HISTORY)
        sees_all = golden_model("bert4rec/recbole_bert4rec")  # every event sees every other one
        self.check_append(self.json("bench", sees_all, "--json", "--append", "--drop-at-once", "3"), 3, False)
        out = self.ok("bench", sees_all, "--append", "--drop-at-once", "3")
        for part in ("3 events dropped at once", "append us", "anew us", "computes every history anew"):
            self.assertIn(part, out)

    def test_other_names_of_flags(self):
        report = self.json("bench", model(), "--json", "--history-lengths", "3", "--k", "7", "--batches", "2", "--seconds",
                           "1")
        cell = report["cells"][0]
        self.assertEqual((cell["history_length"], cell["k"], cell["batch"], report["seconds"]), (3, 7, 2, 1))

    def test_csv(self):
        rows = list(csv.DictReader(io.StringIO(self.ok("bench", model(), "--csv", "--history-length", "2", "--k", "1,2"))))
        self.assertEqual(len(rows), 2)
        self.assertEqual(list(rows[0]), ORIGIN + CELL)
        self.assertEqual([(row["model"], row["items"], row["history_length"], row["k"]) for row in rows],
                         [(str(model()), str(ITEMS), "2", k) for k in "12"])
        for row in rows:
            self.assertGreater(float(row["p50_us"]), 0)
            self.assertEqual(row["allocations"], "0")

    def test_operators(self):
        nodes = self.json("info", model("int8"), "--json")["graph"]
        report = self.json("bench", model("int8"), "--json", "--operators", "--history-length", "0,5", "--batch", "1,2")
        self.assertEqual(list(report), ORIGIN + ["open_us", "first_us"] + REST + ["profiles"])
        empty, full = report["profiles"]
        for profile in (empty, full):
            self.assertEqual(list(profile), ["history_length", "k", "calls", "total_us", "operators", "steps"])
            self.assertAlmostEqual(sum(step["us"] for step in profile["steps"]), profile["total_us"], places=6)
            self.assertAlmostEqual(sum(op["share"] for op in profile["operators"]), 1, places=6)
            self.assertEqual(sum(op["steps"] for op in profile["operators"]), len(profile["steps"]))
            times = [op["us"] for op in profile["operators"]]
            self.assertEqual(times, sorted(times, reverse=True))
            for op in profile["operators"]:
                of_op = [step["us"] for step in profile["steps"] if step["op"] == op["op"]]
                self.assertAlmostEqual(sum(of_op), op["us"], places=6)
        self.assertEqual((empty["history_length"], full["history_length"]), (0, 5))
        self.assertEqual([step["op"] for step in empty["steps"]], ["scan"])
        self.assertEqual(full["steps"][-1]["op"], "scan")
        steps = [(step["name"], step["op"]) for step in full["steps"] if step["op"] not in ("quantize", "scan")]
        self.assertEqual(steps, [(node["name"], node["op"]) for node in nodes])
        self.assertIn("quantize", [step["op"] for step in full["steps"]])

    def test_text(self):
        out = self.ok("bench", model(), "--history-length", "0,4", "--operators")
        for part in ("3,659 items", "fp32", "kernels", "threads", "open", "first call", "warm", "session", "p50", "p99.9",
                     "IQR", "users/s", "bytes read", "top 10 after 4 events", "scan", "share"):
            self.assertIn(part, out)
        self.assertRegex(out, r"\n0 allocations in these [\d,]+ calls\n")

    def test_refusals(self):
        for flag, bad in (("--k", "0"), ("--k", "1,,2"), ("--k", "3,4,3"), ("--seconds", "0"), ("--history-length", "-1"), ("--batch", "0")):
            self.assertIn(flag, self.usage("bench", model(), f"{flag}={bad}"))
        self.assertIn("--threads", self.usage("bench", model(), "--threads", "0"))
        self.assertIn("--append", self.usage("bench", model(), "--drop-at-once", "2"))
        self.assertIn("drop_at_once", self.fails(4, "invalid_argument", 100, "bench", model(), "--append", "--drop-at-once",
                                                 MAX_HISTORY + 1))
        self.assertIn("threads", self.fails(4, "invalid_argument", 100, "bench", model(), "--threads", "257"))
        self.assertIn("MODEL", self.usage("bench"))
        self.assertIn("--csv", self.usage("bench", model(), "--json", "--csv"))

    def test_k_above_the_catalogue(self):
        message = self.fails(4, "invalid_argument", 100, "bench", model(), "--k", f"1,{ITEMS + 1}")
        self.assertIn("3,659 items", message)
