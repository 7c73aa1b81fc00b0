"""The order of the output on bad days: wrong time stamps, links that carry too little."""

import json
import signal
import threading
import time

import pytest

from captures import run_ddump
from lab import DDUMP, packets_of, wait_for
from test_cli_clock import HEAD, ahead, ddump, ddump_until, serve  # noqa: F401 (fixtures)
from test_cli_counts import NGINX
from test_cli_http import (SECOND, SLL_HEAD, classic, classic_head, classic_record, packet, records_of,
                           summary)

MS = 10**6
FAR = 4294967295 * SECOND  # of 2106: classic pcap has no later ones
PCAP_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.tcpdump.pcap\r\n\r\n"


# 1,400 bytes each 2 ms: 700 kB/s for 3 s
FLOOD = """
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(1500):
    s.sendto(bytes(1400), ("127.0.0.1", 9999))
    time.sleep(0.002)
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


def relay_to(lab, host, port, rate):
    """A link of so many bytes a second: its port."""
    process = lab.start(host, ["python3", "-c", RELAY, str(port), str(rate)])
    wait_for(lambda: "port " in process.log(), "the link is there")
    return int(process.log().rsplit("port ", 1)[1])


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
    assert "received 5000, written 5000, late 0," in summary(log, a.target)
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
    """Numbered packets to both workers at once; one of them is reached over 200 kB/s, and sends more."""
    host = lab.namespace("h")
    healthy, slow = lab.worker(host), lab.worker(host)
    port = relay_to(lab, host, slow.port, 200_000)
    out, stats = str(tmp_path / "out"), str(tmp_path / "stats.json")
    process = lab.start(host, [DDUMP, "-w", out, "--stats-json", stats, "-f", "udp dst port 9999",
                               f"http://127.0.0.1:{healthy.port}", f"http://127.0.0.1:{port}"])
    try:
        wait_for(lambda: "capturing on 2 of 2" in process.log(), "it captures: " + process.log())
        host.run("python3", "-c", FLOOD)
        wait_for(lambda: "s behind: its link carries 0." in process.log(), "it is named: " + process.log())
        time.sleep(8)
    finally:
        code = process.stop(signal.SIGINT)
    print(process.log())
    assert code == 0
    with open(stats) as f:
        total = json.load(f)["total"]
    assert total["packets_written"] >= 2 * 1400 and total["forced"] == 0
    assert total["late"] == 0 and steps_back(packets_of(out)) == 0
    assert process.log().count("s behind") == 1


def test_a_proxy_that_buffers_is_named(lab, tmp_path):
    """nginx against the worker's word: heartbeats come in lumps, seconds apart, on an idle link."""
    host = lab.namespace("h")
    worker = lab.worker(host)
    conf = tmp_path / "nginx.conf"
    conf.write_text(NGINX.format(tmp=tmp_path, port=18080, worker=worker.port, location="/")
                    .replace("proxy_buffering off;", "proxy_ignore_headers X-Accel-Buffering;"))
    lab.start(host, ["nginx", "-c", str(conf)])
    wait_for(lambda: host.run("curl", "-s", "http://127.0.0.1:18080/", check=False).returncode == 0, "nginx")
    both = [f"http://localhost:{worker.port}", "http://127.0.0.1:18080"]
    process = lab.start(host, [DDUMP, "-w", str(tmp_path / "out.pcap"), "-f", "udp port 9", *both])
    wait_for(lambda: "arrives in lumps of" in process.log(), process.log())
    assert process.stop(signal.SIGINT) == 0
    lines = [line for line in process.log().splitlines() if "lumps" in line or "behind" in line]
    assert len(lines) == 1 and "127.0.0.1: its stream arrives in lumps of " in lines[0], process.log()
    assert "a proxy buffers it" in lines[0] and "proxy_buffering off" in lines[0]
