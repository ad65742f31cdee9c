#!/usr/bin/env python3
"""Train RecBole's models briefly, unmodified, and write what they predict.

Third-party reference: RecBole 1.2.0 (RUCAIBox/RecBole, MIT licence) trains on a cut of the shop's data
(tests/shop/interactions.txt: its 120 most popular products), saves its own checkpoint, and predicts in double
precision by its own full_sort_predict(). For each model there is FAMILY/recbole_NAME.pth, the checkpoint without the
optimizer's state, and FAMILY/recbole_NAME.json: the conversion's options, and for histories of 1 to beyond the
maximum the scores of every item. Items have RecBole's internal numbers, from 1.

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

import torch
from recbole.config import Config
from recbole.data import create_dataset, data_preparation
from recbole.data.interaction import Interaction
from recbole.utils import get_model, get_trainer, init_seed

HERE = Path(__file__).parent.resolve()
SHOP = HERE.parent / "shop" / "interactions.txt"
PRODUCTS, CUSTOMERS, LONGEST = 120, 500, 12

TRANSFORMER = {"hidden_size": 16, "inner_size": 32, "n_layers": 2, "n_heads": 2}

# RecBole's class: the folder and variant that heed has for it, and what makes it small.
MODELS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "BERT4Rec": ("bert4rec", "recbole", {**TRANSFORMER, "train_neg_sample_args": None}),
    "SASRec": ("sasrec", "recbole", {**TRANSFORMER, "train_neg_sample_args": None}),
    "GRU4Rec": ("gru4rec", "recbole", {"embedding_size": 12, "hidden_size": 20, "num_layers": 2, "train_neg_sample_args": None}),
    "STAMP": ("stamp", "recbole", {"embedding_size": 16, "train_neg_sample_args": None}),
    "NARM": ("narm", "recbole", {"embedding_size": 16, "hidden_size": 20, "n_layers": 1, "train_neg_sample_args": None}),
    "STAMP": ("stamp", "recbole", {"embedding_size": 16, "train_neg_sample_args": None}),
}

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


def scores(model: Any, history: list[int]) -> list[float]:
    recent = history[-LONGEST:]
    interaction = Interaction({
        "item_id_list": torch.tensor([recent + [0] * (LONGEST - len(recent))]),
        "item_length": torch.tensor([len(recent)]),
    })
    with torch.no_grad():
        found = model.full_sort_predict(interaction).reshape(-1)
    return [float(f"{x:.12g}") for x in found[1:].tolist()]  # 0 is padding


def golden(name: str) -> None:
    family, variant, settings = MODELS[name]
    config = Config(model=name, dataset="shop", config_dict={**SETTINGS, **settings, "data_path": "data",
                                                             "checkpoint_dir": "saved"})
    init_seed(config["seed"], config["reproducibility"])
    dataset = create_dataset(config)
    train, valid, _ = data_preparation(config, dataset)
    model = get_model(config["model"])(config, train.dataset)
    trainer = get_trainer(config["MODEL_TYPE"], config["model"])(config, model)
    trainer.fit(train, valid, saved=True, show_progress=False)
    saved = torch.load(trainer.saved_model_file)
    saved.pop("optimizer")
    base = HERE / family / f"recbole_{name.lower()}"
    torch.save(saved, base.with_suffix(".pth"))

    model.load_state_dict(saved["state_dict"])
    model.eval().double()
    items = dataset.item_num - 1
    rng = random.Random(3)
    histories = [[rng.randint(1, items) for _ in range(length)] for length in range(1, LONGEST + 3)]
    base.with_suffix(".json").write_text(json.dumps({
        "family": family, "variant": variant, "options": {}, "items": items, "max_history": MAX_HISTORY.get(name, LONGEST),
        "reference": f"RecBole 1.2.0, {name}, PyTorch {torch.__version__}",
        "cases": [{"history": h, "vector": None, "scores": scores(model, h)} for h in histories],
    }, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{base.name}: {items} items, {os.path.getsize(base.with_suffix('.pth'))} bytes")


MAX_HISTORY = {"BERT4Rec": LONGEST - 1}  # and the mask token


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_data(Path(folder))
        os.chdir(folder)  # paths in a checkpoint say nothing about the model
        for name in sys.argv[1:] or MODELS:
            golden(name)


if __name__ == "__main__":
    main()
