"""--path: what it says of each packet is what the middlebox knows."""

import json
import os
import signal
import time

import pytest

from lab import DDUMP, HERE, run, wait_for
from path_lab import FILTER, Chain, lost_by_protocol, tcp_bytes, truth_by_protocol


@pytest.fixture
def chain(lab):
    return Chain(lab)


def check_sums(report):
    """The numbers add up."""
    packets = report["packets"]
    verdicts = ("arrived", "lost", "unknown", "exits", "duplicates", "not_sent", "not_recognized", "not_judged")
    assert packets["all"] == sum(packets[v] for v in verdicts)
    assert packets["lost"] == sum(s["lost"] for s in report["segments"])
    assert packets["unknown"] == sum(report["unknown"].values())
    assert packets["not_judged"] == sum(report["not_judged"].values())


def check_lost(chain, report):
    check_sums(report)
    drops = chain.events()
    wire, elsewhere = lost_by_protocol(report)
    assert wire == truth_by_protocol(drops), report["packets"]
    assert elsewhere == 0
    listed = sum(one["length"] for one in report["lost"] if one["protocol"] == "tcp" and "seq" in one)
    return drops, listed


def test_losses_of_every_protocol_are_the_boxes(chain):
    chain.workers_on()
    chain.serve()
    box = chain.box(60, loss=0.02, delay=0.002, ba=1, skip=20)
    ddump = chain.ddump()
    chain.traffic("udp 400 0.004", "udp 400 0.004 6", "tcp 300 0.004", "tcp 300 0.004 6", "frag 40 0.03",
                  "tiny 100 0.01")
    report = chain.report(ddump)
    box.stop()
    check_lost(chain, report)


def test_bulk_tcp_is_matched_across_tso_and_losses_are_exact_to_the_byte(chain):
    chain.workers_on()
    chain.serve()
    box = chain.box(60, loss=0.01, delay=0.002, reorder=0.02, skip=10)
    ddump = chain.ddump()
    chain.traffic("bulk 12 0.02", "bulk 12 0.02 6")
    report = chain.report(ddump)
    box.stop()
    drops, listed = check_lost(chain, report)
    assert len(drops) > 10 and report["packets"]["lost_bytes"] == tcp_bytes(drops) == listed


@pytest.mark.long
def test_bulk_tcp_is_matched_across_gro(chain):
    chain.features(chain.a, "ea", "tso=0", "gso=0", "tx=0")
    chain.features(chain.r, "r0", "gro=1")
    chain.workers_on()
    chain.serve()
    box = chain.box(60, loss=0.01, delay=0.002, reorder=0.02, skip=10)
    ddump = chain.ddump()
    chain.traffic("bulk 12 0.02", "bulk 12 0.02 6")
    report = chain.report(ddump)
    box.stop()
    drops, listed = check_lost(chain, report)
    assert len(drops) > 10 and report["packets"]["lost_bytes"] == tcp_bytes(drops) == listed


@pytest.mark.long
def test_of_identical_packets_losses_less_duplicates_are_exact(chain):
    chain.workers_on()
    chain.serve()
    box = chain.box(60, loss=0.05, delay=0.004, jitter=0.006, dup=0.02)
    ddump = chain.ddump()
    time.sleep(1.5)  # a copy is one once its source was seen for the wait before it
    chain.traffic("same 1000 0.002 6", "udp 400 0.004 6", "same 1000 0.002 con")
    report = chain.report(ddump)
    box.stop()
    check_sums(report)
    packets = report["packets"]
    assert packets["lost"] - packets["duplicates"] == len(chain.events()) - len(chain.events("dup"))
    assert packets["alike"] > 0 and packets["not_sent"] == packets["not_recognized"] == 0


def test_masqueraded_flows_are_the_same_on_both_sides(chain):
    chain.rule("n", "post", "nat hook postrouting priority 100", 'oifname "r1" masquerade')
    chain.workers_on()
    chain.serve()
    box = chain.box(60, loss=0.02, delay=0.001, skip=20)
    ddump = chain.ddump()
    chain.traffic("tcp 150 0.006", "udp 200 0.006", "udp 200 0.006 con", "same 100 0.01 con", "tcp 60 0.01 6")
    report = chain.report(ddump)
    box.stop()
    check_lost(chain, report)
    names = {(t["flow"].split(":")[0], t["as"].split(":")[0]) for t in report["translated"]}
    assert ("10.92.1.2", "10.92.2.1") in names or ("10.92.2.1", "10.92.1.2") in names


