"""A round's hosts: for each target a sender, a worker under a supervisor and a way to it; and ddump."""

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

from lab import DDUMP, PATIENCE, WORKER, Lab, need_root, run, status_of, wait_for  # noqa: E402,F401
from numbered import FILTER, NumberedSender  # noqa: E402

WORKER_PORT = 8475
PROXY_PORT = 8480
DEAD_MAX_S = 8  # a launcher that lost its front, or was told to stop, is gone by then

NGINX = """
daemon off; worker_processes 1; pid {tmp}/nginx.pid; error_log {tmp}/nginx.err; user root;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {tmp}/b; proxy_temp_path {tmp}/p;
  fastcgi_temp_path {tmp}/f; uwsgi_temp_path {tmp}/u; scgi_temp_path {tmp}/s;
  server {{
    listen {listen}; location / {{
      proxy_pass http://{upstream}; proxy_http_version 1.1; proxy_read_timeout 1h;
      proxy_set_header Host $http_host; {options}
    }}
  }}
}}
"""
HAPROXY = """
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
frontend f
  bind {listen}
  default_backend b
backend b
  server s {upstream}
"""
# The worker asks nginx not to buffer; a configuration can overrule it.
NGINX_OPTIONS = {"nginx": "proxy_buffering off;", "nginx-buffered": "proxy_ignore_headers X-Accel-Buffering;"}
WAYS = ("direct", "nginx", "nginx-buffered", "haproxy", "socat", "relay")


