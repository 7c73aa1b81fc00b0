"""force_call.py PID NR [ARG...]: makes a running process make a system call, by ptrace
(x86_64), as an attacker who took it over would."""

import ctypes
import os
import sys

FIELDS = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags "
          "rsp ss fs_base gs_base ds es fs gs").split()


class Registers(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulonglong) for name in FIELDS]


PTRACE_POKETEXT, PTRACE_CONT, PTRACE_GETREGS, PTRACE_SETREGS, PTRACE_ATTACH = 4, 7, 12, 13, 16
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def ptrace(request, pid, address=0, data=0):
    if libc.ptrace(request, pid, address, data) < 0:
        raise OSError(ctypes.get_errno(), "ptrace")


def main():
    pid, number, *arguments = (int(a, 0) for a in sys.argv[1:])
    ptrace(PTRACE_ATTACH, pid)
    os.waitpid(pid, 0)
    r = Registers()
    ptrace(PTRACE_GETREGS, pid, 0, ctypes.addressof(r))
    ptrace(PTRACE_POKETEXT, pid, r.rip, 0xCC050F)  # syscall; int3
    r.orig_rax = 2**64 - 1  # no restart of the call it waits in
    r.rax = number
    for name, value in zip(("rdi", "rsi", "rdx", "r10", "r8", "r9"), arguments):
        setattr(r, name, value)
    ptrace(PTRACE_SETREGS, pid, 0, ctypes.addressof(r))
    ptrace(PTRACE_CONT, pid)
    _, status = os.waitpid(pid, 0)
    if os.WIFSTOPPED(status):
        ptrace(PTRACE_GETREGS, pid, 0, ctypes.addressof(r))
        print("returned", ctypes.c_longlong(r.rax).value, "stopped by", os.WSTOPSIG(status))
        os.kill(pid, 9)
    else:
        print("killed by", os.WTERMSIG(status))


if __name__ == "__main__":
    main()
