"""What stands in a file that somebody else wrote, read only where that comes to an end."""

from __future__ import annotations

import os
import stat
from pathlib import Path

MOST_BYTES = 8 << 20  # no source has so many


def content_of(path: str | os.PathLike[str]) -> bytes:
    """Return the content of a regular file.

    Raises
    ------
    OSError
        It cannot be read; it is a pipe, whose writer may never come, or a device, which may never
        end; or it is larger than any source.

    Examples
    --------
    >>> content_of(os.devnull)
    Traceback (most recent call last):
    OSError: ...: this is no file of at most 8 MB
    """
    with open(path, "rb", opener=_at_once) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > MOST_BYTES:
            raise OSError(f"{Path(path)}: this is no file of at most {MOST_BYTES >> 20} MB")
        return file.read(MOST_BYTES)


def _at_once(path: str, flags: int) -> int:
    """Open a file; of a pipe, do not wait for its other end: only what is open can be told."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