@pytest.mark.long
def test_a_destination_that_is_translated_is_where_its_packets_arrive(chain):
    chain.rule("n", "pre", "nat hook prerouting priority -100",
               "ip daddr 10.92.1.1 tcp dport 8443 dnat to 10.92.2.2:7000")
    chain.workers_on()
    chain.serve()
    box = chain.box(60, loss=0.03, delay=0.001, ba=1, skip=10)
    ddump = chain.ddump()
    chain.traffic("tcp 200 0.006 to=10.92.1.1 port=8443")
    report = chain.report(ddump)
    box.stop()
    drops, _ = check_lost(chain, report)
    assert drops


@pytest.mark.long
def test_super_datagrams_are_not_judged_and_nothing_else_suffers(chain):
    chain.workers_on()
    chain.serve()
    box = chain.box(60, loss=0.03, delay=0.001, skip=10)
    ddump = chain.ddump("-s", "2000")
    chain.traffic("gso 60 0.01", "gso 60 0.01 6", "tcp 100 0.005")
    report = chain.report(ddump)
    box.stop()
    check_sums(report)
    wire, elsewhere = lost_by_protocol(report)
    truth = truth_by_protocol(chain.events())
    assert wire["ab", "tcp"] == truth["ab", "tcp"] and wire["ab", "udp"] == elsewhere == 0
    assert report["not_judged"]["cut by the sender (UDP GSO)"] > 0
    assert report["packets"]["not_sent"] == 0


def count_dropped(chain):
    rule = chain.r.run("nft", "list", "table", "ip", "f").stdout.decode()
    return int(rule.split("packets ")[1].split()[0])


@pytest.mark.parametrize("has_others", [pytest.param(True, marks=pytest.mark.long, id="beside others"),
                                        pytest.param(False, id="as the first packets of the run")])
def test_a_firewall_that_drops_the_first_syn_is_found(chain, has_others):
    chain.rule("f", "forward", "filter hook forward priority 0", "tcp dport 443 counter drop")
    chain.workers_on()
    chain.serve()
    box = chain.box(60)
    ddump = chain.ddump()
    chain.traffic("syn 10 0.02", *(["tcp 100 0.01", "udp 100 0.01"] if has_others else []))
    report = chain.report(ddump)
    box.stop()
    check_sums(report)
    n = count_dropped(chain)
    assert n >= 10 and report["packets"]["lost"] == n
    assert {one["after"] for one in report["lost"]} == {"r/r0"}
    if has_others:
        assert {one["expected"] for one in report["lost"]} == {"r/r1"}


def kernel_drops(report):
    """Of a target, from its points."""
    return {p["target"]: p["kernel_drops"] for p in report["points"]}


def stop_for(process, seconds):
    """The capture processes of a worker stand still: their small rings overflow."""
    pids = process.children()
    pids += [int(k) for p in pids for k in open(f"/proc/{p}/task/{p}/children").read().split()]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    for pid in pids:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("turn", [0] + [pytest.param(i, marks=pytest.mark.long) for i in range(1, 20)])
def test_what_a_target_dropped_is_unknown_and_never_lost(chain, turn):
    chain.workers_on()
    chain.serve()
    box = chain.box(60, loss=0.01, delay=0.001, skip=20, seed=turn)
    targets = [t + "/capture?buffer=128" if t.startswith("b=") else t for t in chain.targets]
    ddump = chain.ddump(targets=targets)
    sender = chain.lab.start(chain.a, ["/usr/bin/python3", os.path.join(HERE, "path_traffic.py"),
                                       "udp", "6000", "0.0005"])
    time.sleep(1)
    stop_for(chain.workers["b"], 0.8)
    sender.popen.wait(60)
    report = chain.report(ddump)
    box.stop()
    check_sums(report)
    packets, drops = report["packets"], chain.events()
    n_dropped = kernel_drops(report)["b"]
    assert n_dropped > 0
    assert packets["lost"] + packets["unknown"] == len(drops) + n_dropped
    truth = {e["time"] for e in drops}
    assert packets["lost"] <= len(truth) and packets["not_sent"] == 0
    for one in report["lost"]:
        # the box stamps a packet within moments of r1's own stamp
        assert any(abs(e - one["time"]) < 20_000_000 for e in truth), one


def test_a_gap_of_a_target_makes_no_packet_lost(chain):
    chain.workers_on()
    chain.serve()
    box = chain.box(60, loss=0.02, delay=0.001, skip=20)
    ddump = chain.ddump()
    sender = chain.lab.start(chain.a, ["/usr/bin/python3", os.path.join(HERE, "path_traffic.py"),
                                       "udp", "1500", "0.004"])
    time.sleep(1)
    old = chain.workers["b"]
    os.kill(old.pid, signal.SIGKILL)
    old.popen.wait()
    for pid in old.children():
        os.kill(pid, signal.SIGKILL)
    chain.workers["b"] = chain.lab.worker(chain.b, listen=old.address)
    sender.popen.wait(60)
    report = chain.report(ddump)
    box.stop()
    check_sums(report)
    truth = [e["time"] for e in chain.events()]
    assert report["unknown"].get("gap", 0) > 0
    assert report["packets"]["lost"] <= len(truth) and report["packets"]["not_sent"] == 0
    for one in report["lost"]:
        assert any(abs(e - one["time"]) < 20_000_000 for e in truth), one


