"""Captures of other tools through ddump into pcapng: tshark sees the same packets, from the same
interfaces, with the same comments and directions."""

import os
import struct
import subprocess

import pytest

from captures import SECOND, Ng, classic, interfaces_of, run_ddump, tshark
from lab import run, udp_frame, wait_for

ETHERNET = 1
FIELDS = ["frame.time_epoch", "frame.len", "frame.cap_len", "frame.interface_name", "frame.comment",
          "frame.packet_flags", "frame.md5_hash"]
HASH = ["-o", "frame.generate_md5_hash:TRUE"]
A, B = "02:00:00:00:00:01", "02:00:00:00:00:02"
FRAMES = [udp_frame(A, B, "10.0.0.1", "10.0.0.2", b"x" * i, 50000 + i) for i in range(20)]


@pytest.fixture
def where(tmp_path):
    """A directory of its own, with two classic captures of tcpdump's kind in it."""
    one = [(1700000000 * SECOND + i * 1000, frame) for i, frame in enumerate(FRAMES)]
    two = [(1700000000 * SECOND + i * 1000 + 500, frame, 2000) for i, frame in enumerate(FRAMES)]
    (tmp_path / "one.pcap").write_bytes(classic(ETHERNET, one, nano=False))
    (tmp_path / "two.pcap").write_bytes(classic(ETHERNET, two, order=">"))
    return tmp_path


def tool(where, *args):
    subprocess.run([str(a) for a in args], cwd=where, check=True, capture_output=True, timeout=30)


def dissect(path, fields=FIELDS):
    return tshark(path, *fields, options=HASH)


def dissect_named(path, fields=FIELDS):
    """With the names that ddump gives its interfaces: FILE/INTERFACE, and without a name FILE,
    FILE#2 and so on. No flags are the same as flags of 0."""
    rows = tshark(path, *fields, "frame.interface_id", options=HASH)
    nameless = sorted({row[-1] for row in rows if row[3] in ("", "unknown")})
    for row in rows:
        if row[3] in ("", "unknown"):
            at = nameless.index(row[-1])
            row[3] = path.name + (f"#{at + 1}" if at > 0 else "")
        else:
            row[3] = f"{path.name}/{row[3]}"
        row[5] = "" if row[5] == "0x00000000" else row[5]
        row.pop()
    return rows


def check(where, name, fields=FIELDS):
    """One file through ddump: nothing of it changes. Returns how tshark sees the result."""
    run_ddump(where / name, "--format", "pcapng", "-w", where / "out.pcapng")
    after = dissect(where / "out.pcapng", fields)
    assert after == dissect_named(where / name, fields) and after
    interfaces_of((where / "out.pcapng").read_bytes())
    tcpdump = run("tcpdump", "-nr", where / "out.pcapng").stdout.splitlines()
    assert len(tcpdump) == len(after)
    return after


def test_classic_files_are_read_as_one_interface(where):
    assert {row[3] for row in check(where, "one.pcap")} == {"one.pcap"}
    check(where, "two.pcap")


def test_comments_of_editcap_go_on_with_their_packets(where):
    tool(where, "editcap", "-F", "pcapng", "-a", "3:first comment", "-a", "20:ünïcode",
         "two.pcap", "edited.pcapng")
    rows = check(where, "edited.pcapng")
    assert [row[4] for row in rows if row[4]] == ["first comment", "ünïcode"]
    tool(where, "editcap", "-s", "30", "-t", "-1.5", "edited.pcapng", "short.pcapng")
    check(where, "short.pcapng")
    tool(where, "editcap", "-F", "nsecpcap", "edited.pcapng", "nano.pcap")
    check(where, "nano.pcap")


def test_files_of_mergecap_keep_their_interfaces(where):
    for mode in ("none", "all"):
        tool(where, "mergecap", "-I", mode, "-w", f"{mode}.pcapng", "one.pcap", "two.pcap")
        rows = check(where, f"{mode}.pcapng")
        assert len(rows) == 40
    # what mergecap merges of two files is what ddump makes of them
    run_ddump(where / "one.pcap", where / "two.pcap", "--format", "pcapng", "-w", where / "ours.pcapng")
    ours, theirs = (dissect(where / name, FIELDS[:3] + FIELDS[6:]) for name in ("ours.pcapng", "none.pcapng"))
    assert ours == theirs


