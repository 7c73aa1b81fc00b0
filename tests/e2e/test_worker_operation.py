"""The worker as an operator runs it: what it tells, what bounds it, odd places to start."""

import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess

import pytest

from lab import HERE, PATIENCE, WORKER, packets_of, run, status_of, udp_frame, wait_for
from test_worker import curl, expect, payloads, send_udp, start_curl, url


@pytest.fixture
def host(lab):
    return lab.namespace("o")


def code_of(host, target, *args):
    return int(curl(host, "-o", "/dev/null", "-w", "%{http_code}", *args, target).stdout)


def test_json_is_valid_for_any_filter_and_name(lab, host, tmp_path):
    odd = b'q"\\\x01\xff'
    host.run("ip", "link", "add", odd, "type", "veth", "peer", "name", "plain")
    worker = lab.worker(host)
    listed = json.loads(curl(host, url(worker, "/interfaces")).stdout)["interfaces"]
    assert {i["name"] for i in listed} == {"lo", "plain", 'q"\\\x01\ufffd'}
    for text in ("%22%5C%01%ff%0a", "ip+proto+%5Ctcp"):
        start = lab.start(host, ["curl", "-sSN", "-o", str(tmp_path / "x"),
                                 f"http://127.0.0.1:{worker.port}/capture?count=1&filter={text}"])
        wait_for(lambda: "ended" in worker.log() or len(worker.children()) == 2, "an answer")
    captures = wait_for(
        lambda: (lambda c: c if c["ended"] and c["running"] else None)(
            json.loads(curl(host, url(worker, "/captures")).stdout)), "one ended, one runs")
    assert captures["ended"][0]["filter"] == '"\\\x01\ufffd\n'
    assert "syntax error" in captures["ended"][0]["end"] or captures["ended"][0]["end"]
    assert captures["running"][0]["filter"] == "ip proto \\tcp"
    start.stop()


def test_captures_is_short_whatever_was_refused(lab, host):
    """16 filters of 8 KiB that take six times as much in JSON; one thread answers everybody."""
    worker = lab.worker(host)
    for _ in range(16):
        assert code_of(host, url(worker, "/capture?filter=" + "%01" * 8192)) == 400
    body = curl(host, url(worker, "/captures")).stdout
    ended = json.loads(body)["ended"]
    assert len(ended) == 16 and len(body) < 40000
    assert all(e["filter_bytes"] == 8192 and e["filter"] == "\x01" * 200 for e in ended)


def test_json_log_is_one_object_a_line(lab, host, tmp_path):
    process = lab.start(host, [WORKER, "-listen", "127.0.0.1:8475", "-log-format", "json"])
    wait_for(lambda: "listening" in process.log(), "it listens")
    process.port = 8475
    client = start_curl(lab, host, url(process, filter="udp dst port 9999", count=2),
                        str(tmp_path / "o"))
    send_udp(host, 2)
    client.popen.wait(PATIENCE)
    wait_for(lambda: '"event":"end"' in process.log(), "the end in the log")
    lines = [json.loads(line) for line in process.log().splitlines()]
    end = [l for l in lines if l.get("event") == "end"][0]
    assert end["packets"] == 2 and end["end"] == "count reached" and end["dropped_by_kernel"] == 0
    assert end["peer"].startswith("127.0.0.1:") and end["filter"] == "udp dst port 9999"


SAMPLE = re.compile(r'^([a-z_]+)(\{([a-z]+="([^"\\]|\\[\\"n])*",?)+\})? (\d+(\.\d+)?)$')


def metrics_of(host, worker):
    """A strict reader of the Prometheus text format, as far as the worker uses it."""
    values, typed, helped = {}, {}, set()
    for line in curl(host, url(worker, "/metrics")).stdout.decode().splitlines():
        if line.startswith("# HELP "):
            helped.add(line.split()[2])
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            assert name in helped and kind in ("counter", "gauge") and name not in typed
            typed[name] = kind
        else:
            match = SAMPLE.match(line)
            assert match, line
            assert match[1] in typed, line
            assert (typed[match[1]] == "counter") == match[1].endswith("_total"), line
            key = match[1] + (match[2] or "")
            assert key not in values, line
            values[key] = float(match[5])
    return values


