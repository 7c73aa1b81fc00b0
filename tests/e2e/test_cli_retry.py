"""Targets that are lost while ddump runs: tried again, or not, and what is said about it."""

import re
import signal
import subprocess
import time

import pytest

from lab import DDUMP, PATIENCE, Lab, need_root, packets_of, told, udp_frame, wait_for
from test_cli_http import (OK, SECOND, SLL_HEAD, Live, Server, chunked, classic, ddump_ng, enhanced, packet, records_of,
                           interface, refusal, section, split_chunks, statistics, until_close)
from test_tls_cases import OPENSSL, Pki, Server as TlsServer

START = 1700000000 * SECOND
RECORDS = [(START + i * 1000, packet(i)) for i in range(40)]
FORBIDDEN = refusal(b"403 Forbidden", b"text/plain", b"not you")
BUSY = refusal(b"503 Service Unavailable", b"text/plain", b"too many captures")


def open_ended(records):
    """A capture that goes on: the last chunk is missing."""
    return OK + b"Transfer-Encoding: chunked\r\n\r\n" + split_chunks(classic(records), (200,))[:-17]


@pytest.fixture
def script():
    """A server that answers its connections with these in turn, the last again and again;
    None: it holds on to the connection that it answered with what stands before."""
    servers = []

    def start(*answers):
        left = list(answers)

        def serve(connection):
            connection.sendall(left.pop(0) if len(left) > 1 else left[0])
            if left and left[0] is None:
                left.pop(0)
                server.released.wait(PATIENCE)

        server = Server(serve)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.close()


def loss_lines(log):
    return [l for l in log.splitlines() if "connecting again for up to" in l]


def test_a_lost_target_comes_back(tmp_path, script):
    server = script(open_ended(RECORDS[:10]), open_ended(RECORDS[10:]), None)
    live = Live(tmp_path, server.target)
    live.read(len(classic(RECORDS)))
    live.process.popen.send_signal(signal.SIGINT)
    assert live.finish() == 0
    assert records_of(live.out) == RECORDS
    log = live.process.log()
    assert len(loss_lines(log)) == 1 and "the stream was cut" in log
    gap = re.search(r"back after a gap of ([0-9.]+) s", log).group(1)
    assert 0.4 < float(gap) < 3
    assert re.search(r"received 40, written 40, .*gaps 1 \(%s s\)" % re.escape(gap), told(log)["total"])


def in_small_pieces(connection, answer, n=600):
    """The beginning alone, as on a quiet link, then the rest."""
    connection.sendall(answer[:n])
    time.sleep(0.2)
    connection.sendall(answer[n:])


@pytest.mark.parametrize("form", [classic, lambda records: ddump_ng(records, final=False)], ids=["pcap", "pcapng"])
def test_a_target_that_had_sent_thousands_is_read_again(tmp_path, form):
    """After each of several losses, whatever came before."""
    records = [(START + i * 1000, packet(i)) for i in range(9000)]
    left = [OK + b"Transfer-Encoding: chunked\r\n\r\n" + split_chunks(form(records[i:i + 3000]), (100,))[:-17]
            for i in (0, 3000, 6000)]

    def serve(connection):
        in_small_pieces(connection, left.pop(0))
        if not left:
            server.released.wait(PATIENCE)

    server = Server(serve)
    live = Live(tmp_path, "--hold-back", "0.1", server.target)
    live.read(len(classic(records)))
    live.process.popen.send_signal(signal.SIGINT)
    assert live.finish() == 0
    server.close()
    assert records_of(live.out) == records
    assert len(loss_lines(live.process.log())) == 2


def test_delays_grow_while_a_target_is_away(tmp_path, script):
    """Away for a while: refused for a passing reason, then back."""
    server = script(open_ended(RECORDS[:10]), BUSY, BUSY, open_ended(RECORDS[10:]), None)
    begin = time.monotonic()
    live = Live(tmp_path, server.target)
    live.read(len(classic(RECORDS)))
    assert 0.5 + 1 + 2 <= time.monotonic() - begin < 10
    live.process.popen.send_signal(signal.SIGINT)
    assert live.finish() == 0
    lines = [l for l in live.process.log().splitlines() if "capturing on" not in l]
    assert len(loss_lines("\n".join(lines))) == 1 and "503" not in "\n".join(lines)


def test_a_permanent_refusal_is_not_tried_again(script):
    server = script(open_ended(RECORDS), FORBIDDEN, open_ended(RECORDS), None)
    done = subprocess.run([DDUMP, server.target], capture_output=True, timeout=PATIENCE)
    log = done.stderr.decode()
    assert done.returncode == 3 and "403 Forbidden: not you" in log, log
    assert len(server.requests) == 2 and len(records_of(done.stdout)) >= 39


