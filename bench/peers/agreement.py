"""Whether a runtime's answers are those of the reference."""
import math

import workloads

TOLERANCE = 1e-5  # of the range of all scores: differences in rounding, and ties
VECTOR_TOLERANCE = 1e-4  # of a user vector's largest element


LEAST_OVERLAP = 0.7  # of an int8 form's top tens with the reference's; one that finds less is no substitute


class Disagrees(Exception):
    pass


def of_lists(cases, answers, exact):
    """The share of the reference's best items that were found, and the largest score error, of the range.
    `exact`: ranks must be the reference's, but for ties."""
    found, worst = 0, 0.0
    for case, answer in zip(cases, answers):
        wanted = case["items"][:workloads.K]
        found += len(set(wanted) & set(answer["items"]))
        if len(answer["items"]) != workloads.K:
            raise Disagrees(f"{len(answer['items'])} items instead of {workloads.K}")
        if set(case["history"]) & set(answer["items"]):
            raise Disagrees("an item of the history was returned")
        known = dict(zip(case["items"], case["scores"]))
        for rank, (item, score) in enumerate(zip(answer["items"], answer["scores"])):
            if not math.isfinite(score):
                raise Disagrees(f"rank {rank + 1} has the score {score}")
            error = abs(score - known.get(item, score)) / case["range"]
            worst = max(worst, error)
            if exact and (item not in known or error > TOLERANCE
                          or abs(known[item] - case["scores"][rank]) / case["range"] > TOLERANCE):
                raise Disagrees(f"rank {rank + 1} is item {item}, the reference has {wanted[rank]}"
                                f" (score error {error:.1e} of the range)")
    overlap = found / (len(cases) * workloads.K)
    if overlap < LEAST_OVERLAP:
        raise Disagrees(f"its top tens have {overlap:.3f} of the reference's items")
    return {"overlap": overlap, "score_error": worst}


def of_vectors(cases, answers, exact):
    worst = 0.0
    for case, answer in zip(cases, answers):
        if len(answer["scores"]) != len(case["vector"]):
            raise Disagrees(f"{len(answer['scores'])} elements instead of {len(case['vector'])}")
        if not all(math.isfinite(value) for value in answer["scores"]):
            raise Disagrees("the user vector is not finite")
        largest = max(abs(value) for value in case["vector"])
        worst = max(worst, max(abs(a - b) for a, b in zip(answer["scores"], case["vector"])) / largest)
    if exact and worst > VECTOR_TOLERANCE:
        raise Disagrees(f"the user vector is wrong by {worst:.1e} of its largest element")
    return {"vector_error": worst}
