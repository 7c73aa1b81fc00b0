"""Too many clients, and clients that mean no good: who is served, who goes, who never does."""

import json
import os
import re
import subprocess

import pytest

from lab import HERE, PATIENCE, wait_for
from test_worker import curl, expect, payloads, send_udp, start_curl, url

# Unfinished requests, and then new ones at a steady rate, for as long as it lives.
ATTACK = (
    "import resource,socket,sys,time\n"
    "hard=resource.getrlimit(resource.RLIMIT_NOFILE)[1]\n"
    "resource.setrlimit(resource.RLIMIT_NOFILE,(hard,hard))\n"
    "all=[]\n"
    "def one():\n"
    "    s=socket.socket(); s.settimeout(5)\n"
    "    try: s.connect((sys.argv[1],int(sys.argv[2]))); s.sendall(b'GET /cl'); all.append(s)\n"
    "    except OSError: pass\n"
    "for i in range(1100): one()\n"
    "print('on',flush=True)\n"
    "next=time.monotonic()\n"
    "while True:\n"
    "    one(); next+=0.02; time.sleep(max(0,next-time.monotonic()))\n"
)

# Sixty requests, each on a connection of its own: how many are answered.
SIXTY = (
    "import socket,sys\n"
    "n=0\n"
    "for i in range(60):\n"
    "    try:\n"
    "        s=socket.create_connection(('127.0.0.1',int(sys.argv[1])),10)\n"
    "        s.sendall(b'GET /clock HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n')\n"
    "        b=b''\n"
    "        while d:=s.recv(4096): b+=d\n"
    "        n+=b.startswith(b'HTTP/1.1 200') and b'time_ns' in b\n"
    "    except OSError: pass\n"
    "print(n)\n"
)

# Connections whose answers nobody reads; prints when they are stuck.
STUCK = (
    "import socket,sys,time\n"
    "all=[]\n"
    "for i in range(int(sys.argv[3])):\n"
    "    s=socket.socket(); s.setsockopt(socket.SOL_SOCKET,socket.SO_RCVBUF,4096)\n"
    "    s.connect((sys.argv[1],int(sys.argv[2]))); s.setblocking(False); all.append(s)\n"
    "end=time.monotonic()+1\n"
    "while time.monotonic()<end:\n"
    "    for s in all:\n"
    "        try: s.send(b'GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'*100)\n"
    "        except OSError: pass\n"
    "print('on',flush=True); time.sleep(3600)\n"
)


def start(lab, space, code, *args):
    """A Python program in the namespace, once it has printed its first line."""
    process = lab.start(space, ["/usr/bin/python3", "-c", code, *map(str, args)],
                        stdout=subprocess.PIPE)
    line = process.popen.stdout.readline().decode().strip()
    process.popen.stdout.close()
    return process, line


@pytest.fixture
def host(lab):
    return lab.namespace("h")


def with_neighbour(lab, host, label, number):
    """A namespace on a link of its own, and the host's address there."""
    space = lab.namespace(label)
    lab.link(space, f"c{number}", f"10.8.{number}.1", host, f"w{number}", f"10.8.{number}.2")
    return space, f"10.8.{number}.2"


def ddump_id(lab, host, target, out):
    """A capture that runs, and its ID."""
    head = out + ".head"
    process = start_curl(lab, host, target, out, "-D", head)
    with open(head) as f:
        return process, re.search(r"^Ddump-Capture: ([0-9a-f]{32})\r?$", f.read(), re.M)[1]


