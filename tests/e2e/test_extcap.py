"""ddump as a capture program of Wireshark: what tshark asks it, shows of it, and leaves of it."""

import os
import shutil

import pytest

from lab import DDUMP, PATIENCE, wait_for

pytestmark = pytest.mark.skipif(not shutil.which("tshark"), reason="needs tshark")


@pytest.fixture
def tshark(lab, tmp_path):
    """Starts tshark with ddump among the user's own capture programs, where echoes never end."""
    host = lab.namespace("x")
    lab.worker(host, listen="127.0.0.1:8475")
    lab.start(host, ["ping", "-i", "0.1", "127.0.0.1"])
    for folder in (".config/wireshark/extcap", ".local/lib/wireshark/extcap"):  # before and since 4.2
        os.makedirs(tmp_path / folder)
        os.symlink(DDUMP, tmp_path / folder / "ddump")

    def start(*args, targets=None):
        preference = ["-o", "extcap.ddump.targets:" + targets] if targets else []
        out = open(tmp_path / f"out{len(lab.processes)}", "w+b")
        process = lab.start(host, ["tshark", "-n", *preference, *args], env=dict(os.environ, HOME=str(tmp_path)), stdout=out)
        process.out = out.name
        return process

    return start


def ended(process):
    process.popen.wait(4 * PATIENCE)
    with open(process.out) as f:
        return f.read().splitlines()


def ddumps():
    """Command lines of ddumps that tshark has started for a capture."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline") as f:
                words = f.read().split("\0")
        except OSError:
            continue
        if "--capture" in words and "extcap/ddump" in words[0]:
            found.append(words)
    return found


@pytest.mark.long
def test_tshark_captures_on_many_hosts(tshark, tmp_path):
    listed = tshark("-D")
    capture = tshark("-i", "ddump", "-f", "icmp[0] = 8", "-c", "6", "-T", "fields", "-e", "frame.interface_name", "-e", "icmp.type",
                     targets="a=127.0.0.1  b=127.0.0.1?snaplen=100")
    refused = {
        "no target given": tshark("-i", "ddump", "-c", "1"),
        "a: 400 Bad Request: can't parse filter expression": tshark("-i", "ddump", "-f", "no such", "-c", "1", targets="a=127.0.0.1"),
        "127.0.0.1: connect: Connection refused; ": tshark("-i", "ddump", "-c", "1", targets="127.0.0.1:9"),
    }
    assert any("ddump: packets of many hosts" in line for line in ended(listed))
    lines = ended(capture)
    assert sorted(set(lines)) == ["a/lo\t8", "b/lo\t8"] and len(lines) == 6, capture.log()
    assert "Error" not in capture.log(), "an end that was asked for says nothing"
    for words, process in refused.items():
        assert ended(process) == [] and "Error by extcap pipe: ddump: " in process.log() and words in process.log(), words
    mine = lambda: [words for words in ddumps() if str(tmp_path) in words[0]]
    wait_for(lambda: mine() == [], f"no ddump is left: {mine()}")
