#!/usr/bin/python3
"""Promises of the worker: packets of several interfaces, flat out, that are older than a
watermark sent before them. BENCH_PACKETS=1000000"""

import json
import os
import subprocess
import time

import bench

LINKS = 4
PACKETS = int(os.environ.get("BENCH_PACKETS", "1000000"))


def metric(space, port, name):
    text = space.run("curl", "-s", f"http://127.0.0.1:{port}/metrics").stdout.decode()
    return sum(int(float(line.split()[-1])) for line in text.splitlines() if line.startswith(name + " "))


def main():
    with bench.network() as made:
        a, b = bench.two_hosts(made, LINKS)
        worker = made.worker(b)
        url = f"http://127.0.0.1:{worker.port}/capture?format=pcapng&linktype=sll2&heartbeat=50"
        curl = subprocess.Popen(b.prefix + ["curl", "-sN", url], stdout=subprocess.PIPE)
        reader = subprocess.Popen([bench.tool("watermark_tool")], stdin=curl.stdout, stdout=subprocess.PIPE)
        curl.stdout.close()
        time.sleep(1)
        pps = bench.flood(a, PACKETS, 0, [f"v{i}a" for i in range(LINKS)])
        time.sleep(1)
        told = metric(b, worker.port, "ddump_broken_watermarks_total")
        worker.stop()
        got = json.loads(reader.communicate()[0])
        curl.wait()
        print(f"{PACKETS} packets at {pps / 1000:.0f} kpps over {got['interfaces']} interfaces: "
              f"{got['packets']} captured, {got['dropped']} dropped by the kernel")
        print(f"{got['watermarks']} watermarks, {got['broken']} packets older than one sent before "
              f"(by {got['worst_us']} us at most), {told} told by /metrics; "
              f"{got['broken'] / max(got['packets'], 1) * 1e6:.2f} in a million (wanted: 1)")


main()
