"""How long the worker waits for whom: each deadline seen to strike, all at the same time."""

import os
import subprocess

import pytest

from lab import PATIENCE, Lab, need_root, wait_for
from test_worker import start_curl

LONGEST = 120  # seconds until a deadline of 60 must have struck, on any machine

OPEN = (
    "import socket,sys,time,select\n"
    "s=socket.socket(); s.setsockopt(socket.SOL_SOCKET,socket.SO_RCVBUF,4096)\n"
    "s.connect(('127.0.0.1',int(sys.argv[1]))); b=b''\n"
)
UNTIL_CLOSED = (
    "while True:\n"
    "    d=s.recv(4096)\n"
    "    if not d: break\n"
    "    b+=d\n"
    "print(b[:12].decode(),int(time.monotonic()-t))\n"
)

CLIENTS = {
    # a request head that never ends: 408 after 10 s
    "unfinished": OPEN + "t=time.monotonic(); s.sendall(b'GET / HTTP/1.1\\r\\nHost: x\\r\\nX: ')\n"
                  + UNTIL_CLOSED,
    # nothing after an answer: closed after 60 s
    "idle": OPEN + "t=time.monotonic(); s.sendall(b'GET /healthz HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n')\n"
            + UNTIL_CLOSED,
    # answers that are not read: closed after 10 s
    "unread": OPEN + (
        "t=time.monotonic(); s.settimeout(2)\n"
        "try:\n"
        "    while True: s.sendall(b'GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'*1000)\n"
        "except OSError: pass\n"
        "p=select.poll(); p.register(s,select.POLLHUP|select.POLLERR)\n"
        "p.poll(); print('HTTP/1.1 cut',int(time.monotonic()-t))\n"
    ),
    # a capture that is not read for 18 s, longer than a vanished client is waited for
    "paused": OPEN + (
        "s.sendall(b'GET /capture?filter=udp+dst+port+9999 HTTP/1.0\\r\\nHost: x\\r\\n\\r\\n')\n"
        "time.sleep(18); n=0; s.settimeout(3)\n"
        "try:\n"
        "    while True:\n"
        "        d=s.recv(1<<20)\n"
        "        if not d: print('cut',n); break\n"
        "        n+=len(d)\n"
        "except TimeoutError: print('alive',n)\n"
    ),
}


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    need_root()
    lab = Lab(tmp_path_factory.mktemp("patience"))
    try:
        host = lab.namespace("t")
        gone = lab.namespace("g")
        lab.link(gone, "c0", "10.7.0.1", host, "w0", "10.7.0.2")
        worker = lab.worker(host, listen=":0")
        out = os.path.join(lab.tmp, "gone.pcapng")
        start_curl(lab, gone, f"http://10.7.0.2:{worker.port}/capture?format=pcapng&filter=port+1",
                   out)
        gone.ip("link", "set", "c0", "down")
        clients = {name: lab.start(host, ["/usr/bin/python3", "-c", code, str(worker.port)],
                                   stdout=subprocess.PIPE) for name, code in CLIENTS.items()}
        wait_for(lambda: len(worker.children()) == 3, "both captures run")
        host.run("/usr/bin/python3", "-c",
                 "import socket\n"
                 "s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\n"
                 "for i in range(8000): s.sendto(b'x'*1000,('127.0.0.1',9999))\n")
        yield worker, clients
        for client in clients.values():
            client.popen.stdout.close()
    finally:
        lab.close()


def said(scene, name):
    """What the client printed, when it has ended by itself."""
    client = scene[1][name]
    client.popen.wait(LONGEST)
    return client.popen.stdout.read().decode().split()


def test_a_vanished_client_is_noticed_while_data_flows(scene):
    """Its host is gone without a word: no FIN, no RST, nothing but silence."""
    wait_for(lambda: "for 10.7.0.1:" in scene[0].log() and "ended: client gone" in scene[0].log(),
             "the end in the log")


def test_unfinished_heads_are_answered_and_closed(scene):
    assert said(scene, "unfinished")[:2] == ["HTTP/1.1", "408"]


def test_a_client_that_reads_no_answers_is_closed(scene):
    assert said(scene, "unread")[:2] == ["HTTP/1.1", "cut"]


def test_a_paused_client_keeps_its_capture(scene):
    state, size = said(scene, "paused")
    assert state == "alive" and int(size) > 8 * 10**6


def test_idle_connections_are_closed(scene):
    protocol, status, seconds = said(scene, "idle")
    assert (protocol, status) == ("HTTP/1.1", "200") and int(seconds) >= 59
