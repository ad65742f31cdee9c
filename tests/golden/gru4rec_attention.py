#!/usr/bin/env python3
"""Write tiny checkpoints of GRU4Rec with attention over its states, and what they compute.

Own reference: torch.nn.GRU and formulas in double precision, in the plain form of Bahdanau et al. (2015) with the last
state as the query. Nothing of heed is used. Over the states h_1 .. h_T of the top layer:

    e_t = v . tanh(W h_t + U h_T + b)        attention.v.weight, attention.key.weight, attention.query.weight and .bias
    a = softmax(e) over the real events,     c = sum of a_t h_t
    user = Wo [c; h_T] + bo                  output.weight, output.bias
    score = user . item_embedding            its rows from 1; row 0 is padding

Padding is on the right and masked: it never counts. Histories are cut to the last events: no weight shows how
many, but the checkpoint's config does (max_seq_length).

    /usr/bin/python3 tests/golden/gru4rec_attention.py     (PyTorch 1.13; takes a second)
"""

import json
import math
from pathlib import Path

import torch
from torch import Tensor, nn

FOLDER = Path(__file__).parent / "gru4rec"
ITEMS, DIM, HIDDEN, WIDTH, SLOTS = 19, 8, 10, 6, 9


class Additive(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.key = nn.Linear(HIDDEN, WIDTH, bias=False)
        self.query = nn.Linear(HIDDEN, WIDTH)
        self.v = nn.Linear(WIDTH, 1, bias=False)

    def forward(self, states: Tensor, last: Tensor, real: Tensor) -> Tensor:
        energy = self.v(torch.tanh(self.key(states) + self.query(last)[:, None, :]))[:, :, 0]
        share = torch.softmax(energy.masked_fill(~real, -math.inf), -1)
        return (share[:, None, :] @ states)[:, 0]


class Model(nn.Module):
    def __init__(self, layers: int) -> None:
        super().__init__()
        self.item_embedding = nn.Embedding(ITEMS + 1, DIM, padding_idx=0)
        self.gru = nn.GRU(DIM, HIDDEN, layers, batch_first=True)
        self.attention = Additive()
        self.output = nn.Linear(2 * HIDDEN, DIM)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        states, _ = self.gru(self.item_embedding(ids))
        last = states[torch.arange(len(ids)), lengths - 1]
        return self.output(torch.cat([self.attention(states, last, ids != 0), last], 1))


def write(name: str, layers: int, seed: int) -> None:
    torch.manual_seed(seed)
    model = Model(layers)
    with torch.no_grad():
        for key, weight in model.named_parameters():
            weight.copy_((torch.rand(weight.shape) - 0.5) * (3 if key.startswith("attention") else 1.5))
        model.item_embedding.weight[0] = 0
    torch.save({"config": {"max_seq_length": SLOTS}, "state_dict": dict(model.state_dict())}, FOLDER / f"{name}.pt")
    model.double()
    generator = torch.Generator().manual_seed(seed)
    histories = [torch.randint(1, ITEMS + 1, (length,), generator=generator).tolist() for length in range(1, SLOTS + 3)]
    histories += [[5, 5], [3, 5, 3, 7, 5, 3]]
    recent = [history[-SLOTS:] for history in histories]
    with torch.no_grad():
        vectors = model(torch.tensor([r + [0] * (SLOTS - len(r)) for r in recent]),
                        torch.tensor([len(r) for r in recent]))
        scores = vectors @ model.item_embedding.weight[1:].T
    (FOLDER / f"{name}.json").write_text(json.dumps(
        {"family": "gru4rec", "variant": "attention", "options": {}, "items": ITEMS, "max_history": SLOTS,
         "reference": "own reference, gru4rec_attention.py",
         "cases": [{"history": h, "vector": v, "scores": s} for h, v, s in
                   zip(histories, vectors.tolist(), scores.tolist())]}, separators=(",", ":")) + "\n")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    write("attention", layers=1, seed=1)
    write("attention_two_layers", layers=2, seed=2)


if __name__ == "__main__":
    main()
