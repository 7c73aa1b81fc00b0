"""A capture of everything on an idle network, ten seconds long: none of its packets are
ddump's own, whatever stands between worker and client. All scenes run at once."""

import json
import os
import re
import shutil
import signal
import subprocess
import time

import pytest

from lab import DDUMP, PATIENCE, Lab, need_root, packets_of, run, wait_for

SECONDS = 10
QUERY = f"/capture?duration={SECONDS}&format=pcapng&heartbeat=10"

NGINX = """
daemon off; worker_processes 1; pid {tmp}/nginx.pid; error_log {tmp}/nginx.err;
user root; events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {tmp}/b; proxy_temp_path {tmp}/p;
  fastcgi_temp_path {tmp}/f; uwsgi_temp_path {tmp}/u; scgi_temp_path {tmp}/s;
  server {{
    listen {listen} ssl; ssl_certificate {tmp}/cert.pem; ssl_certificate_key {tmp}/key.pem;
    location / {{ proxy_pass {upstream}; proxy_set_header Host worker; {headers} }}
  }}
}}
"""
FORWARDED = "proxy_set_header Forwarded 'for=\"$remote_addr:$remote_port\"';"
X_FORWARDED = ("proxy_set_header X-Forwarded-For $remote_addr;"
               " proxy_set_header X-Forwarded-Port $server_port;")


class Scene:
    """A worker's host and a client's, and what the client wrote."""

    def __init__(self, tmp_path, label):
        os.makedirs(tmp_path)
        self.lab = Lab(tmp_path)
        self.out = str(tmp_path / "out.pcapng")
        self.host = self.lab.namespace(label + "w")
        self.client = self.lab.namespace(label + "c")
        # a pipe on the host never has one of the client's ports: the worker would leave the loop out by rule 5
        self.host.sysctl("net.ipv4.ip_local_port_range=20000 29999")
        self.curl = None

    def connect(self):
        self.lab.link(self.client, "c0", "10.9.0.1", self.host, "w0", "10.9.0.2")

    def nginx(self, upstream, headers):
        tmp = self.lab.tmp
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-subj", "/CN=w", "-keyout", tmp + "/key.pem", "-out", tmp + "/cert.pem")
        config = tmp + "/nginx.conf"
        with open(config, "w") as f:
            f.write(NGINX.format(tmp=tmp, listen="10.9.0.2:443", upstream=upstream, headers=headers))
        self.lab.start(self.host, ["nginx", "-c", config, "-p", tmp])
        wait_for(lambda: b":443" in self.host.run("ss", "-ltn").stdout, "nginx listens")

    def start(self, url):
        self.curl = self.lab.start(self.client, ["curl", "-sSkN", "-o", self.out, url])
        wait_for(lambda: os.path.exists(self.out) and os.path.getsize(self.out) > 100,
                 "the stream begins: " + self.curl.log())

    def finish(self):
        """All packets of the file, as tcpdump shows them; the heartbeats did flow."""
        assert self.curl.popen.wait(PATIENCE) == 0, self.curl.log()
        assert os.path.getsize(self.out) > SECONDS * 50 * 20
        return run("tcpdump", "-nr", self.out).stdout.decode().splitlines()


def direct(scene):
    scene.connect()
    worker = scene.lab.worker(scene.host, listen=":0")
    scene.start(f"http://10.9.0.2:{worker.port}{QUERY}")


def bound_to_one_address(scene):
    scene.connect()
    worker = scene.lab.worker(scene.host, listen="10.9.0.2:0")
    scene.start(f"http://10.9.0.2:{worker.port}{QUERY}")


def tls_proxy_and_unix_socket(scene):
    scene.connect()
    path = scene.lab.tmp + "/sock"
    scene.lab.worker(scene.host, "-unix-mode", "0666", listen="unix:" + path)
    scene.nginx(f"http://unix:{path}", FORWARDED)
    scene.start("https://10.9.0.2" + QUERY)


def tls_proxy_and_loopback(scene):
    scene.connect()
    worker = scene.lab.worker(scene.host)
    scene.nginx(f"http://127.0.0.1:{worker.port}", X_FORWARDED)
    scene.start("https://10.9.0.2" + QUERY)


def silent_proxy_excluded_by_the_operator(scene):
    """The proxy tells nothing of its client: -exclude is what is left."""
    scene.connect()
    worker = scene.lab.worker(scene.host, "-exclude", "tcp port 443")
    scene.nginx(f"http://127.0.0.1:{worker.port}", "")
    scene.start("https://10.9.0.2" + QUERY)


