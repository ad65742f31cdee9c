"""processors.py HEED: the same program on older processors: the kernels that each has, and the same answers.

An instruction that a processor lacks ends the program there, so this also shows one that leaked out of its file.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

EMULATOR = "qemu-x86_64"
# As qemu knows them; its Haswell lacks what it does not emulate, and warns.
PROCESSORS = {"Nehalem": "sse41", "Haswell": "avx2", "core2duo": "sse2"}
CHECKPOINT = Path(__file__).resolve().parents[1] / "shop" / "sasrec_online_retail.pt"
HISTORY = "1548,1549,22,1548,3000"
CALLS = (
    ["recommend", "MODEL", "--history", HISTORY, "--k", "50", "--json"],
    ["score", "MODEL", "--history", HISTORY, "--candidates", "1550,7,3659", "--json"],
    ["encode", "MODEL", "--history", HISTORY, "--json"],
)


def run(*command):
    environment = {name: value for name, value in os.environ.items() if name != "HEED_ISA"}
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, env=environment, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def main(heed):
    if shutil.which(EMULATOR) is None:
        print(f"skipped: no {EMULATOR}")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        models = [Path(folder, f"{precision}.heed") for precision in ("fp32", "int8")]
        for model in models:
            run(heed, "convert", CHECKPOINT, "-o", model, "--quantize", model.stem)
        calls = [[part if part != "MODEL" else model for part in call] for model in models for call in CALLS]
        expected = [json.loads(run(heed, *call)) for call in calls]
        for processor, isa in PROCESSORS.items():
            emulated = [EMULATOR, "-cpu", processor, heed]
            version = run(*emulated, "--version").strip()
            print(f"{processor}: {version}")
            if not version.endswith(f", {isa} kernels"):
                sys.exit(f"{processor} has {isa}, but the program says: {version}")
            for call, answer in zip(calls, expected):
                if json.loads(run(*emulated, *call)) != answer:
                    sys.exit(f"{processor} gives another answer to: {' '.join(map(str, call))}")
    print(f"{len(calls)} calls, the same answers on {len(PROCESSORS)} processors")


if __name__ == "__main__":
    main(sys.argv[1])
