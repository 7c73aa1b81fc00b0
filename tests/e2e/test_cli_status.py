"""What people and scripts are told while ddump runs, and at its end."""

import json
import os
import re
import signal
import subprocess
import time

import pytest

from lab import DDUMP, PATIENCE, wait_for
from test_cli_http import (OK, SLL_HEAD, Live, chunked, classic, classic_head, classic_record,
                           ddump_ng, serve)  # noqa: F401
from test_cli_retry import BUSY, FORBIDDEN, RECORDS, open_ended, script  # noqa: F401


def roster(log):
    return [l.split("ddump: ", 1)[1] for l in log.splitlines() if "capturing on" in l]


def test_changes_are_told(tmp_path, script):
    """Lost, back, failed for good: each is told, with the reason."""
    flaky = script(open_ended(RECORDS[:10]), open_ended(RECORDS[10:20]), FORBIDDEN)
    good, bad = script(open_ended(RECORDS), None), script(FORBIDDEN)
    live = Live(tmp_path, flaky.target, good.target, bad.target)
    wait_for(lambda: any(f"({flaky.target} and {bad.target}: 403 Forbidden)" in l for l in roster(live.process.log())),
             "that is told: " + live.process.log())
    lines = roster(live.process.log())
    assert re.match(r"capturing on [12] of 3 targets", lines[0]) and f"{bad.target}: 403 Forbidden" in lines[0]
    assert f"capturing on 1 of 3 targets ({flaky.target}: lost: the stream was cut" in "\n".join(lines)
    assert all(a != b for a, b in zip(lines, lines[1:])), lines
    live.process.popen.send_signal(signal.SIGINT)
    assert live.finish() == 3


def test_many_lost_targets_are_told_of_once_a_second(tmp_path, script):
    """300 targets that are lost and come back are told of once a second, in bounded lines."""
    servers = [script(open_ended(RECORDS[:2])) for _ in range(30)]
    targets = [f"{s.target}/capture?snaplen={i + 100}" for s in servers for i in range(10)]
    begin = time.monotonic()
    live = Live(tmp_path, *targets)
    wait_for(lambda: sum(" more" in l for l in roster(live.process.log())) > 1, "they flap")
    log = live.process.log()
    seconds = time.monotonic() - begin
    live.process.popen.send_signal(signal.SIGINT)
    live.finish()
    lines = roster(log)
    assert all(len(l) < 2048 for l in lines)
    assert len(lines) <= seconds + 1


def stats(path):
    with open(path) as f:
        return json.load(f)


def test_the_json_summary_says_what_became_of_each_target(tmp_path, serve):
    a, b, c = serve(chunked(ddump_ng(RECORDS, osdrop=7))), serve(FORBIDDEN), str(tmp_path / "c.pcap")
    path = str(tmp_path / "stats.json")
    with open(c, "wb") as f:
        f.write(classic(RECORDS[:5]))
    done = subprocess.run([DDUMP, "--retry", "0", "--hold-back", "1h", "--stats-json", path, a.target, b.target, c],
                          capture_output=True, timeout=PATIENCE)
    got = stats(path)
    assert done.returncode == 3 == got["exit_status"], done.stderr.decode()
    assert not os.path.exists(path + ".tmp")
    first, second, third = got["targets"]
    assert (first["name"], first["state"], first["reason"]) == (a.target, "ended", None)
    assert (first["packets_received"], first["packets_written"], first["kernel_drops"]) == (40, 40, 7)
    assert first["bytes_written"] == sum(len(d) + 16 for _, d in RECORDS)
    assert (second["state"], second["reason"]) == ("failed", "403 Forbidden: not you")
    assert third["packets_written"] == 5 and third["kernel_drops"] is None
    assert got["total"]["packets_written"] == 45 and got["total"]["targets"] == 3
    begin, end = (time.strptime(got[k][:19], "%Y-%m-%dT%H:%M:%S") for k in ("start", "end"))
    assert begin <= end and re.fullmatch(r"[-0-9]{10}T[:0-9]{8}\.\d\dZ", got["end"])


def test_stats_json_to_standard_output(tmp_path):
    c, out = str(tmp_path / "c\xff\"\n.pcap").encode("latin-1"), str(tmp_path / "out.pcap")
    with open(c, "wb") as f:
        f.write(classic(RECORDS))
    done = subprocess.run([DDUMP, "-w", out, "--stats-json", "-", c], capture_output=True, timeout=PATIENCE)
    assert done.returncode == 0
    assert json.loads(done.stdout)["targets"][0]["name"] == "c\\xff\"\\x0a.pcap"


@pytest.mark.parametrize("path, what", [("none/x", "No such file"), ("/dev/full", "No space left")])
def test_stats_json_fails(tmp_path, path, what):
    c = str(tmp_path / "c.pcap")
    with open(c, "wb") as f:
        f.write(classic(RECORDS))
    done = subprocess.run([DDUMP, "-q", "--stats-json", path, c], capture_output=True, timeout=PATIENCE, cwd=tmp_path)
    log = done.stderr.decode().splitlines()
    assert done.returncode == 1 and len(log) == 1 and log[0].startswith(f"ddump: {path}: ") and what in log[0]


def test_a_run_that_never_began_leaves_the_file(tmp_path):
    path = str(tmp_path / "x")
    with open(path, "w") as f:
        f.write("old")
    done = subprocess.run([DDUMP, "--stats-json", path, "-w", "none/x", "127.0.0.1:1"],
                          capture_output=True, timeout=PATIENCE, cwd=tmp_path)
    assert done.returncode == 1 and open(path).read() == "old" and not os.path.exists(path + ".tmp")


def test_the_hold_back_is_told(tmp_path, serve):
    """A source that flushes every 0.6 s: who it is, and what it makes of the hold-back."""
    def script(connection):
        connection.sendall(OK + b"\r\n" + classic_head())
        for _ in range(4):
            time.sleep(0.6)
            now = time.time_ns()
            connection.sendall(b"".join(classic_record(now - i * 10**8, SLL_HEAD + b"x") for i in range(5, 0, -1)))
    slow = serve(script)
    done = subprocess.run([DDUMP, "-v", "--retry", "0", slow.target], capture_output=True, timeout=PATIENCE)
    log = done.stderr.decode()
    told = re.search(r"hold-back from 200 ms to (\d+) ms: (.*) delivers in bursts", log)
    assert told and 450 < int(told.group(1)) < 1500 and told.group(2) == "127.0.0.1", log
    assert float(re.search(r"hold-back ([0-9.]+) s", log).group(1)) >= 0.45, log
