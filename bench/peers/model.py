#!/usr/bin/env python3
"""The SASRec that all runtimes run: weights, the module its training code has, and the graph a careful engineer makes.

    model.py write MODEL CHECKPOINT                               weights, which `heed convert` takes without flags
    model.py reference MODEL CHECKPOINT --events N --out FILE     what `Reference` answers for histories, as JSON

Both modules take item ids [events] and give the K best items that are not among them: scores [K], ids [K].
`Reference` is pmixer/SASRec.pytorch as it is today (python/model.py): histories padded to max_history on the
left, all blocks over all slots. `Lean` computes the same numbers from real events alone.
"""
import argparse
import json
import math
import pathlib
import sys

import torch
from torch import nn
from torch.nn import functional

import workloads

NEVER = float("-inf")
HISTORIES = 16


def random_weights(shape):
    """Values of the sizes that training leaves: rows of uneven popularity, gains near 1, small biases."""
    generator = torch.Generator().manual_seed(shape.seed)
    dim = shape.dim

    def normal(*size, std):
        return torch.randn(size, generator=generator) * std

    items = normal(shape.items + 1, dim, std=0.5 / math.sqrt(dim))
    items *= torch.exp(normal(shape.items + 1, 1, std=0.35))
    positions = normal(shape.max_history + 1, dim, std=0.2)
    items[0] = 0
    positions[0] = 0
    weights = {"item_emb.weight": items, "pos_emb.weight": positions}
    for b in range(shape.blocks):
        for norm in (f"attention_layernorms.{b}", f"forward_layernorms.{b}"):
            weights[norm + ".weight"] = 1 + normal(dim, std=0.1)
            weights[norm + ".bias"] = normal(dim, std=0.05)
        attention, forward = f"attention_layers.{b}.", f"forward_layers.{b}."
        weights[attention + "in_proj_weight"] = normal(3 * dim, dim, std=1 / math.sqrt(dim))
        weights[attention + "in_proj_bias"] = normal(3 * dim, std=0.02)
        weights[attention + "out_proj.weight"] = normal(dim, dim, std=1 / math.sqrt(dim))
        weights[attention + "out_proj.bias"] = normal(dim, std=0.02)
        for conv in ("conv1", "conv2"):
            weights[forward + conv + ".weight"] = normal(dim, dim, 1, std=1 / math.sqrt(dim))
            weights[forward + conv + ".bias"] = normal(dim, std=0.02)
    weights["last_layernorm.weight"] = 1 + normal(dim, std=0.1)
    weights["last_layernorm.bias"] = normal(dim, std=0.05)
    return weights


