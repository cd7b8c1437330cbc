"""The front end on 100,000 generated lines: what criterion measures (benches/src/front.rs), as lines a second.

Its rival is the aim: 200,000 lines a second with the grammar, 500,000 without.
"""

import json
import re
import subprocess

from common import ROOT, Failed, table as markdown


def milliseconds(stage):
    folder = ROOT / "target" / "criterion" / "front" / stage / "new"
    return json.loads((folder / "estimates.json").read_text())["median"]["point_estimate"] / 1e6


def table():
    command = ["cargo", "bench", "-q", "-p", "koru-benches", "--bench", "front"]
    run = subprocess.run(command, cwd=ROOT, timeout=3600, stdout=subprocess.PIPE, text=True)
    said = re.search(r"(\d+) lines.*\nmemory: (.*)\n", run.stdout)
    if run.returncode != 0 or not said:
        raise Failed("criterion's bench of the front end failed")
    lines, memory = int(said[1]), said[2]
    parse, load, check = (milliseconds(stage) for stage in ("parse", "load", "check"))
    rows = [
        ("parse alone", parse, ""),
        ("load (parse and declare)", load, ""),
        ("check", check, ""),
        ("front end", load + check, "200,000"),
        ("front end without parse", load + check - parse, "500,000"),
        ("first error", milliseconds("first-error"), ""),
    ]
    made = [[name, f"{time:.0f} ms", f"{lines / time * 1000:,.0f}", aim] for name, time, aim in rows]
    made.append(["memory", memory, "", ""])
    return markdown([f"{lines:,} lines", "time", "lines a second", "aim"], made)
