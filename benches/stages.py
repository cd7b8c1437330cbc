"""Where compile time goes as programs grow: generated programs of three sizes, the stages of `koruc --time`.

The rival of a program is the smallest one: the last column of a size says how much dearer a line has become.
"""

import statistics

from common import compile_koru, koruc, out, run, table as markdown
from compiling import stages, timed

SIZES = (25, 100, 400)
ROUNDS = 5

EVENT = """
~event step{n} {{ x: u32 }}
| even {{ half: u32 }}
| odd u32
~proc step{n} {{
    if (x % 2 == 1) return .{{ .odd = x *% {odd} }};
    return .{{ .even = .{{ .half = x / 2 +% {n} }} }};
}}

~event run{n} {{ x: u32 }}
| result u32
~run{n} = step{n}(x: x)
| even e |> step{before}(x: e.half)
    | even last |> result last.half
    | odd o |> result o
| odd o |> result o

~std.args:count()
| count c |> run{n}(x: @truncate(c))
    | result r |> std.io:print.ln("{n}: {{{{ r:d }}}}")
"""


def program(events):
    text = '~import "$std/io"\n~import "$std/args"\n'
    text += "".join(EVENT.format(n=n, before=max(n - 1, 0), odd=2 * n + 3) for n in range(events))
    path = out(f"generated-{events}.kz")
    path.write_text(text)
    return path, text.count("\n")


def table():
    columns, names = [], []
    for events in SIZES:
        source, lines = program(events)
        executable = compile_koru(source, f"generated-{events}")
        run(executable)
        command = [koruc(), "--time", "-o", str(executable), str(source)]
        by_stage = zip(*(stages(timed([command])[2]) for _ in range(ROUNDS)))
        by_stage = [(one[0][0], statistics.median(time for _, time in one)) for one in by_stage]
        names = [name for name, _ in by_stage]
        columns.append((lines, [time for _, time in by_stage]))
    titles = ["stage"] + [f"{lines:,} lines: ms" for lines, _ in columns] + ["a line of the largest: times the smallest's"]
    (few, first), (many, last) = columns[0], columns[-1]
    rows = []
    for at, name in enumerate(names):
        ratio = (last[at] / many) / (first[at] / few) if first[at] > 0.05 else None
        rows.append([name, *(f"{times[at]:.1f}" for _, times in columns), f"{ratio:.2f}" if ratio else ""])
    return markdown(titles, rows)
