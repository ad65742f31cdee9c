#!/usr/bin/env python3
"""Write tiny TiSASRec checkpoints and what they compute.

Own reference: PyTorch formulas in double precision over the fully padded history, after Li et al., "Time Interval
Aware Self-Attention for Sequential Recommendation" (WSDM 2020) as pmixer/TiSASRec.pytorch computes it (model.py, and
utils.py for what becomes of the times). Nothing of heed is used.

- Times count in units of the user's smallest gap between neighbours that is not zero, from 1: Python's round(), so
  halves go to the even number. All events of the history count, also those that no longer fit.
- Padding is on the left, at time 0. A padded slot's vector is zero, but its key and value are not: they are the
  projections' biases, the position, and the interval from time 0. Later queries attend to them.
- Keys and values are projected from the block's input, queries from its norm; the residual is the norm too.
- time_matrix_K_emb has time_span + 1 rows: the longest interval is its last row.

    /usr/bin/python3 tests/golden/tisasrec_variants.py     (PyTorch 1.13; takes a second)
"""

import json
import math
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

FOLDER = Path(__file__).parent / "tisasrec"
ITEMS, DIM, SLOTS, SPAN = 19, 12, 7, 9
GAPS = (0, 60, 60, 90, 120, 210, 600)  # seconds between events

Weights = dict[str, Tensor]


def make_weights(blocks: int, padding: bool) -> Weights:
    def make(*shape: int) -> Tensor:
        return torch.rand(*shape) - 0.5

    w = {"item_emb.weight": make(ITEMS + 1, DIM)}
    if not padding:
        w["item_emb.weight"][0] = 0
    for table, rows in (("abs_pos", SLOTS), ("time_matrix", SPAN + 1)):
        for kind in "KV":
            w[f"{table}_{kind}_emb.weight"] = make(rows, DIM)

    def norm(name: str) -> None:
        w[name + ".weight"], w[name + ".bias"] = 1 + make(DIM), make(DIM)

    for b in range(blocks):
        norm(f"attention_layernorms.{b}")
        for part in ("Q_w", "K_w", "V_w"):
            w[f"attention_layers.{b}.{part}.weight"], w[f"attention_layers.{b}.{part}.bias"] = make(DIM, DIM), make(DIM)
        norm(f"forward_layernorms.{b}")
        for part in ("conv1", "conv2"):
            w[f"forward_layers.{b}.{part}.weight"], w[f"forward_layers.{b}.{part}.bias"] = make(DIM, DIM, 1), make(DIM)
    norm("last_layernorm")
    return w


def units(times: list[int]) -> list[int]:
    gaps = [b - a for a, b in zip(times, times[1:]) if b != a]
    scale = min(gaps) if gaps else 1
    return [int(round((time - min(times)) / scale) + 1) for time in times]


def run(w: Weights, blocks: int, heads: int, history: list[int], times: list[int]) -> tuple[Tensor, Tensor]:
    def norm(x: Tensor, name: str) -> Tensor:
        return functional.layer_norm(x, (DIM,), w[name + ".weight"], w[name + ".bias"], 1e-8)

    def linear(x: Tensor, name: str) -> Tensor:
        return x @ w[name + ".weight"].reshape(DIM, DIM).T + w[name + ".bias"]

    recent, when = history[-SLOTS:], units(times)[-SLOTS:]
    empty = SLOTS - len(recent)
    ids, clock = torch.tensor([0] * empty + recent), torch.tensor([0] * empty + when)
    interval = (clock[:, None] - clock[None, :]).abs().clamp(max=SPAN)
    mask = (ids != 0).double()[:, None]
    future = torch.ones(SLOTS, SLOTS, dtype=torch.bool).triu(1)

    x = w["item_emb.weight"][ids] * math.sqrt(DIM) * mask
    for b in range(blocks):
        layer = f"attention_layers.{b}."
        queries = norm(x, f"attention_layernorms.{b}")
        q, k, v = linear(queries, layer + "Q_w"), linear(x, layer + "K_w"), linear(x, layer + "V_w")
        k, v = k + w["abs_pos_K_emb.weight"], v + w["abs_pos_V_emb.weight"]
        mixed = []
        for part in torch.arange(DIM).chunk(heads):
            time_k, time_v = (w[f"time_matrix_{kind}_emb.weight"][interval][:, :, part] for kind in "KV")
            score = (q[:, part] @ k[:, part].T + torch.einsum("id,ijd->ij", q[:, part], time_k)) / math.sqrt(len(part))
            score = torch.where((mask == 0) | future, -2.0**32 + 1, score)  # rows of padding: the next mask drops them
            share = torch.softmax(score, -1)
            mixed.append(share @ v[:, part] + torch.einsum("ij,ijd->id", share, time_v))
        y = norm(queries + torch.cat(mixed, 1), f"forward_layernorms.{b}")
        hidden = torch.relu(linear(y, f"forward_layers.{b}.conv1"))
        x = (linear(hidden, f"forward_layers.{b}.conv2") + y) * mask
    vector = norm(x, "last_layernorm")[-1]
    return vector, w["item_emb.weight"][1:] @ vector


def histories(generator: torch.Generator) -> list[tuple[list[int], list[int]]]:
    def draw(limit: int, count: int) -> list[int]:
        return torch.randint(0, limit, (count,), generator=generator).tolist()

    made = []
    for length in range(1, SLOTS + 3):
        times = [1700000000 + draw(86400, 1)[0]]
        for gap in draw(len(GAPS), length - 1):
            times.append(times[-1] + GAPS[gap])
        made.append(([1 + i for i in draw(ITEMS, length)], times))
    start = 1650000000
    return [*made,
            ([4, 9, 4], [start] * 3),  # no gap at all
            ([4, 9, 4, 2], [start, start + 60, start + 150, start + 330]),  # 2.5 and 5.5 units: halves to even
            ([3, 5, 3, 7, 5, 3], [start, start + 5, start + 10, start + 10, start + 86400, start + 5000000]),
            # the smallest gap and the first event lie before the last SLOTS events
            ([1, 2, 6, 1, 8, 2, 11, 19, 6], [start, start + 7, *(start + 107 + 20 * i for i in range(SLOTS))])]


def write(name: str, blocks: int, heads: int, padding: bool, seed: int) -> None:
    torch.manual_seed(seed)
    stored = make_weights(blocks, padding)
    torch.save(stored, FOLDER / f"{name}.pt")
    weights = {key: value.double() for key, value in stored.items()}
    cases = []
    for history, times in histories(torch.Generator().manual_seed(seed)):
        vector, scores = run(weights, blocks, heads, history, times)
        cases.append({"history": history, "features": {"time": times}, "vector": vector.tolist(),
                      "scores": scores.tolist()})
    (FOLDER / f"{name}.json").write_text(json.dumps(
        {"family": "tisasrec", "variant": "pytorch", "options": {"heads": heads}, "items": ITEMS, "max_history": SLOTS,
         "reference": "own reference, tisasrec_variants.py", "cases": cases}, separators=(",", ":")) + "\n")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    write("pytorch", blocks=2, heads=1, padding=False, seed=1)
    write("two_heads", blocks=2, heads=2, padding=False, seed=2)
    write("padding_not_zero", blocks=1, heads=3, padding=True, seed=3)


if __name__ == "__main__":
    main()
