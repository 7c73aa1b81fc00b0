"""forge_message.py PID [HEX OFFSET HEX]...: changes the next message that a process sends with
sendmsg, by ptrace (x86_64), as an attacker who took it over would: OFFSET bytes behind where
the first HEX stands (an empty one: the start), the second HEX is written. Says "ready" before."""

import ctypes
import os
import struct
import sys

from force_call import PTRACE_ATTACH, PTRACE_GETREGS, Registers, ptrace

PTRACE_DETACH, PTRACE_SYSCALL = 17, 24
SENDMSG = 46


def next_call(pid):
    """Goes on to the next entry into a system call, or the exit from one."""
    ptrace(PTRACE_SYSCALL, pid)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSTOPPED(status), "it is gone"
    r = Registers()
    ptrace(PTRACE_GETREGS, pid, 0, ctypes.addressof(r))
    return r


def main():
    pid = int(sys.argv[1])
    edits = [(bytes.fromhex(a), int(b), bytes.fromhex(c))
             for a, b, c in zip(*[iter(sys.argv[2:])] * 3)]
    ptrace(PTRACE_ATTACH, pid)
    os.waitpid(pid, 0)
    print("ready", flush=True)
    r = next_call(pid)
    while r.orig_rax != SENDMSG:
        r = next_call(pid)
    with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
        memory.seek(r.rsi + 16)  # msg_iov
        memory.seek(struct.unpack("Q", memory.read(8))[0])
        base, size = struct.unpack("QQ", memory.read(16))
        memory.seek(base)
        message = memory.read(size)
        for mark, offset, value in edits:
            assert message.count(mark) == 1 or not mark, f"{mark} stands there once"
            memory.seek(base + message.index(mark) + offset)
            memory.write(value)
    ptrace(PTRACE_DETACH, pid)
    print("forged")


main()
