#!/usr/bin/env python3
"""Asks a server that runs and reads its answers strictly: what examples and test programs must say.

    strict.py PLAY --port P [--folder F] [--pid N]

An answer's bytes are read by the rules of RFC 9112 alone, with nothing forgiven; where h11 is installed it must read
the same from them. A play is a function of this file. Python's standard library is enough.
"""

import argparse
import concurrent.futures
import gzip
import json
import os
import pathlib
import random
import signal
import socket
import sys
import time
import zlib

import answers
from answers import Wrong

try:
    import h11
except ImportError:
    h11 = None


class Answer:
    def __init__(self, status, fields, body, parts):
        self.status, self.fields, self.body, self.parts = status, fields, body, parts


class Connection(answers.Connection):
    """A connection to the server that is tested."""

    def __init__(self, timeout=10.0):
        super().__init__("127.0.0.1", PORT, timeout)

    def send(self, data):
        self.sock.sendall(data)

    def request(self, method, path, fields=(), body=None, version="1.1"):
        lines = [f"{method} {path} HTTP/{version}", "Host: test", *fields]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b""))

    def answer(self, method="GET"):
        status, fields = self.status(), self.fields()
        if status >= 200 and "date" not in fields:
            raise Wrong("no Date")
        parts = self.parts(method, status, fields)
        return Answer(status, fields, b"".join(parts), parts)

    def parts(self, method, status, fields):
        length, coding = self.length(status, fields), fields.get("transfer-encoding")
        if status < 200 or status in (204, 304) or method == "HEAD":
            return []
        if coding is not None:
            if coding != "chunked":
                raise Wrong(f"Transfer-Encoding: {coding}")
            return self.chunks()
        if length is not None:
            return [self.take(length)]
        if fields.get("connection") != "close":
            raise Wrong("a body without length, and the connection is to go on")
        while self.receive():
            pass
        if self.reset:
            raise Wrong("a reset ends a body")
        return [self.take(len(self.data))]


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


def hello():
    """examples/simple_server.kz"""
    for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
        answer = ask(method, "/anything")
        check(method, (answer.status, answer.body, answer.fields["content-type"]), (200, b"Hello from Koru!", "text/plain"))
    head = ask("HEAD", "/")
    check("HEAD", (head.body, head.fields["content-length"]), (b"", "16"))
    check("HTTP/1.0", ask("GET", "/", version="1.0").body, b"Hello from Koru!")


def routes():
    """examples/router.kz"""
    for method, path, status, body in [
        ("GET", "/", 200, b"home"), ("GET", "/?a=/item/1", 200, b"home"), ("GET", "/item/new", 200, b"a form"), ("GET", "/item/7", 200, b"7"), ("GET", "/item/a%2Fb", 200, b"a%2Fb"),
        ("DELETE", "/item/new", 200, b"new"), ("GET", "/files/a/b/c.txt", 200, b"a/b/c.txt"), ("GET", "/files/", 200, b""), ("GET", "/item/", 404, b"no such page"), ("GET", "/files", 404, b"no such page"),
        ("HEAD", "/item/7", 200, b""),
    ]:
        answer = ask(method, path)
        check(f"{method} {path}", (answer.status, answer.body), (status, body))
    other = ask("PATCH", "/item/7")
    check("another method", (other.status, other.fields["allow"]), (405, "GET, HEAD, DELETE"))


def echo():
    """examples/echo_server.kz"""
    check("with a length", ask("POST", "/", body=b"hello").body, b"hello")
    check("nothing", ask("POST", "/").status, 400)
    check("the longest", ask("POST", "/", body=pattern(200_000)).body == pattern(200_000), True)
    with Connection() as chunked:
        chunked.send(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(b"%x\r\n%s\r\n" % (n, b"z" * n) for n in range(1, 200)) + b"0\r\n\r\n")
        check("in chunks", chunked.answer("POST").body, b"z" * 19_900)


