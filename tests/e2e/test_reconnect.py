"""Targets that sent thousands of packets are lost, again and again: each one that comes back is read on."""

import json
import os
import signal
import struct
import time

import pytest

from lab import DDUMP, WORKER, wait_for
from numbered import FILTER, NumberedSender, numbers_of

MANY = 2000
SIZE = 100
PORT = 8475


class Host:
    """A target's host, and a sender that the worker sees; number counts from 1."""

    def __init__(self, lab, client, number):
        self.lab, self.client, self.number = lab, client, number
        self.space, outside = lab.namespace(f"w{number}"), lab.namespace(f"s{number}")
        lab.link(client, f"k{number}", f"10.2.{number}.1", self.space, f"u{number}", f"10.2.{number}.2")
        macs = lab.link(outside, f"t{number}", f"10.1.{number}.1", self.space, f"d{number}", f"10.1.{number}.2")
        self.address = f"10.2.{number}.2"
        self.sender = NumberedSender(lab, outside, f"t{number}", number, SIZE, macs,
                                     os.path.join(lab.tmp, f"sent{number}"))
        self.start()

    def start(self):
        self.worker = self.lab.start(self.space, [WORKER, "-v", "-listen", f"{self.address}:{PORT}"])
        wait_for(lambda: "listening on" in self.worker.log() and self.worker.children(), "the worker listens")

    def start_again(self):
        self.worker.popen.wait()
        self.start()

    def link(self, state):
        self.client.ip("link", "set", f"k{self.number}", state)

    # The losses.

    def capture_killed(self):
        for pid in self.worker.children()[1:]:
            os.kill(pid, signal.SIGKILL)

    def front_killed(self):
        os.kill(self.worker.children()[0], signal.SIGKILL)
        self.start_again()

    def launcher_killed(self):
        self.worker.popen.kill()
        self.start_again()

    def restarted(self):
        self.worker.popen.terminate()
        self.start_again()

    def reset(self):
        """The client's kernel answers what it would send with RST, until ddump has seen one."""
        self.client.run("nft", "add table inet r; add chain inet r o { type filter hook output priority 0; };"
                        f" add rule inet r o ip daddr {self.address} reject with tcp reset")
        return lambda: self.client.run("nft", "delete table inet r")


class Run:
    """ddump and its targets; every packet that is sent is expected in the output."""

    def __init__(self, lab, n, *args, query=""):
        self.out = os.path.join(lab.tmp, "out")
        self.json = os.path.join(lab.tmp, "stats.json")
        client = lab.namespace("c")
        self.hosts = [Host(lab, client, number) for number in range(1, n + 1)]
        self.sent = {host.number: 0 for host in self.hosts}
        targets = [f"http://{host.address}/capture?direction=in{query}" for host in self.hosts]
        self.ddump = lab.start(client, [DDUMP, "-w", self.out, "--stats-json", self.json, "-f", FILTER, *args, *targets])
        wait_for(lambda: f"capturing on {n} of {n}" in self.ddump.log(), "ddump captures")
        self.n_losses = {host.number: 0 for host in self.hosts}

    def send(self, *hosts):
        for host in hosts:
            self.sent[host.number] = host.sender.tell(f"burst {MANY}")

    def written(self):
        try:
            return numbers_of(self.out, SIZE)
        except (AssertionError, struct.error):
            return []  # a record is being written

    def is_there(self, *hosts):
        written = self.written()
        return all(sum(t == host.number for _, t, _ in written) == self.sent[host.number] for host in hosts)

    def wait_for_all(self, *hosts):
        wait_for(lambda: self.is_there(*hosts), f"all of {self.sent} are written: {self.ddump.log()}")

    def n_lines(self, host, words):
        return sum(words in line and f" {host.address}: " in line for line in self.ddump.log().splitlines())

    def lose(self, host, loss):
        self.n_losses[host.number] += 1
        put_right = getattr(host, loss)()
        wait_for(lambda: self.n_lines(host, "connecting again") == self.n_losses[host.number],
                 f"{loss} is seen: {self.ddump.log()}")
        if put_right:
            put_right()

    def wait_for_return(self, host):
        wait_for(lambda: self.n_lines(host, "back after a gap") == self.n_losses[host.number],
                 f"it is back: {self.ddump.log()}")

    def finish(self):
        assert self.ddump.stop(signal.SIGINT) == 0, self.ddump.log()
        written = numbers_of(self.out, SIZE)
        with open(self.json) as f:
            stats = json.load(f)
        for host, told in zip(self.hosts, stats["targets"]):
            mine = [number for _, target, number in written if target == host.number]
            assert sorted(mine) == list(range(self.sent[host.number])), "each of them once"
            assert told["packets_written"] == len(mine) and told["gaps"] == self.n_losses[host.number]
        return stats


