"""The proxies of share/examples, run as they stand there, in front of a worker: nothing of a capture
is in it, an idle one lives, and whoever lacks a certificate or a password is told so."""

import os
import shutil
import signal
import time

import pytest

from lab import DDUMP, PATIENCE, ROOT, Lab, need_root, packets_of, run, udp_frame, wait_for
from test_tls_cases import CERTS, SERVER, Pki, san

EXAMPLES = os.path.join(ROOT, "share", "examples")
CERTS["share"] = ("p256", "/CN=db1", "ca", SERVER + san("DNS:db1,IP:10.9.0.2,IP:fd09::2"))
KINDS = {
    "nginx": ["nginx", "-c", "{etc}/main.conf", "-p", "{tmp}"],
    "haproxy": ["haproxy", "-f", f"{EXAMPLES}/haproxy.cfg"],
    "caddy": ["caddy", "run", "--adapter", "caddyfile", "--config", f"{EXAMPLES}/Caddyfile"],
}
NGINX = """daemon off; worker_processes 1; pid {tmp}/nginx.pid; error_log stderr; user root; events {{ worker_connections 64; }}
http {{ access_log off; client_body_temp_path {tmp}/b; proxy_temp_path {tmp}/p; fastcgi_temp_path {tmp}/f;
  uwsgi_temp_path {tmp}/u; scgi_temp_path {tmp}/s; include {examples}/nginx.conf; }}
"""
IDLE_SECONDS = 70  # proxies and clients commonly give up after 60


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    return Pki(str(tmp_path_factory.mktemp("pki")))


class Scene:
    """A host behind one of the proxies, which alone reaches its worker, and a client that knows it as db1.
    Both see an /etc of their own."""

    def __init__(self, tmp_path, pki, kind):
        if not shutil.which(kind):
            pytest.skip(f"needs {kind}")
        self.lab, self.pki, self.kind = Lab(tmp_path), pki, kind
        self.etc = self.lab.tmp + "/etc"
        self.host, self.client = self.lab.namespace(kind[0] + "h"), self.lab.namespace(kind[0] + "c")

    def begin(self):
        lab = self.lab
        self.macs = lab.link(self.client, "c0", "10.9.0.1", self.host, "w0", "10.9.0.2")
        self.fill_etc()
        self.worker = lab.worker(self.host, listen="127.0.0.1:8475")
        args = [a.format(etc=self.etc, tmp=lab.tmp) for a in KINDS[self.kind]]
        hashed = run("openssl", "passwd", "-5", "secret").stdout.decode().strip()
        if self.kind == "caddy":
            hashed = run("caddy", "hash-password", "--plaintext", "secret").stdout.decode().strip()
        self.proxy = lab.start(self.host, self.within(*args), env=dict(os.environ, DDUMP_HASH=hashed, HOME=lab.tmp))
        wait_for(lambda: b":443" in self.host.run("ss", "-ltn").stdout or self.proxy.popen.poll() is not None, "it listens")
        assert self.proxy.popen.poll() is None, self.proxy.log()
        self.sender = lab.sender(self.client)

    def fill_etc(self):
        pki, folder = self.pki, self.etc + "/ddump"
        os.makedirs(folder)
        for name, source in (("server.pem", pki.cert("share")), ("server.key", pki.key_of("share")), ("ca.pem", pki.cert("ca"))):
            shutil.copy(source, f"{folder}/{name}")
        shutil.copy(pki.joined("both.pem", pki.cert("share"), pki.key_of("share")), folder)
        hashed = run("openssl", "passwd", "-apr1", "secret").stdout.decode()
        for name, person in (("htpasswd", "ann"), ("htpasswd-postgres", "bob")):
            with open(f"{folder}/{name}", "w") as f:
                f.write(f"{person}:{hashed}")
        with open(f"{self.etc}/hosts", "w") as f:
            f.write("127.0.0.1 localhost\n10.9.0.2 db1\n")
        with open(f"{self.etc}/main.conf", "w") as f:
            f.write(NGINX.format(tmp=self.lab.tmp, examples=EXAMPLES))

    def within(self, *args):
        """A command that finds the files of self.etc in /etc, over those of the machine."""
        mount = 'mount -t overlay etc -o "lowerdir=$0:/etc" /etc && exec "$@"'
        return ["unshare", "-m", "sh", "-c", mount, self.etc, *args]

    def command(self, *args, identity=True):
        me = ["-cert", self.pki.cert("client-p256"), "-key", self.pki.key_of("client-p256")]
        return self.within(DDUMP, "-ca", self.pki.cert("ca"), *(me if identity else []), *args)

    def start(self, *args):
        out = f"{self.lab.tmp}/out{len(self.lab.processes)}.pcapng"
        run = self.lab.start(self.client, self.command("-w", out, *args))
        run.out = out
        wait_for(lambda: "capturing on 1 of 1" in run.log() or run.popen.poll() is not None, "it captures")
        assert run.popen.poll() is None, run.log()
        return run

    def curl(self, url, *args):
        """The body of the answer."""
        return self.client.run(*self.within("curl", *self.curl_flags(), *args, url)).stdout

    def curl_flags(self):
        return ["-sS", "--max-time", str(PATIENCE), "--cacert", self.pki.cert("ca"),
                "--cert", self.pki.cert("client-p256"), "--key", self.pki.key_of("client-p256")]

    def refusal(self, *args, **kw):
        done = self.client.run(*self.command(*args, **kw), check=False)
        assert done.returncode == 1, done.stderr.decode()
        return done.stderr.decode()

    def send(self, n):
        """What the host has got of n packets, as a capture shows them."""
        frames = [udp_frame(*self.macs, "10.9.0.1", "10.9.0.2", b"%06d" % i) for i in range(n)]
        for frame in frames:
            self.sender.send("c0", frame)
        return [frame[14:] for frame in frames]


