"""VLAN tags, one, two and three, in every format of the worker and of ddump: what was on the wire
is in the file, byte for byte, and tshark shows all of it."""

import json
import os
import struct
import urllib.parse

import pytest

from captures import SECOND, classic, tshark
from lab import DDUMP, PATIENCE, run, wait_for

scapy = pytest.importorskip("scapy.all")
from scapy.layers.inet import IP, UDP  # noqa: E402
from scapy.layers.inet6 import IPv6  # noqa: E402
from scapy.layers.l2 import ARP  # noqa: E402
from scapy.utils import RawPcapNgReader, RawPcapReader  # noqa: E402

ETHERNET, SLL, SLL2 = 1, 113, 276
MACS = bytes.fromhex("02000000000b" "02000000000a")
SNAPLEN = 262144


def ipv4(size=64, ident=1):
    head = IP(src="10.9.0.1", dst="10.9.0.2", id=ident) / UDP(sport=9999, dport=9999)
    return bytes(head / (b"v" * (size - 28)))


IPV6 = bytes(IPv6(src="fd09::1", dst="fd09::2") / UDP(sport=9999, dport=9999) / b"six")
ARP_ = bytes(ARP(psrc="10.9.0.1", pdst="10.9.0.2"))


def frame(*tags, type=0x0800, payload=None):
    """tags: (TPID, TCI), the outer one first."""
    out = MACS
    for tpid, tci in tags:
        out += struct.pack("!HH", tpid, tci)
    return out + struct.pack("!H", type) + (ipv4() if payload is None else payload)


# name: frame, VLAN ids of 802.1Q and of 802.1ad as tshark shows them, what is behind
FRAMES = {
    "plain": (frame(), "", "", "10.9.0.2"),
    "one": (frame((0x8100, 5)), "5", "", "10.9.0.2"),
    "priority": (frame((0x8100, 0x6000)), "0", "", "10.9.0.2"),
    "all bits": (frame((0x8100, 0xFFFF)), "4095", "", "10.9.0.2"),
    "one of 802.1ad": (frame((0x88A8, 15)), "", "15", "10.9.0.2"),
    "802.1ad over 802.1Q": (frame((0x88A8, 11), (0x8100, 12)), "12", "11", "10.9.0.2"),
    "802.1Q over 802.1Q": (frame((0x8100, 13), (0x8100, 14)), "13,14", "", "10.9.0.2"),
    "both the same": (frame((0x8100, 5), (0x8100, 5)), "5,5", "", "10.9.0.2"),
    "inner priority 2": (frame((0x88A8, 11), (0x8100, 0x4500)), "1280", "11", "10.9.0.2"),
    "three": (frame((0x88A8, 21), (0x8100, 22), (0x8100, 23)), "22,23", "21", "10.9.0.2"),
    "IPv6 in one": (frame((0x8100, 6), type=0x86DD, payload=IPV6), "6", "", "fd09::2"),
    "IPv6 in two": (frame((0x88A8, 11), (0x8100, 0x6001), type=0x86DD, payload=IPV6), "1", "11", "fd09::2"),
    "ARP in one": (frame((0x8100, 6), type=0x806, payload=ARP_), "6", "", "10.9.0.2"),
    "ARP in two": (frame((0x88A8, 11), (0x8100, 12), type=0x806, payload=ARP_), "12", "11", "10.9.0.2"),
    # the length of these IPv4 packets is the protocol's number, 0x800
    "2048 in none": (frame(payload=ipv4(2048)), "", "", "10.9.0.2"),
    "2048 in one": (frame((0x8100, 5), payload=ipv4(2048)), "5", "", "10.9.0.2"),
    "2048 in one, like two": (frame((0x8100, 5), payload=ipv4(2048, ident=0x4500)), "5", "", "10.9.0.2"),
    "2048 in two": (frame((0x88A8, 11), (0x8100, 0x4500), payload=ipv4(2048)), "1280", "11", "10.9.0.2"),
    "short": (frame((0x8100, 5), payload=ipv4(28)), "5", "", "10.9.0.2"),
    "shorter than a header": (frame((0x8100, 5), type=0x88B5, payload=b"xyz"), "5", "", ""),
}
NAMES = list(FRAMES)
SENT = [FRAMES[name][0] for name in NAMES]


