"""What a packet is and where it goes survives the conversion of its link-layer header: tshark
dissects it before and after."""

import struct

import pytest

from captures import SECOND, Ng, classic, run_ddump, tshark

scapy = pytest.importorskip("scapy.all")
from scapy.layers.inet import IP, TCP, UDP  # noqa: E402
from scapy.layers.inet6 import IPv6  # noqa: E402
from scapy.layers.l2 import ARP, Ether, Dot1Q  # noqa: E402
from lab import told

ETHERNET, SLL, SLL2, RAW, NULL, IPV4, IPV6 = 1, 113, 276, 101, 0, 228, 229
HEAD = {ETHERNET: 14, SLL: 16, SLL2: 20, RAW: 0, NULL: 4, IPV4: 0, IPV6: 0}
OUT = 2  # epb_flags
A, B = "02:00:00:00:00:01", "02:00:00:00:00:02"

UDP4 = bytes(IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=50001, dport=50002) / b"payload")
TCP6 = bytes(IPv6(src="fd00::1", dst="fd00::2") / TCP(sport=50003, dport=50004, flags="S"))
STP = bytes.fromhex("424203" "0000000000" "8000001234567890" "00000000" "8000001234567890" "8001" "0000" "1400" "0200" "0f00")
IPX = bytes.fromhex("ffff001e00010000000000000000000004530000000000000000000104530001")
# RTM_GETLINK
NETLINK = struct.pack("=IHHIIBBHiII", 32, 18, 0x301, 1, 0, 0, 0, 0, 0, 0, 0)


def ether(payload, dst=B, **kw):
    return bytes(Ether(src=A, dst=dst, **kw)) + payload


def sll(protocol, payload, kind=0, hatype=1, address=b"\2\0\0\0\0\1\0\0", size=6):
    return struct.pack("!HHH8sH", kind, hatype, size, address, protocol) + payload


def sll2(protocol, payload, kind=0, hatype=1, address=b"\2\0\0\0\0\1\0\0", size=6, index=3):
    return struct.pack("!HHIHBB8s", protocol, 0, index, hatype, kind, size, address) + payload


