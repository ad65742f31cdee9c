#!/usr/bin/env python3
"""Train RecTools' HSTU briefly, unmodified, and write what it recommends.

Third-party reference: RecTools 0.19.0 (MobileTeleSystems/RecTools, Apache licence) trains on a cut of the shop's data
(tests/shop/interactions.txt: its 100 most popular products, with irregular times made up here), and its own
preprocessing and Lightning module make the user's vector and the items', in double precision. For each model there is
hstu/rectools_NAME.pt, the state_dict and the model's configuration, and hstu/rectools_NAME.json: for histories of 1 to
beyond the maximum the user's vector and the scores of every item. Items have RecTools' internal numbers, from 1; 0 is
padding.

The model with times needs one time more than there are events: features.time has the times of the events in seconds
since 1970 and behind them the time of the request, which RecTools takes from the context given to recommend().

    sh tests/golden/environment.sh rectools && build/venv/rectools/bin/python tests/golden/rectools_models.py

Takes about a minute.
"""

import json
import os
import random
import tempfile
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytorch_lightning
import torch
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import HSTUModel

HERE = Path(__file__).parent.resolve()
SHOP = HERE.parent / "shop" / "interactions.txt"
PRODUCTS, CUSTOMERS, LONGEST = 100, 400, 10
START = 1_600_000_000  # of all times, in seconds

MODELS = {"hstu": True, "hstu_no_time": False}  # whether attention sees times


def steps(rng: random.Random, count: int) -> list[int]:
    """Irregular times: now and then within a minute, mostly days apart, sometimes months."""
    time, times = START + rng.randint(0, 10**7), []
    for _ in range(count):
        time += int(rng.choice([1, 40, 3_000, 90_000, 90_000, 700_000, 9_000_000]) * (0.3 + rng.random()))
        times.append(time)
    return times


def interactions() -> pd.DataFrame:
    customers = [[int(w) for w in line.split()] for line in SHOP.read_text(encoding="utf-8").splitlines()]
    counts = Counter(item for _, *items in customers for item in items)
    popular = {item for item, _ in counts.most_common(PRODUCTS)}
    rng = random.Random(5)
    rows = []
    for user, *items in customers[:CUSTOMERS]:
        items = [item for item in items if item in popular]
        rows += [(user, item, 1, time) for item, time in zip(items, steps(rng, len(items)))]
    frame = pd.DataFrame(rows, columns=[Columns.User, Columns.Item, Columns.Weight, Columns.Datetime])
    frame[Columns.Datetime] = pd.to_datetime(frame[Columns.Datetime], unit="s")
    return frame


def golden(name: str, with_times: bool) -> None:
    pytorch_lightning.seed_everything(7, verbose=False)
    torch.set_default_dtype(torch.float32)
    data = interactions()
    model = HSTUModel(n_blocks=2, n_heads=2, n_factors=16, session_max_len=LONGEST, relative_time_attention=with_times,
                      relative_pos_attention=True, epochs=8, lr=0.005, batch_size=64, deterministic=True,
                      recommend_torch_device="cpu")
    model.fit(Dataset.construct(data))
    base = HERE / "hstu" / f"rectools_{name}"
    base.parent.mkdir(exist_ok=True)
    torch.save({"state_dict": model.lightning_model.state_dict(), "config": model.get_config(simple_types=True)},
               base.with_suffix(".pt"))

    torch.set_default_dtype(torch.float64)  # of the logarithm of times too
    model.lightning_model.double()
    known = list(model.data_preparator.get_known_item_ids())  # external ids; the first has internal number 1

    def case(history: list[int], times: list[int], request: int) -> dict[str, Any]:
        """The first steps of recommend(), to before it ranks."""
        frame = pd.DataFrame({Columns.User: 1, Columns.Item: [known[i - 1] for i in history], Columns.Weight: 1.0,
                              Columns.Datetime: pd.to_datetime(pd.Series(times), unit="s")})
        context = pd.DataFrame({Columns.User: [1], Columns.Weight: [0.0],
                                Columns.Datetime: pd.to_datetime(pd.Series([request]), unit="s")})
        prepared = model.data_preparator.transform_dataset_u2i(Dataset.construct(frame), [1],
                                                               context if with_times else None)
        loader = model.data_preparator.get_dataloader_recommend(prepared, 1)
        users, items = model.lightning_model._get_user_item_embeddings(loader, "cpu")
        scores = model.torch_model.similarity_module(users, items)[0, 1:]  # the ranker's own is in single precision
        return {"history": history, **({"features": {"time": [*times, request]}} if with_times else {}),
                # As the cosine takes it: of length 1.
                "vector": [float(f"{x:.15g}") for x in (users[0] / users[0].norm().clamp_min(1e-8)).tolist()],
                "scores": [float(f"{x:.15g}") for x in scores.tolist()]}

    rng = random.Random(3)
    made = [[rng.randint(1, len(known)) for _ in range(length)] for length in range(1, LONGEST + 3)]
    made += [[4, 4, 9, 4], [17] * LONGEST, [*made[-1][:6], *made[-1][:6]]]
    cases = []
    for history in made:
        *times, request = steps(rng, len(history) + 1)
        cases.append(case(history, times, request))
    # Simultaneous events, and a request at the time of the last one.
    cases.append(case([8, 3, 8, 21], [START, START, START + 1, START + 1], START + 1))
    base.with_suffix(".json").write_text(json.dumps({
        "family": "hstu", "variant": "rectools", "options": {}, "items": len(known), "max_history": LONGEST,
        "reference": f"RecTools 0.19.0, HSTUModel, PyTorch {torch.__version__}",
        "cases": cases,
    }, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{base.name}: {len(known)} items, {os.path.getsize(base.with_suffix('.pt'))} bytes")


def main() -> None:
    warnings.filterwarnings("ignore")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name, with_times in MODELS.items():
            golden(name, with_times)


if __name__ == "__main__":
    main()
