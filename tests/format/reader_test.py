#!/usr/bin/env python3
"""Run every model of write_models with reader.py and compare its scores and outputs with the runtime's.

    reader_test.py WRITE_MODELS      the program that makes the models

Errors are shares of the range of a request's numbers. fp32: rounding of single precision, which random graphs
amplify a little. int8: the same, except where an activation falls so close to the middle between two integers
that the last bit of single precision decides; then one integer differs by one, which these tiny models show as
up to 2%.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from reader import Model

FP32_BOUND = 3e-6
RANDOM_FP32_BOUND = 1e-5
INT8_BOUND = 0.02        # of any request
INT8_TYPICAL = 3e-6      # of nine requests in ten


def error_of(found: np.ndarray, expected: list) -> float:
    """The largest difference, as a share of what there is; infinite where the numbers are not as many."""
    expected = np.array(expected)
    if found.size != expected.size:
        return np.inf
    spread = max(np.ptp(expected), np.abs(expected).max()) if expected.size else 1.0
    return np.abs(found.ravel() - expected).max(initial=0) / (spread or 1.0)


def errors_of(model: Path) -> tuple[np.ndarray, float]:
    """Errors of each request against the runtime, and the worst one against the reference's scores."""
    loaded = Model(model)
    errors, reference = [], 0.0
    for case in json.loads(model.with_suffix(".json").read_text()):
        asked = case["history"], case["features"]
        found = loaded.scores(*asked)
        outputs = [error_of(loaded.output(name, *asked), rows) for name, rows in case["outputs"].items()]
        errors.append(max([error_of(found, case["scores"]), *outputs]))
        if case["reference"] is not None:
            reference = max(reference, error_of(found, case["reference"]))
    return np.array(errors), reference


def main() -> int:
    failed = models = 0
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.argv[1], folder], check=True)
        for path in sorted(Path(folder).glob("*.heed")):
            errors, reference = errors_of(path)
            typical = np.quantile(errors, 0.9, method="lower")
            if ".fp32." in path.name:
                bound = RANDOM_FP32_BOUND if path.name.startswith("random_") else FP32_BOUND
                good = errors.max() < bound and reference < FP32_BOUND
            else:
                good = errors.max() < INT8_BOUND and typical < INT8_TYPICAL
            print(f"{'ok  ' if good else 'FAIL'} {path.name:36} {len(errors):3} requests   "
                  f"runtime {errors.max():.1e} ({typical:.1e})   reference {reference:.1e}")
            failed += not good
            models += 1
    assert models > 0, "no models"
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
