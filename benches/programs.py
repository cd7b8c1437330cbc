"""Seven small programs in Koru, C, Zig and Rust: time, instructions, bytes, and how long compilers take.

Each is written the same way in every language, below `programs/`; what they print is compared before anything is
measured. Rounds alternate between the languages, and of the times the processor spent for a program the median is
taken. Rivals have the best flags we know. A language whose compiler is not here is left out, and said to be.
"""

import functools
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from common import ROOT, Failed, koruc, out, run, table as markdown
from fasta import fasta

HERE = ROOT / "benches" / "programs"
ROUNDS = 11
COMPILE_ROUNDS = 5
MUSL = "/usr/lib/x86_64-linux-musl"
# Name: its size, or that of its input and how often that is repeated; and what is small enough to be counted.
PROGRAMS = {
    "n-body": (5_000_000, 20_000),
    "fannkuch-redux": (10, 8),
    "spectral-norm": (2000, 150),
    "mandelbrot": (4000, 400),
    "binary-trees": (17, 10),
    "k-nucleotide": ((250_000, 1), (20_000, 1)),
    "reverse-complement": ((250_000, 40), (20_000, 4)),
}
FAST = {
    "Koru": lambda source, path: [koruc(), "-O", "fast", "--cpu", "native", "-o", path, f"{source}.kz"],
    "C": lambda source, path: ["clang-19", "-O3", "-march=native", f"{source}.c", "-o", path, "-lm"],
    "Zig": lambda source, path: zig("-OReleaseFast", "-mcpu=native", source, path),
    "Rust": lambda source, path: rust(["opt-level=3", "target-cpu=native", "codegen-units=1", "panic=abort"], source, path),
}
SMALL = {
    "Koru": lambda source, path: [koruc(), "-o", path, f"{source}.kz"],
    "C": lambda source, path: musl(source, path),
    "Zig": lambda source, path: zig("-OReleaseSmall", "-mcpu=baseline", source, path),
    "Rust": lambda source, path: rust(["opt-level=z", "lto", "codegen-units=1", "panic=abort", "strip=symbols"], source, path),
}
LANGUAGES = list(FAST)
TOOLS = {"Koru": None, "C": "clang-19", "Zig": None, "Rust": "rustc"}


def zig(level, cpu, source, path, cache="zig-cache"):
    caches = ["--cache-dir", out(cache, "x").parent, "--global-cache-dir", out("zig-global", "x").parent]
    return [sys.executable, "-m", "ziglang", "build-exe", f"{source}.zig", level, cpu, "-fstrip", "-fsingle-threaded",
            f"-femit-bin={path}", *caches]


def rust(settings, source, path):
    return ["rustc", "--edition", "2024", *(f"-C{setting}" for setting in settings), f"{source}.rs", "-o", path]


def musl(source, path):
    """A static program with musl, without what it does not use."""
    sections = "-ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-unwind-tables -fno-stack-protector".split()
    link = ["-static", "-fuse-ld=lld", "-nostdlib", "-Wl,--gc-sections,--build-id=none,-s", f"{MUSL}/crt1.o", f"{source}.c"]
    headers = ["-nostdlibinc", "-isystem", "/usr/include/x86_64-linux-musl"]
    return ["clang-19", "--target=x86_64-linux-musl", "-Oz", *sections, *headers, *link, f"{MUSL}/libc.a", "-o", path]


@functools.cache
def languages():
    """Those whose compilers are here; Zig 0.15.1 comes from PyPI."""
    if subprocess.run([sys.executable, "-c", "import ziglang"], capture_output=True).returncode != 0:
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--break-system-packages", "ziglang==0.15.1"], capture_output=True)
    found = {name: not tool or shutil.which(tool) for name, tool in TOOLS.items()}
    found["Zig"] = subprocess.run([sys.executable, "-c", "import ziglang"], capture_output=True).returncode == 0
    for name in LANGUAGES:
        if not found[name]:
            print(f"LEFT OUT: {name}: its compiler is not here", file=sys.stderr)
    return [name for name in LANGUAGES if found[name]]


def build(program, flags, kind):
    """The program of each language, by language."""
    paths = {}
    for language in languages():
        paths[language] = out("programs", f"{program}-{kind}-{language}")
        run(*flags[language](HERE / program, paths[language]))
    return paths


def work(program, size):
    """Arguments and the file of standard input for a size."""
    if isinstance(size, int):
        return [str(size)], os.devnull
    letters, times = size
    path = out("programs", f"fasta-{letters}-{times}")
    if not path.exists():
        path.write_bytes(fasta(letters) * times)
    return [], path


