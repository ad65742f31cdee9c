#!/usr/bin/env python3
"""Writes metrics_reference.tsv: ranking metrics of random rankings, computed with NumPy from their definitions.

Independent of heed: each metric is taken from the ranked list of relevances, by its general formula (ideal
gain, number of relevant items, first hit), not from the closed forms that one relevant item allows.

usage: metrics_reference.py > metrics_reference.tsv
"""

import numpy as np

USERS, ITEMS, CUTOFFS = 61, 57, (1, 3, 5, 10, 20, 100)


def gain(relevance: np.ndarray) -> float:
    """Discounted cumulated gain, Jarvelin and Kekalainen 2002, base 2."""
    return float(np.sum((2.0 ** relevance - 1.0) / np.log2(np.arange(2, len(relevance) + 2))))


def metrics(relevance: np.ndarray, k: int) -> list[float]:
    """NDCG, recall, hit ratio, precision and MRR at k of relevances in ranked order."""
    top, ideal = relevance[:k], np.sort(relevance)[::-1][:k]
    hits = np.flatnonzero(top)
    return [gain(top) / gain(ideal), len(hits) / relevance.sum(), float(len(hits) > 0), len(hits) / k,
            1.0 / (hits[0] + 1) if len(hits) else 0.0]


def main() -> None:
    random = np.random.default_rng(20)
    scores = random.normal(size=(USERS, ITEMS))
    targets = random.integers(0, ITEMS, size=USERS)
    scores[np.arange(USERS), targets] += 1.5  # a model that knows something
    order = np.argsort(-scores, axis=1, kind="stable")
    relevances = (order == targets[:, None]).astype(float)
    print("ranks", *(int(np.flatnonzero(row)[0]) + 1 for row in relevances), sep="\t")
    for k in CUTOFFS:
        means = np.mean([metrics(row, k) for row in relevances], axis=0)
        print(k, *(repr(float(x)) for x in means), sep="\t")


main()
