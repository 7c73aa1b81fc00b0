"""Hosts with a real sshd, users and rights of their own: nothing of the machine's is changed."""

import os
import subprocess

from lab import DDUMP, Process, run, wait_for

PASSWD = """root:x:0:0::{home}:{shell}
sshd:x:100:65534::/run/sshd:/usr/sbin/nologin
tcpdump:x:101:65534::/:/usr/sbin/nologin
ann:x:1000:1000::/:/bin/sh
none:x:0:0::{home}:/usr/sbin/nologin
loud:x:0:0::{home}:{tmp}/loud
nobody:x:65534:65534::/:/usr/sbin/nologin
"""
LOUD = """#!/bin/sh
echo "Welcome!"
echo "DDUMP1 0123456789abcdef fail not ours"
printf "\\033[1m"
echo
exec /bin/sh "$@"
"""
SSHD = """Port 22
ListenAddress {address}
HostKey {tmp}/host_key
AuthorizedKeysFile /run/keys
StrictModes no
UsePAM no
UseDNS no
PidFile none
PermitRootLogin yes
{more}
"""
SSH = """IdentityFile {tmp}/key
UserKnownHostsFile {tmp}/known_hosts
GlobalKnownHostsFile /dev/null
IdentitiesOnly yes
LogLevel ERROR
"""


class Hosts:
    """Keys, and what all hosts of a test share."""

    def __init__(self, lab):
        self.lab, self.tmp = lab, lab.tmp
        self.home = os.path.join(self.tmp, "home")
        os.makedirs(self.home, exist_ok=True)
        os.chmod(self.home, 0o777)
        os.chmod(self.tmp, 0o755)
        for name in ("host_key", "key"):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{self.tmp}/{name}")
        for name, text in (("ssh_config", SSH), ("loud", LOUD)):
            self.write(name, text.replace("{tmp}", self.tmp))
        os.chmod(f"{self.tmp}/loud", 0o755)
        self.known = open(f"{self.tmp}/host_key.pub").read()
        self.write("known_hosts", "* " + self.known)
        self.ssh = f"ssh -F {self.tmp}/ssh_config"

    def write(self, name, text):
        with open(f"{self.tmp}/{name}", "w") as f:
            f.write(text)
        return f"{self.tmp}/{name}"

    def start(self, space, address, shell="/bin/sh", more="", mounts="", server=None):
        """sshd in a mount namespace of its own: its /run and /dev/shm are empty, root's shell is as told."""
        n = len(self.lab.processes)
        passwd = self.write(f"passwd{n}", PASSWD.format(home=self.home, shell=shell, tmp=self.tmp))
        config = self.write(f"sshd{n}", SSHD.format(address=address, tmp=self.tmp, more=more))
        script = (
            f"mount --bind {passwd} /etc/passwd && mount -t tmpfs none /dev/shm && mount -t tmpfs none /run &&"
            f" mkdir -p -m 755 /run/sshd && cp {self.tmp}/key.pub /run/keys && chmod 644 /run/keys && {mounts or 'true'} &&"
            f" exec {server or '/usr/sbin/sshd -D -e -f ' + config}"
        )
        process = self.lab.start(space, ["unshare", "-m", "sh", "-c", script])
        wait_for(lambda: space.run("ss", "-Hltn", "sport = :22").stdout or process.popen.poll() is not None, "sshd listens")
        assert process.popen.poll() is None, process.log()
        return process

    def ddump(self, space, *args, **kw):
        """A run that has not ended yet."""
        words = [DDUMP, "--ssh", self.ssh, "--connect-timeout", "60", *map(str, args)]
        return self.lab.start(space, words, stdin=subprocess.DEVNULL, start_new_session=True, **kw)

    def run(self, space, *args, code=0):
        """Its log after a run to its end."""
        process = self.ddump(space, *args)
        process.popen.wait(60)
        print(process.log())
        assert process.popen.returncode == code, process.log()
        return process.log()


def left_behind(space, *servers):
    """What a host still has of us: processes beside the servers, and files in memory."""
    pids = {int(p) for p in run("ip", "netns", "pids", space.name).stdout.split()}
    names = []
    for pid in pids:
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                words = f.read().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if any(w in words for w in ("-stdio", "tcpdump -U", "head -c", "DDUMP1")):
            names.append(words)
    for server in servers:
        for where in ("/dev/shm", "/run"):
            names += [n for n in os.listdir(f"/proc/{server.pid}/root{where}") if n.startswith("ddump.")]
    return names


def assert_nothing_left(space, *servers):
    wait_for(lambda: not left_behind(space, *servers), f"nothing is left: {left_behind(space, *servers)}")


__all__ = ["Hosts", "Process", "assert_nothing_left", "left_behind"]
