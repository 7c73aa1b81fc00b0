#!/usr/bin/python3
"""A quiet link: from the kernel's time stamp of a packet to ddump's standard output, with
all defaults. BENCH_PROBES=40"""

import os
import random
import struct
import subprocess
import threading
import time

import bench

PACKETS = int(os.environ.get("BENCH_PROBES", "40"))
WANTED_MS = {50: 60, 99: 120}


def read_exactly(stream, n):
    data = stream.read(n)
    if len(data) < n:
        raise EOFError
    return data


def read_packets(stream, delays):
    try:
        magic = struct.unpack("<I", read_exactly(stream, 24)[:4])[0]
        unit = 1 if magic == 0xA1B23C4D else 1000
        while True:
            s, fraction, caplen, _ = struct.unpack("<IIII", read_exactly(stream, 16))
            read_exactly(stream, caplen)
            delays.append((time.time_ns() - s * 10**9 - fraction * unit) / 1e6)
    except EOFError:
        pass


def main():
    delays = []
    with bench.network() as made:
        a, b = bench.two_hosts(made)
        worker = made.worker(b)
        ddump = made.start(b, [bench.lab.DDUMP, f"http://127.0.0.1:{worker.port}/capture?filter=udp"],
                           stdout=subprocess.PIPE)
        stream = ddump.popen.stdout
        reader = threading.Thread(target=read_packets, args=(stream, delays))
        reader.start()
        bench.lab.wait_for(lambda: "capturing on" in ddump.log(), "a capture")
        time.sleep(0.5)
        for _ in range(PACKETS):
            bench.flood(a, 1, 0, ["v0a"])
            time.sleep(random.uniform(0.05, 0.15))
        time.sleep(1)
        ddump.stop()
        reader.join()
    print(f"{len(delays)} of {PACKETS} packets")
    for p, wanted in WANTED_MS.items():
        print(f"p{p} {bench.percentile(delays, p):.1f} ms (wanted: {wanted})")


main()
