"""Does ddump tell the truth? Every numbered packet that was sent was written exactly once, or stands in an
exact count, or lies in a gap that was reported."""

import bisect
import collections
import dataclasses
import json
import subprocess

from numbered import numbers_of

SECOND = 10**9
# What may pass between an event and the moment that ddump, or this program, took note of it: a gap begins
# when something was heard last, and a line of the log is stamped when it is read.
EDGE_NS = SECOND // 2
# What a capture that died had not delivered, where nothing slows its way.
LAG_NS = 3 * SECOND // 2
SILENCE_NS = 16 * SECOND
STAMP_LATE_NS = SECOND
LOST_COUNTS = ("not_written", "not_fetched", "kernel_drops", "own_traffic")


@dataclasses.dataclass
class Evidence:
    """Of one target: what is known without asking ddump for counts."""

    name: str
    sent: list  # (first, count, before, after)
    losses: list  # [loss, gap begins, return], None for what has not been
    taints: list  # times of faults after which a worker knows nothing of a capture
    cut_ns: int  # since when it could not be reached, if ddump could not ask its worker at the end; or 0
    is_slow: bool  # delivers so late that a capture that died may have owed a lot
    must: tuple  # numbers (first, end) sent when all was well again


class Truth:
    def __init__(self, plan, evidence, out, json_path, stop_ns, exit_status):
        self.plan, self.evidence, self.stop_ns, self.exit_status = plan, evidence, stop_ns, exit_status
        self.out = out
        self.lies = []
        # a reader that is stalled takes nothing more from a ddump that must end at once
        self.may_end_torn = plan.stop == "twice" and any(step.fault == "stall" for step in plan.steps)
        self.records = numbers_of(out, plan.size, self.may_end_torn)
        with open(json_path) as f:
            self.stats = json.load(f)

    def lie(self, text):
        self.lies.append(text)

    def check(self):
        """The lies that were found."""
        self.check_readable()
        self.check_order()
        written = collections.defaultdict(dict)
        for ns, target, number in self.records:
            if number in written[target]:
                self.lie(f"packet {number} of target {target} was written twice")
            written[target][number] = ns
        if len(self.stats["targets"]) != len(self.evidence):
            self.lie("the summary has another number of targets")
        for n, (evidence, stats) in enumerate(zip(self.evidence, self.stats["targets"]), 1):
            Account(self, n, evidence, stats, written[n]).check()
        self.check_totals()
        return self.lies

    def check_readable(self):
        """tcpdump reads the file to its end, and sees as many packets."""
        done = subprocess.run(["tcpdump", "--count", "-nr", self.out], capture_output=True, timeout=60)
        if (done.returncode != 0 and not self.may_end_torn) or f"{len(self.records)} packet" not in (done.stdout + done.stderr).decode():
            self.lie(f"tcpdump reads other than {len(self.records)} packets: {done.stderr.decode()}")

    def check_order(self):
        newest, late = 0, collections.Counter()
        for ns, target, _ in self.records:
            late[target] += ns < newest
            newest = max(newest, ns)
        for n, stats in enumerate(self.stats["targets"], 1):
            if late[n] > stats["late"] or (self.plan.is_exact and late[n] != stats["late"]):
                self.lie(f"target {n}: {late[n]} records are out of order, {stats['late']} are counted late")
            if stats.get("ahead"):
                self.lie(f"target {n}: {stats['ahead']} records are counted ahead, and all clocks are one")

    def check_totals(self):
        total = self.stats["total"]
        for key in ("packets_written", "packets_received", "late", "not_written", "not_fetched", "own_traffic"):
            if key not in total:
                continue
            numbers = [t[key] for t in self.stats["targets"]]
            if None not in numbers and sum(numbers) != total[key]:
                self.lie(f"total {key} {total[key]} is not the sum of {numbers}")
        if total["packets_written"] != len(self.records):
            self.lie(f"{len(self.records)} records in the output, {total['packets_written']} are told")
        failed = [t["name"] for t in self.stats["targets"] if t["state"] in ("failed", "lost")]
        if self.exit_status != self.stats["exit_status"]:
            self.lie(f"exit status {self.exit_status}, the summary says {self.stats['exit_status']}")
        # 1: interrupted again, and packets that waited were discarded
        if self.exit_status not in ((1,) if self.plan.stop == "twice" else ()) + (3 if failed else 0,):
            self.lie(f"exit status {self.exit_status} with {failed or 'no target'} failed")


