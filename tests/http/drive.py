#!/usr/bin/env python3
"""Plays the byte vectors of vectors.tsv against a running server and reads its answers strictly.

    drive.py [--level basic|full] [--only-ids a,b*] [--host H] [--port P] [--server PATH] [...]

Each vector is played whole, cut in two at every byte (long ones: at random places), byte by byte (short ones),
and, where that is legal, between two neighbours in one write. `--server` starts a binary for the time of the run.
Exits 1 when a play fails, 2 when the server cannot be reached. Python's standard library only.
"""

import argparse
import calendar
import concurrent.futures
import fnmatch
import os
import random
import re
import socket
import subprocess
import sys
import time

from answers import Connection, Wrong

NEIGHBOUR = b"GET /neighbour HTTP/1.1\r\nHost: n\r\n\r\n"
SHORT = 160  # bytes up to which a vector is cut at every byte
PAUSE = 0.002  # seconds between two pieces
DATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-3]\d [A-Z][a-z]{2} \d{4} [0-2]\d:[0-5]\d:[0-6]\d GMT\Z")


# --- the table ------------------------------------------------------------------------------------------------------


class Vector:
    def __init__(self, columns):
        self.id, self.rule, self.level, text, answers, after, flags = columns
        self.pieces = [unescape(piece) for piece in text.split("\\w")]
        self.request = b"".join(self.pieces)
        self.answers = [Answer(word) for word in answers.split()]
        self.stays_open = {"open": True, "close": False}[after]
        self.flags = flags.split(",")
        self.waits = len(self.pieces) > 1

    def is_cut(self):
        return not self.waits and "whole" not in self.flags


class Answer:
    """One expected answer: which statuses it may have, whether it answers a HEAD, whether it may be missing."""

    def __init__(self, word):
        self.optional = word.endswith("?")
        self.to_head = word.startswith("h")
        self.statuses = {int(status) for status in word.strip("h?").split("|")}
        self.interim = min(self.statuses) < 200


def unescape(text):
    out, _ = unescape_until(text, 0, nested=False)
    return out


