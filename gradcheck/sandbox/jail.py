"""What a submission's process gives up before it runs a line of the submission (Linux; else less).

In order: namespaces of its own (mounts, processes, network), a read-only view of the file system
in which the reference solution is hidden, a small scratch directory in memory, resource limits,
and every privilege. Each step that the system refuses becomes a note and never an error: a laptop
without namespaces still grades, and says what is missing. Nothing here is a proof against hostile
code; that needs a container or a virtual machine around the whole grader.

The module imports nothing of the package: the submission's process loads it by its path.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import stat
import sys
from pathlib import Path

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER = 0x00020000, 0x08000000, 0x10000000
CLONE_NEWPID, CLONE_NEWNET = 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND = 1, 2, 4, 8, 4096
MS_REC, MS_PRIVATE = 16384, 1 << 18
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 24, 36, 38
SYS_MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE, MOUNT_ATTR_RDONLY = 442, -100, 0x8000, 1
CAPABILITY_VERSION_3 = 0x20080522
# Far above the identifiers that systems and containers hand out; each submission gets its own,
# so that the limit on processes counts only its own.
FIRST_UID = 0x70_00_00_00
NOBODY = 65534
PROCESSES = 24
SCRATCH_MEGABYTES = 64
FILE_MEGABYTES = 32
NO_ISOLATION = "no isolation of network, files and processes"

libc = ctypes.CDLL(None, use_errno=True)


def _call(function: str, *arguments: object) -> None:
    """Call a function of the C library; raise OSError where it returns a negative number."""
    if getattr(libc, function)(*arguments) < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{function}: {os.strerror(code)}")


def unshare() -> tuple[bool, list[str]]:
    """Enter namespaces of our own; return whether that worked, and notes."""
    if not sys.platform.startswith("linux"):
        return False, [f"{NO_ISOLATION} on {sys.platform}"]
    spaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC
    uid, gid = os.getuid(), os.getgid()
    try:
        _call("unshare", spaces)
        return True, []
    except OSError as first:
        refusal = first
    try:
        _call("unshare", spaces | CLONE_NEWUSER)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
        return True, []
    except OSError:
        return False, [f"{NO_ISOLATION} ({refusal})"]


def die_with_parent(by: int = signal.SIGKILL) -> None:
    """Have the kernel end this process by a signal when its parent, or that thread of it, ends."""
    if sys.platform.startswith("linux"):
        _call("prctl", PR_SET_PDEATHSIG, by, 0, 0, 0)


def die_first() -> None:
    """Have the kernel end this process and its children first where memory runs out."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    if sys.platform.startswith("linux"):
        _call("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def enclose(scratch: str, hidden: list[str], needed: list[str]) -> list[str]:
    """Make the file system read-only, hide what must not be read, and mount the scratch directory.

    Parameters
    ----------
    scratch : str
        Existing directory; what is in it is covered by an empty one in memory.
    hidden : list of str
        Directories that are to look empty.
    needed : list of str
        Directories of Python and its packages, readable even where they lie in a closed home.

    Returns
    -------
    list of str
        Notes on what could not be done.
    """
    steps = [
        ("mounts of its own", lambda: _mount(None, "/", None, MS_REC | MS_PRIVATE)),
        ("a readable Python", lambda: _open_ways(needed)),
        ("the reference solution hidden", lambda: _hide(hidden)),
        ("a process table of its own",
         lambda: _mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)),
        ("a read-only file system", _make_read_only),
        ("a limited scratch directory",
         lambda: _mount("tmpfs", scratch, "tmpfs", MS_NOSUID | MS_NODEV,
                        f"size={SCRATCH_MEGABYTES}m,mode=777")),
    ]
    notes = []
    for name, step in steps:
        try:
            step()
        except OSError as error:
            notes.append(f"without {name} ({error})")
    return notes


def _mount(source: str | None, target: str, kind: str | None, flags: int, data: str = "") -> None:
    encoded = [None if text is None else os.fsencode(text) for text in (source, target, kind)]
    _call("mount", *encoded, ctypes.c_ulong(flags), os.fsencode(data) or None)


