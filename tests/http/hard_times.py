#!/usr/bin/env python3
"""Gives a server a hard time: failing system calls, vanishing peers, slow ones, and one that reads nothing.

    hard_times.py --server PATH --port P [--pump epoll|io_uring] [--only faults,resets,together,invited,slow,flood,shed]

The server answers every request with `Hello from Koru!`. For `slow` it is one whose heads, bodies, writes and idle
connections have two seconds. Whatever happens, no answer may be wrong, nothing may be left open, and the server
serves on. All on loopback, some 40 seconds in all. Python's standard library, and strace for `faults`.
"""

import argparse
import concurrent.futures
import contextlib
import os
import pathlib
import resource
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
BODY = b"Hello from Koru!"


class Wrong(Exception):
    pass


# --- a server and its clients ---------------------------------------------------------------------------------------


class Server:
    def __init__(self, options, watcher=(), limit=None):
        self.port = options.port
        limits = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))) if limit else None
        self.process = subprocess.Popen([*watcher, options.server], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        start_new_session=True, preexec_fn=limits)
        self.pid = self.process.pid
        self.wait_for_start()
        if watcher:
            with open(f"/proc/{self.pid}/task/{self.pid}/children") as file:
                self.pid = int(file.read().split()[0])
        self.descriptors = self.open_descriptors()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stderr.close()
        wait_until_free(self.port)

    def wait_for_start(self):
        """It says what it listens at and how it runs when all is there, and before that what it does without."""
        said = [b"-"]
        while said[-1] and not said[-1].startswith(b"Running with"):
            said.append(self.process.stderr.readline())
        if not said[-1]:
            raise Wrong(f"it does not start: {said[1:]}")
        self.said = b"".join(said[1:]).decode()

    def connect(self, timeout=5.0):
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)

    def open_descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def cpu_ticks(self):
        with open(f"/proc/{self.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    def must_serve(self):
        """It is there, answers in time, and has nothing open but what it began with."""
        started = time.monotonic()
        with self.connect() as client:
            ask(client)
        if time.monotonic() - started > 2.5:
            raise Wrong("an answer took long")
        for _ in range(60):
            if self.open_descriptors() <= self.descriptors:
                return
            time.sleep(0.05)
        raise Wrong(f"{self.open_descriptors() - self.descriptors} descriptors are left open")


def wait_until_free(port):
    """A killed server is gone before its io_uring is, and that has the listener."""
    for _ in range(200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("0.0.0.0", port))
                return
        time.sleep(0.02)
    raise Wrong("the port of a killed server stays taken")


def ask(client):
    """One request and its answer, which must be right."""
    client.sendall(REQUEST)
    check(read_answer(client))


def read_answer(client):
    return read_until(client, BODY)


def read_until(client, end):
    data = b""
    while not data.endswith(end):
        more = client.recv(65536)
        if not more:
            raise EOFError
        data += more
    return data


def check(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 OK\r\nDate: ") or b"\r\nContent-Length: 16" not in head or body != BODY:
        raise Wrong(f"a wrong answer: {answer[:200]!r}")


def reset(client):
    """Ends a connection as a machine does that has crashed."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


# --- system calls that fail -----------------------------------------------------------------------------------------

# What each pump does not get over at the start stands in AT_THE_START; what makes io_uring fall back, in REFUSED.
WHILE_SERVING = {
    "epoll": {
        "accept4": "EMFILE ENFILE ENOMEM ENOBUFS ECONNABORTED EINTR EAGAIN EPERM EPROTO",
        # Not EAGAIN: where bytes are, the kernel does not say so.
        "read": "EINTR ECONNRESET ENOMEM ETIMEDOUT EHOSTUNREACH",
        "write": "EINTR EAGAIN ECONNRESET EPIPE ENOMEM ENOBUFS EHOSTUNREACH",
        "epoll_pwait": "EINTR",
        "epoll_ctl": "ENOMEM ENOSPC",
        "shutdown": "ENOTCONN ENOBUFS",
        "rt_sigtimedwait": "EINTR EAGAIN",
        "clock_gettime": "EINVAL",
    },
    "io_uring": {
        "io_uring_enter": "EINTR EAGAIN EBUSY ENOMEM",
        "write": "EINTR EAGAIN ECONNRESET EPIPE ENOMEM ENOBUFS",
        "shutdown": "ENOTCONN",
        "rt_sigtimedwait": "EINTR EAGAIN",
    },
}
AT_THE_START = {
    "socket": "EMFILE ENFILE EACCES ENOBUFS EAFNOSUPPORT",
    "bind": "EADDRINUSE EACCES EADDRNOTAVAIL",
    "listen": "EADDRINUSE EOPNOTSUPP",
    "mmap": "ENOMEM",
    "clone": "EAGAIN ENOMEM",
}
AT_THE_START_OF = {
    "epoll": {"epoll_create1": "EMFILE ENFILE ENOMEM", "epoll_ctl": "ENOMEM ENOSPC"},
    "io_uring": {},
}
HARMLESS = {"madvise": "EINVAL", "mprotect": "ENOMEM", "rt_sigprocmask": "EINVAL"}
REFUSED = {"io_uring_setup": "EPERM EACCES ENOSYS EINVAL ENOMEM EMFILE ENFILE", "io_uring_register": "EINVAL ENOMEM EPERM"}


def cases(table):
    return [(call, error) for call, errors in table.items() for error in errors.split()]


def strace(call, error, when):
    return ["strace", "-f", "-q", "-o", "/dev/null", f"--trace={call}", f"--inject={call}:error={error}:when={when}"]


def faults(options):
    for call, error in cases(WHILE_SERVING[options.pump]):
        # The listener's own registration is another's test.
        first = 6 if call == "epoll_ctl" else 3
        with Server(options, strace(call, error, f"{first}..12+3")) as server:
            survive(server, call, error)
    for call, error in cases(HARMLESS):
        with Server(options, strace(call, error, "1+")) as server:
            server.must_serve()
    for call, error in cases(AT_THE_START | AT_THE_START_OF[options.pump]):
        ended = subprocess.run([*strace(call, error, "1+"), options.server], capture_output=True, timeout=10, text=True)
        if ended.returncode or "Failed to " not in ended.stderr:
            raise Wrong(f"{call} gives {error} at the start: status {ended.returncode}, {ended.stderr!r}")
    if options.pump == "io_uring":
        refusals(options)


def refusals(options):
    """Without io_uring there is epoll, and people are told why; a worker that loses it later has epoll too."""
    for call, error in [*cases(REFUSED), ("mmap", "ENOMEM")]:
        # The first mapping is the server's own.
        with Server(options, strace(call, error, "2+" if call == "mmap" else "1+")) as server:
            if not server.said.startswith("No io_uring: ") or " + epoll + " not in server.said:
                raise Wrong(f"{call} gives {error}, and it says {server.said!r}")
            survive(server, call, error)
    with Server(options, strace("io_uring_register", "EINVAL", "5+")) as server:
        survive(server, "io_uring_register", "EINVAL for a worker")


def survive(server, call, error):
    """Every third call of the first dozen fails: connections may break, but answers that come are right, and it recovers."""
    try:
        for _ in range(6):
            with contextlib.suppress(EOFError, ConnectionError), server.connect() as client:
                for _ in range(4):
                    ask(client)
        # The faults are counted thread by thread: some may be left.
        for _ in range(20):
            with contextlib.suppress(EOFError, ConnectionError):
                server.must_serve()
                return
        server.must_serve()
    except (Wrong, OSError) as wrong:
        raise Wrong(f"while {call} gives {error}: {wrong}") from wrong


# --- peers that vanish ----------------------------------------------------------------------------------------------

STATES = [
    b"",
    b"GET / HT",
    b"GET / HTTP/1.1\r\nHost: a\r\nA: b",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\nA: b",
    b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n",
    REQUEST * 5000,
    b"nonsense\r\n\r\n" + b"x" * 100000,
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
]


def resets(options):
    with Server(options) as server:
        for turn in range(600):
            talk_on(server, turn % 100 * 2e-6)
        for state in STATES:
            for end in (reset, socket.socket.close, half_close):
                for _ in range(10):
                    client = server.connect()
                    client.setblocking(False)
                    with contextlib.suppress(OSError):
                        client.send(state)
                    end(client)
            server.must_serve()


def talk_on(server, pause):
    """Who goes on talking behind a request that ends the connection has its answer, and an end in order."""
    with server.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.sendall(REQUEST[:-2] + b"Connection: close\r\n\r\n")
        until = time.perf_counter() + pause
        while time.perf_counter() < until:
            pass
        try:
            for byte in b"GET":
                client.sendall(bytes([byte]))
            check(read_answer(client))
            if client.recv(100):
                raise Wrong("bytes behind the last answer")
        except ConnectionError as error:
            raise Wrong(f"{type(error).__name__} for one who talks behind its last request") from error


def half_close(client):
    with contextlib.suppress(OSError):
        client.shutdown(socket.SHUT_WR)
    time.sleep(0.001)
    client.close()


# --- what came together -----------------------------------------------------------------------------------------------


def together(options):
    """Requests that came in one piece are answered in one, and a request of its own costs a call to read and one to write,
    or one of io_uring_enter."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        # A file a thread: in one file calls are cut in two where another thread's come between.
        watcher = ["strace", "-ff", "-q", "-o", f"{folder}/calls", "--trace=write,read,io_uring_enter"]
        with Server(options, watcher) as server, server.connect() as client:
            client.sendall(REQUEST * 16)
            data, count = bytearray(), 0
            while count < 16:
                data += client.recv(65536)
                count += take_answers(data)
            for _ in range(10):
                ask(client)
            if " + io_uring + " in server.said:
                # One tells the kernel of output and waits for more. Some are for the beginning, and one for each second.
                for _ in range(100):
                    calls = max(len(lines) for lines in calls_by_thread(folder))
                    if calls >= 10:
                        break
                    time.sleep(0.02)
                most = 15 + int(time.monotonic() - started)
                if not 10 <= calls <= most or calls_for_clients(folder)[0]:
                    raise Wrong(f"16 requests at once, then 10: {calls} calls of io_uring_enter, {most} are enough")
                return
            # An answer is here before strace has written of it.
            for _ in range(100):
                sent, lines = calls_for_clients(folder)
                if len(sent) >= 11:
                    break
                time.sleep(0.02)
    # Behind a batch it may look once more, and at a wake that brings nothing; one more for each request would be 32.
    if len(sent) != 11 or len(lines) > 28:
        raise Wrong(f"16 requests at once, then 10: {len(sent)} calls of write, {len(lines)} calls in all")


def calls_for_clients(folder):
    """The calls strace wrote of, writes and all."""
    lines = sum(calls_by_thread(folder), [])
    return [line for line in lines if "write(" in line], lines


def calls_by_thread(folder):
    """What a server says to people is nobody's answer."""
    texts = [file.read_text() for file in pathlib.Path(folder).iterdir()]
    return [[line for line in text.splitlines() if " = " in line and "write(2," not in line] for text in texts]


# --- a body that waits for our word ------------------------------------------------------------------------------------


def invited(options):
    """A client is told once that it may send its body, however often its connection wakes the server meanwhile."""
    with Server(options) as server, server.connect() as client:
        for _ in range(5):
            client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n")
            said = read_until(client, b"\r\n\r\n")
            if said != b"HTTP/1.1 100 \r\n\r\n":
                raise Wrong(f"a client that waits was told {said!r}")
            # Urgent data is news for the pump, and nothing to read.
            client.send(b"!", socket.MSG_OOB)
            time.sleep(0.05)
            client.sendall(b"x")
            check(read_answer(client))
        ask(client)


# --- slow peers -----------------------------------------------------------------------------------------------------


def slow(options):
    """Beside slow clients, 30 of a kind, one that is not waits for nobody."""
    with Server(options) as server, concurrent.futures.ThreadPoolExecutor(130) as pool:
        ways = [slow_head, slow_body, no_more_body, silent]
        running = [pool.submit(way, server) for way in ways for _ in range(30)]
        worst = 0.0
        with server.connect() as client:
            while not all(future.done() for future in running):
                started = time.monotonic()
                ask(client)
                worst = max(worst, time.monotonic() - started)
                time.sleep(0.02)
        for future in running:
            future.result()
        if worst > 1.0:
            raise Wrong(f"beside slow clients an answer took {worst:.2f} s")
        server.must_serve()


def must_end(client, started, least, most):
    """The server ends a connection, after so many seconds."""
    client.settimeout(most)
    try:
        if client.recv(100):
            raise Wrong("a slow client got an answer")
    except ConnectionResetError:
        pass
    except socket.timeout:
        raise Wrong(f"a slow client is still served after {most} s") from None
    if time.monotonic() - started < least:
        raise Wrong(f"a slow client lost its connection after {time.monotonic() - started:.1f} s")


def slow_head(server):
    with server.connect() as client:
        started = time.monotonic()
        with contextlib.suppress(OSError):
            for byte in b"GET / HTTP/1.1\r\nHost: a\r\nA: bbbbbbbbbbbb":
                client.send(bytes([byte]))
                time.sleep(0.2)
        must_end(client, started, 1.5, 8)


def slow_body(server):
    with server.connect(10) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n")
        for _ in range(12):
            time.sleep(0.5)
            client.sendall(b"x")
        check(read_answer(client))


def no_more_body(server):
    with server.connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\nabc")
        must_end(client, time.monotonic(), 1.5, 8)


def silent(server):
    with server.connect() as client:
        ask(client)
        must_end(client, time.monotonic(), 1.5, 8)


# --- one that asks and does not read --------------------------------------------------------------------------------


def flood(options):
    """Answers that cannot leave wait for their peer, in order; one that never reads is let go."""
    with Server(options) as server:
        count = 30000
        with server.connect(20) as client, concurrent.futures.ThreadPoolExecutor(1) as pool:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sending = pool.submit(send_in_turns, client, count)
            time.sleep(1)
            left = count
            data = bytearray()
            while left:
                more = client.recv(1000 if left % 2 else 65536)
                if not more:
                    break
                data += more
                left -= take_answers(data)
            sending.result()
            # A connection ends after its thousand.
            if count - left != 1000 or data:
                raise Wrong(f"{count - left} answers, and {bytes(data[:80])!r}")
        server.must_serve()


def send_in_turns(client, count):
    with contextlib.suppress(OSError):
        client.sendall(REQUEST * count)


def take_answers(data):
    taken = 0
    while (end := data.find(BODY)) >= 0:
        check(bytes(data[: end + len(BODY)]))
        del data[: end + len(BODY)]
        taken += 1
    return taken


# --- more than it can hold ------------------------------------------------------------------------------------------


def shed(options):
    """Out of descriptors it serves those it has, does not spin, and takes others when some leave."""
    with Server(options, limit=40) as server:
        held = [server.connect() for _ in range(60)]
        time.sleep(0.3)
        before = server.cpu_ticks()
        time.sleep(1.5)
        if server.cpu_ticks() - before > 20:
            raise Wrong("it spins when it is out of descriptors")
        ask(held[0])
        for client in held[:40]:
            client.close()
        time.sleep(1.2)
        ask(held[-1])
        for client in held[40:]:
            client.close()
        server.must_serve()


PARTS = {"faults": faults, "resets": resets, "together": together, "invited": invited, "slow": slow, "flood": flood, "shed": shed}


def stop(*_):
    sys.exit("it was asked to end")


def main():
    signal.signal(signal.SIGTERM, stop)
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--server", required=True)
    parser.add_argument("--port", type=int, default=3001)
    parser.add_argument("--pump", choices=list(WHILE_SERVING), default="epoll")
    parser.add_argument("--only", default=",".join(PARTS))
    options = parser.parse_args()
    for part in options.only.split(","):
        started = time.monotonic()
        try:
            PARTS[part](options)
        except (Wrong, OSError) as wrong:
            sys.exit(f"{part}: {wrong}")
        print(f"{part}: good, {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
