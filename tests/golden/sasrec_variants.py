#!/usr/bin/env python3
"""Write tiny SASRec checkpoints, one for each variant, and what they compute.

Own reference: PyTorch modules put together from the formulas of each implementation, run in double
precision over the fully padded history, one at a time. Nothing of heed is used. Sources:

  pytorch-2020, pytorch, pre-norm, post-norm   pmixer/SASRec.pytorch, model.py over the years
  original                                     kang205/SASRec, model.py and modules.py
  recbole                                      RUCAIBox/RecBole, sasrec.py and layers.py
  s3rec                                        salesforce/ICLRec, models.py and modules.py

For each checkpoint NAME.pt there is NAME.json: the conversion's options, and for histories of
0 to max_history + 2 items the user vector and the score of every item. A vector is null where the
implementation has no answer (padding on the right, no event).

    /usr/bin/python3 tests/golden/sasrec_variants.py     (PyTorch 1.13; takes a few seconds)
"""

import json
import math
from pathlib import Path
from typing import Any, Callable, Optional

import torch
from torch import Tensor, nn
from torch.nn import functional

FOLDER = Path(__file__).parent / "sasrec"
ITEMS = 21
HIDDEN = -10000.0  # what RecBole, S3Rec and ICLRec add to the score of a masked key

Weights = dict[str, Tensor]


def left_padded(history: list[int], slots: int) -> list[int]:
    recent = history[-slots:]
    return [0] * (slots - len(recent)) + recent


def right_padded(history: list[int], slots: int) -> list[int]:
    recent = history[-slots:]
    return recent + [0] * (slots - len(recent))


def future_mask(slots: int) -> Tensor:
    """True where a query (row) must not see a key (column)."""
    return torch.ones(slots, slots, dtype=torch.bool).triu(1)


class Pmixer:
    """The ports under pmixer's names. `weights` are float; all arithmetic is double."""

    def __init__(self, weights: Weights, blocks: int, heads: int, norm: str, masked: bool,
                 activation: Callable[[Tensor], Tensor], eps: float, scaled: bool,
                 positions: str) -> None:
        self.weights = {name: w.double() for name, w in weights.items()}
        self.blocks, self.heads, self.norm, self.masked = blocks, heads, norm, masked
        self.activation, self.eps, self.scaled, self.positions = activation, eps, scaled, positions
        self.units = weights["item_emb.weight"].shape[1]
        rows = weights["pos_emb.weight"].shape[0]
        self.slots = rows - 1 if positions == "1.. and 0 for padding" else rows

    def layer_norm(self, name: str, x: Tensor) -> Tensor:
        norm = nn.LayerNorm(self.units, eps=self.eps).double()
        norm.load_state_dict({"weight": self.weights[name + ".weight"],
                              "bias": self.weights[name + ".bias"]})
        return norm(x)

    def attention(self, block: int, query: Tensor, x: Tensor) -> Tensor:
        """PyTorch's own module over a batch of one: [slots, units] to [slots, units]."""
        prefix = f"attention_layers.{block}."
        module = nn.MultiheadAttention(self.units, self.heads).double()
        module.load_state_dict({name[len(prefix):]: w for name, w in self.weights.items()
                                if name.startswith(prefix)})
        x = x.unsqueeze(1)
        return module(query.unsqueeze(1), x, x, attn_mask=future_mask(self.slots))[0].squeeze(1)

    def feed_forward(self, block: int, x: Tensor) -> Tensor:
        w = {name: self.weights[f"forward_layers.{block}.{name}"]
             for name in ("conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias")}
        hidden = functional.conv1d(x.T.unsqueeze(0), w["conv1.weight"], w["conv1.bias"])
        return functional.conv1d(self.activation(hidden), w["conv2.weight"],
                                 w["conv2.bias"]).squeeze(0).T

    def encode(self, history: list[int]) -> Optional[Tensor]:
        right = self.positions == "from the left"
        if right and not history:
            return None
        ids = torch.tensor((right_padded if right else left_padded)(history, self.slots))
        real = (ids != 0).unsqueeze(1)
        x = self.weights["item_emb.weight"][ids]
        if self.scaled:
            x = x * self.units ** 0.5
        place = torch.arange(self.slots)
        if self.positions == "1.. and 0 for padding":
            place = (place + 1) * (ids != 0)
        x = x + self.weights["pos_emb.weight"][place]
        if self.masked:
            x = x * real
        for b in range(self.blocks):
            x = self.block(b, x)
            if self.masked:
                x = x * real
        x = self.layer_norm("last_layernorm", x)
        return x[min(len(history), self.slots) - 1] if right else x[-1]

    def block(self, b: int, x: Tensor) -> Tensor:
        attention_norm, forward_norm = f"attention_layernorms.{b}", f"forward_layernorms.{b}"
        if self.norm == "query":
            query = self.layer_norm(attention_norm, x)
            x = self.layer_norm(forward_norm, query + self.attention(b, query, x))
            return x + self.feed_forward(b, x)
        if self.norm == "before":
            normed = self.layer_norm(attention_norm, x)
            x = x + self.attention(b, normed, normed)
            return x + self.feed_forward(b, self.layer_norm(forward_norm, x))
        x = self.layer_norm(attention_norm, x + self.attention(b, x, x))
        return self.layer_norm(forward_norm, x + self.feed_forward(b, x))


