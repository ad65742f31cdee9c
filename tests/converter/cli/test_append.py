"""heed recommend --jsonl: lines that go on with the history of the lines before."""

import json

from support import ToolTest, model

LINES = [{"history": [335, 826]}, {"append": [546]}, {"append": [1, 2], "k": 3}, {"history": []}, {"append": [7]}]
WHOLE = [{"history": [335, 826]}, {"history": [335, 826, 546]}, {"history": [335, 826, 546, 1, 2], "k": 3},
         {"history": []}, {"history": [7]}]


def text(lines):
    return "".join(json.dumps(line) + "\n" for line in lines)


class AppendTest(ToolTest):
    def test_answers_are_those_of_the_whole_history(self):
        self.assertEqual(self.ok("recommend", model(), "--jsonl", stdin=text(LINES)),
                         self.ok("recommend", model(), "--jsonl", stdin=text(WHOLE)))

    def refused(self, *lines):
        return self.fails(4, "data_mismatch", 105, "recommend", model(), "--jsonl", stdin=text(lines))

    def test_refusals(self):
        self.assertIn("line 1: no \"history\" before", self.refused({"append": [1]}))
        self.assertIn("line 1: \"append\" is empty", self.refused({"append": []}))
        self.assertIn("both \"history\" and \"append\"", self.refused({"history": [1], "append": [2]}))
        self.assertIn("\"history\" is missing", self.refused({"k": 2}))
