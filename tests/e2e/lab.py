"""Test networks: namespaces that a test makes and removes, and what runs in them."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("DDUMP_BUILD") or os.path.join(ROOT, "build", os.uname().machine)
WORKER = os.path.join(BUILD, "ddump-worker")
DDUMP = os.path.join(BUILD, "ddump")
PATIENCE = 30  # seconds until a thing that should happen counts as never happening


def run(*args, **kw):
    kw.setdefault("check", True)
    kw.setdefault("timeout", PATIENCE)
    kw.setdefault("stdout", subprocess.PIPE)
    kw.setdefault("stderr", subprocess.PIPE)
    return subprocess.run(args, **kw)


def wait_for(condition, what):
    """The condition's first true value; a failure names what never came."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    pytest.fail(f"never happened within {PATIENCE} s: {what}")


def need_root():
    if os.geteuid() != 0:
        pytest.skip("needs root: makes network namespaces")
    probe = subprocess.run(["ip", "netns", "add", f"ddp{os.getpid()}"], capture_output=True)
    if probe.returncode != 0:
        pytest.skip("cannot make network namespaces here: " + probe.stderr.decode().strip())
    run("ip", "netns", "del", f"ddp{os.getpid()}")


class Process:
    """A program under test with its log; stopped by pid, its log shown when a test fails."""

    def __init__(self, args, log, **kw):
        self.log_path = log
        self.args = args
        with open(log, "wb") as err:
            kw.setdefault("stdout", subprocess.DEVNULL)
            self.popen = subprocess.Popen(args, stderr=err, **kw)
        self.pid = self.popen.pid

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def stop(self, sig=signal.SIGTERM):
        if self.popen.poll() is None:
            self.popen.send_signal(sig)
            try:
                self.popen.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
                pytest.fail(f"{self.args[0]} did not stop\n{self.log()}")
        return self.popen.returncode

    def children(self):
        """pids of the live children, zombies left out."""
        path = f"/proc/{self.pid}/task/{self.pid}/children"
        try:
            with open(path) as f:
                pids = [int(p) for p in f.read().split()]
        except OSError:
            return []
        return [p for p in pids if status_of(p).get("State", "Z")[0] not in "ZX"]


def status_of(pid):
    """/proc/PID/status as a dictionary; empty when the process is gone."""
    try:
        with open(f"/proc/{pid}/status") as f:
            return {k: v.strip() for k, v in (line.split(":", 1) for line in f)}
    except OSError:
        return {}


def has_epoll(pid):
    """Whether the process has an event loop; False when it is gone."""
    folder = f"/proc/{pid}/fd"
    try:
        return any("eventpoll" in os.readlink(os.path.join(folder, fd)) for fd in os.listdir(folder))
    except OSError:
        return False


