#!/usr/bin/env python3
"""Two copies of a server behind nginx, ended and started anew under load: no request may fail.

    behind_nginx.py SERVER --ports A B N

The copies listen at A and B, nginx at N, as examples/nginx.conf says. Clients ask without a pause, also with POST, which nginx
may not send twice. Python's standard library and nginx; without nginx it says so and ends with 3.
"""

import argparse
import asyncio
import pathlib
import shutil
import signal
import sys
import tempfile

from answers import listening

GET = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n" + b"200\r\n" + b"x" * 512 + b"\r\n" + b"100\r\n" + b"y" * 256 + b"\r\n0\r\n\r\n"

FRAME = """daemon off; master_process off; worker_rlimit_nofile 4096; pid {folder}/pid; error_log {folder}/errors;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    {text}
}}
"""


class Tally:
    def __init__(self):
        self.answers = 0
        self.wrong = []


async def ask(port, request, tally, over):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while not over.is_set():
        try:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.split(b"\r\ncontent-length:")[1].split(b"\r\n")[0])
            body = await reader.readexactly(length)
        except (ConnectionError, EOFError) as error:
            tally.wrong.append(f"{request[:4].decode()} is answered by {type(error).__name__}")
            return
        if not head.startswith(b"http/1.1 200 ") or body != b"Hello from Koru!":
            tally.wrong.append(f"{request[:4].decode()} is answered {head[:40]!r}")
        tally.answers += 1
        if b"\r\nconnection: close\r\n" in head:
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.sleep(0.001)
    writer.close()


async def start(server, port):
    process = await asyncio.create_subprocess_exec(server, env={"PORT": str(port)}, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
    await listening(port)
    return process


async def run(options, folder):
    text = (pathlib.Path(__file__).resolve().parents[2] / "examples" / "nginx.conf").read_text()
    for port, name in zip(options.ports, ["3001", "3002", "8080"]):
        text = text.replace(name, str(port))
    (folder / "nginx.conf").write_text(FRAME.format(folder=folder, text=text))
    copies = [await start(options.server, options.ports[number]) for number in range(2)]
    nginx = await asyncio.create_subprocess_exec("nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), stderr=asyncio.subprocess.DEVNULL)
    tally, over = Tally(), asyncio.Event()
    try:
        await listening(options.ports[2])
        clients = [asyncio.create_task(ask(options.ports[2], POST if number % 2 else GET, tally, over)) for number in range(20)]
        for round in range(options.rounds):
            await asyncio.sleep(0.7)
            copy = copies[round % 2]
            copy.send_signal(signal.SIGTERM)
            if await asyncio.wait_for(copy.wait(), 15) != 0:
                tally.wrong.append(f"a copy left with {copy.returncode}")
            copies[round % 2] = await start(options.server, options.ports[round % 2])
        await asyncio.sleep(0.5)
        over.set()
        await asyncio.wait_for(asyncio.gather(*clients), 20)
    finally:
        for process in [nginx, *copies]:
            if process.returncode is None:
                process.kill()
                await process.wait()
    return tally


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("server")
    parser.add_argument("--ports", type=int, nargs=3, default=[3001, 3002, 8080])
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    if not shutil.which("nginx"):
        print("SKIPPED: nginx is not here")
        sys.exit(3)
    with tempfile.TemporaryDirectory() as folder:
        tally = asyncio.run(run(options, pathlib.Path(folder)))
        print(f"{tally.answers} answers, {len(tally.wrong)} wrong")
        for line in sorted(set(tally.wrong)):
            print(f"{tally.wrong.count(line)} times: {line}")
        if tally.wrong:
            print((pathlib.Path(folder) / "errors").read_text()[:2500])
        sys.exit(1 if tally.wrong or tally.answers < 1000 else 0)


if __name__ == "__main__":
    main()
