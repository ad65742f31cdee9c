"""heed eval, against the same protocols written down once more in Python over the scores of heed score."""

import json
import math

from support import INTERACTIONS, ITEMS, UNKNOWN, ToolTest, model, write

USERS = [line.split() for line in INTERACTIONS.read_text().splitlines()[:60]]
HISTORIES = [[int(item) for item in line[1:]] for line in USERS]
MASK = 2 ** 64 - 1


def splitmix64(state):
    """The generator that README.md of converter/eval describes."""
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def negatives(seed, user, touched, count):
    """Item ids that a user never touched, drawn as README.md describes."""
    stream = splitmix64((next(splitmix64(seed)) + next(splitmix64(user ^ MASK))) & MASK)
    drawn = []
    while len(drawn) < count:
        value = next(stream)
        if value >= 2 ** 64 - 2 ** 64 % ITEMS:
            continue
        item = 1 + value % ITEMS
        if item not in touched and item not in drawn:
            drawn.append(item)
    return drawn


def metrics(ranks, k):
    hits = [r for r in ranks if r <= k]
    hr = len(hits) / len(ranks)
    return {f"ndcg@{k}": sum(1 / math.log2(r + 1) for r in hits) / len(ranks), f"recall@{k}": hr, f"hr@{k}": hr,
            f"precision@{k}": hr / k, f"mrr@{k}": sum(1 / r for r in hits) / len(ranks)}


class EvalCase(ToolTest):
    scores = None  # see all_scores

    @classmethod
    def setUpClass(cls):
        cls.sequences = write("sequences.txt", "".join(" ".join(line) + "\n" for line in USERS))

    def eval(self, *args, data=None):
        return self.json("eval", model(), "--data", data or self.sequences, "--json", *args)

    def all_scores(self):
        """[user][item - 1], after all events but the last."""
        if EvalCase.scores is None:
            items = list(range(1, ITEMS + 1))
            EvalCase.scores = [a["scores"] for a in self.stream("score", ({"history": h[:-1], "candidates": items} for h in HISTORIES))]
        return EvalCase.scores

    def same(self, got, ranks, ks=(5, 10, 20)):
        for k in ks:
            for name, value in metrics(ranks, k).items():
                self.assertAlmostEqual(got[name], value, places=12, msg=name)


class ProtocolTest(EvalCase):
    def ranks(self, seen_rule):
        ranks = []
        for history, scores in zip(HISTORIES, self.all_scores()):
            target, seen = history[-1], set(history[:-1]) - {history[-1]}
            own, rank = scores[target - 1], 1
            for item in range(1, ITEMS + 1):
                if item == target or (item in seen and seen_rule == "exclude"):
                    continue
                score = 0.0 if item in seen and seen_rule == "zero" else scores[item - 1]
                rank += score > own or (score == own and item < target)
            ranks.append(rank)
        return ranks

    def test_full(self):
        got = self.eval()
        self.same(got, self.ranks("exclude"))
        self.assertEqual((got["protocol"], got["seen"], got["k"]), ("full", "exclude", [5, 10, 20]))
        self.assertEqual((got["users"], got["skipped_users"], got["skipped_unknown_targets"]), (len(USERS), 0, 0))
        self.assertEqual(got["events"], sum(map(len, HISTORIES)))
        self.assertGreater(got["ndcg@10"], 0.03)  # a trained model

    def test_seen(self):
        for rule in ("exclude", "keep", "zero"):
            got = self.eval("--seen", rule)
            self.assertEqual(got["seen"], rule)
            self.same(got, self.ranks(rule))

    def test_sampled(self):
        for count, seed, flags in ((100, 42, []), (7, 5, ["--negatives", "7", "--seed", "5"])):
            got = self.eval("--protocol", "sampled", *flags)
            self.assertEqual((got["protocol"], got["negatives"], got["seed"]), ("sampled", count, seed))
            self.assertNotIn("seen", got)
            ranks = []
            for user, (history, scores) in enumerate(zip(HISTORIES, self.all_scores())):
                own = scores[history[-1] - 1]
                drawn = negatives(seed, user, set(history), count)
                ranks.append(1 + sum(scores[i - 1] > own or (scores[i - 1] == own and i < history[-1]) for i in drawn))
            self.same(got, ranks)

    def test_too_many_negatives(self):
        message = self.fails(4, "data_mismatch", 105, "eval", model(), "--data", self.sequences, "--protocol", "sampled",
                             "--negatives", ITEMS)
        self.assertIn(f"user '{USERS[0][0]}'", message)

    def test_cut_offs(self):
        got = self.eval("--k", "1, 3,3659")
        self.assertEqual(got["k"], [1, 3, ITEMS])
        self.assertNotIn("ndcg@10", got)
        self.assertEqual(got[f"hr@{ITEMS}"], 1.0)
        self.same(got, self.ranks("exclude"), (1, 3, ITEMS))

    def test_threads_do_not_matter(self):
        answers = []
        for threads in (1, 2, 5):
            got = self.eval("--threads", threads)
            self.assertLessEqual(got["threads"], threads)
            answers.append({name: value for name, value in got.items() if name not in ("threads", "seconds")})
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(answers[0], answers[2])

    def test_text(self):
        out = self.ok("eval", model(), "--data", self.sequences)
        for part in ("'user item item ...' lines (line 1 has several items)", "full catalogue", "60", "NDCG", "recall"):
            self.assertIn(part, out)
        rows = [line.split() for line in out.splitlines()[-3:]]
        self.assertEqual([row[0] for row in rows], ["5", "10", "20"])
        self.assertAlmostEqual(float(rows[1][1]), self.eval()["ndcg@10"], delta=6e-5)
        self.assertIn("seed 42", self.ok("eval", model(), "--data", self.sequences, "--protocol", "sampled"))


