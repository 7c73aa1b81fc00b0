"""A front that was taken over: whatever it tells the launcher, no process that holds CAP_NET_RAW
acts on it. Its messages are changed on their way (forge_message.py)."""

import os
import platform
import struct
import subprocess

import pytest

from lab import HERE, wait_for
from test_worker import PATIENCE, curl, start_curl, url

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64",
                                reason="forge_message.py knows x86_64")

# Fields are found by what the request puts around them.
RING = struct.pack("<I", 777 * 1024).hex()
HEARTBEAT = struct.pack("<I", 54321).hex()
SNAPLEN = struct.pack("<I", 54322).hex()
NAME = b"lo\0\0\0\0\0\0".hex()
REMOTE = struct.pack("<HH", 11111, 22222).hex()

FORGERIES = {
    "432 interfaces": (NAME, -4, 432, "n_interfaces"),
    "100000 ports": (REMOTE, -4, 100000, "hints.n_remote"),
    "no heartbeat": (HEARTBEAT, 0, 0, "heartbeat"),
    "a ring of 2 GiB": (RING, 0, 1 << 31, "ring_bytes"),
    "a packet of 2 GiB": (SNAPLEN, 0, 1 << 31, "snaplen"),
    "another interface": (NAME, 0, struct.unpack("<I", b"v0\0\0")[0], "interfaces"),
    "no interface": (NAME, -4, 0, "interfaces"),
    "a slot beyond the table": ("", 0, 64, "slot"),
    "a slot that is taken": ("", 0, 0, "slot"),
}


@pytest.fixture
def host(lab):
    return lab.namespace("f")


def ask(lab, host, worker, mark, offset, value):
    """A request whose message is changed: its status and body."""
    # once it answers, the first child is the front, and none that helped at the start
    assert curl(host, url(worker, "/healthz")).stdout == b"ok\n"
    front = worker.children()[0]
    forger = lab.start(None, ["/usr/bin/python3", os.path.join(HERE, "forge_message.py"),
                              str(front), mark, str(offset), struct.pack("<I", value).hex()],
                       stdout=subprocess.PIPE)
    assert forger.popen.stdout.readline() == b"ready\n", forger.log()
    said = curl(host, "-w", "\n%{http_code}", "-H", "Ddump-Ports: remote=11111,22222",
                url(worker, interface="lo", filter="port 1", buffer=777, heartbeat=54321,
                    snaplen=54322, format="pcapng", duration="0.2"),
                "-o", "-", check=False).stdout
    assert forger.popen.stdout.readline() == b"forged\n", forger.log()
    forger.popen.wait(PATIENCE)
    forger.popen.stdout.close()
    body, _, status = said.rpartition(b"\n")
    return int(status), body


def test_a_message_that_is_not_forged_gets_through(lab, host):
    worker = lab.worker(host, "-interfaces", "lo")
    status, body = ask(lab, host, worker, RING, 0, 777 * 1024)
    assert status == 200 and body.startswith(b"\x0a\x0d\x0d\x0a")
    assert "not sound" not in worker.log()


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_message_starts_no_process(lab, host, tmp_path, name):
    mark, offset, value, field = FORGERIES[name]
    host.run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1")
    worker = lab.worker(host, "-interfaces", "lo")
    other = start_curl(lab, host, url(worker, filter="port 2"), str(tmp_path / "other"))
    n = len(worker.children())
    status, body = ask(lab, host, worker, mark, offset, value)
    # for a slot that is none, or another's, there is nobody to answer but the front's time-out
    assert (status, b"not sound" in body) == ((503, False) if field == "slot" else (500, True))
    line = wait_for(lambda: next((l for l in worker.log().splitlines() if "not sound" in l), None),
                    "the launcher says it")
    assert field in line
    assert len(worker.children()) == n and other.popen.poll() is None
    assert "died of signal" not in worker.log()
    assert curl(host, url(worker, "/healthz")).stdout == b"ok\n"
