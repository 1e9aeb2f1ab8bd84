"""Landlock: what an unprivileged process on Linux can forbid itself where namespaces are refused.

Containers usually refuse namespaces and allow Landlock (Linux 5.13). It has rules that allow and
none that forbid, so around a hidden directory everything is allowed piece by piece. From Linux 6.7
on it also forbids TCP, from 6.12 on signals to processes outside.
See kernel.org, Documentation/userspace-api/landlock.rst.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import stat
import struct
import sys
from collections.abc import Iterator

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
PATH_BENEATH, GET_VERSION = 1, 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
EVERY_ACCESS, TRUNCATE = 0x1FFF, 0x4000
FOR_FILES = EXECUTE | WRITE_FILE | READ_FILE
TCP_BIND_AND_CONNECT = 3
SOCKETS_AND_SIGNALS = 3

libc = ctypes.CDLL(None, use_errno=True)


def _syscall(number: int, *arguments: object) -> int:
    result = int(libc.syscall(number, *arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock: {os.strerror(code)}")
    return result


def restrict(scratch: str, readable: list[str], hidden: list[str], own: str) -> None:
    """Forbid this process, for good, to read anything else than it may, and to write elsewhere.

    Parameters
    ----------
    scratch : str
        The one directory that may be written to.
    readable, hidden : list of str
        Files and folders, and the folders among them in which no file may be read.
    own : str
        The submission's own file or folder.

    Raises
    ------
    OSError
        The kernel has no Landlock, or refuses it.
    """
    if not sys.platform.startswith("linux"):
        raise OSError(errno.ENOSYS, f"no Landlock on {sys.platform}")
    version = _syscall(CREATE_RULESET, None, ctypes.c_size_t(0), GET_VERSION)
    handled = EVERY_ACCESS | (TRUNCATE if version >= 3 else 0)
    network = TCP_BIND_AND_CONNECT if version >= 4 else 0
    scopes = SOCKETS_AND_SIGNALS if version >= 6 else 0
    attributes = (ctypes.c_uint64 * 3)(handled, network, scopes)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    rules = _syscall(CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(size), 0)
    away = {os.path.realpath(path) for path in hidden}
    try:
        for path in map(os.path.realpath, readable):
            _allow(rules, path, READ_DIR)
            for part in _beside(path, away):
                _allow(rules, part, READ_FILE | EXECUTE)
        _allow(rules, "/dev/null", READ_FILE | WRITE_FILE)
        for path in (own, "/proc/self"):
            _allow(rules, path, READ_FILE | READ_DIR)
        _allow(rules, scratch, handled)
        _syscall(RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _beside(path: str, hidden: set[str]) -> Iterator[str]:
    """Yield the largest files and folders at and below a path that hold nothing hidden."""
    if not any(f"{away}/".startswith(f"{path}/") for away in hidden):
        if not any(path.startswith(f"{away}/") for away in hidden):
            yield path
    elif path not in hidden and not os.path.islink(path):
        with contextlib.suppress(OSError):
            for entry in list(os.scandir(path)):
                if not entry.is_symlink():
                    yield from _beside(entry.path, hidden)


def _allow(rules: int, path: str, access: int) -> None:
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not stat.S_ISDIR(os.fstat(handle).st_mode):
                access &= FOR_FILES
            _syscall(ADD_RULE, rules, PATH_BENEATH, struct.pack("=Qi", access, handle), 0)
        finally:
            os.close(handle)