def client_behind_nat(scene):
    """The client's address and port are changed on the way; the proxy tells the new ones."""
    if not shutil.which("nft"):
        pytest.skip("needs nft")
    lab, host, client = scene.lab, scene.host, scene.client
    router = lab.namespace("r")
    lab.link(client, "c0", "10.8.0.1", router, "r0", "10.8.0.2")
    lab.link(router, "r1", "10.9.0.1", host, "w0", "10.9.0.2")
    client.ip("route", "add", "default", "via", "10.8.0.2")
    router.sysctl("net.ipv4.ip_forward=1")
    rule = "add table ip n; add chain ip n p { type nat hook postrouting priority 100; }; " \
           "add rule ip n p oifname r1 masquerade random"
    done = subprocess.run(router.prefix + ["nft", rule], capture_output=True)
    if done.returncode != 0:
        pytest.skip("no NAT in this kernel: " + done.stderr.decode().splitlines()[0])
    path = lab.tmp + "/sock"
    lab.worker(host, "-unix-mode", "0666", listen="unix:" + path)
    scene.nginx(f"http://unix:{path}", FORWARDED)
    scene.start("https://10.9.0.2" + QUERY)


SCENES = [direct, bound_to_one_address, tls_proxy_and_unix_socket, tls_proxy_and_loopback,
          silent_proxy_excluded_by_the_operator, client_behind_nat]


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    need_root()
    tmp = tmp_path_factory.mktemp("own")
    running = {}
    failed = {}
    try:
        for i, build in enumerate(SCENES):
            scene = running[build.__name__] = Scene(tmp / build.__name__, str(i))
            try:
                build(scene)
            except pytest.skip.Exception as reason:
                failed[build.__name__] = reason
        yield running, failed
    finally:
        for scene in running.values():
            scene.lab.close()


@pytest.mark.parametrize("name", [build.__name__ for build in SCENES])
def test_nothing_of_ddump_is_captured(scenes, name):
    running, failed = scenes
    if name in failed:
        raise failed[name]
    assert running[name].finish() == []


def through_nginx(scene, worker):
    scene.nginx(f"http://127.0.0.1:{worker.port}", "")
    return "https://10.9.0.2:443", "10.9.0.2:443"


def through_socat(scene, worker):
    """A byte pipe that knows no HTTP, as kubectl port-forward is one (which needs a cluster)."""
    scene.lab.start(scene.host, ["socat", "TCP-LISTEN:7443,bind=10.9.0.2,fork,reuseaddr",
                                 f"TCP:127.0.0.1:{worker.port}"])
    wait_for(lambda: b":7443" in scene.host.run("ss", "-ltn").stdout, "socat listens")
    return "http://10.9.0.2:7443", "10.9.0.2:7443"


def through_ssh(scene, worker):
    tmp = scene.lab.tmp
    os.makedirs("/run/sshd", exist_ok=True)
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp + "/key")
    shutil.copy(tmp + "/key.pub", tmp + "/allowed")
    scene.lab.start(scene.host, [shutil.which("sshd"), "-D", "-e", "-f", "/dev/null", "-p", "2222",
                                 "-h", tmp + "/key", "-o", f"AuthorizedKeysFile={tmp}/allowed",
                                 "-o", "StrictModes=no", "-o", "PidFile=none",
                                 "-o", "PermitRootLogin=yes"])
    wait_for(lambda: b":2222" in scene.host.run("ss", "-ltn").stdout, "sshd listens")
    scene.lab.start(scene.client, ["ssh", "-F", "/dev/null", "-N", "-i", tmp + "/key",
                                   "-o", "StrictHostKeyChecking=no", "-o", "BatchMode=yes",
                                   "-o", "UserKnownHostsFile=/dev/null", "-p", "2222", "-L",
                                   f"127.0.0.1:7001:127.0.0.1:{worker.port}", "root@10.9.0.2"])
    wait_for(lambda: b":7001" in scene.client.run("ss", "-ltn").stdout, "ssh forwards")
    return "http://127.0.0.1:7001", "10.9.0.2:2222"


NUMBERED = ("import socket, time\n"
            "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
            "for i in range(300): s.sendto(b'%08d' % i, ('10.9.0.1', 5555)); time.sleep(0.01)")


def numbers_of(out):
    """What the numbered packets to port 5555 carry, in order."""
    text = run("tcpdump", "-nr", out, "-A", "udp port 5555").stdout.decode()
    return [int(n) for n in re.findall(r"(\d{8})$", text, re.M)]


def captures_of(scene, worker):
    raw = scene.host.run("curl", "-sS", f"http://127.0.0.1:{worker.port}/captures").stdout
    return json.loads(raw)