@pytest.mark.long
def test_an_interrupt_amid_traffic_makes_no_packet_lost(chain):
    chain.workers_on()
    chain.serve()
    box = chain.box(60, loss=0.02, delay=0.01, skip=20)
    ddump = chain.ddump()
    sender = chain.lab.start(chain.a, ["/usr/bin/python3", os.path.join(HERE, "path_traffic.py"),
                                       "udp", "6000", "0.001"])
    time.sleep(1)
    report = chain.report(ddump)
    check_sums(report)
    sender.stop()
    box.stop()
    truth = [e["time"] for e in chain.events()]
    packets = report["packets"]
    assert packets["arrived"] > 0 and packets["unknown"] == packets["not_sent"] == 0
    for one in report["lost"]:
        assert any(abs(e - one["time"]) < 20_000_000 for e in truth), one


@pytest.mark.long
def test_delays_are_the_boxes_within_their_bound(chain):
    chain.workers_on()
    chain.serve()
    box = chain.box(60, delay=0.005, jitter=0.005)
    ddump = chain.ddump()
    chain.traffic("udp 500 0.004")
    report = chain.report(ddump)
    box.stop()
    truth = chain.box_delays()
    (delay,) = [s["delay_ns"] for s in report["segments"] if (s["from"], s["to"]) == ("r/r1", "b/eb")]
    assert delay["n"] == 500
    # the way of a frame through two veth pairs and a script's send comes on top
    for name, at in (("min", 0), ("p50", 0.5)):
        want = truth[int(len(truth) * at)]
        assert abs(delay[name] - want) <= delay["bound"] + want * 0.1 + 2_000_000, (name, delay, want)
    assert delay["min"] <= delay["p50"] <= delay["p99"] <= delay["max"]


def test_forged_resets_were_never_sent(chain):
    chain.workers_on()
    chain.serve()
    box = chain.box(60)
    ddump = chain.ddump()
    chain.traffic("udp 100 0.004", "tcp 60 0.01")
    forge = (
        "from scapy.all import Ether, IP, TCP, sendp\n"
        "for i in range(3): sendp(Ether(dst='%s', src='02:00:00:00:00:01') / IP(src='10.92.2.2', dst='10.92.1.2', id=77+i)"
        " / TCP(sport=7000, dport=40000+i, seq=1234+i, flags='R', window=0), iface='m0', verbose=0)\n"
    )
    link = chain.r.run("ip", "-br", "link", "show", "r1").stdout.decode().split()
    chain.m.run("/usr/bin/python3", "-c", forge % next(w for w in link if w.count(":") == 5))
    report = chain.report(ddump)
    box.stop()
    check_sums(report)
    assert report["not_sent"] == 3 and report["packets"]["lost"] == 0


def test_files_give_the_same_answer_as_the_live_run(chain, tmp_path):
    chain.workers_on()
    chain.serve()
    box = chain.box(60, loss=0.02, delay=0.002, ba=1, skip=20)
    files = []
    captures = []
    for target in chain.targets:
        files.append(str(tmp_path / (target.split("=")[0] + ".pcapng")))
        captures.append(chain.lab.start(chain.c, [DDUMP, "-w", files[-1], "-s", "160", "-f", FILTER, target]))
    for p in captures:
        wait_for(lambda: "capturing on" in p.log(), "ddump captures")
    chain.traffic("udp 20 0.01")
    chain.traffic("udp 300 0.004", "tcp 200 0.004")
    time.sleep(2.5)
    chain.traffic("udp 20 0.01")
    for p in captures:
        assert p.stop(signal.SIGINT) == 0
    box.stop()
    out = str(tmp_path / "files.json")
    run(DDUMP, "--path", "--path-wait", "1s", "--path-json", out, *files)
    with open(out) as f:
        report = json.load(f)
    check_sums(report)
    wire, elsewhere = lost_by_protocol(report)
    truth = truth_by_protocol(chain.events())
    assert elsewhere == 0 and wire["ab", "tcp"] == truth["ab", "tcp"] and wire["ba", "tcp"] == truth["ba", "tcp"]
    # the last ones were open when the files ended
    assert 0 <= truth["ab", "udp"] - wire["ab", "udp"] <= 3
