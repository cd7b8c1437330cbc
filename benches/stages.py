"""Where compile time goes: what criterion measures of each stage (benches/src/stages.rs), as one table.

The rival of a program is the smaller one: the last column says how much dearer a line has become from the
smallest generated program to the largest.
"""

import json
import subprocess

from common import ROOT, Failed, table as markdown

STAGES = ("parse", "load", "check", "lower", "optimize", "llvm")
PROGRAMS = ("seed", "generated-25", "generated-100", "generated-400")


def measured(program, stage):
    """Median milliseconds, and lines."""
    folder = ROOT / "target" / "criterion" / program / stage / "new"
    median = json.loads((folder / "estimates.json").read_text())["median"]["point_estimate"] / 1e6
    return median, json.loads((folder / "benchmark.json").read_text())["throughput"]["Elements"]


def table():
    command = ["cargo", "bench", "-q", "-p", "koru-benches", "--bench", "stages"]
    if subprocess.run(command, cwd=ROOT, timeout=3600).returncode != 0:
        raise Failed("criterion's benches of the stages failed")
    titles = ["stage", *PROGRAMS, "a line of the largest: times the smallest's"]
    rows = []
    for stage in STAGES:
        seen = [measured(program, stage) for program in PROGRAMS]
        (few, fewer), (many, more) = seen[1], seen[-1]
        ratio = f"{(many / more) / (few / fewer):.2f}"
        rows.append([stage, *(f"{time:.2f} ms" for time, _ in seen), ratio])
    rows.append(["lines", *(f"{measured(program, 'parse')[1]:,}" for program in PROGRAMS), ""])
    return markdown(titles, rows)
