"""heed bench --compare: verdicts on results whose difference is known."""

import json
import random
from fractions import Fraction
from itertools import combinations

from support import ToolTest, model, write

ROUNDS = 10


def result(name, *cells, **more):
    """A file as `heed bench --json` writes it, as far as it is read: cells are (history_length, k, times)."""
    rows = [{"history_length": length, "k": k, "batch": 1, "threads": 1, "round_p50_us": times}
            for length, k, times in cells]
    return write(f"{name}.json", json.dumps({"model": name, "cells": rows, **more}))


def times(middle, seed, spread=0.02):
    source = random.Random(seed)
    return [middle * (1 + spread * source.uniform(-1, 1)) for _ in range(ROUNDS)]


def probability(a, b):
    """That ranks differ so much by chance, from all ways to choose which samples are those of a."""
    every = sorted(a + b)
    ranks = [Fraction(2 * every.index(x) + every.count(x) + 1, 2) for x in a + b]
    middle = Fraction(sum(ranks) * len(a), len(ranks))
    distance = abs(sum(ranks[:len(a)]) - middle)
    ways = [abs(sum(chosen) - middle) >= distance for chosen in combinations(ranks, len(a))]
    return sum(ways) / len(ways)


class CompareTest(ToolTest):
    def compare(self, a, b, *flags):
        return self.json("bench", "--compare", a, b, "--json", *flags)

    def verdict(self, a, b):
        compared = self.compare(result("a", (50, 10, a)), result("b", (50, 10, b)))
        return compared["cells"][0]["verdict"]

    def test_known_differences(self):
        self.assertEqual(self.verdict(times(100, 1), times(100, 2)), "no difference")
        self.assertEqual(self.verdict(times(100, 1), times(110, 2)), "slower")
        self.assertEqual(self.verdict(times(100, 1), times(90, 2)), "faster")
        # Far apart in the middle, but the samples lie among one another.
        self.assertEqual(self.verdict(times(100, 1, 0.9), times(115, 2, 0.9)), "no difference")
        # A single slow round changes neither.
        self.assertEqual(self.verdict(times(100, 1), times(100, 2)[1:] + [900.0]), "no difference")
        self.assertEqual(self.verdict(times(100, 1), times(90, 2)[1:] + [900.0]), "faster")

    def test_equal_results(self):
        one = times(100, 1)
        cell, = self.compare(result("a", (50, 10, one)), result("b", (50, 10, one)))["cells"]
        self.assertEqual((cell["ratio"], cell["p"], cell["verdict"]), (1, 1, "no difference"))
        self.assertEqual(self.verdict([5.0] * ROUNDS, [5.0] * ROUNDS), "no difference")

    def test_noise_is_rarely_a_difference(self):
        a = [(n, 10, times(100, 2 * n)) for n in range(100)]
        b = [(n, 10, times(100, 2 * n + 1)) for n in range(100)]
        cells = self.compare(result("a", *a), result("b", *b))["cells"]
        self.assertEqual([cell["verdict"] for cell in cells], ["no difference"] * 100)
        slower = [(n, 10, times(105, 2 * n + 1)) for n in range(100)]
        cells = self.compare(result("a", *a), result("b", *slower))["cells"]
        self.assertEqual([cell["verdict"] for cell in cells], ["slower"] * 100)

    def test_probability(self):
        source = random.Random(7)
        for size_a, size_b in ((4, 4), (4, 7), (8, 5)):
            for values in (1000, 5):  # without ties, and with many
                a = [float(source.randint(1, values)) for _ in range(size_a)]
                b = [float(source.randint(1, values)) for _ in range(size_b)]
                cell, = self.compare(result("a", (1, 1, a)), result("b", (1, 1, b)))["cells"]
                self.assertAlmostEqual(cell["p"], probability(a, b), places=12)

    def test_fields(self):
        compared = self.compare(result("a", (50, 10, [4.0, 1.0, 2.0, 3.0]), (20, 10, times(5, 1)), isa="avx2", items=7),
                                result("b", (50, 100, times(5, 1)), (50, 10, [5.0] * 5)))
        self.assertEqual(list(compared), ["a", "b", "false_alarms", "cells", "only_a", "only_b"])
        self.assertEqual({key: compared["a"][key] for key in ("model", "isa", "items")},
                         {"model": "a", "isa": "avx2", "items": 7})
        cell, = compared["cells"]
        self.assertEqual(list(cell), ["history_length", "k", "batch", "threads", "a_us", "b_us", "ratio", "p", "verdict"])
        self.assertEqual((cell["a_us"], cell["b_us"], cell["ratio"]), (2.5, 5, 2))
        self.assertEqual([row["history_length"] for row in compared["only_a"]], [20])
        self.assertEqual([row["k"] for row in compared["only_b"]], [100])

    def test_text(self):
        out = self.ok("bench", "--compare", result("a", (50, 10, times(100, 1)), (20, 10, times(9, 1)), isa="avx2"),
                      result("b", (50, 10, times(50, 1))))
        for part in ("avx2", "0.500", "faster", "only in A", "Mann-Whitney"):
            self.assertIn(part, out)

    def test_real_results(self):
        measured = write("measured.json", self.ok("bench", model("int8"), "--json", "--k", "1,2"))
        self.assertEqual([cell["ratio"] for cell in self.compare(measured, measured)["cells"]], [1, 1])

    def test_refusals(self):
        good = result("good", (50, 10, times(100, 1)))
        self.fails(5, "file_not_found", 401, "bench", "--compare", good, "missing.json")
        for name, contents in (("text", "fast"), ("list", "[]"), ("other", '{"p50_us": 3}'), ("cells", '{"cells": [3]}'),
                               ("keys", '{"cells": [{"k": 3}]}')):
            bad = write(f"{name}.json", contents)
            self.assertIn(str(bad), self.fails(4, "data_mismatch", 105, "bench", "--compare", good, bad))
        for rounds in ([], [1.0] * 3, [1.0] * 65, [1.0, 2.0, 3.0, 0.0], [1.0, 2.0, 3.0, "4"]):
            bad = result("bad", (50, 10, rounds))
            self.assertIn("round_p50_us", self.fails(4, "data_mismatch", 105, "bench", "--compare", bad, good))
        twice = result("twice", (50, 10, times(1, 1)), (50, 10, times(1, 1)))
        self.assertIn("twice", self.fails(4, "data_mismatch", 105, "bench", "--compare", twice, good))
        other = result("other_grid", (50, 11, times(1, 1)))
        self.assertIn("in common", self.fails(4, "data_mismatch", 105, "bench", "--compare", good, other))

    def test_command_line(self):
        good = result("good", (50, 10, times(100, 1)))
        self.usage("bench", "--compare", good)
        self.assertIn("--k", self.usage("bench", "--compare", good, good, "--k", "3"))
        self.assertIn("MODEL", self.usage("bench", model(), "--compare", good, good))
        self.assertIn("--csv", self.usage("bench", "--compare", good, good, "--csv"))
