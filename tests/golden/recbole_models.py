#!/usr/bin/env python3
"""Train RecBole's models briefly, unmodified, and write what they predict.

Third-party reference: RecBole 1.2.0 (RUCAIBox/RecBole, MIT licence) trains on a cut of the shop's data
(tests/shop/interactions.txt: its 120 most popular products), saves its own checkpoint, and predicts in double
precision by its own full_sort_predict(). For each model there is FAMILY/recbole_NAME.pth, the checkpoint without the
optimizer's state, and FAMILY/recbole_NAME.json: the conversion's options, and for histories of 1 to beyond the
maximum the scores of every item. Items and users have RecBole's internal numbers, from 1. Hyper-parameters that the
weights do not show (weight, step, n_heads, hidden_act) are in the checkpoint's "config".

    sh tests/golden/environment.sh recbole && build/venv/recbole/bin/python tests/golden/recbole_models.py [NAME...]

Takes about a minute a model.
"""

import json
import os
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from recbole.config import Config
from recbole.data import create_dataset, data_preparation
from recbole.data.interaction import Interaction
from recbole.utils import get_model, get_trainer, init_seed

HERE = Path(__file__).parent.resolve()
SHOP = HERE.parent / "shop" / "interactions.txt"
PRODUCTS, CUSTOMERS, LONGEST = 120, 500, 12

TRANSFORMER = {"hidden_size": 16, "inner_size": 32, "n_layers": 2, "n_heads": 2}

CE = {"train_neg_sample_args": None}  # cross entropy needs no negative samples

# What heed calls it, after recbole_: RecBole's class, the folder of heed's family, and what makes it small.
MODELS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "bert4rec": ("BERT4Rec", "bert4rec", {**TRANSFORMER, **CE}),
    "sasrec": ("SASRec", "sasrec", {**TRANSFORMER, **CE}),
    "gru4rec": ("GRU4Rec", "gru4rec", {"embedding_size": 12, "hidden_size": 20, "num_layers": 2, **CE}),
    "narm": ("NARM", "narm", {"embedding_size": 16, "hidden_size": 20, "n_layers": 1, **CE}),
    "stamp": ("STAMP", "stamp", {"embedding_size": 16, **CE}),
    "lightsans": ("LightSANs", "lightsans", {**TRANSFORMER, "k_interests": 3, **CE}),
    "srgnn": ("SRGNN", "srgnn", {"embedding_size": 16, **CE}),
    "srgnn_two_steps": ("SRGNN", "srgnn", {"embedding_size": 16, "step": 2, **CE}),
    "gcsan": ("GCSAN", "gcsan", {**TRANSFORMER, "inner_size": 24, **CE}),
    "gcsan_two_steps": ("GCSAN", "gcsan", {**TRANSFORMER, "inner_size": 24, "n_heads": 4, "hidden_act": "swish",
                                           "step": 2, "weight": 0.35, **CE}),
    "caser": ("Caser", "caser", {"embedding_size": 8, "nv": 3, "nh": 2, **CE}),
}

# Sessions that come back to an item, for models of the graph of a session (numbers from 1).
RETURNING = ([5, 5], [7, 3, 7], [3, 5, 3, 7, 5, 3], [9, 9, 9, 4, 9, 4, 4], [8, 2, 8, 6, 2, 8, 2, 6, 6, 1, 8, 2],
             [4, 11, 6, 11, 4, 6, 11, 9, 4, 11, 6, 4, 9, 11])

SETTINGS: dict[str, Any] = {
    "field_separator": "\t", "USER_ID_FIELD": "user_id", "ITEM_ID_FIELD": "item_id", "TIME_FIELD": "timestamp",
    "load_col": {"inter": ["user_id", "item_id", "timestamp"]}, "MAX_ITEM_LIST_LENGTH": LONGEST,
    "epochs": 3, "train_batch_size": 256, "use_gpu": False, "show_progress": False, "seed": 7, "reproducibility": True,
    "state": "ERROR", "eval_step": 0, "save_dataset": False, "save_dataloaders": False,
}


