#!/usr/bin/env python3
"""Ends a server under load, again and again: whoever has sent a request must get its answer, whole.

    drain.py SERVER [--rounds 5] [--connections 200]

Each connection asks, reads the answer, and asks again at once, until an answer says `Connection: close` or the
server closes while nothing is asked. Then no new connection may be taken, and the process must leave with 0.
Before that a few hesitate: they ask again within a second of their answer, while the clock struck in between and the
signal came. Python's standard library only.
"""

import argparse
import asyncio
import contextlib
import re
import signal
import sys
import time

from answers import listening

REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:3001\r\n\r\n"


class Tally:
    def __init__(self):
        self.answers = 0
        self.lost = []


async def ask(port, tally):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while True:
            if reader.at_eof():
                return
            writer.write(REQUEST)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)[1])
            await reader.readexactly(length)
            tally.answers += 1
            if b"\r\nconnection: close\r\n" in head.lower():
                if await reader.read() != b"":
                    tally.lost.append("bytes behind the last answer")
                return
            # A thinking client: the loop hears of an end that came meanwhile.
            await asyncio.sleep(0)
    except asyncio.IncompleteReadError as cut:
        tally.lost.append(f"an answer ends after {len(cut.partial)} bytes")
    except ConnectionError as error:
        tally.lost.append(f"{type(error).__name__} instead of an answer")
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def under_load(tally, answers):
    while tally.answers < answers and not tally.lost:
        await asyncio.sleep(0.02)


async def once(server, port, connections):
    """What was lost in one life of a server."""
    process = await asyncio.create_subprocess_exec(server, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
    try:
        await listening(port)
        tally = Tally()
        clients = [asyncio.create_task(ask(port, tally)) for _ in range(connections)]
        await asyncio.wait_for(under_load(tally, 5 * connections), 60)
        before = tally.answers
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(asyncio.gather(*clients), 30)
        status = await asyncio.wait_for(process.wait(), 30)
        if status != 0:
            tally.lost.append(f"the server left with {status}")
        print(f"{before} answers, then {tally.answers - before} while ending, {len(tally.lost)} lost")
        return tally.lost
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def hesitant(server, port):
    """What those lost that asked again 0.85 s after their answer: a second of the server's began in between, and its end did."""
    for _ in range(5):
        process = await asyncio.create_subprocess_exec(server, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE)
        try:
            while not (line := await asyncio.wait_for(process.stderr.readline(), 10)).startswith(b"Running with"):
                if not line:
                    return ["the server does not start"]
            began = time.monotonic()
            clients = [await asyncio.open_connection("127.0.0.1", port) for _ in range(8)]
            await asyncio.sleep(began + 0.95 - time.monotonic())
            first = await asyncio.gather(*(answer(*client) for client in clients))
            answered = time.monotonic()
            await asyncio.sleep(began + 1.05 - time.monotonic())
            # All workers look at the clock.
            for _ in range(60):
                await one_question(port)
            process.send_signal(signal.SIGTERM)
            await asyncio.sleep(answered + 0.85 - time.monotonic())
            was_late = time.monotonic() - answered > 0.97
            second = await asyncio.gather(*(answer(*client) for client in clients))
            for _, writer in clients:
                writer.close()
            status = await asyncio.wait_for(process.wait(), 30)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if not was_late:
            lost = [f"who hesitates gets {got!r}" for got in first + second if not got.endswith(b"Koru!")]
            return lost + ([f"the server left with {status}"] if status else [])
    print("*** SKIPPED: this machine is too busy for who hesitates ***", file=sys.stderr)
    return []


async def answer(reader, writer):
    """What comes for a request, as far as it comes."""
    writer.write(REQUEST)
    try:
        return await reader.readuntil(b"Koru!")
    except asyncio.IncompleteReadError as cut:
        return cut.partial
    except ConnectionError as error:
        return type(error).__name__.encode()


async def one_question(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await answer(reader, writer)
    writer.close()


async def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("server")
    parser.add_argument("--port", type=int, default=3001)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=200)
    options = parser.parse_args()
    lost = await hesitant(options.server, options.port)
    for _ in range(options.rounds):
        lost += await once(options.server, options.port, options.connections)
    for line in sorted(set(lost)):
        print(f"{lost.count(line)} times: {line}")
    sys.exit(1 if lost else 0)


if __name__ == "__main__":
    asyncio.run(main())