class FeedForward(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.conv1 = nn.Conv1d(dim, dim, 1)
        self.conv2 = nn.Conv1d(dim, dim, 1)

    def forward(self, x):
        return self.conv2(torch.relu(self.conv1(x.transpose(1, 2)))).transpose(1, 2)


class Reference(nn.Module):
    """The module of the training code; `ids` [max_history], padded with 0."""

    def __init__(self, shape):
        super().__init__()
        dim, norm = shape.dim, lambda: nn.LayerNorm(shape.dim, eps=1e-8)
        self.right = shape.padding == "right"
        self.scale = math.sqrt(dim)
        self.item_emb = nn.Embedding(shape.items + 1, dim, padding_idx=0)
        self.pos_emb = nn.Embedding(shape.max_history + 1, dim, padding_idx=0)
        self.attention_layernorms = nn.ModuleList(norm() for _ in range(shape.blocks))
        self.attention_layers = nn.ModuleList(nn.MultiheadAttention(dim, shape.heads) for _ in range(shape.blocks))
        self.forward_layernorms = nn.ModuleList(norm() for _ in range(shape.blocks))
        self.forward_layers = nn.ModuleList(FeedForward(dim) for _ in range(shape.blocks))
        self.last_layernorm = norm()
        slots = shape.max_history
        self.register_buffer("places", torch.arange(1, slots + 1), persistent=False)
        self.register_buffer("hidden", torch.ones(slots, slots, dtype=torch.bool).triu(1), persistent=False)

    def encode(self, ids):
        outputs = self.outputs(ids.unsqueeze(0))[0]
        return outputs.index_select(0, (ids != 0).sum().view(1) - 1)[0] if self.right else outputs[-1]

    def outputs(self, seen):
        """[1, max_history] to [1, max_history, dim]."""
        x = self.item_emb(seen) * self.scale + self.pos_emb(self.places * (seen != 0))
        for norm, attention, forward_norm, forward in zip(
                self.attention_layernorms, self.attention_layers, self.forward_layernorms, self.forward_layers):
            x = x.transpose(0, 1)
            query = norm(x)
            x = query + attention(query, x, x, attn_mask=self.hidden, need_weights=False)[0]
            x = forward_norm(x.transpose(0, 1))
            x = x + forward(x)
        return self.last_layernorm(x)

    def raw_scores(self, ids):
        """Of all rows of the item table. The training code multiplies table by vector; vector by table is the same,
        and up to forty times as fast in a runtime."""
        return functional.linear(self.encode(ids).unsqueeze(0), self.item_emb.weight)[0]

    def scores(self, ids):
        """The same with -inf for padding and seen items."""
        return self.raw_scores(ids).scatter(
            0, torch.cat([ids, torch.zeros_like(ids[:1])]), NEVER)

    def forward(self, ids):
        return tuple(torch.topk(self.scores(ids), workloads.K))


class Lean(nn.Module):
    """The same numbers from `events` real events: everything that depends on their count alone is a constant, and the
    last block is computed for the last event alone. `encode` also takes ids [1, events].

    Padded slots on the left hold the same vector in every layer, so one of them stands for all: its key's
    weight in the softmax is multiplied by their number. `encode_only` leaves the items out.
    """

    def __init__(self, shape, weights, events, encode_only=False):
        super().__init__()
        dim, blocks = shape.dim, shape.blocks
        self.heads, self.width, self.encode_only = shape.heads, dim // shape.heads, encode_only
        self.blocks = blocks
        pads = shape.max_history - events if shape.padding == "left" else 0
        self.pad = pads > 0
        first = pads + 1
        positions = weights["pos_emb.weight"][first:first + events]
        if self.pad:
            positions = torch.cat([weights["pos_emb.weight"][:1], positions])
        slots = len(positions)
        mask = torch.full((slots, slots), -1e9).triu(1)
        if self.pad:
            mask[1:, 0] = math.log(pads)
        keep = lambda name, value: self.register_buffer(name, value.clone().contiguous())
        keep("zero", torch.zeros(1, dtype=torch.long))
        keep("positions", positions)
        keep("mask", mask)
        keep("item_rows", weights["item_emb.weight"])
        self.scale = math.sqrt(dim)
        for b in range(blocks):
            # The softmax's scale goes into the query's weights.
            shrink = 1 / math.sqrt(self.width)
            attention, forward = f"attention_layers.{b}.", f"forward_layers.{b}."
            w, bias = weights[attention + "in_proj_weight"], weights[attention + "in_proj_bias"]
            self.linear(f"query{b}", w[:dim] * shrink, bias[:dim] * shrink)
            self.linear(f"keys_values{b}", w[dim:], bias[dim:])
            self.linear(f"projection{b}", weights[attention + "out_proj.weight"], weights[attention + "out_proj.bias"])
            for conv in ("conv1", "conv2"):
                self.linear(f"{conv}_{b}", weights[forward + conv + ".weight"][:, :, 0], weights[forward + conv + ".bias"])
            for norm in ("attention_layernorms", "forward_layernorms"):
                self.norm(f"{norm}{b}", weights[f"{norm}.{b}.weight"], weights[f"{norm}.{b}.bias"])
        self.norm("last_layernorm", weights["last_layernorm.weight"], weights["last_layernorm.bias"])

    def linear(self, name, weight, bias):
        layer = nn.Linear(weight.shape[1], weight.shape[0])
        layer.load_state_dict({"weight": weight, "bias": bias})
        self.add_module(name, layer)

    def norm(self, name, weight, bias):
        layer = nn.LayerNorm(len(weight), eps=1e-8)
        layer.load_state_dict({"weight": weight, "bias": bias})
        self.add_module(name, layer)

    def split(self, x):
        """[slots, dim] to [heads, slots, width]."""
        return x.view(*x.shape[:-2], -1, self.heads, self.width).transpose(-3, -2)

    def attend(self, b, query, x, mask):
        get = lambda name: getattr(self, f"{name}{b}")
        q = self.split(get("query")(query))
        keys, values = get("keys_values")(x).chunk(2, -1)
        p = torch.softmax(torch.matmul(q, self.split(keys).transpose(-2, -1)) + mask, -1)
        mixed = torch.matmul(p, self.split(values)).transpose(-3, -2).reshape(query.shape)
        return get("projection")(mixed)

    def encode(self, ids):
        slots = torch.cat([self.zero.view(*[1] * ids.dim()), ids], -1) if self.pad else ids
        x = functional.embedding(slots, self.item_rows) * self.scale + self.positions
        for b in range(self.blocks):
            get = lambda name: getattr(self, f"{name}{b}")
            last = b + 1 == self.blocks
            query = get("attention_layernorms")(x[..., -1:, :] if last else x)
            x = query + self.attend(b, query, x, self.mask[-1:] if last else self.mask)
            x = get("forward_layernorms")(x)
            x = x + get("conv2_")(torch.relu(get("conv1_")(x)))
        return self.last_layernorm(x)

    def raw_scores(self, ids):
        return functional.linear(self.encode(ids), self.item_rows)[0]

    def forward(self, ids):
        if self.encode_only:
            return self.encode(ids)
        scores = self.raw_scores(ids)
        return tuple(torch.topk(scores.scatter(0, torch.cat([ids, self.zero]), NEVER), workloads.K))


def load(checkpoint):
    if checkpoint.suffix == ".safetensors":
        from safetensors.torch import load_file
        return load_file(checkpoint)
    return torch.load(checkpoint)["state_dict"]


def reference(shape, weights):
    module = Reference(shape)
    module.load_state_dict(weights)
    return module.eval()


def build(shape, weights, form, events, part):
    """The module of a form, and an example of its input."""
    example = torch.randint(1, shape.items + 1, (events,), generator=torch.Generator().manual_seed(5))
    if form == "padded":
        return reference(shape, weights), torch.tensor(workloads.padded(shape, example.tolist()))
    return Lean(shape, weights, events, part == "encode").eval(), example


def write(shape, checkpoint):
    config = {"heed_family": "sasrec", "heed_variant": "pytorch", "hidden_units": shape.dim, "num_blocks": shape.blocks,
              "num_heads": shape.heads, "maxlen": shape.max_history, "activation": "relu",
              "layer_norm_eps": 1e-8, "scale_embedding": True, "padding_side": shape.padding}
    torch.save({"state_dict": random_weights(shape), "config": config}, checkpoint)


def write_reference(shape, weights, events, out):
    """For each history the best items and their scores, more of them than are compared, and the range of all scores."""
    module = reference(shape, weights)
    generator = torch.Generator().manual_seed(shape.seed + 100)
    cases = []
    for _ in range(HISTORIES):
        history = (torch.randperm(shape.items, generator=generator)[:events] + 1).tolist()
        ids = torch.tensor(workloads.padded(shape, history))
        with torch.no_grad():
            scores, vector = module.scores(ids), module.encode(ids)
        finite = scores[scores > NEVER]
        best = torch.topk(scores, 3 * workloads.K)
        cases.append({"history": history, "items": best.indices.tolist(), "scores": best.values.tolist(),
                      "range": (finite.max() - finite.min()).item(), "vector": vector.tolist()})
    out.write_text(json.dumps(cases))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["write", "reference"])
    parser.add_argument("model", choices=workloads.MODELS)
    parser.add_argument("checkpoint", type=pathlib.Path)
    parser.add_argument("--events", type=int)
    parser.add_argument("--out", type=pathlib.Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    shape = workloads.MODELS[arguments.model]
    if arguments.command == "write":
        write(shape, arguments.checkpoint)
    else:
        write_reference(shape, load(arguments.checkpoint), arguments.events, arguments.out)


if __name__ == "__main__":
    sys.exit(main())
