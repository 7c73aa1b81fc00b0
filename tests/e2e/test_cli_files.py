"""The files that ddump writes: rotation, a full disk, a limit on their size."""

import os
import re
import resource
import signal
import subprocess
import time

import pytest

from captures import Ng, blocks_of
from lab import DDUMP, PATIENCE, Process, told, wait_for
from test_cli_http import SECOND, chunked, classic, classic_head, classic_record, packet, records_of, SLL_HEAD, serve  # noqa: F401

NAME = re.compile(r"out_(\d{5})_\d{8}T\d{6}Z\.pcap$")


@pytest.fixture
def source(tmp_path):
    """A capture file, and what is in it."""
    records = [(1700000000 * SECOND + i * 1000_000, packet(i)) for i in range(2000)]
    path = tmp_path / "in.pcap"
    path.write_bytes(classic(records))
    return path, records


def rotated(where):
    """The files in the order of their names, each checked to be a whole capture."""
    paths = sorted(p for p in where.iterdir() if p.name.startswith("out_"))
    assert all(NAME.search(p.name) for p in paths)
    return paths, [records_of(p.read_bytes()) for p in paths]


def run(*args, code=0, **kw):
    done = subprocess.run([DDUMP, *map(str, args)], capture_output=True, timeout=PATIENCE, **kw)
    print("ddump", *args, "->", done.returncode, done.stderr.decode(), sep="\n")
    assert done.returncode == code
    return done.stderr.decode()


def test_a_new_file_when_one_is_full(source, tmp_path):
    path, records = source
    log = run(path, "-w", tmp_path / "out.pcap", "--rotate-size", "20K")
    assert told(log)["total"].startswith("received 2000, written 2000, dropped -, late 0, bytes"), "no worker counts: no word about that"
    paths, parts = rotated(tmp_path)
    assert [r for part in parts for r in part] == records
    assert len(paths) > 5
    assert [NAME.search(p.name)[1] for p in paths] == [f"{i + 1:05}" for i in range(len(paths))]
    for p in paths[:-1]:
        assert 20 * 1024 <= p.stat().st_size < 20 * 1024 + 300
    for p in (paths[0], paths[-1]):
        subprocess.run(["tcpdump", "-nr", str(p)], check=True, capture_output=True)
    assert not (tmp_path / "out.pcap").exists()


def tshark(path, *fields):
    args = [word for field in fields for word in ("-e", field)]
    out = subprocess.run(["tshark", "-r", str(path), "-T", "fields", *args], check=True, capture_output=True, text=True)
    return [line.split("\t") for line in out.stdout.splitlines()]


def test_each_pcapng_file_names_all_interfaces(source, tmp_path):
    """Also those whose packets are all in other files."""
    path, records = source
    other = tmp_path / "last.pcap"
    other.write_bytes(classic([(records[-1][0] + 1000, packet(7))]))
    run(path, other, "--format", "pcapng", "-w", tmp_path / "out.pcapng", "--rotate-size", "60K")
    paths = sorted(tmp_path.glob("out_*.pcapng"))
    rows = [tshark(p, "frame.interface_name", "frame.time_epoch") for p in paths]
    assert len(paths) > 2 and sum(map(len, rows)) == len(records) + 1
    assert rows[-1][-1][0] == "last.pcap" and rows[0][0] == ["in.pcap", f"{records[0][0] // SECOND}.000000000"]
    for p in paths:
        about = subprocess.run(["capinfos", "-I", str(p)], check=True, capture_output=True, text=True).stdout
        assert "Name = in.pcap\n" in about and "Number of stat entries = 1" in about


def test_only_the_newest_files_stay(source, tmp_path):
    path, records = source
    run(path, "-w", tmp_path / "out.pcap", "--rotate-size", "20K", "--rotate-keep", 3)
    paths, parts = rotated(tmp_path)
    kept = [r for part in parts for r in part]
    assert len(paths) == 3 and NAME.search(paths[0].name)[1] != "00001"
    assert kept == records[-len(kept):]


