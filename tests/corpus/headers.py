#!/usr/bin/env python3
"""headers.py DIR...: where -s headers cuts the packets of every Ethernet, cooked and raw IP capture below DIR,
beside where tshark says that the header ends: of the first TCP, UDP, SCTP, ICMP or ICMPv6 behind the first IP
header, else of that IP header (later fragments, other protocols), else of the link header and its tags.

The first PACKETS of each file. What differs is printed; the last line has the counts, the exit status is 1.
"""

import collections
import concurrent.futures
import ctypes
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree

from corpus import captures, packets

PACKETS = 200
LINKTYPES = {"1": 1, "25": 113, "210": 276, "7": 101}  # wiretap's numbers
TRANSPORT = {"tcp": None, "udp": 8, "sctp": 12, "icmp": 8, "icmpv6": 8}
EXTENSIONS = {"ipv6.hopopts", "ipv6.dstopts", "ipv6.routing", "ipv6.fraghdr", "ah", "mipv6", "hip", "shim6"}
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")


def build(where):
    path = os.path.join(where, "headers.so")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-std=c11", "-D_GNU_SOURCE", "-iquote", TOP + "/src", "-o", path,
                    TOP + "/src/pcap/headers.c", TOP + "/src/pcap/linktype.c", TOP + "/src/base/span.c"], check=True)
    return path


def field(proto, name):
    found = next((f for f in proto.iter("field") if f.get("name") == name), None)
    return found.get("show") if found is not None else None


def expected(protos):
    """(end, what) by tshark; None: it does not say."""
    ip_end = None
    for i, proto in enumerate(protos):
        name, at, size = proto.get("name"), int(proto.get("pos") or 0), int(proto.get("size") or 0)
        if name == "fake-field-wrapper" or name in ("frame", "geninfo"):
            continue
        if name == "arp" and ip_end is None:
            return None
        if name in ("ip", "ipv6") and ip_end is None:
            ip_end = at + (40 if name == "ipv6" else size)
            if field(proto, "ip.version") not in ("4", "6", None) or size < 20:
                return None
            if field(proto, "ip.frag_offset") not in ("0", None) or field(proto, "ipv6.fraghdr.offset") not in ("0", None):
                return (at + (size if name == "ip" else 48), "fragment")
            ip_end = at + size
        elif name in TRANSPORT and ip_end is not None:
            if at != ip_end and name != "tcp" and at < ip_end:
                return None
            told = field(proto, "tcp.hdr_len") if name == "tcp" else None
            if name == "tcp" and (told is None or int(told) < 20):
                return (at + 20, "tcp")
            return (at + (int(told) if told else TRANSPORT[name]), name)
        elif name in EXTENSIONS and ip_end is not None:
            ip_end = at + size
        elif ip_end is not None:
            return (ip_end, "ip")
    return (ip_end, "ip") if ip_end is not None else None


def judge(path, library):
    """{what: packets} of one file, and the lines that differ."""
    counts, wrong = collections.Counter(), []
    ends = ctypes.CDLL(library).headers_end
    ends.argtypes = [ctypes.c_uint32, ctypes.c_char_p, ctypes.c_uint32, ctypes.c_uint32]
    ends.restype = ctypes.c_uint32
    with tempfile.TemporaryDirectory() as where:
        some = os.path.join(where, "some.pcapng")
        if subprocess.run(["editcap", "-F", "pcapng", "-r", path, some, f"1-{PACKETS}"], capture_output=True).returncode:
            return counts, wrong
        shown = subprocess.run(["tshark", "-n", "-r", some, "-T", "pdml", "-o", "tcp.desegment_tcp_streams:FALSE",
                                "-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE"], capture_output=True).stdout
        try:
            told = tree.fromstring(shown)
        except tree.ParseError:
            return counts, wrong
        for number, (packet, mine) in enumerate(zip(told.iter("packet"), packets(some)), 1):
            protos = packet.findall("proto")
            linktype = LINKTYPES.get(field(protos[1], "frame.encap_type") if len(protos) > 1 else None)
            want = expected(protos) if linktype else None
            if not want or want[0] > mine[1]:
                counts["not judged"] += 1
                continue
            got = ends(linktype, mine[3], mine[1], mine[2])
            counts[want[1]] += 1
            if got != want[0]:
                wrong.append(f"{path}: packet {number}: {want[1]} ends at {want[0]}, cut at {got}")
    return counts, wrong


def main():
    counts, bad = collections.Counter(), 0
    with tempfile.TemporaryDirectory() as where, concurrent.futures.ThreadPoolExecutor(2) as pool:
        library = build(where)
        for some, wrong in pool.map(lambda path: judge(path, library), captures(sys.argv[1:])):
            counts += some
            bad += len(wrong)
            print("\n".join(wrong[:3]), end="\n" if wrong else "", flush=True)
    print(", ".join(f"{what} {n}" for what, n in sorted(counts.items())) + f"; {bad} differ")
    return bad > 0


sys.exit(main())
