"""The order of the output on bad days: wrong time stamps, links that carry too little."""

import json
import threading
import time

import pytest

from captures import run_ddump
from test_cli_clock import HEAD, ahead, ddump, ddump_until, serve  # noqa: F401 (fixtures)
from test_cli_http import (SECOND, SLL_HEAD, classic, classic_head, classic_record, packet, records_of,
                           summary)

MS = 10**6
FAR = 4294967295 * SECOND  # of 2106: classic pcap has no later ones
PCAP_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.tcpdump.pcap\r\n\r\n"


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