def test_metrics_count_what_captures_did(lab, host, tmp_path):
    worker = lab.worker(host)
    client = start_curl(lab, host, url(worker, filter="udp dst port 9999", count=7),
                        str(tmp_path / "o"))
    send_udp(host, 7)
    client.popen.wait(PATIENCE)
    assert code_of(host, url(worker, filter="foo")) == 400
    assert code_of(host, url(worker, "/nothing")) == 404
    wait_for(lambda: len(worker.children()) == 1, "the capture process is gone")
    wait_for(lambda: metrics_of(host, worker)["ddump_captures_active"] == 0, "none runs")
    m = metrics_of(host, worker)
    assert m["ddump_captures_started_total"] == 2
    assert m['ddump_captures_ended_total{reason="count reached"}'] == 1
    assert m['ddump_captures_ended_total{reason="failed"}'] == 1
    assert m["ddump_packets_total"] == 7
    assert m['ddump_requests_rejected_total{status="400"}'] == 1
    assert m['ddump_requests_rejected_total{status="404"}'] == 1
    assert m["ddump_connections_open"] == 1
    assert 'ddump_interface_drops_total{interface="lo"}' in m
    if shutil.which("promtool"):
        text = curl(host, url(worker, "/metrics")).stdout
        run("promtool", "check", "metrics", input=text)


def test_pages_of_other_sites_and_other_hosts_are_refused(lab, host):
    worker = lab.worker(host, "-allow-host", "localhost,127.0.0.1")
    assert code_of(host, url(worker, "/healthz")) == 200
    assert code_of(host, url(worker, "/healthz"), "-H", "Host: evil.example") == 403
    assert code_of(host, url(worker, "/healthz"), "-H", "Sec-Fetch-Site: cross-site") == 403
    assert code_of(host, url(worker, "/healthz"), "-H", "Sec-Fetch-Site: none") == 200


def test_the_operators_bounds_hold_for_every_request(lab, host, tmp_path):
    host.run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1")
    worker = lab.worker(host, "-interfaces", "lo,gone0", "-exclude", "udp port 9998",
                        "-max-snaplen", "60", "-max-captures", "1", "-max-duration", "1h")
    names = [i["name"] for i in json.loads(curl(host, url(worker, "/interfaces")).stdout)["interfaces"]]
    assert names == ["lo"]
    assert code_of(host, url(worker, "/validate", interface="v0")) == 400
    out = str(tmp_path / "o")
    client = start_curl(lab, host, url(worker, filter="udp", count=6), out)
    assert code_of(host, url(worker)) == 503
    send_udp(host, 5, port=9998)
    send_udp(host, 6, port=9999, size=500)
    assert client.popen.wait(PATIENCE) == 0
    assert [len(data) for _, data in packets_of(out)] == [60 - 16] * 6
    assert [data[28:36] for _, data in packets_of(out)] == expect(6)


def test_options_of_a_capture(lab, host, tmp_path):
    """direction, native link type with vlan and ether filters, nanoseconds."""
    peer = lab.namespace("p")
    mac_host, mac_peer = lab.link(host, "v0", "10.1.0.1", peer, "v1", "10.1.0.2")
    worker = lab.worker(host)
    there = lab.sender(host)
    back = lab.sender(peer)
    outs = {}
    for name, query in {
        "in": dict(direction="in", filter="udp port 9999", count=3),
        "out": dict(direction="out", filter="udp port 9999", count=3, precision="nano"),
        "native": dict(linktype="native", interface="v0", promisc="1", count=3,
                       filter="ether src " + mac_peer + " and not vlan"),
        "vlan": dict(linktype="native", interface="v0", filter="vlan 7", count=1),
    }.items():
        outs[name] = str(tmp_path / name)
        start_curl(lab, host, url(worker, **query), outs[name])
    for i in range(3):
        there.send("v0", udp_frame(mac_host, mac_peer, "10.1.0.1", "10.1.0.2", b"t%d" % i))
        back.send("v1", udp_frame(mac_peer, mac_host, "10.1.0.2", "10.1.0.1", b"b%d" % i))
    tagged = udp_frame(mac_peer, mac_host, "10.1.0.2", "10.1.0.1", b"tag")
    back.send("v1", tagged[:12] + b"\x81\x00\x00\x07" + tagged[12:])
    wait_for(lambda: len(worker.children()) == 1, "all four have ended")
    assert [d[28:] for _, d in packets_of(outs["in"])] == [b"b0", b"b1", b"b2"]
    assert [d[28:] for _, d in packets_of(outs["out"])] == [b"t0", b"t1", b"t2"]
    assert open(outs["out"], "rb").read(4) == b"\x4d\x3c\xb2\xa1"
    shown = run("tcpdump", "-enr", outs["native"]).stdout.decode()
    assert shown.count(mac_peer) == 3 and "EN10MB" in run(
        "tcpdump", "-nr", outs["native"]).stderr.decode()
    assert "vlan 7" in run("tcpdump", "-enr", outs["vlan"]).stdout.decode()