# what it is, link type, bytes, bytes on the wire that were not captured, epb_flags
PACKETS = [
    ("Ethernet, IPv4", ETHERNET, ether(UDP4, type=0x800), 0, 0),
    ("Ethernet, IPv6", ETHERNET, ether(TCP6, type=0x86DD), 0, 0),
    ("Ethernet, ARP broadcast", ETHERNET, ether(bytes(ARP(psrc="10.0.0.1", pdst="10.0.0.2")), "ff:ff:ff:ff:ff:ff", type=0x806), 0, 0),
    ("Ethernet, multicast", ETHERNET, ether(UDP4, "01:00:5e:00:00:01", type=0x800), 0, 0),
    ("Ethernet, sent", ETHERNET, ether(UDP4, type=0x800), 0, OUT),
    ("Ethernet, VLAN", ETHERNET, ether(bytes(Dot1Q(vlan=7, type=0x800)) + UDP4, type=0x8100), 0, 0),
    ("Ethernet, two VLANs", ETHERNET, ether(bytes(Dot1Q(vlan=8, type=0x8100)) + bytes(Dot1Q(vlan=9, type=0x86DD)) + TCP6, type=0x88A8), 0, 0),
    ("Ethernet, 802.3 with LLC", ETHERNET, ether(b"", type=len(STP)) + STP + b"\0" * 8, 0, 0),
    ("Ethernet, Novell's 802.3", ETHERNET, ether(b"", type=len(IPX)) + IPX + b"\0" * 14, 0, 0),
    ("Ethernet, cut in IP", ETHERNET, ether(UDP4, type=0x800)[:24], 1000, 0),
    ("Ethernet, header alone", ETHERNET, ether(b"", type=0x800), 35, 0),
    ("SLL, IPv4", SLL, sll(0x800, UDP4), 0, 0),
    ("SLL, sent", SLL, sll(0x86DD, TCP6, kind=4), 0, 0),
    ("SLL, broadcast", SLL, sll(0x806, bytes(ARP(psrc="10.0.0.1", pdst="10.0.0.2")), kind=1), 0, 0),
    ("SLL, multicast", SLL, sll(0x800, UDP4, kind=2), 0, 0),
    ("SLL, for others", SLL, sll(0x800, UDP4, kind=3), 0, 0),
    ("SLL, LLC", SLL, sll(4, STP), 0, 0),
    ("SLL, VLAN", SLL, sll(0x8100, struct.pack("!HH", 7, 0x800) + UDP4), 0, 0),
    ("SLL, loopback", SLL, sll(0x800, UDP4, hatype=772, address=b"\0" * 8), 0, 0),
    ("SLL, tunnel without addresses", SLL, sll(0x86DD, TCP6, hatype=65534, address=b"\0" * 8, size=0), 0, 0),
    ("SLL, unknown hardware", SLL, sll(0x800, UDP4, hatype=12345), 0, 0),
    ("SLL, netlink", SLL, sll(0, NETLINK, kind=7, hatype=824, address=b"\0" * 8, size=0), 0, 0),
    ("SLL, long address", SLL, sll(0x800, UDP4, hatype=32, address=bytes(range(8)), size=20), 0, 0),
    ("SLL, cut in IP", SLL, sll(0x800, UDP4)[:30], 500, 0),
    ("SLL2, IPv4", SLL2, sll2(0x800, UDP4), 0, 0),
    ("SLL2, sent", SLL2, sll2(0x86DD, TCP6, kind=4), 0, 0),
    ("SLL2, for others", SLL2, sll2(0x800, UDP4, kind=3), 0, 0),
    ("SLL2, LLC", SLL2, sll2(4, STP), 0, 0),
    ("SLL2, VLAN", SLL2, sll2(0x8100, struct.pack("!HH", 7, 0x800) + UDP4), 0, 0),
    ("SLL2, tunnel without addresses", SLL2, sll2(0x86DD, TCP6, hatype=65534, address=b"\0" * 8, size=0), 0, 0),
    ("SLL2, netlink", SLL2, sll2(0, NETLINK, kind=7, hatype=824, address=b"\0" * 8, size=0), 0, 0),
    ("SLL2, cut in IP", SLL2, sll2(0x800, UDP4)[:33], 500, 0),
    ("raw, IPv4", RAW, UDP4, 0, 0),
    ("raw, IPv6, sent", RAW, TCP6, 0, OUT),
    ("raw, cut", RAW, UDP4[:12], 23, 0),
    ("IPv4", IPV4, UDP4, 0, 0),
    ("IPv6", IPV6, TCP6, 0, 0),
    ("loopback, IPv4", NULL, struct.pack("<I", 2) + UDP4, 0, 0),
    ("loopback, IPv4, big-endian", NULL, struct.pack(">I", 2) + UDP4, 0, 0),
    ("loopback, IPv6 of macOS", NULL, struct.pack("<I", 30) + TCP6, 0, 0),
    ("loopback, IPv6 of FreeBSD", NULL, struct.pack("<I", 28) + TCP6, 0, OUT),
]

LINK_LAYERS = {"eth", "sll", "ethertype", "raw", "null"}
SAME = ["ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "udp.srcport", "udp.dstport", "tcp.srcport", "tcp.dstport",
        "ip.len", "ipv6.plen", "arp.opcode", "arp.src.proto_ipv4", "vlan.id", "llc.dsap", "stp.root.hw", "ipx.len",
        "netlink.hdr_type", "data.data"]
LINK = ["eth.src", "sll.src.eth", "sll.pkttype", "sll.hatype", "sll.halen", "sll.etype", "sll.ltype"]
FRAME = ["frame.protocols", "frame.time_epoch", "frame.len", "frame.cap_len", "frame.packet_flags_direction", "_ws.malformed"]


def dissect(path):
    return [dict(zip(FRAME + LINK + SAME, row)) for row in tshark(path, *FRAME, *LINK, *SAME)]


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    """All of them in one file, with an interface for each link type; and as tshark sees them."""
    types = sorted(HEAD)
    ng = Ng()
    for linktype in types:
        ng.interface(linktype, "e%d" % linktype, tsresol=9)
    for i, (_, linktype, data, missing, flags) in enumerate(PACKETS):
        ng.packet(types.index(linktype), 1700000000 * SECOND + i, data, len(data) + missing, flags or None)
    path = tmp_path_factory.mktemp("linktypes") / "in.pcapng"
    path.write_bytes(ng.out)
    return path, dissect(path)


def protocols(row):
    return [p for p in row["frame.protocols"].split(":") if p not in LINK_LAYERS]


