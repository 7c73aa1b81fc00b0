#!/usr/bin/python3
"""--print beside tcpdump -nn: processor time a packet of one capture, least of interleaved runs.
BENCH_PACKETS=300000 BENCH_RUNS=5"""

import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile

import bench

PACKETS = int(os.environ.get("BENCH_PACKETS", "300000"))
RUNS = int(os.environ.get("BENCH_RUNS", "5"))
MOST = 1.5
START_S = 1_700_000_000


def ip(protocol, src, dst, payload):
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0)
    return b"\2\0\0\0\0\2\2\0\0\0\0\1\x08\0" + head + bytes(src) + bytes(dst) + payload


def packet(rng, n):
    """Of 4096 flows: TCP with time stamps, a tenth UDP, a tenth DNS answers."""
    flow = rng.randrange(4096)
    src, dst = (10, 0, flow >> 8, flow & 255), (10, 1, 0, 1)
    if n % 10 == 0:
        return ip(17, src, dst, struct.pack("!HHHH", 30000 + flow, 40001, 108, 0) + b"\0" * 100)
    if n % 10 == 1:
        dns = struct.pack("!6H", n & 65535, 0x8180, 1, 1, 0, 0) + b"\3www\7example\3com\0\0\1\0\1" + \
            b"\xc0\x0c\0\1\0\1\0\0\1\0\0\4" + bytes(src)
        return ip(17, dst, src, struct.pack("!HHHH", 53, 30000 + flow, 8 + len(dns), 0) + dns)
    options = b"\1\1\x08\x0a" + struct.pack("!II", n, n + 1)
    return ip(6, src, dst, struct.pack("!HHIIBBHHH", 30000 + flow, 443, n * 100, n, 0x80, 0x18, 502, 0, 0) + options + b"x" * 100)


def make(path):
    rng = random.Random(1)
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for n in range(PACKETS):
            data = packet(rng, n)
            f.write(struct.pack("<IIII", START_S + n // 10**6, n % 10**6, len(data), len(data)) + data)


def cost(command):
    """ns a packet; at least a line of each must have come."""
    program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    lines = 0
    while data := os.read(program.stdout.fileno(), 1 << 20):
        lines += data.count(b"\n")
    seconds = bench.cpu_of(program)
    program.stdout.close()
    if program.returncode != 0 or lines < PACKETS:
        raise SystemExit(f"{command[0]}: {lines} lines of {PACKETS} packets")
    return seconds / PACKETS * 1e9


def main():
    if not shutil.which("tcpdump"):
        print("skipped: no tcpdump here")
        sys.exit(0)
    with tempfile.TemporaryDirectory(prefix="ddump-bench") as where:
        path = os.path.join(where, "x.pcap")
        make(path)
        ours, theirs = [], []
        for _ in range(RUNS):
            ours.append(cost([bench.lab.DDUMP, "-q", "--print", path]))
            theirs.append(cost(["tcpdump", "-nn", "-r", path]))
    a, b = min(ours), min(theirs)
    print(f"print: ddump {a:.0f}, tcpdump {b:.0f} ns of processor time a packet, least of {RUNS}: {a / b:.2f} "
          f"(at most {MOST})")
    sys.exit(a > MOST * b)


if __name__ == "__main__":
    main()