class Wire:
    """a sends to b, where a worker captures; another captures where they leave."""

    def __init__(self, lab, is_sender_captured=False):
        self.lab = lab
        self.a, self.b = lab.namespace("a"), lab.namespace("b")
        lab.link(self.a, "v0", "10.1.0.1", self.b, "v1", "10.1.0.2")
        for space, name in ((self.a, "v0"), (self.b, "v1")):
            space.ip("link", "set", name, "mtu", "9000")
        self.space = self.a if is_sender_captured else self.b
        self.interface = "v0" if is_sender_captured else "v1"
        self.worker = lab.worker(self.space, "-max-captures", "32")
        self.sender = lab.sender(self.a)
        self.outs = {}

    def send(self, frames=SENT):
        for data in frames:
            self.sender.send("v0", data)

    def capture(self, name, **query):
        """A stream by curl of what crosses the link; its file has its header."""
        out = os.path.join(self.lab.tmp, f"w{len(self.outs)}")
        query = urllib.parse.urlencode({"interface": self.interface, **query})
        self.lab.start(self.space, ["curl", "-sSN", "-o", out,
                                    f"http://127.0.0.1:{self.worker.port}/capture?{query}"])
        wait_for(lambda: os.path.exists(out) and os.path.getsize(out) >= 24, "a file header")
        self.outs[name] = out
        return out

    def ddump(self, out, *args, count=len(SENT)):
        args = [DDUMP, "-i", self.interface, "-c", str(count), "--hold-back=20s", "-w", out, *args,
                f"127.0.0.1:{self.worker.port}"]
        process = self.lab.start(self.space, args)
        wait_for(lambda: "capturing on" in process.log() or process.popen.poll() is not None,
                 "ddump captures: " + process.log())
        assert process.popen.poll() is None, process.log()
        return process

    def finish(self):
        """The captures' files, complete: the worker sends what it holds."""
        assert self.worker.stop() == 0
        return self.outs


def packets(path):
    """[(link type, bytes, original length)] of a pcap or pcapng file."""
    with open(path, "rb") as f:
        is_ng = f.read(4) == b"\x0a\x0d\x0d\x0a"
    if is_ng:
        reader = RawPcapNgReader(path)
        out = [(meta.linktype, data, meta.wirelen) for data, meta in reader]
    else:
        reader = RawPcapReader(path)
        out = [(reader.linktype, data, meta.wirelen) for data, meta in reader]
    reader.close()
    return out


def on_the_wire(linktype, data):
    """From the type of an Ethernet frame on."""
    if linktype == ETHERNET:
        return data[12:]
    return data[14:16] + data[16:] if linktype == SLL else data[0:2] + data[20:]


def check(path, linktype, sent=SENT):
    got = packets(path)
    assert {t for t, _, _ in got} == {linktype}
    names = dict(zip(sent, NAMES))
    for (_, data, size), want in zip(got, sent):
        assert on_the_wire(linktype, data) == want[12:], names[want]
        assert size == len(data), names[want]
    assert len(got) == len(sent)


def check_dissection(path):
    rows = tshark(path, "vlan.id", "ieee8021ad.id", "ip.dst", "ipv6.dst", "arp.dst.proto_ipv4", "_ws.malformed")
    assert len(rows) == len(NAMES)
    for name, row in zip(NAMES, rows):
        _, dot1q, dot1ad, behind = FRAMES[name]
        vlans, ads, *targets, malformed = row
        assert (vlans, ads, "".join(targets), malformed) == (dot1q, dot1ad, behind, ""), name


LINKTYPES = {"sll": SLL, "sll2": SLL2, "native": ETHERNET}
OUTPUTS = {
    "default": ([], SLL),
    "sll2": (["--linktype", "sll2"], SLL2),
    "pcapng": (["--format", "pcapng"], SLL),
    "pcapng of SLL2": (["--format", "pcapng", "--linktype", "sll2"], SLL2),
    "native": (["--linktype", "native"], ETHERNET),
    "native pcapng": (["--linktype", "native", "--format", "pcapng"], ETHERNET),
}


def test_tags_are_in_every_format_of_the_worker(lab):
    wire = Wire(lab)
    for linktype in LINKTYPES:
        for file_format in ("pcap", "pcapng"):
            wire.capture((linktype, file_format), linktype=linktype, format=file_format, count=len(SENT))
    wire.send()
    wait_for(lambda: len(wire.worker.children()) == 1, "all captures have ended")
    for (linktype, _), out in wire.finish().items():
        check(out, LINKTYPES[linktype])
        check_dissection(out)


