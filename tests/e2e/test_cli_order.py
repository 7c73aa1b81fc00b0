"""The order of the output on bad days: wrong time stamps, links that carry too little."""

import json
import os
import re
import signal
import threading
import time

import pytest

from captures import run_ddump
from lab import DDUMP, packets_of, told, wait_for
from test_cli_clock import HEAD, ahead, ddump, ddump_until, serve  # noqa: F401 (fixtures)
from test_cli_counts import NGINX
from test_cli_http import (SECOND, SLL_HEAD, classic, classic_head, classic_record, packet, records_of,
                           summary)

MS = 10**6
FAR = 4294967295 * SECOND  # of 2106: classic pcap has no later ones
PCAP_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.tcpdump.pcap\r\n\r\n"


# 1,400 bytes each 2 ms: 700 kB/s, in bursts of so many
FLOOD = """
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
n, burst = int(sys.argv[1]), int(sys.argv[2])
for i in range(n):
    s.sendto(bytes(1400), ("127.0.0.1", 9999))
    if i % burst == 0: time.sleep(0.002 * burst)
"""

# 60 bytes each 25 ms for 8 s: with the heartbeats some 8 kB/s
TRICKLE = """
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(320):
    s.sendto(bytes(60), ("127.0.0.1", 9999))
    time.sleep(0.025)
"""

RELAY = """
import socket, sys, threading, time
port, rate = int(sys.argv[1]), int(sys.argv[2])
def copy(a, b, rate):
    while data := a.recv(4096):
        b.sendall(data)
        if rate: time.sleep(len(data) / rate)
    b.shutdown(socket.SHUT_WR)
server = socket.create_server(("127.0.0.1", 0))
print("port", server.getsockname()[1], file=sys.stderr, flush=True)
while True:
    client, _ = server.accept()
    worker = socket.socket()
    worker.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    worker.connect(("127.0.0.1", port))
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)
    threading.Thread(target=copy, args=(client, worker, 0), daemon=True).start()
    threading.Thread(target=copy, args=(worker, client, rate), daemon=True).start()
"""


def start_relay(lab, host, port, rate):
    """A link of so many bytes a second: its process and its port."""
    process = lab.start(host, ["python3", "-c", RELAY, str(port), str(rate)])
    wait_for(lambda: "port " in process.log(), "the link is there")
    return process, int(process.log().rsplit("port ", 1)[1])


def steps_back(records):
    """How a reader sees it: those older than the newest before them."""
    newest, late = 0, 0
    for ns, _ in records:
        late += ns < newest
        newest = max(newest, ns)
    return late


