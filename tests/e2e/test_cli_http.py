"""ddump against scripted servers: formats, framings, refusals, and how it ends."""

import json
import os
import select
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest

from lab import DDUMP, PATIENCE, Process, told, wait_for

SLL_HEAD = bytes.fromhex("0000000100060203040506070000") + b"\x08\x00"
SECOND = 10**9


def packet(i):
    return b"packet %06d " % i + bytes([i & 255]) * (i % 90)


def classic_head(endian="<", nano=False, linktype=113):
    return struct.pack(endian + "IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, 262144, linktype)


def classic_record(ns, data, endian="<", nano=False):
    unit = 1 if nano else 1000
    return struct.pack(endian + "IIII", ns // SECOND, ns % SECOND // unit, len(data), len(data)) + data


def classic(records, endian="<", nano=False):
    return classic_head(endian, nano) + b"".join(
        classic_record(ns, SLL_HEAD + data, endian, nano) for ns, data in records
    )


def block(kind, body):
    body += b"\0" * (-len(body) % 4)
    return struct.pack("<II", kind, 12 + len(body)) + body + struct.pack("<I", 12 + len(body))


def option(code, data):
    return struct.pack("<HH", code, len(data)) + data + b"\0" * (-len(data) % 4)


def section(userappl=b""):
    body = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)
    return block(0x0A0D0D0A, body + (option(4, userappl) + option(0, b"") if userappl else b""))


def interface(linktype=113, name=b"any"):
    options = option(2, name) + option(9, b"\x09") + option(0, b"")
    return block(1, struct.pack("<HHI", linktype, 0, 262144) + options)


def enhanced(ns, data, interface_id=0):
    head = struct.pack("<IIIII", interface_id, ns >> 32, ns & 0xFFFFFFFF, len(data), len(data))
    return block(6, head + data)


def statistics(ns, osdrop=0, usrdeliv=None):
    options = option(7, struct.pack("<Q", osdrop))
    if usrdeliv is not None:
        options += option(8, struct.pack("<Q", usrdeliv))
    return block(5, struct.pack("<III", 0, ns >> 32, ns & 0xFFFFFFFF) + options + option(0, b""))


def ddump_ng(records, final=True, osdrop=0):
    """As our own worker sends it."""
    body = section(b"ddump-worker/0.1.0") + interface()
    body += b"".join(enhanced(ns, SLL_HEAD + data) for ns, data in records)
    last = records[-1][0] + 1 if records else SECOND
    return body + (statistics(last, osdrop, len(records)) if final else b"")


def split_chunks(body, sizes):
    """Chunked coding with chunks of these sizes in turn."""
    out, at, turn = b"", 0, 0
    while at < len(body):
        piece = body[at:at + sizes[turn % len(sizes)]]
        out += b"%x;ext=1\r\n" % len(piece) + piece + b"\r\n"
        at, turn = at + len(piece), turn + 1
    return out + b"0\r\nTrailer: 1\r\n\r\n"


OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.tcpdump.pcap\r\n"


def chunked(body, sizes=(1000,)):
    return OK + b"Transfer-Encoding: chunked\r\n\r\n" + split_chunks(body, sizes)


def with_length(body):
    return OK + b"Content-Length: %d\r\n\r\n" % len(body) + body


def until_close(body):
    return OK + b"Connection: close\r\n\r\n" + body


def refusal(status, content_type, body):
    return b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (
        status, content_type, len(body), body)


class Server:
    """Answers each connection with a script: bytes, or a callable (connection) -> None.
    clock answers those that ask for /clock: a callable -> ns, or None: there is none."""

    def __init__(self, script, step=None, clock=None):
        self.script, self.step, self.clock = script, step, clock
        self.n_clock, self.n_clock_connections = 0, 0  # requests for it, over so many
        self.clock_answers = 10**9  # on one connection, which is closed then
        self.is_rude = False  # but only when it is asked once more
        self.requests = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.target = f"127.0.0.1:{self.port}"
        self.released = threading.Event()
        self.acceptor = threading.Thread(target=self.accept, daemon=True)
        self.acceptor.start()

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection:
            request = b""
            while b"\r\n\r\n" not in request:
                data = connection.recv(65536)
                if not data:
                    return
                request += data
            if request.split()[1].endswith(b"/clock"):
                self.clock_request = request.decode()
                self.serve_clock(connection)
                return
            self.requests.append(request.decode())
            try:
                if callable(self.script):
                    self.script(connection)
                    return
                step = self.step or max(1, len(self.script))
                for at in range(0, len(self.script), step):
                    connection.sendall(self.script[at:at + step])
                connection.shutdown(socket.SHUT_WR)
                connection.recv(1)
            except OSError:
                pass

    def serve_clock(self, connection):
        """A request has come; the connection is kept for more."""
        self.n_clock_connections += 1
        try:
            for left in reversed(range(self.clock_answers)):
                self.n_clock += 1
                if not self.clock:
                    connection.sendall(refusal(b"404 Not Found", b"text/plain", b"no such path"))
                    return
                body = b'{"time_ns":%d}\n' % self.clock()
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                if (left == 0 and not self.is_rude) or not connection.recv(65536):
                    return
        except OSError:
            pass

    def hold(self, *parts):
        """A script that sends its parts and then nothing until release()."""
        def script(connection):
            for part in parts:
                connection.sendall(part)
            self.released.wait(PATIENCE)
        self.script = script
        return self

    def close(self):
        """The thread must be gone first: it could accept for the next server, whose socket
        gets the same number."""
        self.released.set()
        self.socket.shutdown(socket.SHUT_RDWR)
        self.acceptor.join(PATIENCE)
        self.socket.close()


@pytest.fixture
def serve():
    servers = []

    def start(script=b"", step=None):
        servers.append(Server(script, step))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


class Result:
    def __init__(self, code, out, log):
        self.code, self.out, self.log = code, out, log


@pytest.fixture
def ddump():
    """Runs ddump to its end; the log is shown when the test fails. No lost target is tried
    again (test_cli_retry.py does that). It waits for every target
    as long as it takes, so that no order depends on a machine's speed."""
    def start(*args, **kw):
        done = subprocess.run([DDUMP, "--hold-back", "1h", "--retry", "0", *map(str, args)], capture_output=True, timeout=PATIENCE, **kw)
        print("ddump", *args, "->", done.returncode, done.stderr.decode(), sep="\n")
        return Result(done.returncode, done.stdout, done.stderr.decode())
    return start


def records_of(out, nano=False, linktype=113):
    """[(ns, packet)] of a classic little-endian capture with cooked headers."""
    assert out[:24] == classic_head("<", nano, linktype)
    at, head, records = 24, 16 if linktype == 113 else 20, []
    while at < len(out):
        sec, frac, caplen, origlen = struct.unpack_from("<IIII", out, at)
        assert caplen == origlen and at + 16 + caplen <= len(out)
        records.append((sec * SECOND + frac * (1 if nano else 1000), out[at + 16 + head:at + 16 + caplen]))
        at += 16 + caplen
    return records


def interleaved(n, k=2, start=1700000000 * SECOND, gap=1000_000):
    """n records for k sources in turn, and the merged list."""
    merged = [(start + i * gap, packet(i)) for i in range(n)]
    return [merged[i::k] for i in range(k)], merged


def summary(log, target):
    """The target's row; alone it is named by its host."""
    rows = told(log)
    return rows.get(target) or rows[target.split(":")[0]]


def test_two_sources_are_merged_in_order(serve, ddump):
    (one, two), merged = interleaved(2000)
    a, b = serve(chunked(classic(one))), serve(with_length(classic(two)))
    result = ddump(a.target, b.target)
    assert result.code == 0
    assert records_of(result.out) == merged
    assert "capturing on 2 of 2 targets" in result.log
    assert "received 1000, written 1000, " in summary(result.log, a.target)
    assert "received 2000, written 2000, " in told(result.log)["total"] and "late 0" in told(result.log)["total"]


def test_a_request_has_the_targets_query_and_login(serve, ddump):
    server = serve(chunked(classic([])))
    assert ddump("--filter", "udp port 53", f"http://u:p%20w@{server.target}/x?snaplen=96").code == 0
    lines = server.requests[0].split("\r\n")
    assert lines[0] == "GET /x?snaplen=96&filter=udp%20port%2053 HTTP/1.1"
    for line in (f"Host: {server.target}", "Authorization: Basic dTpwIHc=", "Connection: close",
                 "Accept: application/x-pcapng",
                 "Ddump-Options: linktype=sll2, heartbeat=50, precision=nano"):
        assert line in lines


@pytest.mark.parametrize("endian", "<>")
@pytest.mark.parametrize("nano", [False, True])
def test_each_kind_of_classic_pcap_is_read(serve, ddump, endian, nano):
    records = [(1700000000 * SECOND + i * 1_234_567, packet(i)) for i in range(50)]
    server = serve(chunked(classic(records, endian, nano)))
    result = ddump("--time-stamp-precision", "nano", server.target)
    assert result.code == 0
    unit = 1 if nano else 1000
    assert records_of(result.out, nano=True) == [(ns // unit * unit, data) for ns, data in records]


def test_pcapng_of_our_worker(serve, ddump):
    (one, two), merged = interleaved(500)
    a, b = serve(chunked(ddump_ng(one, osdrop=7), (7, 501))), serve(chunked(ddump_ng(two)))
    result = ddump(a.target, b.target)
    assert result.code == 0
    assert [data for _, data in records_of(result.out)] == [data for _, data in merged]
    assert "dropped 7," in summary(result.log, a.target)
    assert "dropped 0," in summary(result.log, b.target)


def test_linktype_of_the_output(serve, ddump):
    records = [(SECOND * 5, packet(3))]
    result = ddump("--linktype", "sll2", serve(chunked(classic(records))).target)
    assert result.code == 0
    assert records_of(result.out, linktype=276) == records


@pytest.mark.parametrize("step", [1, 3, 17])
def test_bytes_arrive_in_pieces(serve, ddump, step):
    records = [(SECOND + i, packet(i)) for i in range(20)]
    server = serve(chunked(classic(records, nano=True), (1, 2, 3, 50)), step)
    result = ddump("--time-stamp-precision=nano", server.target)
    assert result.code == 0
    assert records_of(result.out, nano=True) == records


def test_packets_larger_than_a_queue_are_merged(serve, ddump):
    """Larger than a queue's first memory, from two sources."""
    big = [(SECOND * (i + 1), bytes([i]) * (262144 - 16 - i)) for i in range(12)]
    a, b = serve(chunked(classic(big[0::2]), (65536,))), serve(with_length(classic(big[1::2])))
    result = ddump("--buffer", "1M", a.target, b.target)
    assert result.code == 0
    assert records_of(result.out) == big


def test_interim_answers_are_skipped(serve, ddump):
    server = serve(b"HTTP/1.1 102 Processing\r\n\r\n" + chunked(classic([(SECOND, b"x")])))
    result = ddump(server.target)
    assert result.code == 0 and len(records_of(result.out)) == 1


def test_end_of_a_close_delimited_body_cannot_be_verified(serve, ddump):
    records = [(SECOND, packet(1))]
    server = serve(until_close(classic(records)))
    result = ddump(server.target)
    assert result.code == 0 and records_of(result.out) == records
    assert "end cannot be verified" in summary(result.log, server.target)


def test_end_of_our_worker_behind_a_proxy_that_hides_it(serve, ddump):
    """Close-delimited: the final block proves the end, its absence the cut."""
    records = [(SECOND, packet(1))]
    whole = serve(until_close(ddump_ng(records)))
    result = ddump(whole.target)
    assert result.code == 0 and "verified" not in result.log
    result = ddump(serve(until_close(ddump_ng(records, final=False))).target)
    assert result.code == 3
    assert records_of(result.out) == records
    assert "last block is missing" in result.log


@pytest.mark.parametrize("cut", [30, 60, 150])
def test_a_cut_stream_is_reported_and_what_came_is_kept(serve, ddump, cut):
    records = [(SECOND + i * 1000, packet(60)) for i in range(100)]
    body = chunked(classic(records), (200,))
    server = serve(body[:-cut])
    other = serve(chunked(classic(records)))
    result = ddump(server.target, other.target)
    assert result.code == 3
    assert f"ddump: {server.target}: the stream was cut" in result.log
    got = records_of(result.out)
    assert 100 + 90 <= len(got) < 200 and all(r in records for r in got)


def test_a_reset_in_the_middle(serve, ddump):
    def reset(connection):
        connection.sendall(chunked(classic([(SECOND, b"kept")]))[:-18])
        time.sleep(0.2)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    result = ddump(serve(reset).target)
    assert result.code == 3
    assert "connection was lost" in result.log
    assert records_of(result.out) == [(SECOND, b"kept")]


@pytest.mark.parametrize("answer, words", [
    (refusal(b"400 Bad Request", b"application/problem+json",
             json.dumps({"title": "Bad Request", "detail": "syntax error in filter expression"}).encode()),
     "400 Bad Request: syntax error in filter expression"),
    (refusal(b"401 Unauthorized", b"text/html", b"<html>"), "401 Unauthorized; give USER:PASSWORD@"),
    (refusal(b"403 Forbidden", b"text/plain", b"not\nyou \x1b[31m"), "403 Forbidden: not you \\x1b[31m"),
    (refusal(b"404 Not Found", b"text/html", b"<html>"), "404 Not Found; check the path"),
    (refusal(b"503 ", b"text/plain", b"too many captures"), "503 Service Unavailable: too many captures"),
    (b"HTTP/1.1 301 Moved\r\nLocation: http://other/\r\nContent-Length: 0\r\n\r\n", "http://other/"),
    (b"HTTP/1.1 204 No Content\r\n\r\n", "204 No Content"),
    (b"HTTP/1.1 500 Oops\r\nContent-Type: text/plain\r\n\r\n" + b"x" * 100000, "500 Oops: xxxx"),
    (b"SSH-2.0-OpenSSH_9.2\r\n", "invalid HTTP response: "),
    (b"", "closed before it answered"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "invalid HTTP response: "),
    (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 40000, "invalid HTTP response: "),
])
def test_refusals_are_one_line_and_do_not_stop_the_others(serve, ddump, answer, words):
    bad, good = serve(answer), serve(chunked(classic([(SECOND, b"good")])))
    result = ddump(bad.target, good.target)
    assert result.code == 3
    assert len(records_of(result.out)) == 1
    lines = [l for l in result.log.splitlines()
             if l.startswith(f"ddump: {bad.target}: ")]
    assert len(lines) == 1 and words in lines[0]
    assert "capturing on 1 of 2 targets" in result.log
    assert "\x1b" not in result.log
    alone = ddump(bad.target)
    assert alone.code == 1 and records_of(alone.out) == []


@pytest.mark.parametrize("body, words", [
    (b"not a capture at all", 'the answer is no capture: application/vnd.tcpdump.pcap: "not a capture at all"; check the path'),
    (b"ok\n", 'the answer is no capture: application/vnd.tcpdump.pcap: "ok"; check the path'),
    (b"\x0a\x0d\x0d\x0a" + b"\xff" * 64, "malformed capture at byte 0: section of unknown byte order"),
    (classic_head() + b"\xff" * 64, "malformed capture at byte 24: record longer than 262144 bytes"),
    (b"", "no capture"),
    (classic_head(linktype=127) + classic_record(SECOND, b"radio", "<", False), "link type 127"),
])
def test_garbage_behind_a_200(serve, ddump, body, words):
    bad, good = serve(with_length(body)), serve(chunked(classic([(SECOND, b"good")])))
    result = ddump("--retry", "1h", bad.target, good.target)
    assert result.code == 3, "it is not tried again"
    assert len(records_of(result.out)) == 1
    assert words in result.log


def test_damage_in_the_middle_keeps_what_came_before(serve, ddump):
    records = [(SECOND + i * 1000, packet(i)) for i in range(10)]
    damaged = classic(records) + b"\xff" * 100
    result = ddump(serve(chunked(damaged)).target)
    assert result.code == 3 and records_of(result.out) == records


def test_a_target_where_nobody_listens_is_named(ddump):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    result = ddump(f"127.0.0.1:{port}")
    assert result.code == 1
    assert "ddump: 127.0.0.1: connect: Connection refused; " in result.log


def test_no_such_host(serve, ddump):
    good = serve(chunked(classic([(SECOND, b"good")])))
    result = ddump("no-such-host.invalid", good.target)
    assert result.code == 3 and len(records_of(result.out)) == 1
    assert "ddump: no-such-host.invalid: " in result.log


def test_a_name_with_several_addresses(serve, ddump):
    """localhost may be ::1 first, where nobody listens."""
    server = serve(chunked(classic([(SECOND, b"x")])))
    result = ddump(f"localhost:{server.port}")
    assert result.code == 0 and len(records_of(result.out)) == 1


def test_a_server_that_says_nothing(serve, ddump):
    silent = serve().hold()
    good = serve(chunked(classic([(SECOND, b"good")])))
    result = ddump("--connect-timeout", "300ms", silent.target, good.target)
    assert result.code == 3 and len(records_of(result.out)) == 1
    assert f"{silent.target}: no answer to the request in time" in result.log


def test_one_failed_target_ends_a_run_that_requires_all(serve, ddump):
    bad = serve(refusal(b"403 Forbidden", b"text/plain", b"no"))
    good = serve().hold(OK + b"\r\n" + classic_head())
    result = ddump("--require-all", bad.target, good.target)
    assert result.code == 1 and "ddump: --require-all: not all targets could start; " in result.log


@pytest.mark.parametrize("data, code", [(b"", 1), (b"no capture", 1), (classic_head() + b"cut", 3)])
def test_nothing_could_be_started_without_the_head_of_a_capture(tmp_path, ddump, data, code):
    (tmp_path / "x.pcap").write_bytes(data)
    result = ddump(tmp_path / "x.pcap")
    assert result.code == code
    assert ("not compressed" in result.log or "it is empty" in result.log) == (code == 1)


def test_standard_input_is_a_source():
    result = subprocess.run([DDUMP, "-"], input=classic([(SECOND, b"x")]), capture_output=True, timeout=PATIENCE)
    assert result.returncode == 0 and records_of(result.stdout) == [(SECOND, b"x")]


def test_a_worker_is_reached_over_a_unix_socket(tmp_path, ddump):
    path = str(tmp_path / "s.sock")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()

    def answer():
        connection, _ = listener.accept()
        connection.recv(65536)
        connection.sendall(chunked(classic([(SECOND, b"x")])))
        connection.close()

    threading.Thread(target=answer, daemon=True).start()
    result = ddump(f"unix:{path}")
    listener.close()
    assert result.code == 0 and records_of(result.out) == [(SECOND, b"x")]


def test_count_and_files(tmp_path, serve, ddump):
    (one, two, three), merged = interleaved(300, 3)
    (tmp_path / "a.pcap").write_bytes(classic(one))
    (tmp_path / "b.pcapng").write_bytes(section() + interface()
                                        + b"".join(enhanced(ns, SLL_HEAD + d) for ns, d in two))
    server = serve(chunked(classic(three)))
    out = tmp_path / "out.pcap"
    targets = [tmp_path / "a.pcap", tmp_path / "b.pcapng", server.target]
    result = ddump("-w", out, *targets)
    assert result.code == 0 and result.out == b""
    assert records_of(out.read_bytes()) == merged
    result = ddump("-c", 17, "-w", out, *targets)
    assert result.code == 0
    assert records_of(out.read_bytes()) == merged[:17]


def test_a_fifo_is_a_source(tmp_path, ddump):
    fifo = str(tmp_path / "f.pcap")
    os.mkfifo(fifo)
    records = [(SECOND + i * 1000, packet(i)) for i in range(10)]

    def feed():
        with open(fifo, "wb") as f:
            f.write(classic(records))

    threading.Thread(target=feed, daemon=True).start()
    result = ddump(fifo)
    assert result.code == 0 and records_of(result.out) == records


def test_missing_files_and_usage(tmp_path, ddump):
    missing = ddump(tmp_path / "none.pcap")
    assert missing.code == 1 and "No such file" in missing.log
    for args in ([], ["--bogus", "a"], ["http://u:secret@h:x"], ["-key", "c", "https://h"], ["--format", "erf", "h"]):
        result = ddump(*args)
        assert result.code == 2 and result.out == b"" and "secret" not in result.log
        assert result.log.startswith("ddump: ") and result.log.count("\n") == 1
    assert ddump("-w", tmp_path / "no" / "dir", "h").code == 1
    assert ddump("--help").out.startswith(b"usage: ddump")
    assert ddump("-V").out.startswith(b"ddump 0.")


class Live:
    """ddump that runs on, with its stdout in a pipe that is read here."""

    def __init__(self, tmp_path, *args):
        read, write = os.pipe()
        self.process = Process([DDUMP, *map(str, args)], str(tmp_path / "log"), stdout=write)
        os.close(write)
        self.stdout = os.fdopen(read, "rb", buffering=0)
        self.out = b""

    def read(self, size):
        """Reads until size bytes have come in all."""
        end = time.monotonic() + PATIENCE
        while len(self.out) < size:
            ready, _, _ = select.select([self.stdout], [], [], max(0, end - time.monotonic()))
            data = os.read(self.stdout.fileno(), 65536) if ready else b""
            if not data:
                pytest.fail(f"{len(self.out)} bytes of {size}\n{self.process.log()}")
            self.out += data
        return self.out

    def finish(self):
        while True:
            data = os.read(self.stdout.fileno(), 65536)
            if not data:
                break
            self.out += data
        self.stdout.close()
        return self.process.popen.wait(PATIENCE)


def test_interrupt_writes_what_is_held(tmp_path, serve):
    """With a huge hold-back the records of one source wait for the silent other."""
    records = [(1700000000 * SECOND + i * 1000, packet(i)) for i in range(100)]
    busy = serve().hold(until_close(classic(records)))
    silent = serve().hold(until_close(classic_head()))
    live = Live(tmp_path, "--hold-back", "1h", busy.target, silent.target)
    live.read(24)
    wait_for(lambda: "capturing on 2 of 2" in live.process.log(), "both answer")
    time.sleep(0.1)
    live.process.popen.send_signal(signal.SIGINT)
    assert live.finish() == 0
    got = records_of(live.out)
    assert got == records[:len(got)]
    assert f"received {len(got)}, written {len(got)}," in told(live.process.log())["total"]


def test_a_quiet_link_shows_a_packet_though_others_are_silent(tmp_path, serve):
    one = classic([(1700000000 * SECOND, packet(1))])
    busy = serve().hold(until_close(one))
    silent = serve().hold(until_close(classic_head()))
    live = Live(tmp_path, busy.target, silent.target)
    live.read(len(one))
    live.process.popen.send_signal(signal.SIGTERM)
    assert live.finish() == 0
    assert live.out == one


def test_the_reader_closes_the_pipe(tmp_path, serve):
    """Found at once, though nothing more is to be written."""
    server = serve().hold(until_close(classic([(SECOND, b"x")])))
    live = Live(tmp_path, server.target)
    live.read(24)
    live.stdout.close()
    assert live.process.popen.wait(PATIENCE) == 0
    assert "total" in told(live.process.log())


def test_head_of_a_stream(serve):
    """ddump | head -c 100, with far more to come than pipes hold."""
    records = [(SECOND + i * 1000, packet(80)) for i in range(60000)]
    server = serve(chunked(classic(records), (60000,)))
    done = subprocess.run(
        ["bash", "-c", f'"{DDUMP}" -q {server.target} | head -c 100 | wc -c; exit ${{PIPESTATUS[0]}}'],
        capture_output=True, timeout=PATIENCE)
    assert done.returncode == 0 and done.stdout.strip() == b"100" and done.stderr == b""


def test_a_blocked_reader_loses_nothing_and_keeps_the_order(tmp_path, serve):
    """Nobody reads for longer than the hold-back: what is then read is whole and sorted."""
    (one, two), merged = interleaved(60000, gap=10_000)
    a, b = serve(chunked(classic(one), (9000,))), serve(chunked(classic(two), (5000,)))
    live = Live(tmp_path, "--hold-back", "400ms", "--buffer", "1M", a.target, b.target)
    live.read(24)
    time.sleep(1)
    assert live.finish() == 0
    assert records_of(live.out) == merged
    assert "received 60000, written 60000, " in told(live.process.log())["total"] and "late 0" in told(live.process.log())["total"]


def test_interrupt_while_the_reader_is_blocked(tmp_path, serve):
    records = [(SECOND + i * 1000, packet(80)) for i in range(60000)]
    server = serve(chunked(classic(records), (60000,)))
    live = Live(tmp_path, "-q", server.target)
    live.read(24)
    time.sleep(0.3)
    live.process.popen.send_signal(signal.SIGINT)
    time.sleep(0.1)
    assert live.process.popen.poll() is None, "it still wants to write what it holds"
    assert live.finish() == 0
    assert records_of(live.out) == records[:len(records_of(live.out))]


def test_a_second_interrupt_ends_at_once(tmp_path, serve):
    records = [(SECOND + i * 1000, packet(80)) for i in range(60000)]
    live = Live(tmp_path, "-q", serve(chunked(classic(records), (60000,))).target)
    live.read(24)
    time.sleep(0.3)
    live.process.popen.send_signal(signal.SIGINT)
    time.sleep(0.1)
    live.process.popen.send_signal(signal.SIGINT)
    assert live.process.popen.wait(PATIENCE) == 1
    live.stdout.close()


def test_a_duration_ends_the_run(tmp_path, serve):
    server = serve().hold(until_close(classic([(SECOND, b"x")])))
    live = Live(tmp_path, "-d", "200ms", server.target)
    assert live.finish() == 0
    assert records_of(live.out) == [(SECOND, b"x")]


def test_a_full_disk(serve):
    server = serve(chunked(classic([(SECOND, b"x")])))
    with open("/dev/full", "wb") as full:
        done = subprocess.run([DDUMP, server.target], stdout=full, stderr=subprocess.PIPE, timeout=PATIENCE)
    assert done.returncode == 1 and b"No space left" in done.stderr


def test_tcpdump_reads_it_live(serve):
    records = [(1700000000 * SECOND + i * 1000, packet(i)) for i in range(10)]
    server = serve(chunked(classic(records)))
    done = subprocess.run(["bash", "-c", f'"{DDUMP}" -q {server.target} | tcpdump -nr - | wc -l'],
                          capture_output=True, timeout=PATIENCE)
    assert done.stdout.strip() == b"10"


def test_hundreds_of_targets_are_merged_in_order(serve, ddump):
    """More than one round of events holds, all from one server."""
    k, records = 300, [(SECOND + i * 1000, packet(i)) for i in range(10)]
    server = serve(chunked(classic(records)))
    result = ddump(*[f"{server.target}/{i}" for i in range(k)])
    assert result.code == 0
    assert records_of(result.out) == [r for r in records for _ in range(k)]
    assert told(result.log)["total"].startswith(f"received {10 * k}, written {10 * k}, ")


def test_targets_from_a_file(tmp_path, serve, ddump):
    (one, two, three), merged = interleaved(300, 3)
    a, b, c = (serve(chunked(classic(records))) for records in (one, two, three))
    (tmp_path / "list").write_text(f"# those of db\n\n  {b.target}\t\r\n#{c.target}\n{c.target}")
    result = ddump("--targets", tmp_path / "list", a.target)
    assert result.code == 0 and records_of(result.out) == merged
    result = ddump("--targets", "-", input=f"{a.target}\n{b.target}\nu:secret@{c.target}\n".encode())
    assert result.code == 0 and records_of(result.out) == merged and "secret" not in result.log
    (tmp_path / "list").write_text("#\n")
    assert ddump("--targets", tmp_path / "list").code == 2
    assert ddump("--targets", tmp_path / "none", a.target).code == 2
