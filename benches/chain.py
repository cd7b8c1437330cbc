"""Ten events in a row beside the same arithmetic in one C function: instructions of a turn, counted by callgrind.

Two runs that differ in their number of turns cancel out start and end. The loops are printed too, and it is an
error when one of them was computed by the compiler: its arithmetic must be in the assembly.
"""

import re
import tempfile

from common import FREESTANDING, ROOT, SMALL, Failed, compile_c, compile_koru, koruc, run, table as markdown

HERE = ROOT / "benches" / "chain"
# A multiplication of the chain: where it stands is the loop.
FACTOR = ("2048144777", "2246822519")
FEW, MANY, SEED = 1000, 3000, 77


def instructions(path, turns):
    """Of a whole run."""
    with tempfile.NamedTemporaryFile("r") as report:
        count = f"--callgrind-out-file={report.name}"
        run("valgrind", "--tool=callgrind", count, path, turns, SEED)
        return int(re.search(r"^(?:totals|summary):\s*(\d+)", report.read(), re.M)[1])


def of_a_turn(path):
    return (instructions(path, MANY) - instructions(path, FEW)) / (MANY - FEW)


def loop(assembly):
    """The lines of the smallest loop around the factor: from a label to the jump back to it."""
    lines = [line.split("#")[0].rstrip() for line in assembly.splitlines()]
    lines = [line for line in lines if line.strip() and not re.match(r"\s+\.", line)]
    places = {line[:-1]: at for at, line in enumerate(lines) if line.endswith(":")}
    found = []
    for end, line in enumerate(lines):
        jump = re.match(r"\s+j\w+\s+(\S+)$", line)
        start = places.get(jump[1], end) if jump else end
        if start < end and any(factor in text for text in lines[start:end] for factor in FACTOR):
            found.append(lines[start:end + 1])
    if not found:
        raise Failed("the chain was computed while compiling: no loop multiplies")
    return min(found, key=len)


def koru(level):
    path = compile_koru(HERE / "chain.kz", f"chain-{level}", "-O", level)
    return path, run(koruc(), "-O", level, "--emit", "asm", HERE / "chain.kz")


def c(name, flags):
    path = compile_c(HERE / "chain.c", f"chain-c-{name}", flags)
    return path, run("clang-19", *FREESTANDING, *flags, "-S", HERE / "chain.c", "-o", "-")


def table():
    pairs = [
        ("Koru, small", koru("small"), "C, `-Oz` with the server's flags", c("small", SMALL)),
        ("Koru, fast", koru("fast"), "C, `-O3`", c("fast", ["-O3"])),
    ]
    rows = []
    for name, (path, assembly), rival, (other, other_assembly) in pairs:
        said = [run(program, FEW, SEED).strip() for program in (path, other)]
        if said[0] != said[1]:
            raise Failed(f"Koru says {said[0]}, C says {said[1]}")
        ours, theirs = of_a_turn(path), of_a_turn(other)
        for title, text in ((name, assembly), (rival, other_assembly)):
            print(f"{title}:\n" + "\n".join(loop(text)) + "\n")
        rows += [(f"**{name}**", f"{ours:.3f}", ""), (rival, f"{theirs:.3f}", f"{theirs / ours:.3f}")]
    return markdown(["chain of ten events", "instructions a turn", "times ours"], rows)
