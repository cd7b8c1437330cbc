#!/usr/bin/env python3
"""The corpus of `./dev fuzz http` as one text file: a line an input, as Python writes bytes.

    corpus.py unpack FOLDER    the lines, and the vectors of tests/http, as files for libFuzzer
    corpus.py pack FOLDER      the files as lines
"""

import ast
import hashlib
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
KEPT = HERE / "corpus.txt"
sys.path.insert(0, str(HERE.parent.parent / "tests" / "http"))


def unpack(folder):
    from drive import read_vectors

    inputs = [ast.literal_eval(line) for line in KEPT.read_text().splitlines()] if KEPT.exists() else []
    # The first byte says where an input is cut.
    vectors = read_vectors(HERE.parent.parent / "tests" / "http" / "vectors.tsv")
    inputs += [b"\x80" + vector.request for vector in vectors if len(vector.request) < 2048]
    for data in inputs:
        (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


def pack(folder):
    inputs = sorted({path.read_bytes() for path in folder.iterdir()}, key=lambda data: (len(data), data))
    KEPT.write_text("".join(f"{data!r}\n" for data in inputs))
    print(f"{len(inputs)} inputs, {KEPT.stat().st_size} bytes in {KEPT}")


if __name__ == "__main__":
    {"unpack": unpack, "pack": pack}[sys.argv[1]](pathlib.Path(sys.argv[2]))
