#!/usr/bin/env python3
"""Boots the kernels of Debian 11, 12 and 13 with our programs, and reads what they do there.

    boot.py [--koruc PATH] [--suites bullseye,bookworm,trixie] [--folder FOLDER]

Each machine has nothing but an initramfs: `init.kz` as its first process, hello and the seed's server, both also with
`"seccomp": "auto"`, and the server over io_uring, which must fall back where the kernel is too old. Kernels come from Debian's
archive by apt, machines from qemu-system-x86 (with KVM where that is allowed). Status 3, said loudly, where either is not there.
Then the same under Debian's runsc (gVisor), where that is installed.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
AUTO = '\n~import "$std/build"\n~std.build:config { "seccomp": "auto" }\n'
KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"


def run(*words, cwd=None):
    return subprocess.run([str(word) for word in words], cwd=cwd, check=True, capture_output=True, text=True).stdout


def programs(koruc, folder):
    """Name in the machine, and the program's bytes."""
    examples, made = ROOT / "examples", {}
    for name, source, more, options in [
        ("init", ROOT / "tests/kernels/init.kz", "", []),
        ("hello", examples / "hello.kz", "", []),
        ("hello-confined", examples / "hello.kz", AUTO, []),
        ("seed", examples / "simple_server.kz", "", []),
        ("seed-confined", examples / "simple_server.kz", AUTO, []),
        ("seed-io_uring", examples / "simple_server.kz", "", ["--build=linux-io-uring"]),
    ]:
        file = folder / f"{name}.kz"
        file.write_text(source.read_text() + more)
        run(koruc, *options, file, "-o", folder / name)
        made[name] = (folder / name).read_bytes()
    return made


def initramfs(files):
    """An archive as the kernel unpacks it (cpio, newc), with a console."""
    out = bytearray()

    def add(name, mode, data=b"", device=(0, 0)):
        fields = [len(out), mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name) + 1, 0]
        out.extend(b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0")
        out.extend(b"\0" * (-len(out) % 4) + data)
        out.extend(b"\0" * (-len(out) % 4))

    add("dev", 0o040755)
    add("dev/console", 0o020600, device=(5, 1))
    add("dev/null", 0o020666, device=(1, 3))
    for name, data in files.items():
        add(name, 0o100755, data)
    add("TRAILER!!!", 0)
    return bytes(out)


def kernel(suite, folder):
    """The suite's kernel for clouds, from Debian's archive, kept in the folder."""
    place = folder / suite
    found = sorted(place.glob("x/boot/vmlinuz-*"))
    if found:
        return found[-1]
    for name in ("lists/partial", "cache/archives/partial"):
        (place / name).mkdir(parents=True, exist_ok=True)
    (place / "sources").write_text(f"deb [signed-by={KEYS}] http://deb.debian.org/debian {suite} main\n")
    settings = {
        "Dir::Etc::sourcelist": place / "sources",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": place / "lists",
        "Dir::Cache": place / "cache",
        "APT::Sandbox::User": "root",
    }
    options = [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]
    run("apt-get", "-q", *options, "update")
    depends = run("apt-cache", *options, "depends", "linux-image-cloud-amd64")
    package = re.search(r"Depends: (linux-image-\S+)", depends)[1]
    run("apt-get", "-q", *options, "download", package, cwd=place)
    run("dpkg-deb", "-x", next(place.glob("linux-image-*.deb")), place / "x")
    return next(place.glob("x/boot/vmlinuz-*"))


def boot(image, archive):
    """What the machine said until it went off."""
    has_kvm = os.access("/dev/kvm", os.R_OK | os.W_OK)
    for accelerated in [True, False] if has_kvm else [False]:
        words = ["qemu-system-x86_64", "-m", "512", "-smp", "2", "-nodefaults", "-no-reboot", "-display", "none", "-serial", "stdio"]
        words += ["-enable-kvm", "-cpu", "host"] if accelerated else ["-cpu", "max"]
        words += ["-kernel", image, "-initrd", archive, "-append", "console=ttyS0 rdinit=/init quiet panic=-1"]
        done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=400, errors="replace")
        if "kernel " in done.stdout:
            return done.stdout, "KVM" if accelerated else "TCG"
    return done.stdout + done.stderr, "TCG"


def sandbox(files, folder):
    """What the same first process says under Debian's runsc (gVisor), whose kernel is a program; nothing where it is not here."""
    if not shutil.which("runsc"):
        return None
    root = folder / "rootfs"
    root.mkdir()
    for name, data in files.items():
        (root / name).write_bytes(data)
        (root / name).chmod(0o755)
    spec = {
        "ociVersion": "1.0.0",
        "process": {"args": ["/init"], "cwd": "/", "user": {"uid": 0, "gid": 0}, "env": ["PATH=/"]},
        "root": {"path": "rootfs"},
        "linux": {"namespaces": [{"type": kind} for kind in ("pid", "network", "ipc", "uts", "mount")]},
    }
    (folder / "config.json").write_text(json.dumps(spec))
    words = ["runsc", "--platform=ptrace", "--network=none", "--ignore-cgroups", f"--root={folder}/state", "run", f"--bundle={folder}", "koru-proof"]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=200, errors="replace")
    return done.stdout + done.stderr


def judge(name, how, said):
    """Says in a line what came of it; whether all is as it should be."""
    release = re.search(r"kernel (\S+)", said)
    passed, failed = re.findall(r"PASS (\S+)", said), re.findall(r"FAIL .*", said)
    is_right = release and len(passed) == 5 and not failed and "over" in said
    # The ring is used where the kernel has all of it, and nowhere else.
    has_ring = release and tuple(map(int, release[1].split(".")[:2])) >= (6, 1) and how != "ptrace"
    is_right = is_right and ("workers + io_uring" if has_ring else "No io_uring: ") in said
    notes = ", ".join(sorted(set(re.findall(r"No io_uring: [^\r\n;]*|workers \+ io_uring", said))))
    print(f"{name}, {release[1] if release else 'no kernel'} ({how}): {' '.join(passed)} {' '.join(failed)} [{notes}]", flush=True)
    if not is_right:
        print(said[-3000:])
    return bool(is_right)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--koruc", default=os.environ.get("KORUC", ROOT / "target/debug/koruc"))
    parser.add_argument("--suites", default="bullseye,bookworm,trixie")
    parser.add_argument("--folder", default=ROOT / "target/kernels", type=pathlib.Path)
    options = parser.parse_args()
    if not shutil.which("qemu-system-x86_64") or not shutil.which("apt-get"):
        print("*** SKIPPED: no qemu-system-x86_64 or no apt here: no kernel is booted ***", file=sys.stderr)
        sys.exit(3)
    options.folder.mkdir(parents=True, exist_ok=True)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        files = programs(options.koruc, folder)
        (folder / "archive").write_bytes(initramfs(files))
        for suite in options.suites.split(","):
            said, how = boot(kernel(suite, options.folder), folder / "archive")
            wrong += not judge(suite, how, said)
        said = sandbox(files, folder)
        if said is None:
            print("*** SKIPPED: no runsc here ***", file=sys.stderr)
        else:
            wrong += not judge("runsc", "ptrace", said)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
