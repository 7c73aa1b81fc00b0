"""Completions: they are what the tables of flags give, and the shells take them."""

import os
import shutil
import subprocess

import pytest

from lab import DDUMP, PATIENCE, WORKER

ROOT = os.path.join(os.path.dirname(__file__), "..", "..")
PLACE = os.path.join(ROOT, "share", "completions")


def completed(line):
    """What bash offers for the last word of the line."""
    words = line.split(" ")
    script = (f". {PLACE}/bash/{words[0]}; COMP_WORDS=({' '.join(repr(w) for w in words)}); COMP_CWORD={len(words) - 1}; "
              f"_{words[0].replace('-', '_')}; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, timeout=PATIENCE,
                          cwd=PLACE).stdout.split()


def test_completions_are_what_the_tables_give():
    subprocess.run([os.path.join(ROOT, "tools", "completions.py"), "--check", DDUMP, WORKER, PLACE], check=True, timeout=PATIENCE)


@pytest.mark.parametrize("line, offers", [
    ("ddump --for", ["--format"]), ("ddump --format pc", ["pcap", "pcapng"]), ("ddump --linktype sll", ["sll", "sll2"]),
    ("ddump -tttt", ["-tttt", "-ttttt"]), ("ddump --rotate-", ["--rotate-size", "--rotate-every", "--rotate-keep"]),
    ("ddump -w ba", ["bash"]), ("ddump ./zs", ["./zsh"]), ("ddump -c 1", []), ("ddump-worker -log-format j", ["json"]),
    ("ddump-worker -max-c", ["-max-captures", "-max-connections"])])
def test_bash_offers(line, offers):
    assert completed(line) == offers


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_shells_can_read_them(shell):
    if not shutil.which(shell):
        pytest.skip(f"no {shell} here")
    for name in os.listdir(os.path.join(PLACE, shell)):
        subprocess.run([shell, "-n", os.path.join(PLACE, shell, name)], check=True, timeout=PATIENCE)
