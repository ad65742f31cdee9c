"""Read and run a heed model file with NumPy and the schema alone.

An independent reading of runtime/format/heed.fbs, its README.md and runtime/ops/README.md: no generated
code, no FlatBuffers library. Field numbers are the ids of heed.fbs. Arithmetic is double precision over
float32 values; int8 sums are exact.

    model = Model("model.heed")
    scores = model.scores([3, 1, 2])      # of all items, in the order of their rows
"""

import math
import struct
from pathlib import Path
from typing import Any, Optional

import numpy as np

F32, I8 = 1, 2                    # DType
ROW_MAJOR, N16, N16K4 = 1, 2, 3   # Layout


class Table:
    """A FlatBuffers table: fields are found through its vtable, by id."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at
        self.vtable = at - struct.unpack_from("<i", data, at)[0]

    def place(self, field: int) -> Optional[int]:
        size = struct.unpack_from("<H", self.data, self.vtable)[0]
        if 4 + 2 * field >= size:
            return None
        offset = struct.unpack_from("<H", self.data, self.vtable + 4 + 2 * field)[0]
        return self.at + offset if offset else None

    def number(self, field: int, kind: str, default: float = 0) -> Any:
        at = self.place(field)
        return default if at is None else struct.unpack_from("<" + kind, self.data, at)[0]

    def target(self, field: int) -> Optional[int]:
        at = self.place(field)
        return None if at is None else at + struct.unpack_from("<I", self.data, at)[0]

    def text(self, field: int) -> str:
        at = self.target(field)
        if at is None:
            return ""
        size = struct.unpack_from("<I", self.data, at)[0]
        return self.data[at + 4:at + 4 + size].decode()

    def integers(self, field: int) -> list[int]:
        at = self.target(field)
        size = struct.unpack_from("<I", self.data, at)[0]
        return list(struct.unpack_from(f"<{size}i", self.data, at + 4))

    def tables(self, field: int) -> list["Table"]:
        at = self.target(field)
        size = 0 if at is None else struct.unpack_from("<I", self.data, at)[0]
        places = (at + 4 + 4 * i for i in range(size))
        return [Table(self.data, p + struct.unpack_from("<I", self.data, p)[0]) for p in places]


def round_up(value: int, step: int) -> int:
    return -(-value // step) * step


class Tensor:
    """rows x cols; int8 tensors keep their integers and scales."""

    def __init__(self, data: bytes, table: Table) -> None:
        self.dtype, self.layout = table.number(1, "B"), table.number(2, "B")
        self.rows, self.cols = table.number(3, "Q"), table.number(4, "Q")
        self.scale_tensor = table.number(8, "i", -1)
        offset, length = table.number(5, "Q"), table.number(6, "Q")
        kind = np.dtype("<f4") if self.dtype == F32 else np.dtype("i1")
        self.values = self.arrange(np.frombuffer(data, kind, length // kind.itemsize, offset))
        self.scales: Optional[np.ndarray] = None

    def arrange(self, flat: np.ndarray) -> np.ndarray:
        if self.layout == ROW_MAJOR:
            matrix = flat.reshape(self.rows, round_up(self.cols, 16))
        elif self.layout == N16:
            matrix = flat.reshape(-1, self.cols, 16).transpose(0, 2, 1).reshape(-1, self.cols)
        else:
            cols = round_up(self.cols, 4)
            matrix = flat.reshape(-1, cols // 4, 16, 4).transpose(0, 2, 1, 3).reshape(-1, cols)
        padding = matrix[self.rows:].any() or matrix[:, self.cols:].any()
        assert not padding, "block padding is not zero"
        return matrix[:self.rows, :self.cols]

    def real(self) -> np.ndarray:
        values = self.values.astype(np.float64)
        return values if self.scales is None else values * self.scales[:self.rows, None]

    def product(self, x: np.ndarray) -> np.ndarray:
        """x [n, cols] times the transposed matrix: [n, rows]."""
        if self.scales is None:
            return x @ self.real().T
        q, x_scale = quantize(x)
        sums = q.astype(np.int64) @ self.values.astype(np.int64).T
        return sums.astype(np.float64) * self.scales[:self.rows] * x_scale[:, None]


def quantize(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """int8 rows and their scales, in float32 as the runtime does."""
    x = x.astype(np.float32)
    largest = np.abs(x).max(axis=1, initial=0)
    zero = largest == 0
    factor = np.float32(127) / np.where(zero, np.float32(1), largest)
    q = np.rint(np.clip(x * factor[:, None], -127, 127))
    return q, np.where(zero, np.float32(1), largest / np.float32(127)).astype(np.float64)


ACTIVATIONS = {
    "none": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "gelu_erf": lambda x: 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))),
    "gelu_tanh": lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3))),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
}


def gru(x: np.ndarray, weight: Tensor, bias: Optional[Tensor]) -> np.ndarray:
    h = np.zeros((1, weight.cols))
    states = []
    for row in x:
        gates = weight.product(h) + (0 if bias is None else bias.real()[0])
        (x_r, x_z, x_n), (g_r, g_z, g_n) = np.split(row[None], 3, axis=1), np.split(gates, 3, axis=1)
        r, z = ACTIVATIONS["sigmoid"](x_r + g_r), ACTIVATIONS["sigmoid"](x_z + g_z)
        h = (1 - z) * np.tanh(x_n + r * g_n) + z * h
        states.append(h)
    return np.concatenate(states)


class Model:
    def __init__(self, path: Path) -> None:
        data = Path(path).read_bytes()
        assert data[8:12] == b"HEED", "not a heed file"
        root = Table(data, 4 + struct.unpack_from("<I", data, 4)[0])
        assert root.number(0, "I") == 1, "another schema version"
        assert root.number(17, "Q") == len(data), "truncated"
        self.tensors = [Tensor(data, t) for t in root.tables(4)]
        for tensor in self.tensors:
            if tensor.scale_tensor >= 0:
                tensor.scales = self.tensors[tensor.scale_tensor].values[0].astype(np.float64)
        self.values = root.tables(5)
        self.nodes = root.tables(6)
        self.max_history, self.slots = root.number(10, "I"), root.number(11, "I")
        history, output, items = root.tables(7)[0], root.tables(8)[0], root.tables(9)[0]
        self.append_row, self.hidden_row = history.number(5, "q", -1), history.number(6, "q", -1)
        self.drop_oldest = history.number(7, "I")
        self.output, self.empty = output.number(1, "i"), self.tensors[output.number(2, "i")]
        self.items, self.first_id = items.number(1, "Q"), items.number(4, "q")
        self.table = self.tensors[items.number(2, "i")]
        bias = items.number(3, "i", -1)
        self.bias = 0.0 if bias < 0 else self.tensors[bias].real()[0][:self.items]

    def scores(self, history: list[int]) -> np.ndarray:
        return self.table.product(self.encode(history)[None])[0][:self.items] + self.bias

    def encode(self, history: list[int]) -> np.ndarray:
        """The user vector of item ids, oldest first."""
        history = history[self.drop_oldest:][-self.max_history:]
        rows = np.array([i - self.first_id for i in history], dtype=np.int64)
        if len(rows) and self.append_row >= 0:
            rows = np.append(rows, self.append_row)
        self.length, self.places = len(rows), np.flatnonzero(rows != self.hidden_row)
        rows = rows[self.places]
        if not len(rows):
            return self.empty.real()[0]
        made: dict[int, np.ndarray] = {}
        for node in self.nodes:
            inputs = [self.input(i, rows, made) for i in node.integers(2)]
            attributes = {a.text(0): a for a in node.tables(4)}
            result = self.run(node.text(0), inputs + [None] * (6 - len(inputs)), attributes)
            made[node.integers(3)[0]] = result.astype(np.float32).astype(np.float64)
        return made[self.output][0]

    def input(self, index: int, rows: np.ndarray, made: dict) -> Any:
        if index < 0:
            return None
        value = self.values[index]
        if value.number(1, "i", -1) >= 0:
            return self.tensors[value.number(1, "i", -1)]
        return rows if value.number(2, "i", -1) >= 0 else made[index]

    def run(self, op: str, inputs: list[Any], attributes: dict[str, Table]) -> np.ndarray:
        x, a, b, c, d, e = inputs
        choice = lambda name: attributes[name].text(3)  # noqa: E731
        real = lambda name: attributes[name].number(2, "d")  # noqa: E731
        integer = lambda name: attributes[name].number(1, "q")  # noqa: E731
        if op == "embedding":
            y = a.real()[x] * real("scale")
            if choice("position_rule") == "none":
                return y
            first = self.slots - self.length if choice("position_rule") == "from_right" else 0
            return y + b.real()[first + self.places]
        if op == "layer_norm":
            centred = x - x.mean(axis=1, keepdims=True)
            divisor = x.shape[1] - integer("unbiased")
            variance = (centred ** 2).sum(axis=1, keepdims=True) / divisor
            outside = integer("eps_outside")
            root = np.sqrt(variance + (0 if outside else real("eps")))
            y = centred / (root + (real("eps") if outside else 0))
            return y if a is None else y * a.real()[0] + b.real()[0]
        if op == "linear":
            y = a.product(x) + (0 if b is None else b.real()[0])
            return ACTIVATIONS[choice("activation")](y) + (0 if c is None else c)
        if op == "attention":
            return self.attention(x, a, b, c, d, integer("heads"), real("scale"), choice("mask"),
                                  choice("padding"))
        if op in ("add", "multiply"):
            return x + a if op == "add" else x * a  # NumPy repeats a single row or column
        if op == "concat":
            return np.concatenate([x, a], axis=1)
        if op == "gru":
            return gru(x, a, b)
        if op == "pool":
            total = (x if a is None else x * a).sum(axis=0, keepdims=True)
            if choice("padding") == "constant":
                total = total + (self.slots - self.length) * b.real()
            return total / (len(x) if choice("kind") == "mean" else 1)
        if op == "additive_attention":
            def similarity(keys: np.ndarray) -> np.ndarray:
                return ACTIVATIONS[choice("activation")](keys + (0 if a is None else a)) @ b.real().T
            total = (similarity(x) * c).sum(axis=0, keepdims=True)
            if choice("padding") == "constant":
                total = total + (self.slots - self.length) * similarity(d.real()) * e.real()
            return total
        if op == "activation":
            return ACTIVATIONS[choice("kind")](x)
        assert op == "last", op
        return x[-1:]

    def attention(self, q: np.ndarray, k: np.ndarray, v: np.ndarray, pad_k: Optional[Tensor],
                  pad_v: Optional[Tensor], heads: int, scale: float, mask: str,
                  padding: str) -> np.ndarray:
        events, padded = len(k), self.slots - self.length
        counts = np.ones(events)
        if padding != "none" and padded > 0:
            rows = 1 if padding == "constant" else padded
            k = np.concatenate([k, pad_k.real()[:rows]])
            v = np.concatenate([v, pad_v.real()[:rows]])
            counts = np.append(counts, [padded / rows] * rows)
        place = events - len(q) + np.arange(len(q))
        key = np.arange(len(k))
        hidden = (mask == "causal") & (key[None] > place[:, None]) & (key[None] < events)
        mixed = []
        for h in np.split(np.arange(q.shape[1]), heads):
            s = np.where(hidden, -np.inf, q[:, h] @ k[:, h].T * scale)
            p = np.exp(s - s.max(axis=1, keepdims=True)) * counts
            mixed.append(p @ v[:, h] / p.sum(axis=1, keepdims=True))
        return np.concatenate(mixed, axis=1)
