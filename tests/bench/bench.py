"""What the benchmarks share: the tools beside this file, test networks, processor time."""

import contextlib
import io
import os
import resource
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))
import lab  # noqa: E402

# a thousand connections, and as many in the server
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

TOOLS = os.path.join(lab.BUILD, "obj", "tests", "bench")


def tool(name):
    return os.path.join(TOOLS, name)


@contextlib.contextmanager
def network():
    """A laboratory of namespaces; the benchmark is skipped where there can be none."""
    tmp = tempfile.mkdtemp(prefix="ddump-bench")
    try:
        lab.need_root()
    except BaseException as e:  # pytest's skip is no Exception
        print("skipped:", e)
        sys.exit(0)
    made = lab.Lab(tmp)
    try:
        yield made
    except BaseException:
        made.close()
        raise
    with contextlib.redirect_stderr(io.StringIO()):  # the logs
        made.close()
    shutil.rmtree(tmp)


def two_hosts(made, links=1):
    """Namespaces a and b with links v0a-v0b, v1a-v1b, ... between them."""
    a, b = made.namespace("a"), made.namespace("b")
    for i in range(links):
        made.link(a, f"v{i}a", f"10.9.{i}.1", b, f"v{i}b", f"10.9.{i}.2")
    return a, b


def cpu_of(popen):
    """Seconds of processor time of a process that ended, and its children's."""
    _, status, usage = os.wait4(popen.pid, 0)
    popen.returncode = status
    return usage.ru_utime + usage.ru_stime


def flood(space, count, rate, interfaces, size=100):
    """Sends from a process for each interface; returns packets a second of all."""
    n = len(interfaces)
    senders = [subprocess.Popen(space.prefix + [tool("flood_tool"), str(count // n),
                                                str(rate // n), str(size), interface],
                                stdout=subprocess.PIPE)
               for interface in interfaces]
    done = [s.communicate()[0].split() for s in senders]
    return sum(int(sent) for sent, _ in done) / max(float(seconds) for _, seconds in done)


def percentile(values, p):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * p / 100))]
