#!/usr/bin/env python3
"""Compares HTTP servers: throughput, CPU time, system calls and instructions of a request, and bytes.

    bench.py ours=target/server c=benches/http/c/out/size [--rounds 7] [--seconds 2] [--only load,pipeline,...]

Every server listens on port 3001 of loopback. One runs at a time; the rounds of all servers alternate, so that a
busy moment of the machine hits them alike, and medians are reported, with ratios to the first server. Needs wrk,
and strace and valgrind for the counts. Python's standard library only. What it starts, it ends.
"""

import argparse
import contextlib
import os
import re
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:3001\r\n\r\n"
PIPELINE = """
local batch
init = function()
  local one = {}
  for i = 1, 16 do one[i] = wrk.format() end
  batch = table.concat(one)
end
request = function() return batch end
"""
TICK = os.sysconf("SC_CLK_TCK")


# --- a server for a while -------------------------------------------------------------------------------------------


@contextlib.contextmanager
def running(command, port):
    """Starts a server in a process group of its own, waits until it listens, and ends the group."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_for_port(process, port)
        yield process
    finally:
        end(process)
        wait_for_end(port)


def wait_for_end(port):
    """A killed server is gone before its io_uring is, and that has the listener."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return
        time.sleep(0.01)


def wait_for_port(process, port):
    deadline = time.monotonic() + 15
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{process.args[-1]} does not listen on port {port}")
            time.sleep(0.01)


def end(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def family(pid):
    """A process and all below it; some servers fork."""
    pids, at = [pid], 0
    while at < len(pids):
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{pids[at]}/task"):
                with open(f"/proc/{pids[at]}/task/{task}/children") as file:
                    pids += [int(word) for word in file.read().split()]
        at += 1
    return pids


def cpu_seconds(pid):
    """User and system time of a process, its threads and its children so far."""
    ticks = 0
    for member in family(pid):
        with contextlib.suppress(OSError):
            with open(f"/proc/{member}/stat") as file:
                after_name = file.read().rpartition(")")[2].split()
            ticks += int(after_name[11]) + int(after_name[12])
    return ticks / TICK


# --- what is measured -----------------------------------------------------------------------------------------------


def load(command, options, script=None, connections=None):
    """(requests a second, server CPU microseconds of a request) under wrk; latencies too where connections are given."""
    wrk = ["wrk", "-t1", f"-c{connections or options.connections}", f"-d{options.seconds}s"]
    if script:
        wrk += ["-s", script]
    if connections:
        wrk += ["--latency"]
    with running(command, options.port) as server:
        before = cpu_seconds(server.pid)
        out = subprocess.run([*wrk, f"http://127.0.0.1:{options.port}/"], capture_output=True, text=True,
                             timeout=options.seconds + 20).stdout
        spent = cpu_seconds(server.pid) - before
    for line in out.splitlines():
        if "Socket errors" in line or "Non-2xx" in line:
            print(f"{command[-1]}: {line.strip()}", file=sys.stderr)
    requests = int(re.search(r"(\d+) requests in", out)[1])
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])
    latencies = [milliseconds(*re.search(rf"\s{share}%\s+([\d.]+)(us|ms|s)", out).groups()) for share in (50, 99)] if connections else []
    return rate, spent * 1e6 / max(requests, 1), *latencies


def milliseconds(number, unit):
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def resident_bytes(pid):
    """Memory a process, its threads and its children hold for themselves: shared pages count in parts."""
    total = 0
    for member in family(pid):
        with contextlib.suppress(OSError), open(f"/proc/{member}/smaps_rollup") as file:
            total += int(re.search(r"Pss:\s+(\d+) kB", file.read())[1]) * 1024
    return total


def idle_memory(command, options, idle=10_000):
    """(bytes after a request, bytes of each further connection that says nothing)."""
    with running(command, options.port) as server, contextlib.ExitStack() as stack:
        ask(options.port, 10)
        before = resident_bytes(server.pid)
        for _ in range(idle):
            stack.enter_context(socket.create_connection(("127.0.0.1", options.port), timeout=10))
        time.sleep(0.5)
        return before, (resident_bytes(server.pid) - before) / idle


