#!/usr/bin/env python3
"""Hold the tool against what a framework computed: conversion, scores, recommendations, vectors, ranking quality.

    parity.py HEED shop FOLDER       the shop's checkpoint (tests/shop)
    parity.py HEED real_data         the checkpoints in the folder that HEED_REAL_DATA names; exit 77 without it

A results file (expected.json) has, for each of its cases, a history, the user vector, the twenty best items and the
scores of some candidates, computed in double precision by an implementation independent of heed.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Optional

ISAS = ("scalar", "sse2", "sse41", "avx2", "avxvnni", "avx512", "avx512vnni", "neon", "neondot", "neoni8mm")
SKIPPED = 77

SCORE_ERROR = 5e-6   # of the score range, fp32
VECTOR_ERROR = 1e-4  # of the largest element, fp32
TIE = 1e-5           # of the score range: closer neighbours may change places
INT8_OVERLAP = 0.93  # of the ten best, on average


class Checks:
    """Prints one line a check and counts the failures."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    def check(self, name: str, ok: bool, detail: str) -> None:
        print(f"{'ok  ' if ok else 'FAIL'} {name}: {detail}", flush=True)
        self.passed += ok
        self.failed += not ok


class Tool:
    """The heed tool, through its machine interface."""

    def __init__(self, heed: str, folder: str) -> None:
        self.heed = heed
        self.folder = folder

    def run(self, *arguments: str, stdin: str = "", isa: Optional[str] = None) -> str:
        environment = {**os.environ, "HEED_ISA": isa} if isa else None
        done = subprocess.run([self.heed, *arguments], input=stdin, capture_output=True, text=True,
                              env=environment)
        if done.returncode != 0:
            raise RuntimeError(f"heed {' '.join(arguments[:2])} ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def convert(self, source: Path, precision: str, *flags: str) -> str:
        out = os.path.join(self.folder, f"{source.stem}-{precision}.heed")
        self.run("convert", str(source), "-o", out, "--quantize", precision, *flags)
        return out

    def answers(self, command: str, model: str, requests: list[dict[str, Any]], *flags: str,
                isa: Optional[str] = None) -> list[dict[str, Any]]:
        lines = "".join(json.dumps(request) + "\n" for request in requests)
        return [json.loads(line) for line in self.run(command, model, "--jsonl", *flags, stdin=lines, isa=isa).splitlines()]

    def available_isas(self, model: str) -> list[str]:
        found = []
        for isa in ISAS:
            try:
                self.run("encode", model, "--history", "", isa=isa)
                found.append(isa)
            except RuntimeError as error:
                if "isa_unsupported" not in str(error):
                    raise
        return found


def score_range(case: dict[str, Any]) -> float:
    return case["score_range"][1] - case["score_range"][0]


def keeps_top(case: dict[str, Any], items: list[int]) -> bool:
    """The same ten, in the same order but for near ties."""
    reference = dict(zip(case["top"], case["top_scores"]))
    tie = TIE * score_range(case)
    return len(set(items)) == 10 and all(
        item in reference and abs(reference[item] - score) <= tie
        for item, score in zip(items, case["top_scores"]))


def top_requests(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"history": case["history"]} for case in cases]


def check_fp32(checks: Checks, tool: Tool, name: str, model: str, cases: list[dict[str, Any]], isa: str) -> None:
    scores = tool.answers("score", model, [{"history": c["history"], "candidates": c["candidates"]} for c in cases], isa=isa)
    tops = tool.answers("recommend", model, top_requests(cases), "--k", "10", "--keep-seen", isa=isa)
    vectors = tool.answers("encode", model, top_requests(cases), isa=isa)
    error = max(abs(want - got) / score_range(case) for case, answer in zip(cases, scores)
                for want, got in zip(case["scores"], answer["scores"]))
    vector_error = max(max(abs(a - b) for a, b in zip(case["vector"], answer["vector"])) / max(map(abs, case["vector"]))
                       for case, answer in zip(cases, vectors))
    kept = sum(keeps_top(case, answer["items"]) for case, answer in zip(cases, tops))
    checks.check(f"{name} fp32 on {isa}",
                 error <= SCORE_ERROR and vector_error <= VECTOR_ERROR and kept == len(cases),
                 f"score error {error:.1e} of the range, vector error {vector_error:.1e}, top ten kept {kept}/{len(cases)}")


