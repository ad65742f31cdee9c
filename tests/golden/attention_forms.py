#!/usr/bin/env python3
"""Write what plain forms of attention compute on small matrices: attention/forms.json, one list entry a form.

Own reference: NumPy in double precision. Nothing of heed is used. An entry has its `name`; `heads`, `kv_heads` and
`head_dim`; `q` (rows of heads * head_dim), `k` and `v` (rows of kv_heads * head_dim), all multiples of 1/64, so that
single precision holds them and their dot products exactly; `attributes`; and `out` (rows of heads * head_dim). Query
head h uses key and value head h / (heads / kv_heads), rounded down. For query i and key j:

    score = scale * similarity(q_i, k_j) + position_bias[i - j + L - 1]     the bias if there is one, L keys
    out_i = sum over j of weight(score)_ij * v_j

| attribute | values |
|---|---|
| similarity | dot; cosine: rows divided by max(length, eps), as torch.nn.functional.normalize does; |
| | additive: vector . tanh(q + k) |
| scale | the number itself |
| weights | softmax (over keys); softmax_queries: over the queries of each key; hard: 1 for the key of the highest |
| | score, the first of equals, 0 for others; silu: x * sigmoid(x) / divisor, not normalised |
| causal | only keys j <= i |
| window | only keys |i - j| < window: the number counts the query's own |
| stride | only keys where (i - j) mod stride = 0 |
| position_bias | for each head 2 L - 1 numbers |
| vector | for each head head_dim numbers |

Keys that a mask drops have no weight, as if they were not there.

Two samples of scaled_dot_product_attention(q, k, v) that are often copied differ in the scale. One in TensorFlow
divides by the root of tf.shape(k)[1]: of input [batch, length, depth] that is the number of keys, not the width. The
one in PyTorch divides by the root of the width, query.size(-1).

    /usr/bin/python3 tests/golden/attention_forms.py     (NumPy; takes a second)
"""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent / "attention"
LENGTH, LATENT, HEADS, HEAD_DIM = 7, 3, 2, 4

Array = Any  # of numpy
generator = np.random.default_rng(1)


def draw(*shape: int) -> Array:
    return generator.integers(-96, 97, shape) / 64


def softmax(x: Array, axis: int) -> Array:
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def similarity(q: Array, k: Array, head: int, a: dict[str, Any]) -> Array:
    if a["similarity"] == "additive":
        return np.tanh(q[:, None, :] + k[None, :, :]) @ np.array(a["vector"][head])
    if a["similarity"] == "cosine":
        q, k = (x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), a["eps"]) for x in (q, k))
    return q @ k.T


def attend(q: Array, k: Array, v: Array, heads: int, kv_heads: int, a: dict[str, Any]) -> Array:
    distance = np.arange(len(q))[:, None] - np.arange(len(k))[None, :]
    seen = (distance >= 0) | (not a["causal"])
    seen &= (np.abs(distance) < a.get("window", math.inf)) & (distance % a.get("stride", 1) == 0)
    queries = np.split(q, heads, 1)
    keys, values = (np.split(x, kv_heads, 1) for x in (k, v))
    out = []
    for head in range(heads):
        other = head // (heads // kv_heads)
        score = similarity(queries[head], keys[other], head, a) * a["scale"]
        if "position_bias" in a:
            score = score + np.array(a["position_bias"][head])[distance + len(k) - 1]
        masked = np.where(seen, score, -np.inf)
        if a["weights"] == "silu":
            weights = np.where(seen, score / (1 + np.exp(-score)), 0) / a["divisor"]
        elif a["weights"] == "hard":
            weights = np.eye(len(k))[masked.argmax(1)]
        else:
            weights = softmax(masked, 0 if a["weights"] == "softmax_queries" else 1)
        out.append(weights @ values[other])
    return np.concatenate(out, 1)


def form(name: str, heads: int = HEADS, kv_heads: int = 0, head_dim: int = HEAD_DIM, queries: int = LENGTH,
         ties: bool = False, **attributes: Any) -> dict[str, Any]:
    kv_heads = kv_heads or heads
    a = {"similarity": "dot", "scale": 1 / math.sqrt(head_dim), "weights": "softmax", "causal": False, **attributes}
    q, k, v = draw(queries, heads * head_dim), draw(LENGTH, kv_heads * head_dim), draw(LENGTH, kv_heads * head_dim)
    if a["similarity"] == "cosine":
        q[2] = k[3] = 0  # their length is eps, so every score of theirs is 0
    if ties:
        k[1::2] = k[1]
        k[4] = k[2]
    out = attend(q, k, v, heads, kv_heads, a)
    return {"name": name, "heads": heads, "kv_heads": kv_heads, "head_dim": head_dim, "q": q.tolist(), "k": k.tolist(),
            "v": v.tolist(), "attributes": a, "out": out.tolist()}


def forms() -> list[dict[str, Any]]:
    made = []
    for causal in (False, True):
        def add(name: str, causal: bool = causal, **settings: Any) -> None:
            made.append(form(name + (", causal" if causal else ""), causal=causal, **settings))

        add("dot product, no scale", scale=1.0)
        add("TensorFlow sample: divided by the root of the number of keys", heads=1, head_dim=6,
            scale=1 / math.sqrt(LENGTH))
        add("PyTorch sample: divided by the root of the width", heads=1, head_dim=6)
        add("several heads")
        add("cosine, temperature 0.1", similarity="cosine", eps=1e-12, scale=10.0)
        add("additive", similarity="additive", scale=1.0, vector=draw(HEADS, HEAD_DIM).tolist())
        add("hard", weights="hard")
        add("hard, equal scores", weights="hard", ties=True)
        add("local", window=3)
        add("strided", stride=2)
        add("local and strided", window=5, stride=2)
        add("grouped heads", heads=4, kv_heads=2)
        add("one head of keys", heads=4, kv_heads=1)
        add("relative position bias", position_bias=draw(HEADS, 2 * LENGTH - 1).tolist())
        add("softmax over queries", weights="softmax_queries")
        add("SiLU", weights="silu", divisor=8.0)
        add("SiLU, relative position bias", weights="silu", divisor=8.0,
            position_bias=draw(HEADS, 2 * LENGTH - 1).tolist())
    made.append(form("cross attention", queries=LATENT))
    made.append(form("cross attention, grouped heads", queries=LATENT, heads=4, kv_heads=2))
    made.append(form("cross attention, softmax over queries", queries=LATENT, weights="softmax_queries"))
    return made


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    lines = (json.dumps(entry, separators=(",", ":")) for entry in forms())
    (FOLDER / "forms.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()
