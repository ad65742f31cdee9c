"""The command line itself: help, version, and everything that is refused before work begins."""

from support import TITLES, ToolTest, model, run

COMMANDS = ("convert", "info", "recommend", "score", "encode", "eval", "bench", "synth")


class HelpTest(ToolTest):
    def test_version(self):
        self.assertRegex(self.ok("--version"), r"^heed \d+\.\d+\.\d+, \w+ kernels\n$")

    def test_help_lists_every_command(self):
        for args in (["help"], ["--help"], ["-h"]):
            out = self.ok(*args)
            for command in COMMANDS:
                self.assertIn(f"  {command} ", out)

    def test_help_of_a_command(self):
        for command in COMMANDS:
            out = self.ok("help", command)
            self.assertEqual(out, self.ok(command, "--help"))
            self.assertIn(f"Usage: heed {command} ", out)
            self.assertIn("--json", out)

    def test_help_of_an_unknown_command(self):
        self.assertIn("did you mean 'convert'?", self.usage("help", "covert"))


class CommandTest(ToolTest):
    def test_no_command(self):
        self.assertIn("no command", self.usage())

    def test_unknown_command_with_suggestion(self):
        self.assertIn("'recomend' is not a command; did you mean 'recommend'?", self.usage("recomend"))

    def test_unknown_command_without_suggestion(self):
        self.assertNotIn("did you mean", self.usage("xyzzyxyzzy"))

    def test_unknown_flag_with_suggestion(self):
        message = self.usage("recommend", model(), "--histroy", "1")
        self.assertIn("'--histroy' is not a flag here; did you mean '--history'?", message)
        self.assertIn("'heed help recommend' explains", message)
        self.assertIn("did you mean '--history'?", self.usage("encode", model(), "--histori=1"))

    def test_flag_of_another_command(self):
        self.assertIn("'--candidates' is not a flag here", self.usage("encode", model(), "--candidates", "1"))

    def test_no_model(self):
        for command in COMMANDS[1:-1]:
            self.assertIn("MODEL is required", self.usage(command))

    def test_second_model(self):
        self.assertIn("not expected: other.heed", self.usage("info", model(), "other.heed"))

    def test_flag_without_value_and_flag_twice(self):
        self.assertIn("--history", self.usage("recommend", model(), "--history"))
        self.assertIn("--k", self.usage("recommend", model(), "--history", "1", "--k", "1", "--k", "2"))

    def test_control_characters_do_not_reach_the_terminal(self):
        self.assertNotIn("\x1b", run("\x1b[31mred").err)


class ValueTest(ToolTest):
    def test_ids(self):
        for flag in ("--history", "--allow", "--deny"):
            history = [] if flag == "--history" else ["--history", "1"]
            message = self.usage("recommend", model(), *history, flag, "1,x,3")
            self.assertIn(f"{flag} takes item ids with commas and no spaces between them, such as 1,2,3; 'x' is not one", message)
        for bad in ("1,,2", "1,", ",", "1.5", "0x10", "9223372036854775808", "+1", "1 2"):
            self.usage("recommend", model(), "--history", bad)

    def test_k(self):
        for bad in ("0", "-1", "x", "1.5", "4294967296", ""):
            self.assertIn("--k", self.usage("recommend", model(), "--history", "1", f"--k={bad}"))

    def test_choices(self):
        message = self.usage("recommend", model(), "--history", "1", "--unknown", "ignore")
        self.assertIn("--unknown must be one of error, skip, unk, not 'ignore'", message)

    def test_where_the_history_comes_from(self):
        self.assertIn("no history", self.usage("recommend", model()))
        self.assertIn("only one of", self.usage("recommend", model(), "--history", "1", "--jsonl"))
        self.assertIn("only one of", self.usage("score", model(), "--history", "1", "--history-titles", "a",
                                                "--titles", TITLES, "--candidates", "1"))
        self.assertIn("needs --titles", self.usage("recommend", model(), "--history-titles", "mug"))

    def test_candidates(self):
        self.assertIn("no candidates", self.usage("score", model(), "--history", "1"))
        self.assertIn("every line has its own", self.usage("score", model(), "--jsonl", "--candidates", "1"))

    def test_empty_allow(self):
        self.assertIn("--allow is empty", self.usage("recommend", model(), "--history", "1", "--allow", ""))

    def test_eval(self):
        data = ("eval", model(), "--data", "nowhere.txt")
        self.assertIn("--data is required", self.usage("eval", model()))
        self.assertIn("full, sampled", self.usage(*data, "--protocol", "half"))
        self.assertIn("exclude, keep, zero", self.usage(*data, "--seen", "no"))
        self.assertIn("--seen is for", self.usage(*data, "--protocol", "sampled", "--seen", "keep"))
        self.assertIn("--protocol sampled", self.usage(*data, "--negatives", "5"))
        self.assertIn("--protocol sampled", self.usage(*data, "--seed", "5"))
        for flag, bad in (("--negatives", "0"), ("--seed", "-1"), ("--seed", "18446744073709551616"), ("--k", "5,0"),
                          ("--k", "5,,6"), ("--k", ""), ("--threads", "0"), ("--threads", "two")):
            self.assertIn(flag, self.usage(*data, f"{flag}={bad}"))
