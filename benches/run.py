"""The bench: `./dev bench [http|rivals|report|size|chain|programs|routing|compile|stages|front|evaluator]`, all of them in this order without a name.

Each part prints a table whose figures stand beside those of a rival built in the same run. Tables are kept in
README.md between its marks, each below its title, so that one part can be measured again alone.
"""

import re
import sys

import chain
import compiling
import evaluator
import front
import programs
import reporting
import rivals
import routing
import serving
import sizes
import stages
from common import ROOT, Failed

# Name on the command line, title in README.md (none: not kept there), and what measures.
PARTS = {
    "size": ("Bytes of a program's file", sizes.table),
    "http": ("The seed's server beside the one in C", serving.table),
    "rivals": ("The seed's server beside what others deploy", rivals.table),
    "report": (None, reporting.table),
    "chain": ("A chain of ten events beside one C function", chain.table),
    "programs": ("Seven programs beside C, Zig and Rust", programs.table),
    "routing": ("`orisha:router` beside C from the same table", routing.table),
    "compile": ("From source to executable", compiling.table),
    "stages": (None, stages.table),
    "front": (None, front.table),
    "evaluator": (None, evaluator.table),
}
MARKS = re.compile(r"(<!-- bench:begin -->\n)(.*?)(<!-- bench:end -->)", re.S)


def kept(readme):
    """The tables README has, by title."""
    sections = re.split(r"^\*\*(.*)\*\*\n", MARKS.search(readme)[2], flags=re.M)
    return {title: text.strip() for title, text in zip(sections[1::2], sections[2::2])}


def keep(made):
    path = ROOT / "README.md"
    readme = path.read_text()
    tables = kept(readme) | made
    order = [title for title, _ in PARTS.values() if title in tables]
    text = "\n\n".join(f"**{title}**\n\n{tables[title]}" for title in order)
    path.write_text(MARKS.sub(lambda found: found[1] + text + "\n" + found[3], readme))


def main(names):
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        sys.exit(f"no such part: {unknown[0]}; there are {', '.join(PARTS)}")
    for name in names or PARTS:
        title, table = PARTS[name]
        print(f"\n== {title or name}\n", flush=True)
        text = table()
        print(text, flush=True)
        if title:
            keep({title: text})


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Failed as failed:
        sys.exit(str(failed))
