"""Requests with features, models of several interests: recommend, score, encode, info, eval and bench."""

from support import ToolTest, golden, golden_model, json_lines, model, write

HSTU = "hstu/rectools_hstu"          # time, and the request's own
TISASREC = "tisasrec/pytorch"        # time
CASER = "caser/recbole_caser"        # user
MIND = "mind/deepmatch_mind_users"   # user, three interests


def ids(values):
    return ",".join(map(str, values))


def flags(features):
    return [word for name, values in features.items() for word in ("--feature", f"{name}={ids(values)}")]


class GoldenTest(ToolTest):
    def same(self, name, answers, places):
        cases = golden(name)["cases"]
        self.assertEqual(len(answers), len(cases))
        for answer, case in zip(answers, cases):
            wanted = case["scores"]
            spread = max(wanted) - min(wanted)
            for got, score in zip(answer["scores"], wanted):
                self.assertAlmostEqual(got / spread, score / spread, places=places)

    def test_scores_of_a_stream(self):
        for name in (HSTU, TISASREC, CASER, MIND):
            every = list(range(1, golden(name)["items"] + 1))
            rows = [{"history": c["history"], "features": c["features"], "candidates": every} for c in golden(name)["cases"]]
            self.same(name, self.stream("score", rows, of=golden_model(name)), 5)

    def test_flags_and_lines_agree(self):
        for name in (HSTU, TISASREC, CASER, MIND):
            path = golden_model(name)
            for case in golden(name)["cases"][1:4]:
                given = ["--history", ids(case["history"]), *flags(case["features"]), "--json"]
                line = {"history": case["history"], "features": case["features"]}
                for command, more in (("recommend", {}), ("encode", {}), ("score", {"candidates": [1, 5, 9]})):
                    args = [word for key, value in more.items() for word in (f"--{key}", ids(value))]
                    self.assertEqual(self.json(command, path, *given, *args),
                                     self.stream(command, [{**line, **more}], of=path)[0])

    def test_features_count(self):
        for name, features in ((TISASREC, {"time": [10, 20, 70]}), (HSTU, {"time": [10, 20, 99999999]}), (CASER, {"user": [3]})):
            path = golden_model(name)
            plain = self.json("encode", path, "--history", "1,2,3", "--json")
            self.assertNotEqual(plain, self.json("encode", path, "--history", "1,2,3", *flags(features), "--json"), name)

    def test_the_requests_own_time(self):
        def vector(times):
            return self.json("encode", golden_model(HSTU), "--history", "1,2,3", "--feature", f"time={times}", "--json")
        self.assertEqual(vector("10,20,70"), vector("10,20,70,70"))
        self.assertNotEqual(vector("10,20,70"), vector("10,20,70,7000000"))

    def test_one_id_needs_no_list(self):
        rows = [{"history": [1, 2], "features": {"user": given}} for given in (5, [5])] + [{"history": [1, 2], "features": {}}]
        one, listed, none = self.stream("recommend", rows, of=golden_model(CASER))
        self.assertEqual(one, listed)
        self.assertNotEqual(one, none)

    def test_no_events(self):
        path = golden_model(TISASREC)
        self.assertEqual(self.json("encode", path, "--history", "", "--feature", "time=", "--json"),
                         self.json("encode", path, "--history", "", "--json"))

    def test_unknown_ids_of_features(self):
        path = golden_model(CASER)
        default = self.json("encode", path, "--history", "1,2", "--json")
        for unknown in ("skip", "unk"):
            got = self.json("encode", path, "--history", "1,2", "--feature", "user=99999", "--unknown", unknown, "--json")
            self.assertEqual(got, default)


