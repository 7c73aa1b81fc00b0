"""--print: the same lines as tcpdump's, on terminals of every speed, and every packet in a count."""

import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import time

import pytest

from captures import SECOND, classic, run_ddump
from lab import DDUMP, PATIENCE, ROOT, told

COMPARE = os.path.join(ROOT, "tests/print/compare.py")
PACKETS = os.path.join(ROOT, "tests/print/packets.py")
UDP = bytes.fromhex("4500001c0001000040110000" "0a000001" "0a000002" "00030004" "00080000")
RAW, SLL = 101, 113


def sll(kind):
    return struct.pack("!HHH8sH", kind, 1, 6, b"\2\0\0\0\0\1\0\0", 0x800) + UDP


def printed(*args, **kw):
    env = {**os.environ, "TZ": "UTC", **kw}
    done = subprocess.run([DDUMP, "-q", *map(str, args)], env=env, stdout=subprocess.PIPE, timeout=PATIENCE)
    assert done.returncode == 0
    return done.stdout.decode("ascii")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    pytest.importorskip("scapy.all")
    path = tmp_path_factory.mktemp("print") / "made.pcap"
    subprocess.run([sys.executable, PACKETS, path], check=True, stderr=subprocess.DEVNULL, timeout=PATIENCE)
    return path


@pytest.mark.parametrize("flags", ["-t", "-tt", "-ttt", "-tttt", "-ttttt", "-t -S"])
def test_lines_equal_those_of_tcpdump(made, flags):
    """Of packets that are mostly wrong: each difference is in a table."""
    done = subprocess.run([sys.executable, COMPARE, "--ddump", DDUMP, "--most", "1", f"--flags={flags}", str(made)],
                          stdout=subprocess.PIPE, timeout=4 * PATIENCE)
    print(done.stdout.decode())
    assert done.returncode == 0


@pytest.mark.long
def test_lines_equal_those_of_tcpdump_on_captures_of_distributions():
    """PRINT_CORPUS: folders of captures, such as those of the sources of tcpdump, wireshark and ndpi."""
    corpus = os.environ.get("PRINT_CORPUS")
    if not corpus:
        pytest.skip("PRINT_CORPUS names no captures: apt-get source tcpdump wireshark ndpi, unpack, name the folders")
    done = subprocess.run([sys.executable, COMPARE, "--ddump", DDUMP, *corpus.split(":")], stdout=subprocess.PIPE)
    print(done.stdout.decode())
    assert done.returncode == 0


def test_hosts_and_directions_are_columns_in_the_order_of_time(tmp_path):
    one, two = tmp_path / "one.pcap", tmp_path / "two.pcap"
    one.write_bytes(classic(SLL, [(SECOND, sll(0)), (3 * SECOND, sll(4))]))
    two.write_bytes(classic(RAW, [(2 * SECOND, UDP)]))
    line = "IP 10.0.0.1.3 > 10.0.0.2.4: UDP, length 0\n"
    assert printed("-P", f"db1={one}", f"web01={two}") == (
        f"00:00:01.000000 db1    In  {line}00:00:02.000000 web01  {line}00:00:03.000000 db1    Out {line}")
    assert printed("-P", f"db1={one}", TZ="Europe/Berlin").startswith("01:00:01.000000 db1")
    colored = printed("-P", "--color", "always", f"db1={one}", f"web01={two}")
    assert len(set(re.findall(r"\033\[\d+m(?:db1|web01)\033\[m", colored))) == 2
    assert re.sub(r"\033\[\d*m", "", colored) == printed("-P", f"db1={one}", f"web01={two}")


def test_printing_warns_of_no_time_that_it_can_print(tmp_path):
    (tmp_path / "a.pcap").write_bytes(classic(RAW, [(SECOND, UDP), (4294967295 * SECOND, UDP)]))
    assert "times after" not in run_ddump("-P", "a.pcap", cwd=tmp_path)


def test_text_and_a_format_of_captures_do_not_go_together(tmp_path):
    assert "leave out --format" in run_ddump("-P", "--format", "pcapng", "127.0.0.1:1", code=2, cwd=tmp_path)


