"""models.py HEED [--seconds N] [--json FILE]: models from end to end, as Markdown tables of what `heed bench` measures."""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple, Sequence

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "bench-models"  # made once
SHOP = ROOT / "tests" / "shop" / "sasrec_online_retail.pt"


class Work(NamedTuple):
    name: str
    precision: str
    synth: Sequence[str]  # flags of `heed synth`; none: the shop's trained checkpoint
    bench: Sequence[str]  # flags of `heed bench`


def sasrec(items: int, dim: int, heads: int, events: int, *more: str) -> list[str]:
    return ["--family", "sasrec", "--items", str(items), "--dim", str(dim), "--blocks", "2", "--heads", str(heads),
            "--max-history", str(events), *more]


WORKS = (
    Work("the shop", "fp32", (), ("--history-length", "50")),
    Work("the shop", "int8", (), ("--history-length", "5,50", "--k", "10,100")),
    Work("as ML-1M: d=50, L=200", "int8", sasrec(3416, 50, 1, 200), ("--history-length", "20,200")),
    Work("d=64, L=50", "int8", sasrec(10_000, 64, 2, 50), ("--history-length", "50", "--batch", "1,32", "--threads", "1,2")),
    Work("d=64, L=50", "int8", sasrec(100_000, 64, 2, 50), ("--history-length", "50", "--batch", "1,256", "--threads", "1,2")),
    Work("d=64, L=50", "int8", sasrec(1_000_000, 64, 2, 50), ("--history-length", "50", "--threads", "1,2")),
    Work("d=64, L=200, counted from the left", "int8", sasrec(10_000, 64, 2, 200, "--variant", "recbole", "--hidden", "64"),
         ("--history-length", "150", "--append", "--drop-at-once", "20")),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="./dev bench models", description=__doc__)
    parser.add_argument("heed")
    parser.add_argument("--seconds", default="1", help="of calls, for each line")
    parser.add_argument("--json", help="write the results of heed bench to this file, too")
    arguments = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    results = []
    for work in WORKS:
        print(f"models: {work.name}, {work.precision}", file=sys.stderr)
        result = json.loads(run(arguments.heed, "bench", make(arguments.heed, work), *work.bench, "--seconds",
                                arguments.seconds, "--json"))
        results.append((work, result))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps([{"name": work.name, **result} for work, result in results]))
    print(f"Kernels: {results[0][1]['isa']}\n")
    print_table(("model", "items", "precision", "events", "top", "batch", "threads", "p50", "p90", "p99", "users/s"),
                [row for work, result in results for row in latencies(work, result)])
    print_table(("model", "items", "precision", "file", "session", "open", "first call", "cold open", "cold first call"),
                [opening(work, result) for work, result in results])
    print_table(("growing history", "events", "append and top 10", "computed anew", "ratio"),
                [row for work, result in results if "append" in result for row in appends(work, result)])


def run(*command: Any) -> str:
    return subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True).stdout


def make(heed: str, work: Work) -> Path:
    """The model's file; one of another build of heed is made again."""
    name = "-".join(part.lstrip("-") for part in work.synth) or "shop"
    checkpoint = FOLDER / f"{name}.safetensors" if work.synth else SHOP
    if not checkpoint.exists():
        run(heed, "synth", *work.synth, "-o", checkpoint)
    model = FOLDER / f"{name}.{work.precision}.heed"
    if not model.exists() or model.stat().st_mtime < Path(heed).stat().st_mtime:
        run(heed, "convert", checkpoint, "-o", model, "--quantize", work.precision)
    return model


def time(us: float) -> str:
    return f"{us:.1f} us" if us < 1000 else f"{us / 1000:.2f} ms"


def size(count: float) -> str:
    return f"{count / 1e3:.0f} kB" if count < 1e6 else f"{count / 1e6:.2f} MB"


def latencies(work: Work, result: dict[str, Any]) -> list[list[str]]:
    return [[work.name, f"{result['items']:,}", work.precision, str(cell["history_length"]), str(cell["k"]),
             str(cell["batch"]), str(cell["threads"]), time(cell["p50_us"]), time(cell["p90_us"]), time(cell["p99_us"]),
             f"{cell['users_per_second']:,.0f}"] for cell in result["cells"]]


def opening(work: Work, result: dict[str, Any]) -> list[str]:
    warm, cold = result["warm"], result["cold"]
    return [work.name, f"{result['items']:,}", work.precision, size(result["file_bytes"]), size(result["session_bytes"]),
            time(warm["open_us"]), time(warm["first_us"]),
            time(cold["open_us"]) if cold else "", time(cold["first_us"]) if cold else ""]


def appends(work: Work, result: dict[str, Any]) -> list[list[str]]:
    parts = [*result["append"]["lengths"], {**result["append"], "from": 1, "to": result["append"]["lengths"][-1]["to"]}]
    return [[work.name, f"{part['from']} to {part['to']}", time(part["append_us"]), time(part["anew_us"]),
             f"{part['anew_us'] / part['append_us']:.1f}"] for part in parts]


def print_table(header: Sequence[str], rows: list[list[str]]) -> None:
    for line in (header, ["---"] * len(header), *rows):
        print(f"| {' | '.join(line)} |")
    print()


if __name__ == "__main__":
    main()
