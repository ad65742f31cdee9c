#!/usr/bin/env python3
"""Write tiny gSASRec checkpoints and what they compute.

Own reference: PyTorch formulas in double precision over the fully padded history, after asash/gSASRec-pytorch,
gsasrec.py and transformer_decoder.py. Nothing of heed is used.

    /usr/bin/python3 tests/golden/gsasrec_variants.py     (PyTorch 1.13; takes a second)
"""

import json
import math
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

FOLDER = Path(__file__).parent / "gsasrec"
ITEMS, DIM, SLOTS, BLOCKS, HEADS = 19, 12, 7, 2, 3

Weights = dict[str, Tensor]


def make_weights(own_output: bool) -> Weights:
    def make(*shape: int) -> Tensor:
        return torch.rand(*shape) - 0.5

    w = {"item_embedding.weight": make(ITEMS + 2, DIM), "position_embedding.weight": make(SLOTS, DIM),
         "seq_norm.weight": 1 + make(DIM), "seq_norm.bias": make(DIM)}
    for b in range(BLOCKS):
        block = f"transformer_blocks.{b}."
        for norm in ("first_norm", "second_norm"):
            w[f"{block}{norm}.weight"], w[f"{block}{norm}.bias"] = 1 + make(DIM), make(DIM)
        for layer in ("multihead_attention.query_proj", "multihead_attention.key_proj", "multihead_attention.val_proj",
                      "dense1", "dense2"):
            w[f"{block}{layer}.weight"], w[f"{block}{layer}.bias"] = make(DIM, DIM), make(DIM)
    if own_output:
        w["output_embedding.weight"] = make(ITEMS + 2, DIM)
    return w


def run(w: Weights, history: list[int], relu: bool) -> tuple[Tensor, Tensor]:
    recent = history[-SLOTS:]
    ids = torch.tensor([ITEMS + 1] * (SLOTS - len(recent)) + recent)
    mask = (ids != ITEMS + 1).double()[:, None]

    def norm(x: Tensor, name: str) -> Tensor:
        return functional.layer_norm(x, (DIM,), w[name + ".weight"], w[name + ".bias"])

    def linear(x: Tensor, name: str) -> Tensor:
        return x @ w[name + ".weight"].T + w[name + ".bias"]

    x = (w["item_embedding.weight"][ids] + w["position_embedding.weight"]) * mask
    future = torch.ones(SLOTS, SLOTS, dtype=torch.bool).triu(1)
    for b in range(BLOCKS):
        block = f"transformer_blocks.{b}."
        queries = norm(x, block + "first_norm")
        q, k, v = (linear(y, f"{block}multihead_attention.{name}_proj")
                   for y, name in ((queries, "query"), (x, "key"), (x, "val")))
        empty = x.abs().sum(-1) == 0
        mixed = []
        for part in torch.arange(DIM).chunk(HEADS):
            score = q[:, part] @ k[:, part].T / math.sqrt(len(part))
            score = score.masked_fill(empty[None, :], -math.inf).masked_fill(future, -math.inf)
            mixed.append(torch.nan_to_num(torch.softmax(score, -1), nan=0.0) @ v[:, part])
        y = norm(torch.cat(mixed, 1) + queries, block + "second_norm")
        hidden = linear(y, block + "dense1")
        x = (linear(torch.relu(hidden) if relu else hidden, block + "dense2") + y) * mask
    vector = norm(x, "seq_norm")[-1]
    rows = w.get("output_embedding.weight", w["item_embedding.weight"])
    return vector, rows[1:ITEMS + 1] @ vector


def write(name: str, own_output: bool, relu: bool, seed: int) -> None:
    torch.manual_seed(seed)
    stored = make_weights(own_output)
    torch.save(stored, FOLDER / f"{name}.pt")
    weights = {key: value.double() for key, value in stored.items()}
    generator = torch.Generator().manual_seed(seed)
    cases = []
    for length in range(SLOTS + 3):
        history = torch.randint(1, ITEMS + 1, (length,), generator=generator).tolist()
        vector, scores = run(weights, history, relu)
        cases.append({"history": history, "vector": vector.tolist(), "scores": scores.tolist()})
    options = {"heads": HEADS, **({} if relu else {"activation": "none"})}
    (FOLDER / f"{name}.json").write_text(json.dumps(
        {"family": "gsasrec", "variant": "pytorch", "options": options, "items": ITEMS, "max_history": SLOTS,
         "reference": "own reference, gsasrec_variants.py", "cases": cases}, separators=(",", ":")) + "\n")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    write("pytorch", own_output=True, relu=True, seed=1)
    write("first_version", own_output=False, relu=False, seed=2)


if __name__ == "__main__":
    main()
