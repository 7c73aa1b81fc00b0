"""The worker as an operator and a curl user see it."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.parse

import pytest

from lab import PATIENCE, WORKER, packets_of, run, status_of, udp_frame, wait_for


@pytest.fixture
def host(lab):
    """One namespace with a loopback interface and nothing else."""
    return lab.namespace("h")


def url(worker, path="/capture", **query):
    text = urllib.parse.urlencode(query)
    return f"http://127.0.0.1:{worker.port}{path}" + (f"?{text}" if text else "")


def curl(host, *args, **kw):
    return host.run("curl", "-sS", "--max-time", str(PATIENCE), *args, **kw)


def start_curl(lab, host, target, out, *args):
    """curl that writes a capture; returned when the file has its header."""
    process = lab.start(host, ["curl", "-sSN", *args, "-o", out, target])
    wait_for(lambda: os.path.exists(out) and os.path.getsize(out) >= 24, "a file header")
    return process


SEND = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(int(sys.argv[2])):
    s.sendto(b'%08d' % i + b'x' * int(sys.argv[3]), ('127.0.0.1', int(sys.argv[1])))
"""


def send_udp(host, n, port=9999, size=0):
    host.run("/usr/bin/python3", "-c", SEND, str(port), str(n), str(size))


def payloads(path):
    return [data[28:] for _, data in packets_of(path)]


def expect(n, size=0):
    return [b"%08d" % i + b"x" * size for i in range(n)]


def test_curl_writes_a_file_that_tcpdump_and_capinfos_accept(lab, host, tmp_path):
    worker = lab.worker(host)
    out = str(tmp_path / "o.pcap")
    client = start_curl(lab, host, url(worker, filter="udp dst port 9999", count=10), out)
    send_udp(host, 10)
    assert client.popen.wait(PATIENCE) == 0, "a stream that ends by count ends cleanly"
    assert payloads(out) == expect(10)
    text = run("tcpdump", "-nr", out).stdout.decode()
    assert len(text.splitlines()) == 10 and "127.0.0.1.9999" in text
    info = run("capinfos", out).stdout.decode()
    assert "Number of packets:   10" in info and "Linux cooked-mode" in info


def test_pcapng_has_interfaces_drop_counts_and_directions(lab, host, tmp_path):
    worker = lab.worker(host)
    out = str(tmp_path / "o.pcapng")
    target = url(worker, filter="udp dst port 9999", count=5, format="pcapng", linktype="sll2")
    client = start_curl(lab, host, target, out)
    send_udp(host, 5)
    assert client.popen.wait(PATIENCE) == 0
    assert payloads(out) == expect(5)
    fields = run("tshark", "-r", out, "-T", "fields", "-e", "frame.interface_name",
                 "-e", "sll.pkttype").stdout.decode().split("\n")
    assert fields[0].split("\t")[0] == "lo"
    info = run("capinfos", out).stdout.decode()
    assert "Number of packets:   5" in info and "Filter string = udp dst port 9999" in info
    assert run("tcpdump", "-nr", out).stdout.count(b"\n") == 5


def test_head_and_file_header_leave_at_once(lab, host):
    worker = lab.worker(host)
    code = (
        "import socket,sys\n"
        "s=socket.create_connection(('127.0.0.1',int(sys.argv[1])),10)\n"
        "s.sendall(b'GET /capture?filter=port+1 HTTP/1.'+sys.argv[2].encode()+b'\\r\\nHost: x\\r\\n\\r\\n')\n"
        "b=b''\n"
        "while len(b.partition(b'\\r\\n\\r\\n')[2])<24: b+=s.recv(4096) or sys.exit('cut')\n"
        "sys.stdout.buffer.write(b)\n"
    )
    one = host.run("/usr/bin/python3", "-c", code, str(worker.port), "1").stdout
    head, _, body = one.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Transfer-Encoding: chunked" in head and b"X-Accel-Buffering: no" in head
    assert b"Connection: close" in head and b"application/vnd.tcpdump.pcap" in head
    size, _, rest = body.partition(b"\r\n")
    assert int(size, 16) == 24 and rest[:4] == b"\xd4\xc3\xb2\xa1"
    zero = host.run("/usr/bin/python3", "-c", code, str(worker.port), "0").stdout
    head, _, body = zero.partition(b"\r\n\r\n")
    assert b"Transfer-Encoding" not in head and body[:4] == b"\xd4\xc3\xb2\xa1"


