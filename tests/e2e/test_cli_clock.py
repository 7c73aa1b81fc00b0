"""The clocks of workers: how far off they are, what is said about it, and corrected times."""

import re
import socket
import subprocess
import threading
import time

import pytest

from lab import DDUMP, PATIENCE
from test_cli_http import OK, SECOND, Server, chunked, classic, packet, refusal, statistics, summary

MS = 10**6
UNITS = {"ns": 1, "us": 1000, "ms": MS, "s": SECOND}


def known(line):
    """(offset, bound) in ns of "offset +1.3 ms ±0.2 ms"."""
    m = re.search(r"offset ([+-]?[\d.]+) (\w+) ±([\d.]+) (\w+)", line)
    assert m, line
    return float(m[1]) * UNITS[m[2]], float(m[3]) * UNITS[m[4]]


def ahead(ns):
    return lambda: time.time_ns() + ns


@pytest.fixture
def serve():
    servers = []

    def start(script, clock=None):
        servers.append(Server(script, clock=clock))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def ddump():
    """Runs ddump to its end, verbosely, without tries to get lost targets back."""
    def start(*args, **kw):
        done = subprocess.run([DDUMP, "-v", "--retry", "0", *map(str, args)], capture_output=True,
                              timeout=PATIENCE, **kw)
        print("ddump", *args, "->", done.returncode, done.stderr.decode(), sep="\n")
        return done.returncode, done.stdout, done.stderr.decode()
    return start


def live():
    """A capture without packets that goes on; it stands for a worker that has nothing to say."""
    return OK + b"Transfer-Encoding: chunked\r\n\r\n18\r\n" + classic([]) + b"\r\n"


@pytest.mark.parametrize("ns, warning", [
    (0, None),
    (5 * MS, None),
    (-50 * MS, "stand in the wrong place"),
    (3600 * SECOND, "more than the hold-back"),
])
def test_the_offset_is_said(serve, ddump, ns, warning):
    server = serve(None, ahead(ns)).hold(live())
    code, _, log = ddump("-d", "0.3", server.target)
    assert code == 0
    offset, bound = known(summary(log, server.target))
    assert abs(offset - ns) <= bound and bound < 500 * MS
    assert server.n_clock == 8, "one burst"
    at_once = [l for l in log.splitlines() if ": offset " in l]
    assert len(at_once) == (2 if warning else 1), "once each, and no more"
    assert all(abs(known(l)[0] - ns) <= known(l)[1] for l in at_once)
    assert warning is None or warning in at_once[1]
    assert ("--align-clocks" in log) == (warning is not None)


def odd(answer):
    def script(connection):
        connection.sendall(answer)
    return script


@pytest.mark.parametrize("answer", [
    b"",
    refusal(b"404 Not Found", b"text/plain", b"no such path"),
    refusal(b"502 Bad Gateway", b"text/html", b"x" * 5000),
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n" + b"[" * 100000,
    b"HTTP/1.1 200 OK\r\nAge: 3\r\nContent-Length: 17\r\n\r\n" + b'{"time_ns":17000}',
    b"HTTP/1.1 200 OK\r\nX: " + b"x" * 5000 + b"\r\nContent-Length: 0\r\n\r\n",
    b"SSH-2.0-OpenSSH_9.2\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n" + b'{"time_ns":',
    b"HTTP/1.1 200 OK\r\nContent-Length: 31\r\n\r\n" + b'{"time_ns":9999999999999999999}',
])
def test_odd_answers_make_the_offset_unknown_and_nothing_else(serve, ddump, answer):
    records = [(SECOND, packet(1)), (2 * SECOND, packet(2))]
    server = serve(chunked(classic(records)))
    server.serve_clock = odd(answer)
    for flags in ((), ("--align-clocks",)):
        code, _, log = ddump(*flags, server.target)
        assert code == 0
        assert "received 2, written 2" in summary(log, server.target)
        assert "offset unknown" in summary(log, server.target)


def test_a_clock_that_never_answers_holds_nothing_up(serve, ddump):
    server = serve(chunked(classic([(SECOND, packet(1))])))
    server.serve_clock = lambda connection: server.released.wait(PATIENCE)
    began = time.monotonic()
    code, _, log = ddump(server.target)
    assert code == 0 and "received 1, written 1" in summary(log, server.target)
    middle = time.monotonic()
    code, _, log = ddump("--align-clocks", server.target)
    assert code == 0 and time.monotonic() - middle >= 1, "it waits for a second, and no more:"
    assert time.monotonic() - began < 4.5, "the probe itself gives up after 5 s"
    assert "received 1, written 1" in summary(log, server.target)


def test_a_server_that_keeps_no_connection(serve, ddump):
    """Each answer ends its connection: one exchange is a measurement, too."""
    server = serve(None).hold(live())

    def answer(connection):
        server.n_clock += 1
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + b'{"time_ns":%d}' % (time.time_ns() + SECOND))
    server.serve_clock = answer
    code, _, log = ddump("-d", "0.3", server.target)
    offset, bound = known(summary(log, server.target))
    assert code == 0 and abs(offset - SECOND) <= bound and server.n_clock == 1