@pytest.mark.parametrize("clock", [None, ahead(0), ahead(-3600 * SECOND)], ids=["no clock", "right", "an hour behind"])
def test_one_wrong_stamp_makes_nothing_late(serve, ddump, tmp_path, clock):
    """Of another host, in the midst of 5,000 packets that come as they are captured."""
    sent = threading.Event()
    offset = clock() - time.time_ns() if clock else 0

    def honest(connection):
        connection.sendall(PCAP_HEAD + classic_head(nano=True))
        for i in range(100):
            now = time.time_ns()
            connection.sendall(b"".join(classic_record(now + j, SLL_HEAD + packet(50 * i + j), nano=True)
                                        for j in range(50)))
            if i == 50:
                assert sent.wait(20)
            time.sleep(0.005)
        time.sleep(0.3)

    def wrong(connection):
        connection.sendall(PCAP_HEAD + classic_head(nano=True))
        time.sleep(0.1)
        connection.sendall(classic_record(FAR, SLL_HEAD + b"wrong", nano=True))
        sent.set()
        time.sleep(0.5)
        connection.sendall(classic_record(time.time_ns() + offset, SLL_HEAD + b"right", nano=True))
        time.sleep(0.3)

    a, b = serve(honest), serve(wrong, clock)
    stats = tmp_path / "stats.json"
    code, out, log = ddump("--stats-json", stats, a.target, b.target)
    assert code == 0
    records = records_of(out)
    assert [ns // SECOND for ns, data in records if data == b"wrong"] == [FAR // SECOND]
    total = json.loads(stats.read_text())["total"]
    assert total["packets_written"] == 5002 and total["ahead"] == 1
    assert total["late"] == steps_back([r for r in records if r[1] != b"wrong"])
    assert "received 5000, written 5000, " in summary(log, a.target)
    assert ", ahead 1, " in summary(log, b.target)
    assert log.count("counted as ahead") == 1 and f"{b.target}: a packet has the time 2106-" in log


def test_one_wrong_stamp_in_a_file_makes_nothing_late(tmp_path):
    start = 1700000000 * SECOND
    times = [start + i * MS for i in range(5000)]
    images = {"a": times, "b": times[:200] + [FAR] + times[200:], "c": [FAR]}
    for name, stamps in images.items():
        (tmp_path / name).write_bytes(classic([(ns, packet(i)) for i, ns in enumerate(stamps)], nano=True))
    stats = tmp_path / "stats.json"
    run_ddump("-w", tmp_path / "out", "--stats-json", stats, *(tmp_path / name for name in images))
    records = records_of((tmp_path / "out").read_bytes())
    targets = json.loads(stats.read_text())["targets"]
    assert [ns for ns, _ in records[:10000]] == sorted(2 * times)
    assert [t["late"] for t in targets] == [0, 0, 0]
    assert [t["ahead"] for t in targets] == [0, 1, 1]


def test_a_slow_link_is_waited_for_and_named(lab, tmp_path):
    """The same packets to both workers; one of them is reached over 200 kB/s, and sends more. A
    burst of 84 kB is longer on that link than the hold-back, and no watermark comes before its end."""
    host = lab.namespace("h")
    healthy, slow = lab.worker(host), lab.worker(host)
    _, port = start_relay(lab, host, slow.port, 200_000)
    out, stats = str(tmp_path / "out"), str(tmp_path / "stats.json")
    process = lab.start(host, [DDUMP, "-w", out, "--stats-json", stats, "-f", "udp dst port 9999",
                               f"http://127.0.0.1:{healthy.port}", f"http://127.0.0.1:{port}"])
    try:
        wait_for(lambda: "capturing on 2 of 2" in process.log(), "it captures: " + process.log())
        host.run("python3", "-c", FLOOD, "1500", "60")
        wait_for(lambda: re.search(r"s behind: its link carries \d+\.\d kB/s", process.log()), "it is named: " + process.log())
        wait_for(lambda: os.path.getsize(out) > 2 * 1450 * 1400, "nearly all of it has come")
    finally:
        code = process.stop(signal.SIGINT)
    print(process.log())
    assert code == 0
    with open(stats) as f:
        total = json.load(f)["total"]
    assert total["packets_written"] >= 2 * 1400 and total["forced"] == 0
    assert total["late"] == 0 and steps_back(packets_of(out)) == 0
    assert process.log().count("s behind") == 1


def test_a_stalled_target_beside_a_slow_link_holds_nobody(lab, tmp_path):
    """The others wait for the one that lags and delivers, not for the one that has stopped."""
    host = lab.namespace("h")
    workers = [lab.worker(host) for _ in range(3)]
    _, slow = start_relay(lab, host, workers[1].port, 200_000)
    stalled, port = start_relay(lab, host, workers[2].port, 0)
    out = str(tmp_path / "out")
    process = lab.start(host, [DDUMP, "-w", out, "-f", "udp dst port 9999", f"http://127.0.0.1:{workers[0].port}",
                               f"http://127.0.0.1:{slow}", f"http://127.0.0.1:{port}"])
    try:
        wait_for(lambda: "capturing on 3 of 3" in process.log(), "it captures: " + process.log())
        time.sleep(0.5)
        stalled.popen.send_signal(signal.SIGSTOP)
        host.run("python3", "-c", FLOOD, "400", "1")
        wait_for(lambda: len(packets_of(out)) >= 2 * 400, "both of the others are there: " + process.log())
        assert steps_back(packets_of(out)) == 0
    finally:
        stalled.popen.send_signal(signal.SIGCONT)
        code = process.stop(signal.SIGINT)
    print(process.log())
    assert code == 0 and len(packets_of(out)) == 3 * 400
    for number in workers[0].port, slow:
        assert told(process.log())[f"127.0.0.1:{number}"].startswith("received 400, written 400, dropped 0, late 0,")


def test_honest_targets_are_not_called_proxies(lab, tmp_path):
    """A quiet one, and one with 500 packets a second."""
    host = lab.namespace("h")
    quiet, busy = (f"http://127.0.0.1:{lab.worker(host).port}/capture?filter=udp+dst+port+{port}"
                   for port in (9, 9999))
    process = lab.start(host, [DDUMP, "-w", str(tmp_path / "out"), quiet, busy])
    wait_for(lambda: "capturing on 2 of 2" in process.log(), "it captures: " + process.log())
    host.run("python3", "-c", FLOOD, "2500", "1")
    assert process.stop(signal.SIGINT) == 0
    assert "lumps" not in process.log() and "behind" not in process.log(), process.log()
    assert told(process.log())["total"].startswith("received 2500, written 2500, dropped 0, late 0,")


def buffering_proxy(lab, host, tmp_path, worker):
    """nginx against the worker's word: the stream comes in lumps of 4 KiB."""
    conf = tmp_path / "nginx.conf"
    conf.write_text(NGINX.format(tmp=tmp_path, port=18080, worker=worker.port, location="/")
                    .replace("proxy_buffering off;", "proxy_ignore_headers X-Accel-Buffering;"))
    lab.start(host, ["nginx", "-c", str(conf)])
    wait_for(lambda: host.run("curl", "-s", "http://127.0.0.1:18080/", check=False).returncode == 0, "nginx")
    return [f"http://localhost:{worker.port}", "http://127.0.0.1:18080"]


def test_short_lumps_are_waited_for_and_named(lab, tmp_path):
    """A proxy that buffers a busy link: lumps of half a second; what comes after the second is in order."""
    host = lab.namespace("h")
    both = buffering_proxy(lab, host, tmp_path, lab.worker(host))
    out, stats = str(tmp_path / "out"), str(tmp_path / "stats.json")
    process = lab.start(host, [DDUMP, "-w", out, "--stats-json", stats, "-f", "udp dst port 9999", *both])
    try:
        wait_for(lambda: "capturing on 2 of 2" in process.log(), "it captures: " + process.log())
        host.run("python3", "-c", TRICKLE)
    finally:
        code = process.stop(signal.SIGINT)
    print(process.log())
    assert code == 0
    with open(stats) as f:
        total = json.load(f)["total"]
    records = packets_of(out)
    assert total["packets_written"] == len(records) == 2 * 320 and total["forced"] == 0
    settled = [r for r in records if r[0] > records[0][0] + 3 * SECOND]
    assert len(settled) > 300 and steps_back(settled) == 0
    assert process.log().count("arrives in lumps of") == 1 and "s behind" not in process.log()
    lumps = float(process.log().split("arrives in lumps of ")[1].split(" s")[0])
    assert 0.3 <= lumps <= 0.9


def test_a_proxy_that_buffers_is_named(lab, tmp_path):
    """An idle link: heartbeats come in lumps, seconds apart."""
    host = lab.namespace("h")
    both = buffering_proxy(lab, host, tmp_path, lab.worker(host))
    process = lab.start(host, [DDUMP, "-w", str(tmp_path / "out.pcap"), "-f", "udp port 9", *both])
    wait_for(lambda: "arrives in lumps of" in process.log(), process.log())
    assert process.stop(signal.SIGINT) == 0
    lines = [line for line in process.log().splitlines() if "lumps" in line or "behind" in line]
    assert len(lines) == 1 and "127.0.0.1: its stream arrives in lumps of " in lines[0], process.log()
    assert "a proxy buffers it" in lines[0] and "proxy_buffering off" in lines[0]