def test_it_gives_up(script):
    server = script(open_ended(RECORDS), BUSY)
    begin = time.monotonic()
    done = subprocess.run([DDUMP, "--retry", "1.2s", server.target], capture_output=True, timeout=PATIENCE)
    log = done.stderr.decode()
    assert done.returncode == 3 and "503 Service Unavailable: too many captures" in log, log
    assert 1.2 <= time.monotonic() - begin < 4
    assert "connecting again for up to 1.2 s" in log and len(server.requests) == 3


def test_what_never_answered_is_not_tried_again(script):
    server = script(BUSY)
    done = subprocess.run([DDUMP, server.target], capture_output=True, timeout=PATIENCE)
    assert done.returncode == 1 and len(server.requests) == 1


def test_stopped_while_a_target_is_lost(tmp_path, script):
    server = script(open_ended(RECORDS), BUSY)
    live = Live(tmp_path, server.target)
    wait_for(lambda: loss_lines(live.process.log()), "it is lost")
    live.process.popen.send_signal(signal.SIGINT)
    assert live.finish() == 3
    assert "gaps" not in live.process.log() and "failed" in told(live.process.log())["total"]


@pytest.mark.parametrize("answer, query", [
    (chunked(ddump_ng(RECORDS)), "?duration=5"),
    (until_close(ddump_ng(RECORDS)), "?filter=udp&count=40"),
    (chunked(classic(RECORDS)), ""),
], ids=["duration", "count", "classic"])
def test_an_end_that_is_an_end(script, answer, query):
    server = script(answer)
    done = subprocess.run([DDUMP, server.target + query], capture_output=True, timeout=PATIENCE)
    assert done.returncode == 0 and len(server.requests) == 1, done.stderr.decode()
    assert records_of(done.stdout) == RECORDS


def test_a_lost_target_does_not_hold_the_others(tmp_path, script):
    """With a huge hold-back everything comes out once the lost one is out."""
    away = script(open_ended([]), BUSY)
    good = script(open_ended(RECORDS), None)
    live = Live(tmp_path, "--hold-back", "1h", "--slack", "0", away.target, good.target)
    live.read(len(classic(RECORDS[:39])))
    live.process.popen.send_signal(signal.SIGINT)
    assert live.finish() == 3


def test_a_worker_is_restarted(tmp_path):
    """Stopped as systemd does it: a clean end, and still the user wants to see it again."""
    need_root()
    lab = Lab(tmp_path)
    try:
        host = lab.namespace("r")
        macs = lab.link(host, "v0", "10.1.0.1", lab.namespace("q"), "v1", "10.1.0.2")
        worker = lab.worker(host)
        sender = lab.sender(host)
        out = str(tmp_path / "out.pcap")
        ddump = lab.start(host, [DDUMP, "-w", out, "--filter", "udp port 9999", f"127.0.0.1:{worker.port}"])
        wait_for(lambda: "capturing on" in ddump.log(), "it captures")
        sent = []

        def exchange():
            for i in range(10):
                frame = udp_frame(*macs, "10.1.0.1", "10.1.0.2", b"%06d" % len(sent))
                sender.send("v0", frame)
                sent.append(frame[14:])
            wait_for(lambda: len(packets_of(out)) == len(sent), "all packets: " + ddump.log())

        exchange()
        worker.stop()
        wait_for(lambda: "the worker was shut down; connecting again" in ddump.log(), "the end is seen")
        lab.worker(host, listen=f"127.0.0.1:{worker.port}")
        wait_for(lambda: "back after a gap" in ddump.log(), "it is back")
        exchange()
        assert ddump.stop(signal.SIGINT) == 0
        assert [data for _, data in packets_of(out)] == sent
        assert re.match("received 20, written 20, dropped 0, late 0, .*gaps 1", told(ddump.log())["total"])
    finally:
        lab.close()


def beating(seconds):
    """Our worker's stream with a statistics block every 50 ms, for a while."""
    def serve(connection):
        connection.sendall(OK + b"\r\n" + section(b"ddump-worker/0.1.0") + interface())
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            connection.sendall(statistics(time.time_ns()))
            time.sleep(0.05)
        time.sleep(PATIENCE)
    return serve


