"""What the worker answers, and when: health, limits, headers, link-layer filters."""

import json
import re
import subprocess

import pytest
from scapy.utils import RawPcapReader

from lab import udp_frame, wait_for
from test_worker import curl, start_curl, url
from test_worker_operation import code_of, metrics_of


@pytest.fixture
def host(lab):
    return lab.namespace("a")


def test_health_is_about_the_next_capture(lab, host, tmp_path):
    worker = lab.worker(host, "-max-captures", "1")
    assert code_of(host, url(worker, "/healthz")) == 200
    client = start_curl(lab, host, url(worker, filter="port 1"), str(tmp_path / "o"))
    problem = json.loads(curl(host, url(worker, "/healthz")).stdout)
    assert problem["status"] == 503 and "-max-captures" in problem["detail"]
    client.stop()
    wait_for(lambda: code_of(host, url(worker, "/healthz")) == 200, "the place is free again")


def test_a_capability_that_does_not_count_is_found_out(lab, host):
    """Root of a user namespace that the network does not belong to."""
    probe = subprocess.run(["unshare", "-Ur", "true"], capture_output=True)
    if probe.returncode != 0:
        pytest.skip("no user namespaces here")
    worker = lab.worker(host, prefix=["unshare", "-Ur"])
    assert code_of(host, url(worker, "/healthz")) == 503
    assert "packet sockets are refused" in worker.log()
    assert code_of(host, url(worker, filter="icmp")) == 503


def test_at_the_limit_a_client_is_told_and_counted(lab, host):
    """All places are taken by clients that do not read their answers."""
    worker = lab.worker(host, "-max-connections", "2")
    code = (
        "import socket,sys\n"
        "all=[]\n"
        "for i in range(2):\n"
        "    s=socket.socket(); s.setsockopt(socket.SOL_SOCKET,socket.SO_RCVBUF,4096)\n"
        "    s.connect(('127.0.0.1',int(sys.argv[1]))); s.settimeout(1); all.append(s)\n"
        "    try:\n"
        "        while True: s.sendall(b'GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'*1000)\n"
        "    except OSError: pass\n"
        "s=socket.create_connection(('127.0.0.1',int(sys.argv[1])),10); b=b''\n"
        "s.sendall(b'GET /healthz HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n')\n"
        "while True:\n"
        "    d=s.recv(4096)\n"
        "    if not d: break\n"
        "    b+=d\n"
        "print(b.decode())\n"
    )
    said = host.run("/usr/bin/python3", "-c", code, str(worker.port)).stdout.decode()
    head, _, body = said.partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 503") and "Retry-After" in head
    assert json.loads(body)["status"] == 503
    assert metrics_of(host, worker)['ddump_requests_rejected_total{status="503"}'] == 1


def test_what_the_cli_asks_by_header(lab, host, tmp_path):
    """Honoured, in one line or several; what is malformed is ignored and logged with its sender."""
    worker = lab.worker(host)

    def ask(*headers, **query):
        args = [a for h in headers for a in ("-H", h)]
        return curl(host, *args, url(worker, filter="port 1", duration="0.01", **query)).stdout

    assert ask("Accept: application/x-pcapng;q=0.9")[:4] == b"\x0a\x0d\x0d\x0a"
    assert ask("Accept: application/x-pcapng;q=0")[:4] == b"\xd4\xc3\xb2\xa1"
    two = ask("Ddump-Options: linktype=sll2", "Ddump-Options: precision=nano, later=1")
    assert two[:4] == b"\x4d\x3c\xb2\xa1" and two[20] == 20 and two[21] == 1  # SLL2 is 276
    assert "malformed" not in worker.log()
    query = ask("Ddump-Options: linktype=sll2, precision=nano", linktype="sll", precision="micro")
    assert query[:4] == b"\xd4\xc3\xb2\xa1" and query[20] == 113
    assert len(ask("Ddump-Options: linktype=sll3, heartbeat=x")) == 24
    assert len(ask("Ddump-Ports: remote=443,x; local=9-5")) == 24
    lines = [line for line in worker.log().splitlines() if "malformed" in line]
    assert len(lines) == 2 and all("127.0.0.1:" in line for line in lines)
    assert "Ddump-Options" in lines[0] and "Ddump-Ports" in lines[1]


def test_refused_requests_are_logged_on_demand(lab, host):
    worker = lab.worker(host)
    assert code_of(host, url(worker, "/capture", bogus="1")) == 400
    assert re.search(r"127\.0\.0\.1:\d+ was answered 400: parameter bogus: unknown", worker.log())


def test_link_layer_filters_see_real_frames(lab, host, tmp_path):
    """linktype=native: each filter takes the frames that tcpdump takes with it."""
    peer = lab.namespace("p")
    mac_host, mac_peer = lab.link(host, "v0", "10.1.0.1", peer, "v1", "10.1.0.2")
    worker = lab.worker(host)
    plain = udp_frame(mac_peer, mac_host, "10.1.0.2", "10.1.0.1", b"plain")
    ethernet, ip = plain[:12], plain[14:]

    def label(number, is_last):
        return ((number << 12) | (is_last << 8) | 64).to_bytes(4, "big")

    one = ethernet + b"\x88\x47" + label(100, True) + ip
    two = ethernet + b"\x88\x47" + label(100, False) + label(200, True) + ip
    tagged = ethernet + b"\x81\x00\x00\x07" + plain[12:]
    tagged_mpls = ethernet + b"\x81\x00\x00\x07\x88\x47" + label(300, True) + ip
    all_hosts = b"\xff" * 6 + plain[6:]
    frames = [plain, one, two, tagged, tagged_mpls, all_hosts]
    # as tcpdump has it: a tag that the kernel took off does not hide the label behind it
    rows = {
        "mpls": [one, two, tagged_mpls],
        "mpls 100": [one, two],
        "mpls 100 and host 10.1.0.2": [one],
        "mpls 100 and mpls 200 and udp port 9999": [two],
        "vlan": [tagged, tagged_mpls],
        "vlan 7 and udp": [tagged],
        "vlan and mpls 300": [tagged_mpls],
        "ether src " + mac_peer + " and ether proto 0x8847": [one, two, tagged_mpls],
        "ether broadcast": [all_hosts],
        "udp and not vlan and ether dst " + mac_host: [plain],
    }
    ours, theirs = ([str(tmp_path / f"{i}{who}") for i in range(len(rows))] for who in "ot")
    for text, our, their in zip(rows, ours, theirs):
        start_curl(lab, host, url(worker, linktype="native", interface="v0", filter=text,
                                  direction="in"), our)
        tcpdump = lab.start(host, ["tcpdump", "-U", "-Q", "in", "-i", "v0", "-w", their, text])
        wait_for(lambda: "listening on" in tcpdump.log(), "tcpdump listens: " + tcpdump.log())
    sender = lab.sender(peer)
    for frame in frames:
        sender.send("v1", frame)

    def frames_in(path):
        reader = RawPcapReader(path)
        frames = [bytes(data) for data, _ in reader]
        reader.close()
        return frames

    for (text, wanted), our, their in zip(rows.items(), ours, theirs):
        wait_for(lambda: len(frames_in(their)) == len(wanted), "tcpdump has them: " + text)
        wait_for(lambda: len(frames_in(our)) >= len(wanted), "we have them: " + text)
    assert worker.stop() == 0
    for (text, wanted), our, their in zip(rows.items(), ours, theirs):
        assert frames_in(their) == wanted, text
        assert frames_in(our) == wanted, text
