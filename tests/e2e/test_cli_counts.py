"""What became of every packet: offered = written + not written + not fetched + drops + own."""

import json
import os
import re
import signal
import struct
import subprocess
import threading
import time

import pytest

from captures import blocks_of, interfaces_of, options_of
from lab import DDUMP, PATIENCE, packets_of, told, wait_for
from numbered import records_of
from test_cli_http import OK, Live, Server, block, ddump_ng, option, statistics
from test_worker import SEND, send_udp

FILTER = "udp dst port 9999"
PARTS = ("packets_written", "not_written", "not_fetched", "kernel_drops", "own_traffic")


@pytest.fixture
def host(lab):
    return lab.namespace("h")


class Run:
    """ddump with --stats-json, in a namespace."""

    def __init__(self, lab, host, tmp_path, *args, capturing=1, **kw):
        self.out, self.stats = str(tmp_path / "out.pcap"), str(tmp_path / "stats.json")
        if "stdout" not in kw:
            args = ("-w", self.out, *args)
        self.process = lab.start(host, [DDUMP, "-f", FILTER, "--stats-json", self.stats, *args], **kw)
        wait_for(lambda: f"capturing on {capturing}" in self.process.log() or self.process.popen.poll() is not None,
                 "it captures: " + self.process.log())

    def interrupt(self):
        self.process.popen.send_signal(signal.SIGINT)

    def end(self):
        """(exit status, total, targets)"""
        status = self.process.popen.wait(PATIENCE)
        with open(self.stats) as f:
            stats = json.load(f)
        for counts in [*stats["targets"], stats["total"]]:
            if counts["counts"] == "exact":
                assert counts["packets_offered"] == sum(counts[part] for part in PARTS), counts
            assert counts["packets_received"] == counts["packets_written"] + counts["not_written"]
        return status, stats["total"], stats["targets"]


def target(worker, query=""):
    return f"http://127.0.0.1:{worker.port}/capture{query}"


def numbers(path):
    return [int(data[28:36]) for _, data in packets_of(path)]


@pytest.mark.parametrize("query", ["", "?format=pcap"])
def test_an_interrupt_right_behind_the_last_packet_loses_none(lab, host, tmp_path, query):
    worker = lab.worker(host)
    for n in (1, 100):
        run = Run(lab, host, tmp_path, target(worker, query))
        sender = host.popen(["/usr/bin/python3", "-c", SEND.replace("s.sendto", "__import__('time').sleep(0.002); s.sendto"),
                             "9999", str(n), "10"], str(tmp_path / "sender"))
        sender.popen.wait(PATIENCE)
        run.interrupt()
        status, total, _ = run.end()
        assert status == 0 and numbers(run.out) == list(range(n))
        assert total["counts"] == "exact" and total["packets_offered"] == total["packets_written"] == n
        assert "dropped 0," in told(run.process.log())["total"] and "unknown" not in run.process.log()


NGINX = """
daemon off; pid {tmp}/nginx.pid; error_log stderr; worker_processes 1;
events {{ worker_connections 64; }}
http {{ access_log off; client_body_temp_path {tmp}; proxy_temp_path {tmp}; fastcgi_temp_path {tmp};
  uwsgi_temp_path {tmp}; scgi_temp_path {tmp};
  server {{ listen 127.0.0.1:{port};
    location {location} {{ proxy_pass http://127.0.0.1:{worker}; proxy_buffering off; proxy_read_timeout 600s;
      proxy_set_header Forwarded "for=\\"$remote_addr:$remote_port\\"; by=_x:{port}"; proxy_set_header Host $http_host; }} }} }}
"""

HAPROXY = """
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
listen a
  bind 127.0.0.1:{port}
  option forwardfor
  server w 127.0.0.1:{worker}
"""


def through(lab, host, tmp_path, kind, worker, location="/", port=18080):
    conf = tmp_path / f"{kind}.conf"
    template = NGINX if kind == "nginx" else HAPROXY
    conf.write_text(template.format(tmp=tmp_path, port=port, worker=worker.port, location=location))
    args = ["nginx", "-c", str(conf)] if kind == "nginx" else ["haproxy", "-f", str(conf)]
    lab.start(host, args)
    wait_for(lambda: host.run("curl", "-s", f"http://127.0.0.1:{port}/", check=False).returncode == 0, kind)
    return port


