"""--jsonl: a stream of requests on standard input, and the ends that streams can come to."""

import json
import os
import subprocess
import unittest

import support
from support import HEED, ITEMS, TITLES, TMP, UNKNOWN, ToolTest, json_lines, model

HISTORIES = [[335, 826], [], [1], list(range(1, 200)), [335, 826], [7, 7, 7]]


class AnswerTest(ToolTest):
    def test_recommend_answers_in_order(self):
        answers = self.stream("recommend", [{"history": h} for h in HISTORIES])
        self.assertEqual(answers[0], answers[4])
        for history, answer in zip(HISTORIES, answers):
            one = self.json("recommend", model(), "--json", f"--history={','.join(map(str, history))}")
            self.assertEqual(answer, one)

    def test_score_and_encode_answer_in_order(self):
        scores = self.stream("score", [{"history": h, "candidates": [5, 6, 5]} for h in HISTORIES])
        vectors = self.stream("encode", [{"history": h} for h in HISTORIES])
        for history, score, vector in zip(HISTORIES, scores, vectors):
            ids = ",".join(map(str, history))
            self.assertEqual(score, self.json("score", model(), "--json", f"--history={ids}", "--candidates", "5,6,5"))
            self.assertEqual(vector, self.json("encode", model(), "--json", f"--history={ids}"))

    def test_lines_override_flags(self):
        rows = [{"history": [335]}, {"history": [335], "k": 2}, {"history": [335], "allow": [10, 11]},
                {"history": [335], "deny": []}, {"history": [335], "k": ITEMS}, {"history": [335]}]
        got = self.stream("recommend", rows, "--k", "5", "--deny", "826", "--allow", "826,10,11,12")
        every = self.stream("recommend", [{"history": [335], "k": ITEMS}])[0]["items"]

        def best(k, allowed, denied=()):
            return [x for x in every if x in allowed and x not in denied][:k]
        self.assertEqual(got[0]["items"], best(5, (10, 11, 12)))
        self.assertEqual(got[1]["items"], best(2, (10, 11, 12)))
        self.assertEqual(got[2]["items"], best(5, (10, 11)))
        self.assertEqual(got[3]["items"], best(5, (826, 10, 11, 12)))
        self.assertEqual(got[4]["items"], best(5, (10, 11, 12)))
        self.assertEqual(got[5], got[0])

    def test_limits_grow_with_the_lines(self):
        every = list(range(1, ITEMS + 1))
        long_history = [1 + i % 30 for i in range(20000)]
        rows = [{"history": [1]}, {"history": long_history, "allow": every * 2, "deny": every[:1500]}, {"history": [1]}]
        got = self.stream("recommend", rows)
        self.assertEqual(got[0], got[2])
        self.assertTrue(all(x > 1500 for x in got[1]["items"]))
        sizes = [len(a["scores"]) for a in self.stream("score", [{"history": [1], "candidates": every * n} for n in (0, 1, 3)])]
        self.assertEqual(sizes, [0, ITEMS, 3 * ITEMS])

    def test_keep_seen_unknown_and_titles(self):
        rows = [{"history": [335, UNKNOWN], "allow": [335, 9, UNKNOWN]}]
        answer = self.stream("recommend", rows, "--keep-seen", "--unknown", "skip", "--titles", TITLES)[0]
        self.assertEqual(sorted(answer["items"]), [9, 335])
        self.assertIn("VINTAGE RED MUG", answer["titles"])
        self.assertEqual(self.stream("score", [{"history": [1], "candidates": [UNKNOWN]}], "--unknown", "skip"),
                         [{"scores": [None]}])

    def test_blank_lines_crlf_spaces_and_no_last_newline(self):
        text = ' {"history" : [335, 826]}\r\n\n   \n{"history":[1]}'
        answers = self.ok("encode", model(), "--jsonl", stdin=text).splitlines()
        self.assertEqual([json.loads(a) for a in answers], self.stream("encode", [{"history": [335, 826]}, {"history": [1]}]))

    def test_nothing(self):
        self.assertEqual(self.ok("recommend", model(), "--jsonl", stdin=""), "")