@pytest.mark.parametrize("way", [through_nginx, through_socat, through_ssh])
def test_a_loop_without_any_hint_is_left_out_and_the_capture_goes_on(tmp_path, way):
    need_root()
    scene = Scene(tmp_path / "loop", "l")
    try:
        scene.connect()
        worker = scene.lab.worker(scene.host)
        base, flow = way(scene, worker)
        ddump = scene.lab.start(scene.client, [DDUMP, "--insecure", "--hold-back", "2s", "-w",
                                               scene.out, base])
        wait_for(lambda: "leaves out" in worker.log(), "the loop is found: " + ddump.log())
        wait_for(lambda: "leaves out" in ddump.log(), "the client is told")
        assert flow in re.search("capture 0 leaves out (.*): it carries", worker.log())[1]
        assert re.search(": leaves out .*" + flow + ".*: it carries this capture", ddump.log())
        time.sleep(3)  # what waited has gone out
        begun = time.time()
        scene.host.run("/usr/bin/python3", "-c", NUMBERED)
        time.sleep(7)
        running = captures_of(scene, worker)["running"]
        assert len(running) == 1, worker.log()
        left = running[0]["left_out"]
        assert [l["is_out"] for l in left if flow in l["flow"]] == [True]
        assert 0 < sum(l["packets"] for l in left) <= running[0]["own_traffic"]
        metrics = scene.host.run("curl", "-sS", f"http://127.0.0.1:{worker.port}/metrics")
        own = re.search(r"^ddump_own_traffic_packets_total (\d+)", metrics.stdout.decode(), re.M)
        assert int(own[1]) >= running[0]["own_traffic"]
        ddump.popen.terminate()
        assert ddump.popen.wait(PATIENCE) == 0, ddump.log()
        assert numbers_of(scene.out) == list(range(300))
        ports = re.findall(r":(\d+)\b", left[0]["flow"])  # not those of the clock's questions
        lines = run("tcpdump", "-ttnr", scene.out,
                    "tcp port " + " and port ".join(ports)).stdout.decode()
        late = [l for l in lines.splitlines() if float(l.split()[0]) > begun]
        assert late == [], late[:3]
        assert " 409" not in worker.log()
    finally:
        scene.lab.close()


def test_an_overlay_does_not_show_the_streams_encapsulated_packets(tmp_path):
    """A VXLAN between the two hosts carries the client's connection, and other traffic."""
    need_root()
    scene = Scene(tmp_path / "overlay", "o")
    try:
        scene.connect()
        for host, near, far, inner in ((scene.client, "10.9.0.1", "10.9.0.2", "10.200.0.1"),
                                       (scene.host, "10.9.0.2", "10.9.0.1", "10.200.0.2")):
            host.ip("link", "add", "vx0", "type", "vxlan", "id", "7", "dstport", "4789",
                    "local", near, "remote", far)
            host.ip("addr", "add", inner + "/24", "dev", "vx0")
            host.ip("link", "set", "vx0", "up")
        worker = scene.lab.worker(scene.host, listen=":0")
        scene.start(f"http://10.200.0.2:{worker.port}{QUERY}")
        scene.host.run("/usr/bin/python3", "-c", NUMBERED.replace("10.9.0.1", "10.200.0.1"))
        lines = scene.finish()
        assert [l for l in lines if f".{worker.port} " in l or f".{worker.port}:" in l] == []
        inside = run("tcpdump", "-nr", scene.out, "udp port 5555").stdout.decode().splitlines()
        carried = run("tcpdump", "-nr", scene.out, "udp port 4789 and greater 60").stdout.decode()
        assert len(inside) == 300, "seen inside"
        assert carried.count(".5555: ") == 300, "and on the way, as others' traffic is"
        ended = captures_of(scene, worker)["ended"][0]
        assert ended["own_traffic"] > 100 and ended["left_out"] == []
        assert "leaves out" not in worker.log()
    finally:
        scene.lab.close()


