#!/usr/bin/python3
"""compare.py [--ddump PATH] [--flags FLAGS] [--show N] FILE|DIR...: our lines beside tcpdump's.

Each packet of each capture is printed by `ddump --print` and by `tcpdump -nn`, and the lines are compared,
character by character, without the column of the name. What is not compared, and is counted as such: what a protocol says that --print
leaves to others (OTHER). What may differ: EXCEPTIONS, at most 0.5 % of the compared lines.
"""

import argparse
import collections
import os
import re
import subprocess
import sys
import tempfile

MOST = 0.005
TIMEOUT = 300

NAME = re.compile(r"(?<![^ ])x(/[^ ]*(?: [^ ]+)*)? {2,}")  # an interface may have spaces in its name

STAMP = re.compile(r"[- ]?(\d{4}-\d\d-\d\d )?[\d:]+\.\d{6} ")

# tcpdump shows it of SLL2 alone.
DIRECTION = re.compile(r"^(In  |Out |B   |M   |P   |[?]   )")

# What --print says of a packet whose protocol is not its own. What stands before must be equal.
OTHER = [
    ("an IP protocol", re.compile(r"^(?P<before>.*: )proto \d+, length \d+$")),
    ("SCTP and DCCP, with ports; Ethernet in IPv6", re.compile(r"^(?P<before>IP6? )\S+ > \S+: .*proto (132|33|143), length \d+$")),
    ("an EtherType, LLC, a link type", re.compile(
        r"^(?P<before>)(proto (0x[0-9a-f]{4}|unknown)|LLC|link type \d+), length \d+$")),
    ("a protocol over UDP", re.compile(r"^(?P<before>.*[.](?!53 |5353 )\d+ > .*[.](?!53:|5353:)\d+: )UDP, (bad )?length \d+( > \d+)?$")),
    ("a protocol over TCP", re.compile(r"^(?P<before>.*[.](?!53 )\d+ > .*[.](?!53:)\d+: Flags .*, length (?!0)\d+)$")),
]

# (why, our line, tcpdump's line): both are searched.
EXCEPTIONS = [
    ("tcpdump dumps what it does not know; we say its length",
     r"(ARP, (Unknown \(\d+\)|NACK Reply)|unknown unreach code \(\d+\)|unknown icmp6 type \(\d+\)), length \d+$", r""),
    ("what ICMPv6 messages of rare types say is left out",
     r"ICMP6, (who-are-you re|router renumbering|unknown icmp6 type)", r"ICMP6, "),
    ("tcpdump calls a packet of no bytes invalid", r"^ \[[|]\w+\]$", r"^\[Invalid header: caplen==0"),
    ("tcpdump counts the G bit of RFC 5482 (minutes) as part of the number", r"options .*uto 0x", r"options .*uto 0x"),
    ("of a damaged packet tcpdump shows more, or less",
     r"", r"\[[|]\w+\]$|\(invalid\)$|bad opt\]|^\[Invalid header"),
    ("of a damaged packet we show less", r"\[[|]\w+\]$|bad opt\]$", r""),
    ("a DNS name longer than 255 bytes is cut", r"CNAME AAA\.", r"CNAME AAA\."),
    ("protocols that ARP never carries have numbers", r"ARP, .*Unknown Protocol", r"ARP, "),
    ("DNS records of rare types show their type alone", r" (A6|OPT)[ ,]", r" (A6|OPT)[ ,]"),
]


def captures(paths):
    for path in paths:
        if os.path.isfile(path):
            yield path
        for folder, _, names in sorted(os.walk(path)):
            yield from (os.path.join(folder, n) for n in sorted(names)
                        if re.search(r"\.(p?cap(ng)?|ntar)$", n))


def run(command):
    done = subprocess.run(command, env={**os.environ, "TZ": "UTC"}, capture_output=True, timeout=TIMEOUT)
    return done.stdout.decode("ascii", "backslashreplace").split("\n")[:-1], done.stderr.decode(errors="replace")


