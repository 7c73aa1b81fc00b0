"""Files as other programs write them, and words that may be files."""

import os
import re
import struct
import subprocess

import pytest

from captures import SECOND, Ng, blocks_of, classic, interfaces_of, options_of, run_ddump, tshark
from lab import DDUMP, PATIENCE, Process, told, wait_for

T = 1700000000
FRAME = bytes.fromhex("020000000063" "020000000001" "0800") + bytes(38)
PACKET = bytes.fromhex("45000026000000004011000001020304050607080001000200120000") + b"payload123"
ETHERNET, RAW, LOOP, RADIOTAP, USB, PPP, HDLC = 1, 101, 108, 127, 220, 9, 104


def ng(*parts):
    """A pcapng file of (link type) and (interface, data) in a row."""
    out, n = Ng(), 0
    for part in parts:
        if isinstance(part, int):
            out.interface(part, f"if{n}", tsresol=9)
        else:
            out.packet(part[0], T * SECOND + n, part[1])
        n += 1
    return out.out


UNUSED = ng(ETHERNET, USB, (0, FRAME), (0, FRAME))
UNUSED_FIRST = ng(USB, ETHERNET, (1, FRAME), (1, FRAME))
LATE = ng(ETHERNET, *[(0, FRAME)] * 120, RAW, (1, PACKET))
MIXED = ng(ETHERNET, RADIOTAP, (0, FRAME), (1, bytes(60)), (0, FRAME))


def packets(path):
    return int(subprocess.run(["capinfos", "-cMTr", str(path)], check=True, capture_output=True, text=True).stdout.split("\t")[1])


def run(tmp_path, image, *args, code=0, stdin=False):
    """The log and the number of packets, of a file or of a stream."""
    (tmp_path / "in.pcapng").write_bytes(image)
    if stdin:
        reader, writer = os.pipe()
        with subprocess.Popen(["cat", str(tmp_path / "in.pcapng")], stdout=writer):
            os.close(writer)
            log = run_ddump("-", *args, "-w", tmp_path / "out", code=code, stdin=reader)
            os.close(reader)
    else:
        log = run_ddump(tmp_path / "in.pcapng", *args, "-w", tmp_path / "out", code=code)
    return log, packets(tmp_path / "out")


@pytest.mark.parametrize("stdin", [False, True])
@pytest.mark.parametrize("args", [
    [], ["--linktype", "sll"], ["--linktype", "sll2"], ["--linktype", "native"], ["--format", "pcapng"],
    ["--format", "pcapng", "--linktype", "mixed"]], ids=" ".join)
def test_an_interface_without_packets_costs_nothing(tmp_path, args, stdin):
    for image in (UNUSED, UNUSED_FIRST):
        log, n = run(tmp_path, image, *args, stdin=stdin)
        assert n == 2 and "link type" not in log


def test_a_refused_interface_has_no_block(tmp_path):
    run(tmp_path, UNUSED_FIRST, "--format", "pcapng", "--linktype", "sll")
    assert interfaces_of((tmp_path / "out").read_bytes()) == [("in.pcapng/if1", {"usrdeliv": 2})]


@pytest.mark.parametrize("stdin", [False, True])
def test_a_late_interface_is_converted_with_the_others(tmp_path, stdin):
    for args in ([], ["--linktype", "sll2"], ["--format", "pcapng"]):
        assert run(tmp_path, LATE, *args, stdin=stdin)[1] == 121
    log, n = run(tmp_path, LATE, "--linktype", "native", code=3, stdin=stdin)
    assert n == 120 and told(log)["total"].startswith("received 121, written 120, ") and "not written 1" in told(log)["total"]


@pytest.mark.parametrize("stdin", [False, True])
def test_what_cannot_be_converted_costs_only_its_own_packets(tmp_path, stdin):
    log, n = run(tmp_path, MIXED, code=3, stdin=stdin)
    assert n == 2 and log.count("link type 127, the output has LINUX_SLL") == 1
    assert told(log)["total"].startswith("received 3, written 2, ") and "not written 1" in told(log)["total"]
    advice = re.search(r"; (--format pcapng --linktype mixed) takes both\n", log)[1].split()
    log, n = run(tmp_path, MIXED, *advice, stdin=stdin)
    assert n == 3 and "link type" not in log
    assert tshark(tmp_path / "out", "frame.cap_len") == [["52"], ["60"], ["52"]]


