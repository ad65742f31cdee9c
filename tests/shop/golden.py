#!/usr/bin/env python3
"""Write expected.json: what PyTorch computes from the shop's checkpoint, in double precision.

The weights are widened to double, every history is cut to its latest 50 events and padded to 50,
and the model of train.py runs as it is. The 40 histories are of random products and of the
customers in interactions.txt. For each the file holds, products being numbered from 1:

  history               the products, oldest first (more than 50 in a few cases)
  vector                the user vector
  top, top_scores       the 20 best products, none excluded; of equal scores the lower number first
  candidates, scores    20 products, some of them twice, and their scores
  score_range           least and greatest score over all products; errors are measured against it

Takes a few seconds and reads only files of this folder.
"""

import argparse
import json
import random
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from train import SASRec, load

FOLDER = Path(__file__).parent
LENGTHS = (1, 2, 3, 10, 49, 50, 51, 120)  # around the window of 50, each random and real
CUSTOMERS = 24                            # histories of the test protocol, beside those
LONGEST = 150                             # of these, which keeps the file small
TOP = 20
CANDIDATES = 20


def read_customers(path: Path) -> list[list[int]]:
    """Returns the histories of interactions.txt without their last event, the test target."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [[int(item) for item in line.split()[1:-1]] for line in lines]


def choose_histories(customers: list[list[int]], num_items: int,
                     rng: random.Random) -> list[list[int]]:
    products = range(1, num_items + 1)
    made_up = [rng.choices(products, k=length) for length in LENGTHS]
    beginnings = [rng.choice([c for c in customers if len(c) >= length])[:length]
                  for length in LENGTHS]
    real = rng.sample([c for c in customers if len(c) <= LONGEST], CUSTOMERS)
    return made_up + beginnings + real


def rounded(values: Tensor) -> list[float]:
    return [float(f"{value:.9g}") for value in values.tolist()]


@torch.no_grad()
def golden_case(model: SASRec, history: list[int], rng: random.Random) -> dict[str, Any]:
    vector = model.encode([history])
    scores = model.score(vector)[0]
    top = scores.sort(descending=True, stable=True).indices[:TOP]
    candidates = rng.choices(range(1, len(scores) + 1), k=CANDIDATES - 2)
    candidates += candidates[:2]
    return {
        "history": history,
        "vector": rounded(vector[0]),
        "top": (top + 1).tolist(),
        "top_scores": rounded(scores[top]),
        "candidates": candidates,
        "scores": rounded(scores[torch.tensor(candidates) - 1]),
        "score_range": rounded(torch.stack([scores.min(), scores.max()])),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, metavar="FILE",
                        default=FOLDER / "sasrec_online_retail.pt")
    parser.add_argument("--out", type=Path, metavar="FILE", default=FOLDER / "expected.json")
    args = parser.parse_args()

    model, checkpoint = load(args.checkpoint)
    model.double()
    num_items = checkpoint["config"]["num_items"]
    rng = random.Random(50)
    histories = choose_histories(read_customers(FOLDER / "interactions.txt"), num_items, rng)
    golden = {
        "model": args.checkpoint.stem,
        "max_history": model.maxlen,
        "note": "positions from the left, padding on the right and never attended to",
        "cases": [golden_case(model, history, rng) for history in histories],
    }
    args.out.write_text(json.dumps(golden, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
