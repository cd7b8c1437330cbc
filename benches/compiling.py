"""Source to executable with warm caches: koruc on the seed beside clang and lld on the yardstick in C.

Rounds alternate, and medians are taken of the time on the clock and of the processor's: the first is what one
waits for, the second says how much of the waiting was work.
"""

import os
import re
import resource
import statistics
import subprocess
import time

from common import FREESTANDING, LINK, SEED, SMALL, YARDSTICK, Failed, koruc, out, table as markdown

ROUNDS = 11


def work():
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def timed(commands):
    """Milliseconds on the clock and of the processor, and what was said on standard error."""
    said = ""
    before, start = work(), time.perf_counter()
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise Failed(f"{command[0]}: {done.stderr}")
        said += done.stderr
    return (time.perf_counter() - start) * 1e3, (work() - before) * 1e3, said


def stages(said):
    """The table of --time, as pairs."""
    return [(name, float(time)) for time, name in re.findall(r"^ *([\d.]+) ms  (.*)$", said, re.M)]


def table():
    seed, server = out("compiled-seed"), out("compiled-server")
    objects = f"{server}.o"
    clang = ["clang-19", *FREESTANDING, *SMALL, "-w", "-c", str(YARDSTICK / "server.c"), "-o", objects]
    rivals = {
        "**koruc, the seed and its libraries**": [[koruc(), "--time", "-o", str(seed), str(SEED)]],
        "`clang-19 -Oz` and `ld.lld-19`, the C server": [clang, ["ld.lld-19", *LINK, objects, "-o", str(server)]],
    }
    link_alone = "`ld.lld-19` alone"
    rivals[link_alone] = [["ld.lld-19", *LINK, objects, "-o", str(server)]]
    seen = {name: [] for name in rivals}
    for round in range(ROUNDS + 1):  # the first warms caches
        for name, commands in rivals.items():
            figures = timed(commands)
            if round > 0:
                seen[name].append(figures)
    os.remove(objects)
    rows, ours = [], None
    for name, figures in seen.items():
        clock, processor = (statistics.median(column) for column in list(zip(*figures))[:2])
        ours = ours or clock
        rows.append((name, f"{clock:.0f}", f"{processor:.0f}", f"{clock / ours:.2f}"))
    by_stage = [stages(said) for *_, said in seen[next(iter(seen))]]
    medians = [(one[0][0], statistics.median(time for _, time in one)) for one in zip(*by_stage)]
    by_stage = markdown(["stage (`--time`)", "ms"], [(name, f"{time:.1f}") for name, time in medians])
    return markdown(["source to executable", "ms", "ms of processor", "times ours"], rows) + "\n\n" + by_stage
