#!/usr/bin/python3
"""Files into one: processor time a packet beside mergecap, both into a pipe, in the same run.
BENCH_PACKETS=500000 BENCH_RUNS=3"""

import os
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile

import bench

FILES = (2, 64, 1000)
PACKETS = int(os.environ.get("BENCH_PACKETS", "500000"))
RUNS = int(os.environ.get("BENCH_RUNS", "3"))
START_S = 1_700_000_000
PACKET = bytes(range(100))


def make(where, k):
    """k files of 100-byte packets, 1 us apart in turn."""
    paths = []
    for i in range(k):
        paths.append(os.path.join(where, f"{i:04}.pcap"))
        with open(paths[-1], "wb") as f:
            f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 113))
            f.write(b"".join(struct.pack("<IIII", START_S + n // 10**6, n % 10**6, 100, 100) + PACKET
                             for n in range(i, PACKETS // k * k, k)))
    return paths


def cost(command, k):
    """ns a packet; the bytes of all packets must have come."""
    program = subprocess.Popen(command, stdout=subprocess.PIPE)
    n = 0
    while data := os.read(program.stdout.fileno(), 1 << 20):
        n += len(data)
    seconds = bench.cpu_of(program)
    program.stdout.close()
    packets = PACKETS // k * k
    if program.returncode != 0 or n != 24 + packets * (16 + len(PACKET)):
        raise SystemExit(f"{command[0]}: not all packets came")
    return seconds / packets * 1e9


def main():
    if not shutil.which("mergecap"):
        print("skipped: no mergecap here")
        sys.exit(0)
    print("files   ddump  mergecap   ratio   ns of processor time a packet, median")
    for k in FILES:
        with tempfile.TemporaryDirectory(prefix="ddump-bench") as where:
            paths = make(where, k)
            ours, theirs = [], []
            for _ in range(RUNS):
                ours.append(cost([bench.lab.DDUMP, "-q", *paths], k))
                theirs.append(cost(["mergecap", "-F", "pcap", "-w", "-", *paths], k))
        a, b = statistics.median(ours), statistics.median(theirs)
        print(f"{k:5} {a:7.0f} {b:9.0f} {a / b:7.2f}", flush=True)


main()