class Sender:
    """Sends raw frames from inside a namespace, one at a time, in the order told."""

    CODE = (
        "import socket,sys\n"
        "s={}\n"
        "for line in sys.stdin:\n"
        "    i,h=line.split()\n"
        "    if i not in s:\n"
        "        s[i]=socket.socket(socket.AF_PACKET,socket.SOCK_RAW); s[i].bind((i,0))\n"
        "    s[i].send(bytes.fromhex(h)); print(flush=True)\n"
    )

    def __init__(self, prefix):
        self.popen = subprocess.Popen(
            prefix + ["/usr/bin/python3", "-c", self.CODE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def send(self, interface, frame):
        self.popen.stdin.write(f"{interface} {bytes(frame).hex()}\n")
        self.popen.stdin.flush()
        self.popen.stdout.readline()

    def close(self):
        self.popen.stdin.close()
        self.popen.wait()
        self.popen.stdout.close()


class Namespace:
    def __init__(self, name):
        self.name = name
        self.prefix = ["ip", "netns", "exec", name]
        run("ip", "netns", "add", name)
        # an idle network stays idle: no neighbour discovery, no router solicitation
        for what in ("all", "default", "lo"):
            self.sysctl(f"net.ipv6.conf.{what}.disable_ipv6=1")
        self.ip("link", "set", "lo", "up")

    def ip(self, *args):
        return run("ip", "-n", self.name, *args)

    def sysctl(self, setting):
        subprocess.run(self.prefix + ["sysctl", "-qw", setting], capture_output=True)

    def run(self, *args, **kw):
        return run(*self.prefix, *args, **kw)

    def popen(self, args, log, **kw):
        return Process(self.prefix + list(args), log, **kw)

    def delete(self):
        subprocess.run(["ip", "netns", "del", self.name], capture_output=True)


class Lab:
    """Namespaces, their links, and the processes in them, all removed at the end."""

    def __init__(self, tmp_path):
        self.tmp = str(tmp_path)
        self.spaces = []
        self.processes = []
        self.senders = []

    def namespace(self, label):
        space = Namespace(f"dd{os.getpid()}{label}")
        self.spaces.append(space)
        return space

    def link(self, a, ifname_a, address_a, b, ifname_b, address_b):
        """A veth pair with fixed hardware addresses, so that no ARP is seen."""
        index = len(self.spaces) * 16 + ord(ifname_a[-1]) % 16
        mac_a, mac_b = (f"02:00:00:{side:02x}:{ord(ifname_a[-1]):02x}:{index:02x}" for side in (1, 2))
        run("ip", "link", "add", ifname_a, "netns", a.name, "address", mac_a, "type", "veth",
            "peer", "name", ifname_b, "netns", b.name, "address", mac_b)
        for space, ifname, address in ((a, ifname_a, address_a), (b, ifname_b, address_b)):
            space.ip("addr", "add", address + "/24", "dev", ifname)
            space.ip("link", "set", ifname, "up")
        a.ip("neigh", "add", address_b, "lladdr", mac_b, "dev", ifname_a, "nud", "permanent")
        b.ip("neigh", "add", address_a, "lladdr", mac_a, "dev", ifname_b, "nud", "permanent")
        return mac_a, mac_b

    def sender(self, space):
        sender = Sender(space.prefix)
        self.senders.append(sender)
        return sender

    def start(self, space, args, **kw):
        log = os.path.join(self.tmp, f"log{len(self.processes)}")
        process = space.popen(args, log, **kw) if space else Process(list(args), log, **kw)
        self.processes.append(process)
        return process

    def worker(self, space, *flags, listen="127.0.0.1:0", prefix=()):
        """A worker that listens; worker.port is where."""
        process = self.start(space, [*prefix, WORKER, "-v", "-listen", listen, *flags])
        line = wait_for(
            lambda: next((l for l in process.log().splitlines() if "listening on" in l), None)
            or process.popen.poll() is not None,
            "the worker listens: " + process.log(),
        )
        assert isinstance(line, str), process.log()
        # at first there is one that only tries whether packet sockets can be had
        wait_for(lambda: [has_epoll(p) for p in process.children()] == [True],
                 "the front process is there, alone")
        process.address = line.split("listening on ")[1]
        process.port = int(process.address.rsplit(":", 1)[1]) if "unix" not in line else 0
        return process

    def close(self):
        for sender in self.senders:
            sender.close()
        for process in self.processes:
            if process.popen.poll() is None:
                process.popen.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.popen.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.popen.kill()
                process.popen.wait()
            sys.stderr.write(f"--- {' '.join(process.args[-6:])}\n{process.log()[-4000:]}")
        for space in self.spaces:
            space.delete()


def udp_frame(source_mac, target_mac, source, target, payload, port=9999):
    """An Ethernet frame with correct checksums, from scapy."""
    from scapy.layers.inet import IP, UDP
    from scapy.layers.l2 import Ether

    return bytes(
        Ether(src=source_mac, dst=target_mac)
        / IP(src=source, dst=target)
        / UDP(sport=port, dport=port)
        / payload
    )


def packets_of(path):
    """[(time in ns, bytes without the link header)] of a cooked capture, by scapy."""
    from scapy.utils import RawPcapNgReader, RawPcapReader

    with open(path, "rb") as f:
        magic = f.read(4)
    out = []
    if magic == b"\x0a\x0d\x0d\x0a":
        reader = RawPcapNgReader(path)
        for data, meta in reader:
            ns = ((meta.tshigh << 32) + meta.tslow) * 10**9 // int(meta.tsresol)
            out.append((ns, data[20 if meta.linktype == 276 else 16:]))
    else:
        reader = RawPcapReader(path)
        head = 20 if reader.linktype == 276 else 16
        unit = 1 if reader.nano else 1000
        for data, meta in reader:
            out.append((meta.sec * 10**9 + meta.usec * unit, data[head:]))
    reader.close()
    return out


def told(log):
    """ddump's table at the end: {target: "received 8875, written 8874, dropped 0, late 0, bytes 8.7 MB, not written 1"}; of one
    target "total", too."""
    head, rows, last = None, {}, None
    for line in log.splitlines():
        text = re.sub(r"^.*?ddump: ", "", line)
        if re.match(r"target +received", text):
            head, rows = text.split()[1:], {}
            continue
        cells = re.split(r"  +", text.replace(",", "")) if head else []
        if head and text.startswith("  "):
            rows[last] += (" " if is_broken else ", ") + re.sub(r"(\d),(\d{3})\b", r"\1\2", text.strip())
            is_broken = not text.endswith(",")
            rows[last] = rows[last].rstrip(",")
        elif len(cells) > 5 and "ddump: " in line:
            last, is_broken = cells[0], False
            rows[last] = ", ".join(f"{title} {cell}" for title, cell in zip(head, cells[1:]))
    if len(rows) == 1:
        rows["total"] = next(iter(rows.values()))
    return rows
