"""Two hosts, a worker on each, ddump on a third: everything both saw, in true order."""

import os
import signal

import pytest

from lab import DDUMP, PATIENCE, packets_of, run, told, udp_frame, wait_for

PAIRS = 200


class Net:
    """hosts a and b on a veth pair; c reaches each over a link of its own."""

    def __init__(self, lab):
        self.lab = lab
        self.a, self.b, self.c = (lab.namespace(label) for label in "abc")
        self.mac_a, self.mac_b = lab.link(self.a, "v0", "10.1.0.1", self.b, "v1", "10.1.0.2")
        lab.link(self.c, "v2", "10.2.0.1", self.a, "v3", "10.2.0.2")
        lab.link(self.c, "v4", "10.3.0.1", self.b, "v5", "10.3.0.2")
        self.worker_a = lab.worker(self.a, listen="10.2.0.2:8475")
        self.worker_b = lab.worker(self.b, listen="10.3.0.2:8475")
        self.send_a, self.send_b = lab.sender(self.a), lab.sender(self.b)

    def exchange(self, n):
        """n frames each way, turn by turn; returns the IP packets in the order sent."""
        sent = []
        for i in range(n):
            there = udp_frame(self.mac_a, self.mac_b, "10.1.0.1", "10.1.0.2", b"a%06d" % i)
            back = udp_frame(self.mac_b, self.mac_a, "10.1.0.2", "10.1.0.1", b"b%06d" % i)
            self.send_a.send("v0", there)
            self.send_b.send("v1", back)
            sent += [there[14:], back[14:]]
        return sent

    def ddump(self, *args, **kw):
        # so that a slow machine delays packets, and never makes one late
        process = self.lab.start(self.c, [DDUMP, "--hold-back=20s", *args], **kw)
        wait_for(lambda: "capturing on" in process.log() or process.popen.poll() is not None,
                 "ddump captures: " + process.log())
        assert process.popen.poll() is None, process.log()
        return process


@pytest.fixture
def net(lab):
    return Net(lab)


def tcpdump_lines(path):
    return run("tcpdump", "-ttnr", path).stdout.decode().splitlines()


def test_each_side_shows_what_it_sent_and_the_merge_is_the_conversation(net, tmp_path):
    out = str(tmp_path / "merged.pcap")
    ddump = net.ddump(
        "-w", out,
        "http://10.2.0.2/capture?filter=udp+port+9999+and+src+host+10.1.0.1",
        "http://10.3.0.2/capture?filter=udp+port+9999+and+src+host+10.1.0.2",
    )
    sent = net.exchange(PAIRS)
    wait_for(lambda: len(packets_of(out)) == len(sent), "all packets are in the file")
    assert ddump.stop(signal.SIGINT) == 0
    got = packets_of(out)
    assert [data for _, data in got] == sent, "complete, in order, byte for byte"
    times = [ns for ns, _ in got]
    assert times == sorted(times)
    assert len(tcpdump_lines(out)) == len(sent)
    shown = run("tshark", "-r", out, "-T", "fields", "-e", "data.data").stdout.decode().split()
    assert shown == [data[28:].hex() for data in sent]


def test_both_ends_of_every_packet(net, tmp_path):
    """Without direction filters every packet is there twice: it left here, it came there."""
    out = str(tmp_path / "merged.pcap")
    ddump = net.ddump("-w", out, "--filter", "udp port 9999", "10.2.0.2", "10.3.0.2")
    sent = net.exchange(PAIRS)
    wait_for(lambda: len(packets_of(out)) == 2 * len(sent), "all packets are in the file")
    assert ddump.stop(signal.SIGINT) == 0
    got = packets_of(out)
    assert [data for _, data in got] == [p for data in sent for p in (data, data)]
    times = [ns for ns, _ in got]
    assert times == sorted(times)


def test_everything_on_all_hosts_without_a_packet_of_ddump_s_own(net, tmp_path):
    """No filter at all: the streams cross links that are captured, and do not show."""
    out = str(tmp_path / "merged.pcap")
    ddump = net.ddump("-w", out, "10.2.0.2", "10.3.0.2")
    sent = net.exchange(20)
    wait_for(lambda: len(packets_of(out)) >= 2 * len(sent), "the packets are in the file")
    assert ddump.stop(signal.SIGINT) == 0
    own = [l for l in tcpdump_lines(out) if ".8475" in l]
    assert own == []
    seen = [data for _, data in packets_of(out)]
    assert sum(data in sent for data in seen) == 2 * len(sent)


def test_quiet_link_shows_a_packet_live(net, tmp_path):
    """One packet while everything is silent: it is on stdout without a second one's help."""
    read, write = os.pipe()
    ddump = net.ddump("--filter", "udp port 9999", "10.2.0.2", "10.3.0.2", stdout=write)
    os.close(write)
    with os.fdopen(read, "rb") as stdout:
        assert len(stdout.read(24)) == 24
        net.send_a.send("v0", udp_frame(net.mac_a, net.mac_b, "10.1.0.1", "10.1.0.2", b"one"))
        size = 2 * (16 + 16 + 31)
        assert len(stdout.read(size)) == size
        assert ddump.stop(signal.SIGINT) == 0


def test_one_bad_filter_does_not_stop_the_other_target(net, tmp_path):
    out = str(tmp_path / "merged.pcap")
    ddump = net.ddump("-w", out, "http://10.2.0.2/capture?filter=bogus+words",
                      "http://10.3.0.2/capture?filter=udp+port+9999")
    assert "1 of 2" in ddump.log() and "400" in ddump.log() and "syntax error" in ddump.log()
    sent = net.exchange(10)
    wait_for(lambda: len(packets_of(out)) == len(sent), "the other target's packets")
    assert ddump.stop(signal.SIGINT) == 3


def test_workers_that_stop_end_ddump_with_complete_counts(net, tmp_path):
    out = str(tmp_path / "merged.pcap")
    ddump = net.ddump("--retry", "0", "-w", out, "--filter", "udp port 9999", "10.2.0.2", "10.3.0.2")
    sent = net.exchange(50)
    net.worker_a.stop()
    net.worker_b.stop()
    ddump.popen.wait(PATIENCE)
    assert [data for _, data in packets_of(out)] == [p for data in sent for p in (data, data)]
    for target in ("10.2.0.2", "10.3.0.2"):
        row = told(ddump.log())[target]
        assert row.startswith("received 100, written 100, dropped 0, late 0,"), row
        assert "held back" not in row, "every packet left because of a watermark: " + row