def in_order(path, folder):
    """The capture in the order of time, as ddump prints it; where reordercap cannot read it, as it is."""
    made = os.path.join(folder, "ordered.pcap")
    done = subprocess.run(["reordercap", path, made], capture_output=True, timeout=TIMEOUT)
    return made if done.returncode == 0 else path


def theirs(path, flags):
    """The lines of each packet, by its number; what tcpdump complained about."""
    lines, errors = run(["tcpdump", "-nn", "-#", *flags, "-r", path])
    packets = []
    for line in lines:
        number = re.match(r" *(\d+)  ", line)
        if number and int(number[1]) == len(packets) + 1:
            packets.append([line[number.end():]])
        elif packets:
            packets[-1].append(line)
    return packets, [e for e in errors.split("\n") if e.startswith("tcpdump: ")]


def ours(path, flags, ddump):
    lines, _ = run([ddump, "-q", "--print", *flags, "x=" + os.path.abspath(path)])
    packets = []
    for line in lines:
        if line.startswith("\t") and packets:
            packets[-1].append(line)
        else:
            packets.append([NAME.sub("", line, count=1)])
    return packets


def judge(mine, other):
    """None: equal. Else (kind, why): kind is "other", "exception" or "different"."""
    stamp = STAMP.match(other)
    if stamp and mine.startswith(stamp[0]):
        mine, other = mine[stamp.end():], other[stamp.end():]
    other = re.sub(r" ip-proto-(\d+) (\d+)$", r"proto \1, length \2", other)
    if mine == other or DIRECTION.sub("", mine) == other:
        return None
    mine = DIRECTION.sub("", mine)
    for why, rule in OTHER:
        found = rule.match(mine)
        if found and other.startswith(found["before"]):
            return "other", why
    for why, left, right in EXCEPTIONS:
        if re.search(left, mine) and re.search(right, other):
            return "exception", why
    return "different", ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ddump", default=f"build/{os.uname().machine}/ddump")
    parser.add_argument("--flags", default="-t")
    parser.add_argument("--most", type=float, default=MOST, help="unequal lines, as a fraction")
    parser.add_argument("--show", type=int, default=20)
    parser.add_argument("paths", nargs="+")
    args = parser.parse_args()
    flags = args.flags.split()
    counts = collections.Counter()
    whys = collections.Counter()
    n_files = n_shown = 0
    folder = tempfile.TemporaryDirectory(prefix="ddump-print")
    for path in captures(args.paths):
        n_files += 1
        ordered = in_order(path, folder.name)
        wanted, errors = theirs(ordered, flags)
        got = ours(ordered, flags, args.ddump)
        if len(got) != len(wanted) and not errors:
            counts["different"] += abs(len(got) - len(wanted))
            print(f"{path}: {len(got)} lines, tcpdump has {len(wanted)}")
        for number, (mine, other) in enumerate(zip(got, wanted), 1):
            verdict = judge(mine[0], other[0])
            kind = verdict[0] if verdict else "equal"
            counts[kind] += 1
            if verdict:
                whys[verdict] += 1
            if kind == "different" and n_shown < args.show:
                n_shown += 1
                print(f"{path}:{number}\n  ours    {mine[0]}\n  tcpdump {other[0]}")
    compared = counts["equal"] + counts["exception"] + counts["different"]
    unequal = counts["exception"] + counts["different"]
    for (kind, why), n in sorted(whys.items()):
        print(f"{n:8} {kind}: {why}")
    print(f"{n_files} captures, {compared} lines compared, {counts['other']} of other protocols, {unequal} unequal "
          f"({100 * unequal / max(compared, 1):.3f} %), {counts['different']} of them in no table")
    sys.exit(compared == 0 or unequal > args.most * compared or counts["different"] > 0)


if __name__ == "__main__":
    main()
