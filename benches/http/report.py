#!/usr/bin/env python3
"""A report on HTTP servers, as Markdown with SVG charts.

    report.py ours=target/server hyper=.. [--rounds 7] [--seconds 2] [--out benches/report] [--only c50,c500,..]

Every server listens on port 3001 of loopback. One runs at a time; the rounds of all servers alternate, so that a busy
moment of the machine hits them alike. A figure is the median of the rounds, and `a..b` the least and the most. The
first servers whose names begin like the first one's are ours. Needs wrk, and strace for system calls.
"""

import argparse
import datetime
import os
import pathlib
import re
import resource
import statistics
import subprocess
import tempfile

import charts
from bench import PIPELINE, attempt, cpu_seconds, idle_memory, per_request, running, system_calls

# Every tenth request ends its connection.
TEN = """
local count = 0
request = function()
  count = count + 1
  if count % 10 == 0 then return wrk.format(nil, nil, {Host = "127.0.0.1", Connection = "close"}) end
  return wrk.format()
end
"""
POST = """
local part = string.format("%x\\r\\n%s\\r\\n", 512, string.rep("x", 512))
local whole = "POST / HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n" .. part .. part .. "0\\r\\n\\r\\n"
request = function() return whole end
"""
# wrk's own list of latencies lacks the last.
LATENCIES = """
done = function(summary, latency, requests)
  io.write(string.format("latencies %d %d %d\\n", latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
end
"""
LOADS = {  # name: title, connections, script
    "c50": ("50 connections", 50, ""),
    "c500": ("500 connections", 500, ""),
    "by16": ("50 connections, pipelined by 16", 50, PIPELINE),
    "ten": ("50 connections of 10 requests each", 50, TEN),
    "post": ("50 connections, POST of 1 kB in chunks", 50, POST),
}
FIGURES = [("rate", "requests/s", "{:,.0f}"), ("cpu", "server CPU µs a request", "{:.2f}"), ("p50", "p50 ms", "{:.2f}"),
           ("p99", "p99 ms", "{:.2f}"), ("p999", "p99.9 ms", "{:.2f}")]


def load(command, options, connections, script):
    """What one round of wrk says."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file, running(command, options.port) as server:
        file.write(script + LATENCIES)
        file.flush()
        wrk = ["wrk", "-t1", f"-c{connections}", f"-d{options.seconds}s", "-s", file.name, f"http://127.0.0.1:{options.port}/"]
        before = cpu_seconds(server.pid)
        said = subprocess.run(wrk, capture_output=True, text=True, timeout=options.seconds + 20).stdout
        spent = cpu_seconds(server.pid) - before
    requests = int(re.search(r"(\d+) requests in", said)[1])
    p50, p99, p999 = (int(word) / 1000 for word in re.search(r"latencies (\d+) (\d+) (\d+)", said).groups())
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]), "cpu": spent * 1e6 / max(requests, 1),
            "p50": p50, "p99": p99, "p999": p999, "failed": int(failed[1]) if failed else 0}


def measure(servers, options):
    """All figures: by load and server a list of rounds, and what is measured once."""
    rounds = {name: {server: [] for server in servers} for name in LOADS if name in options.only}
    for name in rounds:
        for turn in range(options.rounds):
            print(f"{name}: round {turn + 1} of {options.rounds}", flush=True)
            for server, command in servers.items():
                figures = attempt(load, command, options, *LOADS[name][1:])
                if figures:
                    rounds[name][server].append(figures)
    still = {}
    for server, command in servers.items():
        idle, each = (attempt(idle_memory, command, options) if "memory" in options.only else None) or (None, None)
        calls = attempt(per_request, command, options, system_calls) if "calls" in options.only else None
        still[server] = {"bytes": os.path.getsize(command[0]), "calls": calls, "idle": idle, "each": each,
                         "crowd": idle + 10_000 * each if idle is not None else None}
    return rounds, still


def middle(rows, key):
    return statistics.median(row[key] for row in rows) if rows else None


def load_table(title, rows, first):
    lines = [f"### {title}", "", "| server | " + " | ".join(name for _, name, _ in FIGURES) + " |", "|---|" + "---:|" * len(FIGURES)]
    for server, turns in rows.items():
        cells = []
        for key, _, form in FIGURES:
            value, base = middle(turns, key), middle(rows[first], key)
            if value is None:
                cells.append("-")
                continue
            spread = [row[key] for row in turns]
            ratio = f" ({value / base:.2f})" if server != first and base else ""
            cells.append(f"**{form.format(value)}**{ratio}<br>{form.format(min(spread))}..{form.format(max(spread))}")
        wrong = sum(row["failed"] for row in turns)
        lines.append(f"| {server}{f' ({wrong} answers were not 2xx)' if wrong else ''} | " + " | ".join(cells) + " |")
    return lines + [""]


STILL = [("bytes", "bytes of the program", "{:,.0f}"), ("calls", "system calls a request, one after another", "{:.2f}"),
         ("idle", "memory, idle", "{:,.0f}"), ("crowd", "memory with 10,000 idle connections", "{:,.0f}"), ("each", "of each of them", "{:,.0f}")]


def still_table(still):
    lines = ["### Bytes, calls and memory", "", "| server | " + " | ".join(title for _, title, _ in STILL) + " |", "|---|" + "---:|" * len(STILL)]
    for server, figures in still.items():
        lines.append(f"| {server} | " + " | ".join("-" if figures[key] is None else form.format(figures[key]) for key, _, form in STILL) + " |")
    return lines + [""]


def bar(rounds):
    """The aim: at most 0.75 of hyper's CPU a request; and the floor's, which is the kernel's part of it."""
    lines = []
    for name, rows in rounds.items():
        hyper = middle(rows.get("hyper", []), "cpu")
        ratios = [f"{server} {middle(turns, 'cpu') / hyper:.2f}" for server, turns in rows.items() if hyper and turns and server.startswith((next(iter(rows)), "C-floor"))]
        if ratios:
            lines.append(f"- {LOADS[name][0]}: " + ", ".join(ratios))
    return ["CPU of a request beside hyper's, which is 1 (the aim is 0.75). C-floor only reads and writes: what a request costs over epoll at least.",
            "It ends no connection when asked to.", "", *lines, ""] if lines else []


