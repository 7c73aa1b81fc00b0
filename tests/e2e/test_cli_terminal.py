"""The live status on real terminals: tmux, and pseudo terminals read byte by byte."""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time

import pytest

from lab import DDUMP, PATIENCE, Process, told, wait_for
from test_cli_http import (OK, SECOND, SLL_HEAD, Server, enhanced, interface, records_of, section,
                           statistics)
from test_cli_retry import FORBIDDEN

HEAD = "pkt/s"
REAL = 50  # packets a second of a busy target


def talk(cut=None):
    """Our worker's live stream; `cut` ends it (an Event), and it is cut again when it is back."""
    def serve(connection):
        connection.sendall(OK + b"\r\n" + section(b"ddump-worker/0.1.0") + interface())
        while not (cut and cut.exists()):
            now = time.time_ns()
            connection.sendall(enhanced(now, SLL_HEAD + b"x" * 100) + statistics(now - SECOND // 40))
            time.sleep(1 / REAL)
        cut.unlink()
    return serve


@pytest.fixture
def workers(tmp_path):
    """Two that talk, the second until the file tmp_path/cut appears, and one that refuses."""
    cut = tmp_path / "cut"
    servers = [Server(talk()), Server(talk(cut)), Server(FORBIDDEN)]
    yield servers
    for server in servers:
        server.close()


@pytest.fixture(scope="module", autouse=True)
def sentences(tmp_path_factory):
    """It says something every 10 s: it is started before all others, and looked at last."""
    server = Server(talk())
    log = tmp_path_factory.mktemp("sentences") / "log"
    run = Process([DDUMP, "--progress", "always", "-w", "/dev/null", server.target], str(log))
    yield run
    run.stop()
    server.close()


class Tmux:
    """A shell in a terminal of its own."""

    def __init__(self, tmp_path, width=100, height=24):
        self.socket = str(tmp_path / "tmux")
        environment = {**os.environ, "ENV": "", "LC_ALL": "C"}
        environment.pop("TMUX", None)
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height), "sh", env=environment)
        self.tmux("set-option", "-g", "status", "off")
        self.resize(width, height)
        self.run("PS1='ok> '; clear")
        wait_for(lambda: self.text() == "ok>", "the shell's prompt")
        self.record = tmp_path / "record"
        self.tmux("pipe-pane", f"cat >{self.record}")

    def tmux(self, *args, **kw):
        return subprocess.run(["tmux", "-S", self.socket, *args], check=True, capture_output=True, timeout=PATIENCE,
                              **kw).stdout.decode()

    def resize(self, width, height):
        self.tmux("resize-window", "-x", str(width), "-y", str(height))

    def text(self):
        """What is on the screen and above it; folded lines are joined."""
        return self.tmux("capture-pane", "-p", "-J", "-S", "-", "-E", "-").rstrip()

    def written(self):
        """All that was ever written to it."""
        return self.record.read_bytes()

    def screen(self):
        return self.tmux("capture-pane", "-p").rstrip().split("\n")

    def type(self, *keys):
        self.tmux("send-keys", *keys)

    def run(self, command):
        self.type("-l", command)
        self.type("Enter")

    def wait(self, condition, what):
        wait_for(lambda: condition(self.text()), what + ":\n" + self.text())

    def close(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], capture_output=True)


@pytest.fixture
def terminal(tmp_path):
    if not shutil.which("tmux"):
        pytest.skip("tmux is not installed")
    tmux = Tmux(tmp_path)
    yield tmux
    print(tmux.text())
    tmux.close()


def displays(terminal):
    """How many there are on the screen and above it, and the lines of the last one."""
    screen = terminal.screen()
    heads = [i for i, l in enumerate(screen) if HEAD in l]
    return terminal.text().count(HEAD), screen[heads[-1]:] if heads else []


def check_display(terminal, workers, width):
    """There is one and nothing below it; a look may come in the middle of a drawing."""
    names = ["target", *(s.target for s in workers), "total"]

    def whole():
        n, shown = displays(terminal)
        return n == 1 and [l.split(" ")[0] for l in shown] == names and shown
    shown = wait_for(whole, "one display: " + terminal.text())
    assert all(len(l) < width for l in shown), shown
    return shown


