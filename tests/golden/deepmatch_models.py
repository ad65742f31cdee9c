#!/usr/bin/env python3
"""Train DeepMatch's MIND briefly, unmodified, and write the interests it finds.

Third-party reference: DeepMatch 0.3.2 (shenweichen/DeepMatch, Apache licence) trains on a cut of the shop's data
(tests/shop/interactions.txt: its 100 most popular products). For each model there is mind/deepmatch_NAME.safetensors,
the weights under Keras's own names and the hyper-parameters as JSON in __metadata__.config, and
mind/deepmatch_NAME.json: for histories of 1 to beyond the maximum the interests and the scores of every item, the
largest product of an item's vector with an interest. Items have numbers from 1, 0 is padding.

DeepMatch draws the first routing logits anew at each call. Here one such draw is fed to every prediction in place of
its own, and kept with the weights as capsule_layer/routing_logits [max_history, k_max]: a converter takes it as a
weight. As in DeepMatch's examples a history is given newest event first and padded behind. A short history may have
fewer interests; the library leaves the others zero, and here they do not count. DeepMatch computes in single precision,
and no option makes it double: expect six digits.

    sh tests/golden/environment.sh deepmatch && build/venv/deepmatch/bin/python tests/golden/deepmatch_models.py

Takes about a minute.
"""

import json
import os
import random
from collections import Counter
from pathlib import Path
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf
from deepctr.feature_column import SparseFeat, VarLenSparseFeat
from deepmatch.models import MIND
from deepmatch.utils import NegativeSampler, sampledsoftmaxloss
from safetensors.numpy import save_file

tf.compat.v1.disable_eager_execution()  # as DeepMatch's examples do
HERE = Path(__file__).parent.resolve()
SHOP = HERE.parent / "shop" / "interactions.txt"
PRODUCTS, CUSTOMERS, LONGEST = 100, 60, 8
EMBEDDING, INTERESTS, SEED = 8, 3, 11

# What makes each model: whether users have a vector of their own, and whether short histories have fewer interests.
MODELS: dict[str, dict[str, bool]] = {
    "mind": {"users": False, "dynamic_k": False},
    "mind_users": {"users": True, "dynamic_k": True},
}


def histories() -> list[list[int]]:
    """The first customers' histories of the most popular products, numbered from 1."""
    customers = [[int(w) for w in line.split()[1:]] for line in SHOP.read_text(encoding="utf-8").splitlines()]
    counts = Counter(item for items in customers for item in items)
    number = {item: i for i, (item, _) in enumerate(counts.most_common(PRODUCTS), start=1)}
    cut = [[number[item] for item in items if item in number] for items in customers]
    return [items for items in cut if len(items) > 1][:CUSTOMERS]


def inputs(users: list[int], pasts: list[list[int]], with_users: bool) -> dict[str, np.ndarray]:
    """The library's inputs: newest event first, as its examples do."""
    recent = [past[::-1][:LONGEST] for past in pasts]
    found = {
        "hist_item_id": np.array([past + [0] * (LONGEST - len(past)) for past in recent], dtype="int32"),
        "hist_len": np.array([[len(past)] for past in recent], dtype="int32"),
    }
    if with_users:
        found["user_id"] = np.array([[user] for user in users], dtype="int32")
    return found


def golden(name: str, users: bool, dynamic_k: bool) -> None:
    tf.keras.backend.clear_session()
    tf.keras.utils.set_random_seed(SEED)
    customers = histories()
    events = [(u, items[:i], items[i]) for u, items in enumerate(customers, start=1) for i in range(1, len(items))]
    counts = Counter(target for _, _, target in events)
    item = SparseFeat("item_id", PRODUCTS + 1, EMBEDDING)
    columns = [SparseFeat("user_id", len(customers) + 1, EMBEDDING)] if users else []
    columns.append(VarLenSparseFeat(SparseFeat("hist_item_id", PRODUCTS + 1, EMBEDDING, embedding_name="item_id"),
                                    LONGEST, "mean", "hist_len"))
    model = MIND(columns, [item], k_max=INTERESTS, dynamic_k=dynamic_k, user_dnn_hidden_units=(16, EMBEDDING),
                 sampler_config=NegativeSampler("frequency", num_sampled=20, item_name="item_id",
                                                item_count=[counts[i] for i in range(PRODUCTS + 1)]))
    model.compile(optimizer=tf.keras.optimizers.legacy.Adam(0.005), loss=sampledsoftmaxloss)
    train = inputs([u for u, _, _ in events], [past for _, past, _ in events], users)
    train["item_id"] = np.array([[target] for _, _, target in events], dtype="int32")
    model.fit(train, np.ones(len(events)), batch_size=64, epochs=15, verbose=0)

    session = tf.compat.v1.keras.backend.get_session()
    session.graph.finalize()
    draw = session.graph.get_tensor_by_name("capsule_layer/truncated_normal:0")
    vectors = session.run(model.item_embedding, {model.item_input[0]: np.arange(PRODUCTS + 1).reshape(-1, 1)})

    def given(user: int, history: list[int]) -> dict[Any, Any]:
        values = inputs([user], [history], users)
        return {i: values[i.name.split(":")[0]] for i in model.user_input}

    logits = session.run(draw, given(1, [1]))  # of one history: [1, LONGEST, INTERESTS, 1]

    def case(user: int, history: list[int]) -> dict[str, Any]:
        found = session.run(model.user_embedding, {**given(user, history), draw: logits})[0]
        length = min(len(history), LONGEST)
        interests = int(max(1, min(INTERESTS, np.log2(1 + length)))) if dynamic_k else INTERESTS
        assert not found[interests:].any() and found[:interests].any(axis=1).all()
        scores = (found[:interests].astype(float) @ vectors[1:].astype(float).T).max(axis=0)
        return {"history": history, **({"features": {"user": [user]}} if users else {}), "interests": interests,
                "vector": [[float(f"{x:.9g}") for x in row] for row in found],
                "scores": [float(f"{x:.9g}") for x in scores]}

    base = HERE / "mind" / f"deepmatch_{name}"
    base.parent.mkdir(exist_ok=True)
    weights = {w.name.removesuffix(":0"): value for w, value in zip(model.weights, model.get_weights())}
    weights["capsule_layer/routing_logits"] = np.ascontiguousarray(logits.reshape(LONGEST, INTERESTS))
    config = {"model": "MIND", "k_max": INTERESTS, "dynamic_k": dynamic_k, "p": 100, "embedding_dim": EMBEDDING,
              "seq_max_len": LONGEST, "user_dnn_hidden_units": [16, EMBEDDING], "dnn_activation": "relu",
              "output_activation": "linear", "iteration_times": 3, "features": ["user_id"] if users else []}
    save_file(weights, base.with_suffix(".safetensors"), metadata={"config": json.dumps(config)})
    rng = random.Random(3)
    made = [[rng.randint(1, PRODUCTS) for _ in range(length)] for length in range(1, LONGEST + 3)]
    made += [[5, 5, 9, 5], [17] * LONGEST]
    base.with_suffix(".json").write_text(json.dumps({
        "family": "mind", "variant": "deepmatch", "options": {}, "items": PRODUCTS, "max_history": LONGEST,
        "reference": f"DeepMatch 0.3.2, MIND, TensorFlow {tf.__version__}, single precision",
        "cases": [case(user, h) for user, h in enumerate(made)],
    }, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{base.name}: {PRODUCTS} items, {os.path.getsize(base.with_suffix('.safetensors'))} bytes")


if __name__ == "__main__":
    for name, settings in MODELS.items():
        golden(name, **settings)