@pytest.mark.parametrize("name, flags", [("out.pcap", []), ("out.pcapng", []), ("out.pcap", ["--rotate-size", "4K"])])
def test_beside_a_file_the_same_lines_are_printed(made, tmp_path, name, flags):
    """The file is what it is without --print, and the lines are what they are without -w."""
    for i, extra in enumerate(([], ["--print"])):
        (tmp_path / str(i)).mkdir()
        done = subprocess.run([DDUMP, "-q", *extra, "-w", tmp_path / str(i) / name, *flags, f"x={made}"], check=True,
                              stdout=subprocess.PIPE, timeout=PATIENCE)
    files = [[f.read_bytes() for f in sorted((tmp_path / str(i)).iterdir())] for i in (0, 1)]
    assert files[0] == files[1]
    alone = subprocess.run([DDUMP, "-q", "--print", f"x={made}"], check=True, stdout=subprocess.PIPE, timeout=PATIENCE)
    assert done.stdout == alone.stdout and done.stdout


def test_a_reader_that_stops_costs_lines_and_no_packets(tmp_path):
    """What was not printed beside a file is counted; the file has all."""
    total = 30000
    path, out = tmp_path / "many.pcap", tmp_path / "out.pcap"
    path.write_bytes(classic(RAW, [(n * SECOND, UDP) for n in range(total)]))
    r, w = os.pipe()
    program = subprocess.Popen([DDUMP, "--print", "-w", out, f"db1={path}"], stdout=w, stderr=subprocess.PIPE)
    os.close(w)
    os.set_blocking(r, False)
    log = program.communicate(timeout=PATIENCE)[1].decode()
    lines = b""
    while data := os.read(r, 1 << 20):
        lines += data
    os.close(r)
    left = int(re.search(r"warning: (\d+) packets are not printed", log)[1])
    assert program.returncode == 0 and told(log)["total"].startswith(f"received {total}, written {total},")
    assert lines.count(b"UDP, length 0\n") + left == total > left > 0


def on_terminal(*args, **kw):
    """Everything that comes out of a terminal that takes all at once."""
    master, slave = pty.openpty()
    program = subprocess.Popen([DDUMP, *map(str, args)], stdout=slave, stderr=slave, env={**os.environ, "TZ": "UTC", **kw})
    os.close(slave)
    out = b""
    while select.select([master], [], [], PATIENCE)[0]:
        try:
            data = os.read(master, 65536)
        except OSError:
            break
        if not data:
            break
        out += data
    os.close(master)
    assert program.wait(PATIENCE) == 0
    return out.decode().replace("\r\n", "\n")


def test_a_terminal_is_printed_to_in_color_and_shows_nothing_else(tmp_path):
    path = tmp_path / "one.pcap"
    path.write_bytes(classic(RAW, [(n * SECOND, UDP) for n in range(3)]))
    text = on_terminal("--progress", "always", f"db1={path}", TERM="xterm", NO_COLOR="")
    assert text.count("\033[36mdb1\033[m  IP 10.0.0.1.3") == 3
    assert "target state" not in text and told(text)["total"].startswith("received 3, written 3,")
    plain = on_terminal(f"db1={path}", TERM="xterm", NO_COLOR="1")
    assert "\033" not in plain and plain.count("db1  IP 10.0.0.1.3") == 3


def test_what_a_terminal_that_stands_still_did_not_print_is_counted(tmp_path):
    """A terminal that takes a little and stops: what came out is a beginning, the rest is not_written."""
    total = 20000
    path, stats = tmp_path / "many.pcap", tmp_path / "stats.json"
    path.write_bytes(classic(RAW, [(n * SECOND, UDP) for n in range(total)]))
    master, slave = pty.openpty()
    program = subprocess.Popen([DDUMP, "-tt", "--color", "never", "--stats-json", stats, f"db1={path}"], stdout=slave,
                               stderr=subprocess.PIPE)
    os.set_blocking(master, False)
    assert select.select([master], [], [], PATIENCE)[0]
    time.sleep(0.5)  # it fills the terminal; how far it gets does not matter
    out = b""
    end = time.monotonic() + PATIENCE
    while program.poll() is None and time.monotonic() < end:
        program.send_signal(signal.SIGINT)
        time.sleep(0.2)
    os.close(slave)
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:
            break
        if not data:
            break
        out += data
    os.close(master)
    counts = json.loads(stats.read_text())["total"]
    lines = out.decode().replace("\r\n", "\n").split("\n")[:-1]  # the last one may be torn
    whole = [line for line in lines if line.endswith("UDP, length 0")]
    assert program.returncode == 1 and counts["packets_received"] == counts["packets_written"] + counts["not_written"]
    assert counts["packets_written"] == len(whole) < total
    assert [int(line.split(".")[0]) for line in whole] == list(range(len(whole)))
