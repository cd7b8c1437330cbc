"""Answers of a server, read by the rules of RFC 9112 alone, with nothing forgiven.

What drive.py, strict.py and others read with: a connection, its lines and fields, and the end of it, in order or by a reset.
Python's standard library only.
"""

import asyncio
import contextlib
import re
import select
import socket

STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9][0-9]) [\t\x20-\x7e\x80-\xff]*\Z")
FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)\Z")
CHUNK = re.compile(rb"[0-9A-Fa-f]{1,8}\Z")


class Wrong(Exception):
    """The server did something the protocol, or what is played, does not allow."""


class Connection:
    """A connection to a server. `data` has come and is not read yet, `came` is all that came."""

    def __init__(self, host, port, timeout):
        self.timeout = timeout
        self.sock = socket.create_connection((host, port), timeout=timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data = bytearray()
        self.came = bytearray()
        self.reset = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, data):
        """Sends while the server takes it; a server that has answered and closed need not read the rest."""
        try:
            self.sock.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False
        except socket.timeout:
            raise Wrong("the server stopped reading") from None

    def has_answer(self):
        return bool(select.select([self.sock], [], [], 0)[0])

    def receive(self):
        """More bytes; false where there are none, by an end or by a reset."""
        try:
            data = self.sock.recv(1 << 16)
        except socket.timeout:
            raise Wrong(f"no answer and no end within {self.timeout} s, got {bytes(self.data[:80])!r}") from None
        except ConnectionResetError:
            self.reset = True
            return False
        self.data += data
        self.came += data
        return bool(data)

    def more(self, what):
        if not self.receive():
            raise Wrong(f"connection {'reset' if self.reset else 'ended'} instead of {what}, got {bytes(self.data[:80])!r}")

    def line(self):
        while (at := self.data.find(b"\r\n")) < 0:
            self.more("a line")
        line = bytes(self.data[:at])
        del self.data[: at + 2]
        if b"\r" in line or b"\n" in line:
            raise Wrong(f"a bare CR or LF in the answer: {line!r}")
        return line

    def take(self, count):
        while len(self.data) < count:
            self.more(f"{count - len(self.data)} bytes more")
        taken = bytes(self.data[:count])
        del self.data[:count]
        return taken

    def status(self):
        line = self.line()
        match = STATUS_LINE.match(line)
        if not match:
            raise Wrong(f"bad status line {line!r}")
        return int(match[1])

    def fields(self):
        fields = {}
        while line := self.line():
            match = FIELD.match(line)
            if not match:
                raise Wrong(f"bad field line {line!r}")
            name = match[1].decode().lower()
            if name in fields and name != "set-cookie":
                raise Wrong(f"field {name} occurs twice")
            fields[name] = match[2].decode("latin-1").rstrip(" \t")
        return fields

    def length(self, status, fields):
        """How long a body is that is not in chunks; None where no field says it. 1xx and 204 have neither."""
        length, coding = fields.get("content-length"), fields.get("transfer-encoding")
        if (status < 200 or status == 204) and (length is not None or coding is not None):
            raise Wrong(f"framing fields in a {status}")
        if length is not None and coding is not None:
            raise Wrong("Content-Length beside Transfer-Encoding")
        if length is not None and not length.isdecimal():
            raise Wrong(f"Content-Length is {length!r}")
        return None if length is None else int(length)

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
                return parts
            parts.append(self.take(size))
            if self.take(2) != b"\r\n":
                raise Wrong("no end of line behind a chunk")

    def end(self):
        """Nothing may follow but the end of the stream, in order and not as a reset."""
        if self.data or self.receive():
            raise Wrong(f"bytes after the last answer: {bytes(self.data[:80])!r}")
        if self.reset:
            raise Wrong("reset instead of an orderly end")


async def listening(port, seconds=10.0):
    """Waits until somebody listens at a port."""
    deadline = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < deadline:
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        await asyncio.sleep(0.02)
    raise Wrong(f"nobody listens at {port}")
