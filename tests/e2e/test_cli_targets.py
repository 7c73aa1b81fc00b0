"""Which targets there are: all addresses of a name, duplicates, and who logs in where."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from lab import DDUMP, HERE, PATIENCE, told, wait_for
from test_cli_http import SECOND, chunked, classic, ddump, packet, records_of, serve
from test_tls_cases import CERTS, SERVER, Pki, san

ONE = [(SECOND, packet(1))]
MANY = [f"127.5.{i // 200}.{i % 200 + 1}" for i in range(700)]
NAMES = {
    "few.svc": ["127.5.0.3", "127.5.0.1", "127.5.0.2", "127.5.0.1"],
    "many.svc.cluster": MANY[::-1],
    "other.svc": ["127.5.0.2", "127.5.0.4"],
    "both.svc": ["127.5.0.1", "::1"],
    "none.svc": [],
    "silent.svc": None,
}


class World:
    """A namespace with a name server and workers on 127/8; files of /etc are its own."""

    def __init__(self, lab, *certificate, names=None, conf="search svc.cluster\n", hosts=""):
        self.lab, self.space = lab, lab.namespace("n")
        self.space.sysctl("net.ipv6.conf.lo.disable_ipv6=0")
        self.space.ip("addr", "replace", "::1/128", "dev", "lo")
        for name, text in (("resolv.conf", "nameserver 127.0.0.1\n" + conf), ("hosts", hosts)):
            with open(f"{lab.tmp}/{name}", "w") as f:
                f.write(text)
        self.server = lab.start(self.space, ["/usr/bin/python3", "-B", HERE + "/dns_server.py",
                                             json.dumps(names or NAMES), *certificate], stdin=subprocess.PIPE)
        wait_for(lambda: "up" in self.server.log(), "the servers listen")
        wait_for(lambda: self.space.run("ss", "-ltn").stdout.count(b"\n") >= 3, "they do")

    def with_files(self, *command):
        script = "".join(f"mount --bind {self.lab.tmp}/{f} /etc/{f} && " for f in ("resolv.conf", "hosts"))
        return ["unshare", "-m", "sh", "-c", script + "exec \"$@\"", "sh", *command]

    def command(self, *args):
        return self.with_files(DDUMP, "--retry", "0", "--hold-back", "1h", *args)

    def run(self, *args):
        done = self.space.run(*self.command(*args), check=False)
        log = done.stderr.decode()
        print("ddump", *args, "->", done.returncode, log, sep="\n")
        got = [data.decode() for _, data in records_of(done.stdout)] if done.stdout else []
        return done.returncode, log, sorted(got)  # one that is done before others begin is first


@pytest.fixture
def new_world(lab):
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0:
        pytest.skip("needs a mount namespace")
    return lambda *certificate, **kw: World(lab, *certificate, **kw)


@pytest.fixture
def world(new_world):
    return new_world()


def test_all_addresses_of_a_name(world):
    """Each once; asked for by the name, called by the address."""
    code, log, got = world.run("dns+http://few.svc", "127.5.0.9")
    assert code == 0
    assert got == [f"127.5.0.{i} Host: few.svc:8475" for i in (1, 2, 3)] + ["127.5.0.9 Host: 127.5.0.9:8475"]
    assert "capturing on 4 of 4 targets" in log and told(log)["127.5.0.3"].startswith("received 1,")


def test_more_addresses_than_a_datagram_holds(world):
    """700 of them, in a search domain; a first answer over UDP is cut. TCP has all."""
    code, log, got = world.run("-v", "dns+http://many")
    assert code == 0 and "tcp" in world.server.log()
    assert got == sorted(f"{a} Host: many:8475" for a in MANY)
    assert "many: 700 addresses" in log and "capturing on 700 of 700 targets" in log


def test_names_without_addresses(world):
    code, log, got = world.run("--connect-timeout", "1s", "dns+http://few.svc", "dns+http://nowhere.svc",
                               "dns+http://none.svc", "dns+http://silent.svc")
    assert code == 3 and len(got) == 3
    assert "ddump: nowhere.svc: no such host; check the target's name" in log
    assert "ddump: none.svc: the name has no such address; check the target's name" in log
    assert "ddump: silent.svc: name look-up: no answer in time" in log
    assert world.run("dns+http://nowhere.svc")[0] == 1
    assert world.run("--require-all", "dns+http://few.svc", "dns+http://nowhere.svc")[0] == 1


def test_certificates_are_for_the_name(new_world, tmp_path):
    """Each address is asked for by the name, in TLS too; one that has a certificate for its
    address is not meant by it."""
    pki = Pki(str(tmp_path))
    CERTS["few"] = ("p256", "/CN=w", "ca", SERVER + san("DNS:few.svc"))
    world = new_world(pki.cert("few"), pki.key_of("few"))
    ca = ("-ca", pki.cert("ca"))
    code, log, got = world.run(*ca, "dns+https://few.svc:8443")
    assert code == 0 and got == [f"127.5.0.{i} Host: few.svc:8443 SNI: few.svc" for i in (1, 2, 3)]
    code, log, got = world.run(*ca, "dns+https://other.svc:8443", "https://127.5.0.1:8443")
    assert code == 1 and re.search(r"targets \(.*127.5.0.2.*\): TLS: certificate is for few.svc, not for other.svc; ", log)
    assert "127.5.0.1: TLS: certificate is for few.svc, not for 127.5.0.1" in log


def test_both_families_of_a_name_are_targets(world):
    code, log, got = world.run("dns+http://both.svc")
    assert code == 0 and got == ["127.5.0.1 Host: both.svc:8475", "::1 Host: both.svc:8475"]
    assert told(log)["::1"].startswith("received 1,")
    assert world.run("-4", "dns+http://both.svc")[2] == ["127.5.0.1 Host: both.svc:8475"]
    assert world.run("-6", "dns+http://both.svc")[2] == ["::1 Host: both.svc:8475"]
    assert world.run("-6", "both.svc")[2] == ["::1 Host: both.svc:8475"]


def test_addresses_that_are_named_already(world):
    """No mistake of the user's: said, and captured once. With a query of its own it is
    another target."""
    code, log, got = world.run("127.5.0.1", "dns+http://few.svc", "dns+http://other.svc", "127.5.0.3?filter=udp")
    assert code == 0 and [g.split()[0] for g in got] == [f"127.5.0.{i}" for i in (1, 2, 3, 3, 4)]
    assert "127.5.0.1:8475: an address of dns+http://few.svc, and given already: captured once" in log
    assert "127.5.0.2:8475: an address of dns+http://other.svc" in log
    assert told(log)["127.5.0.3:8475#2"].startswith("received 1,") and log.count("captured once") == 2


def test_interrupted_while_it_looks_up(world):
    """SIGINT ends the wait; what comes out is a whole file."""
    out = world.lab.tmp + "/out.pcap"
    run = world.lab.start(world.space, world.command("-w", out, "dns+http://silent.svc"))
    wait_for(lambda: os.path.exists(out), "it has begun")
    time.sleep(0.3)
    begin = time.monotonic()
    assert run.stop(signal.SIGINT) == 0 and time.monotonic() - begin < 3
    with open(out, "rb") as f:
        assert records_of(f.read()) == []


@pytest.mark.parametrize("args, words", [
    (["http://u:secret@db1", "DB1:8475"], "db1:8475: given twice, as http://db1 and DB1:8475; leave one out"),
    (["[::1]", "db1", "[0::1]:8475"], "[::1]:8475: given twice, as [::1] and [0::1]:8475; leave one out"),
    (["dns+http://a", "dns+http://A/capture"], "a:8475: given twice, as dns+http://a and dns+http://A/capture; leave one out"),
    (["/x.pcap", "y.pcap", "/x.pcap"], "x.pcap: given twice, as /x.pcap and /x.pcap; leave one out"),
    (["unix:/x", "unix:///x"], "unix:/x: given twice, as unix:/x and unix:///x; leave one out"),
    (["a=http://u:secret@db1", "b=db1"], "a: given twice, as a=http://db1 and b=db1; leave one out"),
    (["a=db1", "a=db2"], "a: the label is the name of another target, too"),
    (["db1", "db1=db2"], "db1: the label is the name of another target, too"),
    (["a+b=http://u:secret@db2", "db1"], "a label has up to 63 letters"),
])
def test_a_target_given_twice_is_refused(ddump, args, words):
    result = ddump(*args)
    assert result.code == 2 and words in result.log and result.log.count("\n") == 1 and "secret" not in result.log
    first, *rest = args
    assert ddump("--targets", "-", *rest, input=first.encode()).code == 2


def test_a_label_names_the_target_everywhere(serve, ddump, tmp_path):
    """In messages, in the summary as text and JSON, and in pcapng; also from a file."""
    server = serve(chunked(classic(ONE)))
    out, stats, targets = tmp_path / "out.pcapng", tmp_path / "stats", tmp_path / "targets"
    (tmp_path / "x.pcap").write_bytes(classic(ONE))
    targets.write_text("# comment\n old=./x.pcap \nnone=127.0.0.1:1\n")
    result = ddump("--targets", targets, "-w", out, "--stats-json", stats, f"web=http://{server.target}", cwd=tmp_path)
    assert result.code == 3
    assert all(told(result.log)[name].startswith("received 1,") for name in ("web", "old"))
    assert "ddump: none: connect: Connection refused; " in result.log
    assert [t["name"] for t in json.loads(stats.read_text())["targets"]] == ["web", "old", "none"]
    fields = ["-e", "frame.interface_name", "-e", "frame.interface_description"]
    shown = subprocess.run(["tshark", "-r", out, "-T", "fields", *fields], capture_output=True, timeout=PATIENCE)
    names = sorted(line.split("\t") for line in shown.stdout.decode().splitlines())
    assert names == [["old", "old: ./x.pcap"], ["web", f"web: http://{server.target}"]], names


def test_each_step_of_a_connection_has_its_deadline(lab, tmp_path):
    """Each step has its own: a host that is not there, a port that says nothing in TLS,
    nothing to a request, no end of a head. The next step begins with a new one."""
    near, far = lab.namespace("a"), lab.namespace("b")
    lab.link(near, "v0", "10.1.0.1", far, "v1", "10.1.0.2")
    near.ip("neigh", "add", "10.1.0.9", "lladdr", "02:00:00:00:00:99", "dev", "v0", "nud", "permanent")
    code = ("import socket, time\n"
            "for port in (1, 2, 3): globals()['s%d' % port] = socket.create_server(('10.1.0.2', port))\n"
            "c, _ = s3.accept(); c.sendall(b'HTTP/1.1 200 OK'); time.sleep(60)\n")
    lab.start(far, ["/usr/bin/python3", "-c", code])
    wait_for(lambda: far.run("ss", "-ltn").stdout.count(b"10.1.0.2:") == 3, "it listens")
    begin = time.monotonic()
    done = near.run(DDUMP, "--connect-timeout", "1s", "10.1.0.9", "https://10.1.0.2:1", "10.1.0.2:2", "10.1.0.2:3", check=False)
    log = done.stderr.decode()
    assert done.returncode == 1 and 1 <= time.monotonic() - begin < 6, log
    for words in ("10.1.0.9: connect: no answer in time", "10.1.0.2:1: TLS: no answer to the handshake in time",
                  "10.1.0.2:2: no answer to the request in time", "10.1.0.2:3: no answer to the request in time"):
        name, reason = words.split(": ", 1)
        assert re.search(rf"ddump: (\d targets \()?.*{name}.*: {reason}; ", log), log


def test_more_targets_than_files(serve):
    """Those that get no descriptor say so, and the others capture."""
    server = serve(chunked(classic(ONE)))
    command = ["sh", "-c", 'ulimit -n 30; exec "$@"', "sh", DDUMP, "--hold-back", "1h", "--retry", "0"]
    done = subprocess.run(command + [f"{server.target}/{i}" for i in range(40)], capture_output=True, timeout=PATIENCE)
    log = done.stderr.decode()
    assert done.returncode == 3 and 5 < len(records_of(done.stdout)) < 40, log
    assert "; raise the limit of open files (ulimit -n)" in log


def test_link_local_addresses(lab):
    """With their zone, in both spellings; without, the message says what is missing."""
    near, far = lab.namespace("a"), lab.namespace("b")
    for space in (near, far):
        for setting in ("all.disable_ipv6=0", "default.disable_ipv6=0", "default.accept_dad=0", "default.addr_gen_mode=1"):
            space.sysctl("net.ipv6.conf." + setting)
    lab.link(near, "v0", "10.1.0.1", far, "v1", "10.1.0.2")
    near.ip("addr", "add", "fe80::1/64", "dev", "v0", "nodad")
    far.ip("addr", "add", "fe80::2/64", "dev", "v1", "nodad")
    lab.worker(far, listen="[::]:8475")
    for target in ("[fe80::2%v0]", "http://[fe80::2%25v0]:8475/capture"):
        done = near.run(DDUMP, "-d", "100ms", "-w", lab.tmp + "/x.pcap", target)
        assert b"capturing on 1 of 1" in done.stderr
    done = near.run(DDUMP, "[fe80::2]", check=False)
    assert done.returncode == 1 and b"say which link the address is on: [fe80::1%eth0]" in done.stderr


def test_a_netrc_file_logs_in_where_the_url_does_not(tmp_path, serve, ddump):
    """As curl reads it; the URL's own user and password win."""
    servers = [serve(chunked(classic(ONE))) for _ in range(3)]
    path = tmp_path / "netrc"
    path.write_text("machine db9 login no password no\n# machine 127.0.0.1 login no\n"
                    'machine 127.0.0.1\n  login "a:n\\"n" password s3cr%t\n'
                    "machine 127.0.0.1 login bob password hidden\n")
    path.chmod(0o600)
    targets = [servers[0].target, f"bob@{servers[1].target}", f"joe:own@{servers[2].target}"]
    result = ddump(f"--netrc={path}", *targets)
    assert result.code == 0 and "chmod" not in result.log
    assert "s3cr" not in result.log and "hidden" not in result.log
    for server, login in zip(servers, ("a:n\"n:s3cr%t", "bob:hidden", "joe:own")):
        import base64
        wanted = "Authorization: Basic " + base64.b64encode(login.encode()).decode()
        assert wanted in server.requests[0].split("\r\n")


def test_netrc_at_home(tmp_path, serve, ddump):
    server = serve(chunked(classic(ONE)))
    env = dict(os.environ, HOME=str(tmp_path))
    assert ddump("--netrc", server.target, env=env).code == 2
    (tmp_path / ".netrc").write_text("default login d password d")
    (tmp_path / ".netrc").chmod(0o644)
    result = ddump("--netrc", server.target, env=env)
    assert result.code == 0 and "Authorization: Basic ZDpk" in server.requests[0]
    assert "others can read the file; chmod 600 it" in result.log
    env.pop("HOME")
    result = ddump("--netrc", server.target, env=env)
    assert result.code == 2 and "HOME is not set" in result.log
    (tmp_path / ".netrc").write_text('machine x login y\npassword "z')
    result = ddump(f"--netrc={tmp_path}/.netrc", server.target)
    assert result.code == 2 and "--netrc: line 2: a quote is not closed" in result.log
    assert len(server.requests) == 1
