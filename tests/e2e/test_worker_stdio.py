"""ddump-worker -stdio: HTTP on standard input and output, and nothing else."""

import json
import os
import pty
import signal
import socket
import subprocess
import time

import pytest

from captures import blocks_of, options_of
from lab import PATIENCE, WORKER, status_of, wait_for

CAPTURE = b"GET /capture?format=pcapng&heartbeat=20 HTTP/1.1\r\nHost: x\r\n\r\n"
CLOCK = b"GET /clock HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def host(lab):
    return lab.namespace("h")


class Stdio:
    """A worker behind two pipes, or one socket as sshd gives it."""

    def __init__(self, lab, space, kind):
        if kind == "socket":
            self.near, far = socket.socketpair()
            self.process = lab.start(space, [WORKER, "-stdio", "-v"], stdin=far, stdout=far)
            far.close()
            self.near.settimeout(PATIENCE)
            self.write, self.read, self.end = self.near.sendall, self.near.recv, lambda: self.near.shutdown(socket.SHUT_WR)
            self.close = self.near.close
        else:
            self.process = lab.start(space, [WORKER, "-stdio", "-v"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            stdin, stdout = self.process.popen.stdin, self.process.popen.stdout
            self.write, self.read, self.end = lambda b: os.write(stdin.fileno(), b), lambda n: os.read(stdout.fileno(), n), stdin.close
            self.close = lambda: (stdin.close(), stdout.close())

    def read_until(self, words):
        got = b""
        while words not in got:
            piece = self.read(65536)
            assert piece, got
            got += piece
        return got

    def read_all(self):
        got = b""
        while piece := self.read(65536):
            got += piece
        return got

    def family(self):
        """Its processes: launcher, relay, front, captures."""
        return [self.process.pid] + self.process.children()


def assert_gone(pids):
    wait_for(lambda: not any(status_of(p).get("State", "Z")[0] not in "ZX" for p in pids), f"the end of {pids}")


def body_of(answer):
    """The chunks' bytes."""
    rest, out = answer.split(b"\r\n\r\n", 1)[1], b""
    while True:
        size, rest = rest.split(b"\r\n", 1)
        n = int(size, 16)
        if n == 0:
            assert rest == b"\r\n"
            return out
        out, rest = out + rest[:n], rest[n + 2:]


@pytest.mark.parametrize("kind", ["socket", "pipe"])
def test_it_answers_and_ends_with_its_input(lab, host, kind):
    """What was asked before the end is answered, though the end stands right behind it."""
    w = Stdio(lab, host, kind)
    w.write(CLOCK + b"\r\n" + CLOCK.replace(b"clock", b"interfaces"))
    w.end()
    got = w.read_all()
    assert got.count(b"HTTP/1.1 200 OK") == 2 and b'"time_ns":' in got and b'"name":"lo"' in got
    assert w.process.popen.wait(PATIENCE) == 0


@pytest.mark.parametrize("kind", ["socket", "pipe"])
def test_the_end_of_the_input_ends_the_capture_with_its_last_block(lab, host, kind):
    w = Stdio(lab, host, kind)
    w.write(CLOCK)
    time_ns = json.loads(w.read_until(b"}").split(b"\r\n\r\n")[1])["time_ns"]
    assert abs(time_ns - time.time_ns()) < 60 * 10**9
    w.write(CAPTURE)
    got = w.read_until(b"HTTP/1.1 200 OK") + w.read_until(b"\x05\x00\x00\x00")
    pids = w.family()
    assert len(pids) == 4, "launcher, relay, front, capture"
    listening = host.run("ss", "-Hltunx").stdout
    assert listening == b"", "no port and no path: its clients are whoever started it"
    host.run("ping", "-c", "3", "-i", "0.01", "127.0.0.1")
    w.write(b"\r\n")
    w.end()
    got = got + w.read_all()
    blocks = blocks_of(body_of(got))
    assert sum(kind == 6 for kind, _ in blocks) == 6
    kind, last = blocks[-1]
    assert kind == 5 and options_of(last[12:])[1].startswith(b"shutdown: ")
    assert w.process.popen.wait(PATIENCE) == 0
    assert_gone(pids)


def test_the_relay_has_no_rights(lab, host):
    w = Stdio(lab, host, "pipe")
    w.write(CLOCK)
    w.read_until(b"}")
    for pid in w.family()[1:]:
        status = status_of(pid)
        assert (status["CapPrm"], status["CapEff"], status["CapBnd"]) == ("0" * 16,) * 3
        assert (status["Seccomp"], status["NoNewPrivs"]) == ("2", "1")
        assert status["Uid"].split() == ["65534"] * 4


def kill_part(number):
    return lambda w: os.kill(w.family()[number], signal.SIGKILL)


ENDS = {
    "the client closes": lambda w: w.close(),
    "the input ends": lambda w: w.end(),
    "the launcher is killed": kill_part(0),
    "the relay is killed": kill_part(1),
    "the front is killed": kill_part(2),
}


def test_however_it_ends_no_process_is_left(lab, host):
    """Also while nobody reads what a flood of packets fills: then the relay waits to write."""
    workers, left = [Stdio(lab, host, kind) for _ in ENDS for kind in ("socket", "pipe")], {}
    for w in workers:
        w.write(CAPTURE)
        w.read_until(b"\x05\x00\x00\x00")
    host.run("ping", "-q", "-c", "400", "-i", "0.001", "-s", "1400", "127.0.0.1")
    for w, (what, end) in zip(workers, (one for one in ENDS.items() for _ in range(2))):
        left[what, w] = w.family()
        assert len(left[what, w]) == 4
        end(w)
    for pids in left.values():
        assert_gone(pids)


@pytest.mark.long
def test_a_silent_input_is_a_cut_link(lab, host):
    """Who sends an empty line now and then is not silent."""
    silent, heard = Stdio(lab, host, "socket"), Stdio(lab, host, "socket")
    for w in (silent, heard):
        w.write(CAPTURE)
        w.read_until(b"HTTP/1.1 200 OK")
    pids, begun = silent.family(), time.monotonic()
    while silent.process.popen.poll() is None and time.monotonic() < begun + 60:
        heard.write(b"\r\n")
        heard.read(1 << 20)
        silent.read(1 << 20)
        time.sleep(0.2)
    assert 29 < time.monotonic() - begun < 60
    assert_gone(pids)
    assert heard.process.popen.poll() is None
    heard.end()
    heard.read_all()
    assert heard.process.popen.wait(PATIENCE) == 0


def test_what_makes_no_sense_is_a_usage_error(tmp_path):
    done = subprocess.run([WORKER, "-stdio", "-listen", ":1"], capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (2, "ddump-worker: -stdio and -listen exclude each other\n")
    primary, secondary = pty.openpty()
    done = subprocess.run([WORKER, "-stdio"], stdin=secondary, capture_output=True, text=True, timeout=PATIENCE)
    os.close(primary)
    os.close(secondary)
    assert done.returncode == 2 and "-stdio: standard input is a terminal" in done.stderr
