"""Orisha's router beside C written by a script from the same table: instructions of a dispatch, counted by callgrind,
bytes, and how long both take to compile.

The C code is what a careful hand writes again and again: segments by their lengths and `memcmp`, then the method.
Each request of a turn goes another way; two runs that differ in their number of turns cancel out start and end.
"""

from chain import instructions
from common import ROOT, SMALL, Failed, compile_c, compile_koru, out, run, table as markdown
from compiling import work

FEW, MANY, SEED = 20, 60, 77
SIZES = (5, 50, 500)
WORDS = "users orders items invoices carts teams files messages events reports".split()


def routes(count):
    """The table: a resource as a list, one of it, a part of one, and a way to make one."""
    made = []
    for number in range(count):
        name = f"{WORDS[number // 4 % len(WORDS)]}{number // 40 or ''}"
        shape = number % 4
        made.append([("GET", f"/{name}"), ("GET", f"/{name}/:id"), ("GET", f"/{name}/:id/notes/:note"), ("POST", f"/{name}")][shape])
    return made


def requests(table):
    """A request for each route."""
    return [(method, path.replace(":id", "4711").replace(":note", "a-note")) for method, path in table]


KORU = """~import "$orisha"
~import "$std/io"

const std = @import("std");
const Request = struct {{ method: []const u8, path: []const u8 }};
const requests = [_]Request{{
{requests}
}};

~event dispatch {{ req: *const Request }}
| way {{ number: usize, text: []const u8 }}
| reply {{ status: u16, fields: []const u8, body: []const u8 }}
| response {{ status: u16, body: []const u8, content_type: ?[]const u8 }}

~dispatch = orisha:router(req)
{routes}

~event arguments {{}}
| are {{ turns: u32, seed: u32 }}
| unclear
~proc arguments {{
    const given = std.process.argsAlloc(std.heap.page_allocator) catch return .unclear;
    if (given.len != 3) return .unclear;
    const turns = std.fmt.parseInt(u32, given[1], 10) catch return .unclear;
    const seed = std.fmt.parseInt(u32, given[2], 10) catch return .unclear;
    return .{{ .are = .{{ .turns = turns, .seed = seed }} }};
}}

~event run {{ turns: u32, seed: u32 }}
| sum usize
~proc run {{
    var sum: usize = seed;
    for (0..turns) |_| {{
        for (&requests) |*req| {{
            sum = sum *% 3 +% switch (dispatch_event.handler(.{{ .req = req }})) {{
                .way => |way| way.number + way.text.len,
                .reply => 1000,
                .response => 2000,
            }};
        }}
    }}
    return .{{ .sum = sum }};
}}

~arguments()
| are a |> run(turns: a.turns, seed: a.seed)
    | sum s |> std.io:print.ln("{{{{ s:d }}}}")
| unclear |> std.io:println(text: "usage: routing TURNS SEED")
"""


def koru_source(table):
    def line(number, method, path):
        names = [segment[1:] for segment in path.split("/") if segment.startswith(":")]
        text = f"p.{names[-1]}" if names else '""'
        return f"| [{method} {path}] {'p' if names else '_'} |> way {{ number: {number}, text: {text} }}"

    return KORU.format(
        requests="\n".join(f'    .{{ .method = "{method}", .path = "{path}" }},' for method, path in requests(table)),
        routes="\n".join(line(number, *route) for number, route in enumerate(table)),
    )


C = """// Made by benches/routing.py.
typedef unsigned int u32;
typedef unsigned long u64;
typedef struct {{ u64 method_len, path_len; char method[8], path[48]; }} Request; // no pointers: nobody relocates
typedef struct {{ u64 number; const char *text; u64 text_len; }} Way;
#define METHOD(name) (method_len == sizeof name - 1 && !__builtin_memcmp(method, name, sizeof name - 1))

static const Request requests[] = {{
{requests}
}};

int memcmp(const void *a, const void *b, u64 n) {{
    const unsigned char *x = a, *y = b;
    for (u64 i = 0; i < n; i++) if (x[i] != y[i]) return x[i] - y[i];
    return 0;
}}

static inline const char *segment_end(const char *at, const char *end) {{
    while (at != end && *at != '/') at++;
    return at;
}}

static Way dispatch(const char *method, u64 method_len, const char *path, u64 path_len) {{
    const char *end = path;
    while (end != path + path_len && *end != '?') end++;
    if (end == path || *path != '/') return (Way){{ 2000, "", 0 }};
{body}
    return (Way){{ 2000, "", 0 }};
}}

static u64 run(u32 turns, u32 seed) {{
    u64 sum = seed;
    for (u32 turn = 0; turn < turns; turn++) {{
        for (u64 at = 0; at < sizeof requests / sizeof *requests; at++) {{
            const Request *req = &requests[at];
            Way way = dispatch(req->method, req->method_len, req->path, req->path_len);
            sum = sum * 3 + way.number + way.text_len;
        }}
    }}
    return sum;
}}
"""


