"""Every command of README and of the man page's examples does what it says: it is run as it stands."""

import gzip
import os
import re
import shutil
import signal
import subprocess
import time

import pytest

from lab import DDUMP, PATIENCE, WORKER, packets_of, run, wait_for

ROOT = os.path.join(os.path.dirname(__file__), "..", "..")
HOSTS = {"web1": "127.0.0.2", "db1": "127.0.0.3", "db2": "127.0.0.4"}
MAKE = {"make demo", "make check"}  # the first has a test here, the second runs them all

NGINX = """
daemon off; worker_processes 1; pid nginx.pid; error_log stderr; user root; events {{ worker_connections 64; }}
http {{ access_log off; client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
  map $ssl_client_verify $realm {{ SUCCESS off; default db1; }}
  server {{ listen 127.0.0.3:443 ssl; ssl_certificate {tmp}/db1.pem; ssl_certificate_key {tmp}/db1.key;
    ssl_client_certificate {tmp}/ca.pem; ssl_verify_client optional;
    location / {{ auth_basic $realm; auth_basic_user_file {tmp}/users; proxy_pass http://127.0.0.3:8475; proxy_buffering off;
      proxy_set_header Host $http_host; proxy_set_header Forwarded 'for="$remote_addr:$remote_port"'; }} }} }}
"""


def readme_commands():
    with open(os.path.join(ROOT, "README.md")) as f:
        lines = [line[4:] for line in f if re.match(r"    (ddump|curl|make)\b", line)]
    return [re.sub(r"\s{2,}#.*", "", line).strip() for line in lines]


def man_commands(page):
    with open(os.path.join(ROOT, "man", page)) as f:
        text = f.read()
    examples = re.search(r"\.SH EXAMPLES\n\.nf\n(.*?)\.fi", text, re.S)
    return examples.group(1).replace("\\-", "-").splitlines() if examples else []


def commands():
    every = [*readme_commands(), *man_commands("ddump.1"), *man_commands("ddump-worker.8")]
    assert len(every) > 12, "the documents are read"
    # what needs a router or sshd is run by test_path.py and test_cli_ssh.py
    return sorted(c for c in set(every) - MAKE - {"ddump-worker"} if "--path" not in c and "ssh://" not in c)


def openssl(tmp, *args):
    run("openssl", *args, cwd=tmp)