class RefusalTest(ToolTest):
    def refused(self, name, number, part, of, *args):
        for command, more in (("recommend", []), ("encode", []), ("score", ["--candidates", "1"])):
            message = self.fails(4, name, number, command, of, *args, *more)
            self.assertIn(part, message)

    def test_the_models_own(self):
        hstu, caser = golden_model(HSTU), golden_model(CASER)
        self.refused("unknown_feature", 108, "it has none", model(), "--history", "1,2", "--feature", "time=1,2")
        self.refused("unknown_feature", 108, "did you mean 'time'?", hstu, "--history", "1,2", "--feature", "tiem=1,2")
        self.refused("feature_length", 109, "has 1 values; the history has 2 events", hstu, "--history", "1,2", "--feature", "time=1")
        self.refused("feature_length", 109, "one id of the request", caser, "--history", "1,2", "--feature", "user=1,2")
        self.refused("times_backwards", 110, "of event 1 is 1, before 2", hstu, "--history", "1,2", "--feature", "time=2,1")
        self.refused("unknown_id", 111, "99999; legal are 0 to 487 (--unknown skip or unk)", caser, "--history", "1",
                     "--feature", "user=99999")
        self.refused("invalid_argument", 100, "'user' is given twice", caser, "--history", "1", "--feature", "user=1",
                     "--feature", "user=2")

    def test_command_line(self):
        for bad, part in (("time", "not 'time'"), ("=1,2", "not '=1,2'"), ("time=1,x", "'x' is not one"),
                          ("time=1,", "an empty one"), ("time=1.5", "'1.5' is not one")):
            message = self.usage("encode", "nowhere.heed", "--history", "1,2", "--feature", bad)
            self.assertTrue(message.startswith("--feature "), message)
            self.assertIn(part, message)
        self.assertIn("every line has its own", self.usage("encode", "nowhere.heed", "--jsonl", "--feature", "user=1"))

    def line(self, features, name="data_mismatch", number=105, of=None):
        path = of or golden_model(CASER)
        good = {"history": [1]}
        answered = self.ok("recommend", path, "--jsonl", stdin=json_lines([good]))
        stdin = json_lines([good, {"history": [1, 2], "features": features}])
        message = self.fails(4, name, number, "recommend", path, "--jsonl", stdin=stdin, out=answered)
        self.assertTrue(message.startswith("line 2: "), message)
        return message

    def test_lines(self):
        for bad in (5, [1], "user", None):
            self.assertIn('"features" must be an object', self.line(bad))
        for bad in ("5", 1.5, None, True, {}):
            self.assertIn("\"features\": 'user' must be a whole number, or a list of them", self.line({"user": bad}))
        self.assertIn("entry 2 is not a whole number", self.line({"user": [1, "2"]}))
        self.assertIn("is no name", self.line({"us\0er": [1]}))
        self.assertIn("did you mean 'user'?", self.line({"usr": [1]}, "unknown_feature", 108))
        self.line({"user": []}, "feature_length", 109)
        self.line({"user": 488}, "unknown_id", 111)
        self.line({"time": [5, 4]}, "times_backwards", 110, of=golden_model(TISASREC))


class InterestsTest(ToolTest):
    def test_encode(self):
        case = golden(MIND)["cases"][-1]
        given = ["--history", ids(case["history"]), *flags(case["features"])]
        answer = self.json("encode", golden_model(MIND), *given, "--json")
        self.assertEqual(list(answer), ["vectors"])
        self.assertEqual([len(vector) for vector in answer["vectors"]], [8, 8, 8])
        self.assertNotEqual(answer["vectors"][0], answer["vectors"][1])
        lines = self.ok("encode", golden_model(MIND), *given).splitlines()
        self.assertEqual([[float(x) for x in line.split(" ")] for line in lines], answer["vectors"])

    def test_bench(self):
        for name in (MIND, HSTU, TISASREC, CASER):
            report = self.json("bench", golden_model(name), "--json", "--seconds", "1", "--k", "3")
            self.assertGreater(report["calls"], 0)
            self.assertEqual(report["items"], golden(name)["items"])


class InfoTest(ToolTest):
    def info(self, name):
        return self.json("info", golden_model(name), "--json")

    def test_inputs(self):
        history, time = self.info(HSTU)["inputs"]
        self.assertEqual(history, {"name": "history", "kind": "item_history", "vocabulary": 100, "first_id": None,
                                   "last_id": None, "default": None, "request_time": False})
        self.assertEqual(time, {"name": "time", "kind": "event_times", "vocabulary": 0, "first_id": None, "last_id": None,
                                "default": 0, "request_time": True})
        self.assertFalse(self.info(TISASREC)["inputs"][1]["request_time"])
        self.assertEqual(self.info(CASER)["inputs"][1], {"name": "user", "kind": "context_id", "vocabulary": 488, "first_id": 0,
                                                         "last_id": 487, "default": 487, "request_time": False})

    def test_interests_and_outputs(self):
        info = self.info(MIND)
        self.assertEqual((info["interests"], info["dim"]), (3, 8))
        self.assertEqual(info["outputs"], [{"name": "user_vector", "rows": 3, "cols": 8}])
        self.assertEqual((self.info(HSTU)["interests"], self.info(HSTU)["prior"]), (1, False))

    def test_text(self):
        out = self.ok("info", golden_model(HSTU))
        self.assertRegex(out, r"\ninput +time: event_times, seconds, never decreasing; the request's own time may follow")
        self.assertIn("user: context_id, 488 legal ids, 0 to 487; 487 where it is not given", self.ok("info", golden_model(CASER)))
        self.assertRegex(self.ok("info", golden_model(MIND)), r"\nuser vectors +3 interests of 8 elements each.*\n(.*\n)*output +"
                         r"user_vector: 3 rows of 8 elements\n")


