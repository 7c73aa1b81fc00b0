"""GET /captures/ID: what became of every packet of a capture, for its client alone."""

import json
import os
import re
import signal

import pytest

from lab import PATIENCE, packets_of, wait_for
from test_worker import curl, expect, payloads, send_udp, url

SETTLED = {"dropped_by_kernel": 0, "own_traffic": 0, "own_bytes": 0}


@pytest.fixture
def host(lab):
    return lab.namespace("h")


def begin(lab, host, worker, tmp_path, *args, **query):
    """A capture by curl: process, ID, file."""
    head, out = str(tmp_path / "head"), str(tmp_path / "out")
    for path in (head, out):
        if os.path.exists(path):
            os.unlink(path)
    query.setdefault("filter", "udp dst port 9999")
    process = lab.start(host, ["curl", "-sSN", "-D", head, "-o", out, *args, url(worker, **query)])
    wait_for(lambda: os.path.exists(out) and os.path.getsize(out) >= 24, "a file header")
    ids = re.findall(r"(?im)^ddump-capture: ([0-9a-f]{32})\s*$", open(head).read())
    assert len(ids) == 1
    return process, ids[0], out


def counts(host, worker, capture, **query):
    return json.loads(curl(host, url(worker, "/captures/" + capture, **query)).stdout)


def ended(end, n, **more):
    return {"state": "ended", "counts": "exact", "offered": n, "captured": n, **SETTLED, "end": end, **more}


@pytest.mark.parametrize("form", ["pcap", "pcapng"])
def test_a_stop_answers_when_the_last_packet_is_counted(lab, host, tmp_path, form):
    """Each round's packets are sent right before the stop, most of them into a block that
    the kernel has not handed over yet."""
    worker = lab.worker(host)
    for n in (1, 7, 300):
        process, capture, out = begin(lab, host, worker, tmp_path, format=form)
        send_udp(host, n)
        assert counts(host, worker, capture, stop=1) == ended("stopped", n)
        assert process.popen.wait(PATIENCE) == 0
        assert payloads(out) == expect(n)
        assert counts(host, worker, capture, stop=1) == ended("stopped", n), "again: the same"
        assert counts(host, worker, capture) == ended("stopped", n)


def test_a_running_capture_is_counted_and_goes_on(lab, host, tmp_path):
    worker = lab.worker(host)
    process, capture, out = begin(lab, host, worker, tmp_path, format="pcapng")
    send_udp(host, 5)
    wait_for(lambda: counts(host, worker, capture)["captured"] == 5, "they are counted")
    now = counts(host, worker, capture)
    assert now == {"state": "running", "counts": "at_least", "offered": 5, "captured": 5, **SETTLED}
    curl(host, "-I", url(worker, "/captures/" + capture, stop=1))
    send_udp(host, 5)
    wait_for(lambda: counts(host, worker, capture)["captured"] == 10, "HEAD stopped nothing")
    assert process.popen.poll() is None


def test_what_a_client_left_in_queue_and_ring_is_counted(lab, host, tmp_path):
    """A client that stops reading, then dies: all that matched is captured or dropped."""
    worker = lab.worker(host)
    process, capture, _ = begin(lab, host, worker, tmp_path, buffer=512)
    process.popen.send_signal(signal.SIGSTOP)
    n = 20000
    send_udp(host, n, size=1000)
    process.popen.send_signal(signal.SIGKILL)
    process.popen.wait()
    last = wait_for(lambda: (lambda c: c["state"] == "ended" and c)(counts(host, worker, capture)), "it ends")
    assert last["counts"] == "exact" and last["end"] == "client"
    assert last["offered"] == n == last["captured"] + last["dropped_by_kernel"]
    assert last["dropped_by_kernel"] > 1000 and last["captured"] > 1000


