"""ddump over https: nginx and haproxy terminate TLS in front of the real worker, and a
scripted server ends its stream in ways they do not."""

import contextlib
import shutil
import signal
import socket
import ssl
import subprocess
import threading

import pytest

from lab import DDUMP, PATIENCE, Lab, need_root, packets_of, run, udp_frame, wait_for
from test_cli_http import OK, SECOND, chunked, classic, ddump_ng, packet, records_of, until_close
from test_tls_cases import CERTS, SERVER, Pki, san

HOST = "10.9.0.2"
FILTER = ["--filter", "udp port 9999"]
CERTS.update({
    "cli": ("p256", "/CN=w", "ca", SERVER + san(f"IP:{HOST},IP:127.0.0.1")),
    "cli-expired": ("p256", "/CN=w", "ca", SERVER + san(f"IP:{HOST}"), {"days": (-20, -10)}),
    "cli-ca2": ("p256", "/CN=w", "ca2", SERVER + san(f"IP:{HOST}")),
    "cli-other": ("p256", "/CN=w", "ca", SERVER + san("IP:10.9.0.3")),
})

NGINX = """
daemon off; worker_processes 1; pid {tmp}/nginx.pid; error_log {tmp}/nginx.err;
user root; events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {tmp}/b; proxy_temp_path {tmp}/p;
  fastcgi_temp_path {tmp}/f; uwsgi_temp_path {tmp}/u; scgi_temp_path {tmp}/s;
  {servers}
}}
"""
NGINX_SERVER = """
  server {{
    listen {host}:{port} ssl; ssl_certificate {cert}; ssl_certificate_key {key}; {extra}
    location / {{ proxy_pass http://unix:{sock}; proxy_set_header Host worker;
      proxy_set_header Forwarded 'for="$remote_addr:$remote_port"'; }}
  }}
"""
HAPROXY = """
userlist people
  user ann insecure-password s3cr:t
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option forwardfor
frontend f
  bind {host}:448 ssl crt {pem} ca-file {ca} verify required
  bind {host}:450 ssl crt {pem} ca-file {ca} verify required
  http-request auth realm w if {{ dst_port 450 }} !{{ http_auth(people) }}
  default_backend b
backend b
  server w unix@{sock}
"""