@pytest.mark.parametrize("where", ["address", "loopback"])
def test_unfinished_requests_lock_out_nobody_20_ms_away(lab, host, tmp_path, where):
    worker = lab.worker(host, listen=":0")
    client, address = with_neighbour(lab, host, "c", 1)
    foe, foe_address = with_neighbour(lab, host, "f", 2)
    if where == "loopback":
        client, address, foe, foe_address = host, "127.0.0.1", host, "127.0.0.1"
    relay = lab.start(client, ["/usr/bin/python3", os.path.join(HERE, "delay_relay.py"), address,
                               str(worker.port), "20"], stdout=subprocess.PIPE)
    relay_port = int(relay.popen.stdout.readline())
    relay.popen.stdout.close()
    out = str(tmp_path / "capture")
    capture = start_curl(lab, host, url(worker, filter="udp dst port 9999", count=100), out)
    attack, line = start(lab, foe, ATTACK, foe_address, worker.port)
    assert line == "on"
    served = client.run("/usr/bin/python3", "-c", SIXTY, str(relay_port), timeout=120).stdout
    send_udp(host, 100)
    assert capture.popen.wait(PATIENCE) == 0 and payloads(out) == expect(100)
    assert attack.popen.poll() is None, "the attack went on all the time"
    attack.stop()
    assert served == b"60\n"


def test_one_address_cannot_hold_all_places_by_not_reading(lab, host):
    """Its connections take answers, and would be left alone if they were not more than its share."""
    worker = lab.worker(host, "-max-connections", "16", listen=":0")
    client, address = with_neighbour(lab, host, "c", 1)
    foe, foe_address = with_neighbour(lab, host, "f", 2)
    _, line = start(lab, foe, STUCK, foe_address, worker.port, 16)
    assert line == "on"

    def ask():
        return client.run("curl", "-sS", f"http://{address}:{worker.port}/clock", check=False).stdout

    wait_for(lambda: b"time_ns" in ask(), "the grace of those whose answers stopped last is over")
    for _ in range(20):
        said = ask()
        assert b"time_ns" in said, said


def test_the_last_places_are_for_counts(lab, host, tmp_path):
    """All places are taken by clients that do not read; a capture's client still learns its counts."""
    worker = lab.worker(host, "-max-connections", "2")
    out = str(tmp_path / "capture")
    capture, name = ddump_id(lab, host, url(worker, filter="udp dst port 9999"), out)
    send_udp(host, 5)
    start(lab, host, STUCK, "127.0.0.1", worker.port, 2)
    full = curl(host, "-w", "%{http_code} %header{retry-after}", "-o", "/dev/null",
                url(worker, "/healthz")).stdout
    assert full.split()[0] == b"503"
    problem = json.loads(curl(host, url(worker)).stdout)
    assert problem["status"] == 503 and "too many connections" in problem["detail"]
    # whoever sends nothing there leaves for who comes later, and is told why
    idlers = (
        "import socket,sys\n"
        "a=[socket.create_connection(('127.0.0.1',int(sys.argv[1])),10) for i in range(40)]\n"
        "print(a[0].recv(4096)[:12].decode(),a[35].recv(4096)[:12].decode(),flush=True)\n"
        "input()\n"
    )
    idle = lab.start(host, ["/usr/bin/python3", "-c", idlers, str(worker.port)],
                     stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert idle.popen.stdout.readline() == b"HTTP/1.1 503 HTTP/1.1 503\n"
    counts = json.loads(curl(host, url(worker, f"/captures/{name}", stop=1)).stdout)
    assert (counts["captured"], counts["counts"]) == (5, "exact")
    assert capture.popen.wait(PATIENCE) == 0 and payloads(out) == expect(5)
    idle.popen.communicate(b"\n")


def test_a_place_of_the_reserve_is_soon_free_again(lab, host):
    """Nothing sent there: closed after 5 s, not after the 60 s of a place that is anybody's."""
    worker = lab.worker(host, "-max-connections", "1")
    code = (
        "import socket,sys,time\n"
        "s=socket.create_connection(('127.0.0.1',int(sys.argv[1])),10); t=time.monotonic()\n"
        "s.settimeout(30); s.recv(4096); print(int(time.monotonic()-t))\n"
    )
    start(lab, host, STUCK, "127.0.0.1", worker.port, 1)
    seconds = int(host.run("/usr/bin/python3", "-c", code, str(worker.port), timeout=60).stdout)
    assert 4 <= seconds < 25