def _hide(directories: list[str]) -> None:
    for directory in directories:
        if os.path.isdir(directory):
            _mount("tmpfs", directory, "tmpfs", MS_RDONLY, "size=4k,mode=755")


def _open_ways(needed: list[str]) -> None:
    """Rebuild closed directories on the way to `needed`, with nothing but `needed` in them."""
    closed: dict[str, list[str]] = {}
    for path in sorted({os.path.realpath(p) for p in needed if os.path.isdir(p)}):
        for parent in reversed(Path(path).parents):
            if not parent.stat().st_mode & stat.S_IXOTH:
                closed.setdefault(str(parent), []).append(path)
                break
    for parent_path, paths in closed.items():
        handles = {path: os.open(path, os.O_PATH | os.O_DIRECTORY) for path in paths}
        _mount("tmpfs", parent_path, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755")
        for path, handle in handles.items():
            # Inside a directory that was bound already there is nothing left to do.
            if not os.path.isdir(path):
                os.makedirs(path, mode=0o755)
                _mount(f"/proc/self/fd/{handle}", path, None, MS_BIND | MS_REC)
            os.close(handle)


def _make_read_only() -> None:
    attributes = (ctypes.c_uint64 * 4)(MOUNT_ATTR_RDONLY, 0, 0, 0)
    _call("syscall", SYS_MOUNT_SETATTR, AT_FDCWD, b"/", AT_RECURSIVE,
          ctypes.byref(attributes), ctypes.sizeof(attributes))


def limit(cpu_seconds: int, enclosed: bool) -> None:
    """Set the limits on processor time, file size, open files and processes; no core dumps."""
    import resource

    limits = {
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_FSIZE: FILE_MEGABYTES << 20,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 256,
    }
    if enclosed or os.getuid() == 0:
        limits[resource.RLIMIT_NPROC] = PROCESSES
    else:  # The limit counts every process of the user: leave those that run their room.
        limits[resource.RLIMIT_NPROC] = PROCESSES + _threads_of_user()
    for kind, value in limits.items():
        _, hard = resource.getrlimit(kind)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def _threads_of_user() -> int:
    count = 0
    for entry in Path("/proc").glob("[0-9]*/task"):
        try:
            if entry.stat().st_uid == os.getuid():
                count += len(os.listdir(entry))
        except OSError:
            continue
    return count


def limit_memory(megabytes: int) -> None:
    """Let the address space grow by `megabytes` from what it is now."""
    import resource

    size = 0
    statm = Path("/proc/self/statm")
    if statm.exists():
        size = int(statm.read_text().split()[0]) * resource.getpagesize()
    value = size + (megabytes << 20)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    # Some systems other than Linux refuse a limit on what is in use by shared libraries.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (value, value))


def drop_privileges(uid: int, scratch: str, needed: list[str]) -> list[str]:
    """Become user `uid` (else nobody) if we are root, and give up every capability.

    Returns notes on what could not be done.
    """
    notes = []
    if os.getuid() == 0 and not any(_become(u, scratch, needed) for u in (uid, NOBODY)):
        notes.append("runs as root without its privileges: another user could not read Python")
    if not sys.platform.startswith("linux"):
        return notes
    try:
        _call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        for capability in range(64):
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
        _call("capset", ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)()))
    except OSError as error:
        notes.append(f"keeps its privileges ({error})")
    return notes


def _become(uid: int, scratch: str, needed: list[str]) -> bool:
    """Become user `uid` for good, unless Python would not be readable then."""
    try:
        os.seteuid(uid)
    except OSError:
        return False
    readable = all(os.access(path, os.R_OK | os.X_OK, effective_ids=True) for path in needed)
    os.seteuid(0)
    if not readable:
        return False
    try:
        os.chown(scratch, uid, uid)
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    except OSError:
        return os.getuid() != 0
    return True