def direction_of(linktype, data, flags):
    """epb_flags after the conversion: what a cooked header says, else what was there."""
    if linktype in (SLL, SLL2):
        kind = data[1] if linktype == SLL else data[10]
        return {4: 2}.get(kind, 1 if kind < 4 else 0)
    return flags


def check_netlink(to, new, what):
    """tshark 4.0 dissects netlink behind SLL, but not behind SLL2."""
    assert protocols(new) == (["netlink", "netlink-route"] if to == SLL else ["data"]), what
    head, message = new["data.data"][:2 * HEAD[SLL2]], new["data.data"][2 * HEAD[SLL2]:]
    assert to == SLL or (head[16:22], message) == ("033807", NETLINK.hex()), what


@pytest.mark.parametrize("to", [SLL, SLL2])
@pytest.mark.parametrize("file_format", ["pcap", "pcapng"])
def test_dissection_is_the_same(capture, tmp_path, to, file_format):
    path, before = capture
    out = tmp_path / "out"
    run_ddump(path, "--linktype", {SLL: "sll", SLL2: "sll2"}[to], "--format", file_format,
              "--time-stamp-precision", "nano", "-w", out)
    after = dissect(out)
    assert len(after) == len(PACKETS)
    for (what, linktype, data, missing, flags), old, new in zip(PACKETS, before, after):
        grown = HEAD[to] - HEAD[linktype]
        if "netlink" in what:
            check_netlink(to, new, what)
        else:
            assert protocols(new) == protocols(old), what
            assert {k: new[k] for k in SAME} == {k: old[k] for k in SAME}, what
        assert new["_ws.malformed"] == old["_ws.malformed"], what
        assert int(new["frame.cap_len"]) == int(old["frame.cap_len"]) + grown == len(data) + grown, what
        assert int(new["frame.len"]) == int(old["frame.len"]) + grown, what
        assert new["frame.time_epoch"] == old["frame.time_epoch"], what
        if linktype == ETHERNET:
            assert new["sll.src.eth"] == old["eth.src"], what
        if linktype in (SLL, SLL2) and "netlink" not in what:
            assert {k: new[k] for k in LINK} == {k: old[k] for k in LINK}, what
        direction = direction_of(linktype, data, flags)
        if flags == OUT:
            assert new["sll.pkttype"] == "4", what
        if file_format == "pcapng":
            assert int(new["frame.packet_flags_direction"] or "0", 0) == direction, what


def test_shorter_than_their_headers(tmp_path):
    """Nothing is made up: the bytes stay, behind a header that claims no protocol."""
    for linktype, cut in [(ETHERNET, 10), (SLL, 12), (SLL2, 18), (NULL, 3), (RAW, 0)]:
        data = bytes(range(1, cut + 1))
        (tmp_path / "in.pcap").write_bytes(classic(linktype, [(SECOND, data, 60)]))
        for name, head in (("sll", 16), ("sll2", 20)):
            run_ddump(tmp_path / "in.pcap", "--linktype", name, "-w", tmp_path / "out")
            image = (tmp_path / "out").read_bytes()[24:]
            caplen, origlen = struct.unpack_from("<II", image, 8)
            if {"sll": SLL, "sll2": SLL2}[name] == linktype:
                assert (caplen, origlen, image[16:]) == (cut, 60, data)
                continue
            assert (caplen, origlen) == (cut + head, 60 + head)
            assert image[16 + head:] == data
            protocol = image[16 + 14:16 + 16] if name == "sll" else image[16:18]
            assert protocol == b"\0\0"


OTHERS = [(105, "802.11"), (127, "radiotap"), (9, "PPP"), (253, "netlink"), (147, "a user's own")]


@pytest.mark.parametrize("linktype, what", OTHERS)
@pytest.mark.parametrize("file_format", ["pcap", "pcapng"])
def test_any_link_type_passes_where_all_agree(tmp_path, linktype, what, file_format):
    records = [(SECOND + i, bytes([i]) * (i + 1), 300 + i) for i in range(10)]
    (tmp_path / "a.pcap").write_bytes(classic(linktype, records[0::2]))
    (tmp_path / "b.pcap").write_bytes(classic(linktype, records[1::2], order=">"))
    for wish in ([], ["--linktype", "native"]):
        run_ddump(tmp_path / "a.pcap", tmp_path / "b.pcap", *wish, "--format", file_format,
                  "--time-stamp-precision", "nano", "-w", tmp_path / "out")
        image = (tmp_path / "out").read_bytes()
        if file_format == "pcap":
            assert image == classic(linktype, records)
            continue
        rows = tshark(tmp_path / "out", "frame.len", "frame.cap_len", "frame.interface_name")
        assert rows == [[str(300 + i), str(i + 1), "ab"[i % 2] + ".pcap"] for i in range(10)]