def c_source(table):
    tree = {}
    for number, (method, path) in enumerate(table):
        node = tree
        for segment in path[1:].split("/"):
            node = node.setdefault(":" if segment.startswith(":") else segment, {})
        node.setdefault("", []).append((method, number, path))
    return C.format(
        requests="\n".join(f'    {{ {len(method)}, {len(path)}, "{method}", "{path}" }},' for method, path in requests(table)),
        body="\n".join(c_node(tree, 0)),
    ) + f'\n#include "{ROOT}/benches/start.c"\n'


def c_node(node, depth):
    """The segment at `depth`, which is there."""
    start = "path + 1" if depth == 0 else f"e{depth - 1} + 1"
    yield f"const char *s{depth} = {start}, *e{depth} = segment_end(s{depth}, end);"
    literals = [name for name in node if name not in ("", ":")]
    if literals:
        yield f"switch (e{depth} - s{depth}) {{"
        for length in sorted({len(name) for name in literals}):
            yield f"case {length}:"
            for name in (name for name in literals if len(name) == length):
                yield f'if (!__builtin_memcmp(s{depth}, "{name}", {length})) {{'
                yield from c_behind(node[name], depth)
                yield "}"
            yield "break;"
        yield "}"
    if ":" in node:
        yield f"if (s{depth} != e{depth}) {{"
        yield from c_behind(node[":"], depth)
        yield "}"


def c_behind(node, depth):
    if "" in node:
        yield f"if (e{depth} == end) {{"
        for method, number, path in node[""]:
            params = [at for at, segment in enumerate(path[1:].split("/")) if segment.startswith(":")]
            text = f"s{params[-1]}, e{params[-1]} - s{params[-1]}" if params else '"", 0'
            head = ' || METHOD("HEAD")' if method == "GET" else ""
            yield f'if (METHOD("{method}"){head}) return (Way){{ {number}, {text} }};'
        yield 'return (Way){ 1000, "", 0 };'
        yield "}"
    if any(name != "" for name in node):
        yield f"if (e{depth} != end) {{"
        yield from c_node(node, depth + 1)
        yield "}"


def timed(compile, *arguments):
    """What was compiled, and the processor's milliseconds for it: the better of two, the first warms caches."""
    spent = []
    for _ in range(2):
        before = work()
        path = compile(*arguments)
        spent.append((work() - before) * 1e3)
    return path, f"{min(spent):.0f}"


def of_a_dispatch(path, count):
    return (instructions(path, MANY) - instructions(path, FEW)) / ((MANY - FEW) * count)


def table():
    rows = []
    for count in SIZES:
        sources = {"kz": koru_source(routes(count)), "c": c_source(routes(count))}
        for kind, text in sources.items():
            out("routing", f"{count}.{kind}").write_text(text)
        for level, flags in (("small", SMALL), ("fast", ["-O3"])):
            ours, our_time = timed(compile_koru, out("routing", f"{count}.kz"), f"routing/koru-{count}-{level}", "-O", level)
            theirs, their_time = timed(compile_c, out("routing", f"{count}.c"), f"routing/c-{count}-{level}", flags)
            said = [run(program, FEW, SEED).strip() for program in (ours, theirs)]
            if said[0] != said[1]:
                raise Failed(f"{count} routes: Koru says {said[0]}, C says {said[1]}")
            figures = [of_a_dispatch(path, count) for path in (ours, theirs)]
            sizes = [path.stat().st_size for path in (ours, theirs)]
            rows.append((f"**{count} routes, {level}**", f"{figures[0]:.1f}", f"{figures[1]:.1f}", f"{figures[0] / figures[1]:.2f}", *sizes, our_time, their_time))
    return markdown(["orisha:router", "instructions a dispatch", "C", "ratio", "bytes", "C", "ms to compile", "C"], rows)