def test_lines_are_updated_in_place_and_removed(terminal, workers, tmp_path):
    """Lines for all, updated in place, other sizes, messages above them, nothing left."""
    terminal.run(f"{DDUMP} -w {tmp_path}/out.pcap {' '.join(s.target for s in workers)}; echo status $?")
    terminal.wait(lambda t: re.search(r"total +2 of 3 +[5-9]\d", t), "packets are counted")
    shown = check_display(terminal, workers, 100)
    assert re.search(r"capturing +\d+ +[\d.]+k +0 +0 +\d+ms", shown[1])
    assert shown[3].endswith("failed: 403 Forbidden: not you")

    for width, height in ((50, 24), (120, 24), (120, 12), (70, 12), (100, 24)):
        terminal.resize(width, height)
        wait_for(lambda: displays(terminal)[1], "it is drawn again")
        time.sleep(0.2)
        check_display(terminal, workers, width)
    terminal.resize(100, 5)
    terminal.wait(lambda t: "and 2 more" in t, "a low screen shows who is in trouble")
    assert any("failed: 403" in l for l in terminal.screen())
    terminal.resize(100, 24)
    wait_for(lambda: sum("capturing " in l for l in displays(terminal)[1]) == 2, "all again")

    (tmp_path / "cut").touch()
    terminal.wait(lambda t: "back after a gap" in t and re.search(r"total +2 of 3", t), "a loss and a return")
    check_display(terminal, workers, 100)
    messages = [l for l in terminal.text().split("\n") if l.startswith("ddump: ")]
    assert sum("the stream was cut" in l and "connecting again" in l for l in messages) == 1
    assert terminal.text().index(messages[-1]) < terminal.text().index(HEAD)

    terminal.type("C-c")
    terminal.wait(lambda t: "status 3" in t, "it ends")
    text = terminal.text()
    assert HEAD not in text and "and 2 more" not in text
    assert text.split("\n")[-2:] == ["status 3", "ok>"]
    assert all(l.startswith(("ok>", "ddump: ", "^C")) for l in text.split("\n")[:-2]), text
    assert re.match(r"received (\d+), written \1, dropped \w+, late 0,", told(text)["total"])


def test_nothing_is_drawn_beside_a_program_that_may_print(terminal, workers, tmp_path):
    """Not beside a program that may print here, unless it is asked for."""
    one, copy = workers[0].target, tmp_path / "copy"
    terminal.run(f"{DDUMP} {one} | tcpdump -nr -")
    terminal.wait(lambda t: len(re.findall(r"^[\d:.]{15} ", t, re.M)) > 2 * REAL, "tcpdump prints for 2 s")
    terminal.type("C-c")
    terminal.wait(lambda t: "ddump: wrote " in t and t.endswith("ok>"), "it ends")
    assert b"tcpdump" in terminal.written() and HEAD.encode() not in terminal.written()
    terminal.run(f"clear; {DDUMP} --progress always -c {2 * REAL} {one} | cat >{copy}")
    terminal.wait(lambda t: re.search(r"total +1 of 1 +\d\d", t), "it is shown")
    terminal.wait(lambda t: "ddump: wrote " in t and t.endswith("ok>"), "it ends")
    assert HEAD not in terminal.text()
    assert len(records_of(copy.read_bytes())) == 2 * REAL


def test_a_job_in_the_background_draws_nothing(terminal, workers, tmp_path):
    """Suspended: a clean terminal. In the background: nothing is drawn. Back: it is again."""
    terminal.run(f"{DDUMP} -w {tmp_path}/out.pcap {workers[0].target}")
    terminal.wait(lambda t: HEAD in t, "it is shown")
    terminal.type("C-z")
    terminal.wait(lambda t: "Stopped" in t or "Suspended" in t, "it stops")
    terminal.run("echo above; bg")
    time.sleep(1.2)
    assert HEAD not in terminal.text()
    terminal.run("fg")
    terminal.wait(lambda t: HEAD in t, "it is back")
    lines = terminal.text().split("\n")
    assert "above" in lines and sum(HEAD in l for l in lines) == 1 and lines[-1].startswith("total")
    terminal.type("C-c")
    terminal.wait(lambda t: "ddump: wrote " in t and t.endswith("ok>"), "it ends")
    assert HEAD not in terminal.text() and "above" in terminal.text()


