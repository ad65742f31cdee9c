"""heed score and heed encode, one history at a time, and what they have to do with heed recommend."""

import struct

from support import DIM, ITEMS, TITLES, UNKNOWN, ToolTest, model

HISTORY = "335,826,546"


def float32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


class ScoreTest(ToolTest):
    def scores(self, candidates, *args, history=HISTORY):
        return self.json("score", model(), "--history", history, "--candidates", candidates, "--json", *args)["scores"]

    def test_scores_are_those_of_recommend(self):
        best = self.json("recommend", model(), "--history", HISTORY, "--json", "--k", 50)
        self.assertEqual(self.scores(",".join(map(str, best["items"]))), best["scores"])

    def test_order_and_repeats(self):
        a, b = self.scores("7,9")
        self.assertEqual(self.scores("9,7,9,9"), [b, a, b, b])

    def test_no_candidates(self):
        self.assertEqual(self.scores(""), [])

    def test_many_candidates(self):
        scores = self.scores(",".join(str(1 + i % ITEMS) for i in range(9000)))
        self.assertEqual(len(scores), 9000)
        self.assertEqual(scores[:100], scores[ITEMS:ITEMS + 100])

    def test_unknown(self):
        message = self.fails(4, "unknown_item", 101, "score", model(), "--history", "1", "--candidates", UNKNOWN)
        self.assertIn(str(UNKNOWN), message)
        a, b = self.scores("7,9")
        self.assertEqual(self.scores(f"7,{UNKNOWN},9", "--unknown", "skip"), [a, None, b])
        substituted = self.scores(f"7,{UNKNOWN},9", "--unknown", "unk")
        self.assertIsInstance(substituted[1], float)
        self.assertEqual(substituted[::2], [a, b])

    def test_table(self):
        a, b = self.scores("7,9")
        lines = self.ok("score", model(), "--history", HISTORY, "--candidates", "7,9").splitlines()
        self.assertEqual(lines[0].split(), ["item", "score"])
        for line, item, score in zip(lines[1:], ("7", "9"), (a, b)):
            self.assertEqual(line.split()[0], item)
            self.assertAlmostEqual(float(line.split()[1]), score, delta=1e-5 * abs(score))

    def test_table_with_titles(self):
        out = self.ok("score", model(), "--history-titles", "vintage red mug", "--titles", TITLES, "--candidates", "335")
        self.assertTrue(out.splitlines()[0].endswith("title"))
        self.assertTrue(out.splitlines()[1].endswith("VINTAGE RED MUG"))

    def test_floats_come_back(self):
        for score in self.scores("1,2,3,4,5,6,7,8,9"):
            self.assertEqual(float(f"{float32(score):.9g}"), score)


class EncodeTest(ToolTest):
    def vector(self, history, *args):
        return self.json("encode", model(), f"--history={history}", "--json", *args)["vector"]

    def test_vector(self):
        vector = self.vector(HISTORY)
        self.assertEqual(len(vector), DIM)
        self.assertTrue(any(vector))
        self.assertNotEqual(vector, self.vector("335,546,826"))

    def test_plain_lines(self):
        lines = self.ok("encode", model(), "--history", HISTORY).splitlines()
        self.assertEqual([float(line) for line in lines], self.vector(HISTORY))

    def test_only_the_window_counts(self):
        window = ",".join(str(i) for i in range(100, 150))
        self.assertEqual(self.vector("1,2,3," + window), self.vector(window))
        self.assertNotEqual(self.vector("99," + window[4:]), self.vector(window))

    def test_unknown(self):
        self.fails(4, "unknown_item", 101, "encode", model(), "--history", f"1,{UNKNOWN}")
        self.assertEqual(self.vector(f"335,{UNKNOWN},826,546", "--unknown", "skip"), self.vector(HISTORY))
        self.assertNotEqual(self.vector(f"335,{UNKNOWN},826,546", "--unknown", "unk"), self.vector(HISTORY))

    def test_no_history(self):
        self.assertEqual(len(self.vector("")), DIM)
        self.assertEqual(self.vector(""), self.vector(UNKNOWN, "--unknown", "skip"))

    def test_by_title(self):
        answer = self.json("encode", model(), "--history-titles", "vintage red mug", "--titles", TITLES, "--json")
        self.assertEqual(answer["vector"], self.vector(335))