class Scene:
    """A host whose worker only nginx and haproxy reach, a plain one, and a client."""

    def __init__(self, tmp_path, pki):
        self.lab, self.pki = Lab(tmp_path), pki
        lab = self.lab
        self.host, self.plain, self.client = (lab.namespace(label) for label in "hpc")
        self.macs = lab.link(self.host, "v0", "10.1.0.1", self.plain, "v1", "10.1.0.2")
        lab.link(self.client, "c0", "10.9.0.1", self.host, "w0", HOST)
        lab.link(self.client, "c1", "10.8.0.1", self.plain, "w1", "10.8.0.2")
        self.sock = lab.tmp + "/sock"
        lab.worker(self.host, "-unix-mode", "0666", listen="unix:" + self.sock)
        lab.worker(self.plain, listen="10.8.0.2:8475")
        self.start_nginx()
        self.sender = lab.sender(self.host)

    def start_nginx(self):
        pki, tmp = self.pki, self.lab.tmp
        hashed = run("openssl", "passwd", "-apr1", "s3cr:t").stdout.decode()
        with open(tmp + "/htpasswd", "w") as f:
            f.write("ann:" + hashed)
        auth = f"auth_basic w; auth_basic_user_file {tmp}/htpasswd;"
        client = f"ssl_client_certificate {pki.cert('ca')}; ssl_verify_client on;"
        servers = [(443, "cli", auth), (444, "cli", client), (445, "cli-expired", ""),
                   (446, "cli-ca2", ""), (447, "cli-other", ""), (449, "cli", client + auth)]
        config = NGINX.format(tmp=tmp, servers="".join(
            NGINX_SERVER.format(host=HOST, port=port, cert=pki.cert(cert), key=pki.key_of(cert),
                                extra=extra, sock=self.sock) for port, cert, extra in servers))
        with open(tmp + "/nginx.conf", "w") as f:
            f.write(config)
        self.lab.start(self.host, ["nginx", "-c", tmp + "/nginx.conf", "-p", tmp])
        wait_for(lambda: b":449" in self.host.run("ss", "-ltn").stdout, "nginx listens")

    def haproxy(self):
        if not shutil.which("haproxy"):
            pytest.skip("needs haproxy")
        if b":448" in self.host.run("ss", "-ltn").stdout:
            return
        tmp, pki = self.lab.tmp, self.pki
        with open(tmp + "/haproxy.cfg", "w") as f:
            f.write(HAPROXY.format(host=HOST, sock=self.sock, ca=pki.cert("ca"),
                                   pem=pki.joined("cli.pem", pki.cert("cli"), pki.key_of("cli"))))
        self.lab.start(self.host, ["haproxy", "-f", tmp + "/haproxy.cfg"])
        wait_for(lambda: b":448" in self.host.run("ss", "-ltn").stdout, "haproxy listens")

    def identity(self, name):
        return ["-cert", self.pki.cert(name), "-key", self.pki.key_of(name)]

    def refused(self, *args, ca="ca"):
        """The log of a run that can start no target."""
        done = self.client.run(DDUMP, *(["-ca", self.pki.cert(ca)] if ca else []), *args, check=False)
        log = done.stderr.decode()
        print(log)
        assert done.returncode == 1, log
        return log

    def capture(self, *args, per_frame, ca="ca"):
        """Sends frames while ddump captures; every one is there, in order, and ddump ends well."""
        out = self.lab.tmp + "/out.pcap"
        ddump = self.lab.start(self.client, [DDUMP, "-w", out, *FILTER,
                                             *(["-ca", self.pki.cert(ca)] if ca else []), *args])
        wait_for(lambda: "capturing on" in ddump.log() or ddump.popen.poll() is not None, "it starts")
        assert ddump.popen.poll() is None, ddump.log()
        sent = []
        for i in range(100):
            frame = udp_frame(*self.macs, "10.1.0.1", "10.1.0.2", b"%06d" % i)
            self.sender.send("v0", frame)
            sent += [frame[14:]] * per_frame
        wait_for(lambda: len(packets_of(out)) >= len(sent), "all packets: " + ddump.log())
        assert ddump.stop(signal.SIGINT) == 0, ddump.log()
        assert [data for _, data in packets_of(out)] == sent
        return ddump.log()


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    return Pki(str(tmp_path_factory.mktemp("pki")))


@pytest.fixture(scope="module")
def scene(tmp_path_factory, pki):
    need_root()
    if not shutil.which("nginx"):
        pytest.skip("needs nginx")
    scene = None
    try:
        scene = Scene(tmp_path_factory.mktemp("tls"), pki)
        yield scene
    finally:
        if scene:
            scene.lab.close()


def test_basic_auth_merged_with_a_plain_target(scene):
    log = scene.capture(f"https://ann:s3cr%3At@{HOST}:443", "10.8.0.2", per_frame=2)
    assert "capturing on 2 of 2 targets" in log and "s3cr" not in log


def test_a_wrong_password_is_refused_and_not_shown(scene):
    log = scene.refused(f"https://ann:wrong@{HOST}:443")
    assert f"ddump: {HOST}: 401 Unauthorized" in log and "wrong" not in log


@pytest.mark.parametrize("extra", [[], ["--tls-max", "1.2"]])
def test_a_client_certificate_opens_the_door(scene, extra):
    scene.capture(*extra, *scene.identity("client-p256"), f"https://{HOST}:444", per_frame=1)


def test_client_certificate_is_missing(scene):
    log = scene.refused(f"https://{HOST}:444")
    assert "400 Bad Request; if the server wants a client certificate, give it with -cert and -key" in log


def test_key_of_another_certificate(scene):
    args = ["-cert", scene.pki.cert("client-p256"), "-key", scene.pki.key("rsa")]
    assert "key" in scene.refused(*args, f"https://{HOST}:444")


