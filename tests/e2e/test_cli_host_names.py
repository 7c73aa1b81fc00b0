"""A worker tells what its host is called: targets of dns+ are named by that."""

import json
import os
import re
import shutil
import subprocess

from lab import DDUMP, HERE, PATIENCE, ROOT, udp_frame, wait_for
from test_cli_http import SECOND, classic_head, classic_record, ddump_ng, enhanced, interface, packet, section, serve  # noqa: F401


def test_a_target_of_dns_is_named_by_its_worker_where_that_is_unique(lab, tmp_path):
    space = lab.namespace("n")
    for i, name in ((1, "web-7"), (2, "web-7"), (3, "db1")):
        lab.worker(space, "-name", name, listen=f"127.0.0.{i}:8475")
    curl = space.run("curl", "-s", "-D", "-", "-m", "5", "http://127.0.0.1:8475/capture?duration=0.1&format=pcapng")
    assert b"\r\nDdump-Host: web-7\r\n" in curl.stdout
    body = curl.stdout.partition(b"\r\n\r\n")[2]
    assert b"web-7" in body[:200] and b"ddump-worker/" in body[:200]  # shb_hardware, shb_userappl

    out = tmp_path / "x.pcapng"
    targets = [f"dns+http://127.0.0.{i}" for i in (1, 2, 3)]
    child = lab.start(space, [DDUMP, "-w", str(out), "-f", "udp port 9", "-i", "lo", "-c", "3", *targets, "db1=127.0.0.1:1"])
    wait_for(lambda: "capturing on 3 of 4" in child.log(), "three capture")
    space.run("/usr/bin/python3", "-c", "import socket; socket.socket(2, 2).sendto(b'x', ('127.0.0.1', 9))")
    child.popen.wait(PATIENCE)
    names = subprocess.run(["tshark", "-nr", out, "-T", "fields", "-e", "frame.interface_name"], capture_output=True,
                           timeout=PATIENCE).stdout.decode().split()
    # two say the same: the first has it; db1 is another target's label
    first = {name for name in names if name == "web-7/lo"}
    assert first and set(names) <= {"web-7/lo", "127.0.0.1/lo", "127.0.0.2/lo", "127.0.0.3/lo"}, names
    assert len({name for name in names if name != "web-7/lo"} & {"127.0.0.1/lo", "127.0.0.2/lo"}) <= 1


def test_what_is_no_name_names_nothing(serve):
    body = ddump_ng([(SECOND, packet(1))])
    for host, want in (("web-7", "web-7"), ("a/b", "127.0.0.1"), ("x" * 64, "127.0.0.1")):
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/x-pcapng\r\nDdump-Host: {host}\r\nContent-Length: {len(body)}\r\n\r\n"
        server = serve(head.encode() + body)
        p = subprocess.run([DDUMP, "--retry", "0", "-w", "/dev/null", "--stats-json", "/dev/stderr", "-q", f"dns+http://{server.target}"],
                           capture_output=True, timeout=PATIENCE)
        assert json.loads(p.stderr)["targets"][0]["name"] == want, p.stderr


def test_addresses_have_the_names_of_a_file(tmp_path):
    """The command of the man page makes the file, from what a cluster says."""
    with open(os.path.join(ROOT, "man", "ddump.1")) as f:
        awk = re.search(r"^kubectl .*? (\| awk '.*?') >pods.hosts$", f.read(), re.M | re.S).group(1).replace("\\-", "-")
    hosts = tmp_path / "pods.hosts"
    subprocess.run(f"cat {HERE}/kubectl-pods.txt {awk} >{hosts}", shell=True, check=True, timeout=PATIENCE)
    assert hosts.read_text().splitlines() == [
        "10.42.0.17 web-6d4cf56db6-7xk2p.shop", "10.42.1.23 web-6d4cf56db6-9lq8c.shop", "fd00:42::5 db-0.shop",
        "10.42.0.3 coredns-5d78c9869d-4zv5x.kube-system", "192.0.2.11 kube-proxy-x7v2k.kube-system",
        "10.42.1.77 nightly-28431540-vlq2n.batch"]

    frame = udp_frame("02:00:00:00:00:01", "02:00:00:00:00:02", "10.42.0.17", "10.42.9.9", b"x")
    (tmp_path / "x.pcap").write_bytes(classic_head(linktype=1) + classic_record(SECOND, frame))
    p = subprocess.run([DDUMP, "-tP", "--names", hosts, tmp_path / "x.pcap"], capture_output=True, timeout=PATIENCE)
    assert b"IP web-6d4cf56db6-7xk2p.shop.9999 > 10.42.9.9.9999: UDP, length 1" in p.stdout, p
    out = tmp_path / "y.pcapng"
    subprocess.run([DDUMP, "-w", out, "--names", hosts, tmp_path / "x.pcap"], check=True, capture_output=True, timeout=PATIENCE)
    p = subprocess.run(["tshark", "-N", "n", "-r", out, "-T", "fields", "-e", "ip.src_host", "-e", "ip.dst_host"],
                       capture_output=True, timeout=PATIENCE)
    assert p.stdout.split() == [b"web-6d4cf56db6-7xk2p.shop", b"10.42.9.9"], p

    hosts.write_text("web 10.0.0.1\n")
    p = subprocess.run([DDUMP, "-w", "/dev/null", "--names", hosts, tmp_path / "x.pcap"], capture_output=True, timeout=PATIENCE)
    assert p.returncode == 2 and p.stderr == b"ddump: --names: line 1: not an address\n"


def test_the_wireshark_profile_shows_hosts_and_calls_no_copy_a_retransmission(tmp_path):
    from scapy.layers.inet import IP, TCP
    from scapy.layers.l2 import Ether

    shutil.copytree(f"{ROOT}/share/wireshark/profiles/ddump", tmp_path / "profiles" / "ddump")
    body = section() + interface(1, b"web1/eth0") + interface(1, b"db1/eth0")
    for i in range(6):
        segment = Ether() / IP(src="10.0.0.1", dst="10.0.0.2") / TCP(dport=80, flags="PA", seq=1 + i // 2 * 100, ack=1) / (b"x" * 100)
        body += enhanced(SECOND + i * 1000, bytes(segment), i % 2)
    (tmp_path / "x.pcapng").write_bytes(body)

    def tshark(*args):
        p = subprocess.run(["tshark", *args, "-r", tmp_path / "x.pcapng"], capture_output=True, timeout=PATIENCE,
                           env={**os.environ, "WIRESHARK_CONFIG_DIR": str(tmp_path)})
        return p.stdout.decode(), p.stderr.decode()

    assert tshark()[0].count("Retransmission") == 3  # what it is for
    said, errors = tshark("-C", "ddump")
    assert "Retransmission" not in said and said.count("web1/eth0") == 3 and said.count("db1/eth0") == 3
    assert "WARNING" not in errors and "preference" not in errors
    rules = tshark("-C", "ddump", "--color", "-T", "fields", "-e", "frame.coloring_rule.name")[0].split("\n")
    assert [re.sub(r"\x1b\[[0-9;]*m", "", rule) for rule in rules][:2] == ["Host 1", "Host 2"], rules
