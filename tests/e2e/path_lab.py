"""The chain of hosts of the --path tests, with a middlebox that knows the truth.

    a (ea) ---- (r0) r (r1) ---- (m0) m (m1) ---- (eb) b         c reaches a, r and b over links of its own
    10.92.1.2   10.92.1.1  10.92.2.1             10.92.2.2       fd92:1::/64, fd92:2::/64

Nothing moves between m0 and m1 unless the box runs. a and r0 keep their offloads: large records and unfinished
checksums there; r1 and eb have none, so that the wire carries packets of the MTU.
"""

import collections
import json
import os
import signal
import time

from lab import DDUMP, HERE, run, wait_for

PYTHON = "/usr/bin/python3"
FILTER = ("(ip and net 10.92.0.0/16) or "
          "(ip6 net fd92::/16 and not (icmp6 and (ip6[40]>=133 and ip6[40]<=136)))")
ETHTOOL = {"tx": 0x17, "tso": 0x1F, "gso": 0x24, "gro": 0x2C}
SET_FEATURES = f"""
import array, fcntl, socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for word in sys.argv[2:]:
    name, value = word.split("=")
    a = array.array("B", struct.pack("II", {ETHTOOL!r}[name], int(value)))
    fcntl.ioctl(s, 0x8946, struct.pack("16sP", sys.argv[1].encode(), a.buffer_info()[0]))
"""
PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 44: "fragments", 58: "icmp6"}