def test_a_stop_of_a_client_that_does_not_read_counts_all(lab, host, tmp_path):
    worker = lab.worker(host)
    process, capture, _ = begin(lab, host, worker, tmp_path, buffer=512)
    process.popen.send_signal(signal.SIGSTOP)
    n = 20000
    send_udp(host, n, size=1000)
    try:
        first = counts(host, worker, capture, stop=1)
    finally:
        process.popen.send_signal(signal.SIGCONT)
    process.popen.wait(PATIENCE)
    last = counts(host, worker, capture, stop=1)
    assert last["counts"] == "exact" and last["end"] == "stopped"
    assert last["offered"] == n == last["captured"] + last["dropped_by_kernel"]
    assert first["offered"] <= n and (first["counts"] == "exact") == (first["offered"] == n)


def test_slow_readers_get_what_the_ring_held_at_the_end(lab, host, tmp_path):
    """The queue is full when the end comes: what the ring has goes out behind it."""
    worker = lab.worker(host)
    process, capture, out = begin(lab, host, worker, tmp_path, "--limit-rate", "2M", duration=3)
    n = 8000
    send_udp(host, n, size=1000)
    assert process.popen.wait(PATIENCE) == 0
    last = counts(host, worker, capture)
    assert last == ended("duration", n) and len(packets_of(out)) == n


def test_the_count_that_was_asked_for_is_all_that_was_offered(lab, host, tmp_path):
    worker = lab.worker(host)
    process, capture, out = begin(lab, host, worker, tmp_path, count=10)
    send_udp(host, 500)
    assert process.popen.wait(PATIENCE) == 0
    assert counts(host, worker, capture) == ended("count", 10)
    assert payloads(out) == expect(10)


def test_a_capture_process_that_was_killed_is_counted_as_at_least(lab, host, tmp_path):
    worker = lab.worker(host)
    process, capture, _ = begin(lab, host, worker, tmp_path, format="pcapng")
    send_udp(host, 20)
    wait_for(lambda: counts(host, worker, capture)["captured"] == 20, "they are counted")
    front, victim = worker.children()
    os.kill(max(front, victim), signal.SIGKILL)
    process.popen.wait(PATIENCE)
    last = wait_for(lambda: (lambda c: c["state"] == "ended" and c)(counts(host, worker, capture)), "it ends")
    assert last["counts"] == "at_least" and last["captured"] == 20 and last["end"] == "died"


def test_an_id_is_its_clients_alone(lab, host, tmp_path):
    worker = lab.worker(host)
    process, capture, _ = begin(lab, host, worker, tmp_path)
    for path in ("/captures", "/metrics", "/", "/interfaces"):
        assert capture not in curl(host, url(worker, path)).stdout.decode()
    assert counts(host, worker, capture, stop=1)["state"] == "ended"
    process.popen.wait(PATIENCE)
    assert capture not in worker.log()
    status = lambda path, *args: curl(host, "-o", "/dev/null", "-w", "%{http_code}", *args,  # noqa: E731
                                      url(worker, path)).stdout.decode()
    assert status("/captures/" + "0" * 32) == "404"
    assert status("/captures/" + capture[:-1]) == "404"
    assert status("/captures/" + capture.upper()) == "404" or capture.upper() == capture
    assert status("/captures/") == "404"
    assert status("/captures/" + capture + "/x") == "404"
    assert status("/captures/" + capture + "?stop=2") == "400"
    assert status("/captures/" + capture + "?stop=1&x=1") == "400"
    assert status("/captures/" + capture, "-X", "DELETE") == "405"


def test_old_counts_make_room_for_new_ones(lab, host, tmp_path):
    """256 are kept: the oldest goes, the newest stays."""
    worker = lab.worker(host)
    _, first, _ = begin(lab, host, worker, tmp_path)
    counts(host, worker, first, stop=1)
    host.run("/usr/bin/python3", "-c", """
import sys, urllib.request
for i in range(256):
    r = urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/capture?filter=udp+port+9&count=1")
    urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/captures/{r.headers['Ddump-Capture']}?stop=1").read()
    r.close()
""", str(worker.port), timeout=90)
    assert b"no capture has this ID" in curl(host, url(worker, "/captures/" + first)).stdout
    assert len(json.loads(curl(host, url(worker, "/captures")).stdout)["ended"]) == 16
