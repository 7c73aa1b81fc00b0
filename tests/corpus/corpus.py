#!/usr/bin/env python3
"""Every capture below the given directories through ddump, beside editcap and tshark.

The packets that ddump writes (pcapng, each interface's own link type) are those that editcap
writes of the same file: number, times to the nanosecond, both lengths, bytes and comments; and
tshark counts as many in ddump's file as in the input. README.md lists the differences that are
right, by their reason: a file that differs in another way fails the run. Files that neither
program reads are counted apart.
"""

import argparse
import collections
import concurrent.futures
import os
import struct
import subprocess
import sys
import tempfile

MAGICS = {b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d",
          b"\x34\xcd\xb2\xa1", b"\xa1\xb2\xcd\x34", b"\x0a\x0d\x0d\x0a"}
SECONDS = 600


def captures(directories):
    for directory in directories:
        for where, _, names in sorted(os.walk(directory)):
            for name in sorted(names):
                path = os.path.join(where, name)
                if os.path.isfile(path) and not os.path.islink(path):
                    with open(path, "rb") as f:
                        if f.read(4) in MAGICS:
                            yield path


def run(*args):
    return subprocess.run(args, capture_output=True, timeout=SECONDS)


def options(body, order):
    at = 0
    while at + 4 <= len(body):
        code, size = struct.unpack_from(order + "HH", body, at)
        if code == 0:
            return
        yield code, body[at + 4:at + 4 + size]
        at += 4 + (size + 3) // 4 * 4


def to_ns(ticks, resolution):
    if resolution & 0x80:
        return ticks * 10**9 >> (resolution & 0x7F)
    return ticks * 10**9 // 10**resolution


def packets(path):
    """[(ns, caplen, length, bytes, comments)] of a pcapng file in this machine's byte order."""
    with open(path, "rb") as f:
        image = f.read()
    at, out, interfaces = 0, [], []
    while at + 12 <= len(image):
        kind, size = struct.unpack_from("<II", image, at)
        body = image[at + 8:at + size - 4]
        if kind == 0x0A0D0D0A:
            interfaces = []
        elif kind == 1:
            given = dict(options(body[8:], "<"))
            offset = struct.unpack("<q", given[14])[0] if 14 in given else 0
            interfaces.append((given.get(9, b"\6")[0], offset))
        elif kind == 6:
            number, high, low, caplen, length = struct.unpack_from("<IIIII", body)
            resolution, offset = interfaces[number]
            rest = body[20 + (caplen + 3) // 4 * 4:]
            comments = tuple(value for code, value in options(rest, "<") if code == 1)
            out.append((to_ns(high << 32 | low, resolution) + offset * 10**9, caplen, length,
                        body[20:20 + caplen], comments))
        at += size
    return out


def frames(path):
    out = run("tshark", "-nr", path, "--only-protocols", "frame", "-T", "fields", "-e", "frame.number").stdout
    return len(out.splitlines())


# What ddump says of a file that it does not read to its end, and why: see README.md.
STOPS = {
    "malformed capture at byte": "damaged",
    "the stream was cut": "cut",
    "another capture file begins here": "damaged",
}


def differences(want, got):
    """Names of what differs between two lists of packets, in the order of their times."""
    names = []
    if len(want) != len(got):
        names.append("number")
    order = sorted(range(len(want)), key=lambda i: want[i][0])
    for a, b in zip((want[i] for i in order), sorted(got, key=lambda p: p[0])):
        for i, name in enumerate(("time", "caplen", "length", "bytes", "comments")):
            if a[i] != b[i] and name not in names:
                names.append(name)
    return names


def has_overflow(path):
    """Whether a classic file has a fraction of a second whose nanoseconds pass 31 bits."""
    with open(path, "rb") as f:
        image = f.read()
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">"}.get(image[:4])
    at = 24
    while order and at + 16 <= len(image):
        _, fraction, caplen, _ = struct.unpack_from(order + "IIII", image, at)
        if fraction * 1000 >= 2**31:
            return True
        at += 16 + caplen
    return False


def reason_of(path, want, got, log):
    """None: the same. A row of README.md's table; or what differs, in capitals."""
    names = differences(want, got)
    if not names:
        return None
    for words, reason in STOPS.items():
        if words in log and differences(want[:len(got)], got) == []:
            return f"{reason}: editcap {'stops, too' if len(want) == len(got) else 'goes on'}"
    if any(b < c for _, b, c in ((p[0], p[2], p[1]) for p in want)) and names == ["length"]:
        return "length below caplen"
    if any(not 0 <= p[0] < 2**63 for p in want) and names == ["time"]:
        return "time out of range"
    raised = sorted((c, max(c, n), data, comments) for _, c, n, data, comments in want)
    if has_overflow(path) and raised == sorted(p[1:] for p in got):
        return "fraction of seconds"
    return "DIFFERS: " + " ".join(names)


def check(path, has_tshark):
    with tempfile.TemporaryDirectory() as where:
        theirs, ours = os.path.join(where, "theirs"), os.path.join(where, "ours")
        try:
            reference = run("editcap", "-F", "pcapng", path, theirs)
            done = run(os.environ.get("DDUMP", "ddump"), "--format", "pcapng", "--linktype", "mixed",
                       "-w", ours, "./" + path if not path.startswith(("/", ".")) else path)
        except subprocess.TimeoutExpired as e:
            return path, "DIFFERS: no end: " + str(e.cmd[0]), 0
        log = done.stderr.decode(errors="replace")
        want = packets(theirs) if os.path.exists(theirs) else []
        got = packets(ours) if os.path.exists(ours) else []
        if not want and not got:
            return path, "read by neither" if reference.returncode and done.returncode else None, 0
        if any(words in reference.stderr for words in (b"can't be written as", b"that editcap doesn't support")):
            same = frames(path) == len(got) and done.returncode == 0
            return path, "editcap cannot write it" if same else "DIFFERS: tshark's count", len(got)
        reason = reason_of(path, want, got, log)
        if reason is None and has_tshark and reference.returncode == 0 and frames(ours) != frames(path):
            reason = "DIFFERS: tshark's count"
        if reason and reason.startswith("DIFFERS"):
            reason += " | " + log.splitlines()[0] + " | " + reference.stderr.decode(errors="replace").strip()[-120:]
        return path, reason, len(got)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--tshark", type=int, default=1, metavar="N", help="ask tshark about one file in N, 0: never")
    parser.add_argument("directories", nargs="+")
    options_ = parser.parse_args()
    reasons = collections.defaultdict(list)
    n_files = n_packets = 0
    with concurrent.futures.ThreadPoolExecutor(options_.jobs) as pool:
        files = list(captures(options_.directories))
        asked = [options_.tshark > 0 and n % options_.tshark == 0 for n in range(len(files))]
        for path, reason, n in pool.map(check, files, asked):
            n_files += 1
            n_packets += n
            if reason:
                reasons[reason].append(path)
                print(f"{n_files} of {len(files)}: {path}: {reason}", file=sys.stderr, flush=True)
    bad = 0
    for reason, paths in sorted(reasons.items()):
        bad += len(paths) if reason.startswith("DIFFERS") else 0
        print(f"{len(paths):5}  {reason}")
        for path in paths:
            print(f"       {path}")
    same = n_files - sum(map(len, reasons.values()))
    print(f"{n_files} files, {n_packets} packets: {same} the same, {bad} differ without a reason")
    sys.exit(1 if bad or not n_files else 0)


if __name__ == "__main__":
    main()
