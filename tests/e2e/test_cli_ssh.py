"""ssh://HOST: nothing is installed there, nothing stays there."""

import json
import os
import re
import shutil
import signal
import time

import pytest

from captures import run_ddump
from lab import PATIENCE, WORKER, packets_of, run, told, wait_for
from ssh_lab import Hosts, assert_nothing_left, left_behind


@pytest.fixture
def net(lab):
    """A client and a host."""
    client, host = lab.namespace("c"), lab.namespace("h")
    lab.link(client, "c0", "10.80.0.1", host, "h0", "10.80.0.2")
    hosts = Hosts(lab)
    hosts.client, hosts.host = client, host
    return hosts


def capture(net, target, out, *args, pings=20, seconds=None):
    """A run over some pings, ended by SIGINT to its process group, as a terminal sends it."""
    ddump = net.ddump(net.client, target, "-w", out, *args)
    wait_for(lambda: "capturing on 1 of 1" in ddump.log() or ddump.popen.poll() is not None, "it captures")
    assert ddump.popen.poll() is None, ddump.log()
    net.client.run("ping", "-q", "-c", str(pings), "-i", "0.01", "10.80.0.2")
    os.killpg(ddump.pid, signal.SIGINT)
    ddump.popen.wait(PATIENCE)
    print(ddump.log())
    assert ddump.popen.returncode == 0
    return ddump.log()


def test_a_host_with_nothing_installed(net, tmp_path):
    """What is run there is said; an unfiltered capture has none of its own packets; ^C loses nothing."""
    server = net.start(net.host, "10.80.0.2")
    out, stats = tmp_path / "out.pcap", tmp_path / "stats.json"
    log = capture(net, "ssh://root@10.80.0.2", out, "--stats-json", stats)
    assert re.search(r"10\.80\.0\.2: no worker there: runs ours \(\d+ KiB\), removed at once from /dev/shm/ddump\.", log)
    packets = [data for _, data in packets_of(str(out))]
    assert len(packets) == 40 and all(data[9] == 1 for data in packets), "echoes and nothing else"
    target = json.loads(stats.read_text())["targets"][0]
    counts = [target[k] for k in ("counts", "packets_offered", "packets_received", "kernel_drops", "not_fetched", "own_traffic")]
    assert counts == ["exact", 40, 40, 0, 0, 0], "the last block is waited for"
    assert re.search(r"[+-]?[\d.]+ ±[\d.]+ .s", log), "its clock was asked"
    assert_nothing_left(net.host, server)
    log = capture(net, "tap=ssh://loud@10.80.0.2?filter=icmp[icmptype]==icmp-echo", out)
    assert len(packets_of(str(out))) == 20, "whatever a login prints"


def test_a_worker_that_is_installed_is_used(net, tmp_path):
    bin_dir = tmp_path / "bin"
    bin_dir.mkdir()
    shutil.copy(WORKER, bin_dir / "ddump-worker")
    server = net.start(net.host, "10.80.0.2", more=f"SetEnv PATH={bin_dir}:/usr/bin:/bin")
    log = capture(net, "ssh://root@10.80.0.2", tmp_path / "out.pcap")
    assert f"10.80.0.2: runs {bin_dir}/ddump-worker" in log and "received 40, " in told(log)["total"]
    log = capture(net, "ssh://root@10.80.0.2?via=tcpdump", tmp_path / "out.pcap")
    assert "no worker runs there: order and loss are known less well; runs /usr/bin/tcpdump" in log
    assert len(packets_of(str(tmp_path / "out.pcap"))) == 40
    assert_nothing_left(net.host, server)


def test_what_is_wrong_is_said(net, tmp_path):
    server = net.start(net.host, "10.80.0.2")

    def says(target, words, *args, code=1):
        log = net.run(net.client, target, "-w", tmp_path / "no.pcap", *args, code=code)
        assert words in log, log

    says("ssh://root@10.80.0.2:2", "ssh ended with status 255: ssh: connect to host 10.80.0.2 port 2: Connection refused")
    says("ssh://none@10.80.0.2", "ssh ended with status 1; it said: ")
    says("ssh://ann@10.80.0.2", "this user may not capture there, and no worker is installed; log in as root, or give --sudo")
    says("ssh://ann@10.80.0.2?sudo=auto", "sudo or doas must ask no password")
    says("ssh://nobody-of-us@10.80.0.2", "Permission denied")
    says("ssh://root@10.80.0.2?filter=nonsense+here", "400 Bad Request")
    says("ssh://root@10.80.0.2?via=tcpdump&count=3", "tcpdump there cannot do what the query asks for")
    says("ssh://root@10.80.0.2", "cannot be run", "--ssh", "/no/such/ssh")
    net.write("known_hosts", "")
    says("ssh://root@10.80.0.2", "Host key verification failed.; ssh may not ask")
    for target, words in (
        ("ssh://u:secret@h", "ssh takes no password here"),
        ("ssh://h/capture", "an ssh target has no path"),
        ("ssh://-oProxyCommand=x", "the host is not a name"),
        ("ssh://-h", "begins with -"),
        ("ssh://-x@h", "begins with -"),
        ("exec+sh:", "the command is missing"),
    ):
        log = run_ddump(target, code=2)
        assert words in log and "secret" not in log
    run_ddump("ssh://a@h", "x=ssh://a@h:22", code=2)
    assert_nothing_left(net.host, server)