def test_an_interface_that_goes_ends_its_capture(lab, host, tmp_path):
    host.run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1")
    host.run("ip", "link", "set", "v0", "up")
    worker = lab.worker(host)
    clients = [start_curl(lab, host, url(worker, interface="v0", filter="port 1", format="pcapng"),
                          str(tmp_path / "cooked")),
               start_curl(lab, host, url(worker, interface="v0", linktype="native", filter="port 1"),
                          str(tmp_path / "native"))]
    host.run("ip", "link", "del", "v0")
    for client in clients:
        assert client.popen.wait(PATIENCE) == 0, "the stream ends as a complete file"
    wait_for(lambda: worker.log().count("interface gone") == 2, "the reason in the log")


@pytest.mark.skipif(platform.machine() != "x86_64", reason="force_call.py knows x86_64")
@pytest.mark.parametrize("number,arguments", [(41, (2, 1, 0)), (59, (0, 0, 0)), (1, (2, 0, 0)),
                                              (44, (0, 0, 0)), (101, (0, 0, 0))],
                         ids=["socket", "execve", "write-elsewhere", "sendto", "ptrace"])
def test_a_forbidden_call_kills_only_its_process(lab, host, tmp_path, number, arguments):
    worker = lab.worker(host)
    front = worker.children()[0]
    client = start_curl(lab, host, url(worker, filter="port 1"), str(tmp_path / "o"))
    other = start_curl(lab, host, url(worker, filter="udp dst port 9999", count=2),
                       str(tmp_path / "p"))
    capture = [p for p in worker.children() if p != front][0]
    said = run("/usr/bin/python3", os.path.join(HERE, "force_call.py"), str(capture), str(number),
               *map(str, arguments)).stdout.decode()
    assert said == f"killed by {int(signal.SIGSYS)}\n"
    assert client.popen.wait(PATIENCE) == 18
    wait_for(lambda: "died of signal 31" in worker.log(), "the signal in the log")
    send_udp(host, 2)
    assert other.popen.wait(PATIENCE) == 0


def test_check_says_what_the_machine_gives(lab, host):
    good = host.run(WORKER, "-check").stdout.decode()
    assert re.search(r"^CAP_NET_RAW +yes$", good, re.M) and re.search(r"^capture +works", good, re.M)
    bad = subprocess.run([*host.prefix, "setpriv", "--reuid=65534", "--bounding-set=-all",
                          "--inh-caps=-all", WORKER, "-check"], stdout=subprocess.PIPE)
    assert bad.returncode == 1 and b"setcap" in bad.stdout


def wait_until_healthy(host, port=8475):
    wait_for(lambda: subprocess.run(
        [*host.prefix, "curl", "-s", "--max-time", "5", f"http://127.0.0.1:{port}/healthz"],
        stdout=subprocess.PIPE).stdout == b"ok\n", "the worker is healthy")


def capture_works(lab, host, tmp_path):
    class Here:
        port = 8475

    out = str(tmp_path / "works")
    client = start_curl(lab, host, url(Here, filter="udp dst port 9999", count=3), out)
    send_udp(host, 3)
    assert client.popen.wait(PATIENCE) == 0
    assert payloads(out) == expect(3)


def test_starts_with_nothing_around_it(lab, host, tmp_path):
    """A root directory that holds the one file, read-only: no /proc, /dev, /etc, /tmp."""
    root = tmp_path / "root"
    os.makedirs(root)
    shutil.copy(WORKER, root / "ddump-worker")
    script = f'mount --bind "{root}" "{root}" && mount -o remount,bind,ro "{root}" && ' \
             f'exec chroot "{root}" /ddump-worker -listen 127.0.0.1:8475'
    process = lab.start(host, ["unshare", "-m", "sh", "-c", script])
    wait_until_healthy(host)
    capture_works(lab, host, tmp_path)
    assert process.stop() == 0


def test_starts_with_standard_descriptors_closed(lab, host, tmp_path):
    script = f'exec "{WORKER}" -listen 127.0.0.1:8475 <&- >&- 2>&-'
    process = lab.start(host, ["sh", "-c", script])
    wait_until_healthy(host)
    capture_works(lab, host, tmp_path)
    assert process.stop() == 0


