"""What a submission finds around it, what is hidden from it, and what it leaves running."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path

import numpy as np

REFERENCE = ("layers", "nets", "gradcheck", "tests", "notebooks", "build", ".git")
KEPT_ENVIRONMENT = ("LD_LIBRARY_PATH", "TZ")


def environment(scratch: str, token: str) -> dict[str, str]:
    """Return the variables that a submission's process starts with; `token` marks it."""
    kept = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**kept, **threads, "PATH": os.defpath, "HOME": scratch, "TMPDIR": scratch,
            "LANG": "C.UTF-8", "MPLBACKEND": "Agg", token: "1"}


def needed() -> list[str]:
    """Return the directories that Python and its packages live in."""
    own = [sys.prefix, sys.base_prefix, sys.exec_prefix, str(Path(np.__file__).parent)]
    return sorted({os.path.realpath(path) for path in own if os.path.isdir(path)})


def hidden(folder: Path, scratch: str) -> list[str]:
    """Return the directories that a submission must not read: the reference, other submissions."""
    roots = {Path(__file__).resolve().parents[2], Path.cwd()}
    visible = [Path(path) for path in (*needed(), scratch, "/proc")]
    return [str(path) for path in (folder, *(root / name for root in roots for name in REFERENCE))
            if path.is_dir() and not any(place.is_relative_to(path) for place in visible)]


def kill_marked(token: str) -> None:
    """Kill every process that inherited the environment of a submission."""
    mark = token.encode()
    for _ in range(20):
        found = False
        for entry in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if mark in entry.read_bytes():
                    os.kill(int(entry.parent.name), signal.SIGKILL)
                    found = True
        if not found:
            return
