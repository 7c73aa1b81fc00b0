"""What the worker finds out before it starts, and what it does where rights cannot be given up."""

import json
import os
import shutil
import signal
import subprocess

import pytest

from lab import DDUMP, PATIENCE, WORKER, run, wait_for
from test_worker import curl, expect, payloads, send_udp, url
from test_worker_operation import capture_works, wait_until_healthy

HOSTS = " or ".join(f"host 10.{i // 250}.{i % 250}.1" for i in range(300))


@pytest.fixture
def host(lab):
    return lab.namespace("s")


@pytest.mark.parametrize(
    "flags,says",
    [
        (["-exclude", "foo bar"], "-exclude 'foo bar': can't parse filter expression: syntax error"),
        (["-exclude", "udp", "-exclude", "icmp) or (tcp"], "-exclude 'icmp) or (tcp': "),
        (["-exclude", "ether host 1:2:3:4:5:6"], "ethernet addresses supported only on"),
        (["-exclude", "ip protochain 6"], "protochain"),
        (["-exclude", "host no.such.name"], "unknown host 'no.such.name'"),
        (["-exclude", HOSTS], "too complex"),
        (["-exclude", " "], "empty filter"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else None,
)
def test_a_bad_exclude_is_a_usage_error(lab, host, flags, says):
    for more in ([], ["-check"]) if len(flags[-1]) < 100 else ([],):
        process = lab.start(host, [WORKER, "-listen", "127.0.0.1:0", *flags, *more])
        assert process.popen.wait(PATIENCE) == 2
        assert says in process.log() and len(process.log().splitlines()) == 1


def test_good_excludes_start(lab, host):
    flags = ["-exclude", "udp port 53", "-exclude", "inbound and ifindex 7"]
    assert host.run(WORKER, "-check", *flags).returncode == 0
    worker = lab.worker(host, *flags)
    assert curl(host, url(worker, "/validate", filter="icmp")).stdout == b"ok\n"


NAMESERVER = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.53', 53)); print(flush=True)
while True:
    d, a = s.recvfrom(512)
    n = d.index(b'\\0', 12) + 5
    is_a = d[n - 4:n - 2] == b'\\0\\1'
    r = d[:2] + b'\\x81\\x80\\0\\1\\0' + bytes([is_a]) + b'\\0\\0\\0\\0' + d[12:n]
    s.sendto(r + b'\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\1\\0\\4\\x0a\\1\\2\\3' * is_a, a)
"""


def test_names_are_looked_up_when_the_operator_says_so(lab, host, tmp_path):
    """Root: the worker has an empty root directory by then."""
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.53\n")
    script = f'mount --bind "{tmp_path}/resolv.conf" "$(readlink -f /etc/resolv.conf)" && exec "$@"'
    worker = lab.worker(host, "-resolve", prefix=["unshare", "-m", "sh", "-c", script, "sh"])
    server = lab.start(host, ["/usr/bin/python3", "-c", NAMESERVER], stdout=subprocess.PIPE)
    server.popen.stdout.readline()
    server.popen.stdout.close()
    target = url(worker, "/validate", filter="host some.example")
    assert curl(host, target).stdout == b"ok\n"
    server.stop()
    problem = json.loads(curl(host, target).stdout)
    assert problem["status"] == 400 and "name" in problem["detail"]


def test_an_exclude_whose_name_server_is_silent_says_so(lab, host, tmp_path):
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.53\n")
    silent = "import socket, time\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n" \
             "s.bind(('127.0.0.53', 53)); print(flush=True); time.sleep(99)"
    server = lab.start(host, ["/usr/bin/python3", "-c", silent], stdout=subprocess.PIPE)
    server.popen.stdout.readline()
    server.popen.stdout.close()
    script = f'mount --bind "{tmp_path}/resolv.conf" "$(readlink -f /etc/resolv.conf)" && exec "$@"'
    worker = lab.start(host, ["unshare", "-m", "sh", "-c", script, "sh", WORKER, "-resolve",
                              "-exclude", "host some.example", "-listen", "127.0.0.1:0"])
    assert worker.popen.wait(PATIENCE) == 2
    assert "the name server did not answer within" in worker.log()


@pytest.mark.parametrize(
    "fault,says",
    [
        ("landlock_restrict_self:error=ENOMEM", "Landlock: Out of memory"),
        # prctl of a capture process: the parent's death, then the two seccomp filters
        ("prctl:error=ENOMEM:when=2", "seccomp: Out of memory"),
        ("prctl:error=ENOMEM:when=3", "seccomp: "),
        ("capset:error=EPERM", "capabilities: Operation not permitted"),
    ],
)
def test_no_capture_runs_with_rights_it_should_not_have(lab, host, fault, says):
    if not shutil.which("strace"):
        pytest.skip("needs strace")
    worker = lab.worker(host)
    if "no Landlock" in worker.log() and "landlock" in fault:
        pytest.skip("this kernel has no Landlock")
    tracer = lab.start(None, ["strace", "-f", "-qq", "-e", "trace=" + fault.split(":")[0],
                              "-e", "inject=" + fault, "-o", os.devnull, "-p", str(worker.pid)])
    wait_for(lambda: "TracerPid:\t0" not in open(f"/proc/{worker.pid}/status").read(),
             "strace has attached: " + tracer.log())
    problem = json.loads(curl(host, url(worker)).stdout)
    assert problem["status"] == 500 and says in problem["detail"], problem
    wait_for(lambda: "ended: failed: the process cannot be confined" in worker.log(), "the log")
    tracer.stop()


@pytest.mark.parametrize("fault", ["landlock_restrict_self:error=ENOMEM", "capset:error=EPERM"])
def test_the_front_does_not_start_with_rights_it_should_not_have(lab, host, fault):
    if not shutil.which("strace"):
        pytest.skip("needs strace")
    started = subprocess.run(
        [*host.prefix, "strace", "-f", "-qq", "-e", "trace=" + fault.split(":")[0], "-e",
         "inject=" + fault, "-o", os.devnull, WORKER, "-listen", "127.0.0.1:0"],
        stderr=subprocess.PIPE, timeout=PATIENCE)
    assert started.returncode == 1
    assert b"cannot be confined" in started.stderr or b"cannot be given up" in started.stderr


# What a container engine leaves to root, and no right to mount anything.
CONTAINER_CAPS = "-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap," \
                 "+net_bind_service,+net_raw,+sys_chroot,+mknod,+audit_write,+setfcap"

IN_BUSYBOX = """
set -e
/ddump-worker -check
/ddump-worker -listen 127.0.0.1:8475 2>/tmp/worker.log &
worker=$!
until wget -qO- http://127.0.0.1:8475/healthz; do usleep 20000; done
/ddump --filter 'udp dst port 9999' -c 3 -w /tmp/out.pcap 127.0.0.1 2>/tmp/ddump.log &
ddump=$!
until grep 'capturing on' /tmp/ddump.log; do usleep 20000; done
wait $ddump
ps
kill $worker
wait $worker
echo the end
"""


@pytest.fixture
def busybox(tmp_path):
    """A root directory with busybox and our two binaries, as `FROM busybox` has it."""
    binary = shutil.which("busybox.static") or shutil.which("busybox")
    if not binary:
        pytest.skip("needs busybox")
    root = tmp_path / "root"
    for name in ("bin", "proc", "tmp", "etc", "dev"):
        os.makedirs(root / name)
    shutil.copy(binary, root / "bin/busybox")
    for path in (WORKER, DDUMP):
        shutil.copy(path, root)
    if run("chroot", str(root), "/bin/busybox", "--install", "-s", "/bin", check=False).returncode:
        pytest.skip("needs a static busybox")
    (root / "dev/null").touch()
    (root / "etc/passwd").write_text("root:x:0:0:root:/:/bin/sh\n")
    return root


def in_container(root, *command):
    script = f'mount --bind "{root}" "{root}" && mount -t proc proc "{root}/proc" && ' \
             f'mount --bind /dev/null "{root}/dev/null" && ' \
             f'exec setpriv --bounding-set {CONTAINER_CAPS} chroot "{root}" "$@"'
    return ["unshare", "--mount", "--pid", "--fork", "--uts", "--ipc", "sh", "-c", script, "sh",
            *command]


def test_worker_and_cli_in_a_busybox_container(lab, host, busybox):
    (busybox / "run.sh").write_text(IN_BUSYBOX)
    shell = lab.start(host, in_container(busybox, "/bin/sh", "/run.sh"), stdout=subprocess.PIPE)
    said = ""
    while "capturing on" not in said:
        said += shell.popen.stdout.readline().decode() or pytest.fail("it ended: " + said + shell.log())
    send_udp(host, 3)
    said += shell.popen.communicate(timeout=PATIENCE)[0].decode()
    assert shell.popen.wait(PATIENCE) == 0, said + shell.log() + \
        (busybox / "tmp/worker.log").read_text()
    assert said.endswith("the end\n") and "capture      works" in said
    assert payloads(str(busybox / "tmp/out.pcap")) == expect(3)


def test_worker_as_the_first_process_of_a_container(lab, host, busybox):
    process = lab.start(host, in_container(busybox, "/ddump-worker", "-listen", "127.0.0.1:8475"))
    wait_until_healthy(host)
    capture_works(lab, host, busybox)
    first = wait_for(process.children, "the container's first process")[0]
    os.kill(first, signal.SIGTERM)
    assert process.popen.wait(PATIENCE) == 0


@pytest.mark.parametrize("flag", ["-max-captures=63", "-max-captures=0", "-max-captures=x"])
def test_a_number_out_of_range_names_the_range(flag):
    started = subprocess.run([WORKER, flag], stderr=subprocess.PIPE, timeout=PATIENCE)
    assert started.returncode == 2 and b"not a number from 1 to 62" in started.stderr
