"""Two workers into one file: every packet says which host and which interface it comes from, and
the file says what each of them dropped."""

import re
import signal
import struct
import subprocess
import time

import pytest

from captures import blocks_of, interfaces_of, tshark
from lab import DDUMP, PATIENCE, run, told, udp_frame, wait_for
from test_two_hosts import Net

A, B = "10.2.0.2", "10.3.0.2"
FILTER = ["--filter", "udp port 9999"]


@pytest.fixture
def net(lab):
    return Net(lab)


def size_of(path):
    return path.stat().st_size if path.exists() else 0


def count(path):
    """Packets in a pcapng file that is still written; 0 when it is caught in a write."""
    try:
        return sum(kind == 6 for kind, _ in blocks_of(path.read_bytes())) if path.exists() else 0
    except (AssertionError, struct.error):
        return 0


def is_settled(path):
    before = size_of(path)
    time.sleep(0.5)
    return size_of(path) == before


def test_every_packet_names_its_host_and_interface(net, tmp_path):
    out = tmp_path / "out.pcapng"
    ddump = net.ddump("--format", "pcapng", *FILTER, "-w", str(out), A, B)
    net.exchange(20)
    net.send_a.send("lo", udp_frame(net.mac_a, net.mac_b, "127.0.0.1", "127.0.0.1", b"l"))
    wait_for(lambda: count(out) == 81, "all packets are in the file")
    assert ddump.stop(signal.SIGINT) == 0
    rows = tshark(out, "udp.payload", "frame.interface_name", "frame.packet_flags_direction", "sll.pkttype")
    sent, got = ["0x00000002", "4"], ["0x00000001", "0"]
    for i in range(20):
        there, back = (b"%c%06d" % (side, i) for side in b"ab")
        assert rows[4 * i:4 * i + 4] == [
            [there.hex(), f"{A}/v0", *sent], [there.hex(), f"{B}/v1", *got],
            [back.hex(), f"{B}/v1", *sent], [back.hex(), f"{A}/v0", *got]]
    assert rows[80][:2] == [b"l".hex(), f"{A}/lo"]

    counts = dict(interfaces_of(out.read_bytes()))
    assert set(counts) == {f"{A}/any", f"{A}/v0", f"{A}/lo", f"{B}/any", f"{B}/v1"}
    assert counts[f"{A}/any"] == {"ifrecv": 41, "osdrop": 0, "usrdeliv": 0}
    assert counts[f"{B}/any"] == {"ifrecv": 40, "osdrop": 0, "usrdeliv": 0}
    assert [counts[name] for name in (f"{A}/v0", f"{A}/lo", f"{B}/v1")] == [{"usrdeliv": n} for n in (40, 1, 40)]
    info = run("capinfos", out).stdout.decode()
    assert info.count("Filter string = udp port 9999") == 5 and info.count("Operating system = Linux") == 5
    assert info.count(f"Description = http://{A}:8475") == 3 and "Capture application: ddump/" in info
    assert len(run("tcpdump", "-nr", out).stdout.splitlines()) == 81


