"""The operators of a heed file in NumPy, made from runtime/ops/README.md: double precision over rows [rows, columns].

An operator takes the request (reader.Request) and the node (reader.Node): its inputs are arrays of rows, tensors,
ids or times, and None where they are absent.
"""

import math
from typing import Any, Callable, Optional

import numpy as np

Array = np.ndarray

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "none": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "gelu_erf": lambda x: 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))),
    "gelu_tanh": lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3))),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
}


def softmax(scores: Array, axis: int, counts: Any = 1.0) -> Array:
    """exp(score) shares, each score counted so often; -inf takes no part."""
    largest = scores.max(axis=axis, keepdims=True)
    p = np.exp(scores - np.where(np.isinf(largest), 0, largest)) * counts
    return p / np.maximum(p.sum(axis=axis, keepdims=True), 1e-300)


def first_slot(request: Any, node: Any) -> int:
    return request.slots - request.length if node.choice("position_rule") == "from_right" else 0


def embedding(request: Any, node: Any) -> Array:
    ids, table, positions = node.inputs[:3]
    y = table.real()[ids] * node.real("scale")
    if node.choice("position_rule") == "none":
        return y
    return y + positions.real()[first_slot(request, node) + request.places]


def position(request: Any, node: Any) -> Array:
    return node.inputs[0].real()[first_slot(request, node) + request.places]


def layer_norm(request: Any, node: Any) -> Array:
    x, gamma, beta = node.inputs[:3]
    centred = x - x.mean(axis=1, keepdims=True)
    variance = (centred ** 2).sum(axis=1, keepdims=True) / (x.shape[1] - node.integer("unbiased"))
    outside, eps = node.integer("eps_outside"), node.real("eps")
    y = centred / (np.sqrt(variance + (0 if outside else eps)) + (eps if outside else 0))
    return y if gamma is None else y * gamma.real()[0] + beta.real()[0]


def linear(request: Any, node: Any) -> Array:
    x, weight, bias, residual = node.inputs[:4]
    y = weight.product(x) + (0 if bias is None else bias.real()[0])
    return ACTIVATIONS[node.choice("activation")](y) + (0 if residual is None else residual)


def gru_step(x: Array, gates: Array, h: Array) -> Array:
    (x_r, x_z, x_n), (g_r, g_z, g_n) = np.split(x, 3, axis=1), np.split(gates, 3, axis=1)
    r, z = ACTIVATIONS["sigmoid"](x_r + g_r), ACTIVATIONS["sigmoid"](x_z + g_z)
    return (1 - z) * np.tanh(x_n + r * g_n) + z * h


def gru(request: Any, node: Any) -> Array:
    x, weight, bias = node.inputs[:3]
    h = np.zeros((1, weight.cols))
    states = []
    for row in x:
        h = gru_step(row[None], weight.product(h) + (0 if bias is None else bias.real()[0]), h)
        states.append(h)
    return np.concatenate(states)


def neighbours(request: Any, node: Any) -> Array:
    x, items = node.inputs[0], request.rows
    edges: dict[tuple[int, int], int] = {}  # to the event where each stands first
    for t in range(len(items) - 1):
        edges.setdefault((items[t], items[t + 1]), t)
    inward = node.choice("direction") == "in"
    out = np.zeros_like(x)
    for t, item in enumerate(items):
        rows = [x[at if inward else at + 1] for (a, b), at in edges.items() if (b if inward else a) == item]
        if rows:
            out[t] = np.mean(rows, axis=0)
    return out


def unfold(request: Any, node: Any) -> Array:
    x, width = node.inputs[0], node.integer("width")
    padded = np.concatenate([np.zeros((width - 1, x.shape[1])), x])
    return np.concatenate([padded[w:w + len(x)] for w in range(width)], axis=1)


def mix(request: Any, node: Any) -> Array:
    x, weights, bias = node.inputs[:3]
    shares = []
    for w, share in zip(np.split(weights.real(), node.integer("heads")), np.split(x, node.integer("heads"), axis=1)):
        rows = w[request.places] if node.integer("per_event") else w
        shares.append(rows[:, request.places] @ share)
    return np.concatenate(shares, axis=1) + (0 if bias is None else bias.real().T)


