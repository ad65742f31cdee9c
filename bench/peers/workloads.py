"""What is measured: the models, and which work on them each table shows."""
import typing


class Shape(typing.NamedTuple):
    """A SASRec. `padding` is the side on which its training code pads histories. `clusters`: its item rows stand around so
    many centres, as those of trained models do, and `heed synth` makes them; 0: rows are independent (model.py)."""
    name: str
    items: int
    dim: int
    heads: int
    blocks: int
    max_history: int
    padding: str
    seed: int
    clusters: int = 0


class Workload(typing.NamedTuple):
    """Top `K` after `events` events of a model.

    parts: the graphs that are timed: "recommend" (ids to the K best items), "encode" (ids to the user vector).
    base: the form of heed that ratios are to.
    append: heed adds the last event to a session that has answered for the others; peers compute anew.
    memory: opening and memory are measured.
    """
    name: str
    title: str
    model: str
    events: int
    parts: tuple = ("recommend",)
    base: str = "int8"
    append: bool = False
    memory: bool = False


K = 10

MODELS = {shape.name: shape for shape in (
    Shape("shop", 10_000, 64, 2, 2, 50, "left", 1),
    Shape("films", 3_416, 50, 1, 2, 200, "left", 2),
    Shape("stream", 10_000, 64, 2, 2, 200, "right", 3),
    Shape("million", 1_000_000, 64, 2, 2, 50, "left", 4),
    Shape("clustered", 1_000_000, 64, 2, 2, 50, "left", 5, clusters=1000),
)}

WORKLOADS = {workload.name: workload for workload in (
    Workload("W1", "50 events, d=64, 2 blocks, 2 heads, 10,000 items", "shop", 50),
    Workload("W2", "200 events, d=50, 2 blocks, 1 head, 3,416 items", "films", 200),
    Workload("W3", "20 events of at most 200, d=50, 2 blocks, 1 head, 3,416 items", "films", 20),
    Workload("W4", "one event more after 150, d=64, 2 blocks, 2 heads, 10,000 items, positions from the left",
             "stream", 151, base="int8, appended", append=True),
    Workload("W5", "50 events, d=64, 2 blocks, 2 heads, 1,000,000 items", "million", 50,
             parts=("recommend", "encode")),
    Workload("W5c", "the same with clustered rows: heed's scan in two planes", "clustered", 50, base="int8, one plane"),
    Workload("W6", "opening the model of 1,000,000 items", "million", 50, memory=True),
)}


def large(shape):
    """Whether not all runtimes hold such a model at once."""
    return shape.items >= 500_000


def padded(shape, history):
    padding = [0] * (shape.max_history - len(history))
    return history + padding if shape.padding == "right" else padding + history
