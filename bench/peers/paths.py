"""Where things are."""
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
VENV = ROOT / "build/venv"
WORK = ROOT / "build/peers"  # models, exports, logs
HEED = ROOT / "build/release/bin/heed"
ROOFLINE = ROOT / "build/release/bin/heed_bench_roofline"
LIBRARY = ROOT / "build/peers-lib/runtime/libheed.so"
