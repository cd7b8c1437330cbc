"""The evaluator: what criterion measures (benches/src/evaluator.rs), as millions of graph instructions a second.

Its rival is the aim: 20 million in a loop of one load, add, compare and store.
"""

import json
import subprocess

from common import ROOT, Failed, table as markdown

GRAPHS = {"loop": ("load, add, compare, store", "20"), "checked": ("the same with checks", ""), "calls": ("calls with a slot", "")}


def measured(name):
    """Millions of instructions a second."""
    folder = ROOT / "target" / "criterion" / "evaluator" / name / "new"
    nanoseconds = json.loads((folder / "estimates.json").read_text())["median"]["point_estimate"]
    return json.loads((folder / "benchmark.json").read_text())["throughput"]["Elements"] / nanoseconds * 1e3


def table():
    command = ["cargo", "bench", "-q", "-p", "koru-benches", "--bench", "evaluator"]
    if subprocess.run(command, cwd=ROOT, timeout=3600).returncode != 0:
        raise Failed("criterion's bench of the evaluator failed")
    rows = [[what, f"{measured(name):.0f}", aim] for name, (what, aim) in GRAPHS.items()]
    return markdown(["graph", "million instructions a second", "aim"], rows)