class Host:
    """The host of one target; number counts from 1."""

    def __init__(self, world, number, plan):
        self.world, self.number, self.plan = world, number, plan
        lab, n = world.lab, number
        self.space = lab.namespace(f"w{n}")
        self.outside = lab.namespace(f"s{n}")
        lab.link(world.client, f"k{n}", f"10.2.{n}.1", self.space, f"u{n}", f"10.2.{n}.2")
        self.macs = lab.link(self.outside, f"t{n}", f"10.1.{n}.1", self.space, f"d{n}", f"10.1.{n}.2")
        self.address = f"10.2.{n}.2"
        self.worker = None
        self.died_at, self.restart_at = None, None
        self.start_worker()
        wait_for(lambda: "listening on" in self.worker.log(), "the worker listens")
        wait_for(self.worker.children, "the front process is there")
        self.space.run("curl", "-sS", "--retry-connrefused", "--retry", "9", f"http://{self.address}:{WORKER_PORT}/healthz")
        time.sleep(0.1)
        self.fds = self.fds_of_worker()
        self.way, self.delay = plan.way, plan.delay
        self.proxy = self.relay = None
        self.start_way()
        self.sender = NumberedSender(
            lab, self.outside, f"t{n}", n, world.plan.size,
            self.macs, os.path.join(lab.tmp, f"sent{n}"))

    def start_worker(self):
        self.worker = self.world.lab.start(
            self.space, [WORKER, "-v", "-listen", f"{self.address}:{WORKER_PORT}"])
        self.died_at = self.restart_at = None

    def start_way(self):
        upstream, listen = f"{self.address}:{WORKER_PORT}", f"{self.address}:{PROXY_PORT}"
        self.port = WORKER_PORT if self.way == "direct" else PROXY_PORT
        self.name = f"127.0.0.{self.number}" if self.way == "relay" else self.address
        space = self.world.client if self.way == "relay" else self.space
        if self.way == "direct":
            return
        args = getattr(self, "args_of_" + self.way.split("-")[0])(listen, upstream)
        self.proxy = self.world.lab.start(space, args, stdin=subprocess.PIPE)
        self.relay = self.proxy if self.way == "relay" else None
        listening = f"{self.name}:{self.port} ".encode()
        wait_for(lambda: listening in space.run("ss", "-ltn").stdout, self.way + " listens")

    def args_of_nginx(self, listen, upstream):
        tmp = os.path.join(self.world.lab.tmp, f"nginx{self.number}")
        os.makedirs(tmp, exist_ok=True)
        self.write(tmp + "/conf", NGINX.format(tmp=tmp, listen=listen, upstream=upstream,
                                               options=NGINX_OPTIONS[self.way]))
        return ["nginx", "-c", tmp + "/conf", "-p", tmp]

    def args_of_haproxy(self, listen, upstream):
        path = os.path.join(self.world.lab.tmp, f"haproxy{self.number}")
        self.write(path, HAPROXY.format(listen=listen, upstream=upstream))
        return ["haproxy", "-db", "-f", path]

    def args_of_socat(self, listen, upstream):
        return ["socat", f"TCP-LISTEN:{PROXY_PORT},bind={self.address},fork,reuseaddr", f"TCP:{upstream}"]

    def args_of_relay(self, listen, upstream):
        return [sys.executable, os.path.join(HERE, "relay.py"), self.name, str(self.port), self.address,
                str(WORKER_PORT), str(self.plan.delay), "0"]

    def kill_proxy(self):
        """All its processes, so that the port is free."""
        for pid in [self.proxy.pid, *self.proxy.children()]:
            os.kill(pid, signal.SIGKILL)
        self.proxy.popen.wait()

    @staticmethod
    def write(path, text):
        with open(path, "w") as f:
            f.write(text)

    def target(self):
        query = [f"filter={FILTER.replace(' ', '+')}", "direction=in"]
        if self.plan.is_bound:
            query.append(f"interface=d{self.number}")
        if self.plan.is_pcap:
            query += ["format=pcap", "precision=nano"]
        if self.plan.ring_kib:
            query.append(f"buffer={self.plan.ring_kib}")
        return f"http://{self.name}:{self.port}/capture?{'&'.join(query)}"

    def tell_relay(self, line):
        try:
            self.relay.popen.stdin.write(line.encode() + b"\n")
            self.relay.popen.stdin.flush()
        except BrokenPipeError:
            return  # it was killed, and starts anew without this

    # The worker's processes.

    def front(self):
        return next(iter(self.worker.children()), None)

    def captures(self):
        return self.worker.children()[1:]

    def fds_of_worker(self):
        """How many descriptors the long-lived processes hold, but for connections that their peer keeps open."""
        launcher, front = (len(os.listdir(f"/proc/{pid}/fd")) for pid in (self.worker.pid, self.front()))
        kept = self.space.run("ss", "-Htn", "state", "established", "sport", f"= :{WORKER_PORT}").stdout
        return [launcher, front - len(kept.splitlines())]

    def zombies(self):
        with open(f"/proc/{self.worker.pid}/task/{self.worker.pid}/children") as f:
            return [p for p in f.read().split() if status_of(p).get("State", "")[:1] == "Z"]

    def supervise(self, random_delay):
        """As systemd does: a worker that died is started again, a moment later."""
        now = time.monotonic()
        if self.worker.popen.poll() is not None:
            if self.restart_at is None:
                self.restart_at = now + random_delay()
            elif now >= self.restart_at:
                self.start_worker()
        elif not self.front():
            self.died_at = self.died_at or now
            assert now - self.died_at < DEAD_MAX_S, "a launcher without its front lives on"
        else:
            self.died_at = None