def test_a_file_is_complete_when_its_time_is_over(serve, tmp_path):
    """And the next one begins with the next packet: there are no empty files."""
    server = serve()
    first, second = (SECOND, packet(1)), (2 * SECOND, packet(2))

    def script(connection):
        body = classic_head() + classic_record(first[0], SLL_HEAD + first[1])
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body)
        server.released.wait(PATIENCE)
        connection.sendall(classic_record(second[0], SLL_HEAD + second[1]))
        time.sleep(3.5)

    server.script = script
    p = Process([DDUMP, "--retry", "0", server.target, "-w", str(tmp_path / "out.pcap"),
                 "--rotate-every", "1s"], str(tmp_path / "log"))
    wait_for(lambda: all(p.stat().st_size > 0 for p in tmp_path.glob("out_*"))
             and [r for part in rotated(tmp_path)[1] for r in part] == [first],
             "the first file, complete while nothing comes")
    time.sleep(1.5)
    assert len(rotated(tmp_path)[0]) <= 2  # the packet may have missed the first file
    before = len(rotated(tmp_path)[0])
    server.released.set()
    wait_for(lambda: len(rotated(tmp_path)[0]) == before + 1, "the next file")
    assert p.popen.wait(PATIENCE) == 0
    parts = rotated(tmp_path)[1]
    assert parts[-1] == [second] and [r for part in parts for r in part] == [first, second]


@pytest.mark.parametrize("args,words", [
    (("--rotate-size", "20K"), "need -w FILE"),
    (("--rotate-every", "1h", "-w", "-"), "need -w FILE"),
    (("--rotate-keep", "2", "-w", "x"), "needs --rotate-size"),
    (("--rotate-size", "1K", "-w", "x"), "at least 4K"),
    (("--rotate-every", "10ms", "-w", "x"), "at least 1s"),
    (("--rotate-keep", "0", "-w", "x"), "1 to 65535"),
])
def test_a_rotation_that_cannot_be_is_refused(args, words, tmp_path):
    assert words in run("a.pcap", *args, code=2, cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_takes_no_file(source, tmp_path):
    path, _ = source
    log = run(path, "-w", "/proc/out.pcap", "--rotate-size", "20K", code=1)
    assert re.search(r"ddump: /proc/out_00001_\w+\.pcap: ", log)


def readable(path, records):
    """Whole records only, as they should be, and as tcpdump reads them."""
    got = records_of(path.read_bytes())
    assert 0 < len(got) < len(records) and got == records[:len(got)]
    read = subprocess.run(["tcpdump", "-nr", str(path)], check=True, capture_output=True, text=True)
    assert "truncated" not in read.stderr
    return len(got)


def counted(log, n):
    """What is not in the file is not counted as written."""
    total = re.search(r"received 2000, written (\d+), .*not written (\d+)", told(log)["total"])
    assert (int(total[1]), int(total[2])) == (n, 2000 - n)


def test_a_full_disk_leaves_a_readable_file(source, tmp_path):
    path, records = source
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(small)]).returncode:
        pytest.skip("cannot mount a small file system here")
    try:
        log = run(path, "-w", small / "out.pcap", code=1)
        n = readable(small / "out.pcap", records)
    finally:
        subprocess.run(["umount", str(small)], check=True)
    line = f"ddump: {small}/out.pcap: write: No space left on device: it is whole up to its last packet; "
    assert line + "choose a place that has room\n" in log
    counted(log, n)