def test_a_worker_that_falls_silent_is_lost(tmp_path):
    """One worker falls silent, the other goes on; a source without heartbeats may be silent."""
    gone, alive, classic_one = Server(beating(1)), Server(beating(PATIENCE)), Server(b"")
    classic_one.hold(OK + b"\r\n" + classic(RECORDS))
    own_idea = Server(beating(1))
    live = Live(tmp_path, gone.target, alive.target, classic_one.target, own_idea.target + "?heartbeat=60000")
    begin = time.monotonic()
    wait_for(lambda: loss_lines(live.process.log()), "the silence is noticed")
    assert 14 < time.monotonic() - begin < 19
    time.sleep(3)
    lines = loss_lines(live.process.log())
    assert len(lines) == 1 and f"{gone.target}: the worker has been silent for 15 s" in lines[0]
    live.process.popen.send_signal(signal.SIGINT)
    live.finish()
    for server in (gone, alive, classic_one, own_idea):
        server.close()


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    return Pki(str(tmp_path_factory.mktemp("pki")))


@pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
def test_a_renewed_key_is_a_short_gap(tmp_path, pki):
    """TLS 1.3 KeyUpdate ends the session: the next one follows at once."""
    with TlsServer(pki, "address", "-tls1_3", www=False) as server:
        live = Live(tmp_path, "-ca", pki.cert("ca"), f"https://127.0.0.1:{server.port}")
        server.wait_open()
        wait_for(lambda: b"GET /capture" in server.log(), "the request")
        server.say(open_ended(RECORDS[:10]))
        live.read(len(classic(RECORDS[:9])))
        time.sleep(1.2)
        server.say(b"K\n")
        wait_for(lambda: server.log().count(b"GET /capture") == 2, "the second request: " + live.process.log())
        server.say(open_ended(RECORDS[10:]))
        live.read(len(classic(RECORDS[:39])))
        live.process.popen.send_signal(signal.SIGINT)
        assert live.finish() == 0
    log = live.process.log()
    assert len(loss_lines(log)) == 1 and "KeyUpdate" in loss_lines(log)[0], log
    assert float(re.search(r"back after a gap of ([0-9.]+) s", log).group(1)) < 0.45, log


class OldWorker(Server):
    """A worker that knows only classic pcap, microseconds, SLL and `filter`: it collects
    what it captures, and flushes once a second, at a beat of its own."""

    def __init__(self, beat):
        super().__init__(self.capture)
        self.beat, self.late = beat, 0

    def capture(self, connection):
        connection.sendall(OK + b"\r\n" + classic([]))
        due = time.monotonic() + self.beat
        while True:
            held, due = [], due + 1
            while time.monotonic() < due:
                held.append((time.time_ns() // 1000 * 1000, packet(len(held))))
                time.sleep(0.01)
            self.late = max(self.late, time.monotonic() - due)
            connection.sendall(classic(held)[24:])


def ours(connection, sent):
    """A worker of ours: packets, and every 50 ms how far it is."""
    connection.sendall(OK + b"\r\n" + section(b"ddump-worker/0.1.0") + interface())
    while True:
        body = b""
        for _ in range(5):
            sent.append((time.time_ns(), packet(len(sent))))
            body += enhanced(sent[-1][0], SLL_HEAD + sent[-1][1])
            time.sleep(0.01)
        connection.sendall(body + statistics(time.time_ns()))


def lateness(live, settled_ns):
    """How many records are older than one in front of them, up to and after a time."""
    newest, early, after = 0, 0, 0
    for ns, _ in records_of(live.out):
        early += ns < newest and ns < settled_ns
        after += ns < newest and ns >= settled_ns
        newest = max(newest, ns)
    return early, after


def test_a_worker_that_flushes_once_a_second(tmp_path):
    """Two old ones and one of ours: with the default hold-back all is in order as soon as
    their rhythm is known; with a fixed one of 200 ms it never is."""
    sent = []
    servers = [OldWorker(0), OldWorker(0.4), Server(lambda connection: ours(connection, sent))]
    targets = [server.target for server in servers]
    (tmp_path / "fixed").mkdir()
    begin_ns = time.time_ns()
    auto = Live(tmp_path, *targets, "--filter", "udp")
    fixed = Live(tmp_path / "fixed", "--hold-back", "200ms", *targets)
    end = time.monotonic() + 8
    while time.monotonic() < end:
        for live in (auto, fixed):
            live.read(len(live.out) + 1)
    for live in (auto, fixed):
        live.process.popen.send_signal(signal.SIGINT)
        assert live.finish() == 0
    for server in servers:
        server.close()
    if max(server.late for server in servers[:2]) > 0.3:
        pytest.skip("this machine is too busy to flush once a second")
    assert all(any("filter=udp" in r for r in server.requests) for server in servers)
    early, after = lateness(auto, begin_ns + 4 * SECOND)
    assert after == 0, auto.process.log()
    assert lateness(fixed, begin_ns + 4 * SECOND)[1] > 100
    assert f"late {early}," in told(auto.process.log())["total"] + ","
    assert len(records_of(auto.out)) > 8 * 3 * 30