def check_int8(checks: Checks, tool: Tool, name: str, model: str, cases: list[dict[str, Any]], least: float) -> None:
    tops = tool.answers("recommend", model, top_requests(cases), "--k", "10", "--keep-seen")
    overlap = sum(len(set(answer["items"]) & set(case["top"][:10])) for case, answer in zip(cases, tops)) / (10 * len(cases))
    checks.check(f"{name} int8", overlap >= least, f"top-ten overlap {overlap:.3f}, at least {least}")


def evaluate(tool: Tool, model: str, data: Path, *flags: str) -> dict[str, Any]:
    return json.loads(tool.run("eval", model, "--data", str(data), "--json", *flags))


def check_quality(checks: Checks, name: str, got: dict[str, Any], ndcg: float, hit_rate: float) -> None:
    ok = abs(got["ndcg@10"] - ndcg) < 6e-5 and abs(got["hr@10"] - hit_rate) < 6e-5
    checks.check(name, ok, f"NDCG@10 {got['ndcg@10']:.5f} (reference {ndcg}), HR@10 {got['hr@10']:.5f} (reference {hit_rate})")


def check_int8_quality(checks: Checks, name: str, fp32: dict[str, Any], int8: dict[str, Any]) -> None:
    checks.check(name, int8["ndcg@10"] >= 0.995 * fp32["ndcg@10"],
                 f"NDCG@10 {int8['ndcg@10']:.5f} in int8, {fp32['ndcg@10']:.5f} in fp32")


def check_checkpoint(checks: Checks, tool: Tool, source: Path, expected: Path, *flags: str,
                     overlap: float = INT8_OVERLAP) -> tuple[str, str]:
    """Converts to both precisions, checks results on every instruction set, returns the two models."""
    cases = json.loads(expected.read_text())["cases"]
    fp32, int8 = tool.convert(source, "fp32", *flags), tool.convert(source, "int8", *flags)
    for isa in tool.available_isas(fp32):
        check_fp32(checks, tool, source.stem, fp32, cases, isa)
    check_int8(checks, tool, source.stem, int8, cases, overlap)
    return fp32, int8


def check_shop(checks: Checks, tool: Tool, folder: Path) -> None:
    fp32, int8 = check_checkpoint(checks, tool, folder / "sasrec_online_retail.pt", folder / "expected.json")
    data = folder / "interactions.txt"
    quality = evaluate(tool, fp32, data)
    check_quality(checks, "shop", quality, ndcg=0.2432, hit_rate=0.3428)  # train.py's own figures
    check_int8_quality(checks, "shop", quality, evaluate(tool, int8, data))


def check_real_data(checks: Checks, tool: Tool, folder: Path) -> None:
    expected = folder / "expected"
    fp32, int8 = check_checkpoint(checks, tool, folder / "sasrec_ml1m_epoch860.pth",
                                  expected / "sasrec_ml1m_epoch860.json", overlap=0.96)
    quality = evaluate(tool, fp32, folder / "ml-1m.txt")
    check_quality(checks, "epoch860 on ML-1M", quality, ndcg=0.1353, hit_rate=0.2520)
    check_int8_quality(checks, "epoch860 on ML-1M", quality, evaluate(tool, int8, folder / "ml-1m.txt"))

    fp32, int8 = check_checkpoint(checks, tool, folder / "sasrec_ml1m_epoch601_2020.pth",
                                  expected / "sasrec_ml1m_epoch601_2020.json", overlap=0.96)
    quality = evaluate(tool, fp32, folder / "ml-1m.txt")
    check_quality(checks, "epoch601 on ML-1M", quality, ndcg=0.1130, hit_rate=0.2141)
    check_int8_quality(checks, "epoch601 on ML-1M", quality, evaluate(tool, int8, folder / "ml-1m.txt"))

    fp32, _ = check_checkpoint(checks, tool, folder / "iclrec_Beauty.pt", expected / "iclrec_Beauty.json", "--heads", "2")
    check_quality(checks, "ICLRec on Beauty", evaluate(tool, fp32, folder / "Beauty.txt", "--seen", "zero"),
                  ndcg=0.0403, hit_rate=0.0744)

    check_checkpoint(checks, tool, folder / "bert4rec_bert32_b.pth", expected / "bert4rec_bert32_b.json", "--heads", "4")


def main() -> int:
    heed, what = os.path.abspath(sys.argv[1]), sys.argv[2]
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        tool = Tool(heed, folder)
        if what == "shop":
            check_shop(checks, tool, Path(sys.argv[3]))
        elif not os.environ.get("HEED_REAL_DATA"):
            print("skipped: HEED_REAL_DATA does not name a folder of real checkpoints")
            return SKIPPED
        else:
            check_real_data(checks, tool, Path(os.environ["HEED_REAL_DATA"]))
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
