"""The report on servers: ours in all its forms beside what others deploy, in benches/report with charts.

Builds what is measured; http/report.py says how it measures. KORU_ROUNDS and KORU_SECONDS make it shorter.
"""

import os
import subprocess
import sys

import rivals
from common import ROOT, SEED, Failed, compile_koru, out, run, yardstick

AUTO = '\n~std.build:config { "workers": "auto" }\n'
IO_URING = ("--build", "linux-io-uring")


def ours():
    """Four workers, and as many as there are processors; epoll and io_uring; small and fast."""
    followed = out("report", "auto.kz")
    followed.write_text(SEED.read_text() + AUTO)
    return {
        "Koru": compile_koru(SEED, "report/koru"),
        "Koru-fast": compile_koru(SEED, "report/koru-fast", "-O", "fast"),
        "Koru-io_uring": compile_koru(SEED, "report/koru-uring", *IO_URING),
        "Koru-fast-io_uring": compile_koru(SEED, "report/koru-fast-uring", "-O", "fast", *IO_URING),
        "Koru-fast-auto": compile_koru(followed, "report/koru-fast-auto", "-O", "fast"),
        "Koru-fast-io_uring-auto": compile_koru(followed, "report/koru-fast-uring-auto", "-O", "fast", *IO_URING),
    }


def floor():
    """What no server over epoll falls below: it reads and writes, and nothing else."""
    path = out("report", "floor")
    run("clang-19", "-O3", "-march=native", ROOT / "benches" / "http" / "floor.c", "-o", path, "-lpthread")
    return path


def table():
    servers = ours() | {"C-O3": yardstick() / "fast", "C-floor": floor()}
    for name, build in rivals.RIVALS.items():
        try:
            servers[name] = build()
        except (Failed, OSError) as missing:
            print(f"LEFT OUT: {name}: {str(missing).splitlines()[0]}", file=sys.stderr)
    named = [f"{name}={path}" for name, path in servers.items()]
    rounds, seconds = os.environ.get("KORU_ROUNDS", "7"), os.environ.get("KORU_SECONDS", "2")
    script = ROOT / "benches" / "http" / "report.py"
    done = subprocess.run([sys.executable, script, *named, "--rounds", rounds, "--seconds", seconds, "--out", ROOT / "benches" / "report"], timeout=14400)
    if done.returncode != 0:
        raise Failed("benches/http/report.py failed")
    return "benches/report/README.md"
