"""What all parts of the bench need: the compilers, running them, tables."""

import functools
import os
import pathlib
import struct
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "target" / "bench"
SEED = ROOT / "examples" / "simple_server.kz"
YARDSTICK = ROOT / "benches" / "http" / "c"


class Failed(Exception):
    """A tool did not do what it was asked."""


def run(*command, cwd=ROOT, timeout=600):
    """What a command printed; its complaints when it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, timeout=timeout)
    if done.returncode != 0:
        raise Failed(f"{' '.join(words)}\n{done.stdout}{done.stderr}")
    return done.stdout


def out(*names):
    path = OUT.joinpath(*names)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


@functools.cache
def koruc():
    """The koruc that is shipped: LLVM inside. Another one where KORUC names it."""
    if "KORUC" in os.environ:
        return os.environ["KORUC"]
    return run(ROOT / "tools" / "dist", "binary", timeout=3600).strip().splitlines()[-1]


def compile_koru(source, name, *options):
    path = out(name)
    run(koruc(), *options, "-o", path, source)
    return path


@functools.cache
def yardstick():
    """The C server: the folder with `size` and `fast`."""
    folder = out("c", "x").parent
    run("sh", YARDSTICK / "build.sh", folder)
    return folder


# What build.sh gives the yardstick, for C without a library.
FREESTANDING = """--target=x86_64-unknown-linux-musl -std=gnu11 -ffreestanding -fno-builtin -fpie -fvisibility=hidden
    -fno-stack-protector -fomit-frame-pointer -fno-asynchronous-unwind-tables -fno-unwind-tables -fno-ident
    -fno-jump-tables -fcf-protection=none""".split()
SMALL = "-Oz -mllvm -disable-lsr -mllvm -enable-ipra".split()
LINK = f"-pie --no-dynamic-linker --gc-sections --build-id=none -z norelro -s -T {YARDSTICK / 'link.ld'}".split()


def compile_c(source, name, flags=SMALL):
    """A C program with its own `_start`, as small as the yardstick: no sections either."""
    path = out(name)
    run("clang-19", *FREESTANDING, *flags, "-c", source, "-o", f"{path}.o")
    run("ld.lld-19", *LINK, f"{path}.o", "-o", path)
    os.remove(f"{path}.o")
    drop_sections(path)
    return path


def drop_sections(path):
    """Cuts an ELF file after the last byte that a segment needs, as build.sh does."""
    data = bytearray(path.read_bytes())
    first, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    headers = [struct.unpack_from("<IIQQQQQQ", data, first + at * size) for at in range(count)]
    end = max(header[2] + header[5] for header in headers)
    struct.pack_into("<Q", data, 40, 0)
    struct.pack_into("<HHH", data, 58, 0, 0, 0)
    path.write_bytes(data[:end])


def table(titles, rows):
    """Markdown: the first column is text, the others are figures."""
    lines = ["| " + " | ".join(titles) + " |", "|---|" + "---:|" * (len(titles) - 1)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)