def write(rounds, still, options):
    folder = pathlib.Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)
    first = next(iter(still))
    lines = ["# Servers, measured", "", f"Made by `./dev bench report`, {datetime.date.today()}: {options.rounds} rounds of {options.seconds} s, interleaved, wrk with one "
             f"thread on the same machine ({os.cpu_count()} processors, Linux {os.uname().release}). Bold is the median; in parentheses its ratio to {first}; below, least and most.", ""]
    lines += bar(rounds)
    for name, rows in rounds.items():
        for key, title, form in FIGURES[:2] + FIGURES[3:4]:
            bars = [(server, middle(turns, key), min(r[key] for r in turns), max(r[key] for r in turns)) for server, turns in rows.items() if turns]
            file = f"{name}-{key}.svg"
            (folder / file).write_text(charts.bars(f"{title}, {LOADS[name][0]}", bars, first, form, more_is_better=key == "rate"))
            lines += [f"![{title}, {LOADS[name][0]}]({file})", ""]
        lines += load_table(LOADS[name][0], rows, first)
    for key, title, form in STILL[:1] + STILL[2:4]:
        bars = [(server, figures[key], figures[key], figures[key]) for server, figures in still.items() if figures[key]]
        if bars:
            (folder / f"{key}.svg").write_text(charts.bars(title, bars, first, form, more_is_better=False, is_log=True))
            lines += [f"![{title}]({key}.svg)", ""]
    lines += still_table(still)
    (folder / "README.md").write_text("\n".join(lines))
    print(f"{folder / 'README.md'} is written")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("servers", nargs="+", metavar="name=command")
    parser.add_argument("--port", type=int, default=3001)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--out", default="benches/report")
    parser.add_argument("--only", default=",".join([*LOADS, "memory", "calls"]))
    options = parser.parse_args()
    options.only = options.only.split(",")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    servers = {name: command.split() for name, command in (server.split("=", 1) for server in options.servers)}
    servers = {name: [os.path.abspath(words[0]), *words[1:]] for name, words in servers.items()}
    write(*measure(servers, options), options)


if __name__ == "__main__":
    main()