class Account:
    def __init__(self, truth, number, evidence, stats, written):
        self.truth, self.number, self.evidence, self.stats, self.written = truth, number, evidence, stats, written
        self.starts = [first for first, _, _, _ in evidence.sent]
        self.n_sent = sum(count for _, count, _, _ in evidence.sent)

    def lie(self, text):
        self.truth.lie(f"target {self.number} ({self.evidence.name}): {text}")

    def chunk(self, number):
        return self.evidence.sent[bisect.bisect_right(self.starts, number) - 1]

    def check(self):
        if len(self.written) != self.stats["packets_written"]:
            self.lie(f"{len(self.written)} records in the output, {self.stats['packets_written']} are told")
        self.check_stamps()
        missing = [n for first, count, _, _ in self.evidence.sent for n in range(first, first + count)
                   if n not in self.written]
        windows = self.windows()
        rest = [n for n in missing if not self.lies_in(n, windows)]
        known = sum(self.stats.get(key) or 0 for key in LOST_COUNTS)
        if "counts" in self.stats:
            self.check_counts(missing, rest, known)
        else:
            lag = [(loss[0] - LAG_NS, loss[0]) for loss in self.evidence.losses]
            self.explain([n for n in rest if not self.lies_in(n, lag)], known)
        self.check_must(known)
        failed = [loss for loss in self.evidence.losses if loss[2] is None]
        if failed and self.stats["state"] not in ("failed", "lost"):
            self.lie(f"lost at the end, and its state is {self.stats['state']}")

    def check_stamps(self):
        for number, ns in self.written.items():
            if not 0 <= number < self.n_sent:
                self.lie(f"packet {number} was written and never sent")
                return
            _, _, before, after = self.chunk(number)
            # a stamp of microseconds lies up to one before
            if not before - 1000 <= ns <= after + STAMP_LATE_NS:
                self.lie(f"packet {number} was sent at {before}..{after} and is stamped {ns}")
                return

    def windows(self):
        """When a packet that was sent need not be captured: gaps, and behind the end."""
        out = [(self.truth.stop_ns - EDGE_NS, 1 << 63)]
        for loss_ns, begin, back in self.evidence.losses:
            if back is None:
                out.append((loss_ns - SILENCE_NS, 1 << 63))
            else:
                out.append((begin - EDGE_NS, back + EDGE_NS))
        return out

    def lies_in(self, number, windows):
        _, _, before, after = self.chunk(number)
        return any(after >= begin and before <= end for begin, end in windows)

    def explain(self, rest, known):
        if len(rest) > known:
            times = sorted(self.chunk(n)[2] for n in rest)
            self.lie(f"{len(rest)} packets are missing outside of every gap, and {known} are accounted for: "
                     f"numbers {min(rest)} to {max(rest)}, sent {(times[0] - self.truth.stop_ns) / SECOND:.3f} to "
                     f"{(times[-1] - self.truth.stop_ns) / SECOND:.3f} s from the end; losses (s from the end): "
                     + str([[t and round((t - self.truth.stop_ns) / SECOND, 3) for t in loss]
                            for loss in self.evidence.losses]))

    def check_counts(self, missing, rest, known):
        stats, offered = self.stats, self.stats["packets_offered"]
        if known > len(missing):
            self.lie(f"{known} packets are told to be lost, {len(missing)} are missing")
        if offered is not None and offered > self.n_sent:
            self.lie(f"{offered} packets were offered, {self.n_sent} were sent")
        if stats["packets_received"] != stats["packets_written"] + stats["not_written"]:
            self.lie(f"received {stats['packets_received']}, written {stats['packets_written']}, "
                     f"not written {stats['not_written']}")
        if stats["counts"] == "exact":
            if offered != stats["packets_written"] + known:
                self.lie(f"offered {offered}, written {stats['packets_written']}, lost {known}")
            self.explain(rest, known)
            self.check_offered(offered)
        elif stats["counts"] == "at_least":
            if not self.evidence.taints and not self.evidence.cut_ns:
                self.lie("counts are at_least, and nothing happened that a worker could not count")
            # cut short, a stream lacks its end, however far it was behind
            last = max(self.written, default=-1) if self.evidence.cut_ns else self.n_sent
            self.explain([n for n in rest if n < last and not self.lies_in(n, self.tainted())], known)
        else:
            self.lie(f"counts: {stats['counts']}")

    def check_offered(self, offered):
        """What the worker never saw was sent in a gap or behind the end."""
        windows = self.windows()
        free = sum(count for first, count, _, _ in self.evidence.sent if self.lies_in(first, windows))
        if self.n_sent - (offered or 0) > free:
            self.lie(f"{self.n_sent} packets were sent, {offered} offered, and only {free} of them in a gap")

    def tainted(self):
        back = 1 << 62 if self.evidence.is_slow else LAG_NS
        cut = self.evidence.cut_ns
        return [(t - back, t + EDGE_NS) for t in self.evidence.taints] + ([(cut - back, 1 << 63)] if cut else [])

    def check_must(self, known):
        absent = [n for n in range(*self.evidence.must) if n not in self.written]
        owed = self.stats["not_fetched"] or 0 if self.evidence.is_slow else 0
        if len(absent) > (self.stats["kernel_drops"] or 0) + owed:
            self.lie(f"{len(absent)} of {self.evidence.must[1] - self.evidence.must[0]} packets are missing that were "
                     f"sent when all was well again; accounted for are {known}")
