"""-s headers and -max-payload: what a packet carries stays on its host."""

import os

import pytest

from lab import run, wait_for
from test_worker import curl, start_curl, url

MARK = b"\xeeSECRET\xee" * 20
TALK = f"""
import socket, threading
mark = {MARK!r}
server = socket.create_server(('127.0.0.1', 7000))
def serve():
    peer = server.accept()[0]
    while data := peer.recv(4096): peer.sendall(data)
    peer.close()
thread = threading.Thread(target=serve)
thread.start()
s = socket.create_connection(('127.0.0.1', 7000))
s.sendall(mark)
got = b''
while len(got) < len(mark): got += s.recv(4096)
s.close()
thread.join()
for family, to in (socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1'):
    u = socket.socket(family, socket.SOCK_DGRAM)
    u.sendto(mark, (to, 7001))
    u.sendto(mark * 20, (to, 7001))
"""


@pytest.fixture
def host(lab):
    host = lab.namespace("h")
    host.sysctl("net.ipv6.conf.lo.disable_ipv6=0")
    return host


def rows(path, *fields):
    text = run("tshark", "-r", path, "-T", "fields", *(a for f in fields for a in ("-e", f))).stdout.decode()
    return [line.split("\t") for line in text.splitlines()]


def capture(lab, host, worker, out, **query):
    """The packets of one talk over TCP and UDP; ICMP answers the datagrams, which nobody wants, and quotes them."""
    process = start_curl(lab, host, url(worker, filter="port 7000 or port 7001 or icmp or icmp6", duration="1.5", **query), out)
    host.run("/usr/bin/python3", "-c", TALK)
    assert process.popen.wait(30) == 0
    with open(out, "rb") as f:
        return f.read()


@pytest.mark.parametrize("linktype", ["sll2", "native"])
def test_headers_come_whole_and_payload_as_far_as_it_is_asked_for(lab, host, tmp_path, linktype):
    worker = lab.worker(host)
    query = {"format": "pcapng", "linktype": linktype} | ({"interface": "lo"} if linktype == "native" else {})
    link = 20 if linktype == "sll2" else 14
    for payload in 0, 8, None:
        out = str(tmp_path / f"{payload}.pcapng")
        data = capture(lab, host, worker, out, snaplen="262144" if payload is None else f"headers+{payload}", **query)
        packets = rows(out, "frame.cap_len", "frame.len", "ip.hdr_len", "ipv6.version", "tcp.hdr_len", "udp.length", "icmp.type", "icmpv6.type")
        assert len(packets) >= 16
        for kept, size, ip, six, tcp, udp, icmp, icmp6 in packets:
            size = int(size)
            ip_end = link + (40 if six else int(ip.split(",")[0]))
            end = ip_end + (8 if icmp or icmp6 or udp and not tcp else int(tcp or 0))
            assert int(kept) == (size if payload is None else min(size, end + payload))
        assert any(int(size) > 2000 for _, size, *_ in packets), "the lengths on the wire stay"
        assert (MARK[:9] in data) == (payload is None)
        assert (MARK[:8] in data) == (payload != 0)
        told = run("capinfos", out).stdout.decode()
        assert ("headers only" in told) == (payload == 0)
        assert ("headers and at most 8 bytes of payload" in told) == (payload == 8)


def test_an_operators_limit_holds_whatever_is_asked_for(lab, host, tmp_path):
    worker = lab.worker(host, "-max-payload", "4")
    wait_for(lambda: "gives at most 4 bytes of a packet's payload" in worker.log(), "it is logged")
    assert b'"max_payload":4' in curl(host, url(worker, "/interfaces")).stdout
    for n, query in enumerate([{}, {"snaplen": "262144"}, {"snaplen": "headers+64"}, {"format": "pcapng"},
                               {"linktype": "native", "interface": "lo"}]):
        data = capture(lab, host, worker, str(tmp_path / f"{n}.pcap"), **query)
        assert MARK[:4] in data and MARK[:5] not in data
    data = capture(lab, host, worker, str(tmp_path / "less.pcap"), snaplen="headers+2")
    assert MARK[:2] in data and MARK[:3] not in data
    answer = curl(host, "-w", "%{http_code}", url(worker, snaplen="headers-1")).stdout
    assert answer.endswith(b"400") and b"headers or headers+N" in answer