class EvalTest(ToolTest):
    """Ranks by heed eval are those of heed score with the same features."""

    def compare(self, name, data, cases, features):
        """`cases`: history, target and features of each user that is evaluated."""
        items = golden(name)["items"]
        rows = [{"history": h, "features": f, "candidates": list(range(1, items + 1))} for h, _, f in cases]
        rank_sum = 0.0
        for (_, target, _), answer in zip(cases, self.stream("score", rows, of=golden_model(name))):
            scores = answer["scores"]
            rank_sum += 1 / (1 + sum(s > scores[target - 1] or (s == scores[target - 1] and i < target - 1)
                                     for i, s in enumerate(scores)))
        got = self.json("eval", golden_model(name), "--data", data, "--seen", "keep", "--k", items, "--json")
        self.assertAlmostEqual(got[f"mrr@{items}"], rank_sum / len(cases), places=12)
        self.assertEqual(got["features"], features)
        return got

    EVENTS = [("u1", [5, 9, 2, 14], [100, 160, 900, 5000]), ("u2", [3, 7, 8], [10, 10, 900000]), ("u3", [11, 4], [7, 9])]

    def table(self):
        rows = [f"{user}\t{item}\t{time}.75\n" for user, items, times in self.EVENTS for item, time in zip(items, times)]
        return write("timed.inter", "user_id:token\titem_id:token\ttimestamp:float\n" + "".join(reversed(rows[:2])) + "".join(rows[2:]))

    def test_times(self):
        def cases(times_of):
            return [(items[:-1], items[-1], {"time": times_of(times)} if times_of else {}) for _, items, times in self.EVENTS]
        self.compare(TISASREC, self.table(), cases(lambda times: times[:-1]), {"time": 3})
        timed = self.compare(HSTU, self.table(), cases(lambda times: times), {"time": 3})
        sequences = write("untimed.txt", "".join(f"{u} {' '.join(map(str, i))}\n" for u, i, _ in self.EVENTS))
        plain = self.compare(HSTU, sequences, cases(None), {"time": 0})
        self.assertNotEqual(timed["mrr@100"], plain["mrr@100"])

    def test_users(self):
        data = write("users.txt", "3 5 9 2\n487 7 8 1\n488 5 9 2\nanna 7 8 1\n")
        cases = [([5, 9], 2, {"user": 3}), ([7, 8], 1, {"user": 487}), ([5, 9], 2, {}), ([7, 8], 1, {})]
        self.compare(CASER, data, cases, {"user": 2})

    def test_several_interests_and_sampled(self):
        data = write("users.txt", "3 5 9 2\n4 7 8 1\n")
        self.compare(MIND, data, [([5, 9], 2, {"user": 3}), ([7, 8], 1, {"user": 4})], {"user": 2})
        got = self.json("eval", golden_model(MIND), "--data", data, "--protocol", "sampled", "--negatives", "20", "--json")
        self.assertEqual(got["features"], {"user": 2})

    def test_text(self):
        def text(name, data):
            return self.ok("eval", golden_model(name), "--data", data)
        self.assertIn("time: of all users, from the data", text(HSTU, self.table()))
        users = write("users.txt", "3 5 9 2\nanna 7 8 1\n")
        self.assertIn("user: of 1 users from the data, the model's default for the others", text(CASER, users))
        self.assertIn("time: the model's default, as the data do not tell", text(HSTU, users))

    def test_a_time_that_is_none(self):
        data = write("far.inter", "user_id:token\titem_id:token\ttimestamp:float\n1\t5\t1e300\n1\t6\t2e300\n")
        message = self.fails(4, "data_mismatch", 105, "eval", golden_model(HSTU), "--data", data)
        self.assertIn("line 2: the timestamp is no time in seconds", message)

    def test_models_without_features_say_nothing_of_them(self):
        data = write("timed_shop.inter", "user_id\titem_id\ttimestamp\n1\t335\t5\n1\t826\t6\n")
        self.assertNotIn("features", self.json("eval", model(), "--data", data, "--json"))
        self.assertNotIn("feature", self.ok("eval", model(), "--data", data))