@pytest.mark.parametrize("kind", ["nginx", "haproxy"])
def test_counts_come_through_a_proxy(lab, host, tmp_path, kind):
    worker = lab.worker(host)
    port = through(lab, host, tmp_path, kind, worker)
    run = Run(lab, host, tmp_path, f"http://127.0.0.1:{port}")
    send_udp(host, 100)
    run.interrupt()
    status, total, _ = run.end()
    assert status == 0 and numbers(run.out) == list(range(100))
    assert total["counts"] == "exact" and total["packets_offered"] == 100


def test_a_proxy_that_passes_only_captures_gives_lower_bounds(lab, host, tmp_path):
    """What can be had is fetched, and one line says why there is no count."""
    worker = lab.worker(host)
    port = through(lab, host, tmp_path, "nginx", worker, location="= /capture")
    both = [f"http://127.0.0.1:{port}/capture", f"http://localhost:{port}/capture?snaplen=200"]
    run = Run(lab, host, tmp_path, *both, capturing=2)
    send_udp(host, 100)
    run.interrupt()
    status, total, targets = run.end()
    assert status == 0 and sorted(numbers(run.out)) == sorted(2 * list(range(100)))
    assert total["counts"] == "at_least" and [t["counts"] for t in targets] == ["at_least"] * 2
    assert total["packets_offered"] == total["packets_written"] == 200
    log = run.process.log()
    assert log.count("losses are known as \"at least\" only: GET /captures/ID: 404") == 1, log
    assert "the worker was restarted, or a proxy passes only /capture, or" in log
    assert all("dropped unknown," in row and "not fetched unknown" in row for row in told(log).values())


def test_a_stalled_reader_hides_no_loss(lab, host, tmp_path):
    """200,000 packets into a pipe that nobody reads until the end."""
    worker = lab.worker(host)
    read, write = os.pipe()
    run = Run(lab, host, tmp_path, target(worker, "?buffer=1024"), stdout=write)
    os.close(write)
    n = 200_000
    send_udp(host, n, size=100)
    run.interrupt()
    wait_for(lambda: "ended: stopped by its client" in worker.log(), "the end comes while nobody reads")
    wait_for(lambda: "waiting for the reader of standard output" in run.process.log(), run.process.log())
    out = tmp_path / "read.pcap"
    with open(out, "wb") as f:
        subprocess.run(["cat"], stdin=read, stdout=f, timeout=PATIENCE, check=True)
    os.close(read)
    status, total, _ = run.end()
    assert status == 0 and total["counts"] == "exact" and total["packets_offered"] == n, total
    assert len(packets_of(str(out))) == total["packets_written"] < n
    assert total["kernel_drops"] > 1000 and total["not_fetched"] > 1000
    log = run.process.log()
    assert log.count("waiting for the reader") == 1
    assert f"dropped {total['kernel_drops']}," in told(log)["total"] and f"not fetched {total['not_fetched']}" in told(log)["total"]


def test_a_capture_that_died_where_nobody_read_that_far_is_no_good_end(lab, host, tmp_path):
    """ddump is behind when the run ends, and never reads that the stream was cut."""
    worker = lab.worker(host)
    read, write = os.pipe()
    run = Run(lab, host, tmp_path, "--buffer", "1M", target(worker), stdout=write)
    os.close(write)
    send_udp(host, 20_000, size=1000)
    os.kill(max(worker.children()), signal.SIGKILL)
    wait_for(lambda: "died" in worker.log(), "the worker knows: " + worker.log())
    run.interrupt()
    wait_for(lambda: "waiting for the reader" in run.process.log(), "it ends")
    subprocess.run(["cat"], stdin=read, stdout=subprocess.DEVNULL, timeout=PATIENCE, check=True)
    os.close(read)
    status, total, targets = run.end()
    assert status == 3 and total["counts"] == "at_least", total
    assert targets[0]["state"] == "failed" and targets[0]["reason"] == "its capture ended before the run did: died"
    assert targets[0]["reason"] in run.process.log()


