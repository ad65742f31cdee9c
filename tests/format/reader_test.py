#!/usr/bin/env python3
"""Run every model of write_models with reader.py and compare its scores with the runtime's.

    reader_test.py WRITE_MODELS      the program that makes the models

Errors are shares of the range of a history's scores. fp32: rounding of single precision. int8: the
same, except where an activation falls so close to the middle between two integers that the last bit of
single precision decides; then one integer differs by one, which these tiny models show as up to 2%.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from reader import Model

FP32_BOUND = 3e-6
INT8_BOUND = 0.02        # of any history
INT8_TYPICAL = 3e-6      # of nine histories in ten


def errors_of(model: Path) -> tuple[np.ndarray, float]:
    """Errors of each history against the runtime, and the worst one against PyTorch's scores."""
    loaded = Model(model)
    errors, reference = [], 0.0
    for case in json.loads(model.with_suffix(".json").read_text()):
        found, runtime = loaded.scores(case["history"]), np.array(case["scores"])
        spread = np.ptp(runtime) or 1.0
        errors.append(np.abs(found - runtime).max() / spread)
        if case["reference"] is not None:
            expected = np.array(case["reference"])
            reference = max(reference, np.abs(found - expected).max() / np.ptp(expected))
    return np.array(errors), reference


def main() -> int:
    failed = models = 0
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.argv[1], folder], check=True)
        for path in sorted(Path(folder).glob("*.heed")):
            errors, reference = errors_of(path)
            typical = np.quantile(errors, 0.9, method="lower")
            if ".fp32." in path.name:
                good = errors.max() < FP32_BOUND and reference < FP32_BOUND
            else:
                good = errors.max() < INT8_BOUND and typical < INT8_TYPICAL
            print(f"{'ok  ' if good else 'FAIL'} {path.name:36} {len(errors):3} histories   "
                  f"runtime {errors.max():.1e} ({typical:.1e})   PyTorch {reference:.1e}")
            failed += not good
            models += 1
    assert models > 0, "no models"
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
