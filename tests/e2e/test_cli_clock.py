"""The clocks of workers: how far off they are, what is said about it, and corrected times."""

import asyncio
import os
import random
import re
import signal
import subprocess
import threading
import time

import pytest

from lab import DDUMP, PATIENCE, Process, told, wait_for
from test_cli_http import (SECOND, SLL_HEAD, Server, classic, enhanced, interface, packet,
                           records_of, refusal, section, statistics, split_chunks, summary)
from test_cli_proxy import proxy

MS = 10**6
HEAD = (b"HTTP/1.1 200 OK\r\nContent-Type: application/x-pcapng\r\n"  # who gives that may have a clock
        b"Transfer-Encoding: chunked\r\n\r\n")
UNITS = {"ns": 1, "us": 1000, "ms": MS, "s": SECOND}


def known(line):
    """(offset, bound) in ns of "offset +1.3 ms ±0.2 ms"."""
    m = re.search(r"([+-]?[\d.]+) (?:(\w+) )?±([\d.]+) (\w+)", line)
    assert m, line
    return float(m[1]) * UNITS[m[2] or m[4]], float(m[3]) * UNITS[m[4]]


def chunked(body):
    return HEAD + split_chunks(body, (1000,))


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


@pytest.fixture
def ddump_until(tmp_path):
    """Runs ddump, verbosely, until a condition of its log holds: its log."""
    def start(condition, what, *args):
        process = Process([DDUMP, "-v", *map(str, args)], str(tmp_path / "log"))
        try:
            wait_for(lambda: condition(process.log()) or process.popen.poll() is not None, what)
        finally:
            code = process.stop(signal.SIGINT)
            print("ddump", *args, "->", code, process.log(), sep="\n")
        assert code == 0
        return process.log()
    return start


def live():
    """A capture without packets that goes on; it stands for a worker that has nothing to say."""
    return HEAD + b"18\r\n" + classic([]) + b"\r\n"


@pytest.mark.parametrize("ns, warning", [
    (0, None),
    (5 * MS, None),
    (-50 * MS, "stand in the wrong place"),
    (3600 * SECOND, "more than the hold-back"),
])
def test_the_offset_is_said(serve, ddump_until, ns, warning):
    server = serve(None, ahead(ns)).hold(live())
    log = ddump_until(lambda log: ": offset " in log and "capturing on 1" in log, "it is said", server.target)
    offset, bound = known(summary(log, server.target))
    assert abs(offset - ns) <= bound and bound < 500 * MS
    assert server.n_clock == 8, "one burst"
    at_once = [l for l in log.splitlines() if ": offset " in l]
    assert len(at_once) == (2 if warning else 1), "once each, and no more"
    assert all(abs(known(l)[0] - ns) <= known(l)[1] for l in at_once)
    assert warning is None or warning in at_once[1]
    assert ("--align-clocks" in log) == (warning is not None)


def test_the_offset_stands_in_the_interface_description(serve, ddump):
    def script(connection):
        connection.sendall(HEAD)
        wait_for(lambda: server.n_clock == 8, "it is measured")
        connection.sendall(split_chunks(classic([(SECOND, packet(1))]), (1000,)))
    server = serve(script, ahead(3 * SECOND))
    code, out, _ = ddump("--format", "pcapng", server.target)
    text = re.search(rb"http://127[^\0]*", out)[0].decode()
    offset, bound = known(text)
    assert code == 0 and abs(offset - 3 * SECOND) <= bound


def test_the_clock_behind_a_proxy(serve, proxy, ddump_until):
    """It has a tunnel of its own."""
    server, p = serve(None, ahead(SECOND)).hold(live()), proxy()
    log = ddump_until(lambda log: ": offset " in log and "capturing on 1" in log, "it is said",
                      "--proxy", p.url, f"http://ann:secret@{server.target}/x/capture")
    offset, bound = known(summary(log, server.target))
    assert abs(offset - SECOND) <= bound and server.n_clock == 8
    assert len(p.requests) == 2
    assert server.clock_request.startswith("GET /x/clock HTTP/1.1\r\n")
    assert "Authorization: Basic YW5uOnNlY3JldA==\r\n" in server.clock_request


