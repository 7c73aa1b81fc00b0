"""docs/how-to.md: each of its commands does what it says, as it stands."""

import glob
import os
import re
import signal

import pytest

import test_documents
from lab import DDUMP, PATIENCE, ROOT, wait_for
from test_documents import NGINX, make_traffic, place  # place: a fixture

EXCEPT = "# not run here"
UNABLE = r"ssh |docker |kubectl |systemctl |ddump .*(dns\+http://ddump-worker|127\.0\.0\.1:848|--proxy)"


def page():
    with open(f"{ROOT}/docs/how-to.md") as f:
        return f.read()


def commands():
    return re.findall(r"^    (\S.*)", page(), re.M)


def live_commands():
    return sorted({c for c in commands() if c.startswith("ddump ") and EXCEPT not in c and "keys" not in c and "tls.pcapng" not in c})


def test_what_the_page_does_not_run_needs_what_is_not_here():
    assert len(live_commands()) > 10
    assert [c for c in commands() if EXCEPT in c and not re.match(UNABLE, c)] == []
    assert [c for c in commands() if EXCEPT not in c and not re.match(r"ddump |tshark |editcap |SSLKEYLOGFILE=", c)] == []
    for picture in re.findall(r"\]\((pictures/\S+)\)", page()):
        assert os.path.getsize(f"{ROOT}/docs/{picture}") > 4000


@pytest.fixture
def prepared(place, monkeypatch):
    """The place of the other documents, with a file of targets, bob, and his path of the proxy."""
    lab, space, tmp = place
    with open(f"{tmp}/hosts.txt", "w") as f:
        f.write("# two of fifty\nweb1\ndb1\n")
    with open(f"{tmp}/users") as f:
        people = f.read()
    with open(f"{tmp}/users", "a") as f:
        f.write(people.replace("ann:", "bob:"))
    monkeypatch.setattr(test_documents, "NGINX", NGINX.replace("location / {{", "rewrite ^/postgres(/.*) $1; location / {{"))
    monkeypatch.setattr(test_documents, "has_packets", lambda path: any(
        packets_in(p) for p in glob.glob(path.replace(".pcap", "*.pcap"))))
    return lab, space, tmp


packets_in = test_documents.has_packets


@pytest.mark.long
@pytest.mark.parametrize("command", live_commands())
def test_a_command_of_the_page_works(prepared, command):
    test_documents.test_a_command_of_the_documents_works(prepared, command)


def start(lab, space, command, **kw):
    process = lab.start(space, ["bash", "-c", "exec " + command], **kw)
    wait_for(lambda: process.popen.poll() is not None or re.search("capturing on|Capture started", process.log()),
             "it captures: " + process.log())
    assert process.popen.poll() is None, process.log()
    return process


@pytest.mark.long
def test_tls_is_decrypted_as_the_page_says(prepared):
    lab, space, tmp = prepared
    with open(f"{tmp}/nginx.conf", "w") as f:
        f.write(test_documents.NGINX.format(tmp=tmp))
    lab.start(space, ["nginx", "-c", f"{tmp}/nginx.conf", "-p", tmp])
    wait_for(lambda: b":443" in space.run("ss", "-ltn").stdout, "nginx listens")
    env = dict(os.environ, PATH=f"{tmp}/bin:" + os.environ["PATH"])
    capture, ask, *rest = re.search(r"## Decrypt TLS\n(.*?)\n## ", page(), re.S).group(1).split("\n    ")[1:]
    process = start(lab, space, capture, env=env, cwd=tmp)
    space.run("bash", "-c", ask.split("\n")[0], env=env, cwd=tmp)
    wait_for(lambda: os.path.getsize(f"{tmp}/tls.pcapng") > 3000, "the connection is captured")
    assert process.stop(signal.SIGINT) == 0, process.log()
    for command in rest:
        done = space.run("bash", "-c", command.split("\n")[0], env=env, cwd=tmp, timeout=4 * PATIENCE)
    assert b"GET /clock" in done.stdout, done.stdout


@pytest.mark.long
def test_tshark_captures_as_the_page_says(prepared):
    lab, space, tmp = prepared
    os.makedirs(f"{tmp}/.config/wireshark/extcap")
    os.symlink(DDUMP, f"{tmp}/.config/wireshark/extcap/ddump")
    command = [c for c in commands() if c.startswith("tshark -i ddump")][0]
    with open(f"{tmp}/shown", "w+b") as shown:
        process = start(lab, space, command, env=dict(os.environ, HOME=tmp), stdout=shown)
        wait_for(lambda: make_traffic(space) or os.path.getsize(shown.name) > 0, "packets are shown: " + process.log())
    process.stop(signal.SIGINT)
