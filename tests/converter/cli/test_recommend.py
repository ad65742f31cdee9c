"""heed recommend, one history at a time."""

from support import ITEMS, TITLES, UNKNOWN, ToolTest, model, write

HISTORY = [335, 826, 546]


def ids(items):
    return ",".join(map(str, items))


class RecommendTest(ToolTest):
    def items(self, *args, history=HISTORY):
        return self.json("recommend", model(), f"--history={ids(history)}", "--json", *args)["items"]

    def test_json(self):
        answer = self.json("recommend", model(), "--history", ids(HISTORY), "--json")
        self.assertEqual(list(answer), ["items", "scores"])
        self.assertEqual(len(answer["items"]), 10)
        self.assertEqual(len(set(answer["items"])), 10)
        self.assertEqual(answer["scores"], sorted(answer["scores"], reverse=True))

    def test_table(self):
        answer = self.json("recommend", model(), "--history", ids(HISTORY), "--json", "--k", 3)
        lines = self.ok("recommend", model(), "--history", ids(HISTORY), "--k", 3).splitlines()
        self.assertEqual(lines[0].split(), ["rank", "item", "score"])
        rows = [line.split() for line in lines[1:]]
        self.assertEqual([row[:2] for row in rows], [[str(i + 1), str(x)] for i, x in enumerate(answer["items"])])
        for row, score in zip(rows, answer["scores"]):
            self.assertAlmostEqual(float(row[2]), score, delta=1e-5 * abs(score))

    def test_smaller_k_is_a_prefix(self):
        self.assertEqual(self.items("--k", 4), self.items()[:4])

    def test_whole_catalogue_and_more(self):
        everything = self.items("--k", ITEMS, "--keep-seen")
        self.assertEqual(sorted(everything), list(range(1, ITEMS + 1)))
        self.assertEqual(len(self.items("--k", ITEMS)), ITEMS - len(HISTORY))
        message = self.fails(4, "invalid_argument", 100, "recommend", model(), "--history", "1", "--k", ITEMS + 1)
        self.assertIn("3,659 items", message)

    def test_seen(self):
        kept = self.items("--k", 50, "--keep-seen")
        seen = [x for x in kept if x in HISTORY]
        self.assertTrue(seen, "no item of the history among the best 50; choose another history")
        self.assertEqual(self.items("--k", 50 - len(seen)), [x for x in kept if x not in HISTORY])

    def test_seen_counts_all_of_a_long_history(self):
        best = self.items("--k", 5)
        history = best + [1] * 6000 + HISTORY  # the best stand far outside the window, and the lists grow
        self.assertFalse(set(best) & set(self.items("--k", 2000, history=history)))

    def test_deny(self):
        best = self.items("--k", 12)
        self.assertEqual(self.items("--deny", ids(best[:2])), best[2:])
        self.assertEqual(self.items("--deny", ""), best[:10])
        self.assertEqual(len(self.items("--deny", ids(range(1, ITEMS - 5)), "--k", 20)), 6)

    def test_allow(self):
        allowed = list(range(100, 1700))
        every = self.items("--k", ITEMS)
        self.assertEqual(self.items("--allow", ids(allowed)), [x for x in every if x in set(allowed)][:10])
        self.assertEqual(sorted(self.items("--allow", ids([5, 6, *HISTORY]))), [5, 6])
        self.assertEqual(self.items("--allow", ids([5]), "--deny", ids([5])), [])

    def test_unknown(self):
        mixed = [335, UNKNOWN, 826, 546]
        message = self.fails(4, "unknown_item", 101, "recommend", model(), "--history", ids(mixed), "--json")
        self.assertIn(str(UNKNOWN), message)
        self.fails(4, "unknown_item", 101, "recommend", model(), "--history", ids(mixed), "--unknown", "error")
        self.fails(4, "unknown_item", 101, "recommend", model(), "--history", "1", "--deny", UNKNOWN)
        self.assertEqual(self.items("--unknown", "skip", history=mixed), self.items())
        substituted = self.items("--unknown", "unk", history=mixed)
        self.assertEqual(len(substituted), 10)
        self.assertNotEqual(substituted, self.items())

    def test_no_history(self):
        self.assertEqual(len(self.items(history=[])), 10)
        self.assertEqual(self.json("recommend", model(), "--history", "", "--json")["items"], self.items(history=[]))

    def test_negative_id(self):
        self.fails(4, "unknown_item", 101, "recommend", model(), "--history=-5,1")

    def test_int8(self):
        answer = self.json("recommend", model("int8"), "--history", ids(HISTORY), "--json")
        self.assertGreaterEqual(len(set(answer["items"]) & set(self.items())), 7)


