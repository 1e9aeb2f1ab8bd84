"""What a submission finds around it: Python, its packages, what they need; nothing else.

An allow-list: whatever is not named here cannot be read. The reference is taken out again where it
lies inside what is allowed.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

import numpy as np

REFERENCE = ("layers", "nets", "gradcheck")
KEPT_ENVIRONMENT = ("LD_LIBRARY_PATH", "TZ")
PROJECT = ("pyproject.toml", "setup.py", "setup.cfg", ".git")
SHARED = ("/", "/usr", "/usr/local")  # prefixes of which Python has its own folders alone
SYSTEM = ("/etc/ld.so.cache", "/etc/localtime", "/etc/timezone", "/usr/share/zoneinfo",
          "/sys/devices/system/cpu", "/dev/null", "/dev/zero", "/dev/full", "/dev/random",
          "/dev/urandom")
VERSION = f"python{sys.version_info[0]}.{sys.version_info[1]}"
ROOT = Path(__file__).resolve().parents[2]


def environment(scratch: str) -> dict[str, str]:
    """Return the variables that a submission's process starts with."""
    kept = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    folders = {name: f"{scratch}/.cache/{name.partition('_')[0].lower()}"
               for name in ("MPLCONFIGDIR", "NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
    return {**kept, **threads, **folders, "PATH": os.defpath, "HOME": scratch, "TMPDIR": scratch,
            "LANG": "C.UTF-8", "MPLBACKEND": "Agg"}


def needed() -> list[str]:
    """Return the folders without which Python does not run."""
    own = [sys.prefix, sys.base_prefix, sys.exec_prefix,
           os.path.dirname(os.path.realpath(np.__file__))]
    return sorted({os.path.realpath(path) for path in own if os.path.isdir(path)})


def search_path(own: Path) -> list[str]:
    """Return where a submission's imports are looked up.

    A project under development is no place to read from; nor is the current folder, or one in
    which submissions lie, unless Python itself lives there.
    """
    python = [Path(path) for path in needed()]
    return [entry for entry in sys.path if os.path.isabs(entry) and os.path.exists(entry) and (
        any(Path(os.path.realpath(entry)).is_relative_to(path) for path in python)
        or not (own.is_relative_to(entry) or Path(entry).resolve() == Path.cwd()))
        and not _is_project(Path(entry))]


def readable(own: Path) -> list[str]:
    """Return the files and folders that a submission may read, besides its own."""
    prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}
    python = [f"{prefix}/{place}" if prefix in SHARED else prefix for prefix in prefixes
              for place in (f"lib/{VERSION}", f"lib64/{VERSION}")]
    entries = search_path(own)
    linked = [target for entry in entries for target in _linked(entry)]
    found = {*python, *entries, *linked, *_libraries(), *SYSTEM}
    return sorted(path for path in found if os.path.exists(path))


def secret(own: Path) -> list[str]:
    """Return the folders that a submission must not read: the reference, other submissions."""
    places = {ROOT, *map(Path, search_path(own))}
    places |= {path for prefix in (sys.prefix, sys.base_prefix)
               for path in Path(prefix).glob("lib*/python3*/*-packages")}
    found = {place / name for place in places for name in REFERENCE}
    found |= {ROOT} if _is_project(ROOT) else set()
    found |= {Path(sys.prefix, "src"), own.parent}  # pip puts projects under development there
    return sorted({os.path.realpath(path) for path in found if path.is_dir()})


def within(paths: list[str], folders: list[str]) -> list[str]:
    """Return the paths that lie in one of the folders, or are one."""
    tops = [os.path.realpath(folder) for folder in folders]
    return [path for path in paths if any(Path(path).is_relative_to(top) for top in tops)]


def _is_project(folder: Path) -> bool:
    return any((folder / name).exists() for name in PROJECT)


@cache
def _linked(folder: str) -> tuple[str, ...]:
    """Return what links in a folder of packages, or right below, stand for: uv keeps a cache so."""
    found = set()
    for entry in os.scandir(folder) if os.path.isdir(folder) else ():
        if entry.is_symlink():
            found.add(os.path.realpath(entry.path))
        elif entry.is_dir():
            links = (inner.path for inner in os.scandir(entry.path) if inner.is_symlink())
            found |= {os.path.dirname(os.path.realpath(path)) for path in [*links][:1]}
    return tuple(found)


def _libraries() -> set[str]:
    """Return the folders of the shared libraries that this process has loaded."""
    maps = Path("/proc/self/maps")
    lines = maps.read_text().splitlines() if maps.exists() else []
    files = {line.partition("/")[2] for line in lines if ".so" in line and "/" in line}
    given = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    return {*(os.path.dirname(f"/{file}") for file in files), *filter(os.path.isabs, given)}