@pytest.mark.parametrize("port", [449, 450], ids=["nginx", "haproxy"])
def test_client_certificate_and_password(scene, tmp_path, port):
    """Both are asked for; the password comes from the URL or a .netrc."""
    if port == 450:
        scene.haproxy()
    me, url = scene.identity("client-p384"), f"https://{HOST}:{port}"
    netrc = tmp_path / "netrc"
    netrc.write_text(f'machine {HOST} login ann password "s3cr:t"')
    netrc.chmod(0o600)
    log = scene.capture(*me, url.replace("//", "//ann:s3cr%3At@"), per_frame=1)
    log += scene.capture(*me, f"--netrc={netrc}", url, per_frame=1)
    assert "s3cr" not in log and "warning" not in log
    assert "401 Unauthorized; give USER:PASSWORD@ in front of the host, or --netrc" in scene.refused(*me, url)
    assert "401 Unauthorized; check the user and password" in scene.refused(*me, url.replace("//", "//ann:no@"))
    assert "client certificate" in scene.refused(url.replace("//", "//ann:s3cr%3At@"))


def test_haproxy_with_client_certificates(scene):
    scene.haproxy()
    scene.capture(*scene.identity("client-rsa"), f"https://{HOST}:448", per_frame=1)
    log = scene.refused(f"https://{HOST}:448")
    assert "client certificate" in log and "give a client certificate with -cert and -key" in log
    assert "; if the port is https, write https://" in scene.refused(f"http://{HOST}:448")


@pytest.mark.parametrize("port, ca, words", [
    (443, "ca2", "is not trusted"),
    (443, None, "is not trusted"),
    (445, "ca", "expired on"),
    (446, "ca", 'issuer "CN=ddump other root" is not trusted'),
    (447, "ca", "is for 10.9.0.3, not for 10.9.0.2"),
])
def test_a_certificate_that_does_not_fit_is_refused(scene, port, ca, words):
    log = scene.refused(f"https://{HOST}:{port}", ca=ca)
    line = [l for l in log.splitlines() if l.startswith(f"ddump: {HOST}: TLS: ")]
    assert len(line) == 1 and words in line[0] and "check the certificate" in line[0]


def test_insecure_works_and_warns(scene):
    log = scene.capture("--insecure", f"https://{HOST}:445", "10.8.0.2", per_frame=2, ca=None)
    assert f"ddump: {HOST}: --insecure: " in log
    log = scene.client.run(DDUMP, "-q", "--insecure", "-d", "100ms", "-w", scene.lab.tmp + "/x.pcap",
                           f"https://{HOST}:445", f"https://{HOST}:446", "10.8.0.2").stderr.decode()
    warned = [l for l in log.splitlines() if "--insecure" in l]
    assert [l.split(": ")[1] for l in warned] == [f"{HOST}:445", f"{HOST}:446"]


def test_ports_that_are_not_what_was_asked(scene):
    assert "; add :443; without a port 8475 is used" in scene.refused(f"https://{HOST}")
    assert "; ddump-worker speaks http on 8475; name its proxy's port" in scene.refused("https://10.8.0.2:8475")
    assert "400 Bad Request; if the port is https, write https://" in scene.refused(f"http://{HOST}:443")


class Asker:
    """Wants a client certificate, notes whose came, and ends each answer after a few packets."""

    def __init__(self, pki):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(pki.cert("cli"), pki.key_of("cli"))
        self.context.load_verify_locations(pki.cert("ca"))
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.target = "https://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.seen = []
        self.go_on = threading.Event()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            threading.Thread(target=self.serve, args=(self.listener.accept()[0],), daemon=True).start()

    def serve(self, connection):
        with connection, contextlib.suppress(OSError):
            session = self.context.wrap_socket(connection, server_side=True)
            if b"GET /capture" in session.recv(65536):
                self.seen.append(dict(pair[0] for pair in session.getpeercert()["subject"])["commonName"])
                session.sendall(chunked(classic(RECORDS[:5]))[:-5])
                self.go_on.wait(PATIENCE)
                self.go_on.clear()
            session.close()