def test_mixed_needs_a_format_that_can(tmp_path):
    assert "--linktype mixed needs --format pcapng" in run_ddump("x.pcap", "--linktype", "mixed", code=2)


def test_two_types_that_do_not_mix_are_named_in_one_line(tmp_path):
    (tmp_path / "a.pcap").write_bytes(classic(PPP, [(T * SECOND, b"\xff\x03\0\x21" + PACKET)]))
    (tmp_path / "b.pcap").write_bytes(classic(HDLC, [(T * SECOND, b"\x0f\0\x08\0" + PACKET)]))
    log = run_ddump(tmp_path / "a.pcap", tmp_path / "b.pcap", "-w", tmp_path / "out", code=3)
    assert packets(tmp_path / "out") == 1
    assert "b.pcap: its packets have link type 104, the output has 9; --format pcapng --linktype mixed takes both\n" in log


def test_raw_ip_has_many_numbers(tmp_path):
    names = []
    for linktype, data in ((12, PACKET), (14, PACKET), (RAW, PACKET)):
        names.append(tmp_path / f"{linktype}.pcap")
        names[-1].write_bytes(classic(linktype, [(T * SECOND, data)]))
    run_ddump(*names, "-w", tmp_path / "out")
    assert struct.unpack_from("<I", (tmp_path / "out").read_bytes(), 20) == (RAW,) and packets(tmp_path / "out") == 3
    for linktype, data in ((LOOP, b"\0\0\0\2" + PACKET), (ETHERNET, FRAME)):
        names.append(tmp_path / f"{linktype}.pcap")
        names[-1].write_bytes(classic(linktype, [(T * SECOND, data)]))
    run_ddump(*names, "-w", tmp_path / "out")
    assert struct.unpack_from("<I", (tmp_path / "out").read_bytes(), 20) == (113,) and packets(tmp_path / "out") == 5


@pytest.mark.parametrize("minor", [2, 3])
def test_old_files_have_their_lengths_the_other_way_round(tmp_path, minor):
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, minor, 0, 0, 262144, 1)
    (tmp_path / "a.pcap").write_bytes(head + struct.pack("<IIII", T, 1, 1400, len(FRAME)) + FRAME)
    run_ddump(tmp_path / "a.pcap", "-w", tmp_path / "out")
    assert tshark(tmp_path / "out", "frame.cap_len", "frame.len") == [["52", "1400"]]


def test_files_put_together_with_cat_end_at_the_second(tmp_path):
    one = classic(ETHERNET, [(T * SECOND, FRAME)])
    (tmp_path / "a.pcap").write_bytes(one + one)
    log = run_ddump(tmp_path / "a.pcap", "-w", tmp_path / "out", code=3)
    assert "another capture file begins here" in log and "2055" not in log and packets(tmp_path / "out") == 1


