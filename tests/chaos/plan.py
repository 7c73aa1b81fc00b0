"""A round as its seed decides it: hosts, options, and the script of faults."""

import dataclasses
import random

from faults import FAULTS
from world import WAYS

MAIN_S = (2.5, 6.0)
BYTES_MAX = 6e6  # a second and target: what a small machine sends and reads without losing any


@dataclasses.dataclass
class Target:
    way: str
    is_pcap: bool  # of the stream: without heartbeats, and without counts
    is_bound: bool  # one interface, not all
    ring_kib: int
    delay: float  # of the relay


@dataclasses.dataclass
class Step:
    at: float
    fault: str
    target: int
    seconds: float


class Plan:
    def __init__(self, seed, allowed=None):
        r = random.Random(seed)
        self.seed = seed
        self.main_s = r.uniform(*MAIN_S)
        self.targets = [self.target(r) for _ in range(r.choice((1, 1, 2, 2, 3)))]
        self.size = r.choice((100, 100, 300, 1400))
        self.rate = int(min(r.choice((500, 2000, 5000, 10000)), BYTES_MAX / self.size / len(self.targets)))
        self.is_piped = r.random() < 0.6
        self.is_nano = r.random() < 0.7
        self.is_pcapng = r.random() < 0.5
        self.hold_back = r.choice(("auto", "auto", "auto", "0", "50ms", "1s", "3s"))
        self.buffer = r.choice(("64M", "64M", "1M"))
        # settled: all is put right and comes back; abrupt: whatever goes on
        self.is_settled = r.random() < 0.6
        self.stop = r.choice(("INT", "INT", "TERM") if self.is_settled else ("INT", "TERM", "duration", "count", "twice"))
        self.count = int(self.rate * len(self.targets) * self.main_s * r.uniform(0.2, 0.6))
        self.steps = self.script(r, allowed)

    @staticmethod
    def target(r):
        return Target(way=r.choice(("direct", "direct", "relay", "relay") + WAYS[1:]), is_pcap=r.random() < 0.25,
                      is_bound=r.random() < 0.5, ring_kib=r.choice((0, 0, 0, 1024)),
                      delay=r.choice((0, 0.02, 0.1)))

    def script(self, r, allowed):
        steps, once = [], set()
        for _ in range(r.choice((1, 2, 2, 3, 4))):
            target = r.randrange(len(self.targets))
            fitting = [name for name, fault in FAULTS.items()
                       if (not allowed or name in allowed) and fault.fits(self, self.targets[target])]
            if not fitting:
                continue
            name = r.choice(fitting)
            seconds = r.uniform(FAULTS[name].least, FAULTS[name].most)
            at = r.uniform(0.5, self.main_s)
            if (name, target) not in once:
                steps.append(Step(round(at, 3), name, target, round(seconds, 3)))
                once.add((name, target))
        return sorted(steps, key=lambda step: step.at)

    @property
    def args(self):
        args = ["--hold-back", self.hold_back, "--buffer", self.buffer, "-v"]
        args += ["--format", "pcapng" if self.is_pcapng else "pcap"]
        args += ["--time-stamp-precision", "nano"] if self.is_exact and not self.is_pcapng else []
        if self.stop == "duration":
            args += ["-d", f"{self.main_s:.3f}"]
        if self.stop == "count":
            args += ["-c", str(self.count)]
        return args

    @property
    def is_exact(self):
        """The output's stamps have nanoseconds, so that its order can be told."""
        return self.is_nano or self.is_pcapng

    def __str__(self):
        lines = [f"seed {self.seed}: {len(self.targets)} targets, {self.rate} packets/s of {self.size} bytes each, "
                 f"{'pipe' if self.is_piped else 'file'}, {' '.join(self.args)}, "
                 f"{'settled' if self.is_settled else 'abrupt'} end by {self.stop} after {self.main_s:.3f} s"]
        lines += [f"  target {n}: {target}" for n, target in enumerate(self.targets, 1)]
        lines += [f"  {step.at:6.3f} s  {step.fault} of target {step.target + 1} for {step.seconds:.3f} s"
                  for step in self.steps]
        return "\n".join(lines)