def test_a_rotated_client_certificate_is_used_by_the_next_connection(pki, tmp_path):
    """Cut between connections; a broken new one is said once, and the one before goes on."""
    CERTS.update({"client-new": ("p384", "/CN=new", "ca", CERTS["client-p384"][3])})
    cert, key = tmp_path / "cert", tmp_path / "key"

    def put(name, *, cert_of=None):
        for path, source in ((cert, pki.cert(cert_of or name)), (key, pki.key_of(name))):
            shutil.copy(source, str(path) + ".new")
            (path.parent / (path.name + ".new")).rename(path)

    put("client-p256")
    server = Asker(pki)
    with open(tmp_path / "log", "w") as log:
        ddump = subprocess.Popen([DDUMP, "--retry", "1m", "-ca", pki.cert("ca"), "-cert", cert, "-key", key,
                                  "-w", tmp_path / "out", server.target], stderr=log)
    try:
        for change, expect in ((None, "client"), (lambda: put("client-new"), "new"),
                               (lambda: put("client-p256", cert_of="client-new"), "new"), (None, "new"),
                               (lambda: put("client-p256"), "client")):
            count = len(server.seen)
            if change is not None:
                change()
            if count > 0:
                server.go_on.set()
            wait_for(lambda: len(server.seen) > count, f"connection {count}")
            assert server.seen[-1] == expect, server.seen
    finally:
        ddump.send_signal(signal.SIGINT)
        ddump.wait(PATIENCE)
    log = (tmp_path / "log").read_text()
    lines = [l for l in log.splitlines() if "previous certificate" in l]
    assert lines == [f"ddump: warning: key {key} does not match the certificate in {cert}: give the two that "
                     "belong together; still using the previous certificate and key"], log


class TlsServer:
    """Answers so many requests over TLS, and ends each with or without close_notify."""

    def __init__(self, pki, answer, says_goodbye, times=1):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pki.cert("cli"), pki.key_of("cli"))
        listener = socket.create_server(("127.0.0.1", 0))
        self.target = "https://127.0.0.1:%d" % listener.getsockname()[1]

        def serve(connection):
            with connection, contextlib.suppress(OSError):  # who asks for the clock may not wait
                session = context.wrap_socket(connection, server_side=True)
                session.recv(65536)
                session.sendall(answer)
                if says_goodbye:
                    session.unwrap()
                session.close()

        def accept():
            for _ in range(times):
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
            listener.close()

        threading.Thread(target=accept, daemon=True).start()


RECORDS = [(SECOND + i * 1000, packet(i)) for i in range(3000)]


@pytest.mark.parametrize("answer, says_goodbye, code, words", [
    (chunked(classic(RECORDS)), True, 0, ""),
    (chunked(classic(RECORDS)), False, 0, ""),
    (chunked(classic(RECORDS))[:-60], False, 3, "the stream was cut: connection closed without TLS close_notify"),
    (chunked(classic(RECORDS))[:-60], True, 3, "the stream was cut"),
    (until_close(classic(RECORDS)), False, 3, "the stream was cut"),
    (until_close(classic(RECORDS)), True, 0, "end cannot be verified"),
    (until_close(ddump_ng(RECORDS)), False, 0, ""),
], ids=["whole", "whole, no close_notify", "in a chunk", "in a chunk, close_notify", "until close",
        "until close, close_notify", "until close, final block"])
def test_only_a_proved_end_is_an_end(pki, answer, says_goodbye, code, words):
    server = TlsServer(pki, answer, says_goodbye)
    done = subprocess.run([DDUMP, "--retry", "0", "-ca", pki.cert("ca"), server.target], capture_output=True, timeout=PATIENCE)
    log = done.stderr.decode()
    assert done.returncode == code and words in log, log
    if code == 0:
        assert records_of(done.stdout) == RECORDS
    else:
        assert records_of(done.stdout) == RECORDS[:len(records_of(done.stdout))] != []


def test_passwords_are_hidden_and_watched(scene):
    """ps shows none; one that crosses the network in the clear is spoken of, one over TLS not."""
    ddump = scene.lab.start(scene.client, [
        DDUMP, "-w", scene.lab.tmp + "/y.pcap", "-ca", scene.pki.cert("ca"),
        f"https://ann:s3cr%3At@{HOST}:443", "http://bob:hidden@10.8.0.2", "http://10.8.0.2:8475?filter=udp"])
    wait_for(lambda: "capturing on 3 of 3" in ddump.log() or ddump.popen.poll() is not None, "it captures")
    with open(f"/proc/{ddump.pid}/cmdline", "rb") as f:
        arguments = f.read()
    assert ddump.stop(signal.SIGINT) == 0, ddump.log()
    assert b"ann:xxxxxxxx@10.9.0.2:443" in arguments and b"bob:xxxxxx@10.8.0.2" in arguments
    warned = [l for l in ddump.log().splitlines() if "the password crosses the network" in l]
    assert len(warned) == 1 and "10.8.0.2:8475#1" in warned[0]
    assert "hidden" not in ddump.log() and "s3cr" not in ddump.log()
