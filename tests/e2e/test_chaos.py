"""A minute of random faults (see tests/chaos): the same ones each time, and some that nobody has seen."""

import os
import subprocess
import sys

import pytest

from lab import ROOT, need_root

CHAOS = os.path.join(ROOT, "tests", "chaos", "chaos.py")
SECONDS_MORE = 200  # a round that has begun is played to its end


@pytest.mark.parametrize("seed, seconds", [("1", 45), (None, 15)], ids=["known", "fresh"])
def test_every_packet_of_a_bad_day_is_accounted_for(seed, seconds):
    need_root()
    arguments = ["--seconds", str(seconds), "--jobs", "2", *(["--seed", seed] if seed else [])]
    done = subprocess.run([sys.executable, CHAOS, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=seconds + SECONDS_MORE)
    said = done.stdout.decode(errors="replace")
    print(said)
    assert done.returncode == 0, "packets are unaccounted for, see above"
    assert said.count("told the truth") >= 2
