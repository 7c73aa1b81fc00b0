#!/usr/bin/python3
"""From exec to the worker's first answer, and resident memory: the idle worker's, ddump's
with two idle sources. BENCH_RUNS=11"""

import os
import socket
import statistics
import subprocess
import time

import bench

RUNS = int(os.environ.get("BENCH_RUNS", "11"))
WAIT_S = 10


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def answer(port):
    """Whether the worker answers now."""
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as s:
            s.sendall(b"GET /clock HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return s.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def start_worker(port):
    return subprocess.Popen([bench.lab.WORKER, "-listen", f"127.0.0.1:{port}"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def first_answer():
    """ms from before fork, a port that nobody else has."""
    port = free_port()
    begin = time.monotonic()
    worker = start_worker(port)
    while not answer(port):
        if time.monotonic() - begin > WAIT_S:
            raise SystemExit("the worker never answered")
    took = (time.monotonic() - begin) * 1e3
    worker.terminate()
    worker.wait()
    return took


def resident(pids):
    """KiB that are theirs alone, or their share of what they have in common."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup") as f:
                total += sum(int(line.split()[1]) for line in f if line.startswith("Pss:"))
        except (FileNotFoundError, ProcessLookupError):
            pass  # a child that is over
    return total


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return [int(child) for child in f.read().split()]


def main():
    took = [first_answer() for _ in range(RUNS)]
    print(f"first answer after exec: median {statistics.median(took):.1f} ms, "
          f"most {max(took):.1f} ms (wanted: 10)")
    port = free_port()
    worker = start_worker(port)
    while not answer(port):
        pass
    print(f"idle worker: {resident([worker.pid, *children(worker.pid)])} KiB resident "
          f"in all its processes (wanted: 2048)")
    url = f"http://127.0.0.1:{port}/capture?filter=ip6%20and%20tcp%20port%201"
    ddump = subprocess.Popen([bench.lab.DDUMP, "-q", url, url + "%20or%20tcp%20port%202"],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1)
    print(f"ddump with two idle sources: {resident([ddump.pid])} KiB resident")
    ddump.terminate()
    ddump.wait()
    worker.terminate()
    worker.wait()


main()