def udp_of(path):
    return [data for _, data in packets_of(path) if data[9] == 17]


@pytest.fixture
def scene(tmp_path, pki, request):
    need_root()
    scene = Scene(tmp_path, pki, request.param)
    try:
        scene.begin()
        yield scene
    finally:
        scene.lab.close()


EACH = pytest.mark.parametrize(
    "scene", [pytest.param(k, marks=[pytest.mark.long] if k == "caddy" else []) for k in KINDS], indirect=True)


@EACH
def test_a_proxy_of_the_examples_tells_who_captures_and_refuses_who_may_not(scene):
    capture = scene.start("-i", "w0", "https://ann:secret@db1:443")
    time.sleep(1)  # twenty heartbeats, which would be packets of an unfiltered capture
    sent = scene.send(50)
    wait_for(lambda: len(udp_of(capture.out)) >= len(sent), "all packets: " + capture.log())
    assert capture.stop(signal.SIGINT) == 0, capture.log()
    # ICMP: nobody listens there
    assert [data for _, data in packets_of(capture.out) if data[9] != 1] == sent
    assert "own traffic" not in capture.log() and "at least" not in capture.log() and "secret" not in capture.log()
    assert "(-cert, -key)" in (log := scene.refusal("https://ann:secret@db1:443", identity=False)) or \
        "with -cert and -key" in log, log
    assert "401 Unauthorized; check the user and password" in scene.refusal("https://ann:wrong@db1:443")
    assert "401 Unauthorized; give USER:PASSWORD@" in scene.refusal("https://db1:443")


@pytest.mark.parametrize("scene", ["nginx"], indirect=True)
def test_a_path_of_the_proxy_has_a_filter_that_no_client_can_change(scene):
    url = "https://bob:secret@db1:443/postgres/capture"
    capture = scene.start(url)
    code = ("import socket\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\n"
            "for p in (53,5432): s.sendto(b'x',('127.0.0.1',p))\n"
            "for p in (5431,5432): socket.socket().connect_ex(('127.0.0.1',p))")
    scene.host.run("/usr/bin/python3", "-c", code)
    wait_for(lambda: len(packets_of(capture.out)) >= 2, "a connection and its refusal: " + capture.log())
    assert capture.stop(signal.SIGINT) == 0 and "at least" not in capture.log(), capture.log()
    ports = [(data[9], *(int.from_bytes(data[at:at + 2], "big") for at in (20, 22))) for _, data in packets_of(capture.out)]
    assert len(ports) == 2 and all(kind == 6 and 5432 in pair for kind, *pair in ports), ports
    assert "given twice" in scene.refusal("-f", "ip", url)
    for query in ("filter=", "FILTER=ip", "%66ilter=ip", "snaplen=96&filter=ip"):
        assert b'"status":400' in scene.curl("https://db1/postgres/capture?" + query, "-u", "bob:secret"), query
    for other in ("https://bob:secret@db1:443", "https://ann:secret@db1:443/postgres/capture"):
        assert "401 Unauthorized" in scene.refusal(other)


@pytest.mark.long
@EACH
def test_an_idle_capture_lives_behind_a_proxy_of_the_examples(scene):
    captures = [scene.start("-f", "udp", *more, "https://ann:secret@db1:443") for more in ([], ["--format", "pcap"])]
    plain = scene.lab.tmp + "/plain.pcap"
    curl = scene.lab.start(scene.client, scene.within(
        "curl", *scene.curl_flags(), "--max-time", "300", "-N", "-o", plain, "-u", "ann:secret", "https://db1/capture?filter=udp"))
    wait_for(lambda: os.path.exists(plain) and os.path.getsize(plain) == 24, "the classic stream begins: " + curl.log())
    time.sleep(IDLE_SECONDS)
    sent = scene.send(20)
    for path in [c.out for c in captures] + [plain]:
        wait_for(lambda: len(packets_of(path)) >= len(sent), f"all packets in {path}")
    assert [c.stop(signal.SIGINT) for c in captures] == [0, 0]
    curl.stop()
    for path in [c.out for c in captures] + [plain]:
        assert [data for _, data in packets_of(path)] == sent
    assert all("lost" not in c.log() for c in captures)


@pytest.mark.long
@EACH
def test_a_client_with_an_ipv6_address_is_left_out_as_well(scene):
    for space, name, address, mac in ((scene.client, "c0", "fd09::1", scene.macs[1]), (scene.host, "w0", "fd09::2", scene.macs[0])):
        space.sysctl(f"net.ipv6.conf.{name}.disable_ipv6=0")
        space.ip("addr", "add", f"{address}/64", "dev", name, "nodad")
        space.ip("neigh", "add", "fd09::" + str(3 - int(address[-1])), "lladdr", mac, "dev", name, "nud", "permanent")
    with open(f"{scene.etc}/hosts", "w") as f:
        f.write("fd09::2 db1\n")
    capture = scene.start("-i", "w0", "https://ann:secret@db1:443")
    time.sleep(1)
    sent = scene.send(20)
    wait_for(lambda: len(udp_of(capture.out)) >= len(sent), "all packets: " + capture.log())
    assert capture.stop(signal.SIGINT) == 0, capture.log()
    assert [data[6] for _, data in packets_of(capture.out) if data[0] >> 4 == 6 and data[6] == 6] == []
    assert "own traffic" not in capture.log()


@pytest.mark.long
@pytest.mark.parametrize("scene", ["caddy"], indirect=True)
def test_caddy_wants_the_host_by_name_and_ddump_says_so(scene):
    log = scene.refusal("https://ann:secret@10.9.0.2:443")
    assert "421 Misdirected Request: give the host by name, not by address" in log