def test_only_who_gives_what_was_asked_for_is_asked_for_its_clock(serve, ddump_until):
    """A server of another make could do anything with a second request."""
    old = serve(None, ahead(SECOND)).hold(live().replace(b"application/x-pcapng", b"application/vnd.tcpdump.pcap"))
    new = serve(None, ahead(SECOND)).hold(live())
    told = serve(None, ahead(SECOND)).hold(live().replace(b"application/x-pcapng", b"application/vnd.tcpdump.pcap"))
    log = ddump_until(lambda log: (new.n_clock, told.n_clock) == (8, 8) and "capturing on 3" in log, "two are measured",
                      old.target, new.target, f"{told.target}/capture?format=pcap")
    assert (old.n_clock, new.n_clock, told.n_clock) == (0, 8, 8)
    assert "clock -" in summary(log, old.target)


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
    b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n" + b'{"time_ns":17}HTTP/1.1 200 OK\r\n',
    b"HTTP/1.1 200 OK\r\nContent-Length: 31\r\n\r\n" + b'{"time_ns":9999999999999999999}',
])
def test_odd_answers_make_the_offset_unknown_and_nothing_else(serve, ddump, answer):
    records = [(SECOND, packet(1)), (2 * SECOND, packet(2))]
    server = serve(chunked(classic(records)))
    server.serve_clock = odd(answer)
    for flags in ((), ("--align-clocks",)):
        code, _, log = ddump(*flags, server.target)
        assert code == 0
        assert ("not corrected until" in log) == bool(flags)
        assert "received 2, written 2," in summary(log, server.target)
        assert "clock -" in summary(log, server.target)


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


def test_a_server_that_keeps_no_connection(serve, ddump_until):
    """Each answer ends its connection: one exchange is a measurement, too."""
    server = serve(None).hold(live())

    def answer(connection):
        server.n_clock += 1
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + b'{"time_ns":%d}' % (time.time_ns() + SECOND))
    server.serve_clock = answer
    log = ddump_until(lambda log: ": offset " in log and "capturing on 1" in log, "it is said", server.target)
    offset, bound = known(summary(log, server.target))
    assert abs(offset - SECOND) <= bound and server.n_clock == 1


