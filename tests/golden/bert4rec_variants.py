#!/usr/bin/env python3
"""Write tiny BERT4Rec checkpoints, one for each variant without a library that is run here, and what they compute.

Own reference: plain PyTorch formulas in double precision over the fully padded history, one at a time. Nothing of
heed is used. Sources:

  jaywonchung, jaywonchung-from-1   jaywonchung/BERT4Rec-VAE-Pytorch, models/bert_modules
  recbole-1.0                       RUCAIBox/RecBole 1.0, bert4rec.py and layers.py
  recbole-all-events                RecBole 1.2's, without its loss of the oldest event (recbole_models.py has that)

    /usr/bin/python3 tests/golden/bert4rec_variants.py     (PyTorch 1.13; takes a second)
"""

import json
import math
from pathlib import Path
from typing import Callable

import torch
from torch import Tensor
from torch.nn import functional

FOLDER = Path(__file__).parent / "bert4rec"
ITEMS, DIM, HIDDEN, SLOTS, BLOCKS, HEADS = 17, 8, 20, 6, 2, 2

Weights = dict[str, Tensor]
Norm = Callable[[Tensor, str], Tensor]


def linear(w: Weights, name: str, x: Tensor) -> Tensor:
    return x @ w[name + ".weight"].T + w[name + ".bias"]


def attention(q: Tensor, k: Tensor, v: Tensor, visible: Tensor, fill: float) -> Tensor:
    width = q.shape[1] // HEADS
    mixed = []
    for head in range(HEADS):
        part = slice(head * width, (head + 1) * width)
        score = q[:, part] @ k[:, part].T / math.sqrt(width)
        mixed.append(torch.softmax(score.masked_fill(~visible[None, :], fill), -1) @ v[:, part])
    return torch.cat(mixed, 1)


class Jaywonchung:
    def __init__(self, first_id: int) -> None:
        self.first_id = first_id

    def weights(self, make: Callable[..., Tensor]) -> Weights:
        w = {"bert.embedding.token.weight": make(ITEMS + 2, DIM), "bert.embedding.position.pe.weight": make(SLOTS, DIM)}
        w["bert.embedding.token.weight"][0] = 0
        for b in range(BLOCKS):
            block = f"bert.transformer_blocks.{b}."
            for layer in ("attention.linear_layers.0", "attention.linear_layers.1", "attention.linear_layers.2",
                          "attention.output_linear"):
                w[f"{block}{layer}.weight"], w[f"{block}{layer}.bias"] = make(DIM, DIM), make(DIM)
            w[block + "feed_forward.w_1.weight"], w[block + "feed_forward.w_1.bias"] = make(HIDDEN, DIM), make(HIDDEN)
            w[block + "feed_forward.w_2.weight"], w[block + "feed_forward.w_2.bias"] = make(DIM, HIDDEN), make(DIM)
            for norm in ("input_sublayer", "output_sublayer"):
                w[f"{block}{norm}.norm.a_2"], w[f"{block}{norm}.norm.b_2"] = 1 + make(DIM), make(DIM)
        w["out.weight"], w["out.bias"] = make(ITEMS + 1, DIM), make(ITEMS + 1)
        return w

    def run(self, w: Weights, history: list[int]) -> tuple[Tensor, Tensor]:
        tokens = (history + [ITEMS + 1])[-SLOTS:]
        tokens = [0] * (SLOTS - len(tokens)) + tokens
        ids = torch.tensor(tokens)
        x = w["bert.embedding.token.weight"][ids] + w["bert.embedding.position.pe.weight"]

        def norm(name: str) -> Tensor:
            centred = x - x.mean(-1, keepdim=True)
            return w[name + ".norm.a_2"] * centred / (x.std(-1, keepdim=True) + 1e-6) + w[name + ".norm.b_2"]

        for b in range(BLOCKS):
            block = f"bert.transformer_blocks.{b}."
            y = norm(block + "input_sublayer")
            q, k, v = (linear(w, f"{block}attention.linear_layers.{i}", y) for i in range(3))
            x = x + linear(w, block + "attention.output_linear", attention(q, k, v, ids > 0, -1e9))
            hidden = linear(w, block + "feed_forward.w_1", norm(block + "output_sublayer"))
            gelu = 0.5 * hidden * (1 + torch.tanh(math.sqrt(2 / math.pi) * (hidden + 0.044715 * hidden ** 3)))
            x = x + linear(w, block + "feed_forward.w_2", gelu)
        return x[-1], linear(w, "out", x[-1])[self.first_id:self.first_id + ITEMS]


