#!/usr/bin/env python3
"""Makes the first corpora of fuzz_pytorch and fuzz_safetensors from the readers' fixtures.

    python3 reader_seeds.py CORPUS_FOLDER        writes CORPUS_FOLDER/pytorch and CORPUS_FOLDER/safetensors
"""
import pathlib
import pickle
import sys
import zipfile

DATA = pathlib.Path(__file__).parent.parent / "converter" / "readers" / "data"


def after_header(file):
    """A legacy file without the three pickles of its frame."""
    with open(file, "rb") as stream:
        for _ in range(3):
            pickle.load(stream)
        return stream.read()


def main(target):
    for name in ("pytorch", "safetensors"):
        (target / name).mkdir(parents=True, exist_ok=True)
    for file in sorted(DATA.rglob("*")):
        seeds = []
        if file.name.endswith(".safetensors"):
            (target / "safetensors" / file.name).write_bytes(file.read_bytes()[8:])
            (target / "safetensors" / f"raw_{file.name}").write_bytes(b"R" + file.read_bytes())
        elif file.name.endswith(".legacy.pt"):
            seeds = [file.read_bytes(), b"L" + after_header(file)]
        elif file.suffix == ".pt":
            with zipfile.ZipFile(file) as archive:
                pickles = [archive.read(name) for name in archive.namelist() if name.endswith("data.pkl")]
            seeds = [file.read_bytes()] + [b"Z" + content for content in pickles]
        elif file.suffix == ".pickle":
            seeds = [file.read_bytes()]
        for number, seed in enumerate(seeds):
            (target / "pytorch" / f"{file.name}_{number}").write_bytes(seed)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