@pytest.mark.parametrize(
    "query,status,says",
    [
        ("filter=foo", 400, "syntax error"),
        ("filter=icmp)+or+(tcp", 400, "syntax error"),
        ("filter=host+no.such.name", 400, "give an address"),
        ("filter=port+nosuch", 400, "port's number"),
        ("filter=not+vlan", 400, "linktype=native"),
        ("filter=vlan+5+and+tcp", 200, None),
        ("filter=ether+host+1:2:3:4:5:6", 400, "linktype=native"),
        ("filter=ip+protochain+6", 400, "protochain"),
        ("filter=%00", 400, "NUL"),
        ("filter=%zz", 400, None),
        ("filter=tcp&filter=udp", 400, "twice"),
        ("bogus=1", 400, "unknown"),
        ("interface=nosuch0", 400, "nosuch0"),
        ("linktype=native", 400, "exactly one interface"),
        ("snaplen=abc", 400, "snaplen"),
        ("count=-1", 400, "count"),
        ("heartbeat=1", 400, "heartbeat"),
        ("filter=" + "x" * 8193, 400, "8192"),
        ("filter=", 200, None),
        ("filter=tcp+or+pppoes", 200, None),
        ("filter=" + "(" * 1000 + "icmp" + ")" * 1000, 200, None),
        ("filter=" + "+or+".join(f"host+10.0.{i // 250}.{i % 250}" for i in range(100)), 200, None),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else str(value),
)
def test_validate_answers_in_a_sentence(lab, host, query, status, says):
    worker = lab.worker(host)
    target = f"http://127.0.0.1:{worker.port}/validate?{query}"
    answer = curl(host, "-w", "\n%{http_code} %{content_type}", target).stdout.decode()
    body, _, tail = answer.rpartition("\n")
    assert tail.split()[0] == str(status), answer
    if status == 400:
        assert tail.split()[1] == "application/problem+json"
        problem = json.loads(body)
        assert problem["status"] == 400 and problem["detail"]
        assert says is None or says in problem["detail"], problem


def test_own_traffic_never_shows_up(lab, host, tmp_path):
    """Two captures of everything on an idle host: their own streams are the only traffic."""
    worker = lab.worker(host)
    outs = [str(tmp_path / f"{i}.pcapng") for i in range(2)]
    clients = [
        start_curl(lab, host, url(worker, duration=2, format="pcapng", heartbeat=10), out)
        for out in outs
    ]
    for client, out in zip(clients, outs):
        assert client.popen.wait(PATIENCE) == 0
        assert packets_of(out) == []
        assert os.path.getsize(out) > 1000, "the heartbeats were the traffic"


def test_disconnect_ends_a_capture_that_matches_nothing(lab, host, tmp_path):
    worker = lab.worker(host)
    client = start_curl(lab, host, url(worker, filter="port 1"), str(tmp_path / "o"))
    assert len(worker.children()) == 2
    client.stop(signal.SIGKILL)
    wait_for(lambda: "ended: client gone" in worker.log(), "the end in the log")
    wait_for(lambda: len(worker.children()) == 1, "the capture process is gone")


def test_a_stalled_client_costs_counted_packets_and_no_memory(lab, host, tmp_path):
    """Sent = in the file + counted as dropped, exactly; memory stays bounded."""
    worker = lab.worker(host)
    total = 40000
    query = "/capture?filter=udp+dst+port+9999&format=pcapng&buffer=512"
    client = lab.start(host, [
        "/usr/bin/python3", "-c",
        "import socket,sys\n"
        "s=socket.socket(); s.setsockopt(socket.SOL_SOCKET,socket.SO_RCVBUF,4096)\n"
        "s.connect(('127.0.0.1',int(sys.argv[1])))\n"
        "s.sendall(b'GET '+sys.argv[2].encode()+b' HTTP/1.0\\r\\nHost: x\\r\\n\\r\\n')\n"
        "b=s.recv(100); print('started',flush=True); sys.stdin.readline()\n"
        "f=open(sys.argv[3],'wb')\n"
        "while True:\n"
        "    f.write(b); b=s.recv(1<<20)\n"
        "    if not b: break\n",
        str(worker.port), query, str(tmp_path / "raw"),
    ], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    client.popen.stdout.readline()
    capture = [p for p in worker.children() if status_of(p).get("Seccomp") == "2"][0]
    send_udp(host, total, size=1000)
    rss = int(status_of(capture)["VmRSS"].split()[0])
    assert rss < 8 * 1024, f"{rss} KiB resident with a stalled client"
    client.popen.stdin.write(b"\n")
    client.popen.stdin.flush()
    wait_for(lambda: os.path.exists(tmp_path / "raw") and
             os.path.getsize(tmp_path / "raw") > 10**6, "the client reads again")
    time.sleep(1)
    worker.stop()
    assert client.popen.wait(PATIENCE) == 0
    client.popen.stdin.close()
    client.popen.stdout.close()
    raw = (tmp_path / "raw").read_bytes()
    out = str(tmp_path / "o.pcapng")
    open(out, "wb").write(raw.partition(b"\r\n\r\n")[2])
    got = packets_of(out)
    line = next(l for l in worker.log().splitlines() if " ended: " in l)
    dropped = int(line.split(" dropped by kernel")[0].split()[-1])
    assert dropped > 0, "the test never filled the ring"
    assert len(got) + dropped == total, line
    numbers = [int(data[28:36]) for _, data in got]
    assert numbers == sorted(numbers) and len(set(numbers)) == len(numbers)


def test_hostile_filter_hurts_no_other_capture(lab, host, tmp_path):
    worker = lab.worker(host)
    out = str(tmp_path / "o.pcap")
    client = start_curl(lab, host, url(worker, filter="udp dst port 9999"), out)
    hosts = " or ".join(f"host 10.{i // 250}.{i % 250}.1" for i in range(400))
    hostile = lab.start(host, ["curl", "-sSG", f"http://127.0.0.1:{worker.port}/capture",
                               "--data-urlencode", "filter=" + hosts,
                               "-o", str(tmp_path / "answer"), "-w", "%{http_code}"],
                        stdout=open(tmp_path / "status", "wb"))
    total = 0
    while hostile.popen.poll() is None:
        send_udp(host, 50)
        total += 50
    assert (tmp_path / "status").read_bytes() == b"400"
    assert b"too complex" in (tmp_path / "answer").read_bytes()
    worker.stop()
    assert client.popen.wait(PATIENCE) == 0
    assert payloads(out) == expect(50) * (total // 50)


def test_sigterm_gives_readers_complete_files(lab, host, tmp_path):
    worker = lab.worker(host)
    out = str(tmp_path / "o.pcap")
    client = start_curl(lab, host, url(worker, filter="udp dst port 9999"), out)
    send_udp(host, 100)
    children = worker.children()
    assert worker.stop() == 0
    assert client.popen.wait(PATIENCE) == 0, "curl saw the last chunk"
    assert payloads(out) == expect(100)
    assert all(not status_of(p) for p in children), "no orphan is left"


def test_a_dead_capture_process_ends_one_stream_only(lab, host, tmp_path):
    worker = lab.worker(host)
    front = worker.children()[0]
    one = start_curl(lab, host, url(worker, filter="udp dst port 9999"), str(tmp_path / "1"))
    victim = [p for p in worker.children() if p != front][0]
    two = start_curl(lab, host, url(worker, filter="udp dst port 9999", count=3),
                     str(tmp_path / "2"))
    os.kill(victim, signal.SIGKILL)
    assert one.popen.wait(PATIENCE) == 18, "curl must see a cut transfer"
    wait_for(lambda: "signal 9" in worker.log(), "the signal in the log")
    send_udp(host, 3)
    assert two.popen.wait(PATIENCE) == 0
    assert payloads(str(tmp_path / "2")) == expect(3)


@pytest.mark.parametrize("victim", ["launcher", "front"])
def test_no_orphan_is_left(lab, host, tmp_path, victim):
    worker = lab.worker(host)
    front = worker.children()[0]
    start_curl(lab, host, url(worker, filter="port 1"), str(tmp_path / "o"))
    everyone = [worker.pid, *worker.children()]
    os.kill(worker.pid if victim == "launcher" else front, signal.SIGKILL)
    assert worker.popen.wait(PATIENCE) != 0
    wait_for(lambda: not any(status_of(p).get("State", "Z")[0] != "Z" for p in everyone),
             "all processes are gone")


def test_each_process_has_the_rights_it_needs_and_no_others(lab, host, tmp_path):
    worker = lab.worker(host)
    front = worker.children()[0]
    start_curl(lab, host, url(worker, filter="port 1"), str(tmp_path / "o"))
    capture = [p for p in worker.children() if p != front][0]
    raw = f"{1 << 13:016x}"
    none = f"{0:016x}"
    for name, pid, caps in (("launcher", worker.pid, raw), ("front", front, none),
                            ("capture", capture, none)):
        status = status_of(pid)
        assert status["Uid"].split() == ["65534"] * 4, name
        assert status["Gid"].split() == ["65534"] * 4, name
        assert (status["CapPrm"], status["CapEff"]) == (caps, caps), name
        assert (status["CapInh"], status["CapBnd"], status["CapAmb"]) == (none,) * 3, name
        assert status["NoNewPrivs"] == "1", name
        assert os.listdir(f"/proc/{pid}/root") in ([], ["etc"]), name
    assert status_of(capture)["Seccomp"] == status_of(front)["Seccomp"] == "2"


def test_without_the_capability_it_says_what_to_do(lab, host):
    worker = lab.worker(host, prefix=["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                                      "--bounding-set=-all", "--inh-caps=-all"])
    answer = json.loads(curl(host, url(worker)).stdout)
    assert answer["status"] == 503 and "CAP_NET_RAW" in answer["detail"]
    assert curl(host, "-o", "/dev/null", "-w", "%{http_code}",
                url(worker, "/healthz")).stdout == b"503"


def test_listens_on_ipv6_and_unix_sockets(lab, host, tmp_path):
    host.sysctl("net.ipv6.conf.lo.disable_ipv6=0")
    host.sysctl("net.ipv6.conf.all.disable_ipv6=0")
    six = lab.worker(host, listen="[::1]:0")
    assert curl(host, f"http://[::1]:{six.port}/healthz").stdout == b"ok\n"
    both = lab.worker(host, listen=":0")
    assert curl(host, f"http://[::1]:{both.port}/healthz").stdout == b"ok\n"
    assert curl(host, f"http://127.0.0.1:{both.port}/healthz").stdout == b"ok\n"
    path = str(tmp_path / "sock")
    lab.worker(host, listen="unix:" + path)
    assert os.stat(path).st_mode & 0o777 == 0o660
    assert curl(host, "--unix-socket", path, "http://x/healthz").stdout == b"ok\n"
    refused = lab.start(host, [WORKER, "-listen", "unix:" + path])
    assert refused.popen.wait(PATIENCE) == 1 and "in use" in refused.log()


@pytest.mark.parametrize(
    "request_text,status",
    [
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        ("GET / HTTP/1.1\nHost: a\n\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("GET /" + "a" * 30000 + " HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: " + "a" * 40000 + "\r\n\r\n", 431),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 413),
        ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 413),
        ("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 200),
        ("GET / HTTP/1.2\r\nHost: a\r\n\r\n", 200),
        ("GET / HTTP/1.1\r\nHost:\r\n\r\n", 200),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        ("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404),
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", 200),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_http_in_the_small(lab, host, request_text, status):
    worker = lab.worker(host)
    code = (
        "import socket,sys\n"
        "s=socket.create_connection(('127.0.0.1',int(sys.argv[1])),10)\n"
        "s.sendall(sys.stdin.buffer.read()); s.shutdown(1); b=b''\n"
        "while True:\n"
        "    d=s.recv(65536)\n"
        "    if not d: break\n"
        "    b+=d\n"
        "sys.stdout.buffer.write(b)\n"
    )
    got = host.run("/usr/bin/python3", "-c", code, str(worker.port),
                   input=request_text.encode()).stdout
    assert got.startswith(b"HTTP/1.1 %d " % status), got[:300]
    if status == 200:
        assert got.count(b"HTTP/1.1 200 OK") == request_text.count("GET")
    assert (b"\r\nAllow: GET, HEAD\r\n" in got) == (status == 405)
    assert (b"\r\nConnection: close\r\n" in got) == (status in (400, 413, 414, 431, 505))