def test_the_first_packet_shows_at_once(net):
    """While all is silent: tshark has the interfaces and the packet, whole."""
    with subprocess.Popen(["tshark", "-l", "-n", "-r", "-", "-T", "fields", "-e", "frame.interface_name"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as reader:
        ddump = net.ddump("--format", "pcapng", *FILTER, A, B, stdout=reader.stdin)
        reader.stdin.close()
        net.send_a.send("v0", udp_frame(net.mac_a, net.mac_b, "10.1.0.1", "10.1.0.2", b"one"))
        assert reader.stdout.readline() == f"{A}/v0\n".encode()
        assert reader.stdout.readline() == f"{B}/v1\n".encode()
        assert ddump.stop(signal.SIGINT) == 0
        assert reader.wait(PATIENCE) == 0


@pytest.mark.parametrize("end", [["-c", "7"], ["-d", "0.1"]])
def test_every_end_makes_a_complete_file(net, tmp_path, end):
    out = tmp_path / "out.pcapng"
    ddump = net.lab.start(net.c, [DDUMP, "--format", "pcapng", *FILTER, *end, "-w", str(out), A, B])
    wait_for(lambda: "capturing on" in ddump.log(), "ddump captures")
    net.exchange(10)
    assert ddump.popen.wait(PATIENCE) == 0
    counts = interfaces_of(out.read_bytes())
    assert all("usrdeliv" in c for _, c in counts)
    assert end[0] != "-c" or len(tshark(out, "frame.number")) == 7


def test_drops_are_in_the_file_as_in_the_summary(net, tmp_path):
    """Both kernels drop while ddump is stopped; one worker had been lost and come back."""
    out = tmp_path / "out.pcapng"
    flood = ("import socket,sys\n"
             "s=socket.socket(socket.AF_PACKET,socket.SOCK_RAW); s.bind(('v0',0))\n"
             "f=bytes.fromhex(sys.argv[1])\n"
             "for _ in range(int(sys.argv[2])): s.send(f)\n")
    frame = udp_frame(net.mac_a, net.mac_b, "10.1.0.1", "10.1.0.2", b"x" * 1400).hex()
    ddump = net.ddump("--format", "pcapng", "-w", str(out), *(f"http://{host}/capture?buffer=512&filter=udp+port+9999" for host in (A, B)))
    net.exchange(1)
    wait_for(lambda: count(out) == 4, "the first packets")
    # lost and back: what was counted before counts on
    net.worker_a.stop(signal.SIGKILL)
    wait_for(lambda: "connecting again" in ddump.log(), "the loss")
    net.worker_a = net.lab.worker(net.a, listen=f"{A}:8475")
    wait_for(lambda: "back after a gap" in ddump.log(), "the return")
    ddump.popen.send_signal(signal.SIGSTOP)
    net.a.run("/usr/bin/python3", "-c", flood, frame, "20000")
    ddump.popen.send_signal(signal.SIGCONT)
    wait_for(lambda: is_settled(out), "all that was captured is there")
    assert ddump.stop(signal.SIGINT) == 0
    image = out.read_bytes()
    counts = dict(interfaces_of(image))
    assert len([kind for kind, _ in blocks_of(image) if kind == 1]) == 4, "each interface once"
    for host, interface in ((A, "v0"), (B, "v1")):
        row = re.search(r"written (\d+), dropped (?:>=)?(\d+)", told(ddump.log())[host])
        whole = counts[f"{host}/any"]
        assert int(row[2]) == whole["osdrop"] > 0
        assert int(row[1]) == counts[f"{host}/{interface}"]["usrdeliv"] + whole["usrdeliv"]
        assert whole["ifrecv"] >= whole["osdrop"]


def test_indexes_tell_hosts_apart_in_classic_sll2(net, tmp_path):
    out = tmp_path / "out.pcap"
    ddump = net.ddump("--linktype", "sll2", *FILTER, "-w", str(out), A, B)
    net.exchange(5)
    wait_for(lambda: size_of(out) == 24 + 20 * (16 + 20 + 35), "all packets are in the file")
    assert ddump.stop(signal.SIGINT) == 0
    table = dict(re.findall(r"interface (\d+): (\S+)$", ddump.log(), re.M))
    assert sorted(table.values()) == [f"{A}/v0", f"{B}/v1"]
    for number, name in table.items():
        assert int(number) >> 16 == (1 if name.startswith(A) else 2)
        lines = run("tcpdump", "-nr", out, f"ifindex {number}").stdout.splitlines()
        assert len(lines) == 10


def test_native_packets_of_two_hosts_are_merged(net, tmp_path):
    out = tmp_path / "out.pcap"
    ddump = net.ddump("--linktype", "native", *FILTER, "-w", str(out), f"{A}?interface=v0", f"{B}?interface=v1")
    sent = net.exchange(5)
    wait_for(lambda: size_of(out) == 24 + 20 * (16 + 14 + 35), "all packets are in the file")
    assert ddump.stop(signal.SIGINT) == 0
    rows = tshark(out, "frame.protocols", "eth.src", "frame.len")
    assert len(rows) == 2 * len(sent) and {row[0] for row in rows} == {"eth:ethertype:ip:udp:data"}
    assert [row[1] for row in rows[:4]] == [net.mac_a, net.mac_a, net.mac_b, net.mac_b]
    # without an interface the worker says what is missing
    refused = net.lab.start(net.c, [DDUMP, "--linktype", "native", "-w", str(tmp_path / "none"), A])
    assert refused.popen.wait(PATIENCE) == 1
    assert f"ddump: {A}: 400 Bad Request: linktype=native needs exactly one interface=NAME" in refused.log()
