#!/usr/bin/python3
"""The capture worker beside tcpdump, each alone on the `any` of a namespace and read by
another process (curl, cat): packets lost and processor time a packet, start included, at
rates up to what the sender can. BENCH_SECONDS=2"""

import os
import re
import signal
import subprocess
import time

import bench

RATES = (50000, 100000, 200000, 400000, 0)
SECONDS = float(os.environ.get("BENCH_SECONDS", "2"))
FLAT_OUT = 600000  # what 0 is taken for when packets are counted


def send(a, rate):
    count = int((rate or FLAT_OUT) * SECONDS)
    return count, bench.flood(a, count, rate, ["v0a"])


def with_tcpdump(made, a, b, rate):
    process = made.start(b, ["tcpdump", "-i", "any", "-y", "LINUX_SLL", "-w", "-", "udp"],
                         stdout=subprocess.PIPE)
    reader = subprocess.Popen(["cat"], stdin=process.popen.stdout, stdout=subprocess.DEVNULL)
    process.popen.stdout.close()
    bench.lab.wait_for(lambda: "listening" in process.log(), "tcpdump listens")
    count, pps = send(a, rate)
    time.sleep(1)
    process.popen.send_signal(signal.SIGINT)
    seconds = bench.cpu_of(process.popen)
    reader.wait()
    got = int(re.search(r"(\d+) packets? captured", process.log())[1])
    return count, pps, got, seconds


def with_worker(made, a, b, rate):
    worker = made.worker(b)
    url = f"http://127.0.0.1:{worker.port}/capture?filter=udp"
    curl = subprocess.Popen(b.prefix + ["curl", "-sN", "-o", "/dev/null", url])
    bench.lab.wait_for(lambda: "capture 0 for" in worker.log(), "a capture")
    time.sleep(0.5)
    count, pps = send(a, rate)
    time.sleep(1)
    worker.popen.send_signal(signal.SIGTERM)
    seconds = bench.cpu_of(worker.popen)
    curl.wait()
    got = int(re.search(r"; (\d+) packets", worker.log())[1])
    return count, pps, got, seconds


def main():
    print("     kpps   lost: worker  tcpdump   us of processor time a packet: worker  tcpdump  ratio")
    with bench.network() as made:
        a, b = bench.two_hosts(made)
        for rate in RATES:
            count, pps, got, seconds = with_worker(made, a, b, rate)
            count, _, other_got, other_seconds = with_tcpdump(made, a, b, rate)
            ours, theirs = seconds / max(got, 1) * 1e6, other_seconds / max(other_got, 1) * 1e6
            print(f"{pps / 1000:9.0f} {count - got:14} {count - other_got:8} {ours:38.2f} "
                  f"{theirs:8.2f} {ours / theirs:6.2f}", flush=True)


main()