def write_data(folder: Path) -> None:
    """RecBole's atomic file of the most popular products."""
    customers = [[int(w) for w in line.split()] for line in SHOP.read_text(encoding="utf-8").splitlines()]
    counts = Counter(item for _, *items in customers for item in items)
    popular = {item for item, _ in counts.most_common(PRODUCTS)}
    (folder / "data" / "shop").mkdir(parents=True)
    with open(folder / "data" / "shop" / "shop.inter", "w", encoding="utf-8") as file:
        file.write("user_id:token\titem_id:token\ttimestamp:float\n")
        for user, *items in customers[:CUSTOMERS]:
            for time, item in enumerate(item for item in items if item in popular):
                file.write(f"{user}\t{item}\t{time}\n")


def scores(model: Any, history: list[int], user: int) -> list[float]:
    recent = history[-LONGEST:]
    interaction = Interaction({
        "user_id": torch.tensor([user]),
        "item_id_list": torch.tensor([recent + [0] * (LONGEST - len(recent))]),
        "item_length": torch.tensor([len(recent)]),
    })
    # SR-GNN and GC-SAN make the graph's matrix with torch.FloatTensor() whatever the model's precision is.
    with torch.no_grad(), mock.patch.object(torch, "FloatTensor", torch.DoubleTensor):
        found = model.full_sort_predict(interaction).reshape(-1)
    return [float(f"{x:.12g}") for x in found[1:].tolist()]  # 0 is padding


def cases(model: Any, family: str, items: int, users: int) -> list[dict[str, Any]]:
    rng = random.Random(3)
    histories = [[rng.randint(1, items) for _ in range(length)] for length in range(1, LONGEST + 3)]
    if family in ("lightsans", "srgnn", "gcsan", "caser"):
        histories += RETURNING
    made = []
    for history in histories:
        user = rng.randint(1, users) if family == "caser" else 0
        made.append({"history": history, **({"features": {"user": [user]}} if user else {}), "vector": None,
                     "scores": scores(model, history, user)})
    return made


def golden(name: str) -> None:
    model_name, family, settings = MODELS[name]
    config = Config(model=model_name, dataset="shop", config_dict={**SETTINGS, **settings, "data_path": "data",
                                                                   "checkpoint_dir": "saved"})
    init_seed(config["seed"], config["reproducibility"])
    dataset = create_dataset(config)
    train, valid, _ = data_preparation(config, dataset)
    model = get_model(config["model"])(config, train.dataset)
    trainer = get_trainer(config["MODEL_TYPE"], config["model"])(config, model)
    trainer.fit(train, valid, saved=True, show_progress=False)
    saved = torch.load(trainer.saved_model_file)
    saved.pop("optimizer")
    base = HERE / family / f"recbole_{name}"
    base.parent.mkdir(exist_ok=True)
    torch.save(saved, base.with_suffix(".pth"))

    model.load_state_dict(saved["state_dict"])
    model.eval().double()
    items = dataset.item_num - 1
    base.with_suffix(".json").write_text(json.dumps({
        "family": family, "variant": "recbole", "options": {}, "items": items,
        "max_history": MAX_HISTORY.get(name, LONGEST),
        "reference": f"RecBole 1.2.0, {model_name}, PyTorch {torch.__version__}",
        "cases": cases(model, family, items, dataset.user_num - 1),
    }, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{base.name}: {items} items, {os.path.getsize(base.with_suffix('.pth'))} bytes")


MAX_HISTORY = {"bert4rec": LONGEST - 1}  # and the mask token


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_data(Path(folder))
        os.chdir(folder)  # paths in a checkpoint say nothing about the model
        for name in sys.argv[1:] or MODELS:
            golden(name)


if __name__ == "__main__":
    main()
