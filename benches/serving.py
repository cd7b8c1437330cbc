"""The seed's server beside the yardstick in C: runs http/bench.py, whose words say how it measures."""

import subprocess
import sys

from common import ROOT, SEED, Failed, compile_koru, yardstick


def table():
    servers = {
        "Koru": compile_koru(SEED, "seed"),
        "Koru-fast": compile_koru(SEED, "seed-fast", "-O", "fast"),
        "C-Oz": yardstick() / "size",
        "C-O3": yardstick() / "fast",
    }
    named = [f"{name}={path}" for name, path in servers.items()]
    command = [sys.executable, ROOT / "benches" / "http" / "bench.py", *named]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=1800)
    if done.returncode != 0:
        raise Failed("benches/http/bench.py failed")
    return done.stdout.strip()
