"""What a submission's process gives up before it runs a line of the submission (Linux; else less).

In order: namespaces of its own (mounts, processes, network), a read-only file system that holds
what may be read and nothing else, a small scratch directory in memory, resource limits, and every
privilege. Nothing here is a proof against hostile code; that needs a container or a virtual machine
around the whole grader.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import signal
import sys
from pathlib import Path

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER = 0x00020000, 0x08000000, 0x10000000
CLONE_NEWPID, CLONE_NEWNET = 0x20000000, 0x40000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND = 2, 4, 8, 4096
MS_MOVE, MS_REC, MS_PRIVATE = 8192, 16384, 1 << 18
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 24, 38
SYS_MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE = 442, -100, 0x8000
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID = 1, 2
CAPABILITY_VERSION_3 = 0x20080522
# Far above the identifiers that systems and containers hand out; each submission gets its own,
# so that the limit on processes counts only its own.
FIRST_UID = 0x70_00_00_00
NOBODY = 65534
PROCESSES = 24
SCRATCH_MEGABYTES, SCRATCH_FILES = 64, 4096
FILE_MEGABYTES = 32

libc = ctypes.CDLL(None, use_errno=True)


def _call(function: str, *arguments: object) -> None:
    """Call a function of the C library; raise OSError where it returns a negative number."""
    if getattr(libc, function)(*arguments) < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{function}: {os.strerror(code)}")


def unshare() -> None:
    """Enter namespaces of our own; raise OSError where the system refuses."""
    if not sys.platform.startswith("linux"):
        raise OSError(errno.ENOSYS, f"none on {sys.platform}")
    spaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC
    uid, gid = os.getuid(), os.getgid()
    try:
        _call("unshare", spaces)
    except OSError:
        _call("unshare", spaces | CLONE_NEWUSER)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def die_with_parent(by: int = signal.SIGKILL) -> None:
    """Have the kernel end this process by a signal when its parent, or that thread of it, ends."""
    if sys.platform.startswith("linux"):
        _call("prctl", PR_SET_PDEATHSIG, by, 0, 0, 0)


def die_first() -> None:
    """Have the kernel end this process and its children first where memory runs out."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def enclose(scratch: str, readable: list[str], hidden: list[str], own: str) -> list[str]:
    """Change to a file system with nothing in it but what may be read, and a scratch directory.

    Raises OSError where that cannot be done; returns notes on what could not be added.

    Parameters
    ----------
    scratch : str
        Existing directory; the new file system is built there, and has an empty one in its place.
    readable, hidden : list of str
        Files and folders, and the folders among them that are to look empty.
    own : str
        The submission's own file or folder, readable wherever it lies.
    """
    notes: list[str] = []
    _mount(None, "/", None, MS_REC | MS_PRIVATE)
    _mount("tmpfs", scratch, "tmpfs", MS_NOSUID | MS_NODEV, "size=4m,nr_inodes=8k,mode=755")
    links: dict[str, str] = {}
    for path in sorted({_real(path, links) for path in readable}):
        _show(path, scratch)
    for path in hidden:
        if os.path.isdir(scratch + path):
            _mount("tmpfs", scratch + path, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755")
    _show(_real(own, links), scratch)
    links |= {entry.path: os.readlink(entry) for entry in os.scandir("/") if entry.is_symlink()}
    for link, target in links.items():
        if not os.path.lexists(scratch + link):
            os.makedirs(os.path.dirname(scratch + link), exist_ok=True)
            os.symlink(target, scratch + link)
    for folder in ("/proc", scratch):
        os.makedirs(scratch + folder, exist_ok=True)
    for name, step in (("a process table of its own", lambda: _mount(
            "proc", f"{scratch}/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)),
            ("a read-only file system", lambda: _make_read_only(scratch))):
        try:
            step()
        except OSError as error:
            notes.append(f"without {name} ({error})")
    _mount("tmpfs", scratch + scratch, "tmpfs", MS_NOSUID | MS_NODEV,
           f"size={SCRATCH_MEGABYTES}m,nr_inodes={SCRATCH_FILES},mode=777")
    os.chdir(scratch)
    _mount(".", "/", None, MS_MOVE)
    os.chroot(".")
    return notes


def _mount(source: str | None, target: str, kind: str | None, flags: int, data: str = "") -> None:
    encoded = [None if text is None else os.fsencode(text) for text in (source, target, kind)]
    _call("mount", *encoded, ctypes.c_ulong(flags), os.fsencode(data) or None)


def _real(path: str, links: dict[str, str]) -> str:
    """Return a path without links, and note those on its way."""
    place = "/"
    for part in Path(path).parts[1:]:
        place = os.path.join(place, part)
        if os.path.islink(place):
            links[place] = os.readlink(place)
            target = os.path.normpath(os.path.join(os.path.dirname(place), links[place]))
            place = _real(target, links)
    return place


def _show(path: str, root: str) -> None:
    """Show a file or folder at its own place below `root`."""
    place = root + path
    if os.path.exists(place) and os.path.samestat(os.stat(place), os.stat(path)):
        return  # it lies in a folder that is shown already
    os.makedirs(place if os.path.isdir(path) else os.path.dirname(place), exist_ok=True)
    if not os.path.isdir(path):
        os.close(os.open(place, os.O_CREAT | os.O_WRONLY))
    _mount(path, place, None, MS_BIND | MS_REC)


def _make_read_only(root: str) -> None:
    attributes = (ctypes.c_uint64 * 4)(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, 0, 0, 0)
    _call("syscall", SYS_MOUNT_SETATTR, AT_FDCWD, os.fsencode(root), AT_RECURSIVE,
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
    if enclosed or os.getuid() == 0:  # else the limit counts every process of the user
        limits[resource.RLIMIT_NPROC] = PROCESSES
    for kind, value in limits.items():
        _, hard = resource.getrlimit(kind)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


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


def refuse_exposed(secret: list[str]) -> None:
    """Raise OSError if this user may look into one of the folders."""
    for path in secret:
        if os.access(path, os.R_OK) or os.access(path, os.X_OK):
            raise OSError(errno.EACCES, f"user {os.getuid()} can read {path}")