class Original(Pmixer):
    """kang205's attention: keys and queries of zero rows masked, no output projection."""

    def attention(self, block: int, query: Tensor, x: Tensor) -> Tensor:
        prefix = f"attention_layers.{block}."
        projections = zip((query, x, x), self.weights[prefix + "in_proj_weight"].chunk(3),
                          self.weights[prefix + "in_proj_bias"].chunk(3))
        q, k, v = (functional.linear(rows, weight, bias).view(self.slots, self.heads, -1)
                   .transpose(0, 1) for rows, weight, bias in projections)
        scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[-1])
        filler = torch.full_like(scores, -2.0 ** 32 + 1)
        scores = torch.where(x.abs().sum(1) == 0, filler, scores)
        scores = torch.where(future_mask(self.slots), filler, scores)
        mixed = scores.softmax(-1) * query.abs().sum(1).sign().view(1, -1, 1)
        return (mixed @ v).transpose(0, 1).reshape(self.slots, -1)


class PostNorm:
    """The encoder of RecBole's SASRec and of S3Rec, CoSeRec, ICLRec."""

    def __init__(self, weights: Weights, blocks: int, heads: int, items: str, positions: str,
                 layer: str, attention: str, forward: str, right: bool) -> None:
        self.weights = {name: w.double() for name, w in weights.items()}
        self.blocks, self.heads, self.right = blocks, heads, right
        self.items, self.positions = items, positions
        self.layer, self.attention, self.forward = layer, attention, forward
        self.slots = weights[positions].shape[0]

    def linear(self, name: str, x: Tensor) -> Tensor:
        return functional.linear(x, self.weights[name + ".weight"], self.weights[name + ".bias"])

    def norm(self, name: str, x: Tensor) -> Tensor:
        return functional.layer_norm(x, x.shape[-1:], self.weights[name + ".weight"],
                                     self.weights[name + ".bias"], 1e-12)

    def encode(self, history: list[int]) -> Optional[Tensor]:
        if self.right and not history:
            return None
        ids = torch.tensor((right_padded if self.right else left_padded)(history, self.slots))
        visible = (ids != 0).unsqueeze(0) & ~future_mask(self.slots)
        mask = (1.0 - visible.double()) * HIDDEN
        x = self.norm("LayerNorm", self.weights[self.items][ids] + self.weights[self.positions])
        for b in range(self.blocks):
            a = f"{self.layer}{b}.{self.attention}."
            f = f"{self.layer}{b}.{self.forward}."
            q, k, v = (self.linear(a + part, x).view(self.slots, self.heads, -1).transpose(0, 1)
                       for part in ("query", "key", "value"))
            p = (q @ k.transpose(1, 2) / math.sqrt(q.shape[-1]) + mask).softmax(-1)
            mixed = (p @ v).transpose(0, 1).reshape(self.slots, -1)
            x = self.norm(a + "LayerNorm", self.linear(a + "dense", mixed) + x)
            hidden = functional.gelu(self.linear(f + "dense_1", x))
            x = self.norm(f + "LayerNorm", self.linear(f + "dense_2", hidden) + x)
        return x[min(len(history), self.slots) - 1] if self.right else x[-1]


def random_weights(shapes: dict[str, tuple[int, ...]], generator: torch.Generator) -> Weights:
    """Values large enough for every term to matter; gains around 1."""
    weights = {}
    for name, shape in shapes.items():
        values = torch.randn(shape, generator=generator) * 0.4
        if name.endswith(".weight") and len(shape) == 1:
            values = 1 + values
        weights[name] = values
    return weights


