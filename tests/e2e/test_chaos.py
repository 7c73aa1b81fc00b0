"""A minute of random faults (see tests/chaos), the same ones each time; make chaos draws new ones."""

import json
import os
import struct
import subprocess
import sys
import types

import pytest

from captures import SECOND, classic
from lab import ROOT, need_root
from numbered import NUMBER_AT, frame_of

CHAOS = os.path.join(ROOT, "tests", "chaos", "chaos.py")
sys.path.insert(0, os.path.dirname(CHAOS))
import oracle  # noqa: E402

SECONDS_MORE = 200  # a round that has begun is played to its end


@pytest.mark.parametrize("seed, seconds", [("1", 40), ("2", 20)])
def test_every_packet_of_a_bad_day_is_accounted_for(seed, seconds):
    need_root()
    arguments = ["--seconds", str(seconds), "--jobs", "2", "--seed", seed]
    done = subprocess.run([sys.executable, CHAOS, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=seconds + SECONDS_MORE)
    said = done.stdout.decode(errors="replace")
    print(said)
    assert done.returncode == 0, "packets are unaccounted for, see above"
    assert said.count("told the truth") >= 2


# The oracle itself: a run of two targets that tells the truth, and one lie after the other.

BASE_NS = 1700000000 * SECOND
N_SENT = 100
GAP = (30, 40)  # numbers of target 1 that were sent in a reported gap
DROPPED = (50, 53)  # and those that the kernel dropped


class Story:
    """What an output has, and what is told about it; a lie changes one of them."""

    def __init__(self):
        self.records = [(self.time_of(n) + t, t, n) for n in range(N_SENT) for t in (1, 2)
                        if t == 2 or not (GAP[0] <= n < GAP[1] or DROPPED[0] <= n < DROPPED[1])]
        self.stats = [self.told(87, 3, 1), self.told(N_SENT, 0, 0)]
        self.total = {"packets_written": 187, "packets_received": 187, "late": 0}
        self.exit_status = 0
        self.taints = []

    @staticmethod
    def time_of(number):
        return BASE_NS + number * SECOND

    @staticmethod
    def told(written, drops, gaps):
        return {"name": "x", "state": "ended", "packets_offered": written + drops, "packets_received": written,
                "packets_written": written, "not_written": 0, "not_fetched": 0, "kernel_drops": drops,
                "own_traffic": 0, "ahead": 0, "late": 0, "gaps": gaps, "counts": "exact"}

    def lies(self, tmp_path):
        records = []
        for ns, target, number in self.records:
            frame = frame_of(target, 100)
            struct.pack_into("!Q", frame, NUMBER_AT, number)
            records.append((ns, bytes(14) + b"\x08\x00" + bytes(frame[14:])))
        (tmp_path / "out").write_bytes(classic(113, records))
        (tmp_path / "json").write_text(json.dumps(
            {"targets": self.stats, "total": self.total, "exit_status": self.exit_status}))
        sent = [(n, 1, self.time_of(n), self.time_of(n) + 10) for n in range(N_SENT)]
        losses = [[self.time_of(GAP[0]), self.time_of(GAP[0]), self.time_of(GAP[1] - 1)]]
        evidence = [oracle.Evidence("x", sent, losses if t == 1 else [], self.taints, 0, False,
                                    (N_SENT - 5, N_SENT)) for t in (1, 2)]
        plan = types.SimpleNamespace(size=100, is_exact=True, stop="INT")
        return oracle.Truth(plan, evidence, str(tmp_path / "out"), str(tmp_path / "json"),
                            self.time_of(N_SENT + 9), self.exit_status).check()


def test_the_oracle_believes_the_truth(tmp_path):
    assert Story().lies(tmp_path) == []


def told(target, **changes):
    return lambda story: story.stats[target - 1].update(changes)


def without(*records):
    return lambda story: [story.records.pop(n) for n in records]


def all_of(*changes):
    return lambda story: [change(story) for change in changes]


LIES = {
    "a packet is missing": without(10),
    "a packet is missing from the counts too": all_of(
        without(10), told(1, packets_written=86, packets_received=86, packets_offered=89),
        lambda story: story.total.update(packets_written=186, packets_received=186)),
    "that is called at least, without a cause": all_of(
        without(10), told(1, packets_written=86, packets_received=86, counts="at_least"),
        lambda story: story.total.update(packets_written=186, packets_received=186)),
    "a drop is not told": told(1, kernel_drops=2),
    "more drops than packets are missing": told(1, kernel_drops=14, packets_offered=101),
    "more than was sent": told(2, packets_offered=101, not_fetched=1),
    "nothing is known": told(2, packets_offered=None),
    "a packet is written twice": lambda story: story.records.insert(20, story.records[20]),
    "out of order": lambda story: story.records.insert(20, story.records.pop(24)),
    "late and none is": told(2, late=1),
    "ahead and none is": told(2, ahead=1),
    "a stamp that cannot be": lambda story: story.records.__setitem__(
        0, (story.records[0][0] - SECOND, *story.records[0][1:])),
    "never sent": lambda story: story.records.__setitem__(-1, (story.records[-1][0], 2, N_SENT)),
    "an exit status that nothing explains": lambda story: setattr(story, "exit_status", 3),
    "a failure with status 0": told(2, state="failed"),
    "a wrong total": lambda story: story.total.update(packets_received=188),
}


@pytest.mark.parametrize("name", LIES)
def test_the_oracle_finds_a_lie(tmp_path, name):
    story = Story()
    LIES[name](story)
    assert story.lies(tmp_path) != []