def test_an_honest_flow_of_such_a_load_is_not_ended(tmp_path):
    """Much the same on the wire as a loop: one flow that is all there is, and bursts."""
    need_root()
    scene = Scene(tmp_path / "honest", "h")
    try:
        scene.connect()
        worker = scene.lab.worker(scene.host, listen=":0")
        scene.lab.start(scene.client, ["/usr/bin/python3", "-c",
                        "import socket\n"
                        "a = socket.create_server(('10.9.0.1', 7001)).accept()[0]\n"
                        "while a.recv(65536): pass"])
        wait_for(lambda: b":7001" in scene.client.run("ss", "-ltn").stdout, "it listens")
        scene.lab.start(scene.host, ["/usr/bin/python3", "-c",
                        "import socket, time\n"
                        "s = socket.create_connection(('10.9.0.1', 7001))\n"
                        "for i in range(10**6): s.sendall(bytes(6000)); time.sleep(0.02)"])
        scene.start(f"http://10.9.0.2:{worker.port}/capture?duration=4")
        assert scene.curl.popen.wait(PATIENCE) == 0, scene.curl.log()
        wait_for(lambda: "ended: duration" in worker.log(), "not by the detector")
    finally:
        scene.lab.close()


BULK = """
import socket, sys, time
rate = int(sys.argv[1])
s = socket.create_connection(('10.9.0.1', 7001))
piece = bytes(min(65536, max(200, rate // 200)))
begun, sent = time.time(), 0
while True:
    s.sendall(piece)
    sent += len(piece)
    time.sleep(max(0, begun + sent / rate - time.time()))
"""
DELAY_RELAY = os.path.join(os.path.dirname(__file__), "delay_relay.py")
RATES = [20_000, 60_000, 200_000, 500_000, 1_000_000, 2_000_000, 4_000_000, 8_000_000, 15_000_000, 30_000_000]


@pytest.mark.long
@pytest.mark.parametrize("rate", RATES)
def test_a_bulk_flow_that_is_all_there_is_is_never_left_out(tmp_path, rate):
    """The capture goes to its client through 0, 5 and 50 ms, DDUMP_HONEST_RUNS times (17: fifty at each rate)."""
    need_root()
    scene = Scene(tmp_path / "bulk", f"b{RATES.index(rate)}")
    lab = scene.lab
    try:
        scene.connect()
        worker = lab.worker(scene.host, listen=":0")
        lab.start(scene.client, ["socat", "-u", "TCP-LISTEN:7001,bind=10.9.0.1,fork,reuseaddr", "OPEN:/dev/null"])
        wait_for(lambda: b":7001" in scene.client.run("ss", "-ltn").stdout, "it listens")
        ports = [f"10.9.0.2:{worker.port}"]
        for ms in "5", "50":
            relay = lab.start(scene.client, ["sh", "-c", f"exec /usr/bin/python3 {DELAY_RELAY} 10.9.0.2 {worker.port} {ms} >&2"])
            ports.append("127.0.0.1:" + wait_for(lambda: re.search(r"^(\d+)$", relay.log(), re.M), "the relay listens")[1])
        for _ in range(int(os.environ.get("DDUMP_HONEST_RUNS", "1"))):
            for at in ports:
                flow = lab.start(scene.host, ["/usr/bin/python3", "-c", BULK, str(rate)])
                done = scene.client.run("curl", "-sSN", "-o", "/dev/null", "-w", "%{size_download}",
                                        f"http://{at}/capture?format=pcapng&heartbeat=50&duration=3")
                flow.stop()
                assert int(done.stdout) > 20_000, "it was captured"
        assert "leaves out" not in worker.log()
    finally:
        lab.close()


class Tunnels:
    """A worker on loopback and byte pipes to it, each a chain of hops; curl reads through them."""

    SECONDS = 15

    def __init__(self, tmp_path):
        need_root()
        self.lab = Lab(tmp_path)
        self.host = self.lab.namespace("t")
        self.worker = self.lab.worker(self.host, "-max-duration", f"{self.SECONDS}s")
        self.readers = []

    def tunnel(self, first_port, hops):
        for i in range(hops):
            to = self.worker.port if i == hops - 1 else first_port + i + 1
            self.lab.start(self.host, ["timeout", "60", "socat",
                                       f"TCP-LISTEN:{first_port + i},fork,reuseaddr",
                                       f"TCP:127.0.0.1:{to}"])
        ports = [f":{first_port + i} " for i in range(hops)]
        wait_for(lambda: all(p in self.host.run("ss", "-ltn").stdout.decode() for p in ports),
                 "the tunnel listens")

    def read(self, port):
        self.readers.append(self.lab.start(
            self.host, ["curl", "-sSN", "-o", "/dev/null", "--max-time", str(self.SECONDS),
                        f"http://127.0.0.1:{port}/capture?format=pcapng&heartbeat=50"]))

    def bytes_on_loopback(self):
        shown = run("ip", "-n", self.host.name, "-s", "-j", "link", "show", "lo").stdout
        return json.loads(shown)[0]["stats64"]["tx"]["bytes"]

    def wait_for_calm(self, seconds):
        """Until a second brings less than 1 MB, and the next one too; False: it never does."""
        calm, before = 0, self.bytes_on_loopback()
        end = time.time() + seconds
        while time.time() < end and calm < 2:
            time.sleep(1)
            now = self.bytes_on_loopback()
            calm, before = (calm + 1 if now - before < 1e6 else 0), now
        return calm == 2

    def proved(self):
        """Flows that any capture leaves out."""
        return set(re.findall(r"leaves out (\S+ <-> \S+):", self.worker.log()))

    def ends(self):
        return re.findall(r"ended: ([^;]*);", self.worker.log())