class TitlesTest(ToolTest):
    def test_table(self):
        out = self.ok("recommend", model(), "--history", ids(HISTORY), "--titles", TITLES, "--k", 3)
        lines = out.splitlines()
        self.assertEqual(lines[0], "History")
        self.assertEqual(lines[1:4], ["  335  VINTAGE RED MUG", "  826  RED RETROSPOT MUG", "  546  RED POLKADOT COFFEE MUG"])
        self.assertEqual(lines[4], "Recommended")
        self.assertEqual(lines[5].split(), ["rank", "item", "score", "title"])
        self.assertEqual(len(lines), 9)
        self.assertTrue(self.ok("recommend", model(), "--history", "", "--titles", TITLES).startswith("History: none\n"))

    def test_json(self):
        names = dict(line.split("\t") for line in TITLES.read_text().splitlines())
        answer = self.json("recommend", model(), "--history", ids(HISTORY), "--titles", TITLES, "--json")
        self.assertEqual(answer["titles"], [names[str(i)] for i in answer["items"]])

    def test_typed_header_first_title_column_and_missing_titles(self):
        first = self.json("recommend", model(), "--history", "1", "--json", "--k", 2)["items"]
        titles = write("typed.item", "class:token_seq\tmovie_title:token_seq\titem_id:token\ttitle_two:token\r\n"
                                     f"a\tCafé \"x\" {{}}\t{first[0]}\tno\r\nb\tForeign\t{UNKNOWN}\tno\r\n")
        answer = self.json("recommend", model(), "--history", "1", "--titles", titles, "--json", "--k", 2)
        self.assertEqual(answer["titles"], ['Café "x" {}', None])
        out = self.ok("recommend", model(), "--history", "1", "--titles", titles, "--k", 2)
        self.assertIn("Café", out)
        self.assertIn("(no title)", out)

    def test_bytes_that_are_no_utf8_and_control_characters(self):
        titles = write("latin1.tsv", b"item_id\ttitle\n" + b"".join(b"%d\tcaf\xe9\x1b[31m\n" % i for i in range(1, ITEMS + 1)))
        answer = self.json("recommend", model(), "--history", "1", "--titles", titles, "--json")
        self.assertEqual(answer["titles"][0], "caf\ufffd\x1b[31m")
        out = self.ok("recommend", model(), "--history", "1", "--titles", titles)
        self.assertIn("caf??[31m", out)
        self.assertNotIn("\x1b", out)

    def test_refusals(self):
        def refusal(contents):
            titles = write("bad.tsv", contents)
            return self.fails(4, "data_mismatch", 105, "recommend", model(), "--history", "1", "--titles", titles)
        self.assertIn("line 2, column 1: 'one' is not an item id", refusal("item_id\ttitle\none\tMug\n"))
        self.assertIn("line 3, column 1: a second title for item 1", refusal("item_id\ttitle\n1\tMug\n1\tCup\n"))
        self.assertIn("line 2, column 5: 3 fields where the header names 2", refusal("item_id\ttitle\n1\ta\tb\n"))
        self.assertIn("needs a column 'item_id'", refusal("id\ttitle\n1\ta\n"))
        self.assertIn("'title' in its name; its header names 'item_id', 'name'", refusal("item_id\tname\n1\ta\n"))
        self.assertIn("empty", refusal(""))
        self.fails(5, "file_not_found", 401, "recommend", model(), "--history", "1", "--titles", "nowhere.tsv")


class HistoryTitlesTest(ToolTest):
    def by_title(self, names):
        return self.json("recommend", model(), "--history-titles", names, "--titles", TITLES, "--json")["items"]

    def by_id(self, *history):
        return self.json("recommend", model(), "--history", ids(history), "--json")["items"]

    def test_whole_title_wins_over_part(self):
        self.assertEqual(self.by_title("VINTAGE RED MUG"), self.by_id(335))

    def test_case_and_spaces(self):
        self.assertEqual(self.by_title(" vintage red mug ;Red Retrospot Mug; ; red polkadot COFFEE mug"),
                         self.by_id(335, 826, 546))

    def test_unique_part(self):
        self.assertEqual(self.by_title("political globe"), self.by_id(1))

    def test_none(self):
        self.assertEqual(self.by_title(""), self.by_id())

    def test_ambiguous(self):
        message = self.fails(4, "data_mismatch", 105, "recommend", model(), "--history-titles", "mug", "--titles", TITLES)
        self.assertRegex(message, r"^'mug' means \d+ items: 'VINTAGE RED MUG' \(item 335\), .* and \d+ more; ")

    def test_no_match(self):
        message = self.fails(4, "unknown_item", 101, "recommend", model(), "--history-titles", "spaceship engine",
                             "--titles", TITLES)
        self.assertIn("'spaceship engine'", message)

    def test_titles_of_items_outside_the_model_do_not_count(self):
        titles = write("more.tsv", f"item_id\ttitle\n{UNKNOWN}\tBlue Lamp\n7\tBlue Lamp\n")
        answer = self.json("recommend", model(), "--history-titles", "blue lamp", "--titles", titles, "--json")
        self.assertEqual(answer["items"], self.by_id(7))
