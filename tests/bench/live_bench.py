#!/usr/bin/python3
"""The live merge: processor time a packet beside the least that it can cost in one thread
(floor_tool), in the same run, K sources over HTTP on loopback. BENCH_PACKETS=1500000
BENCH_RUNS=5"""

import os
import statistics
import subprocess

import bench

SOURCES = (2, 64, 256, 1000)
PACKETS = int(os.environ.get("BENCH_PACKETS", "1500000"))
RUNS = int(os.environ.get("BENCH_RUNS", "5"))


def cost(k, command):
    """ns a packet of command(port), and the bytes it wrote."""
    server = subprocess.Popen([bench.tool("serve_tool"), str(k), str(PACKETS)],
                              stdout=subprocess.PIPE)
    port = int(server.stdout.readline())
    with open("/dev/null", "wb") as null:
        program = subprocess.Popen(command(port), stdout=null)
        seconds = bench.cpu_of(program)
    if program.returncode != 0:
        raise SystemExit(f"{command(port)[0]} failed")
    server.wait()
    server.stdout.close()
    return seconds / (PACKETS // k * k) * 1e9


def main():
    print("     K   ddump   floor  ratio   ns of processor time a packet, median (least)")
    for k in SOURCES:
        ours, floor = [], []
        for _ in range(RUNS):
            ours.append(cost(k, lambda port: [bench.lab.DDUMP, "-q"] + [
                f"http://127.0.0.1:{port}/{i}" for i in range(k)]))
            floor.append(cost(k, lambda port: [bench.tool("floor_tool"), str(port), str(k)]))
        ratio = statistics.median(a / b for a, b in zip(ours, floor))
        print(f"{k:6} {statistics.median(ours):7.0f} {statistics.median(floor):7.0f} {ratio:6.2f}"
              f"   ({min(ours):.0f}, {min(floor):.0f}, {min(ours) / min(floor):.2f})", flush=True)


main()