def capsule_routing(request: Any, node: Any) -> Array:
    x, start = node.inputs[:2]
    interests = start.rows
    if node.integer("dynamic"):
        interests = max(1, min(interests, int(math.log2(request.length + 1))))
    logits = start.real()[:interests, first_slot(request, node) + request.places]
    capsules = np.zeros((interests, x.shape[1]))
    for _ in range(node.integer("iterations")):
        z = softmax(logits, 0) @ x
        squares = (z ** 2).sum(axis=1, keepdims=True)
        capsules = z * squares / (1 + squares) / np.sqrt(squares + 1e-9)
        logits = logits + capsules @ x.T
    return np.concatenate([capsules, np.repeat(capsules[:1], start.rows - interests, axis=0)])


def l2_norm(request: Any, node: Any) -> Array:
    x = node.inputs[0]
    shares = x.reshape(len(x), node.integer("heads"), -1)
    return (shares / np.maximum(np.linalg.norm(shares, axis=2, keepdims=True), node.real("eps"))).reshape(x.shape)


def pool(request: Any, node: Any) -> Array:
    x, weights, pad = node.inputs[:3]
    if node.choice("kind") == "max":
        skipped = x[node.integer("skip", 0):]
        return skipped.max(axis=0, keepdims=True) if len(skipped) else np.zeros((1, x.shape[1]))
    total = (x if weights is None else x * weights).sum(axis=0, keepdims=True)
    if node.choice("padding") == "constant":
        total = total + request.padded * pad.real()
    return total / (len(x) if node.choice("kind") == "mean" else 1)


def additive_attention(request: Any, node: Any) -> Array:
    keys, query, v, values, pad_key, pad_value = node.inputs[:6]

    def similarity(rows: Array) -> Array:
        return ACTIVATIONS[node.choice("activation")](rows + (0 if query is None else query)) @ v.real().T

    weights, counts = similarity(keys), np.ones((len(keys), 1))
    if node.choice("padding") == "constant":
        weights = np.concatenate([weights, similarity(pad_key.real())])
        values, counts = np.concatenate([values, pad_value.real()]), np.append(counts, [[request.padded]], axis=0)
    if node.choice("weighting", "none") == "softmax":
        return (softmax(weights, 0, counts) * values).sum(axis=0, keepdims=True)
    return (weights * counts * values).sum(axis=0, keepdims=True)


class Keys:
    """The keys of one attention: the events', then padding, with what biases the scores of each query."""

    def __init__(self, request: Any, node: Any) -> None:
        q, k, v, pad_k, pad_v = node.inputs[:5]
        padding, padded = node.choice("padding"), request.padded
        self.counts = np.ones(len(k))
        pads = 0
        if padding != "none" and padded > 0:
            pads = 1 if padding == "constant" else padded
            k, v = np.concatenate([k, pad_k.real()[:pads]]), np.concatenate([v, pad_v.real()[:pads]])
            self.counts = np.append(self.counts, [padded / pads] * pads)
        self.k, self.v = k, v
        events = len(k) - pads
        query = events - len(q) + np.arange(len(q))  # queries stand at the end
        self.seen = np.ones((len(q), len(k)), bool)
        if node.choice("mask") == "causal":
            self.seen[:, :events] = np.arange(events)[None] <= query[:, None]
        self.bias, self.buckets = None, None
        window, stride, bias = node.integer("window", 0), node.integer("stride", 1), node.inputs[5]
        if window > 0 or stride > 1 or bias is not None:
            slots = np.append(padded + request.places, np.arange(pads))
            apart = slots[query][:, None] - slots[None]
            self.seen &= ((window == 0) | (np.abs(apart) < window)) & (apart % stride == 0)
            if bias is not None:
                self.bias = bias.real()[:, apart + request.slots - 1]
        if node.inputs[6] is not None:
            self.add_times(node, request, query, pads)

    def add_times(self, node: Any, request: Any, query: Array, pads: int) -> None:
        times, edges, bias = node.inputs[6:9]
        after = np.arange(1, len(times))
        after[request.newest] = len(times) - 1  # after the newest event comes the request
        asked = times[after[query]] if node.choice("query_time", "own") == "next" else times[query]
        gaps = np.abs(asked[:, None] - np.append(times[:-1], np.zeros(pads, np.int64))[None]).astype(np.float32)
        self.buckets = np.searchsorted(edges.values[0], gaps, side="right")
        if bias is not None:
            added = bias.real()[:, self.buckets]
            self.bias = added if self.bias is None else self.bias + added


