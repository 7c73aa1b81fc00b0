"""exec:COMMAND: a command whose output is a capture."""

import os
import signal
import subprocess
import time

from lab import DDUMP, PATIENCE, told, wait_for
from test_cli_http import SECOND, classic, packet, records_of


def run(*args, code=0, **kw):
    done = subprocess.run([DDUMP, *map(str, args)], capture_output=True, timeout=PATIENCE, **kw)
    print("ddump", *args, "->", done.returncode, done.stderr.decode(), sep="\n")
    assert done.returncode == code
    return done.stdout, done.stderr.decode()


def capture(tmp_path, name, numbers):
    records = [(1700000000 * SECOND + i * 1000_000, packet(i)) for i in numbers]
    (tmp_path / name).write_bytes(classic(records))
    return records


def is_gone(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def test_the_output_of_commands_is_merged(tmp_path):
    """The shell gets the whole rest as it stands: quotes, blanks, pipes."""
    even = capture(tmp_path, "a b.pcap", range(0, 20, 2))
    odd = capture(tmp_path, "odd.pcap", range(1, 20, 2))
    out, log = run("x=exec:cat 'a b.pcap' | (cat)", "exec:LC_ALL=C /bin/cat odd.pcap", cwd=tmp_path)
    assert records_of(out) == sorted(even + odd)
    assert all(told(log)[name].startswith("received 10,") for name in ("x", "cat"))
    listed = tmp_path / "targets"
    listed.write_text("one=exec:cat 'a b.pcap' # no comment for ddump\ntwo=exec:cat odd.pcap\n")
    assert records_of(run("--targets", listed, cwd=tmp_path)[0]) == sorted(even + odd)


def test_a_failure_is_told_with_the_last_words(tmp_path):
    for command, words in (
        ("exec:no-such-program-here -x", "the command ended with status 127: "),
        ("exec:printf 'why \\033[31m\\n' >&2; exit 4", "the command ended with status 4: why \\x1b[31m"),
        ("exec:kill -9 $$", "the command was ended by signal 9"),
        ("exec:true", "it is empty"),
        ("exec:echo hello", "malformed capture at byte 0"),
    ):
        _, log = run(f"it={command}", code=1)
        assert f"ddump: it: {words}" in log and "\x1b" not in log, "control bytes are escaped"
    assert "the command is missing" in run("exec: ", code=2)[1]
    assert "given twice" in run("exec:cat x", "a=exec:cat x", code=2)[1]
    _, log = run("it=exec:sleep 100", "--connect-timeout", "0.3", code=1)
    assert "no capture from the command in time; let it write at once (tcpdump -U)" in log


def test_a_command_that_fails_is_run_again(tmp_path):
    """Its gap is told. One that ends at once, three times in a row, will go on doing so."""
    capture(tmp_path, "one.pcap", [1])
    marks = tmp_path / "marks"
    again = f"echo x >>{marks}; cat {tmp_path}/one.pcap; [ $(wc -l <{marks}) -lt 2 ] && sleep 1.2 && exit 1; true"
    _, log = run(f"it=exec:{again}", "-w", tmp_path / "out.pcap")
    assert "it: the command ended with status 1; connecting again" in log
    assert "it: back after a gap of" in log and marks.read_text() == "x\n" * 2
    _, log = run(f"it=exec:cat {tmp_path}/one.pcap; exit 1", "-w", tmp_path / "out.pcap", code=3)
    assert told(log)["it"].startswith("received 3,"), "not for ever"
    _, log = run(f"it=exec:cat {tmp_path}/one.pcap; exit 1", "--retry", "0", "-w", tmp_path / "out.pcap", code=3)
    assert told(log)["it"].startswith("received 1,")


def test_the_end_reaches_the_command_and_nothing_is_lost(tmp_path):
    """First its input ends, then SIGTERM comes, to all of its group; what it still writes is taken."""
    capture(tmp_path, "one.pcap", [1])
    last = capture(tmp_path, "last.pcap", [2])
    record = tmp_path / "last.record"
    record.write_bytes((tmp_path / "last.pcap").read_bytes()[24:])
    pids = tmp_path / "pids"
    polite = f"echo $$ >>{pids}; cat {tmp_path}/one.pcap; cat >/dev/null; cat {record}"
    deaf = f"echo $$ >>{pids}; cat {tmp_path}/one.pcap; trap 'cat {record}; exit 0' TERM; sleep 1000 & echo $! >>{pids}; wait"
    dead = f"echo $$ >>{pids}; cat {tmp_path}/one.pcap; trap '' TERM; while :; do sleep 1; done"
    for command, code, n in ((polite, 0, 2), (deaf, 0, 2), (dead, 0, 1)):
        pids.write_text("")
        out = tmp_path / "out.pcap"
        out.unlink(missing_ok=True)
        ddump = subprocess.Popen([DDUMP, f"it=exec:{command}", "-w", out], stderr=subprocess.PIPE, text=True)
        wait_for(lambda: pids.read_text() and out.exists() and out.stat().st_size > 24, "its first packet")
        begun = time.monotonic()
        ddump.send_signal(signal.SIGINT)
        log = ddump.communicate(timeout=PATIENCE)[1]
        print(log, time.monotonic() - begun)
        assert ddump.returncode == code and told(log)["it"].startswith(f"received {n},")
        assert records_of(out.read_bytes())[-1] == (last[0] if n == 2 else (1700000000 * SECOND + 1000_000, packet(1)))
        assert all(is_gone(int(pid)) for pid in pids.read_text().split()), "no process is left"


def test_killed_ddump_leaves_no_command(tmp_path):
    """Its input ends, and its output has no reader."""
    pids = tmp_path / "pids"
    head = tmp_path / "head"
    head.write_bytes(classic([(SECOND, packet(1))]))
    ddump = subprocess.Popen([DDUMP, f"exec:echo $$ >{pids}; cat {head} -", "-w", os.devnull], stderr=subprocess.PIPE)
    pid = int(wait_for(lambda: pids.exists() and pids.read_text().strip(), "its pid"))
    ddump.kill()
    ddump.communicate(timeout=PATIENCE)
    wait_for(lambda: is_gone(pid), "the command's end")