def test_tags_are_in_every_output_of_ddump(lab, tmp_path):
    wire = Wire(lab)
    processes = {name: wire.ddump(str(tmp_path / name), *args) for name, (args, _) in OUTPUTS.items()}
    wire.send()
    for name, process in processes.items():
        assert process.popen.wait(PATIENCE) == 0
        linktype = packets(str(tmp_path / name))[0][0]
        assert linktype == OUTPUTS[name][1], name
        check(str(tmp_path / name), linktype)
        check_dissection(str(tmp_path / name))


@pytest.mark.parametrize("snaplen", [21, 24, 25, 28, 40])
def test_a_short_snaplen_cuts_behind_the_tag(lab, snaplen):
    """The header counts, and the tag is the first of what follows it."""
    wire = Wire(lab)
    for linktype in ("sll", "sll2"):
        wire.capture(linktype, linktype=linktype, snaplen=snaplen, count=len(SENT))
    wire.send()
    wait_for(lambda: len(wire.worker.children()) == 1, "both captures have ended")
    for linktype, out in wire.finish().items():
        head = 16 if linktype == "sll" else 20
        got = packets(out)
        assert len(got) == len(SENT)
        for (_, data, size), want in zip(got, SENT):
            assert size == head + len(want) - 14
            assert len(data) == min(snaplen, size)
            whole = on_the_wire(LINKTYPES[linktype], data)
            assert whole == want[12:12 + len(whole)]


# what each filter of a cooked capture lets through: it sees the protocol behind the first tag
FILTERS = {
    "ip": ["plain", "one", "priority", "all bits", "one of 802.1ad", "2048 in none", "2048 in one",
           "2048 in one, like two", "short"],
    "ip6": ["IPv6 in one"],
    "arp": ["ARP in one"],
    "udp port 9999 and greater 2000": ["2048 in none", "2048 in one", "2048 in one, like two"],
    "ether proto 0x8100": ["802.1ad over 802.1Q", "802.1Q over 802.1Q", "both the same", "inner priority 2", "three",
                           "IPv6 in two", "ARP in two", "2048 in two"],
    "vlan": [name for name in NAMES if name not in ("plain", "2048 in none")],
    "vlan 0": ["priority"],
    "vlan 4095": ["all bits"],
    "vlan 15": ["one of 802.1ad"],
    "vlan 13": ["802.1Q over 802.1Q"],
    "vlan 14": [],
    "vlan 5": ["one", "both the same", "2048 in one", "2048 in one, like two", "short", "shorter than a header"],
    "vlan 5 and udp": ["one", "2048 in one", "2048 in one, like two", "short"],
    "udp&&vlan 0x5": ["one", "2048 in one", "2048 in one, like two", "short"],
    "vlan 6 and (arp or ip6)": ["IPv6 in one", "ARP in one"],
    "(arp or ip6) and vlan 6": ["IPv6 in one", "ARP in one"],
    "  not arp  and  vlan  6 ": ["IPv6 in one"],
    "vlan 11": ["802.1ad over 802.1Q", "inner priority 2", "IPv6 in two", "ARP in two", "2048 in two"],
}


@pytest.mark.parametrize("linktype", ["sll", "sll2"])
def test_filters_see_the_protocol_behind_the_first_tag(lab, linktype):
    wire = Wire(lab)
    for text in FILTERS:
        wire.capture(text, linktype=linktype, filter=text)
    everything = wire.capture("", linktype=linktype)
    wire.send()
    wait_for(lambda: len(packets(everything)) == len(SENT), "all have been captured")
    names = {data[12:]: name for name, data in zip(NAMES, SENT)}
    for text, out in wire.finish().items():
        got = [names[on_the_wire(t, data)] for t, data, _ in packets(out)]
        assert got == FILTERS.get(text, NAMES), text


def linux_version():
    return tuple(int(n) for n in os.uname().release.split(".")[:2])