@pytest.mark.parametrize("args, query", [(("--retry", "0"), ""), ((), "?duration=20"), ((), "?count=99")])
def test_a_worker_that_is_shut_down_and_not_asked_again_is_a_failure(lab, host, tmp_path, args, query):
    worker = lab.worker(host)
    run = Run(lab, host, tmp_path, *args, target(worker, query))
    send_udp(host, 5)
    worker.stop()
    status, total, targets = run.end()
    assert status == 3 and targets[0]["state"] == "failed" and targets[0]["reason"] == "the worker was shut down"
    assert numbers(run.out) == list(range(5)) and total["counts"] == "exact"


def test_a_second_interrupt_ends_at_once_and_says_what_was_lost(lab, host, tmp_path):
    worker = lab.worker(host)
    read, write = os.pipe()
    run = Run(lab, host, tmp_path, target(worker), stdout=write)
    os.close(write)
    send_udp(host, 20_000, size=1000)
    time.sleep(0.5)
    run.interrupt()
    time.sleep(0.3)
    begin = time.monotonic()
    run.interrupt()
    status, total, _ = run.end()
    assert status == 1 and time.monotonic() - begin < 2, "sooner than what is fetched could have come"
    assert total["not_written"] > 0
    assert total["packets_offered"] == 20_000 or (
        total["counts"] == "at_least" and total["packets_offered"] < 20_000), "exact is the truth"
    os.set_blocking(read, False)
    data = b""
    while chunk := os.read(read, 1 << 20):
        data += chunk
    os.close(read)
    whole = (len(data) - 24) // (16 + 16 + 28 + 1008)
    assert total["packets_written"] in (whole, whole + 1), "what the pipe has is written"
    assert "interrupted again" in run.process.log()


SLOW_READER = """
import os, sys, time
while chunk := os.read(0, 3001):
    sys.stdout.buffer.write(chunk)
    time.sleep(0.001)
"""


@pytest.mark.parametrize("args", [(), ("--format", "pcapng")])
def test_a_second_interrupt_leaves_no_half_record_to_a_reader(lab, host, tmp_path, args):
    """A pipe takes what it has room for: that may end anywhere in a record."""
    worker = lab.worker(host)
    read, write = os.pipe()
    with open(tmp_path / "out.pcap", "wb") as out:
        reader = subprocess.Popen(["/usr/bin/python3", "-c", SLOW_READER], stdin=read, stdout=out)
    os.close(read)
    run = Run(lab, host, tmp_path, *args, target(worker), stdout=write)
    os.close(write)
    send_udp(host, 20_000, size=1000)
    run.interrupt()
    time.sleep(0.1)
    run.interrupt()
    status, total, _ = run.end()
    assert reader.wait(PATIENCE) == 0
    got = len(list(records_of(str(tmp_path / "out.pcap"))))
    assert status == 1 and 0 < got < 20_000 and got == total["packets_written"]


def test_a_count_that_is_reached_leaves_the_rest_counted(lab, host, tmp_path):
    worker = lab.worker(host)
    run = Run(lab, host, tmp_path, "-c", "10", target(worker))
    n = 30_000
    send_udp(host, n)
    status, total, _ = run.end()
    assert status == 0 and numbers(run.out) == list(range(10)) and total["packets_written"] == 10
    assert total["counts"] == "exact" and 10 < total["packets_offered"] <= n


