#!/usr/bin/env python3
"""Write tiny checkpoints of a convolution with attention over its outputs, and what they compute.

Own reference: torch.nn.Conv1d and formulas in double precision. It takes Caser's idea (convolutions along the sequence
of embeddings, Tang and Wang, WSDM 2018) and pools with attention where Caser takes the maximum, so that histories of
any length need no padding. Nothing of heed is used. For each event t:

    x_t = item_embedding[id_t] + position_embedding[t]     the latter if there is one; t counts from 0, oldest first
    z_t = relu(sum of conv.weight[:, :, j] x_{t-w+1+j} + conv.bias)    w taps; zeros before the first event
    e_t = attention.v . tanh(attention.key z_t + its bias)
    a = softmax(e) over the events,  user = output.weight (sum of a_t z_t) + output.bias
    score = user . item_embedding                          its rows from 1; row 0 is padding, zero

Histories are cut to the last events: as many as there are positions; without positions no weight shows how many, but
the checkpoint's config does (max_seq_length).

    /usr/bin/python3 tests/golden/caser_attention.py     (PyTorch 1.13; takes a second)
"""

import json
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

FOLDER = Path(__file__).parent / "caser"
ITEMS, DIM, CHANNELS, WIDTH, SLOTS = 19, 8, 10, 6, 9


class Additive(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.key = nn.Linear(CHANNELS, WIDTH)
        self.v = nn.Linear(WIDTH, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        share = torch.softmax(self.v(torch.tanh(self.key(x)))[:, 0], 0)
        return share @ x


class Model(nn.Module):
    def __init__(self, taps: int, positions: bool) -> None:
        super().__init__()
        self.item_embedding = nn.Embedding(ITEMS + 1, DIM, padding_idx=0)
        self.position_embedding = nn.Embedding(SLOTS, DIM) if positions else None
        self.conv = nn.Conv1d(DIM, CHANNELS, taps)
        self.attention = Additive()
        self.output = nn.Linear(CHANNELS, DIM)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.item_embedding(ids)
        if self.position_embedding is not None:
            x = x + self.position_embedding.weight[:len(ids)]
        before = functional.pad(x.T[None], (self.conv.kernel_size[0] - 1, 0))
        return self.output(self.attention(torch.relu(self.conv(before))[0].T))


def write(name: str, taps: int, positions: bool, seed: int) -> None:
    torch.manual_seed(seed)
    model = Model(taps, positions)
    with torch.no_grad():
        for key, weight in model.named_parameters():
            weight.copy_((torch.rand(weight.shape) - 0.5) * (3 if key.startswith("attention") else 1.5))
        model.item_embedding.weight[0] = 0
    torch.save({"config": {"max_seq_length": SLOTS}, "state_dict": dict(model.state_dict())}, FOLDER / f"{name}.pt")
    model.double()
    generator = torch.Generator().manual_seed(seed)
    histories = [torch.randint(1, ITEMS + 1, (length,), generator=generator).tolist() for length in range(1, SLOTS + 3)]
    cases = []
    with torch.no_grad():
        for history in [*histories, [5, 5], [3, 5, 3, 7, 5, 3]]:
            vector = model(torch.tensor(history[-SLOTS:]))
            cases.append({"history": history, "vector": vector.tolist(),
                          "scores": (model.item_embedding.weight[1:] @ vector).tolist()})
    (FOLDER / f"{name}.json").write_text(json.dumps(
        {"family": "caser", "variant": "attention", "options": {}, "items": ITEMS, "max_history": SLOTS,
         "reference": "own reference, caser_attention.py", "cases": cases}, separators=(",", ":")) + "\n")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    write("attention", taps=3, positions=True, seed=1)
    write("attention_no_positions", taps=2, positions=False, seed=2)


if __name__ == "__main__":
    main()