def test_merge_of_ethernet_files_is_an_ethernet_file(tmp_path):
    records = [(SECOND + i, ether(UDP4, type=0x800)) for i in range(10)]
    (tmp_path / "a.pcap").write_bytes(classic(ETHERNET, records[0::2]))
    (tmp_path / "b.pcap").write_bytes(classic(ETHERNET, records[1::2]))
    run_ddump(tmp_path / "a.pcap", tmp_path / "b.pcap", "--time-stamp-precision", "nano", "-w", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == classic(ETHERNET, records)


def test_files_that_disagree_become_cooked(tmp_path):
    (tmp_path / "a.pcap").write_bytes(classic(ETHERNET, [(SECOND, ether(UDP4, type=0x800))]))
    (tmp_path / "b.pcap").write_bytes(classic(RAW, [(SECOND + 1, UDP4)]))
    run_ddump(tmp_path / "a.pcap", tmp_path / "b.pcap", "-w", tmp_path / "out")
    rows = tshark(tmp_path / "out", "frame.protocols", "udp.srcport")
    assert rows == [["sll:ethertype:ip:udp:data", "50001"]] * 2


def test_an_interface_that_comes_later_decides_with_the_others(tmp_path):
    """Files are looked through before anything is decided."""
    ng = Ng()
    ng.interface(ETHERNET, "eth0", tsresol=9)
    ng.packet(0, SECOND, ether(UDP4, type=0x800))
    ng.interface(RAW, "tun0", tsresol=9)
    ng.packet(1, SECOND + 1, UDP4)
    (tmp_path / "in.pcapng").write_bytes(ng.out)
    run_ddump(tmp_path / "in.pcapng", "-w", tmp_path / "out")
    assert len(tshark(tmp_path / "out", "frame.len")) == 2
    log = run_ddump(tmp_path / "in.pcapng", "--linktype", "native", "-w", tmp_path / "out", code=3)
    assert "in.pcapng: its packets have link type RAW (raw IP), the output has EN10MB (Ethernet); --linktype sll2" in log
    assert told(log)["total"].startswith("received 2, written 1, ") and "not written 1" in told(log)["total"]
    assert len(tshark(tmp_path / "out", "frame.len")) == 1
    run_ddump(tmp_path / "in.pcapng", "--linktype", "sll2", "-w", tmp_path / "out")
    assert len(tshark(tmp_path / "out", "frame.len")) == 2


def test_native_takes_the_first_targets_and_refuses_others(tmp_path):
    (tmp_path / "a.pcap").write_bytes(classic(ETHERNET, [(SECOND * 3, ether(UDP4, type=0x800))]))
    (tmp_path / "b.pcap").write_bytes(classic(RAW, [(SECOND, UDP4), (SECOND * 4, UDP4)]))
    (tmp_path / "c.pcap").write_bytes(classic(ETHERNET, [(SECOND * 2, ether(TCP6, type=0x86DD))]))
    log = run_ddump(tmp_path / "a.pcap", tmp_path / "b.pcap", tmp_path / "c.pcap", "--linktype", "native",
                    "-w", tmp_path / "out", code=3)
    assert "ddump: b.pcap: its packets have link type RAW (raw IP), the output has EN10MB (Ethernet); --linktype sll2 takes both" in log
    assert "written 0," in told(log)["b.pcap"]
    rows = tshark(tmp_path / "out", "frame.protocols")
    assert [r[0].split(":")[0] for r in rows] == ["eth", "eth"]


def test_what_cannot_be_converted_is_refused(tmp_path):
    (tmp_path / "a.pcap").write_bytes(classic(105, [(SECOND, b"x" * 40)]))
    (tmp_path / "b.pcap").write_bytes(classic(ETHERNET, [(SECOND, ether(UDP4, type=0x800))]))
    for wish in ([], ["--linktype", "sll"], ["--linktype", "sll2"]):
        log = run_ddump(tmp_path / "a.pcap", tmp_path / "b.pcap", *wish, "-w", tmp_path / "out", code=3)
        assert "a.pcap: its packets have link type 105, the output has LINUX_SLL" in log
        assert len(tshark(tmp_path / "out", "frame.len")) == 1