def make_certificates(tmp):
    ec = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(tmp, "req", "-x509", *ec, "-subj", "/CN=ca", "-keyout", "ca.key", "-out", "ca.pem", "-days", "3")
    for name, san in (("db1", "DNS:db1"), ("me", "DNS:me")):
        openssl(tmp, "req", *ec, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        with open(f"{tmp}/{name}.ext", "w") as f:
            f.write(f"subjectAltName={san}\n")
        openssl(tmp, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-out", f"{name}.pem", "-days", "2", "-extfile", f"{name}.ext")
    with open(f"{tmp}/users", "w") as f:
        f.write("ann:" + run("openssl", "passwd", "-apr1", "secret").stdout.decode())


@pytest.fixture
def place(lab, tmp_path):
    """Three hosts by name, a worker on each, a proxy with TLS before one; all on loopback."""
    space, tmp = lab.namespace("d"), str(tmp_path)
    etc = f"/etc/netns/{space.name}"
    os.makedirs(etc)
    try:
        with open(f"{etc}/hosts", "w") as f:
            for name, address in [*HOSTS.items(), ("workers.example", "127.0.0.2"), ("workers.example", "127.0.0.3")]:
                f.write(f"{address} {name}\n")
        for address in HOSTS.values():
            lab.worker(space, listen=f"{address}:8475")
        os.makedirs(f"{tmp}/bin")
        os.symlink(DDUMP, f"{tmp}/bin/ddump")
        os.symlink(WORKER, f"{tmp}/bin/ddump-worker")
        with open(f"{tmp}/bin/wireshark", "w") as f:  # the same dissection, without a window
            f.write("#!/bin/sh\n[ \"$*\" = '-k -i -' ] && exec tshark -l -n -i -\nexit 2\n")
        os.chmod(f"{tmp}/bin/wireshark", 0o755)
        make_certificates(tmp)
        yield lab, space, tmp
    finally:
        shutil.rmtree(etc)


def make_traffic(space):
    """One packet at least for each filter that a document uses."""
    space.run("ping", "-c", "2", "-i", "0.1", "127.0.0.9")
    for port, kind in ((5432, "SOCK_STREAM"), (53, "SOCK_DGRAM")):
        code = (f"import socket; s=socket.socket(socket.AF_INET, socket.{kind}); s.connect_ex(('127.0.0.9', {port}));"
                f"s.send(b'x'*20) if {port == 53} else 0")
        space.run("/usr/bin/python3", "-c", code)


def descendants(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        children = [int(p) for p in f.read().split()]
    return children + [d for c in children for d in descendants(c)]


def source_of_packets(process):
    """The ddump or curl of a running pipeline; None: not yet."""
    for pid in [process.popen.pid, *descendants(process.popen.pid)]:
        with open(f"/proc/{pid}/comm") as f:
            if f.read().strip() in ("ddump", "curl"):
                return pid
    return None


def has_packets(path):
    if path.endswith(".gz"):
        with gzip.open(path) as packed, open(path[:-3], "wb") as plain:
            plain.write(packed.read())
        path = path[:-3]
    return len(packets_of(path)) > 0


@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_documents_works(place, command):
    lab, space, tmp = place
    if "https:" in command:
        with open(f"{tmp}/nginx.conf", "w") as f:
            f.write(NGINX.format(tmp=tmp))
        lab.start(space, ["nginx", "-c", f"{tmp}/nginx.conf", "-p", tmp])
        wait_for(lambda: b":443" in space.run("ss", "-ltn").stdout, "nginx listens")
    env = dict(os.environ, PATH=f"{tmp}/bin:" + os.environ["PATH"], SSL_CERT_FILE=f"{tmp}/ca.pem")
    for name in re.findall(r"\b(?:mon|tues)day\.\w+", command):
        kind = "pcapng" if name.endswith("ng") else "pcap"
        process = lab.start(space, [DDUMP, "--format", kind, "-w", f"{tmp}/{name}", "web1"])
        wait_for(lambda: "capturing on 1" in process.log(), "it captures: " + process.log())
        make_traffic(space)
        assert process.stop(signal.SIGINT) == 0
    is_live = "day.pcap" not in command
    with open(f"{tmp}/shown", "wb") as shown:
        # curl obeys a SIGINT that its parent ignores, as background jobs of a shell do
        process = lab.start(space, ["env", "--default-signal=INT", "bash", "-c", command], env=env, cwd=tmp, stdout=shown)
    if is_live:
        wait_for(lambda: process.popen.poll() is not None or source_of_packets(process), "it runs: " + process.log())
        begun = "capturing on" if "ddump" in command.split()[0] else "reading from"
        wait_for(lambda: process.popen.poll() is not None or begun in process.log(), "it captures: " + process.log())
        assert process.popen.poll() is None, process.log()
        make_traffic(space)
        time.sleep(0.5)  # what a person waits: the hold-back at most
        os.kill(source_of_packets(process), signal.SIGINT)
    process.popen.wait(PATIENCE)
    log = process.log()
    assert " failed" not in log and "ddump: error" not in log, log
    into = re.search(r"(?:-w |>)(\S+)", command)
    if into:
        assert has_packets(f"{tmp}/{into.group(1)}"), log
    else:
        with open(f"{tmp}/shown") as f:
            assert re.search(r"127\.0\.0\.\d+.*127\.0\.0\.9", f.read()), log


def test_a_worker_as_the_readme_starts_it_listens_on_its_port(place):
    lab, _, tmp = place
    other = lab.namespace("e")
    env = dict(os.environ, PATH=f"{tmp}/bin:" + os.environ["PATH"])
    worker = lab.start(other, ["ddump-worker"], env=env)
    wait_for(lambda: "listening on" in worker.log(), "it listens: " + worker.log())
    assert b"8475" in other.run("curl", "-s", "http://127.0.0.1:8475/").stdout


def test_the_demo_shows_a_handshake_on_both_hosts_in_order(tmp_path):
    env = dict(os.environ, DDUMP_BUILD=os.path.dirname(DDUMP), TMPDIR=str(tmp_path))
    done = subprocess.run(["bash", os.path.join(ROOT, "tools/demo.sh")], env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [re.match(r"(\S+) (web1|db1)/(?:eth0|lo) +(In|Out) +IP .* Flags \[([^]]+)\]", line)
             for line in done.stdout.splitlines()]
    seen = [m.groups() for m in lines if m]
    assert [host + " " + way for _, host, way, flags in seen if flags == "S"][:2] == ["web1 Out", "db1 In"], done.stdout
    assert [host + " " + way for _, host, way, flags in seen if flags == "S."][:2] == ["db1 Out", "web1 In"], done.stdout
    assert [time for time, *_ in seen] == sorted(time for time, *_ in seen)
    assert os.listdir(tmp_path) == []