@pytest.mark.long
@pytest.mark.parametrize("n", [2, 3, 9])
def test_captures_through_tunnels_of_their_own_do_not_feed_each_other(tmp_path, n):
    """What one capture proves the others leave out too."""
    t = Tunnels(tmp_path)
    try:
        for i in range(n):
            t.tunnel(9000 + 50 * i, 1)
        for i in range(n):
            t.read(9000 + 50 * i)
        assert t.wait_for_calm(t.SECONDS - 1), t.worker.log()
        assert len(t.proved()) == n or "more than" in str(t.ends()), t.worker.log()
        for number in range(n):
            lines = re.findall(rf"capture {number} leaves out", t.worker.log())
            assert len(lines) >= n or t.ends(), "each leaves out every tunnel"
    finally:
        t.lab.close()


@pytest.mark.long
@pytest.mark.parametrize("hops", [7, 9])
def test_a_long_chain_of_hops_is_found(tmp_path, hops):
    """None of its hops has much of what is captured; with more than 8 the capture ends."""
    t = Tunnels(tmp_path)
    try:
        t.tunnel(9000, hops)
        t.read(9000)
        assert t.wait_for_calm(t.SECONDS - 1), t.worker.log()
        if hops > 8:
            wait_for(lambda: t.ends(), "it ends")
            assert t.ends() == ["more than 8 flows carry its own stream"]
        else:
            assert len(t.proved()) >= 1 and t.ends() == [], t.worker.log()
    finally:
        t.lab.close()


RELAY = """
import selectors, signal, socket, sys, time
carries = True
def stop(*_):
    global carries
    carries = False
signal.signal(signal.SIGUSR1, stop)
near = socket.create_server(('127.0.0.1', 9000)).accept()[0]
far = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
far.sendall(near.recv(65536))
far.settimeout(0.005)
end = time.time() + 90
while time.time() < end:
    try:
        data = far.recv(65536)
    except TimeoutError:
        data = b''
    if carries:
        near.sendall(data)
    else:
        near.sendall(bytes(200))
        time.sleep(0.005)
"""
READER = """
import socket
s = socket.create_connection(('127.0.0.1', 9000))
s.sendall(b'GET /capture?format=pcapng&heartbeat=50 HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n')
while s.recv(65536): pass
"""
BESIDE = """
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
end = time.time() + 90
while time.time() < end:
    s.sendto(bytes(300), ('127.0.0.1', 5555)); time.sleep(0.01)
"""


@pytest.mark.long
def test_a_flow_that_carries_the_capture_no_more_is_let_in_again(tmp_path):
    """The same connection, which first carries the stream and then something of its own."""
    need_root()
    lab = Lab(tmp_path)
    try:
        host = lab.namespace("a")
        worker = lab.worker(host)
        relay = lab.start(host, ["/usr/bin/python3", "-c", RELAY, str(worker.port)])
        wait_for(lambda: b":9000 " in host.run("ss", "-ltn").stdout, "the relay listens")
        lab.start(host, ["/usr/bin/python3", "-c", READER])
        wait_for(lambda: "leaves out" in worker.log(), "the loop is found: " + worker.log())
        flow = re.search("leaves out (.*): it carries", worker.log())[1]
        assert "127.0.0.1:9000" in flow
        lab.start(host, ["/usr/bin/python3", "-c", BESIDE])
        time.sleep(35)
        assert "lets in again" not in worker.log(), "a test later it carries the stream still"
        os.kill(relay.popen.pid, signal.SIGUSR1)
        begun = time.time()
        while "lets in again" not in worker.log() and time.time() < begun + 40:
            time.sleep(1)
        assert f"lets in again {flow}" in worker.log(), worker.log()
        raw = host.run("curl", "-sS", f"http://127.0.0.1:{worker.port}/captures").stdout
        running = json.loads(raw)["running"]
        assert [l["is_out"] for l in running[0]["left_out"] if l["flow"] == flow] == [False]
    finally:
        lab.close()