def ask(port, count):
    """Sends requests one after another on one connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(count):
            sock.sendall(REQUEST)
            data = sock.recv(65536)
            while b"\r\n\r\n" not in data:
                data += sock.recv(65536)
            head, _, body = data.partition(b"\r\n\r\n")
            length = int(re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)[1])
            while len(body) < length:
                body += sock.recv(65536)


def watched(command, watcher, options, count):
    """Runs a server under strace or valgrind, asks `count` times, lets the watcher write its report."""
    with running([*watcher, *command], options.port) as process:
        ask(options.port, count)
        pids = family(process.pid)
        os.kill(pids[1] if len(pids) > 1 else pids[0], signal.SIGTERM)
        try:
            process.wait(timeout=3)
        except subprocess.TimeoutExpired:
            for pid in pids[1:]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=3)


def per_request(command, options, total_of):
    """The difference of two runs, so that start and end cancel out."""
    few, many = 100, 600
    return (total_of(command, options, many) - total_of(command, options, few)) / (many - few)


def system_calls(command, options, count):
    with tempfile.NamedTemporaryFile("r") as report:
        watched(command, ["strace", "-f", "-c", "-o", report.name], options, count)
        total = [line.split() for line in report.read().splitlines() if line.strip().endswith("total")]
    return int(total[-1][3])  # share, seconds, microseconds a call, calls, perhaps errors, "total"


def instructions(command, options, count):
    with tempfile.NamedTemporaryFile("r") as report:
        watched(command, ["valgrind", "--tool=callgrind", f"--callgrind-out-file={report.name}"], options, count)
        return int(re.search(r"^(?:totals|summary):\s*(\d+)", report.read(), re.M)[1])


# --- the run --------------------------------------------------------------------------------------------------------

COLUMNS = {  # part: columns as (title, format)
    "bytes": [("bytes", "{:,.0f}")],
    "load": [("requests/s", "{:,.0f}"), ("CPU µs a request", "{:.2f}")],
    "pipeline": [("by 16: requests/s", "{:,.0f}"), ("by 16: CPU µs", "{:.3f}")],
    "many": [("500 connections: requests/s", "{:,.0f}"), ("CPU µs", "{:.2f}"), ("p50 ms", "{:.2f}"), ("p99 ms", "{:.2f}")],
    "memory": [("memory, bytes", "{:,.0f}"), ("of each of 10,000 idle connections", "{:,.0f}")],
    "calls": [("system calls", "{:.2f}")],
    "instructions": [("instructions", "{:,.0f}")],
}
USUAL = ["bytes", "load", "pipeline", "calls", "instructions"]


def attempt(measure, *arguments):
    """A figure, or None where the server or the tool does not play along."""
    try:
        return measure(*arguments)
    except (OSError, RuntimeError, TypeError, IndexError, ValueError, subprocess.TimeoutExpired) as error:
        print(f"{arguments[0][-1]}: {measure.__name__}: {error}", file=sys.stderr)
        return None


def rounds(servers, options, script=None, connections=None):
    """Alternating rounds; the median of each column for each server."""
    seen = {name: [] for name in servers}
    for _ in range(options.rounds):
        for name, command in servers.items():
            figures = attempt(load, command, options, script, connections)
            if figures:
                seen[name].append(figures)
    return {name: [statistics.median(column) for column in zip(*rows)] or [None] * (4 if connections else 2) for name, rows in seen.items()}


def measure_all(servers, options):
    table = {name: [] for name in servers}
    for part in options.only:
        if part == "load":
            figures = rounds(servers, options)
        elif part == "pipeline":
            with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
                script.write(PIPELINE)
                script.flush()
                figures = rounds(servers, options, script.name)
        elif part == "many":
            figures = rounds(servers, options, connections=500)
        elif part == "memory":
            figures = {name: attempt(idle_memory, command, options) or [None, None] for name, command in servers.items()}
        elif part == "bytes":
            figures = {name: [os.path.getsize(command[0])] for name, command in servers.items()}
        else:
            total_of = {"calls": system_calls, "instructions": instructions}[part]
            figures = {name: [attempt(per_request, command, options, total_of)] for name, command in servers.items()}
        for name in servers:
            table[name] += figures[name]
    return table


def print_table(table, options):
    columns = [column for part in options.only for column in COLUMNS[part]]
    print("| server | " + " | ".join(title for title, _ in columns) + " |")
    print("|---|" + "---:|" * len(columns))
    first = next(iter(table.values()))
    for name, figures in table.items():
        cells = []
        for (_, form), value, base in zip(columns, figures, first):
            cell = form.format(value) if value is not None else "-"
            if figures is not first and value and base:
                cell += f" ({value / base:.2f})"
            cells.append(cell)
        print(f"| {name} | " + " | ".join(cells) + " |")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("servers", nargs="+", metavar="name=path", help="a binary; arguments after spaces")
    parser.add_argument("--port", type=int, default=3001)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=2, help="of each round")
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--only", default=",".join(USUAL), help="parts, of: " + ", ".join(COLUMNS))
    options = parser.parse_args()
    options.only = options.only.split(",")
    for part in options.only:
        if part not in COLUMNS:
            parser.error(f"no such part: {part}")
    return options


def main():
    options = parse_arguments()
    # For us and the servers: thousands of connections.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    servers = dict(server.split("=", 1) for server in options.servers)
    servers = {name: [os.path.abspath(words[0]), *words[1:]] for name, words in ((n, c.split()) for n, c in servers.items())}
    print_table(measure_all(servers, options), options)


if __name__ == "__main__":
    main()