def test_starts_with_a_file_capability(lab, host, tmp_path):
    binary = "/var/tmp/ddump-worker-%d" % os.getpid()
    shutil.copy(WORKER, binary)
    try:
        if subprocess.run(["setcap", "cap_net_raw=p", binary], capture_output=True).returncode:
            pytest.skip("no file capabilities here")
        process = lab.start(host, ["setpriv", "--reuid=1234", "--regid=1234", "--clear-groups",
                                   binary, "-listen", "127.0.0.1:8475"])
        wait_until_healthy(host)
        capture_works(lab, host, tmp_path)
        for pid in [process.pid, *process.children()]:
            status = status_of(pid)
            assert status["Uid"].split() == ["1234"] * 4 and status["NoNewPrivs"] == "1"
            assert int(status["CapEff"], 16) & ~(1 << 13) == 0
        assert process.stop() == 0
    finally:
        os.unlink(binary)


def test_systemd_socket_and_ready(lab, host, tmp_path):
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind(str(tmp_path / "notify"))
    notify.settimeout(PATIENCE)
    code = (
        "import os,socket,sys\n"
        "s=socket.socket(); s.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1)\n"
        "s.bind(('127.0.0.1',8475)); s.listen()\n"
        "os.dup2(s.fileno(),3); os.set_inheritable(3,True)\n"
        "os.environ.update(LISTEN_PID=str(os.getpid()),LISTEN_FDS='1',NOTIFY_SOCKET=sys.argv[2])\n"
        "os.execv(sys.argv[1],[sys.argv[1],'-listen','127.0.0.1:1'])\n"
    )
    process = lab.start(host, ["/usr/bin/python3", "-c", code, WORKER, str(tmp_path / "notify")])
    assert notify.recv(100) == b"READY=1"
    notify.close()
    wait_until_healthy(host)
    capture_works(lab, host, tmp_path)
    assert process.stop() == 0


def test_stale_unix_socket_is_replaced(lab, host, tmp_path):
    path = str(tmp_path / "sock")
    first = lab.worker(host, listen="unix:" + path)
    first.stop(signal.SIGKILL)
    assert os.path.exists(path)
    lab.worker(host, listen="unix:" + path)
    assert curl(host, "--unix-socket", path, "http://x/healthz").stdout == b"ok\n"


def test_the_front_turns_nobody_away_for_ever(lab, host):
    """At the limits idle connections go first; out of descriptors it neither hangs nor spins."""
    worker = lab.worker(host, "-max-connections", "4")
    code = (
        "import socket,sys,time\n"
        "all=[]\n"
        "for i in range(int(sys.argv[2])):\n"
        "    s=socket.create_connection(('127.0.0.1',int(sys.argv[1])),10); all.append(s)\n"
        "s=socket.create_connection(('127.0.0.1',int(sys.argv[1])),10)\n"
        "s.sendall(b'GET /healthz HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'); print(s.recv(100)[:15])\n"
    )
    said = host.run("/usr/bin/python3", "-c", code, str(worker.port), "20").stdout
    assert said == b"b'HTTP/1.1 200 OK'\n"
    few = lab.start(host, ["sh", "-c", f'ulimit -n 16; exec "{WORKER}" -listen 127.0.0.1:8475'])
    wait_until_healthy(host)
    said = host.run("/usr/bin/python3", "-c", code, "8475", "40").stdout
    assert said == b"b'HTTP/1.1 200 OK'\n"
    assert few.stop() == 0


def test_eviction_survives_any_number_of_connections(lab, host):
    worker = lab.worker(host, "-max-connections", "4")
    code = (
        "import socket,sys\n"
        "all=[]\n"
        "for i in range(300):\n"
        "    s=socket.create_connection(('127.0.0.1',int(sys.argv[1])),10)\n"
        "    all.append(s); s.sendall(b'GET /cl' if i%2 else b'')\n"
    )
    host.run("/usr/bin/python3", "-c", code, str(worker.port))
    assert curl(host, url(worker, "/healthz")).stdout == b"ok\n"
    assert worker.popen.poll() is None


def test_a_client_that_pipelines_without_end_starves_nobody(lab, host):
    worker = lab.worker(host)
    code = (
        "import socket,sys,threading\n"
        "s=socket.create_connection(('127.0.0.1',int(sys.argv[1])),10)\n"
        "def read():\n"
        "    while s.recv(1<<20): pass\n"
        "threading.Thread(target=read,daemon=True).start()\n"
        "print('on',flush=True)\n"
        "while True: s.sendall(b'GET /clock HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'*2000)\n"
    )
    flood = lab.start(host, ["/usr/bin/python3", "-c", code, str(worker.port)],
                      stdout=subprocess.PIPE)
    flood.popen.stdout.readline()
    for _ in range(20):
        assert b"time_ns" in curl(host, url(worker, "/clock")).stdout
    flood.stop(signal.SIGKILL)
    flood.popen.stdout.close()