class RecBole:
    def __init__(self, head: bool) -> None:
        self.head = head

    def weights(self, make: Callable[..., Tensor]) -> Weights:
        w = {"item_embedding.weight": make(ITEMS + 2, DIM), "position_embedding.weight": make(SLOTS, DIM),
             "LayerNorm.weight": 1 + make(DIM), "LayerNorm.bias": make(DIM)}
        for b in range(BLOCKS):
            for part, layers in (("multi_head_attention", ("query", "key", "value", "dense")), ("feed_forward", ())):
                block = f"trm_encoder.layer.{b}.{part}."
                for layer in layers:
                    w[f"{block}{layer}.weight"], w[f"{block}{layer}.bias"] = make(DIM, DIM), make(DIM)
                if not layers:
                    w[block + "dense_1.weight"], w[block + "dense_1.bias"] = make(HIDDEN, DIM), make(HIDDEN)
                    w[block + "dense_2.weight"], w[block + "dense_2.bias"] = make(DIM, HIDDEN), make(DIM)
                w[block + "LayerNorm.weight"], w[block + "LayerNorm.bias"] = 1 + make(DIM), make(DIM)
        if self.head:
            w["output_ffn.weight"], w["output_ffn.bias"] = make(DIM, DIM), make(DIM)
            w["output_ln.weight"], w["output_ln.bias"] = 1 + make(DIM), make(DIM)
            w["output_bias"] = make(ITEMS + 1)
        return w

    def run(self, w: Weights, history: list[int]) -> tuple[Tensor, Tensor]:
        recent = history[len(history) - min(len(history), SLOTS - 1):] + [ITEMS + 1]
        ids = torch.tensor(recent + [0] * (SLOTS - len(recent)))

        def norm(x: Tensor, name: str) -> Tensor:
            return functional.layer_norm(x, (DIM,), w[name + ".weight"], w[name + ".bias"], 1e-12)

        x = norm(w["item_embedding.weight"][ids] + w["position_embedding.weight"], "LayerNorm")
        for b in range(BLOCKS):
            layer = f"trm_encoder.layer.{b}."
            part = layer + "multi_head_attention."
            q, k, v = (linear(w, part + name, x) for name in ("query", "key", "value"))
            x = norm(x + linear(w, part + "dense", attention(q, k, v, ids > 0, -10000.0)), part + "LayerNorm")
            part = layer + "feed_forward."
            x = norm(x + linear(w, part + "dense_2", functional.gelu(linear(w, part + "dense_1", x))), part + "LayerNorm")
        vector = x[len(recent) - 1]
        if self.head:
            vector = norm(functional.gelu(linear(w, "output_ffn", vector[None])), "output_ln")[0]
        scores = w["item_embedding.weight"][1:ITEMS + 1] @ vector
        return vector, scores + w["output_bias"][1:] if self.head else scores


def write(name: str, family: dict[str, object], model: "Jaywonchung | RecBole", first_id: int, seed: int) -> None:
    torch.manual_seed(seed)
    stored = model.weights(lambda *shape: torch.rand(*shape) - 0.5)
    torch.save({"model_state_dict": stored, "epoch": 3}, FOLDER / f"{name}.pt")
    weights = {key: value.double() for key, value in stored.items()}
    generator = torch.Generator().manual_seed(seed)
    cases = []
    for length in range(SLOTS + 2):
        for _ in range(2):
            history = torch.randint(first_id, first_id + ITEMS, (length,), generator=generator).tolist()
            vector, scores = model.run(weights, history)
            cases.append({"history": history, "vector": vector.tolist(), "scores": scores.tolist()})
    (FOLDER / f"{name}.json").write_text(json.dumps(
        {"family": "bert4rec", **family, "items": ITEMS, "first_id": first_id, "max_history": SLOTS - 1,
         "reference": "own reference, bert4rec_variants.py", "cases": cases}, separators=(",", ":")) + "\n")


def main() -> None:
    heads = {"heads": HEADS}
    write("jaywonchung", {"variant": "jaywonchung", "options": heads}, Jaywonchung(0), 0, 1)
    write("jaywonchung_from_1", {"variant": "jaywonchung-from-1", "options": {**heads, "variant": "jaywonchung-from-1"}},
          Jaywonchung(1), 1, 2)
    write("recbole_1_0", {"variant": "recbole-1.0", "options": {"family": "bert4rec"}}, RecBole(False), 1, 3)
    write("recbole_all_events", {"variant": "recbole-all-events", "options": {"variant": "recbole-all-events"}},
          RecBole(True), 1, 4)


if __name__ == "__main__":
    main()
