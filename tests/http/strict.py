#!/usr/bin/env python3
"""Asks a server that runs and reads its answers strictly: what examples and test programs must say.

    strict.py PLAY --port P

An answer's bytes are read by the rules of RFC 9112 alone, with nothing forgiven; where h11 is installed it must read
the same from them. A play is a function of this file. Python's standard library is enough.
"""

import argparse
import concurrent.futures
import json
import re
import socket
import sys
import time

try:
    import h11
except ImportError:
    h11 = None

STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9][0-9]) [\t\x20-\x7e\x80-\xff]*\Z")
FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)\Z")
CHUNK = re.compile(rb"[0-9A-Fa-f]{1,8}\Z")


class Wrong(Exception):
    """The server did something the protocol or the play does not allow."""


class Answer:
    def __init__(self, status, fields, body, parts):
        self.status, self.fields, self.body, self.parts = status, fields, body, parts


class Connection:
    """A connection to the server; everything that came is kept for h11."""

    def __init__(self, timeout=10.0):
        self.sock = socket.create_connection(("127.0.0.1", PORT), timeout=timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data = bytearray()
        self.came = bytearray()
        self.asked = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def request(self, method, path, fields=(), body=None, version="1.1"):
        lines = [f"{method} {path} HTTP/{version}", "Host: test", *fields]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b""))
        self.asked.append((method, path))

    def more(self):
        data = self.sock.recv(1 << 16)
        self.data += data
        self.came += data
        return bool(data)

    def line(self):
        while b"\r\n" not in self.data:
            if not self.more():
                raise Wrong(f"the connection ends within a line: {bytes(self.data[:80])!r}")
        at = self.data.index(b"\r\n")
        line = bytes(self.data[:at])
        del self.data[: at + 2]
        if b"\r" in line or b"\n" in line:
            raise Wrong(f"a bare CR or LF: {line!r}")
        return line

    def take(self, count):
        while len(self.data) < count:
            if not self.more():
                raise Wrong(f"the connection ends {count - len(self.data)} bytes too early")
        taken = bytes(self.data[:count])
        del self.data[:count]
        return taken

    def answer(self, method="GET"):
        match = STATUS_LINE.match(self.line())
        if not match:
            raise Wrong(f"bad status line {bytes(self.came[:80])!r}")
        status = int(match[1])
        fields = {}
        while line := self.line():
            field = FIELD.match(line)
            if not field:
                raise Wrong(f"bad field line {line!r}")
            name = field[1].decode().lower()
            if name in fields and name != "set-cookie":
                raise Wrong(f"field {name} occurs twice")
            fields[name] = field[2].decode("latin-1").rstrip(" \t")
        if status >= 200 and "date" not in fields:
            raise Wrong("no Date")
        body, parts = self.body(method, status, fields)
        return Answer(status, fields, body, parts)

    def body(self, method, status, fields):
        length, coding = fields.get("content-length"), fields.get("transfer-encoding")
        if length is not None and coding is not None:
            raise Wrong("Content-Length beside Transfer-Encoding")
        if status < 200 or status in (204, 304) or method == "HEAD":
            if status < 200 or status == 204:
                if length is not None or coding is not None:
                    raise Wrong(f"framing fields in a {status}")
            return b"", []
        if coding is not None:
            if coding != "chunked":
                raise Wrong(f"Transfer-Encoding: {coding}")
            return self.chunks()
        if length is not None:
            if not length.isdecimal():
                raise Wrong(f"Content-Length: {length}")
            body = self.take(int(length))
            return body, [body]
        if fields.get("connection") != "close":
            raise Wrong("a body without length, and the connection is to go on")
        while self.more():
            pass
        body, self.data = bytes(self.data), bytearray()
        return body, [body]

    def chunks(self):
        parts = []
        while True:
            line = self.line()
            if not CHUNK.match(line):
                raise Wrong(f"bad line before a chunk: {line!r}")
            size = int(line, 16)
            if size == 0:
                if self.line() != b"":
                    raise Wrong("trailers nobody asked for")
                return b"".join(parts), parts
            parts.append(self.take(size))
            if self.take(2) != b"\r\n":
                raise Wrong("no end of line behind a chunk")

    def end(self):
        """Nothing more may come, and the end in order."""
        if self.data or self.more():
            raise Wrong(f"bytes behind the last answer: {bytes(self.data[:80])!r}")


def ask(method, path, fields=(), body=None, version="1.1"):
    """One request on a connection of its own, read twice where h11 is there."""
    with Connection() as connection:
        connection.request(method, path, [*fields, "Connection: close"], body, version)
        answer = connection.answer(method)
        connection.end()
        if h11 and len(connection.came) < 1 << 20:
            compare(connection, answer, method, path)
        return answer


def compare(connection, answer, method, path):
    reader = h11.Connection(h11.CLIENT)
    reader.send(h11.Request(method=method, target=path, headers=[("Host", "test"), ("Connection", "close")]))
    reader.send(h11.EndOfMessage())
    reader.receive_data(bytes(connection.came))
    reader.receive_data(b"")
    head, body = None, b""
    while not isinstance(event := reader.next_event(), (h11.EndOfMessage, h11.ConnectionClosed)):
        if isinstance(event, h11.Response):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
    if head is None or head.status_code != answer.status or body != answer.body:
        raise Wrong(f"h11 reads something else from the answer to {method} {path}")


