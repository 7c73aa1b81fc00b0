"""ddump --proxy: tunnels for http and https targets, and what a proxy can answer."""

import os
import signal
import socket
import subprocess
import threading
import time

import pytest

from lab import DDUMP, PATIENCE, Lab, need_root, packets_of, udp_frame, wait_for
from test_cli_http import (OK, SECOND, Live, Server, chunked, classic, ddump, packet, records_of, refusal, serve,
                           split_chunks)
from test_cli_tls import RECORDS, TlsServer, pki

ONE = [(SECOND, packet(1))]


class Proxy(Server):
    """Answers CONNECT with a script; after "200" it relays to where was asked."""

    def __init__(self, script=None):
        super().__init__(self.relay if script is None else script)
        self.url = "http://" + self.target

    def relay(self, connection):
        authority = self.requests[-1].split(" ")[1]
        host, port = authority.rsplit(":", 1)
        with socket.create_connection((host.strip("[]"), int(port))) as target:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n")
            threading.Thread(target=self.pump, args=(target, connection), daemon=True).start()
            self.pump(connection, target)

    @staticmethod
    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


@pytest.fixture
def proxy():
    proxies = []

    def start(script=None):
        proxies.append(Proxy(script))
        return proxies[-1]

    yield start
    for server in proxies:
        server.close()


def test_a_tunnel_for_http(serve, proxy, ddump):
    """The proxy sees CONNECT and the credentials for it, the worker sees the request as
    without one, with our address: nobody else can tell it."""
    server, p = serve(chunked(classic(ONE))), proxy()
    result = ddump("--proxy", f"http://joe:p%20w@{p.target}", f"ann:secret@{server.target}")
    assert result.code == 0 and records_of(result.out) == ONE
    assert p.requests[0].split("\r\n")[:3] == [
        f"CONNECT {server.target} HTTP/1.1", f"Host: {server.target}", "Proxy-Authorization: Basic am9lOnAgdw=="]
    capture = [r for r in server.requests if "GET /capture" in r][0]  # the clock is asked, too
    lines = capture.split("\r\n")
    assert lines[0] == "GET /capture HTTP/1.1" and "X-Forwarded-For: 127.0.0.1" in lines
    assert "Authorization: Basic YW5uOnNlY3JldA==" in lines and "Proxy-" not in capture
    ports = [l for l in lines if l.startswith("Ddump-Ports: ")][0]
    assert ports.startswith(f"Ddump-Ports: remote={p.port},{server.port}; local=")
    assert "the password crosses the network" in result.log and "secret" not in result.log and "p%20w" not in result.log


def test_a_tunnel_for_https(pki, proxy):
    """TLS is spoken with the target, whose certificate must be for the target."""
    p, server = proxy(), TlsServer(pki, chunked(classic(RECORDS)), True, times=2)  # the clock's
    done = subprocess.run([DDUMP, "-ca", pki.cert("ca"), "--proxy=" + p.url, server.target], capture_output=True, timeout=PATIENCE)
    assert done.returncode == 0 and records_of(done.stdout) == RECORDS, done.stderr.decode()
    assert all(r.startswith("CONNECT " + server.target[8:] + " HTTP/1.1") for r in p.requests)