def greeting():
    """examples/greeting_server.kz"""
    for query, name in [("name=Ann", "Ann"), ("a=b&name=Bo&name=Cy", "Bo"), ("name=", "")]:
        new = ask("GET", f"/?{query}")
        check(query, (new.status, new.body, new.fields["set-cookie"]), (201, f"Hello, {name}!\n".encode(), f"name={name}"))
    for cookie in ("name=Ann", "a=b; name=Ann", "a=b; name=Ann; c=d"):
        known = ask("GET", "/", [f"Cookie: {cookie}"])
        check(cookie, (known.status, known.body, "set-cookie" in known.fields), (200, b"Ann", False))
    check("the query goes first", ask("GET", "/?name=Bo", ["Cookie: name=Ann"]).body, b"Hello, Bo!\n")
    for path, fields in [("/", []), ("/?names=Ann", []), ("/name=Ann", []), ("/", ["Cookie: surname=Ann"])]:
        check(f"nobody at {path}", (ask("GET", path, fields).status, ask("GET", path, fields).body), (404, b"who are you?\n"))
    head = ask("HEAD", "/?name=Ann")
    check("HEAD", (head.status, head.body, head.fields["content-length"]), (201, b"", "12"))
    with Connection() as kept:
        for name in ("Ann", "Bartholomew", "Al"):
            kept.request("GET", f"/?name={name}")
            check("one after the other", kept.answer().body, f"Hello, {name}!\n".encode())


def health():
    """examples/container_server.kz"""
    for path, body in [("/livez", b"alive"), ("/readyz", b"ready"), ("/", b"Hello from Koru!")]:
        check(path, (ask("GET", path).status, ask("GET", path).body), (200, body))


def orderly():
    """examples/orderly_server.kz"""
    for path, status, body in [("/", 200, b"Hello from Koru!"), ("/hello/Ann", 200, b"Ann"), ("/livez", 200, b"alive"), ("/readyz", 200, b"ready"), ("/hello/", 404, b"Not Found")]:
        answer = ask("GET", path)
        check(path, (answer.status, answer.body), (status, body))
    for path in ("/", "/hello/Ann"):
        other = ask("POST", path, body=b"x")
        check(f"POST {path}", (other.status, other.fields["allow"]), (405, "GET, HEAD"))
    check("HEAD", ask("HEAD", "/hello/Ann").fields["content-length"], "3")


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