def test_no_directory_where_programs_may_run(net, tmp_path):
    noexec = " && ".join(f"mount --bind {d} {d} && mount -o remount,bind,noexec {d}" for d in ("/tmp", "/var/tmp", "/run", "/dev/shm"))
    server = net.start(net.host, "10.80.0.2", mounts=noexec)
    log = net.run(net.client, "ssh://root@10.80.0.2", "-w", tmp_path / "no.pcap", code=1)
    assert "10.80.0.2: no directory where programs may run (noexec)" in log
    assert_nothing_left(net.host, server)


def test_a_lost_login_is_made_again(net, tmp_path):
    """ssh is killed: the gap is told, and nothing of the first login stays there."""
    server = net.start(net.host, "10.80.0.2")
    ddump = net.ddump(net.client, "ssh://root@10.80.0.2", "-w", tmp_path / "out.pcap")
    wait_for(lambda: "capturing on 1 of 1" in ddump.log(), "it captures")
    child = wait_for(ddump.children, "ssh")[0]
    os.kill(child, signal.SIGKILL)
    wait_for(lambda: "back after a gap" in ddump.log(), "it is back")
    assert "the command was ended by signal 9" in ddump.log()
    assert ddump.stop(signal.SIGINT) == 0
    assert_nothing_left(net.host, server)
    ddump = net.ddump(net.client, "ssh://root@10.80.0.2", "-w", tmp_path / "out.pcap")
    wait_for(lambda: "capturing on 1 of 1" in ddump.log(), "it captures")
    ddump.popen.kill()
    assert_nothing_left(net.host, server)


def test_any_command_that_runs_a_shell_elsewhere(net, tmp_path):
    prefix = " ".join(net.host.prefix)
    log = capture(net, f"pod=exec+sh:{prefix}", tmp_path / "out.pcap")
    assert "pod: no worker there: runs ours" in log and "received 40, " in told(log)["pod"]
    assert_nothing_left(net.host)


SHELLS = ["bash", "dash", "busybox sh", "tcsh", "fish", "zsh", "mksh"]


@pytest.mark.long
@pytest.mark.parametrize("shell", SHELLS)
def test_every_login_shell(net, tmp_path, shell):
    program = shutil.which(shell.split()[0])
    if not program:
        pytest.skip(f"{shell} is not installed")
    if shell == "busybox sh":
        program = net.write("ash", f"#!{program} sh\nexec {program} sh \"$@\"\n")
        os.chmod(program, 0o755)
    server = net.start(net.host, "10.80.0.2", shell=program)
    assert "received 40, " in told(capture(net, "ssh://root@10.80.0.2", tmp_path / "out.pcap"))["total"]
    assert_nothing_left(net.host, server)


@pytest.mark.long
@pytest.mark.parametrize("how", ["sudo", "sudo use_pty", "doas", "worker alone", "password"])
def test_root_by_sudo_or_doas(net, tmp_path, how):
    if not shutil.which(how.split()[0] if how[:4] in ("sudo", "doas") else "sudo"):
        pytest.skip(f"{how} is not installed")
    worker = "/run/ddump-worker"
    sudoers = {
        "sudo": "ann ALL=(root) NOPASSWD: ALL\n",
        "sudo use_pty": "Defaults use_pty\nann ALL=(root) NOPASSWD: ALL\n",
        "doas": "",
        "worker alone": f"ann ALL=(root) NOPASSWD: {worker}\n",
        "password": "ann ALL=(root) ALL\n",
    }[how]
    files = {"sudoers": "root ALL=(ALL) ALL\n" + sudoers, "doas.conf": "permit nopass ann as root\n" if how == "doas" else "deny ann\n"}
    mounts = f"cp -a /etc {net.tmp}/etc && umount /etc/passwd && mount --bind {net.tmp}/etc /etc && cp {WORKER} {worker}"
    mounts += " && echo 'ann:*:19000:0:99999:7:::' >>/etc/shadow"
    for name, text in files.items():
        path = net.write(name, text)
        os.chmod(path, 0o440)
        mounts += f" && cp -p {path} /etc/{name}"
    query = f"sudo=auto&worker={worker}" if how == "worker alone" else "sudo=auto"
    server = net.start(net.host, "10.80.0.2", mounts=mounts)
    target = f"ssh://ann@10.80.0.2?{query}"
    if how == "password":
        assert "must ask no password" in net.run(net.client, target, "-w", tmp_path / "o.pcap", code=1)
    else:
        log = capture(net, target, tmp_path / "out.pcap")
        assert "received 40, " in told(log)["total"] and f", by {'doas' if how == 'doas' else 'sudo'}" in log
        assert len(packets_of(str(tmp_path / "out.pcap"))) == 40, "SSH_CONNECTION is read before sudo drops it"
    assert_nothing_left(net.host, server)


