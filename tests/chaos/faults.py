"""What goes wrong: each fault has a beginning, and an end that puts things right again."""

import os
import signal
import time

from world import wait_for

RESET_RULES = ("add table inet {0}; add chain inet {0} out {{ type filter hook output priority 0; }};"
               " add rule inet {0} out ip daddr {1} tcp dport {2} reject with tcp reset")


class Fault:
    """taints: the worker cannot say afterwards what a capture had counted."""

    taints = False
    least, most = 0.0, 0.0

    def __init__(self, world, host):
        self.world, self.host = world, host

    @staticmethod
    def fits(plan, target):
        return True

    def begin(self):
        raise NotImplementedError

    def end(self):
        pass


def kill(pid, number=signal.SIGKILL):
    try:
        if pid:
            os.kill(pid, number)
    except ProcessLookupError:
        pass


class KillCapture(Fault):
    taints = True

    def begin(self):
        for pid in self.host.captures():
            kill(pid)


class KillFront(Fault):
    taints = True

    def begin(self):
        kill(self.host.front())


class KillLauncher(Fault):
    taints = True

    def begin(self):
        if self.host.worker.popen.poll() is None:
            self.host.worker.popen.kill()


class Restart(Fault):
    taints = True

    def begin(self):
        if self.host.worker.popen.poll() is None:
            self.host.worker.popen.terminate()


class Reset(Fault):
    """By the relay, to both sides; else the client's own kernel resets what it would send."""

    least, most = 0.2, 0.6

    def begin(self):
        self.table = f"chaos{self.host.number}"
        if self.host.relay:
            self.host.tell_relay("reset")
        else:
            self.world.client.run("nft", RESET_RULES.format(self.table, self.host.address, self.host.port))

    def end(self):
        if not self.host.relay:
            self.world.client.run("nft", "delete table inet " + self.table, check=False)


class KillProxy(Fault):
    least, most = 0.1, 1.0

    @staticmethod
    def fits(plan, target):
        return target.way != "direct"

    def begin(self):
        self.host.kill_proxy()

    def end(self):
        self.host.start_way()


class LinkDown(Fault):
    least, most = 0.5, 5.0

    def begin(self):
        self.is_far = self.world.random.random() < 0.5
        self.set("down")

    def end(self):
        self.set("up")

    def set(self, state):
        n = self.host.number
        space, name = (self.host.space, f"u{n}") if self.is_far else (self.world.client, f"k{n}")
        space.ip("link", "set", name, state)


class Stall(Fault):
    """Nobody reads ddump's standard output."""

    least, most = 0.5, 3.0

    @staticmethod
    def fits(plan, target):
        return plan.is_piped

    def begin(self):
        self.world.ddump.is_open.clear()

    def end(self):
        self.world.ddump.is_open.set()


class Slow(Fault):
    """The link carries a part of what is captured."""

    least, most = 0.5, 2.0

    @staticmethod
    def fits(plan, target):
        return target.way == "relay"

    def begin(self):
        self.host.tell_relay("rate %d" % (self.world.plan.rate * self.world.plan.size * 0.6))
        self.host.tell_relay("delay 0.1")

    def end(self):
        self.host.tell_relay("rate 0")
        self.host.tell_relay(f"delay {self.host.plan.delay}")


class InterfaceGone(Fault):
    """The sender rests meanwhile: what would be on its way when a link goes reaches nobody."""

    least, most = 0.1, 1.0

    def begin(self):
        host, n = self.host, self.host.number
        host.sender.tell("rate 0")
        host.sender.tell("close")
        time.sleep(0.05)
        host.outside.ip("link", "del", f"t{n}")

    def end(self):
        host, n = self.host, self.host.number
        host.outside.ip("link", "add", f"t{n}", "address", host.macs[0], "type", "veth", "peer", "name", f"d{n}",
                        "netns", host.space.name, "address", host.macs[1])
        host.outside.ip("link", "set", f"t{n}", "up")
        host.space.ip("link", "set", f"d{n}", "up")
        # up is said at once; what is sent before the carrier is seen is lost in the sender's own kernel
        wait_for(lambda: '"operstate":"UP"' in host.outside.ip("-j", "link", "show", f"t{n}").stdout.decode(),
                 "the new link's carrier")
        host.sender.tell("open")
        host.sender.tell(f"rate {self.world.plan.rate}")


FAULTS = {
    "kill-capture": KillCapture,
    "kill-front": KillFront,
    "kill-launcher": KillLauncher,
    "restart": Restart,
    "kill-proxy": KillProxy,
    "reset": Reset,
    "link-down": LinkDown,
    "stall": Stall,
    "slow": Slow,
    "interface-gone": InterfaceGone,
}