def pmixer_shapes(units: int, positions: int, hidden: int, projection: bool) -> dict:
    shapes = {"item_emb.weight": (ITEMS + 1, units), "pos_emb.weight": (positions, units)}
    for b in range(2):
        for norm in ("attention_layernorms", "forward_layernorms"):
            shapes |= {f"{norm}.{b}.weight": (units,), f"{norm}.{b}.bias": (units,)}
        attention, forward = f"attention_layers.{b}.", f"forward_layers.{b}."
        shapes |= {attention + "in_proj_weight": (3 * units, units),
                   attention + "in_proj_bias": (3 * units,)}
        if projection:
            shapes |= {attention + "out_proj.weight": (units, units),
                       attention + "out_proj.bias": (units,)}
        shapes |= {forward + "conv1.weight": (hidden, units, 1), forward + "conv1.bias": (hidden,),
                   forward + "conv2.weight": (units, hidden, 1), forward + "conv2.bias": (units,)}
    return shapes | {"last_layernorm.weight": (units,), "last_layernorm.bias": (units,)}


def post_norm_shapes(units: int, rows: int, slots: int, items: str, positions: str, layer: str,
                     attention: str, forward: str) -> dict:
    shapes = {items: (rows, units), positions: (slots, units)}
    for b in range(2):
        for part in ("query", "key", "value", "dense"):
            shapes |= {f"{layer}{b}.{attention}.{part}.weight": (units, units),
                       f"{layer}{b}.{attention}.{part}.bias": (units,)}
        shapes |= {f"{layer}{b}.{forward}.dense_1.weight": (4 * units, units),
                   f"{layer}{b}.{forward}.dense_1.bias": (4 * units,),
                   f"{layer}{b}.{forward}.dense_2.weight": (units, 4 * units),
                   f"{layer}{b}.{forward}.dense_2.bias": (units,)}
        for part in (attention, forward):
            shapes |= {f"{layer}{b}.{part}.LayerNorm.weight": (units,),
                       f"{layer}{b}.{part}.LayerNorm.bias": (units,)}
    return shapes | {"LayerNorm.weight": (units,), "LayerNorm.bias": (units,)}


def tensorflow_names(weights: Weights, units: int) -> Weights:
    """The same weights as kang205's graph names them; dense kernels are [in, out]."""
    named = {"SASRec/input_embeddings/lookup_table": weights["item_emb.weight"],
             "SASRec/dec_pos/lookup_table": weights["pos_emb.weight"],
             "SASRec/ln/Variable": weights["last_layernorm.bias"],
             "SASRec/ln/Variable_1": weights["last_layernorm.weight"],
             "SASRec/num_blocks_0/self_attention/dense/kernel/Adam": torch.zeros(units, units)}
    for b in range(2):
        scope = f"SASRec/num_blocks_{b}/"
        for name, norm in (("ln", "attention_layernorms"), ("ln_1", "forward_layernorms")):
            named[f"{scope}{name}/Variable"] = weights[f"{norm}.{b}.bias"]
            named[f"{scope}{name}/Variable_1"] = weights[f"{norm}.{b}.weight"]
        for i, layer in enumerate(("dense", "dense_1", "dense_2")):
            rows = slice(i * units, (i + 1) * units)
            named[f"{scope}self_attention/{layer}/kernel"] = (
                weights[f"attention_layers.{b}.in_proj_weight"][rows].T.contiguous())
            named[f"{scope}self_attention/{layer}/bias"] = (
                weights[f"attention_layers.{b}.in_proj_bias"][rows].clone())
        for layer, conv in (("conv1d", "conv1"), ("conv1d_1", "conv2")):
            kernel = weights[f"forward_layers.{b}.{conv}.weight"].permute(2, 1, 0).contiguous()
            named[f"{scope}multihead_attention/{layer}/kernel"] = kernel
            named[f"{scope}multihead_attention/{layer}/bias"] = (
                weights[f"forward_layers.{b}.{conv}.bias"])
    return named


def write(name: str, variant: str, options: dict[str, Any], checkpoint: Any, model: Any,
          item_rows: Tensor, generator: torch.Generator) -> None:
    """`item_rows` are the rows of items 1, 2, ..."""
    cases = []
    for length in range(model.slots + 3):
        history = torch.randint(1, ITEMS + 1, (length,), generator=generator).tolist()
        with torch.no_grad():
            vector = model.encode(history)
        cases.append({"history": history,
                      "vector": None if vector is None else vector.tolist(),
                      "scores": None if vector is None else (item_rows.double() @ vector).tolist()})
    golden = {"reference": "own reference, PyTorch modules", "variant": variant, "options": options,
              "max_history": model.slots, "items": ITEMS, "cases": cases}
    torch.save(checkpoint, FOLDER / f"{name}.pt")
    (FOLDER / f"{name}.json").write_text(json.dumps(golden) + "\n", encoding="utf-8")