def test_the_environment_does_not_count_for_http(serve, proxy, ddump):
    server, p = serve(chunked(classic(ONE))), proxy()
    env = dict(os.environ, **{name: p.url for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")})
    assert ddump(server.target, env=env).code == 0 and p.requests == []
    assert "X-Forwarded-For" not in server.requests[0]


def test_lost_behind_a_proxy(tmp_path, serve, proxy):
    """Each try asks for a new tunnel: one that is refused for now is tried again, one that is
    refused for good is not."""
    records = [(1700000000 * SECOND + i * 1000, packet(i)) for i in range(20)]
    busy, no = refusal(b"503 Busy", b"text/plain", b"later"), refusal(b"403 No", b"text/plain", b"closed")
    parts, refusals, refused = [records[:10], records[10:]], [[busy], [no] * 9], []

    def capture(connection):
        if "GET /capture" in server.requests[-1]:
            refused.extend(refusals.pop(0))
            connection.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\n"
                               + split_chunks(classic(parts.pop(0)), (100,))[:-17])

    def script(connection):
        if refused:
            connection.sendall(refused.pop(0))
        else:
            p.relay(connection)

    p, server = proxy(script), serve(capture)
    live = Live(tmp_path, "--proxy", p.url, server.target)
    assert live.finish() == 3
    log = live.process.log()
    assert records_of(live.out) == records and "back after a gap" in log
    assert f"the proxy {p.target}: 403 No: closed" in log and parts == []


def test_files_and_unix_sockets_are_not_proxied(tmp_path, proxy, ddump):
    p, path = proxy(), tmp_path / "a.pcap"
    path.write_bytes(classic(ONE))
    assert ddump("--proxy", p.url, path, f"unix:{tmp_path}/none").code == 3 and p.requests == []


def test_names_are_the_proxys_to_resolve(proxy, ddump):
    p = proxy(refusal(b"502 Bad Gateway", b"text/plain", b"no such host"))
    for target, authority in (("no-such-host.invalid", "no-such-host.invalid:8475"),
                              ("http://[fd00::7]:99", "[fd00::7]:99")):
        result = ddump("--proxy", p.url, target)
        assert result.code == 1 and p.requests[-1].startswith(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n")
        assert f"the proxy {p.target}: 502 Bad Gateway: no such host" in result.log


@pytest.mark.parametrize("answer, words", [
    (refusal(b"407 Proxy Authentication Required", b"text/html", b"<html>"),
     "407 Proxy Authentication Required; give user:password@ in --proxy"),
    (refusal(b"403 Forbidden", b"text/plain", b"port 8475\x1b"), "403 Forbidden: port 8475\\x1b; the proxy must allow CONNECT"),
    (b"HTTP/1.1 302 Found\r\nLocation: http://login/\r\n\r\n", "redirects are not followed; it names http://login/"),
    (b"HTTP/1.1 101 Switching\r\n\r\n", "the server switched to a protocol nobody asked for; check that --proxy names an HTTP proxy"),
    (b"HTTP/1.1 200 OK\r\n\r\nhello", "it sends more than its answer"),
    (b"SSH-2.0-OpenSSH_9.2\r\n", "the response is not HTTP; check that --proxy names an HTTP proxy"),
    (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 40000, "the response head is too large"),
    (b"HTTP/1.1 200", "it closed the connection without an answer"),
    (b"", "it closed the connection without an answer"),
], ids=["407", "403", "302", "101", "early bytes", "ssh", "large", "half", "nothing"])
def test_a_proxys_refusal_is_told_from_a_workers(serve, proxy, ddump, tmp_path, answer, words):
    """One line that says that it was the proxy; the other targets go on."""
    p = proxy(answer)
    (tmp_path / "a.pcap").write_bytes(classic(ONE))
    result = ddump("--proxy", p.url, "10.99.99.99", tmp_path / "a.pcap")
    lines = [l for l in result.log.splitlines() if "the proxy" in l and "capturing" not in l]
    assert result.code == 3 and records_of(result.out) == ONE
    assert len(lines) == 1 and lines[0].startswith(f"ddump: 10.99.99.99: the proxy {p.target}: ") and words in lines[0]


def test_interim_answers_and_pieces(serve, ddump, proxy):
    """1xx is skipped; the head may come byte by byte, with a length that means nothing."""
    server = serve(chunked(classic(ONE)))

    def script(connection):
        for byte in b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.0 201 Fine\r\nContent-Length: 5\r\n\r\n":
            connection.send(bytes([byte]))
        with socket.create_connection(("127.0.0.1", server.port)) as target:
            threading.Thread(target=Proxy.pump, args=(target, connection), daemon=True).start()
            Proxy.pump(connection, target)

    result = ddump("--proxy", proxy(script).url, server.target)
    assert result.code == 0 and records_of(result.out) == ONE


def test_a_proxy_that_says_nothing(proxy, ddump):
    p = proxy()
    p.hold()
    begin = time.monotonic()
    result = ddump("--connect-timeout", "300ms", "--proxy", p.url, "10.99.99.99")
    assert result.code == 1 and time.monotonic() - begin < 5
    assert f"the proxy {p.target}: no answer in time" in result.log


def test_no_proxy_there(ddump):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    result = ddump("--proxy", f"http://127.0.0.1:{port}", "10.99.99.99")
    assert result.code == 1
    assert f"10.99.99.99: the proxy 127.0.0.1:{port}: connect: Connection refused; check --proxy" in result.log
    result = ddump("--proxy", "http://no-such-proxy.invalid:3128", "10.99.99.99")
    assert result.code == 1 and "the proxy's name: no such host; check --proxy" in result.log


@pytest.mark.parametrize("url, words", [
    ("https://p:1", "only proxies that are spoken to in plain http"),
    ("socks5://u:secret@p:1", "only proxies that are spoken to in plain http"),
    ("http://u:secret@p", "the port is missing"),
    ("http://p:1/x", "neither path nor query"),
])
def test_a_proxy_that_cannot_be_is_refused(ddump, url, words):
    result = ddump("--proxy", url, "10.99.99.99")
    assert result.code == 2 and words in result.log and "secret" not in result.log
    assert result.log.count("\n") == 1


def test_hidden_and_warned_of(lab, tmp_path):
    """A password for the proxy is hidden from ps, and warned of once when it crosses a
    network. What goes to the proxy is not captured on the host that ddump runs on."""
    host, far = lab.namespace("h"), lab.namespace("f")
    macs = lab.link(host, "v0", "10.1.0.1", far, "v1", "10.1.0.2")
    near = lab.worker(host, listen="10.1.0.1:8475")
    lab.worker(far, listen="10.1.0.2:8475")
    code = ("import sys; sys.path.insert(0, %r); import socket, test_cli_proxy as t, time\n"
            "real = socket.create_server\n"
            "socket.create_server = lambda a: real(('10.1.0.2', 3128))\n"
            "t.Proxy(); print('up', file=sys.stderr, flush=True); time.sleep(60)\n") % os.path.dirname(__file__)
    proxy = lab.start(far, ["/usr/bin/python3", "-B", "-c", code])
    wait_for(lambda: "up" in proxy.log(), "the proxy listens")
    out = str(tmp_path / "out.pcap")
    run = lab.start(host, [DDUMP, "-w", out, "--proxy", "http://joe:hidden@10.1.0.2:3128", "10.1.0.1", "10.1.0.2?interface=lo"])
    wait_for(lambda: "capturing on 2 of 2" in run.log() or run.popen.poll() is not None, "it captures")
    with open(f"/proc/{run.pid}/cmdline", "rb") as f:
        assert b"http://joe:xxxxxx@10.1.0.2:3128" in f.read()
    sender = lab.sender(host)
    frames = [udp_frame(*macs, "10.1.0.1", "10.1.0.2", b"%06d" % i) for i in range(20)]
    for frame in frames:
        sender.send("v0", frame)
        time.sleep(0.05)
    wait_for(lambda: frames[-1][14:] in [data for _, data in packets_of(out)], "all packets: " + run.log())
    assert run.stop(signal.SIGINT) == 0, run.log()
    got = [data for _, data in packets_of(out) if data[9] != 1]  # ICMP: nobody listens there
    assert got == [frame[14:] for frame in frames]
    assert run.log().count("its password crosses the network in the clear") == 1 and "hidden@" not in run.log()
    assert near.popen.poll() is None
