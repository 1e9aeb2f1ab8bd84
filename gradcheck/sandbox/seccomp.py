"""System calls that a submission is refused once it has started: a filter that stays for good.

New processes (threads are none), programs and sockets, but for a pair that is connected to itself;
memory and queues that no limit of a process counts; other processes' memory, signals and limits;
where other submissions' files are in the same file system, what these can be told without being
opened: modes, owners, times. The kernel runs the filter, a small program for
the Berkeley packet filter, before every call (Linux 3.5; see seccomp(2)).
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Sequence

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, MODE_FILTER = 22, 38, 2
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT, SECOND_ARGUMENT = 0, 4, 16, 24  # in struct seccomp_data
ALLOW, KILL, REFUSE = 0x7FFF_0000, 0x8000_0000, 0x0005_0000
CLONE_THREAD = 0x0001_0000
AF_UNIX, SOCK_STREAM = 1, 1
SOCKET_FLAGS = (0, 0x800, 0x8_0000, 0x8_0800)  # not blocking, closed by a new program
OTHER_TABLE = 0x4000_0000  # x86_64 has a second table of calls, x32, from here on

# What `struct seccomp_data` calls the processor, and the numbers of the calls on it.
MACHINES = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
NAMES = (
    "fork vfork execve execveat socket socketpair io_uring_setup "
    "memfd_create memfd_secret shmget msgget semget mq_open add_key keyctl "
    "ptrace process_vm_readv process_vm_writev pidfd_open pidfd_send_signal pidfd_getfd tkill "
    "unshare setns mount umount2 open_tree move_mount fsopen bpf perf_event_open userfaultfd "
    "kill tgkill rt_sigqueueinfo rt_tgsigqueueinfo prlimit64 clone clone3 "
    "chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes futimesat utimensat "
    "setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr setxattrat removexattrat "
    "file_setattr inotify_init inotify_init1 fanotify_init")
NUMBERS = {
    "x86_64": (57, 58, 59, 322, 41, 53, 425, 319, 447, 29, 68, 64, 240, 248, 250, 101, 310, 311,
               434, 424, 438, 200, 272, 308, 165, 166, 428, 429, 430, 321, 298, 323,
               62, 234, 129, 297, 302, 56, 435,
               90, 91, 268, 452, 92, 93, 94, 260, 132, 235, 261, 280,
               188, 189, 190, 197, 198, 199, 463, 466, 469, 253, 294, 300),
    "aarch64": (-1, -1, 221, 281, 198, 199, 425, 279, 447, 194, 186, 190, 180, 217, 219, 117, 270,
                271, 434, 424, 438, 130, 97, 268, 40, 39, 428, 429, 430, 280, 241, 282,
                129, 131, 138, 240, 261, 220, 435,
                -1, 52, 53, 452, -1, 55, -1, 54, -1, -1, -1, 88,
                5, 6, 7, 14, 15, 16, 463, 466, 469, -1, 26, 262),
}
TO_ITSELF = ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")
WITH_ARGUMENTS = (*TO_ITSELF, "prlimit64", "clone", "clone3", "socketpair")
ON_FILES = NAMES.split().index("chmod")  # from here on

Instruction = tuple[int, int, int, int]  # code, steps ahead where it holds, else, operand


def program(machine: str, process: int, enclosed: bool = False) -> list[Instruction]:
    """Return the filter for a kind of processor and the process of that number.

    One that is `enclosed` in a file system of its own may do with its files as it likes.

    >>> program("x86_64", 7)[1] == (EQUAL, 1, 0, 0xC000003E)
    True
    """
    named = list(zip(NAMES.split(), NUMBERS[machine], strict=True))
    numbers = dict(named[:ON_FILES] if enclosed else named)
    refuse = REFUSE | errno.EPERM
    lines = [(LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, MACHINES[machine]), (RETURN, 0, 0, KILL),
             (LOAD, 0, 0, NUMBER), (AT_LEAST, 0, 1, OTHER_TABLE), (RETURN, 0, 0, refuse),
             # its flags are out of sight; without it the C library calls clone
             (EQUAL, 0, 1, numbers["clone3"]), (RETURN, 0, 0, REFUSE | errno.ENOSYS)]
    for name, number in numbers.items():
        if number >= 0 and name not in WITH_ARGUMENTS:
            lines += [(EQUAL, 0, 1, number), (RETURN, 0, 0, refuse)]
    for name in TO_ITSELF:
        lines += _unless(numbers[name], [(EQUAL, 1, 0, process)])
    lines += _unless(numbers["socketpair"], [
        (EQUAL, 0, 1 + len(SOCKET_FLAGS), AF_UNIX), (LOAD, 0, 0, SECOND_ARGUMENT),
        *((EQUAL, len(SOCKET_FLAGS) - place, 0, SOCK_STREAM | flags)
          for place, flags in enumerate(SOCKET_FLAGS))])
    lines += _unless(numbers["prlimit64"], [(EQUAL, 2, 0, process), (EQUAL, 1, 0, 0)])
    lines += _unless(numbers["clone"], [(ANY_BIT, 1, 0, CLONE_THREAD)])
    return [*lines, (RETURN, 0, 0, ALLOW)]


def _unless(number: int, tests: Sequence[Instruction]) -> list[Instruction]:
    """Refuse a call unless its first argument passes; each test steps over the refusal."""
    return [(EQUAL, 0, len(tests) + 3, number), (LOAD, 0, 0, FIRST_ARGUMENT), *tests,
            (RETURN, 0, 0, REFUSE | errno.EPERM), (RETURN, 0, 0, ALLOW)]


def restrict(enclosed: bool) -> None:
    """Put the filter on this process and all threads that it starts from now on.

    Parameters
    ----------
    enclosed : bool
        Whether it is in a file system of its own.

    Raises
    ------
    OSError
        The kernel has no such filters, or the processor is of another kind.
    """
    machine = os.uname().machine
    if machine not in NUMBERS or not sys.platform.startswith("linux"):
        raise OSError(errno.ENOSYS, f"no filter for {machine} on {sys.platform}")
    lines = program(machine, os.getpid(), enclosed)
    text = b"".join(struct.pack("=HBBI", *line) for line in lines)
    steps = ctypes.create_string_buffer(text, len(text))
    filled = struct.pack("@HP", len(lines), ctypes.addressof(steps))
    libc = ctypes.CDLL(None, use_errno=True)
    for option in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, MODE_FILTER, filled, 0, 0)):
        if libc.prctl(*option) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