def write_pmixer(name: str, variant: str, seed: int, units: int, slots: int, heads: int, *,
                 norm: str = "query", masked: bool = False, positions: str = "1.. and 0 for padding",
                 activation: Callable = functional.relu, hidden: int = 0, zero_padding: bool = True,
                 scaled: bool = True, eps: float = 1e-8, options: Optional[dict] = None,
                 config: Optional[dict] = None, model_class: type = Pmixer,
                 rename: bool = False) -> None:
    generator = torch.Generator().manual_seed(seed)
    rows = slots + 1 if positions == "1.. and 0 for padding" else slots
    weights = random_weights(pmixer_shapes(units, rows, hidden or units, model_class is Pmixer),
                             generator)
    if zero_padding:
        weights["item_emb.weight"][0] = 0
        if positions == "1.. and 0 for padding":
            weights["pos_emb.weight"][0] = 0
    model = model_class(weights, 2, heads, norm, masked, activation, eps, scaled, positions)
    checkpoint: Any = tensorflow_names(weights, units) if rename else weights
    if config is not None:
        checkpoint = {"model_state_dict": weights, "config": config}
    write(name, variant, options or {}, checkpoint, model, weights["item_emb.weight"][1:], generator)


def write_post_norm(name: str, variant: str, seed: int, units: int, slots: int, right: bool,
                    special: int, names: tuple[str, ...], extra: Optional[dict] = None) -> None:
    generator = torch.Generator().manual_seed(seed)
    weights = random_weights(post_norm_shapes(units, ITEMS + special, slots, *names), generator)
    model = PostNorm(weights, 2, 2, *names, right)
    checkpoint = weights | {k: torch.zeros(s) for k, s in (extra or {}).items()}
    write(name, variant, {}, checkpoint, model, weights[names[0]][1:ITEMS + 1], generator)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    identity: Callable[[Tensor], Tensor] = lambda x: x
    write_pmixer("pytorch_2020", "pytorch-2020", 1, 8, 6, 1, masked=True, positions="0..",
                 activation=identity)
    write_pmixer("pytorch_2021", "pytorch-2020", 2, 12, 7, 2, masked=True, positions="0..",
                 options={"heads": 2, "activation": "relu"})
    write_pmixer("pytorch", "pytorch", 3, 8, 9, 1)
    write_pmixer("pytorch_padding_not_zero", "pytorch", 4, 12, 6, 2, zero_padding=False,
                 options={"heads": 2, "variant": "pytorch"})
    write_pmixer("pre_norm", "pre-norm", 5, 16, 10, 2, norm="before", hidden=24,
                 options={"heads": 2, "variant": "pre-norm"})
    write_pmixer("post_norm", "post-norm", 6, 10, 6, 1, norm="after",
                 options={"variant": "post-norm"})
    write_pmixer("pre_norm_config", "pre-norm", 7, 16, 8, 2, norm="before", positions="from the left",
                 activation=functional.gelu, hidden=32, scaled=False, eps=1e-5,
                 config={"hidden_units": 16, "num_blocks": 2, "num_heads": 2, "maxlen": 8,
                         "activation": "gelu", "norm_first": True, "layer_norm_eps": 1e-5,
                         "scale_embedding": False, "padding_side": "right"})
    write_pmixer("original", "original", 8, 12, 7, 2, masked=True, positions="0..",
                 model_class=Original, options={"heads": 2})
    write_pmixer("original_tensorflow", "original", 9, 8, 6, 1, masked=True, positions="0..",
                 model_class=Original, rename=True)
    write_post_norm("recbole", "recbole", 10, 12, 8, True, 1,
                    ("item_embedding.weight", "position_embedding.weight", "trm_encoder.layer.",
                     "multi_head_attention", "feed_forward"))
    write_post_norm("s3rec", "s3rec", 11, 8, 7, False, 2,
                    ("item_embeddings.weight", "position_embeddings.weight", "item_encoder.layer.",
                     "attention", "intermediate"),
                    extra={"attribute_embeddings.weight": (5, 8), "aap_norm.weight": (8, 8),
                           "aap_norm.bias": (8,)})


if __name__ == "__main__":
    main()
