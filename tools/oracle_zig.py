"""Zig 0.15.1, where it is and how `tools/oracle` and `tools/oracle-random` call it."""

import os
import pathlib
import subprocess
import sys


def command():
    if os.environ.get("ZIG"):
        return [os.environ["ZIG"]]
    try:
        import ziglang
    except ImportError:
        sys.exit("there is no Zig: pip install ziglang==0.15.1, or set ZIG")
    return [str(pathlib.Path(ziglang.__file__).parent / "zig")]


def caches(room):
    return ["--cache-dir", f"{room}/cache", "--global-cache-dir", f"{room}/global"]


def build(place, source, mode, room):
    """Compiles a file in a folder to `program`: None, or what Zig says against it."""
    words = [*command(), "build-exe", source, "-O", mode, "-fllvm", *caches(room), "-femit-bin=program"]
    built = subprocess.run(words, cwd=place, capture_output=True, text=True, errors="replace")
    return (built.stderr or "does not compile") if built.returncode else None