def test_sections_of_two_hosts_in_one_file(where):
    """cat of captures: interfaces of one name in it stay apart."""
    parts = []
    for order, start in (("<", 1), (">", 2)):
        ng = Ng(order)
        ng.interface(ETHERNET, "eth0", tsresol=6)
        for i in range(3):
            ng.packet(0, (start * SECOND + i) // 1 * 1000, FRAMES[i])
        parts.append(ng.out)
    (where / "cat.pcapng").write_bytes(b"".join(parts))
    before = dissect(where / "cat.pcapng")
    run_ddump(where / "cat.pcapng", "--format", "pcapng", "-w", where / "out.pcapng")
    after = dissect(where / "out.pcapng")
    assert [row[3] for row in after] == ["cat.pcapng/eth0"] * 3 + ["cat.pcapng/eth0#2"] * 3
    assert [row[:3] + row[4:] for row in after] == [row[:3] + row[4:] for row in before]


RESOLUTIONS = [None, 0, 3, 6, 7, 9, 0x80 | 10, 0x80 | 20, 0x80 | 30]


@pytest.mark.parametrize("order", ["<", ">"])
def test_everything_that_the_format_has(where, order):
    """Interfaces of many resolutions and offsets, all packet blocks, blocks and options unknown."""
    ng = Ng(order)
    ng.section((2, b"hardware"), (1, b"comment"), (3, b"system"))
    for i, resolution in enumerate(RESOLUTIONS):
        ng.interface(ETHERNET, f"if{i}", resolution, 3600 if i % 2 else None, snaplen=30 if i == 0 else 0,
                     description="a description" if i == 3 else None)
    for i, resolution in enumerate(RESOLUTIONS):
        r = 6 if resolution is None else resolution
        unit = 2 ** (r & 127) if r & 128 else 10 ** r
        ticks = (1700000000 - (3600 if i % 2 else 0)) * unit + (i * unit // 10 if unit > 1 else i)
        ng.packet(i, ticks, FRAMES[i], flags=[None, 1, 2, 0][i % 4], comments=["one", "two"][:i % 3])
        ng.block(0x80000000 + i, b"unknown!")
    ticks = (1700000005 - 3600) * SECOND
    ng.block(2, ng.pack("HHIIII", 5, 0xFFFF, ticks >> 32, ticks & 0xFFFFFFFF, len(FRAMES[3]), len(FRAMES[3])) +
             FRAMES[3] + b"\0" * (-len(FRAMES[3]) % 4))
    ng.block(4, ng.pack("HH", 0, 0))  # names
    ng.block(5, ng.pack("III", 1, 0, 0) + ng.options((4, ng.pack("Q", 7)), (5, ng.pack("Q", 2))))
    (where / "all.pcapng").write_bytes(ng.out)
    old_block = "1700000005.000000000"
    before = {row[3]: row for row in dissect_named(where / "all.pcapng") if row[0] != old_block}
    run_ddump(where / "all.pcapng", "--format", "pcapng", "-w", where / "out.pcapng")
    after = dissect(where / "out.pcapng")
    assert len(after) == len(RESOLUTIONS) + 1
    assert [row[1:4] for row in after if row[0] == old_block] == [[str(len(FRAMES[3]))] * 2 + ["all.pcapng/if5"]]
    for row in after:
        if row[0] != old_block:
            assert row[1:] == before[row[3]][1:]
            assert row[0] == before[row[3]][0]
    counts = dict(interfaces_of((where / "out.pcapng").read_bytes()))
    assert counts["all.pcapng/if1"] == {"ifrecv": 7, "ifdrop": 2, "usrdeliv": 1}
    assert counts["all.pcapng/if5"] == {"usrdeliv": 2}
    assert "a description" in run("capinfos", where / "out.pcapng").stdout.decode()


def test_simple_packets_have_the_time_of_the_one_before(where):
    ng = Ng()
    ng.interface(ETHERNET, "eth0", tsresol=9, snaplen=40)
    ng.packet(0, 1700000000 * SECOND + 7, FRAMES[0])
    ng.simple(FRAMES[1][:40], len(FRAMES[1]))
    ng.simple(FRAMES[0][:20])
    (where / "simple.pcapng").write_bytes(ng.out)
    run_ddump(where / "simple.pcapng", "--format", "pcapng", "-w", where / "out.pcapng")
    rows = tshark(where / "out.pcapng", "frame.time_epoch", "frame.len", "frame.cap_len", "frame.interface_name")
    lengths = [(len(FRAMES[0]), len(FRAMES[0])), (len(FRAMES[1]), 40), (20, 20)]
    assert rows == [["1700000000.000000007", str(n), str(kept), "simple.pcapng/eth0"] for n, kept in lengths]


def test_different_link_types_of_one_file(where):
    tool(where, "editcap", "-C", "14", "-T", "rawip", "one.pcap", "raw.pcap")
    tool(where, "mergecap", "-w", "both.pcapng", "one.pcap", "raw.pcap")
    fields = ["frame.time_epoch", "frame.protocols", "udp.length", "frame.interface_name", "ip.src", "udp.srcport"]
    before = dissect(where / "both.pcapng", fields)
    run_ddump(where / "both.pcapng", "--format", "pcapng", "-w", where / "out.pcapng")
    after = dissect(where / "out.pcapng", fields)
    assert sorted(row[:1] + row[2:3] + row[4:] for row in after) == sorted(row[:1] + row[2:3] + row[4:] for row in before)
    assert all(row[1].startswith("sll:ethertype:ip:udp") for row in after)
    assert sorted({row[3] for row in after}) == ["both.pcapng", "both.pcapng#2"]


def test_damage_keeps_what_came_before(where):
    ng = Ng()
    ng.interface(ETHERNET, "eth0", tsresol=9)
    for i in range(5):
        ng.packet(0, SECOND + i, FRAMES[i], comments=["c%d" % i])
    (where / "bad.pcapng").write_bytes(ng.out + b"\x06\0\0\0\xff\xff\xff\xff")
    log = run_ddump(where / "bad.pcapng", "--format", "pcapng", "-w", where / "out.pcapng", code=3)
    assert f"bad.pcapng: malformed capture at byte {len(ng.out)}: block length out of range; " in log
    assert [row[4] for row in dissect(where / "out.pcapng")] == ["c%d" % i for i in range(5)]


def test_our_own_files_again(where):
    """What was merged once is merged again: names nest, nothing is lost."""
    args = ["--format", "pcapng", "--linktype", "sll"]
    run_ddump(where / "one.pcap", where / "two.pcap", *args, "-w", where / "first.pcapng")
    rows = check(where, "first.pcapng", FIELDS[:5] + FIELDS[6:])
    assert {row[3] for row in rows} == {"first.pcapng/one.pcap", "first.pcapng/two.pcap"}


def test_indexes_tell_hosts_apart_in_classic_sll2(where):
    """The table is on standard error, and selects with tcpdump."""
    def sll2(index, port):
        head = struct.pack("!HHIHBB8s", 0x800, 0, index, 1, 0, 6, b"\2\0\0\0\0\1")
        return head + udp_frame(A, B, "10.0.0.1", "10.0.0.2", b"", port)[14:]

    indexes = [2, 3, 70000, 65535]
    for host, name in enumerate(("h1.pcap", "h2.pcap")):
        records = [(SECOND + i, sll2(index, 1000 * (host + 1) + i)) for i, index in enumerate(indexes)]
        (where / name).write_bytes(classic(276, records))
    log = run_ddump(where / "h1.pcap", where / "h2.pcap", where / "one.pcap", "--linktype", "sll2", "-w", where / "out")
    table = {}
    for line in log.splitlines():
        if line.startswith("ddump: interface "):
            number, name = line[len("ddump: interface "):].split(": ")
            table[name] = int(number)
    assert table == {"h1.pcap, index 2": 65538, "h1.pcap, index 3": 65539, "h1.pcap, index 70000": 131071,
                     "h1.pcap, index 65535": 131070, "h2.pcap, index 2": 131074, "h2.pcap, index 3": 131075,
                     "h2.pcap, index 70000": 196607, "h2.pcap, index 65535": 196606}
    for name, number in table.items():
        host, index = name.split(", index ")
        port = 1000 * (1 + (host == "h2.pcap")) + indexes.index(int(index))
        lines = run("tcpdump", "-nr", where / "out", f"ifindex {number}").stdout.decode().splitlines()
        assert len(lines) == 1 and f"10.0.0.1.{port} >" in lines[0]
    assert len(run("tcpdump", "-nr", where / "out", f"ifindex {3 << 16}").stdout.splitlines()) == len(FRAMES)


def test_live_captures_of_tcpdump_and_dumpcap(lab, tmp_path):
    """Each captures the same frames on two interfaces, on any, and in its own format."""
    a, b = lab.namespace("a"), lab.namespace("b")
    mac_a, mac_b = lab.link(a, "v0", "10.1.0.1", b, "v1", "10.1.0.2")
    tools = {
        "tcpdump.pcap": ["tcpdump", "-Z", "root", "-U", "-i", "v0", "--time-stamp-precision=nano", "-Q", "inout"],
        "any.pcap": ["tcpdump", "-Z", "root", "-U", "-i", "any", "-y", "LINUX_SLL2"],
        "dumpcap.pcapng": ["dumpcap", "-q", "-i", "v0", "-i", "lo", "-i", "any", "--capture-comment", "a comment"],
    }
    started = []
    for name, args in tools.items():
        (tmp_path / name).touch(mode=0o666)
        os.chmod(tmp_path / name, 0o666)
        started.append(lab.start(a, [*args, "-w", str(tmp_path / name)]))
    sender = lab.sender(a)

    def send(n):
        for i in range(n):
            sender.send("v0", udp_frame(mac_a, mac_b, "10.1.0.1", "10.1.0.2", b"p%d" % i))
            sender.send("lo", udp_frame(mac_a, mac_b, "127.0.0.1", "127.0.0.1", b"q%d" % i))

    # each has begun when it has written a packet
    wait_for(lambda: send(1) or all((tmp_path / name).stat().st_size > 1000 for name in tools), "all tools capture")
    send(10)
    for process in started:
        process.stop()
    for name in tools:
        mixed = name == "dumpcap.pcapng"
        before = dissect_named(tmp_path / name)
        run_ddump(tmp_path / name, "--format", "pcapng", "-w", tmp_path / "out.pcapng")
        after = dissect(tmp_path / "out.pcapng")
        assert len(after) == len(before) >= 11
        if mixed:  # what is not cooked becomes it, and is longer
            after, before = ([row[:1] + row[3:5] for row in rows] for rows in (after, before))
        assert sorted(row[:5] + row[6:] for row in after) == sorted(row[:5] + row[6:] for row in before)