class Path:
    """Workers behind networks that delay: each with a clock of its own, and its own mean delay
    there and back, up to 100 ms, which every message misses by chance. What is delayed beyond
    that by the machine only adds to it: the clock is read in between, and off by what is known."""

    def __init__(self, n, seed):
        self.random = random.Random(seed)
        self.truth, self.servers = {}, []
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        asyncio.run_coroutine_threadsafe(self.open(n), self.loop).result()

    async def open(self, n):
        for _ in range(n):
            shift = self.random.choice([0, self.random.randrange(-10 * SECOND, 10 * SECOND)])
            means = [10 ** self.random.uniform(-4, -1) for _ in range(2)]
            server = await asyncio.start_server(self.serve(shift, means), "127.0.0.1", 0)
            self.servers.append(server)
            self.truth["127.0.0.1:%d" % server.sockets[0].getsockname()[1]] = shift

    def serve(self, shift, means):
        def delay(way):
            return asyncio.sleep(min(0.1, means[way] * self.random.choice([1, self.random.expovariate(1)])))

        async def answer(reader, writer):
            try:
                while True:
                    request = await reader.readuntil(b"\r\n\r\n")
                    await delay(0)
                    body = b'{"time_ns":%d}' % (time.time_ns() + shift)
                    await delay(1)
                    if b"/clock" in request:
                        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                    else:
                        writer.write(live())
            except (asyncio.IncompleteReadError, OSError):
                writer.close()
        return answer

    def close(self):
        async def close():
            for server in self.servers:
                server.close()
            tasks = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        asyncio.run_coroutine_threadsafe(close(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)


@pytest.mark.parametrize("seed", range(int(os.environ.get("DDUMP_CLOCK_RUNS", "20")) // 20))
def test_the_bound_holds_the_truth_behind_any_delay(tmp_path, seed):
    path = Path(20, seed)
    ddump = Process([DDUMP, "-v", *path.truth], str(tmp_path / "log"))

    def told():
        lines = [l for l in ddump.log().splitlines() if ": offset " in l and "place" not in l and "order" not in l]
        return lines if len(lines) >= 20 else None
    try:
        lines = wait_for(told, "20 offsets")
    finally:
        ddump.stop(signal.SIGINT)
        path.close()
    for line in lines:
        offset, bound = known(line)
        truth = path.truth[re.search(r"127.0.0.1:\d+", line)[0]]
        assert abs(offset - truth) <= bound, f"{truth} is not within {line}"
        assert bound < 500 * MS, line


class LiveWorker(Server):
    """Stamps a packet every 100 ms, by a clock that is off by self.shift ns, and sends three at
    a time with a true watermark. self.true has the time of each packet by our clock. The first
    one goes out at once: before the burst for its clock is over, if it may."""

    GAP = 0.1

    def __init__(self, name, phase=0):
        super().__init__(self.stream, clock=self.read_clock)
        self.name, self.phase, self.shift, self.true, self.delay = name, phase, 0, {}, 0.02

    def read_clock(self):
        time.sleep(self.delay)
        return time.time_ns() + self.shift

    def stream(self, connection):
        def send(body):
            connection.sendall(b"%x\r\n" % len(body) + body + b"\r\n")
        connection.sendall(HEAD)
        send(section(b"ddump-worker/0.1.0") + interface())
        held = b""
        while not self.released.wait(self.GAP - (time.time() - self.phase) % self.GAP):
            now, data = time.time_ns(), b"%s %06d" % (self.name, len(self.true))
            self.true[data] = now
            held += enhanced(now + self.shift, SLL_HEAD + data)
            if len(self.true) % 3 == 1:
                send(held + statistics(time.time_ns() + self.shift - 25 * MS))
                held = b""


@pytest.fixture
def live_workers():
    workers = []

    def start(*names):
        workers.extend(LiveWorker(name, i * LiveWorker.GAP / len(names)) for i, name in enumerate(names))
        return workers[-len(names):]

    yield start
    for worker in workers:
        worker.close()


class Merge:
    """ddump over these workers."""

    def __init__(self, tmp_path, workers, *flags):
        self.workers = workers
        self.out = str(tmp_path / f"out{len(flags)}")
        self.process = Process([DDUMP, "-v", "--hold-back", "2s", "--time-stamp-precision", "nano", "-w", self.out,
                                *flags, *(w.target for w in workers)], str(tmp_path / f"log{len(flags)}"))

    def finish(self, condition=None):
        """When the condition holds, or by itself: [(ns, true ns)], and its log."""
        if condition:
            wait_for(lambda: condition(self.process.log()), "what is waited for: " + self.process.log())
            self.process.stop(signal.SIGINT)
        assert self.process.popen.wait(PATIENCE) == 0
        log = self.process.log()
        print(log)
        true = {data: ns for w in self.workers for data, ns in w.true.items()}
        with open(self.out, "rb") as out:
            return [(ns, true[data]) for ns, data in records_of(out.read(), nano=True)], log


def disorder(got):
    """How far the packets are out of their true order, in ns: the largest step back."""
    newest, worst = 0, 0
    for _, true in got:
        newest = max(newest, true)
        worst = max(worst, newest - true)
    return worst


@pytest.mark.parametrize("shift, delay", [
    (0.3 * SECOND, 0.02), (-0.3 * SECOND, 0.02), (3 * SECOND, 0.02), (1800 * SECOND, 0.02), (3 * SECOND, 0.3)])
def test_corrected_packets_are_in_true_order(tmp_path, live_workers, shift, delay):
    """A worker whose clock is off among one that is right, whose packets lie 50 ms apart: more
    than the bounds, unless this machine or the path is slow. In the last row a burst takes
    longer than the capture waits for it."""
    workers = live_workers(b"one", b"two")
    workers[0].shift, workers[0].delay = int(shift), delay
    got, log = Merge(tmp_path, workers, "--align-clocks", "-c", "12").finish()
    assert [ns for ns, _ in got] == sorted(ns for ns, _ in got)
    bounds = []
    for w in workers:
        line = summary(log, w.target)
        assert ", late 0," in line and "clock corrected" in line
        offset, bound = known(line)
        assert abs(offset - w.shift) <= bound
        bounds.append(bound)
    assert disorder(got) <= sum(bounds)
    assert all(abs(ns - true) <= max(bounds) for ns, true in got)
    assert "--align-clocks" not in log, "nothing to warn of"


def test_without_correction_they_are_not(tmp_path, live_workers):
    """Or the test before this one would prove nothing."""
    workers = live_workers(b"one", b"two")
    workers[0].shift = 3 * SECOND
    got, log = Merge(tmp_path, workers, "-d", "2").finish()
    assert disorder(got) > 0.5 * SECOND
    assert log.count("more than the hold-back") == 1


@pytest.mark.parametrize("shift", [0, 3 * SECOND, -3 * SECOND])
def test_heartbeats_bound_the_offset_where_there_is_no_clock(live_workers, ddump_until, shift):
    one, = live_workers(b"one")
    one.shift, one.clock = shift, None
    log = ddump_until(lambda log: ": offset " in log, "it is said", one.target)
    offset, bound = known(summary(log, one.target))
    assert abs(offset - shift) <= bound and bound < SECOND
    assert one.n_clock == 1, "it is not asked again soon"
    assert ("more than the hold-back" in log) == (shift != 0)


def test_packets_of_others_give_a_lower_end(serve, ddump):
    """They may be of a file: when they were captured is not known."""
    server = serve(None)

    def script(connection):
        connection.sendall(live())
        data = classic([(time.time_ns() + 3 * SECOND, packet(1))])[24:]
        connection.sendall(b"%x\r\n" % len(data) + data + b"\r\n")
        server.released.wait(PATIENCE)
    server.script = script
    code, _, log = ddump("-c", "1", server.target)
    assert code == 0 and "clock >=+2.9 s" in summary(log, server.target)


def test_a_clock_that_is_set_loses_nothing(tmp_path, live_workers):
    """Back by 5 s while packets come: it is seen by the next burst, after 10 s, and said. The
    other worker closes the connection after the first one: there is a new one."""
    runs = [(flags, live_workers(b"one", b"two")) for flags in ([], ["--align-clocks"])]
    for flags, (one, two) in runs:
        threading.Timer(2, setattr, (one, "shift", -5 * SECOND)).start()
        two.clock_answers, two.is_rude = 8, bool(flags)
    merges = [(Merge(tmp_path, workers, *flags), flags) for flags, workers in runs]
    for merge, flags in merges:
        wait_for(lambda: all(w.n_clock == 16 for w in merge.workers) and merge.process.log().count(": offset") >= 3,
                 "a second burst: " + merge.process.log())
        n = len(merge.workers[0].true)
        got, log = merge.finish(lambda log: len(merge.workers[0].true) > n + 7)
        one, two = merge.workers
        offsets = [known(l)[0] for l in log.splitlines() if l.startswith(f"ddump: {one.target}: offset")]
        assert abs(offsets[0]) < SECOND and abs(offsets[-1] + 5 * SECOND) < SECOND
        assert [(w.n_clock, w.n_clock_connections) for w in (one, two)] == [(16, 1), (16, 2)]
        for w in merge.workers:
            numbers = re.search(r"received (\d+), written (\d+)", summary(log, w.target))
            assert numbers[1] == numbers[2] and int(numbers[1]) > 50
        assert len(got) == int(re.search(r"received (\d+)", told(log)["total"])[1]), "each is in the file"
        if flags:
            ns, true = [g for g in got if g[1] in one.true.values()][-1]
            assert abs(ns - true) < SECOND, "and is corrected since"


def test_a_clock_that_was_set_while_its_worker_was_away(tmp_path, serve):
    """The first burst of the new connection shows it: warned of once more."""
    server = serve(None, ahead(SECOND))
    server.script = lambda connection: (connection.sendall(live()), server.released.wait(1))
    ddump = Process([DDUMP, server.target], str(tmp_path / "log"))
    wait_for(lambda: "more than the hold-back" in ddump.log(), "a warning")
    server.clock = ahead(-SECOND)
    wait_for(lambda: ddump.log().count("more than the hold-back") == 2, "another")
    assert ddump.stop(signal.SIGINT) in (0, 3)
    first, second = [known(l)[0] for l in ddump.log().splitlines() if "more than the hold-back" in l]
    assert first > 0.5 * SECOND and second < -0.5 * SECOND