def test_a_reader_that_leaves_ends_with_exact_counts(lab, host, tmp_path):
    """The pipe may have taken all that was captured until then."""
    worker = lab.worker(host)
    head = subprocess.Popen(["head", "-c", "5000"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    run = Run(lab, host, tmp_path, target(worker), stdout=head.stdin)
    head.stdin.close()
    for _ in range(5):
        send_udp(host, 400, size=1000)
        time.sleep(0.3)
    status, total, _ = run.end()
    head.wait(PATIENCE)
    assert status == 0 and total["counts"] == "exact" and total["packets_written"] <= total["packets_offered"] <= 2000


@pytest.mark.parametrize("victim, exact", [("connection", True), ("capture", False), ("worker", False)])
def test_counts_over_a_loss(lab, host, tmp_path, victim, exact):
    """Of a capture whose worker can be asked they stay exact; of a dead one they cannot."""
    worker = lab.worker(host)
    run = Run(lab, host, tmp_path, target(worker))
    send_udp(host, 500)
    wait_for(lambda: len(packets_of(run.out)) == 500, "the first ones")
    if victim == "connection":
        host.run("ss", "-K", "state", "established", f"( sport = :{worker.port} )")
    elif victim == "capture":
        os.kill(max(worker.children()), signal.SIGKILL)
    else:
        for pid in (*worker.children(), worker.pid):
            os.kill(pid, signal.SIGKILL)
        worker.popen.wait()
        lab.worker(host, listen=f"127.0.0.1:{worker.port}")
    wait_for(lambda: "back after a gap" in run.process.log(), "it is back: " + run.process.log())
    send_udp(host, 500)
    run.interrupt()
    status, total, _ = run.end()
    assert status == 0 and numbers(run.out) == 2 * list(range(500))
    assert total["counts"] == ("exact" if exact else "at_least") and total["gaps"] == 1
    assert total["packets_offered"] == 1000
    assert ("dropped 0," in told(run.process.log())["total"]) == exact
    unknown = {total[part] for part in ("not_fetched", "kernel_drops", "own_traffic")}
    assert unknown == ({0} if exact else {None}), "never 0 where nothing is known"


def test_a_restart_by_the_operator_keeps_counts_exact(lab, host, tmp_path):
    """The last statistics block has them: the new worker need not know."""
    worker = lab.worker(host)
    run = Run(lab, host, tmp_path, target(worker))
    send_udp(host, 300)
    assert worker.stop() == 0
    lab.worker(host, listen=f"127.0.0.1:{worker.port}")
    wait_for(lambda: "back after a gap" in run.process.log(), "it is back: " + run.process.log())
    send_udp(host, 300)
    run.interrupt()
    status, total, _ = run.end()
    assert status == 0 and numbers(run.out) == 2 * list(range(300))
    assert total["counts"] == "exact" and total["packets_offered"] == 600
    assert "the worker was shut down; connecting again" in run.process.log()


@pytest.mark.parametrize("args, code", [((), 0), (("-d", "20"), 3), (("-c", "99"), 3)])
@pytest.mark.parametrize("query", ["", "?format=pcap"])
def test_an_operators_limit_is_final(lab, host, tmp_path, args, code, query):
    """Not a hole of half a second: connecting again would only go around it."""
    worker = lab.worker(host, "-max-duration", "1s")
    run = Run(lab, host, tmp_path, *args, target(worker, query))
    send_udp(host, 5)
    status, total, targets = run.end()
    log = run.process.log()
    assert status == code and "the worker's limit: -max-duration reached" in log, log
    assert "back after" not in log and total["gaps"] == 0 and total["packets_written"] == 5
    assert targets[0]["state"] == "ended"
    assert targets[0]["reason"].startswith("the worker's limit: -max-duration reached")
    wait_for(lambda: " ended: " in worker.log(), "the worker's log tells the end")
    assert worker.log().count("capture 0 for") == 2


def plug_vpn0(host):
    host.ip("link", "add", "vpn0", "type", "veth", "peer", "name", "vpn1")
    host.ip("addr", "add", "10.9.9.1/24", "dev", "vpn0")
    for name in ("vpn0", "vpn1"):
        host.ip("link", "set", name, "up")
    host.ip("neigh", "add", "10.9.9.2", "lladdr", "02:00:00:00:00:09", "dev", "vpn0")


def send_by_vpn0(host, n):
    host.run("/usr/bin/python3", "-c", SEND.replace("127.0.0.1", "10.9.9.2"), "9999", str(n), "0")


def test_an_interface_that_goes_and_comes(lab, host, tmp_path):
    worker = lab.worker(host)
    plug_vpn0(host)
    run = Run(lab, host, tmp_path, "-i", "vpn0", target(worker))
    send_by_vpn0(host, 10)
    wait_for(lambda: len(packets_of(run.out)) == 10, "the first ones")
    host.ip("link", "del", "vpn0")
    wait_for(lambda: "interface gone, vpn0; connecting again" in run.process.log(), run.process.log())
    time.sleep(2)
    plug_vpn0(host)
    wait_for(lambda: "back after a gap" in run.process.log(), "it is back: " + run.process.log())
    send_by_vpn0(host, 10)
    run.interrupt()
    status, total, _ = run.end()
    assert status == 0 and numbers(run.out) == 2 * list(range(10)) and total["counts"] == "exact"


@pytest.mark.parametrize("by", ["-i", "-interfaces"])
def test_one_of_several_interfaces_that_goes_and_comes(lab, host, tmp_path, by):
    """Its new index is not the one that the filter tests: without a new capture it is never
    seen again, and nothing says so."""
    plug_vpn0(host)
    bound = ["-interfaces", "vpn0,lo"] if by == "-interfaces" else []
    asked = ["-i", "vpn0,lo"] if by == "-i" else []
    worker = lab.worker(host, *bound)
    run = Run(lab, host, tmp_path, *asked, target(worker))
    send_by_vpn0(host, 10)
    wait_for(lambda: len(packets_of(run.out)) == 10, "the first ones")
    host.ip("link", "del", "vpn0")
    time.sleep(0.3)
    assert "lost" not in run.process.log(), "lo goes on: " + run.process.log()
    send_udp(host, 10)
    plug_vpn0(host)
    wait_for(lambda: "back after a gap" in run.process.log(), "it is back: " + run.process.log())
    assert "interface new, vpn0; connecting again" in run.process.log()
    send_by_vpn0(host, 10)
    run.interrupt()
    status, total, _ = run.end()
    assert status == 0 and numbers(run.out) == 3 * list(range(10)) and total["counts"] == "exact"
    assert total["packets_written"] == total["packets_offered"] and total["gaps"] == 1


@pytest.mark.parametrize("args, query", [((), "?direction=out"), (("-i", "vpn0"), ""),
                                         (("--linktype", "native"), "?interface=vpn0&linktype=native")], ids=str)
def test_a_renamed_interface_has_its_new_name_from_then_on(lab, host, tmp_path, args, query):
    """Its packets go to a block of that name; with its old name it has its old block again."""
    worker = lab.worker(host)
    plug_vpn0(host)
    run = Run(lab, host, tmp_path, "--format", "pcapng", *args, target(worker, query))
    sent = 0

    def names():
        """The interface of each packet."""
        with open(run.out, "rb") as f:
            blocks = list(blocks_of(f.read()))
        known = [options_of(body[8:])[2].decode() for kind, body in blocks if kind == 1]
        return [known[struct.unpack_from("<I", body)[0]] for kind, body in blocks if kind == 6]

    def last_is(own):
        nonlocal sent
        send_by_vpn0(host, 1)
        sent += 1
        wait_for(lambda: len(names()) == sent, "it comes")
        return names()[-1] == "127.0.0.1/" + own

    assert last_is("vpn0"), names()
    for old, new in (("vpn0", "wan0"), ("wan0", "vpn0")):
        host.ip("link", "set", old, "name", new)
        wait_for(lambda: last_is(new), "the new name: " + str(names()))
    run.interrupt()
    status, total, _ = run.end()
    assert status == 0 and total["counts"] == "exact" and total["packets_written"] == sent and total["gaps"] == 0
    with open(run.out, "rb") as f:
        blocks = [name for name, _ in interfaces_of(f.read())]
    assert sorted(b for b in blocks if "any" not in b) == ["127.0.0.1/vpn0", "127.0.0.1/wan0"]


def test_an_interface_that_never_was_fails_at_once(lab, host, tmp_path):
    worker = lab.worker(host)
    done = host.run(DDUMP, "-i", "nosuch", target(worker), check=False)
    assert done.returncode == 1 and b"no interface is named nosuch" in done.stderr


def test_an_interface_that_does_not_come_back_fails_within_retry(lab, host, tmp_path):
    worker = lab.worker(host)
    host.ip("link", "add", "vpn0", "type", "veth", "peer", "name", "vpn1")
    for name in ("vpn0", "vpn1"):
        host.ip("link", "set", name, "up")
    run = Run(lab, host, tmp_path, "--retry", "2", "-i", "vpn0", target(worker))
    host.ip("link", "del", "vpn0")
    status, _, targets = run.end()
    assert status == 3 and targets[0]["state"] == "failed"
    assert "no interface is named vpn0" in targets[0]["reason"]


CAPTURE = OK + b"Ddump-Capture: " + b"0123456789abcdef" * 2 + b"\r\n\r\n" + ddump_ng([], final=False)


def last_block(n):
    counts = b"".join(option(code, struct.pack("<Q", v)) for code, v in ((6, n), (7, 0), (8, n)))
    now = time.time_ns()
    return block(5, struct.pack("<III", 0, now >> 32, now & 0xFFFFFFFF) + counts + option(0, b""))


def interrupted(tmp_path, server, before=0.0):
    """(exit status, target, log) of a run that is interrupted while it captures."""
    path = str(tmp_path / "stats.json")
    live = Live(tmp_path, "--stats-json", path, server.target)
    wait_for(lambda: "capturing on 1" in live.process.log(), live.process.log())
    server.down.set()
    time.sleep(before)
    live.process.popen.send_signal(signal.SIGINT)
    status = live.finish()
    server.close()
    with open(path) as f:
        return status, json.load(f)["targets"][0], live.process.log()


class Fake(Server):
    """Ours, from `down` on silent; answers no question; `end` goes to the stream after one."""

    def __init__(self, end=b"", is_mute=True):
        super().__init__(self.talk)
        self.down, self.asked, self.end, self.is_mute = threading.Event(), threading.Event(), end, is_mute

    def talk(self, connection):
        if "/captures/" in self.requests[-1]:
            self.asked.set()
            if not self.end:
                self.released.wait(PATIENCE)
            return
        connection.sendall(CAPTURE)
        while not (self.released.is_set() or self.asked.is_set() and self.end):
            if not (self.is_mute and self.down.is_set()):
                connection.sendall(statistics(time.time_ns()))
            time.sleep(0.02)
        connection.sendall(self.end)


def test_a_last_block_behind_a_failed_question_settles_the_counts(tmp_path):
    """A worker that is told to stop as ddump is: it answers nothing more, and its stream ends."""
    status, target, log = interrupted(tmp_path, Fake(end=last_block(0), is_mute=False))
    assert status == 0 and target["counts"] == "exact" and "at least" not in log, log


def test_a_target_that_is_away_at_the_end_has_not_ended(tmp_path):
    status, target, log = interrupted(tmp_path, Fake(), before=0.3)
    assert status == 3 and target["state"] == "failed" and target["counts"] == "at_least", log
    assert target["reason"] == "it was away at the end: no answer in time" and target["reason"] in log


def test_a_target_that_sends_to_the_end_and_tells_no_counts_has_ended(tmp_path):
    status, target, log = interrupted(tmp_path, Fake(is_mute=False))
    assert status == 0 and target["state"] == "ended" and target["counts"] == "at_least", log
    assert "losses are known as \"at least\" only: GET /captures/ID: no answer in time" in log
    assert "proxy" not in log


class TestWait:
    """--wait: targets that cannot be reached at the start."""

    def test_a_late_worker_is_shown_like_one_that_came_back(self, lab, host, tmp_path):
        first = lab.worker(host)
        run = Run(lab, host, tmp_path, "--wait", "20", target(first), "http://127.0.0.1:18475")
        send_udp(host, 5)
        wait_for(lambda: len(packets_of(run.out)) == 5, "the output begins with what has answered")
        assert run.process.log().count("trying for up to 20 s") == 1
        assert "(127.0.0.1:18475: not reached yet: " in run.process.log(), run.process.log()
        lab.worker(host, listen="127.0.0.1:18475")
        wait_for(lambda: "capturing on 2 of 2" in run.process.log(), run.process.log())
        send_udp(host, 5)
        run.interrupt()
        status, total, _ = run.end()
        assert status == 0 and total["packets_written"] == 15 and total["counts"] == "exact"

    def test_a_duration_begins_with_what_has_answered(self, lab, host, tmp_path):
        first = lab.worker(host)
        begin = time.monotonic()
        run = Run(lab, host, tmp_path, "--wait", "1h", "-d", "1", target(first), "http://127.0.0.1:18475")
        status, _, targets = run.end()
        assert status == 3 and 1 <= time.monotonic() - begin < 6
        assert [t["state"] for t in targets] == ["ended", "failed"]

    def test_one_that_is_never_reached_fails_when_the_time_is_over(self, lab, host, tmp_path):
        first = lab.worker(host)
        begin = time.monotonic()
        run = Run(lab, host, tmp_path, "--wait", "2", "-d", "4", target(first), "http://127.0.0.1:18475")
        wait_for(lambda: re.search(r"Connection refused; check that ddump-worker runs", run.process.log()), "it fails")
        assert 2 <= time.monotonic() - begin
        status, total, _ = run.end()
        assert status == 3 and total["gaps"] == 0

    def test_require_all_is_judged_when_the_wait_is_over(self, lab, host, tmp_path):
        first = lab.worker(host)
        run = Run(lab, host, tmp_path, "--wait", "2", "--require-all", target(first), "http://127.0.0.1:18475")
        send_udp(host, 5)
        status, _, _ = run.end()
        assert status == 1 and numbers(run.out) == list(range(5))

    @pytest.mark.parametrize("answer, tries", [
        ("502 Bad Gateway", 2), ("503 Service Unavailable", 2), ("504 Gateway Timeout", 2),
        ("400 Bad Request", 1), ("401 Unauthorized", 1), ("403 Forbidden", 1), ("404 Not Found", 1)])
    def test_what_waiting_may_cure_is_tried_again(self, answer, tries, tmp_path):
        from test_cli_http import Server, refusal
        server = Server(refusal(answer.encode(), b"text/plain", b"no"))
        done = subprocess.run([DDUMP, "--wait", "0.8", server.target], capture_output=True, timeout=PATIENCE)
        server.close()
        assert done.returncode == 1 and len(server.requests) >= tries
        assert (len(server.requests) > 1) == (tries > 1), server.requests

    def test_a_name_that_is_not_there_yet(self, lab, host, tmp_path):
        worker = lab.worker(host)
        etc = f"/etc/netns/{host.name}"
        os.makedirs(etc)
        try:
            with open(etc + "/hosts", "w") as f:
                f.write("127.0.0.1 localhost\n")
            with open(etc + "/resolv.conf", "w") as f:
                f.write("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
            process = lab.start(host, [DDUMP, "--wait", "20", "-w", str(tmp_path / "o"), f"late.example:{worker.port}"])
            wait_for(lambda: "trying for up to 20" in process.log(), process.log())
            with open(etc + "/hosts", "a") as f:
                f.write("127.0.0.1 late.example\n")
            wait_for(lambda: "capturing on 1 of 1" in process.log(), "the name: " + process.log())
            assert process.stop(signal.SIGINT) == 0
        finally:
            for name in ("hosts", "resolv.conf"):
                os.unlink(f"{etc}/{name}")
            os.rmdir(etc)


def test_an_interrupt_that_finds_all_written_loses_nothing(lab, host, tmp_path):
    """-c is reached, and the last counts are waited for: whoever does not want to, ends well."""
    worker = lab.worker(host)
    front = worker.children()
    run = Run(lab, host, tmp_path, "--format", "pcapng", "-c", "10", target(worker))
    for pid in front:
        os.kill(pid, signal.SIGSTOP)  # it does not answer; its captures go on
    try:
        send_udp(host, 100)
        wait_for(lambda: os.path.getsize(run.out) > 1000, "the first ten are written")
        run.interrupt()
        status, total, _ = run.end()
    finally:
        for pid in front:
            os.kill(pid, signal.SIGCONT)
    assert status == 0 and len(list(records_of(run.out))) == total["packets_written"] == 10
    assert total["counts"] == "at_least" and "discarded" not in run.process.log()