def said(path, arguments, file):
    """All that a program prints, wherever to."""
    with open(file, "rb") as stdin:
        done = subprocess.run([path, *arguments], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
    if done.returncode != 0:
        raise Failed(f"{path} ends with {done.returncode}: {done.stdout[:200]}")
    return done.stdout


def agree(program, paths, size):
    arguments, file = work(program, size)
    texts = {language: said(path, arguments, file) for language, path in paths.items()}
    ours = texts["Koru"]
    for language, text in texts.items():
        if text != ours or not text:
            raise Failed(f"{program} of {size}: {language} prints something else than Koru ({len(text)} and {len(ours)} bytes)")


def user_time(path, arguments, file):
    """Milliseconds of the processor in the program itself."""
    with open(file, "rb") as stdin:
        child = subprocess.Popen([path, *arguments], stdin=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, spent = os.wait4(child.pid, 0)
    child.returncode = status
    if status != 0:
        raise Failed(f"{path} ends with {status}")
    return spent.ru_utime * 1e3


def times(program, paths, size):
    arguments, file = work(program, size)
    seen = {language: [] for language in paths}
    for _ in range(ROUNDS):
        for language, path in paths.items():
            seen[language].append(user_time(path, arguments, file))
    return {language: statistics.median(spent) for language, spent in seen.items()}


def instructions(program, paths, size):
    """Of a whole run, counted by callgrind: the same on every machine that has the same processor."""
    if not shutil.which("valgrind"):
        return {}
    arguments, file = work(program, size)
    counts = {}
    for language, path in paths.items():
        with tempfile.NamedTemporaryFile("r") as report, open(file, "rb") as stdin:
            count = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={report.name}", path, *arguments]
            subprocess.run(count, stdin=stdin, capture_output=True, timeout=600, check=True)
            counts[language] = int(re.search(r"^(?:totals|summary):\s*(\d+)", report.read(), re.M)[1])
    return counts


def compile_times(program):
    """Milliseconds on the clock from source to executable. Zig keeps what it knows of its own libraries."""
    seen = {language: [] for language in ("Koru", "C", "Zig") if language in languages()}
    path = out("programs", "compiled")
    for round in range(COMPILE_ROUNDS + 1):  # the first warms caches
        for language, figures in seen.items():
            command = [str(word) for word in FAST[language](HERE / program, path)]
            shutil.rmtree(out("zig-cache"), ignore_errors=True)
            begin = time.perf_counter()
            run(*command)
            if round > 0:
                figures.append((time.perf_counter() - begin) * 1e3)
    return {language: statistics.median(figures) for language, figures in seen.items()}


def beside(figures, rivals, text):
    """A row's cells: ours, those of the others, and ours as a part of the best rival's."""
    cells = [text(figures[language]) if language in figures else "-" for language in LANGUAGES]
    best = [figures[language] for language in rivals if language in figures]
    return cells + [f"{figures['Koru'] / min(best):.2f}" if best and "Koru" in figures else "-"]


def table():
    speed, counted, bytes, compiled = [], [], [], []
    for program, (size, few) in PROGRAMS.items():
        print(f"{program} ..", file=sys.stderr, flush=True)
        fast, small = build(program, FAST, "fast"), build(program, SMALL, "small")
        for paths in (fast, small):
            agree(program, paths, few)
        agree(program, fast, size)
        speed.append([program, *beside(times(program, fast, size), ["C", "Zig"], lambda ms: f"{ms:.0f}")])
        counted.append([program, *beside(instructions(program, fast, few), ["C", "Zig"], lambda n: f"{n / 1e6:.2f}")])
        sizes = {language: os.path.getsize(path) for language, path in small.items()}
        bytes.append([program, *beside(sizes, ["C", "Zig", "Rust"], lambda n: f"{n:,}")])
        figures = compile_times(program)
        parts = [f"{figures['Koru'] / figures[rival]:.2f}" if rival in figures else "-" for rival in ("C", "Zig")]
        compiled.append([program, *(f"{figures[name]:.0f}" if name in figures else "-" for name in ("Koru", "C", "Zig")), *parts])
    names = [f"**{name}**" if name == "Koru" else name for name in LANGUAGES]
    tables = [
        (["ms of user time", *names, "ours / best of C and Zig"], speed),
        (["millions of instructions, small input", *names, "ours / best of C and Zig"], counted),
        (["bytes, small mode", *names, "ours / smallest"], bytes),
        (["ms to compile", "**Koru**", "C", "Zig", "ours / C", "ours / Zig"], compiled),
    ]
    return "\n\n".join(markdown(titles, rows) for titles, rows in tables)