@pytest.mark.long
def test_dropbear(net, tmp_path):
    dropbear = shutil.which("dropbear")
    if not dropbear:
        pytest.skip("dropbear is not installed")
    os.makedirs(f"{net.home}/.ssh")
    shutil.copy(f"{net.tmp}/key.pub", f"{net.home}/.ssh/authorized_keys")
    os.chmod(net.home, 0o755)
    net.write("known_hosts", "")
    net.ssh += " -o StrictHostKeyChecking=no"
    run("dropbearkey", "-t", "ed25519", "-f", f"{net.tmp}/dropbear_key")
    server = net.start(net.host, "10.80.0.2", server=f"{dropbear} -F -E -p 10.80.0.2:22 -r {net.tmp}/dropbear_key")
    assert "received 40, " in told(capture(net, "ssh://root@10.80.0.2", tmp_path / "out.pcap"))["total"]
    assert_nothing_left(net.host, server)


@pytest.mark.long
def test_a_jump_host(lab, net, tmp_path):
    """The host sees the bastion's connection: that one is left out."""
    bastion = lab.namespace("b")
    lab.link(net.client, "c1", "10.81.0.1", bastion, "b1", "10.81.0.2")
    lab.link(bastion, "b2", "10.82.0.1", net.host, "h2", "10.82.0.2")
    net.start(bastion, "10.81.0.2")
    server = net.start(net.host, "0.0.0.0")
    net.write("ssh_config", open(f"{net.tmp}/ssh_config").read() + f"Host far\nHostName 10.82.0.2\nProxyCommand ssh -F {net.tmp}/plain_config -W %h:%p root@10.81.0.2\n")
    shutil.copy(f"{net.tmp}/ssh_config", f"{net.tmp}/plain_config")
    log = capture(net, "ssh://root@far", tmp_path / "out.pcap")
    assert "received 40, " in told(log)["far"]
    assert_nothing_left(net.host, server)


@pytest.mark.long
def test_a_cut_link(net, tmp_path):
    """Both sides notice: here ssh within 15 s, there the worker within 30 s of silence."""
    server = net.start(net.host, "10.80.0.2")
    ddump = net.ddump(net.client, "ssh://root@10.80.0.2", "-w", tmp_path / "out.pcap")
    wait_for(lambda: "capturing on 1 of 1" in ddump.log(), "it captures")
    begun = time.monotonic()
    net.client.ip("link", "set", "c0", "down")
    wait_for(lambda: "connecting again" in ddump.log(), "it is lost")
    while time.monotonic() < begun + 60:
        if not left_behind(net.host, server):
            break
        time.sleep(0.5)
    assert_nothing_left(net.host, server)
    net.client.ip("link", "set", "c0", "up")
    assert ddump.stop(signal.SIGINT) in (0, 3)


@pytest.mark.long
def test_many_targets_at_once(net, tmp_path):
    """More than MaxStartups allows: turns, and a second try."""
    net.start(net.host, "10.80.0.2")
    targets = [f"t{i}=ssh://root@10.80.0.2?snaplen={1000 + i}" for i in range(30)]
    ddump = net.ddump(net.client, *targets, "-f", "icmp", "-w", tmp_path / "out.pcap", "--ssh-jobs", "30")
    for _ in range(6):
        try:
            wait_for(lambda: "capturing on 30 of 30" in ddump.log() or ddump.popen.poll() is not None, "all capture")
            break
        except BaseException:
            continue
    assert "capturing on 30 of 30" in ddump.log()
    assert ddump.stop(signal.SIGINT) == 0
    assert_nothing_left(net.host)
