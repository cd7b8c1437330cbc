"""Bytes on disk: our examples, and hello, an empty program and a server beside rivals."""

import os
import shutil

from common import ROOT, SEED, OUT, compile_c, compile_koru, out, run, table as markdown, yardstick

HERE = ROOT / "benches" / "size"
RUST = "-C opt-level=z -C lto -C codegen-units=1 -C panic=abort -C strip=symbols".split()


def hello_libc():
    """The rivals that need a library, where their compilers are there."""
    if shutil.which("musl-gcc"):
        path = out("hello-musl")
        run("musl-gcc", "-Os", "-static", "-s", HERE / "hello_libc.c", "-o", path)
        yield "hello, C with musl, `musl-gcc -Os -static -s`", path
    if shutil.which("rustc"):
        path = out("hello-rust")
        run("rustc", "--edition", "2024", *RUST, HERE / "hello.rs", "-o", path)
        yield "hello, Rust: z, LTO, abort, stripped", path
        path = out("hello-rust-static")
        run("rustc", "--edition", "2024", *RUST, "-C", "target-feature=+crt-static", HERE / "hello.rs", "-o", path)
        yield "hello, Rust, the same, static", path


def groups():
    """Programs that do the same, ours first."""
    examples = ROOT / "examples"
    yield [
        ("**empty `main`, Koru**", compile_koru(HERE / "empty.kz", "empty")),
        ("empty, C without a library, `-Oz`", compile_c(HERE / "hello.c", "empty-c", ["-Oz", "-DEMPTY"])),
    ]
    yield [
        ("**hello, Koru**", compile_koru(examples / "hello.kz", "hello")),
        ("hello, C without a library, `-Oz`", compile_c(HERE / "hello.c", "hello-c")),
        *hello_libc(),
    ]
    yield [
        ("**the seed's server, Koru**", compile_koru(SEED, "seed")),
        ("the server in C, `-Oz`", yardstick() / "size"),
        ("the server in C, `-O3`", yardstick() / "fast"),
    ]
    for source in sorted(examples.glob("*.kz")):
        if source.stem not in ("hello", SEED.stem):
            yield [(f"**examples/{source.name}**", compile_koru(source, source.stem))]


def table():
    rows = []
    for group in groups():
        ours = os.path.getsize(group[0][1])
        for name, path in group:
            size = os.path.getsize(path)
            rows.append((name, f"{size:,}", f"{size / ours:.2f}" if path != group[0][1] else ""))
    return markdown(["program", "bytes", "times ours"], rows)