@pytest.mark.parametrize("extra", [4, 8])
def test_longer_record_headers_under_the_common_magic_are_read_right(tmp_path, extra):
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
    records = [struct.pack("<IIII", T, i, len(FRAME), len(FRAME)) + bytes(extra) + FRAME for i in range(3)]
    (tmp_path / "a.pcap").write_bytes(head + b"".join(records))
    run_ddump(tmp_path / "a.pcap", "-w", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == head + b"".join(r[:16] + FRAME for r in records)


def test_statistics_of_an_unknown_interface_are_skipped(tmp_path):
    out = Ng()
    out.block(5, struct.pack("<III", 0, 0, 0))
    out.interface(ETHERNET)
    out.packet(0, T * 10**6, FRAME)
    out.block(5, struct.pack("<III", 7, 0, 0))
    out.packet(0, T * 10**6 + 1, FRAME)
    assert run(tmp_path, out.out)[1] == 2


def test_drops_of_a_file_are_in_the_summary(tmp_path):
    """By its statistics, by its packets' own counts; both tell of the same packets."""
    def image(statistics, packet):
        out = Ng()
        out.interface(ETHERNET, "eth0")
        body = out.pack("IIIII", 0, 0, 0, len(FRAME), len(FRAME)) + FRAME
        out.block(6, body + (out.options((1, b"c"), (4, struct.pack("<Q", packet))) if packet else b""))
        if statistics:
            out.block(5, struct.pack("<III", 0, 0, 0) + out.options((4, struct.pack("<Q", 10)), (5, struct.pack("<Q", statistics))))
        return out.out

    assert "dropped -," in told(run(tmp_path, image(0, 0))[0])["total"]
    for statistics, packet, total in ((3, 0, 3), (0, 7, 7), (3, 7, 7), (9, 7, 9)):
        for args in ([], ["--format", "pcapng"]):
            assert f"dropped {total}," in told(run(tmp_path, image(statistics, packet), *args)[0])["total"]
    counts = interfaces_of((tmp_path / "out").read_bytes())[0][1]
    assert counts.get("ifdrop", 0) + counts.get("osdrop", 0) == 9


def secrets(line):
    return struct.pack("<II", 0x544C534B, len(line)) + line + b"\0" * (-len(line) % 4)


def test_secrets_and_names_are_in_every_file_before_its_packets(tmp_path):
    out = Ng()
    out.interface(ETHERNET, "eth0", tsresol=9)
    out.packet(0, T * SECOND, FRAME)
    out.block(10, secrets(b"CLIENT_RANDOM 01 02\n"))
    out.block(4, struct.pack("<HH", 1, 9) + bytes([1, 2, 3, 4]) + b"web1\0" + bytes(3) + bytes(4))
    for i in range(200):
        out.packet(0, T * SECOND + 1 + i, FRAME)
    image = out.out
    run(tmp_path, image, "--format", "pcapng")
    kinds = [kind for kind, _ in blocks_of((tmp_path / "out").read_bytes())]
    assert kinds.count(10) == 1 and kinds.count(4) == 1 and kinds.count(6) == 201
    assert kinds.index(10) < 5 and tshark(tmp_path / "out", "frame.number")[-1] == ["201"]
    run_ddump(tmp_path / "in.pcapng", "-w", tmp_path / "r.pcapng", "--rotate-size", "8K")
    files = sorted(tmp_path.glob("r_*.pcapng"))
    assert len(files) > 2
    for path in files:
        blocks = blocks_of(path.read_bytes())
        assert (10, secrets(b"CLIENT_RANDOM 01 02\n")) in blocks
        assert [kind for kind, _ in blocks].index(10) < 5
    run(tmp_path, image)  # classic has no place for them
    assert packets(tmp_path / "out") == 201


def test_secrets_that_are_damaged_are_left_out_and_counted(tmp_path):
    out = Ng()
    out.interface(ETHERNET)
    out.block(10, struct.pack("<II", 1, 1000))
    out.packet(0, T * 10**6, FRAME)
    log, n = run(tmp_path, out.out, "--format", "pcapng")
    assert n == 1 and "1 blocks of TLS secrets or host names are not in the output" in log


def test_times_that_pcap_cannot_hold_are_clamped_and_said_once(tmp_path):
    out = Ng()
    out.interface(ETHERNET, tsresol=9)
    times = [T * SECOND] + [(2**32 + i) * SECOND for i in (5, 6)]
    for ns in times:
        out.packet(0, ns, FRAME)
    log, _ = run(tmp_path, out.out)
    assert log.count("times after 2106-02-07T06:28:15") == 1
    seen = [row[0] for row in tshark(tmp_path / "out", "frame.time_epoch")]
    assert seen[1:] == ["4294967295.999999000"] * 2
    log, _ = run(tmp_path, out.out, "--format", "pcapng")
    assert "times after" not in log
    assert [row[0] for row in tshark(tmp_path / "out", "frame.time_epoch")][2] == f"{2**32 + 6}.000000000"


def test_times_before_1970_are_clamped_and_said_once(tmp_path):
    out = Ng()
    out.interface(ETHERNET, tsresol=6, tsoffset=-2 * T)
    for i in range(2):
        out.packet(0, T * 10**6 + i, FRAME)
    for args in ([], ["--format", "pcapng"]):
        log, _ = run(tmp_path, out.out, *args)
        assert log.count("times before 1970") == 1
        assert [row[0] for row in tshark(tmp_path / "out", "frame.time_epoch")] == ["0.000000000"] * 2


def test_a_fifo_is_waited_for_beside_another_target(tmp_path):
    """Its writer opens it when the other file has long been read."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "far.pcap").write_bytes(classic(ETHERNET, [((T + 100) * SECOND, FRAME)]))
    p = Process([DDUMP, "-w", str(tmp_path / "out"), str(tmp_path / "fifo"), str(tmp_path / "far.pcap")], str(tmp_path / "log"))
    wait_for(lambda: (tmp_path / "out").exists() and (tmp_path / "out").stat().st_size > 24, "the file's packet")
    assert p.popen.poll() is None
    with open(tmp_path / "fifo", "wb") as f:
        f.write(classic(ETHERNET, [(T * SECOND, FRAME), (T * SECOND + 1, FRAME)]))
    assert p.popen.wait(PATIENCE) == 0
    assert packets(tmp_path / "out") == 3


CAPTURE = classic(ETHERNET, [(T * SECOND, FRAME)])


def test_a_word_is_a_file_if_a_capture_begins_in_it(tmp_path):
    (tmp_path / "db1").write_bytes(CAPTURE)
    (tmp_path / "dumps").mkdir()
    (tmp_path / "dumps" / "db2").write_bytes(UNUSED)
    log = run_ddump("db1", "dumps/db2", "-w", "out", cwd=tmp_path)
    assert log.count("reading the file") == 1
    assert "ddump: db1: reading the file ./db1 (the host is http://db1)\n" in log
    assert packets(tmp_path / "out") == 3
    log = run_ddump("db1", "-w", "db1", code=2, cwd=tmp_path)
    assert (tmp_path / "db1").read_bytes() == CAPTURE


def test_a_word_is_a_host_if_its_file_is_no_capture(tmp_path):
    (tmp_path / "no.such.host.invalid").write_bytes(b"a text\n")
    log = run_ddump("no.such.host.invalid", "--connect-timeout", "2", "-w", "out", code=1, cwd=tmp_path)
    assert "reading the file" not in log and "malformed" not in log


@pytest.mark.parametrize("other", ["./db1", "link", "hard"])
def test_the_same_file_under_two_names_is_an_error(tmp_path, other):
    (tmp_path / "db1").write_bytes(CAPTURE)
    (tmp_path / "link").symlink_to("db1")
    os.link(tmp_path / "db1", tmp_path / "hard")
    log = run_ddump("db1", other, "-w", "out", code=2, cwd=tmp_path)
    assert "given twice, as " in log and log.endswith("; leave one out\n")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("magic,program", [("1f8b08", "zcat"), ("28b52ffd", "zstdcat"), ("fd377a585a", "xzcat"), ("425a6839", "bzcat")])
def test_what_is_compressed_is_named_with_the_way_to_read_it(tmp_path, magic, program):
    (tmp_path / "a.pcap").write_bytes(bytes.fromhex(magic) + bytes(100))
    log = run_ddump(tmp_path / "a.pcap", "-w", tmp_path / "out", code=1)
    assert f"ddump: a.pcap: compressed: {program} FILE | ddump -\n" in log


def test_what_is_no_capture_is_named_clearly(tmp_path):
    assert "null: it is no file, fifo or socket\n" in run_ddump("/dev/null", "-w", tmp_path / "out", code=1)
    (tmp_path / "empty.pcap").touch()
    assert "empty.pcap: it is empty\n" in run_ddump(tmp_path / "empty.pcap", "-w", tmp_path / "out", code=1)
    assert "open: Is a directory; name the captures in it\n" in run_ddump(tmp_path, "-w", tmp_path / "out", code=1)


def test_many_interfaces_of_a_file(tmp_path):
    parts = [ETHERNET] * 1100 + [(0, FRAME), (1050, FRAME)]
    assert run(tmp_path, ng(*parts))[1] == 2
    parts = [ETHERNET] * 4097 + [(0, FRAME)]
    log, _ = run(tmp_path, ng(*parts), code=3)
    assert "more than 4096 interfaces" in log