@pytest.mark.parametrize("limit", [30_000, 30_001, 30_007, 30_023, 131_072])
def test_a_limit_on_the_size_of_pcapng_files(source, tmp_path, limit):
    path, records = source
    out = tmp_path / "out.pcapng"
    log = run(path, "--format", "pcapng", "-w", out, code=1,
              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    n = len(tshark(out, "frame.number"))
    assert 0 < n < len(records) and limit - 300 < out.stat().st_size <= limit
    counted(log, n)


@pytest.mark.parametrize("limit", [30_000, 30_001, 30_007, 30_023, 131_072])
def test_a_limit_on_the_size_of_files(source, tmp_path, limit):
    path, records = source
    out = tmp_path / "out.pcap"
    log = run(path, "-w", out, code=1,
              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    readable(out, records)
    assert limit - 300 < out.stat().st_size <= limit
    assert "write: File too large: it is whole up to its last packet" in log


def described(where, n):
    """A pcapng file of n interfaces with long filters, which ddump writes in pieces, and two packets."""
    ng = Ng()
    for i in range(n):
        ng.block(1, ng.pack("HHI", 1, 0, 0) + ng.options((2, b"i%d" % i), (11, b"\0" + b"%05d" % i * 1600)))
    for i in range(2):
        ng.packet(0, 1700000000 * 10**6 + i, bytes(60))
    path = where / "many.pcapng"
    path.write_bytes(ng.out)
    return path


def test_a_disk_that_is_full_before_the_first_packet_of_a_file(tmp_path):
    """Wherever the last piece of the interfaces ends, nothing is written behind the failure."""
    small = tmp_path / "small"
    small.mkdir()
    for n in range(30, 56):
        path = described(tmp_path, n)
        run(path, "--format", "pcapng", "-c", 1, "-w", tmp_path / "one.pcapng")
        pages = -(-(tmp_path / "one.pcapng").stat().st_size // 4096)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={8 * pages - 8}k", "none", str(small)]).returncode:
            pytest.skip("cannot mount a small file system here")
        try:
            log = run(path, "--format", "pcapng", "--rotate-size", "4K", "-w", small / "out.pcapng", code=1)
            assert len(list(small.iterdir())) == 2
            whole = sum(kind == 6 for file in small.iterdir() for kind, _ in blocks_of(file.read_bytes()))
        finally:
            subprocess.run(["umount", str(small)], check=True)
        assert "it is whole up to its last packet" in log
        assert told(log)["total"].startswith(f"received 2, written {whole},") and f"not written {2 - whole}" in told(log)["total"]


@pytest.mark.parametrize("args", [["-w", "in.pcap"], ["-w", "link.pcap"], ["--stats-json", "in.pcap", "-w", "out"]])
def test_a_source_is_not_overwritten(source, tmp_path, args):
    path, _ = source
    (tmp_path / "link.pcap").symlink_to("in.pcap")
    before = path.read_bytes()
    for name in (path, "./in.pcap"):
        log = run(name, *args, code=2, cwd=tmp_path)
        assert f"ddump: {name}: it would be written, too; " in log
    assert path.read_bytes() == before


def test_the_output_is_no_source(source):
    """As the shell made it: >> of a capture that is read."""
    path, _ = source
    before = path.read_bytes()
    with open(path, "ab") as out:
        done = subprocess.run([DDUMP, path], stdout=out, stderr=subprocess.PIPE, timeout=PATIENCE)
    assert done.returncode == 2 and b"it would be written, too" in done.stderr and path.read_bytes() == before


def test_statistics_do_not_replace_the_output(source, tmp_path):
    path, records = source
    log = run(path, "-w", "x.pcap", "--stats-json", "./x.pcap", code=2, cwd=tmp_path)
    assert log == "ddump: ./x.pcap: --stats-json names the output\n"
    assert (tmp_path / "x.pcap").read_bytes() == b"" and not (tmp_path / "x.pcap.tmp").exists()


@pytest.mark.parametrize("closed", ["2>&-", "<&- 2>&-", ">&- 2>&-"])
def test_messages_do_not_go_into_the_file(serve, tmp_path, closed):
    """The file must not get the number of a standard descriptor that is closed."""
    out = tmp_path / "out.pcap"
    server = serve(chunked(classic([(SECOND, b"x")])))
    subprocess.run(["sh", "-c", f"'{DDUMP}' -v {server.target} -w {out} {closed}"], check=True, timeout=PATIENCE)
    assert b"ddump: " not in out.read_bytes() and len(records_of(out.read_bytes())) == 1


def test_standard_output_that_is_closed(source):
    path, _ = source
    done = subprocess.run(["sh", "-c", f"'{DDUMP}' {path} >&-"], stderr=subprocess.PIPE, timeout=PATIENCE)
    assert done.returncode == 1 and b"ddump: standard output: write: Bad file descriptor" in done.stderr