class RefusalTest(ToolTest):
    def refused(self, command, line, part, name="data_mismatch", number=105):
        good = {"history": [1], "candidates": [2]} if command == "score" else {"history": [1]}
        answered = self.ok(command, model(), "--jsonl", stdin=json_lines([good]))
        stdin = json_lines([good]) + "\n" + (line if isinstance(line, str) else json.dumps(line)) + "\n" + json_lines([good])
        message = self.fails(4, name, number, command, model(), "--jsonl", stdin=stdin, out=answered)
        self.assertTrue(message.startswith("line 3: "), message)
        self.assertIn(part, message)

    def test_json(self):
        for line, part in (("not json", "not valid JSON at column 2"), ('{"history":[1,2}', "not valid JSON at column 16"),
                           ('{"history":[1]} x', "not valid JSON"), ("[1,2]", "not a JSON object"), ("3", "not a JSON object"),
                           ('{"history":[1e999]}', "number"), ('{"history":["\xff"]}', "entry 1")):
            self.refused("recommend", line, part)

    def test_fields(self):
        self.refused("recommend", {}, '"history" is missing')
        self.refused("recommend", {"history": 5}, '"history" must be a list of item ids')
        self.refused("recommend", {"history": None}, '"history" must be a list of item ids')
        for bad in (1.5, "1", None, [1], True, 9223372036854775808, -9223372036854775809, 1.0):
            self.refused("recommend", {"history": [1, bad]}, '"history": entry 2 is not an item id')
        for bad in (0, -1, 1.5, "5", None):
            self.refused("recommend", {"history": [1], "k": bad}, '"k" must be a whole number from 1')
        self.refused("recommend", {"history": [1], "allow": []}, '"allow" is empty')
        self.refused("recommend", {"histroy": [1], "history": [1]}, "'histroy' is not a field here")
        self.refused("score", {"history": [1]}, '"candidates" is missing')
        self.refused("encode", {"history": [1], "candidates": [1]}, "'candidates' is not a field here")

    def test_items_and_limits(self):
        self.refused("recommend", {"history": [1, UNKNOWN]}, str(UNKNOWN), "unknown_item", 101)
        self.refused("score", {"history": [1], "candidates": [UNKNOWN]}, str(UNKNOWN), "unknown_item", 101)
        self.refused("recommend", {"history": [1], "k": ITEMS + 1}, "3,659 items", "invalid_argument", 100)
        self.refused("recommend", {"history": [1], "k": 2 ** 62}, "3,659 items", "invalid_argument", 100)


class EndTest(ToolTest):
    """Streams that end early, and that never end."""

    def start(self, *args, **streams):
        return subprocess.Popen([HEED, *map(str, args)], text=True, stderr=subprocess.PIPE, **streams)

    def ended(self, process, name, number, part):
        err = process.stderr.read()
        self.assertEqual(process.wait(60), 5, err)
        process.stderr.close()
        self.assertTrue(err.startswith(f"heed: error {name} ({number}): standard "), err)
        self.assertIn(part, err)

    def test_each_line_is_answered_at_once(self):
        process = self.start("recommend", model(), "--jsonl", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with process:
            for _ in range(3):
                process.stdin.write('{"history":[1]}\n')
                process.stdin.flush()
                self.assertEqual(len(json.loads(process.stdout.readline())["items"]), 10)
            process.stdin.close()
            self.assertEqual((process.wait(60), process.stdout.read(), process.stderr.read()), (0, "", ""))

    def test_reader_goes_away(self):
        requests = TMP / "many.jsonl"
        requests.write_text('{"history":[1]}\n' * 20000)
        with open(requests, encoding="utf-8") as stdin:
            process = self.start("encode", model(), "--jsonl", stdin=stdin, stdout=subprocess.PIPE)
            process.stdout.readline()
            process.stdout.close()
            self.ended(process, "io_error", 400, "Broken pipe")

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full")
    def test_disk_is_full(self):
        for args in (["--version"], ["help"], ["info", model()], ["recommend", model(), "--history", "1", "--json"]):
            with open("/dev/full", "w", encoding="utf-8") as full:
                self.ended(self.start(*args, stdout=full), "no_space", 402, "No space left")

    def test_standard_output_is_closed(self):
        process = self.start("info", model(), preexec_fn=lambda: os.close(1))
        self.ended(process, "io_error", 400, "Bad file descriptor")

    def test_standard_input_is_a_folder_or_closed(self):
        folder = os.open(TMP, os.O_RDONLY)
        self.ended(self.start("recommend", model(), "--jsonl", stdin=folder, stdout=subprocess.DEVNULL), "io_error", 400,
                   "Is a directory")
        os.close(folder)
        process = self.start("recommend", model(), "--jsonl", stdout=subprocess.DEVNULL, preexec_fn=lambda: os.close(0))
        self.ended(process, "io_error", 400, "Bad file descriptor")

    def test_no_progress_without_a_terminal(self):
        self.assertEqual(support.run("eval", model(), "--data", support.INTERACTIONS, "--threads", "1").err, "")