def blocks_of(tensor: Optional[Any], head: int, rows: int) -> Optional[Array]:
    """Of intervals, the rows of one head; each head's are rounded up to 16."""
    first = head * -(-rows // 16) * 16
    return None if tensor is None else tensor.real()[first:first + rows]


def weights_of(node: Any, scores: Array, keys: Keys) -> Array:
    hidden = np.where(keys.seen, scores, -np.inf)
    if node.choice("normalise", "keys") == "queries":
        return softmax(hidden, 0)
    weighting = node.choice("weighting", "softmax")
    if weighting == "softmax":
        return softmax(hidden, 1, keys.counts)
    if weighting == "hard":
        return np.eye(scores.shape[1])[hidden.argmax(axis=1)]
    return np.where(keys.seen, scores / (1 + np.exp(-scores)), 0) * keys.counts * node.real("factor", 1.0)


def attention(request: Any, node: Any) -> Array:
    q, heads, keys = node.inputs[0], node.integer("heads"), Keys(request, node)
    group = heads // node.integer("key_heads", heads)
    dim = q.shape[1] // heads
    buckets = 0 if keys.buckets is None else node.inputs[7].cols + 1
    mixed = []
    for h in range(heads):
        own, other = slice(h * dim, (h + 1) * dim), slice(h // group * dim, (h // group + 1) * dim)
        products = q[:, own] @ keys.k[:, other].T
        interval_k, interval_v = blocks_of(node.inputs[9], h, buckets), blocks_of(node.inputs[10], h, dim)
        if interval_k is not None:
            products = products + np.take_along_axis(q[:, own] @ interval_k.T, keys.buckets, axis=1)
        scores = products * node.real("scale")
        if keys.bias is not None:
            scores = scores + np.broadcast_to(keys.bias, (heads, *scores.shape))[h]
        weights = weights_of(node, scores, keys)
        out = weights @ keys.v[:, other]
        if interval_v is not None:
            out = out + np.einsum("ij,ijc->ic", weights, interval_v.T[keys.buckets])
        mixed.append(out)
    return np.concatenate(mixed, axis=1)


def last(request: Any, node: Any) -> Array:
    x = node.inputs[0]
    row = request.newest if node.input_rows(0) == "events" else len(x) - 1
    return x[row:row + 1]


OPERATORS: dict[str, Callable[[Any, Any], Array]] = {
    "embedding": embedding, "position": position, "layer_norm": layer_norm, "linear": linear, "gru": gru,
    "neighbours": neighbours, "unfold": unfold, "mix": mix, "capsule_routing": capsule_routing,
    "l2_norm": l2_norm, "pool": pool, "additive_attention": additive_attention, "attention": attention,
    "last": last,
    "parameter": lambda request, node: node.inputs[0].real(),
    "flatten": lambda request, node: node.inputs[0].reshape(1, -1),
    "gru_cell": lambda request, node: gru_step(*node.inputs[:3]),
    "add": lambda request, node: node.inputs[0] + node.inputs[1],       # NumPy repeats a single row
    "multiply": lambda request, node: node.inputs[0] * node.inputs[1],  # or column
    "concat": lambda request, node: np.concatenate(node.inputs[:2], axis=1),
    "activation": lambda request, node: ACTIVATIONS[node.choice("kind")](node.inputs[0]),
}
