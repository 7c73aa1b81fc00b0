#!/usr/bin/python3
"""Bad days, from a seed: workers, proxies and ddump as built, numbered packets, and random faults; then an
oracle that has every packet accounted for. Root. A round that fails prints its script, its log and the
command that repeats it.

    chaos.py [--seed N] [--rounds N] [--seconds S] [--jobs N] [--faults LIST]
"""

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from datetime import datetime, timezone

from plan import Plan
from faults import FAULTS
from oracle import Evidence, Truth
from world import World, need_root, run

ROUND_MAX_S = 180
SETTLE_MAX_S = 60  # a silence of 15 s, and the longest delay between two attempts
CONNECT_MAX_S = 15
FINAL = 300
CUTTING = ("link-down", "reset", "kill-proxy")
RECOVERY_NS = 3 * 10**9  # what TCP may still wait after one of these


class Round:
    def __init__(self, plan, tmp):
        self.plan, self.tmp = plan, tmp
        self.world = None
        self.active, self.done = [], []  # (fault, step, time of its beginning)
        self.stop_ns = None
        self.must = {}

    def play(self):
        """The lies of this round."""
        self.world = World(self.tmp, self.plan)
        self.world.start()
        fds = self.world.ddump.fds()
        for host in self.world.hosts:
            host.sender.tell(f"rate {self.plan.rate}")
        self.run_script()
        lies = []
        if self.plan.is_settled:
            self.settle()
            lies += self.fds_left(fds)
            self.send_last()
        self.stop()
        for host in self.world.hosts:
            host.sender.tell("rate 0")
        status = self.wait_for_end()
        self.end_faults(everything=True)
        lies += self.leftovers()
        evidence = [self.evidence_of(host) for host in self.world.hosts]
        return lies + Truth(self.plan, evidence, self.world.out, self.world.json, self.stop_ns, status).check()

    def has_ended(self):
        return self.world.ddump.popen.poll() is not None

    def run_script(self):
        begin = time.monotonic()
        todo = list(self.plan.steps)
        while time.monotonic() < begin + self.plan.main_s and not self.has_ended():
            now = time.monotonic() - begin
            while todo and todo[0].at <= now:
                step = todo.pop(0)
                fault = FAULTS[step.fault](self.world, self.world.hosts[step.target])
                fault.until = begin + step.at + step.seconds
                self.active.append((fault, step, time.time_ns()))
                fault.begin()
            self.end_faults()
            self.world.supervise()
            time.sleep(0.01)

    def end_faults(self, everything=False):
        for entry in list(self.active):
            if everything or time.monotonic() >= entry[0].until:
                entry[0].end()
                self.active.remove(entry)
                self.done.append((*entry, time.time_ns()))

    def is_well(self, host):
        losses = self.world.ddump.losses(host.name)
        return host.front() and host.captures() and not (losses and losses[-1][2] is None)

    def settle(self):
        """All is put right, and every target is captured again. TCP waits after a link was down
        for as long as it has waited before."""
        quiet = 1.5 + max((step.seconds for step in self.plan.steps if step.fault == "link-down"), default=0)
        end, well_since = time.monotonic() + SETTLE_MAX_S, None
        while well_since is None or time.monotonic() < well_since + quiet:
            assert time.monotonic() < end, "a target never came back"
            assert not self.has_ended(), "ddump ended"
            self.end_faults()
            self.world.supervise()
            is_well = not self.active and all(self.is_well(host) for host in self.world.hosts)
            well_since = (well_since or time.monotonic()) if is_well else None
            time.sleep(0.02)

    def send_last(self):
        for host in self.world.hosts:
            first = host.sender.tell("rate 0")
            self.must[host.number] = first, first
        for _ in range(FINAL // 30):
            for host in self.world.hosts:
                self.must[host.number] = self.must[host.number][0], host.sender.tell("burst 30")
            time.sleep(0.02)

    def fds_left(self, before):
        """A descriptor for longer than a connection may take that no target needs: each has a
        capture's and a clock's connection, whatever the first look has found of them."""
        sockets = 2 * len(self.world.hosts)
        others = sum(not name.startswith("socket:") for name in before)

        def is_left():
            now = self.world.ddump.fds()
            n = sum(name.startswith("socket:") for name in now)
            return now if n > sockets or len(now) - n > others else None

        end = time.monotonic() + CONNECT_MAX_S
        while (now := is_left()) and time.monotonic() < end:
            time.sleep(0.05)
        if not now:
            return []
        sockets = self.world.client.run("ss", "-tanpie").stdout.decode()
        return [f"ddump has more descriptors open than at the start: {sorted(before)}, now {sorted(now)}\n{sockets}"]

    def stop(self):
        self.stop_ns = time.time_ns()
        if self.plan.stop == "duration":
            self.stop_ns = self.capturing_ns() + int(self.plan.main_s * 1e9)
        if not self.has_ended() and self.plan.stop != "duration":
            self.world.ddump.popen.send_signal(signal.SIGTERM if self.plan.stop == "TERM" else signal.SIGINT)
        if self.plan.stop == "twice":
            time.sleep(self.world.random.uniform(0, 0.3))
            self.world.ddump.popen.send_signal(signal.SIGINT)

    def capturing_ns(self):
        return next(ns for ns, line in self.world.ddump.lines if "capturing on" in line)

    def wait_for_end(self):
        """A stalled reader goes on being one for longer than ddump gives it."""
        end = time.monotonic() + 3.5
        while time.monotonic() < end and not self.has_ended():
            self.world.supervise()
            time.sleep(0.02)
        status = self.world.ddump.finish()
        if self.plan.stop == "count":
            self.stop_ns = min([self.stop_ns, *self.last_ends()])
        return status

    def last_ends(self):
        """When the workers' last captures ended: -c ends them, however long the reader takes then."""
        for host in self.world.hosts:
            ended = re.findall(r"^(\S+) ddump-worker: capture .* ended: ", host.worker.log(), re.M)
            if ended:
                at = datetime.strptime(ended[-1], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
                yield int(at.timestamp() * 1e9)

    def leftovers(self):
        """Captures, descriptors and zombies that the workers still have when nobody captures."""
        end = time.monotonic() + 10
        left = ["?"]
        while left and time.monotonic() < end:
            self.world.supervise()
            left = []
            for host in self.world.hosts:
                if host.worker.popen.poll() is not None or not host.front():
                    left.append(f"worker {host.number} does not run")
                    continue
                fds = host.fds_of_worker()
                if host.captures() or host.zombies() or any(a > b for a, b in zip(fds, host.fds)):
                    left.append(f"worker {host.number}: captures {host.captures()}, zombies {host.zombies()}, "
                                f"descriptors of launcher and front {fds}, {host.fds} at the start")
            time.sleep(0.05)
        return left

    def evidence_of(self, host):
        mine = [entry for entry in self.done if entry[0].host is host]
        everybody = {step.fault for _, step, _, _ in self.done}
        # a ddump whose reader is stalled up to the stop finds no capture's end before it
        stalled = min((begin for _, step, begin, end in self.done if step.fault == "stall" and end > self.stop_ns),
                      default=self.stop_ns)
        cuts = [begin for fault, step, begin, end in mine
                if step.fault in CUTTING and end > self.stop_ns - RECOVERY_NS or fault.taints and begin > stalled]
        return Evidence(
            name=host.name,
            sent=host.sender.finish(),
            losses=self.world.ddump.losses(host.name),
            taints=[begin for fault, _, begin, _ in mine if fault.taints],
            cut_ns=min(cuts, default=self.stop_ns if self.plan.stop == "twice" else 0),
            is_slow=host.way == "nginx-buffered" or host.delay >= 0.1 or bool(everybody & {"slow", "stall"}),
            must=self.must.get(host.number, (0, 0)))

    def close(self):
        return self.world.close() if self.world else []

    def report(self):
        """What a person needs to see of a round that failed."""
        if not self.world or not self.world.ddump:
            return
        ddump = self.world.ddump
        print("ddump:", " ".join(ddump.args))
        base = ddump.lines[0][0] if ddump.lines else 0
        shown = [(ns, "| " + line) for ns, line in ddump.lines]
        for _, step, begin, end in self.done:
            shown += [(begin, f"+ {step.fault} of target {step.target + 1}"),
                      (end, f"- {step.fault} of target {step.target + 1}")]
        if self.stop_ns:
            shown.append((self.stop_ns, "stop"))
        for ns, line in sorted(shown)[:400]:
            print(f"  {(ns - base) / 1e9:8.3f} {line}")
        for host in self.world.hosts:
            print(f"worker {host.number}:\n{host.worker.log()[-1500:]}")
        if os.path.exists(self.world.json):
            with open(self.world.json) as f:
                print(f.read())


def play_one(seed, allowed):
    """In this process: True if the truth was told."""
    need_root()
    plan = Plan(seed, allowed)
    print(plan, flush=True)
    tmp = tempfile.mkdtemp(prefix="chaos")
    os.chmod(tmp, 0o755)
    game, lies = Round(plan, tmp), []
    try:
        lies = game.play()
    except BaseException as e:  # pytest's failures are no Exception
        lies = [f"{type(e).__name__}: {e}"]
        traceback.print_exc(file=sys.stdout)
        if isinstance(e, KeyboardInterrupt):
            raise
    finally:
        lies += game.close()
        if lies:
            game.report()
        shutil.rmtree(tmp, ignore_errors=True)
    for lie in lies:
        print("LIE:", lie)
    return not lies


class Session:
    """Rounds one after the other, or some at once, each in a process of its own."""

    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        self.running, self.failed, self.n_started, self.n_done = [], [], 0, 0
        self.faults = {}
        self.end = time.monotonic() + options.seconds if options.seconds else None

    def command(self, seed):
        faults = ["--faults", self.options.faults] if self.options.faults else []
        return [sys.executable, os.path.abspath(__file__), "--seed", str(seed), "--rounds", "1", *faults]

    def wants_more(self):
        if self.options.rounds and self.n_started >= self.options.rounds:
            return False
        return self.end is None or time.monotonic() < self.end

    def start(self):
        seed = self.options.seed if self.n_started == 0 else self.random.randrange(10**9)
        self.n_started += 1
        out = tempfile.TemporaryFile()
        popen = subprocess.Popen([*self.command(seed)[:2], "--here", *self.command(seed)[2:]], stdout=out,
                                 stderr=subprocess.STDOUT)
        self.running.append((popen, seed, out, time.monotonic()))

    def reap(self, entry):
        popen, seed, out, begin = entry
        if popen.poll() is None and time.monotonic() - begin > ROUND_MAX_S:
            popen.send_signal(signal.SIGINT)
            popen.wait()
        if popen.poll() is None:
            return
        self.running.remove(entry)
        self.n_done += 1
        out.seek(0)
        text = out.read().decode(errors="replace")
        for name in FAULTS:
            self.faults[name] = self.faults.get(name, 0) + text.split("ddump:")[0].count(f" s  {name} of ")
        if popen.returncode == 0:
            print(f"seed {seed}: told the truth ({time.monotonic() - begin:.1f} s)", flush=True)
            return
        self.failed.append(seed)
        print(f"{text}\nFAILED; again: {' '.join(self.command(seed))}", flush=True)

    def run(self):
        jobs = self.options.jobs
        while self.running or (self.wants_more() and not self.failed) or (
                self.wants_more() and self.options.keep_going):
            if len(self.running) < jobs and self.wants_more() and (self.options.keep_going or not self.failed):
                self.start()
            for entry in list(self.running):
                self.reap(entry)
            time.sleep(0.05)
        faults = ", ".join(f"{n} {name}" for name, n in sorted(self.faults.items()) if n)
        print(f"chaos: first seed {self.options.seed}, {self.n_done} rounds, {sum(self.faults.values())} faults "
              f"({faults}), {len(self.failed)} rounds failed {self.failed or ''}")
        return not self.failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=None, help="of the first round; the others follow from it")
    parser.add_argument("--rounds", type=int, default=0, help="at most so many (1 without --seconds)")
    parser.add_argument("--seconds", type=float, default=0, help="begin rounds for so long")
    parser.add_argument("--jobs", type=int, default=1, help="rounds at once")
    parser.add_argument("--faults", help="only these, of " + ",".join(FAULTS))
    parser.add_argument("--keep-going", action="store_true", help="do not end at the first round that fails")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    allowed = options.faults.split(",") if options.faults else None
    unknown = set(allowed or ()) - set(FAULTS)
    if unknown:
        parser.error("no such fault: " + ", ".join(sorted(unknown)))
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(10**9)
    if options.here:
        return play_one(options.seed, allowed)
    if not options.rounds and not options.seconds:
        options.rounds = 1
    return Session(options).run()


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