def upload():
    """examples/upload_server.kz"""

    def wanted(data):
        return 201, b"%08x %d\n" % (zlib.crc32(data), len(data))

    for size in (1, 255, 65536, 3_000_000):
        answer = ask("PUT", "/f", body=pattern(size))
        check(f"{size} bytes", (answer.status, answer.body), wanted(pattern(size)))
    answer = ask("PUT", "/f", body=pattern(70_000), version="1.0")
    check("HTTP/1.0", (answer.status, answer.body), wanted(pattern(70_000)))
    check("no body", (ask("PUT", "/f", body=b"").status, ask("PUT", "/f").status), (400, 400))
    check("a body that is taken whole", ask("POST", "/f", body=b"x" * 1000).status, 400)
    check("one that is too long for that", ask("POST", "/f", body=b"x" * (1 << 20 | 1)).status, 413)
    with Connection() as parts:
        for size, step in [(100, 1), (5000, 7), (2_000_000, 65_521)]:
            data = pattern(size)
            parts.send(b"PUT /f HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            for at in range(0, size, step):
                piece = data[at : at + step]
                parts.send(b"%X;a=b\r\n%s\r\n" % (len(piece), piece))
            parts.send(b"0\r\nTrailer: none\r\n\r\n")
            answer = parts.answer("PUT")
            check(f"{size} bytes in chunks of {step}", (answer.status, answer.body), wanted(data))
        parts.send(b"PUT /f HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        check("our word", parts.answer("PUT").status, 100)
        parts.send(b"helloGET / HTTP/1.1\r\nHost: x\r\n\r\nPUT /f HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhiPUT /f HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\n!")
        answers = [parts.answer("PUT") for _ in range(4)]
        check("one behind the other", [(a.status, a.body) for a in (answers[0], *answers[2:])], [wanted(b"hello"), wanted(b"hi"), wanted(b"!")])
        check("between them", answers[1].status, 400)
        parts.end()
    with Connection() as wrong:
        wrong.send(b"PUT /f HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n")
        check("a chunk that is longer than it says", wrong.answer("PUT").status, 400)
        wrong.end()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        data = pattern(8_000_000)
        for answer in pool.map(lambda _: ask("PUT", "/f", body=data), range(8)):
            check("many at a time", (answer.status, answer.body), wanted(data))
    for _ in range(50):
        with Connection() as gone:
            gone.send(b"PUT /f HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nnot all")
    check("after clients that went", ask("GET", "/").status, 400)


def middleware():
    """examples/middleware_server.kz"""
    key = "Authorization: Bearer sesame"
    check("the cave", ask("GET", "/", [key]).body, b"the cave\n")
    check("me", ask("GET", "/me", [key]).body, b"Ali Baba")
    refused = ask("GET", "/me")
    check("without the word", (refused.status, refused.fields["www-authenticate"]), (401, "Bearer"))
    check("another word", ask("GET", "/nowhere", ["Authorization: Bearer barley"]).status, 401)
    other = ask("POST", "/me", [key])
    check("another method", (other.status, other.fields["allow"]), (405, "GET, HEAD"))
    check("another cave", ask("GET", "/nowhere", [key]).status, 404)
    with Connection() as wrong:
        wrong.send(b"GET / HTTP/1.1\r\n\r\n")
        check("a request that is none", wrong.answer().status, 400)
    check("what was counted", ask("GET", "/count").body, b"2 good, 5 refused\n")


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
            slow.more("an answer")
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


def ending():
    """tests/http/streams.kz: a body without an end finds one when the server ends, and one that does not breaks off."""
    with Connection() as told, Connection() as deaf:
        for connection, path in ((told, "/endless"), (deaf, "/stubborn")):
            connection.request("GET", path)
            connection.status(), connection.fields()
            while b"there\n" not in connection.data:
                connection.more("the first part")
        os.kill(OPTIONS.pid, signal.SIGTERM)
        started = time.monotonic()
        check("the parts", told.chunks(), [b"there\n", b"over\n"])
        told.end()
        if time.monotonic() - started > 3:
            raise Wrong("a body without an end is told late that it ends")
        del deaf.data[:]
        while deaf.receive():
            pass
        if b"0\r\n\r\n" in deaf.came or not 2.5 < time.monotonic() - started < 6:
            raise Wrong(f"a body that does not end looks whole, or ends after {time.monotonic() - started:.1f} s")


def descriptors():
    return len(os.listdir(f"/proc/{OPTIONS.pid}/fd")) if OPTIONS.pid else 0


def write(path, text, time=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text)
    if time:
        os.utime(path, (time, time))


def site():
    """A folder with what should be found in it, and what should not."""
    folder = pathlib.Path(OPTIONS.folder)
    write(folder / "index.html", b"<h1>home</h1>", 1_000_000_000)
    write(folder / "sub/index.html", b"below")
    write(folder / "sub/a b.txt", b"blank")
    write(folder / "app.js", b"let a;" * 100)
    write(folder / "app.js.gz", gzip.compress(b"let a;" * 100))
    write(folder / "app.js.br", b"as if it were br")
    write(folder / "bare/file", b"no index")
    write(folder / "empty.txt", b"")
    write(folder / "old.txt", b"from an image", 1)
    write(folder / "big.bin", pattern(5_000_000))
    write(folder / ".env", b"SECRET")
    write(folder / ".git/config", b"SECRET")
    write(folder / ".well-known/acme", b"known")
    write(folder.parent / "secret.txt", b"SECRET")
    for name, target in [("out", "../secret.txt"), ("up", ".."), ("abs", "/etc/passwd"), ("proc", "/proc/self/root"), ("in", "app.js"), ("round", "round")]:
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(target)
    if not (folder / "pipe").exists():
        os.mkfifo(folder / "pipe")
    return folder


def files():
    """examples/files_server.kz"""
    folder = site()
    before = descriptors()

    def get(path, *fields, method="GET"):
        return ask(method, path, fields)

    home = get("/")
    check("home", (home.status, home.body, home.fields["content-type"]), (200, b"<h1>home</h1>", "text/html; charset=utf-8"))
    check("its time", home.fields["last-modified"], "Sun, 09 Sep 2001 01:46:40 GMT")
    check("fields of the program's", home.fields["cache-control"], "max-age=60")
    head = get("/", method="HEAD")
    check("HEAD", (head.body, head.fields["content-length"], head.fields["etag"]), (b"", "13", home.fields["etag"]))
    check("POST", (ask("POST", "/", body=b"x").status, ask("POST", "/").fields["allow"]), (405, "GET, HEAD"))
    for path, wanted in [
        ("/sub/", b"below"), ("/sub/a%20b.txt", b"blank"), ("/sub/../sub/./", b"below"), ("/%73ub/", b"below"), ("/in", b"let a;" * 100),
        ("/empty.txt", b""), ("/.well-known/acme", b"known"), ("/sub/?a=/../x", b"below"),
    ]:
        check(path, (get(path).status, get(path).body), (200, wanted))
    for path, status in [
        ("/nope", 404), ("/bare/", 404), ("/index.html/", 404), ("/.env", 404), ("/.git/config", 404), ("/out", 404), ("/up/secret.txt", 404), ("/abs", 404),
        ("/proc/etc/passwd", 404), ("/round", 404), ("/pipe", 404), ("//index.html", 404), ("/sub//index.html", 404), ("/" + "a" * 300, 404), ("/" + "a/" * 3000, 404),
        ("/..", 400), ("/../secret.txt", 400), ("/sub/../../secret.txt", 400), ("/%2e%2e/secret.txt", 400), ("/%2E./secret.txt", 400), ("/..%2fsecret.txt", 400),
        ("/sub%2findex.html", 400), ("/%00", 400), ("/index.html%00.txt", 400), ("/%c0%ae%c0%ae/secret.txt", 400), ("/%ff", 400), ("/%", 400), ("/%4", 400), ("/%zz", 400),
        ("/%252e%252e/secret.txt", 404),
    ]:
        check(path[:40], get(path).status, status)
    for path, place in [("/sub", "./sub/"), ("/sub?x=1", "./sub/?x=1"), ("/bare", "./bare/"), ("/sub/../sub", "./sub/")]:
        check(path, (get(path).status, get(path).fields["location"]), (301, place))
    conditions(get, home.fields["etag"])
    ranges(get, home.fields["etag"])
    packed(get)
    check("no time of an image", "last-modified" in get("/old.txt").fields, False)
    check("a big file", get("/big.bin").body == pattern(5_000_000), True)
    check("HTTP/1.0", ask("GET", "/big.bin", version="1.0").body == pattern(5_000_000), True)
    with Connection() as several:
        for path in ("/", "/big.bin", "/nope", "/sub/"):
            several.request("GET", path)
        check("one behind the other", [len(several.answer().body) for _ in range(4)], [13, 5_000_000, 13, 5])
    changes(folder, get)
    astray()
    for _ in range(50):
        with Connection() as gone:
            gone.request("GET", "/big.bin")
            gone.sock.recv(1000)
    time.sleep(0.3)
    check("descriptors left open", descriptors() - before, 0)


def conditions(get, etag):
    earlier, same, later = "Sat, 08 Sep 2001 01:46:40 GMT", "Sun, 09 Sep 2001 01:46:40 GMT", "Mon, 10 Sep 2001 01:46:40 GMT"
    for fields, status in [
        ([f"If-None-Match: {etag}"], 304), ([f"If-None-Match: W/{etag}"], 304), ([f'If-None-Match: "a,b", {etag}'], 304), (["If-None-Match: *"], 304), (['If-None-Match: "x"'], 200),
        ([f"If-Modified-Since: {same}"], 304), ([f"If-Modified-Since: {later}"], 304), ([f"If-Modified-Since: {earlier}"], 200), (["If-Modified-Since: yesterday"], 200),
        (["If-Modified-Since: Sunday, 09-Sep-01 01:46:40 GMT"], 304), (["If-Modified-Since: Sun Sep  9 01:46:40 2001"], 304), (["If-Modified-Since: Sun Sep  9 01:46:39 2001"], 200),
        (['If-None-Match: "x"', f"If-Modified-Since: {later}"], 200), ([f"If-Match: {etag}"], 200), (["If-Match: *"], 200), ([f"If-Match: W/{etag}"], 412), (['If-Match: "x"'], 412),
        ([f"If-Unmodified-Since: {earlier}"], 412), ([f"If-Unmodified-Since: {same}"], 200), ([f"If-Match: {etag}", f"If-Unmodified-Since: {earlier}"], 200),
        ([f"If-Match: {etag}", f"If-None-Match: {etag}"], 304),
    ]:
        answer = get("/", *fields)
        check(fields, answer.status, status)
        if status == 304:
            check("fields of a 304", (answer.fields["etag"], answer.fields["cache-control"], answer.fields["vary"]), (etag, "max-age=60", "Accept-Encoding"))


def ranges(get, etag):
    for value, wanted, place in [
        ("bytes=0-0", b"<", "0-0/13"), ("bytes=1-3", b"h1>", "1-3/13"), ("bytes=8-", b"</h1>", "8-12/13"), ("bytes=-5", b"</h1>", "8-12/13"), ("bytes=-99", b"<h1>home</h1>", "0-12/13"),
        ("bytes=8-99999999999999999", b"</h1>", "8-12/13"), ("BYTES=0-0", b"<", "0-0/13"),
    ]:
        answer = get("/", f"Range: {value}")
        check(value, (answer.status, answer.body, answer.fields.get("content-range")), (206, wanted, f"bytes {place}"))
    for value in ("bytes=13-", "bytes=13-20", "bytes=-0"):
        answer = get("/", f"Range: {value}")
        check(value, (answer.status, answer.fields.get("content-range")), (416, "bytes */13"))
    for value in ("bytes=3-1", "bytes=0-0,2-3", "bytes=", "bytes=-", "bytes=a-b", "bytes=+1-2", "lines=1-2", "bytes=1"):
        check(value, (get("/", f"Range: {value}").status, get("/", f"Range: {value}").body), (200, b"<h1>home</h1>"))
    check("no part of nothing", get("/empty.txt", "Range: bytes=0-").status, 200)
    for field, status in [(etag, 206), ('"x"', 200), (f"W/{etag}", 200), ("Sun, 09 Sep 2001 01:46:40 GMT", 206), ("Mon, 10 Sep 2001 01:46:40 GMT", 200)]:
        check(f"If-Range: {field}", get("/", "Range: bytes=0-0", f"If-Range: {field}").status, status)
    check("a condition comes first", get("/", "Range: bytes=0-0", f"If-None-Match: {etag}").status, 304)
    check("HEAD has no parts", get("/", "Range: bytes=0-0", method="HEAD").status, 200)
    check("a part of a big file", get("/big.bin", "Range: bytes=1000000-4000000").body == pattern(5_000_000)[1_000_000:4_000_001], True)


def packed(get):
    plain = get("/app.js")
    check("plain", (plain.body, "content-encoding" in plain.fields, plain.fields["vary"]), (b"let a;" * 100, False, "Accept-Encoding"))
    for asked, coding in [("gzip", "gzip"), ("gzip, br", "br"), ("deflate, GZIP;q=0.5", "gzip"), ("br;q=0, gzip", "gzip"), ("gzip;q=0.0", None), ("*;q=0", None), ("xgzip", None)]:
        answer = get("/app.js", f"Accept-Encoding: {asked}")
        check(asked, (answer.fields.get("content-encoding"), answer.fields["content-type"]), (coding, "text/javascript; charset=utf-8"))
        if coding == "gzip":
            check("unpacked", gzip.decompress(answer.body), b"let a;" * 100)
    check("nothing packed", "content-encoding" in get("/sub/", "Accept-Encoding: gzip, br").fields, False)


def changes(folder, get):
    """Files that change while the server runs, and while they are sent."""
    first = get("/sub/")
    write(folder / "sub/index.html", b"below, and more")
    second = get("/sub/", f"If-None-Match: {first.fields['etag']}")
    check("a file that was changed", (second.status, second.body), (200, b"below, and more"))
    write(folder / "shrinks.bin", pattern(20_000_000))
    with Connection() as slow:
        slow.request("GET", "/shrinks.bin")
        slow.more("an answer")
        os.truncate(folder / "shrinks.bin", 1000)
        try:
            slow.answer()
        except Wrong:
            return
        raise Wrong("a file that shrank is sent whole")


def astray():
    """No path leaves the folder."""
    parts = ["..", ".", "", "%2e", "%2e%2e", ".%2e", "%2f", "%5c", "..\\", "sub", "up", "proc", "out", "secret.txt", "etc", "passwd", "%00", "%c0%ae", ".env", "%252e", "root", ";", "..;"]
    chance = random.Random(9110)
    for _ in range(3):
        with Connection() as one:
            for _ in range(500):
                path = "/" + "/".join(chance.choices(parts, k=chance.randint(1, 6)))
                one.request("GET", path)
                answer = one.answer()
                if b"SECRET" in answer.body or b"root:" in answer.body or answer.status not in (200, 301, 400, 404):
                    raise Wrong(f"{path} is answered {answer.status} {answer.body[:40]!r}")


def main():
    global PORT, OPTIONS
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("play", choices=[name for name, it in globals().items() if callable(it) and it.__doc__ and ".kz" in it.__doc__])
    parser.add_argument("--port", type=int, default=3001)
    parser.add_argument("--folder", help="what the program calls `public`")
    parser.add_argument("--pid", type=int, help="the server's process, to count what it has open")
    options = OPTIONS = parser.parse_args()
    PORT = options.port
    try:
        globals()[options.play]()
    except (Wrong, OSError) as error:
        print(f"{options.play}: {error or type(error).__name__}")
        sys.exit(1)


if __name__ == "__main__":
    main()