class Ddump:
    """ddump with what it says stamped, and its output read, or not, by a thread."""

    def __init__(self, world, args, out, is_piped):
        self.out, self.lines = out, []
        self.is_open = threading.Event()
        self.is_open.set()
        self.written = 0
        stderr_read, stderr_write = os.pipe()
        stdout_read, stdout_write = os.pipe()
        command = [*world.client.prefix, DDUMP, *args, *([] if is_piped else ["-w", out])]
        self.args = command[len(world.client.prefix):]
        self.popen = subprocess.Popen(command, stdout=stdout_write, stderr=stderr_write)
        os.close(stderr_write)
        os.close(stdout_write)
        self.threads = [threading.Thread(target=self.read_log, args=(stderr_read,)),
                        threading.Thread(target=self.read_output, args=(stdout_read, is_piped))]
        for thread in self.threads:
            thread.daemon = True
            thread.start()

    def read_log(self, fd):
        with os.fdopen(fd, errors="replace") as f:
            for line in f:
                self.lines.append((time.time_ns(), line.rstrip("\n")))

    def read_output(self, fd, is_piped):
        with os.fdopen(fd, "rb", buffering=0) as f, open(self.out if is_piped else os.devnull, "wb") as out:
            while True:
                self.is_open.wait()
                data = f.read(1 << 16)
                if not data:
                    return
                out.write(data)
                out.flush()

    def log(self):
        return "\n".join(line for _, line in self.lines)

    def fds(self):
        """What each open descriptor is."""
        path, out = f"/proc/{self.popen.pid}/fd", []
        for fd in os.listdir(path):
            try:
                out.append(os.readlink(f"{path}/{fd}"))
            except FileNotFoundError:
                continue
        return out

    def finish(self):
        """Its exit status, once all of it was read."""
        self.is_open.set()
        code = self.popen.wait(PATIENCE)
        for thread in self.threads:
            thread.join(PATIENCE)
        return code

    def end(self):
        self.is_open.set()
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()

    def losses(self, name):
        """[[time of the loss, gap's begin, time of the return]]; None for what has not been."""
        out = []
        for ns, line in self.lines:
            if name + ": " not in line:
                continue
            back = re.search(r"back after a gap of ([0-9.]+) s", line)
            if back:
                begin = ns - int(float(back[1]) * 1e9)
                if out and out[-1][2] is None:
                    out[-1][1:] = [begin, ns]
                else:
                    out.append([ns, begin, ns])
            elif "connecting again for up to" in line:
                out.append([ns, None, None])
        return out


class World:
    def __init__(self, tmp, plan):
        self.plan = plan
        self.lab = Lab(tmp)
        self.random = random.Random(plan.seed)
        self.out = os.path.join(str(tmp), "out")
        self.json = os.path.join(str(tmp), "stats.json")
        self.ddump, self.hosts = None, []
        self.client = self.lab.namespace("c")
        for number, target in enumerate(plan.targets, 1):
            self.hosts.append(Host(self, number, target))

    def start(self):
        args = [*self.plan.args, "--stats-json", self.json, *(host.target() for host in self.hosts)]
        self.ddump = Ddump(self, args, self.out, self.plan.is_piped)
        n = len(self.hosts)
        wait_for(lambda: f"capturing on {n} of {n}" in self.ddump.log() or self.ddump.popen.poll() is not None,
                 "ddump captures: " + self.ddump.log())
        assert self.ddump.popen.poll() is None, self.ddump.log()

    def supervise(self):
        for host in self.hosts:
            host.supervise(lambda: self.random.uniform(0.1, 1))

    def close(self):
        """What the namespaces still held is killed, and named."""
        if self.ddump:
            self.ddump.end()
        for host in self.hosts:
            if host.proxy:
                host.proxy.popen.stdin.close()
            if host.sender.process.popen.poll() is None:
                host.sender.process.popen.kill()
        for process in self.lab.processes:
            if process.popen.poll() is None:
                process.popen.send_signal(signal.SIGTERM)
        left = []
        for process in self.lab.processes:
            try:
                process.popen.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                left.append(f"{process.args[-4:]} did not stop")
                process.popen.kill()
                process.popen.wait()
        for space in self.lab.spaces:
            left += self.sweep(space)
            space.delete()
        names = run("ip", "netns", "list").stdout.decode().split()
        return left + [f"namespace {space.name} is left" for space in self.lab.spaces if space.name in names]

    def sweep(self, space):
        """The processes left in a namespace of ours; socat's children end with their connections."""
        deadline, left = time.monotonic() + 3, []
        while True:
            pids = run("ip", "netns", "pids", space.name).stdout.decode().split()
            left = [p for p in pids if "ddump" in status_of(p).get("Name", "")]
            if not left or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        for pid in pids:
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                continue
        return [f"process {pid} ({status_of(pid).get('Name')}) is left in {space.name}" for pid in left]
