"""A server that answers badly, for tests/src/client.rs: the path says how. Prints its port first."""

import socket
import struct
import threading
import time

HEAD = b"HTTP/1.1 200 OK\r\n"


def drip(peer, data, pause):
    for byte in data:
        peer.sendall(bytes([byte]))
        time.sleep(pause)


def forever(peer, piece):
    while True:
        peer.sendall(piece)


def reset(peer):
    peer.sendall(HEAD)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def early(peer):
    """Answers before the body is there, and takes no more of it."""
    peer.sendall(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno")
    peer.shutdown(socket.SHUT_WR)
    time.sleep(0.2)


WAYS = {
    "/good": lambda p: p.sendall(HEAD + b"Content-Length: 5\r\n\r\nhello"),
    "/drip": lambda p: drip(p, HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", 0.002),
    "/slow": lambda p: drip(p, HEAD + b"Content-Length: 5\r\n\r\nhello", 0.1),
    "/silent": lambda p: time.sleep(5),
    "/nothing": lambda p: None,
    "/half": lambda p: p.sendall(HEAD + b"Content-Length: 50\r\n\r\nhello"),
    "/garbage": lambda p: p.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 10 + b"\n"),
    "/reset": reset,
    "/large": lambda p: p.sendall(HEAD + b"Content-Length: 1000000000\r\n\r\n"),
    "/endless": lambda p: forever(p, b"x" * 65536) if p.sendall(HEAD + b"\r\n") is None else None,
    "/chunks": lambda p: forever(p, b"1;" + b"e" * 200 + b"\r\nx\r\n") if p.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n") is None else None,
    "/fields": lambda p: forever(p, b"X: y\r\n") if p.sendall(HEAD) is None else None,
    "/line": lambda p: forever(p, b"x" * 4096),
    "/wait": lambda p: forever(p, b"HTTP/1.1 100 Continue\r\n\r\n"),
    "/early": early,
    "/two": lambda p: p.sendall(HEAD + b"Content-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\n\r\n"),
    "/smuggle": lambda p: p.sendall(HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
}


def serve(peer):
    try:
        with peer:
            asked = b""
            while b"\r\n" not in asked:
                asked += peer.recv(4096)
            WAYS[asked.split()[1].decode()](peer)
    except OSError:
        pass


server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
