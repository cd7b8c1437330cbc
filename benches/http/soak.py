#!/usr/bin/env python3
"""Asks a server for a long time, pipelined by 16: does its memory grow, does an answer fail?

    soak.py SERVER [--requests 100000000] [--connections 64]

Memory is read after the first tenth and after the last; the two must be the same but for a few pages. Needs wrk.
"""

import argparse
import re
import subprocess
import sys
import tempfile

from bench import PIPELINE, resident_bytes, running


def pour(options, script):
    """Some seconds of load: how many requests, and what failed."""
    wrk = ["wrk", "-t1", f"-c{options.connections}", "-d10s", "-s", script, f"http://127.0.0.1:{options.port}/"]
    said = subprocess.run(wrk, capture_output=True, text=True, timeout=60).stdout
    bad = [line.strip() for line in said.splitlines() if "Socket errors" in line or "Non-2xx" in line]
    return int(re.search(r"(\d+) requests in", said)[1]), bad


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("server")
    parser.add_argument("--port", type=int, default=3001)
    parser.add_argument("--requests", type=int, default=100_000_000)
    parser.add_argument("--connections", type=int, default=64)
    options = parser.parse_args()
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script, running([options.server], options.port) as server:
        script.write(PIPELINE)
        script.flush()
        total, early, complaints = 0, None, []
        while total < options.requests:
            count, bad = pour(options, script.name)
            total += count
            complaints += bad
            if early is None and total >= options.requests // 10:
                early = resident_bytes(server.pid)
        late = resident_bytes(server.pid)
    print(f"{total:,} requests; memory {early:,} bytes after a tenth, {late:,} at the end; complaints: {complaints or 'none'}")
    sys.exit(1 if complaints or late > early + 65536 else 0)


if __name__ == "__main__":
    main()