def test_ctrl_c_in_a_terminal_ends_streams_as_complete_files(lab, host, tmp_path):
    """The terminal sends SIGINT to the whole process group at once."""
    worker = lab.start(host, [WORKER, "-listen", "127.0.0.1:8475"], start_new_session=True)
    wait_until_healthy(host)

    class Here:
        port = 8475

    client = start_curl(lab, host, url(Here, filter="port 1"), str(tmp_path / "o"))
    os.killpg(worker.pid, signal.SIGINT)
    assert client.popen.wait(PATIENCE) == 0
    assert worker.popen.wait(PATIENCE) == 0


def test_what_a_parent_left_behind_does_not_matter(lab, host, tmp_path):
    """Ignored signals, an open secret, and a stderr that nobody reads."""
    read, write = os.pipe()
    code = (
        "import os,signal,sys\n"
        "signal.signal(signal.SIGCHLD,signal.SIG_IGN); signal.signal(signal.SIGTERM,signal.SIG_IGN)\n"
        "signal.signal(signal.SIGALRM,signal.SIG_IGN)\n"
        "os.dup2(os.open('/etc/shadow',os.O_RDONLY),7); os.set_inheritable(7,True)\n"
        "os.dup2(int(sys.argv[2]),2)\n"
        "os.execv(sys.argv[1],[sys.argv[1],'-v','-max-captures','2','-listen','127.0.0.1:8475'])\n"
    )
    process = lab.start(host, ["/usr/bin/python3", "-c", code, WORKER, str(write)],
                        pass_fds=[write])
    wait_until_healthy(host)
    for pid in [process.pid, *process.children()]:
        links = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
        assert not any("shadow" in link for link in links)
    long = "udp and (" + " or ".join(f"port {i}" for i in range(1, 60)) + ")"

    class Here:
        port = 8475

    for _ in range(100):
        curl(host, "-o", "/dev/null", url(Here, filter=long + " and foo"))
    wait_for(lambda: len(process.children()) == 1, "the places of the two captures are free")
    capture_works(lab, host, tmp_path)
    os.close(write)
    assert process.stop() == 0
    os.close(read)


def test_starts_with_an_ambient_capability(lab, host, tmp_path):
    """As systemd's AmbientCapabilities=CAP_NET_RAW and User= start it."""
    process = lab.start(host, ["setpriv", "--reuid=1234", "--regid=1234", "--clear-groups",
                               "--inh-caps=+net_raw", "--ambient-caps=+net_raw",
                               WORKER, "-listen", "127.0.0.1:8475"])
    wait_until_healthy(host)
    capture_works(lab, host, tmp_path)
    for pid in [process.pid, *process.children()]:
        status = status_of(pid)
        assert status["Uid"].split() == ["1234"] * 4
        assert int(status["CapAmb"], 16) == int(status["CapInh"], 16) == 0
        assert int(status["CapEff"], 16) in ((1 << 13,) if pid == process.pid else (0,))
    assert process.stop() == 0


def test_expect_and_odd_but_legal_requests(lab, host):
    worker = lab.worker(host)
    talk = (
        "import socket,sys\n"
        "s=socket.create_connection(('127.0.0.1',int(sys.argv[1])),10); s.settimeout(30)\n"
        "s.sendall(sys.stdin.buffer.read()); s.shutdown(1); b=b''\n"
        "while True:\n"
        "    d=s.recv(4096)\n"
        "    if not d: break\n"
        "    b+=d\n"
        "sys.stdout.buffer.write(b)\n"
    )

    def ask(text):
        return host.run("/usr/bin/python3", "-c", talk, str(worker.port), input=text).stdout

    said = ask(b"GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 200 OK")
    said = ask(b"GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
               b"Content-Length: 3\r\n\r\nabc")
    assert said.startswith(b"HTTP/1.1 413") and said.count(b"HTTP/1.1") == 1
    head = ask(b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200") and head.endswith(b"\r\n\r\n")
    assert int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0]) > 500
    absolute = ask(b"GET http://x:1/healthz HTTP/1.1\r\nHost: x:1\r\nConnection: close\r\n\r\n")
    assert absolute.endswith(b"ok\n")
    head = ask(b"HEAD /capture?filter=foo HTTP/1.1\r\nHost: x\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400") and head.endswith(b"\r\n\r\n")
    head = ask(b"HEAD /capture?filter=icmp HTTP/1.1\r\nHost: x\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200") and len(worker.children()) <= 2
    big = ask(b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n" + b"x" * 65537)
    assert big.startswith(b"HTTP/1.1 413")
