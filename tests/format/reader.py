"""Read and run a heed model file with NumPy and the schema alone.

An independent reading of runtime/format/heed.fbs, its README.md and runtime/ops/README.md: no generated
code, no FlatBuffers library. Field numbers are the ids of heed.fbs. Arithmetic is double precision over
float32 values; int8 sums are exact. formulas.py has what each operator computes.

    model = Model("model.heed")
    scores = model.scores([3, 1, 2])      # of all items, in the order of their rows
    scores = model.scores([3, 1, 2], {"time": [10, 20, 20]})
"""

import struct
from pathlib import Path
from typing import Any, Optional

import numpy as np

from formulas import OPERATORS

F32, I8 = 1, 2                    # DType
ROW_MAJOR, N16, N16K4, PLANES = 1, 2, 3, 4   # Layout
EVENT_TIMES, CONTEXT_ID = 3, 4    # InputKind
ROWS = ("one", "events", "several")
LEFT = 1                          # PaddingSide
APPENDED, FILLED = -1, -2         # instead of the caller's event


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
        assert at is not None
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
        elif self.layout == PLANES:
            cols = round_up(self.cols, 8)
            planes = flat.view(np.uint8).reshape(2, -1, cols // 8, 1, 16, 4)
            nibbles = np.concatenate([planes % 16, planes // 16], axis=3)  # [2, blocks, groups, 2, 16, 4]
            high, low = nibbles.astype(np.int16).transpose(0, 1, 4, 2, 3, 5).reshape(2, -1, cols)
            assert not (high[:, self.cols:].any() or low[:, self.cols:].any()), "plane padding is not zero"
            matrix = 16 * (high - 8) + low
            matrix[:, self.cols:] = 0
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


class Input:
    """A feature: what a caller passes beside the history."""

    def __init__(self, table: Table) -> None:
        self.name, self.kind = table.text(0), table.number(1, "B")
        self.first_id, self.default = table.number(9, "q"), table.number(10, "q")
        self.gaps = table.number(11, "B") == 1

    def values(self, given: Optional[list[int]], sources: np.ndarray) -> np.ndarray:
        """Rows of a table, or times with the request's own as the last, at the caller's events `sources`."""
        if self.kind != EVENT_TIMES:
            rows = np.array(given if given else [self.default], np.int64) - self.first_id
            if self.kind == CONTEXT_ID:
                return rows
            absent = self.default - self.first_id
            return np.array([rows[s] if given and s >= 0 else absent for s in sources], np.int64)
        times = np.array(given or [1 if self.gaps else self.default], np.int64)
        if given and self.gaps:
            steps = np.diff(times)
            times = np.rint((times - times[0]) / max(1, min(steps[steps > 0], default=1))).astype(np.int64) + 1
        at = [0 if s == FILLED else times[s] if given and s >= 0 else times[-1] for s in sources]
        return np.array([*at, times[-1]], np.int64)


class Request:
    """The events of a request that are computed, oldest first, and where they stand."""

    def __init__(self, model: "Model", history: list[int], features: dict[str, list[int]]) -> None:
        self.slots = model.slots
        sources = list(range(len(history)))[model.drop_oldest:][-model.max_history:]
        known = len(sources)
        rows = [history[s] - model.first_id for s in sources]
        if known and model.append_row >= 0:
            rows, sources = rows + [model.append_row], sources + [APPENDED]
        before = 0
        if known and model.fill_row >= 0:
            filling = self.slots - known
            before, after = (filling, 0) if model.padding_side == LEFT else (0, filling)
            rows = [model.fill_row] * before + rows + [model.fill_row] * after
            sources = [FILLED] * before + sources + [FILLED] * after
        self.length = len(rows)
        self.padded = self.slots - self.length
        self.places = np.array([p for p, row in enumerate(rows) if row != model.hidden_row], np.int64)
        self.rows = np.array(rows, np.int64)[self.places]
        self.sources = np.array(sources, np.int64)[self.places]
        real = np.flatnonzero(self.sources != FILLED)
        self.first, self.newest = (int(real[0]), int(real[-1])) if len(real) else (0, -1)
        self.inputs = [self.rows] + [i.values(features.get(i.name), self.sources) for i in model.features]


class Node:
    """A node of the graph while it runs."""

    def __init__(self, table: Table, inputs: list[Any], rows: list[str]) -> None:
        self.op, self.inputs, self.rows = table.text(0), inputs + [None] * (11 - len(inputs)), rows
        self.attributes = {a.text(0): a for a in table.tables(4)}

    def input_rows(self, index: int) -> str:
        return self.rows[index]

    def attribute(self, name: str, default: Any, read: Any) -> Any:
        """Attributes that came later may be absent and then have `default`."""
        if name in self.attributes:
            return read(self.attributes[name])
        assert default is not None, f"{self.op} has no {name}"
        return default

    def integer(self, name: str, default: Optional[int] = None) -> int:
        return self.attribute(name, default, lambda a: a.number(1, "q"))

    def real(self, name: str, default: Optional[float] = None) -> float:
        return self.attribute(name, default, lambda a: a.number(2, "d"))

    def choice(self, name: str, default: Optional[str] = None) -> str:
        return self.attribute(name, default, lambda a: a.text(3))


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
        self.values, self.nodes = root.tables(5), root.tables(6)
        self.max_history, self.slots = root.number(10, "I"), root.number(11, "I")
        self.padding_side = root.number(12, "B")
        history, items = root.tables(7)[0], root.tables(9)[0]
        self.append_row, self.hidden_row = history.number(5, "q", -1), history.number(6, "q", -1)
        self.drop_oldest, self.fill_row = history.number(7, "I"), history.number(8, "q", -1)
        self.features = [Input(i) for i in root.tables(7)[1:]]
        self.named = {o.text(0): o for o in root.tables(8)}
        self.user_vector = root.tables(8)[items.number(8, "i", -1)].text(0)
        self.items, self.first_id = items.number(1, "Q"), items.number(4, "q")
        self.table = self.tensors[items.number(2, "i")]
        self.bias, self.prior = (self.item_row(items.number(field, "i", -1)) for field in (3, 13))

    def item_row(self, tensor: int) -> Any:
        """A number for each item; 0 where there are none."""
        return 0.0 if tensor < 0 else self.tensors[tensor].real()[0][:self.items]

    def scores(self, history: list[int], features: Optional[dict[str, list[int]]] = None) -> np.ndarray:
        """Of several interests the largest product counts."""
        if isinstance(self.prior, np.ndarray) and not len(Request(self, history, features or {}).rows):
            return self.prior
        vectors = self.output(self.user_vector, history, features)
        return self.table.product(vectors).max(axis=0)[:self.items] + self.bias

    def output(self, name: str, history: list[int], features: Optional[dict[str, list[int]]] = None) -> np.ndarray:
        """Rows of an output for item ids, oldest first; where it has a row an event, of those that count."""
        request = Request(self, history, features or {})
        value, empty = self.named[name].number(1, "i"), self.named[name].number(2, "i", -1)
        each_event = self.rows_of(value) == "events"
        if not len(request.rows):
            cols = self.values[value].number(4, "I")
            return np.zeros((0, cols)) if each_event else self.tensors[empty].real()
        rows = self.run(request)[value]
        return rows[request.first:request.newest + 1] if each_event else rows

    def run(self, request: Request) -> dict[int, np.ndarray]:
        made: dict[int, np.ndarray] = {}
        for table in self.nodes:
            indices = table.integers(2)
            node = Node(table, [self.input(i, request, made) for i in indices], [self.rows_of(i) for i in indices])
            result = OPERATORS[node.op](request, node)
            made[table.integers(3)[0]] = result.astype(np.float32).astype(np.float64)
        return made

    def rows_of(self, value: int) -> str:
        return "" if value < 0 else ROWS[self.values[value].number(3, "B")]

    def input(self, index: int, request: Request, made: dict[int, np.ndarray]) -> Any:
        if index < 0:
            return None
        tensor, given = (self.values[index].number(field, "i", -1) for field in (1, 2))
        if tensor >= 0:
            return self.tensors[tensor]
        return request.inputs[given] if given >= 0 else made[index]