def unescape_until(text, at, nested):
    simple = {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0", "\\": b"\\"}
    out = bytearray()
    while at < len(text):
        char = text[at]
        if nested and char == "}":
            return bytes(out), at + 1
        if char != "\\":
            out += char.encode("ascii")
            at += 1
        elif text[at + 1] == "x":
            out.append(int(text[at + 2 : at + 4], 16))
            at += 4
        elif text[at + 1] == "{":
            colon = text.index(":", at)
            repeated, end = unescape_until(text, colon + 1, nested=True)
            out += repeated * int(text[at + 2 : colon])
            at = end
        else:
            out += simple[text[at + 1]]
            at += 2
    if nested:
        raise ValueError("a repetition is not closed: " + text)
    return bytes(out), at


def read_vectors(path):
    vectors = []
    with open(path, encoding="ascii") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            if not line or line.startswith("#"):
                continue
            columns = line.split("\t")
            if len(columns) != 7:
                sys.exit(f"{path}:{number}: {len(columns)} columns instead of 7")
            vectors.append(Vector(columns))
    ids = [vector.id for vector in vectors]
    if len(ids) != len(set(ids)):
        sys.exit(f"{path}: an id occurs twice")
    return vectors


# --- a strict client ------------------------------------------------------------------------------------------------


class Client(Connection):
    def __init__(self, options):
        super().__init__(options.host, options.port, options.timeout)
        self.body = options.body.encode()

    def answer(self, expected):
        status = self.status()
        if status not in expected.statuses:
            wanted = "|".join(str(s) for s in sorted(expected.statuses))
            raise Wrong(f"{status} instead of {wanted}")
        fields = self.fields()
        if 200 <= status < 500 or "date" in fields:
            check_date(fields.get("date"))
        self.read_body(status, fields, expected)
        return fields

    def read_body(self, status, fields, expected):
        length = self.length(status, fields)
        if status < 200 or status == 204:
            return
        if length is None:
            raise Wrong("no Content-Length")
        if length and "content-type" not in fields:
            raise Wrong("content without Content-Type")
        if status == 200 and length != len(self.body):
            raise Wrong(f"Content-Length {length} instead of {len(self.body)}")
        if expected.to_head:
            return
        body = self.take(length)
        if status == 200 and body != self.body:
            raise Wrong(f"the body is {body!r}")

    def next_is(self, expected):
        """Whether the status that comes next is one of those expected (for answers that may be left out)."""
        while len(self.data) < 12:
            self.more("a status line")
        return self.data[9:12].isdigit() and int(self.data[9:12]) in expected.statuses


def check_date(text):
    if text is None:
        raise Wrong("no Date")
    if not DATE.match(text):
        raise Wrong(f"Date is {text!r}")
    stamp = time.strptime(text, "%a, %d %b %Y %H:%M:%S GMT")
    if abs(calendar.timegm(stamp) - time.time()) > 5:
        raise Wrong(f"Date is off: {text!r}")


# --- ways to play a vector ------------------------------------------------------------------------------------------


def read_answers(client, vector, answers, stays_open):
    """Reads the answers; only the last one, and only before an end, says `Connection: close`."""
    for at, expected in enumerate(answers):
        if expected.optional and not client.next_is(expected):
            continue
        fields = client.answer(expected)
        closes = "close" in [word.strip().lower() for word in fields.get("connection", "").split(",")]
        should = at == len(answers) - 1 and not stays_open
        if closes != should:
            raise Wrong(f"answer {at + 1}: Connection is {fields.get('connection')!r}")
        if at == len(answers) - 1 and "allow" in vector.flags and not fields.get("allow"):
            raise Wrong("no Allow")
        if vector.stays_open and b" HTTP/1.0\r\n" in vector.request and answers is vector.answers:
            if fields.get("connection", "").lower() != "keep-alive":
                raise Wrong("a 1.0 keep-alive is not confirmed")


def finish(client, vector):
    read_answers(client, vector, vector.answers, vector.stays_open)
    if not vector.stays_open:
        return client.end()
    client.send(NEIGHBOUR)
    client.answer(Answer("200"))
    if client.data:
        raise Wrong(f"bytes after the last answer: {bytes(client.data[:80])!r}")


def play_pieces(options, vector, pieces, pause):
    with Client(options) as client:
        for at, piece in enumerate(pieces):
            if at:
                time.sleep(pause)
                if not vector.stays_open and len(vector.answers) == 1 and client.has_answer():
                    break  # answered before the last piece: what follows may be lost
            if not client.send(piece):
                break
        finish(client, vector)


def play_waiting(options, vector):
    """Sends a piece, reads the one answer it asks for, sends the next."""
    with Client(options) as client:
        for at, piece in enumerate(vector.pieces[:-1]):
            client.send(piece)
            client.answer(vector.answers[at])
        client.send(vector.pieces[-1])
        rest = vector.answers[len(vector.pieces) - 1 :]
        read_answers(client, vector, rest, vector.stays_open)
        if not vector.stays_open:
            client.end()


def play_neighbours(options, vector):
    """The vector between two plain requests in one write; nothing is answered after a close."""
    first = Answer("200")
    with Client(options) as client:
        client.send(NEIGHBOUR + vector.request + NEIGHBOUR)
        client.answer(first)
        read_answers(client, vector, vector.answers, vector.stays_open)
        if vector.stays_open:
            client.answer(first)
            if client.data:
                raise Wrong(f"bytes after the last answer: {bytes(client.data[:80])!r}")
        else:
            client.end()


def plays_of(options, vector):
    """All plays of a vector as (name, function)."""
    if vector.waits:
        return [("waiting", lambda: play_waiting(options, vector))]
    plays = [("whole", lambda: play_pieces(options, vector, [vector.request], 0))]
    if options.whole_only:
        return plays
    plays.append(("neighbours", lambda: play_neighbours(options, vector)))
    if not vector.is_cut():
        return plays
    size = len(vector.request)
    cuts = range(1, size)
    if size > SHORT:
        cuts = sorted(random.Random(vector.id).sample(cuts, 20))
    for cut in cuts:
        plays.append((f"cut at {cut}", lambda cut=cut: play_pieces(
            options, vector, [vector.request[:cut], vector.request[cut:]], PAUSE)))
    if size <= SHORT:
        single = [vector.request[at : at + 1] for at in range(size)]
        plays.append(("byte by byte", lambda: play_pieces(options, vector, single, 0.0002)))
    return plays


def run_play(play):
    try:
        play()
        return None
    except (Wrong, OSError) as error:
        return str(error) or type(error).__name__


# --- the run --------------------------------------------------------------------------------------------------------


def wait_for(options, seconds=5.0):
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection((options.host, options.port), timeout=1).close()
            return
        except OSError as error:
            if time.monotonic() > deadline:
                print(f"no server at {options.host}:{options.port}: {error}", file=sys.stderr)
                sys.exit(2)
            time.sleep(0.02)


def select_vectors(options):
    vectors = read_vectors(options.vectors)
    if options.level == "basic":
        vectors = [vector for vector in vectors if vector.level == "basic"]
    if options.only_ids:
        wanted = options.only_ids.split(",")
        vectors = [v for v in vectors if any(fnmatch.fnmatchcase(v.id, pattern) for pattern in wanted)]
    if not vectors:
        sys.exit("no vector is selected")
    return vectors


def play_all(options, vectors):
    """Plays everything, a few vectors at a time; returns (failures by vector, number of plays)."""
    failures, count = {}, 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        waiting = {}
        for vector in vectors:
            for name, play in plays_of(options, vector):
                waiting[pool.submit(run_play, play)] = (vector, name)
        for future in concurrent.futures.as_completed(waiting):
            vector, name = waiting[future]
            count += 1
            if future.result():
                failures.setdefault(vector.id, []).append((name, future.result()))
    return failures, count


def report(vectors, failures, count, seconds):
    for vector in vectors:
        plays = failures.get(vector.id)
        if not plays:
            continue
        print(f"FAIL {vector.id} ({vector.rule})")
        for name, why in plays[:3]:
            print(f"     {name}: {why}")
        if len(plays) > 3:
            print(f"     and {len(plays) - 3} more plays")
    passed = len(vectors) - len(failures)
    print(f"{passed} of {len(vectors)} vectors pass, {count} plays in {seconds:.1f} s")


def parse_arguments():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=3001)
    parser.add_argument("--server", help="a binary to start, and to end afterwards")
    parser.add_argument("--vectors", default=os.path.join(here, "vectors.tsv"))
    parser.add_argument("--level", choices=["basic", "full"], default="full")
    parser.add_argument("--only-ids", help="ids or patterns such as te-*, joined by commas")
    parser.add_argument("--body", default="Hello from Koru!", help="what a 200 carries")
    parser.add_argument("--whole-only", action="store_true", help="no cuts, no neighbours")
    parser.add_argument("--timeout", type=float, default=4.0, help="seconds to wait for an answer or an end")
    parser.add_argument("--jobs", type=int, default=16, help="plays at the same time")
    return parser.parse_args()


def main():
    options = parse_arguments()
    vectors = select_vectors(options)
    server = subprocess.Popen([options.server], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) if options.server else None
    try:
        wait_for(options)
        start = time.monotonic()
        failures, count = play_all(options, vectors)
        report(vectors, failures, count, time.monotonic() - start)
        if server and server.poll() is not None:
            print(f"the server ended by itself with status {server.returncode}")
            return 1
    finally:
        if server:
            server.kill()
            server.wait()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