@pytest.mark.skipif(linux_version() < (6, 11), reason="needs Linux 6.11: before, sent tags in the frame are not told")
def test_tags_of_what_the_host_itself_sends(lab):
    """Of two tags in a raw socket's frame Linux gives cooked captures the outer one alone."""
    wire = Wire(lab, is_sender_captured=True)
    for linktype in ("sll", "sll2"):
        wire.capture(linktype, linktype=linktype, count=len(SENT))
        wire.capture(linktype + " vlan", linktype=linktype, filter="vlan")
        wire.capture(linktype + " vlan 5", linktype=linktype, filter="vlan 5")
    native = wire.capture("native", linktype="native", count=len(SENT))
    wire.send()
    wait_for(lambda: len(packets(native)) == len(SENT), "all have been captured")
    outs = wire.finish()
    check(native, ETHERNET)
    for linktype in ("sll", "sll2"):
        got = [on_the_wire(t, data) for t, data, _ in packets(outs[linktype])]
        assert len(got) == len(SENT)
        for name, data, want in zip(NAMES, got, SENT):
            tags = [n for n in ",".join(FRAMES[name][1:3]).split(",") if n]
            assert data[:4] == want[12:16], name
            assert len(tags) > 1 or data == want[12:], name
            assert data.endswith(want[14 + 4 * len(tags):]), name
        for term, names in (("vlan", FILTERS["vlan"]), ("vlan 5", FILTERS["vlan 5"])):
            got = [on_the_wire(t, data)[:4] for t, data, _ in packets(outs[f"{linktype} {term}"])]
            assert got == [FRAMES[name][0][12:16] for name in names], term


REFUSED = ["tcp or vlan 5", "tcp or udp and vlan 5", "vlan 5 and tcp or udp", "not vlan", "tcp and not vlan 5",
           "(vlan 5) and tcp", "tcp and vlan and udp", "vlan and vlan 3", "vlan 5 or vlan 6", "vlan 05",
           "tcp and (vlan 5 and udp)"]


def test_a_vlan_term_anywhere_else_names_the_way(lab):
    """By ddump, which says what its own flags for it are."""
    wire = Wire(lab)
    for text in REFUSED:
        done = wire.space.run(DDUMP, "-f", text, "-w", "/dev/null", f"127.0.0.1:{wire.worker.port}", check=False)
        log = done.stderr.decode()
        assert done.returncode == 1 and "first or the last of terms" in log, text + log
        assert "-i NAME --linktype native" in log, text + log


@pytest.mark.parametrize("text, says", [
    ("vlan 4096", "0 to 4095"), ("tcp and vlan 65536", "0 to 4095"),
    ("vlan and", "linktype=native"), ("and vlan", "syntax error"), ("tcp) and (vlan", "syntax error"),
    ("vlan 5 and tcp) or (udp", "linktype=native"), ("vlan 5 tcp", "linktype=native"),
    ("vlan 5 and host", "syntax error"), ("vlan and ether host 1:2:3:4:5:6", "linktype=native"),
    ("host vlan", None), ("VLAN and tcp", None),
])
def test_a_bad_vlan_term_is_a_sentence(lab, text, says):
    wire = Wire(lab)
    query = urllib.parse.urlencode({"filter": text})
    answer = wire.space.run("curl", "-sS", f"http://127.0.0.1:{wire.worker.port}/validate?{query}").stdout
    problem = json.loads(answer)
    assert problem["status"] == 400 and (says or "") in problem["detail"]


@pytest.mark.parametrize("args, linktype", [([], SLL), (["--linktype", "sll2"], SLL2),
                                            (["--format", "pcapng"], SLL)])
def test_an_ethernet_file_is_the_same_as_what_is_live(lab, tmp_path, args, linktype):
    (tmp_path / "old.pcap").write_bytes(classic(ETHERNET, [(SECOND + i, data) for i, data in enumerate(SENT)]))
    wire = Wire(lab)
    out = str(tmp_path / "out")
    process = wire.ddump(out, *args, str(tmp_path / "old.pcap"), count=2 * len(SENT))
    wire.send()
    assert process.popen.wait(PATIENCE) == 0
    check(out, linktype, SENT + SENT)


def test_tcpdump_reads_what_it_reads_of_its_own(lab, tmp_path):
    """Its filters of tagged packets in cooked files find nothing, its words show the tag."""
    wire = Wire(lab)
    process = wire.ddump(str(tmp_path / "out"))
    wire.send()
    assert process.popen.wait(PATIENCE) == 0
    shown = run("tcpdump", "-enr", str(tmp_path / "out")).stdout.decode()
    assert "vlan 5, p 0" in shown and "vlan 0, p 3" in shown
    found = run("tcpdump", "-nr", str(tmp_path / "out"), "udp port 9999").stdout.decode()
    assert len(found.splitlines()) == 2, "the two that have no tag"