class Pty:
    """ddump with standard error on a pseudo terminal and standard output in a pipe."""

    def __init__(self, *args, term="xterm", stdout=None):
        self.stdout, write = os.pipe()
        self.bytes = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.dup2(write if stdout is None else stdout, 1)
            os.closerange(3, 256)
            environment = {k: v for k, v in os.environ.items() if k != "TERM"}
            if term is not None:
                environment["TERM"] = term
            os.execve(DDUMP, [DDUMP, *args], environment)
        os.close(write)

    def read(self, seconds):
        """What comes for a while, or until the end."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([self.fd], [], [], 0.05)[0]:
                try:
                    data = os.read(self.fd, 65536)
                except OSError:
                    break
                self.bytes += data
            if select.select([self.stdout], [], [], 0)[0]:
                os.read(self.stdout, 1 << 20)
        return self.bytes

    def read_until(self, pattern):
        wait_for(lambda: pattern in self.read(0.1), f"{pattern}: {self.bytes}")

    def finish(self):
        self.read(PATIENCE)
        os.close(self.fd)
        status = os.waitpid(self.pid, 0)[1]
        return status

    def check_clean(self):
        """Behind the last drawing it is erased, and only messages follow."""
        assert self.bytes.count(HEAD.encode()) > 0
        rest = self.bytes[self.bytes.rindex(b"total  "):]
        assert re.match(rb"total [^\x1b]*\x1b\[K\x1b\[J\r\x1b\[\dA\r\x1b\[J(ddump: [^\x1b\r]*\r+\n)+$", rest), rest


@pytest.fixture
def busy():
    server = Server(talk())
    yield server.target
    server.close()


def test_messages_stand_alone(tmp_path):
    """Between a drawing, which ends with the cursor in its first line, and a message all is erased."""
    server = Server(talk(tmp_path / "cut"))
    run = Pty("-w", "/dev/null", server.target)
    run.read_until(HEAD.encode())
    (tmp_path / "cut").touch()
    run.read_until(b"back after a gap")
    n = run.bytes.count(HEAD.encode())
    wait_for(lambda: run.read(0.1).count(HEAD.encode()) > n, "it is drawn again")
    os.kill(run.pid, signal.SIGTERM)
    assert run.finish() == 0
    run.check_clean()
    assert re.search(rb"\x1b\[\dA", run.bytes) and not re.search(rb"\x1b\[\dA[^\r]", run.bytes), run.bytes
    assert not re.search(rb"\x1b\[\dA\r[d\n]", run.bytes), run.bytes
    server.close()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, "reader"])
def test_it_leaves_a_clean_terminal(busy, end):
    run = Pty("--progress", "always", busy)
    run.read_until(HEAD.encode())
    if end == "reader":
        os.close(run.stdout)
        run.stdout = os.open("/dev/zero", os.O_RDONLY)
    else:
        os.kill(run.pid, end)
    assert run.finish() == 0
    run.check_clean()


def test_an_output_that_fails(busy):
    """/dev/full takes nothing: an error, and no trace of a display behind it."""
    run = Pty("-w", "/dev/full", busy)
    assert os.waitstatus_to_exitcode(run.finish()) == 1
    assert b"No space left" in run.bytes and b"\x1b" not in run.bytes[run.bytes.rindex(b"No space"):]


def test_nothing_is_drawn_where_it_would_disturb(busy):
    """Not asked for, not on such a terminal, or one where the pipe's reader may print."""
    file, pipe = ("-w", "/dev/null", busy), (busy,)
    runs = [Pty(*args, *out, term=term) for args, out, term in (
        (("--progress", "never"), file, "xterm"), (("-q",), file, "xterm"),
        (("-q", "--progress", "always"), file, "xterm"), ((), file, "dumb"), ((), file, None),
        (("--progress", "always"), file, "dumb"), ((), pipe, "xterm"))]
    time.sleep(1.3)
    for run in runs:
        os.kill(run.pid, signal.SIGINT)
        assert run.finish() == 0 and b"\x1b" not in run.bytes and HEAD.encode() not in run.bytes


def test_hostile_names_and_reasons():
    evil = b"HTTP/1.1 403 \x1b]0;x\x07\r\nContent-Length: 7\r\nContent-Type: text/plain\r\n\r\n\x1b[2Jno\n"
    server, good = Server(evil), Server(talk())
    run = Pty("-w", "/dev/null", server.target, good.target)
    run.read_until(b"\x1b[J\r")
    os.kill(run.pid, signal.SIGTERM)
    run.finish()
    assert set(re.findall(rb"\x1b\[\d*[A-Za-z]|\x1b.", run.bytes)) <= {b"\x1b[K", b"\x1b[J", b"\x1b[3A"}
    server.close()
    good.close()


def test_a_terminal_that_takes_nothing(busy):
    """Nobody reads it: packets go on, and ddump ends."""
    run = Pty("--progress", "always", busy)
    got, end = b"", time.monotonic() + 2
    while time.monotonic() < end or len(got) < 24:
        got += os.read(run.stdout, 65536)
    os.kill(run.pid, signal.SIGTERM)
    while True:
        data = os.read(run.stdout, 65536)
        if not data:
            break
        got += data
    assert len(records_of(got)) > 0
    run.stdout = os.open("/dev/zero", os.O_RDONLY)
    assert run.finish() == 0


def test_progress_without_a_terminal_is_a_line_now_and_then(sentences):
    """--progress always without a terminal: a line now and then."""
    wait_for(lambda: "packets/s" in sentences.log(), "the first one")
    assert sentences.stop(signal.SIGINT) == 0
    line = r"^ddump: 1 of 1 target, \d+ packets/s, \S+ bytes/s, 0 dropped by kernel, 0 late$"
    assert re.search(line, sentences.log(), re.M), sentences.log()