# A stream without heartbeats says nothing while nothing is captured: an RST would wait for a keepalive.
@pytest.mark.parametrize("query, args, losses", [
    ("&format=pcap", ["--format", "pcap"], ["capture_killed", "restarted", "front_killed", "launcher_killed"]),
    ("", ["--format", "pcapng"], ["capture_killed", "reset", "front_killed", "launcher_killed"]),
], ids=["pcap", "pcapng"])
def test_a_target_that_was_lost_several_times_is_read_on(lab, query, args, losses):
    run = Run(lab, 1, *args, query=query)
    host = run.hosts[0]
    for loss in losses:
        run.send(host)
        run.wait_for_all(host)
        run.lose(host, loss)
        run.wait_for_return(host)
    run.send(host)
    run.wait_for_all(host)
    run.finish()


# Watermarks let everything go in the end; what a stream without them sent last waits for more.
@pytest.mark.parametrize("query, args, losses", [
    ("&format=pcap", ["--format", "pcap", "--hold-back", "1s"],
     ["restarted", "capture_killed", "front_killed"]),
    ("", ["--format", "pcapng", "--hold-back", "1h"], ["restarted", "capture_killed", "reset"]),
], ids=["pcap", "pcapng"])
def test_the_others_go_on_while_one_is_lost_and_when_it_is_back(lab, query, args, losses):
    """Whatever the lost one had sent."""
    run = Run(lab, 3, *args, query=query)
    for host, loss in zip(run.hosts, losses):
        others = [other for other in run.hosts if other is not host]
        run.send(*run.hosts)
        run.wait_for_all(*run.hosts)
        run.lose(host, loss)
        run.send(*others)
        run.wait_for_all(*others)
        run.wait_for_return(host)
        run.send(*run.hosts)
        run.wait_for_all(*run.hosts)
    run.finish()


def test_what_is_captured_while_the_link_is_down_comes_when_it_is_up(lab):
    """5 s: the connection survives, and the packets wait in the worker."""
    run = Run(lab, 1, "--format", "pcapng")
    host = run.hosts[0]
    for _ in range(2):
        run.send(host)
        run.wait_for_all(host)
        host.link("down")
        run.send(host)
        time.sleep(5)
        assert not run.is_there(host)
        host.link("up")
        run.wait_for_all(host)
    run.finish()


def test_a_link_that_is_down_at_the_end(lab):
    """Neither stopped nor counted: who relies on the exit status must know."""
    run = Run(lab, 2, "--format", "pcapng")
    host, other = run.hosts
    run.send(*run.hosts)
    run.wait_for_all(*run.hosts)
    host.link("down")
    run.send(host)
    time.sleep(0.5)
    assert run.ddump.stop(signal.SIGINT) == 3, run.ddump.log()
    with open(run.json) as f:
        away, there = json.load(f)["targets"]
    assert (away["state"], away["counts"]) == ("failed", "at_least") and away["reason"] in run.ddump.log(), away
    assert away["reason"].startswith("it was away at the end: ")
    assert (there["state"], there["counts"], there["reason"]) == ("ended", "exact", None)


@pytest.mark.long
def test_a_link_that_is_down_for_longer_than_a_worker_may_be_silent(lab):
    """20 s: the target is lost, comes back, and is read on."""
    run = Run(lab, 1, "--format", "pcapng")
    host = run.hosts[0]
    for _ in range(2):
        run.send(host)
        run.wait_for_all(host)
        host.link("down")
        time.sleep(20)
        host.link("up")
        run.n_losses[host.number] += 1
        run.wait_for_return(host)
        run.send(host)
        run.wait_for_all(host)
    run.finish()