class Chain:
    def __init__(self, lab, settle=0.3):
        self.lab = lab
        self.a, self.r, self.m, self.b, self.c = (lab.namespace(x) for x in "armbc")
        for space in (self.a, self.r, self.b):
            for what in ("all", "default"):
                space.sysctl(f"net.ipv6.conf.{what}.disable_ipv6=0")
                space.sysctl(f"net.ipv6.conf.{what}.accept_dad=0")
        for one, i, other, k in ((self.a, "ea", self.r, "r0"), (self.r, "r1", self.m, "m0"),
                                 (self.m, "m1", self.b, "eb")):
            run("ip", "link", "add", i, "netns", one.name, "type", "veth", "peer", "name", k,
                "netns", other.name)
        for space, i, four, six in ((self.a, "ea", "10.92.1.2/24", "fd92:1::2/64"),
                                    (self.r, "r0", "10.92.1.1/24", "fd92:1::1/64"),
                                    (self.r, "r1", "10.92.2.1/24", "fd92:2::1/64"),
                                    (self.b, "eb", "10.92.2.2/24", "fd92:2::2/64")):
            space.ip("addr", "add", four, "dev", i)
            space.ip("-6", "addr", "add", six, "dev", i, "nodad")
            space.ip("link", "set", i, "up")
        for i in ("m0", "m1"):
            self.m.ip("link", "set", i, "up")
        self.r.sysctl("net.ipv4.ip_forward=1")
        self.r.sysctl("net.ipv6.conf.all.forwarding=1")
        for space, four, six in ((self.a, "10.92.1.1", "fd92:1::1"), (self.b, "10.92.2.1", "fd92:2::1")):
            space.ip("route", "add", "default", "via", four)
            space.ip("-6", "route", "add", "default", "via", six)
        self.features(self.r, "r1", "tx=0", "tso=0", "gso=0", "gro=0")
        self.features(self.b, "eb", "tx=0", "tso=0", "gso=0", "gro=0")
        self.features(self.r, "r0", "gro=0")
        self.features(self.a, "ea", "gro=0")
        self.settle = settle
        self.targets = []
        self.workers = {}
        self.sniff = None

    def features(self, space, interface, *words):
        space.run(PYTHON, "-c", SET_FEATURES, interface, *words)

    def rule(self, table, chain, hook, rule):
        """One rule of a firewall, or of address translation, at r."""
        text = f"table ip {table} {{\n chain {chain} {{\n type {hook};\n {rule}\n }}\n}}\n"
        self.r.run("nft", "-f", "-", input=text.encode())

    def workers_on(self, names="arb", flags=None):
        for i, name in enumerate("arb"):
            space = {"a": self.a, "r": self.r, "b": self.b}[name]
            if name not in names:
                continue
            here, there = f"10.93.{i + 1}.1", f"10.93.{i + 1}.2"
            self.lab.link(self.c, f"c{i}", here, space, f"k{i}", there)
            self.workers[name] = self.lab.worker(space, *(flags or {}).get(name, ()), listen=f"{there}:8475")
            self.targets.append(f"{name}={there}")

    def box(self, seconds, **options):
        """The middlebox; its log is self.truth."""
        self.truth = os.path.join(self.lab.tmp, "box.json")
        words = [f"{k}={v}" for k, v in options.items()]
        return self.start(self.m, "path_box.py", self.truth, str(seconds), *words)

    def start(self, space, script, *args):
        out = os.path.join(self.lab.tmp, f"out{len(self.lab.processes)}")
        with open(out, "wb") as f:
            p = self.lab.start(space, [PYTHON, os.path.join(HERE, script), *args], stdout=f)
        wait_for(lambda: "ready" in open(out).read() or p.popen.poll() is not None, f"{script} is ready")
        assert p.popen.poll() is None, p.log()
        return p

    def serve(self, seconds=60):
        return self.start(self.b, "path_traffic.py", "serve", str(seconds))

    def traffic(self, *commands, space=None, env=None):
        """Runs them side by side, to their end."""
        running = [self.lab.start(space or self.a, [PYTHON, os.path.join(HERE, "path_traffic.py"), *c.split()],
                                  env={**os.environ, **(env or {})}) for c in commands]
        for p in running:
            p.popen.wait(60)

    def ddump(self, *args, targets=None, wait="1s", filter=FILTER):
        """ddump --path, once it captures; its report is JSON."""
        self.report_path = os.path.join(self.lab.tmp, "path.json")
        self.text_path = os.path.join(self.lab.tmp, "path.txt")
        out = open(self.text_path, "wb")
        p = self.lab.start(self.c, [DDUMP, "--path", "--path-json", self.report_path, "--path-wait", wait,
                                    "-f", filter, *args, *(targets or self.targets)], stdout=out)
        wait_for(lambda: "capturing on" in p.log() or p.popen.poll() is not None, "ddump captures")
        assert p.popen.poll() is None, p.log()
        time.sleep(self.settle)  # marks of all targets: what is sent from now on is judged
        return p

    def report(self, process, sig=signal.SIGINT):
        status = process.stop(sig)
        assert status == 0, process.log()
        with open(self.report_path) as f:
            return json.load(f)

    def events(self, kind="drop"):
        with open(self.truth) as f:
            return [e for e in map(json.loads, f) if e["event"] == kind]

    def box_delays(self):
        return self.events("end")[0]["delays"]


def lost_by_protocol(report):
    """{(direction, protocol): packets} of the link that the box is on, and packets lost elsewhere."""
    wire, elsewhere = collections.Counter(), 0
    for one in report["lost"]:
        # of a file, the point's name has the file's in front
        ends = tuple("/".join(one[k].split("/")[-2:]) for k in ("after", "expected"))
        if ends[0] == "r/r1" and ends[1] in ("b/eb", "b", "b.pcapng"):
            wire["ab", one["protocol"]] += one["packets"]
        elif ends[0] == "b/eb" and ends[1] in ("r/r1", "r", "a", "a.pcapng"):
            wire["ba", one["protocol"]] += one["packets"]
        else:
            elsewhere += one["packets"]
    return +wire, elsewhere


def truth_by_protocol(events):
    out = collections.Counter()
    for e in events:
        out[e["direction"], PROTOCOLS[e["protocol"]]] += 1
    return out


def tcp_bytes(events):
    """TCP payload, and a byte for each SYN and FIN."""
    return sum(e["payload"] + bool(e["flags"] & 2) + bool(e["flags"] & 1)
               for e in events if e["protocol"] == 6)