def check(what, got, wanted):
    if got != wanted:
        raise Wrong(f"{what}: {str(got)[:300]!r} instead of {str(wanted)[:300]!r}")


# --- plays: what a program must answer ----------------------------------------------------------------------------------


def streaming():
    """examples/streaming_server.kz"""
    start = time.monotonic()
    answer = ask("GET", "/3")
    check("a countdown", (answer.status, answer.body), (200, b"3\n2\n1\n"))
    check("a line a part", answer.parts, [b"3\n", b"2\n", b"1\n"])
    if time.monotonic() - start < 1:
        raise Wrong("it does not wait between its lines")
    check("nothing to count", ask("GET", "/0").body, b"")
    check("a client of HTTP/1.0", ask("GET", "/1", version="1.0").body, b"1\n")
    head = ask("HEAD", "/2")
    check("HEAD", (head.body, head.fields["transfer-encoding"]), (b"", "chunked"))
    check("no number", ask("GET", "/x").status, 400)
    with Connection() as two:
        two.request("GET", "/1")
        two.request("GET", "/0")
        two.request("GET", "/x", ["Connection: close"])
        check("one behind the other", [two.answer().body for _ in range(3)][:2], [b"1\n", b""])
        two.end()


def orders():
    """examples/json_server.kz"""

    def order(body, *fields):
        answer = ask("POST", "/orders", fields, body)
        is_json = answer.fields["content-type"] == "application/json"
        return answer.status, json.loads(answer.body) if is_json else answer.body

    priced = {"item": "tea", "cents": 1050, "notes": []}
    check("an order", order(b'{ "item": "tea", "count": 3 }'), (200, priced))
    check("a gift", order(b'{"count":1,"is_gift":true,"item":"\\u0074ea"}'), (200, {"item": "tea", "cents": 350, "notes": ["wrapped"]}))
    check("what is not sold", order(b'{"item":"ink","count":1}')[0], 422)
    for wrong, why in [
        (b'{"item":"tea"}', b"MissingField"),
        (b'{"item":"tea","count":-1}', b"Overflow"),
        (b'{"item":"tea","count":1,"count":1}', b"DuplicateField"),
        (b'{"item":"tea","count":1,"more":1}', b"UnknownField"),
        (b'{"item":"tea","count":1', b"UnexpectedEndOfInput"),
        (b'{"item":"tea","count":1}}', b"SyntaxError"),
        (b"[" * 100_000, b"NestedTooDeep"),
        (b"", b"UnexpectedEndOfInput"),
    ]:
        check(wrong[:40], order(wrong), (400, why))
    check("a long text", order(b'{"item":"' + b"x" * 40_000 + b'","count":1}'), (400, b"OutOfMemory"))
    with Connection() as chunked:
        chunked.send(b"POST /orders HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for at, letter in enumerate(b'{"item":"tea","count":3}'):
            chunked.send(b"1\r\n%c\r\n" % letter if at % 2 else b"01;x=y\r\n%c\r\n" % letter)
            time.sleep(0.002)
        chunked.send(b"0\r\n\r\n")
        check("an order in chunks", json.loads(chunked.answer("POST").body), priced)


def pattern(count):
    block = bytes(range(256))
    return (block * (count // 256 + 1))[:count]


def streams():
    """tests/http/streams.kz: bytes in parts of many sizes, and streams that break off."""
    for size in (0, 1, 255, 65535, 65536, 1_000_000):
        check(f"{size} bytes", ask("GET", f"/bytes/{size}").body == pattern(size), True)
    check("HTTP/1.0", ask("GET", "/bytes/300000", version="1.0").body == pattern(300000), True)
    for path in ("/long", "/broken"):
        with Connection() as one:
            one.request("GET", path)
            try:
                one.answer()
            except Wrong:
                continue
            raise Wrong(f"{path} is whole")
    size = 40_000_000
    with Connection() as slow, concurrent.futures.ThreadPoolExecutor(4) as pool:
        slow.request("GET", f"/bytes/{size}")
        readers = [pool.submit(ask, "GET", f"/bytes/{size}") for _ in range(4)]
        time.sleep(0.2)
        longest = 0
        while not all(reader.done() for reader in readers):
            start = time.monotonic()
            check("a neighbour", ask("GET", "/plain").body, b"plain")
            longest = max(longest, time.monotonic() - start)
        for reader in readers:
            check("bytes for many", reader.result().body == pattern(size), True)
        check("bytes for a slow client", slow.answer().body == pattern(size), True)
        if longest > 2:
            raise Wrong(f"a neighbour waits {longest:.1f} s")
        slow.request("GET", "/plain")
        check("behind a stream", slow.answer().body, b"plain")
    for _ in range(50):
        with Connection() as gone:
            gone.request("GET", f"/bytes/{size}")
            gone.sock.recv(1000)
    check("after clients that went", ask("GET", "/plain").body, b"plain")


def main():
    global PORT
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("play", choices=[name for name, it in globals().items() if callable(it) and it.__doc__ and ".kz" in it.__doc__])
    parser.add_argument("--port", type=int, default=3001)
    options = parser.parse_args()
    PORT = options.port
    try:
        globals()[options.play]()
    except (Wrong, OSError) as error:
        print(f"{options.play}: {error or type(error).__name__}")
        sys.exit(1)


if __name__ == "__main__":
    main()
