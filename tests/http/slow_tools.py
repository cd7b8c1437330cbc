#!/usr/bin/env python3
"""slowhttptest in its three modes, slow heads, slow bodies and slow reading, with a client beside it that is not slow.

    slow_tools.py --server PATH --port P [--connections 300] [--seconds 9]

For `slow.kz`, whose heads, bodies and writes have two seconds, and which has a large answer at `/large`. The client must have
each answer in time, the tool must find the service alive, its connections must be closed in time, and nothing may be
left behind: descriptors and memory are counted. Status 3 where slowhttptest (Debian has it) is not installed.
"""

import argparse
import re
import shutil
import subprocess
import sys
import time

from hard_times import Server, Wrong, ask

# The words for each, and whether they are to be closed in time: a body that goes on coming is a slow one, and no fault.
MODES = {
    "slow heads": (["-H", "-i", "1"], True),
    "slow bodies": (["-B", "-i", "1", "-s", "8192", "-x", "10"], False),
    "bodies that stop": (["-B", "-i", "5", "-s", "8192", "-x", "10"], True),
    "slow reading": (["-X", "-w", "512", "-y", "1024", "-n", "5", "-z", "32", "-k", "3"], True),
}

# Seconds after which a connection that is too slow is gone: two of patience, one of the clock's tick, one for the sweep.
PATIENCE = 4


def memory(pid):
    with open(f"/proc/{pid}/status") as file:
        return int(re.search(r"VmRSS:\s*(\d+) kB", file.read())[1])


def slowest_of(server, count):
    """How long the slowest of some answers takes, with its connection, in seconds."""
    worst = 0.0
    for _ in range(count):
        started = time.monotonic()
        with server.connect() as client:
            ask(client)
        worst = max(worst, time.monotonic() - started)
    return worst


def attack(server, options, name, words, ends):
    url = f"http://127.0.0.1:{options.port}/{'large' if '-X' in words else ''}"
    command = ["slowhttptest", *words, "-c", str(options.connections), "-r", "150", "-l", str(options.seconds), "-p", "2", "-u", url]
    tool = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    # What other tests take of this machine, the server is not blamed for.
    answers, worst, held, usual = 0, 0.0, [(time.monotonic(), 0)], slowest_of(server, 20)
    while tool.poll() is None:
        worst = max(worst, slowest_of(server, 1))
        answers += 1
        held.append((time.monotonic(), server.open_descriptors() - server.descriptors))
        time.sleep(0.02)
    said = tool.stdout.read().decode("latin-1")
    most = max(count for _, count in held)
    # The tool ends with its last connection, however many went with it: those that are to be closed are counted when the
    # patience of the server, the second of its clock and what the machine was late are over since the most were open.
    since = next(when for when, count in held if count == most)
    judged = [count for when, count in held if when > since + PATIENCE + 4 * usual] if ends else [count for _, count in held]
    left = max(judged[-10:], default=0)
    server.must_serve()
    print(f"{name}: {answers} answers beside it, the slowest after {worst * 1000:.0f} ms; {most} connections at a time, "
          f"{left} at the end; {memory(server.pid)} kB")
    if "YES" not in said.rpartition("service available:")[2]:
        raise Wrong(f"{name}: the tool finds no service\n{said[-600:]}")
    if worst > 2.5 + 4 * usual:
        raise Wrong(f"{name}: {answers} answers, one took {worst:.2f} s")
    if most < options.connections // 3 or ends == (left > options.connections // 4):
        raise Wrong(f"{name}: {most} connections at a time, {left} at the end")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--server", required=True)
    parser.add_argument("--port", type=int, default=3001)
    parser.add_argument("--connections", type=int, default=300)
    parser.add_argument("--seconds", type=int, default=9)
    options = parser.parse_args()
    if not shutil.which("slowhttptest"):
        sys.exit(3)
    try:
        with Server(options) as server:
            sizes = []
            # Twice: what the first round touched is there for the second.
            for _ in range(2):
                for name, (words, ends) in MODES.items():
                    attack(server, options, name, words, ends)
                sizes.append(memory(server.pid))
            if sizes[1] > sizes[0] * 1.1 + 256:
                raise Wrong(f"memory grows: {sizes} kB")
    except (Wrong, OSError) as wrong:
        sys.exit(f"{wrong}")


if __name__ == "__main__":
    main()