class DataTest(EvalCase):
    def test_nobody_to_evaluate(self):
        message = self.fails(4, "data_mismatch", 105, "eval", model(), "--data", write("short.txt", "1 5\n2 7\n"))
        self.assertIn("no user can be evaluated (2 with fewer than two events", message)

    def test_forms_agree(self):
        events = [(user[0], item, time) for user, history in zip(USERS, HISTORIES) for time, item in enumerate(history)]
        pairs = write("pairs.txt", "".join(f"{u}\t{i}\n" for u, i, _ in events))
        shuffled = sorted(events, key=lambda e: (e[1] * 7919 % 1009, e[2]))
        header = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
        table = write("table.inter", header + "".join(f"{u}\t{i}\t1\t{t}\n" for u, i, t in shuffled))
        want = self.eval()
        for path, form in ((pairs, "pairs"), (table, "table"), (self.sequences, "sequences")):
            got = self.eval(data=path)
            self.assertEqual(got["data_format"], form)
            self.assertTrue(got["data_recognised"])
            for k in (5, 10, 20):
                self.assertAlmostEqual(got[f"ndcg@{k}"], want[f"ndcg@{k}"], places=12)

    def test_short_histories_are_counted(self):
        got = self.eval(data=write("short.txt", "1 335 826 5\n2 7\n3 8\n"))
        self.assertEqual((got["users"], got["skipped_users"], got["events"]), (1, 2, 5))

    def test_target_in_the_history_competes(self):
        got = self.eval("--k", "3659", data=write("repeat.txt", "1 335 335 335\n"))
        self.assertEqual(got["users"], 1)
        self.assertEqual(got["hr@3659"], 1.0)

    def test_unknown(self):
        data = write("unknown.txt", f"1 335 {UNKNOWN} 826\n2 335 826 {UNKNOWN}\n3 {UNKNOWN}\n")
        message = self.fails(4, "unknown_item", 101, "eval", model(), "--data", data)
        self.assertIn(f"line 1, user '1': the catalogue has no item {UNKNOWN}", message)
        plain = self.eval("--k", "3659", data=write("known.txt", "1 335 826\n"))
        skip = self.eval("--k", "3659", "--unknown", "skip", data=data)
        self.assertEqual((skip["unknown"], skip["users"], skip["skipped_users"], skip["skipped_unknown_targets"]),
                         ("skip", 1, 1, 1))
        self.assertEqual(skip["mrr@3659"], plain["mrr@3659"])
        self.assertNotEqual(self.eval("--k", "3659", "--unknown", "unk", data=data)["mrr@3659"], plain["mrr@3659"])
        self.assertIn("1 more skipped", self.ok("eval", model(), "--data", data, "--unknown", "unk"))

    def test_refusals(self):
        def refusal(contents):
            return self.fails(4, "data_mismatch", 105, "eval", model(), "--data", write("bad.txt", contents))
        self.assertIn("bad.txt, line 2, column 3: 'x' is not an item id", refusal("1 5\n1 x\n"))
        self.assertIn("line 3, column 5", refusal("1 5\n1 6\n1 7 8\n"))
        self.assertIn("a second line of user '1'", refusal("1 5 6\n1 7\n"))
        self.assertIn("no interactions", refusal(""))
        self.assertIn("needs a column 'user_id'", refusal("uid:token\titem_id:token\n1\t2\n"))
        self.fails(5, "file_not_found", 401, "eval", model(), "--data", "nowhere.txt")

    def test_json_has_these_fields(self):
        fields = ["model", "data", "data_format", "data_recognised", "events", "protocol", "seen", "unknown", "k", "users",
                  "skipped_users", "skipped_unknown_targets", "threads", "seconds"]
        at = [f"{name}@10" for name in ("ndcg", "recall", "hr", "precision", "mrr")]
        out = self.ok("eval", model(), "--data", self.sequences, "--json", "--k", "10")
        self.assertEqual(list(json.loads(out)), fields + at)
        self.assertEqual(out.count("\n"), 1)
