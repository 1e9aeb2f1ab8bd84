"""What a submission prints: the first part of it at once, and the rest for nothing.

A layer that prints twenty thousand lines a call should be judged all the same.
"""

from __future__ import annotations

import io
import os
from typing import Any, TextIO

MOST_BYTES = 16_000


def capped(stream: TextIO) -> TextIO:
    """Return a stream that writes the first bytes to where another one does, and drops the rest.

    Examples
    --------
    >>> read, write = os.pipe()
    >>> with open(write, "w") as pipe:
    ...     told = capped(pipe)
    ...     for line in range(10_000):
    ...         print(line, file=told)
    >>> with open(read, "rb") as kept:
    ...     len(kept.read())
    16000
    """
    kept: Any = _Capped(stream.fileno())
    return _Text(kept, encoding="utf-8", errors="backslashreplace", write_through=True)


class _Text(io.TextIOWrapper):
    """Hands its text on at once while that is kept, and in large pieces from then on."""

    _full = False

    def flush(self) -> None:
        """Hand on what there is."""
        super().flush()
        if not self._full and self.buffer.full:  # type: ignore[attr-defined]
            self._full = True
            self.reconfigure(write_through=False)


class _Capped(io.BufferedIOBase):
    """Writes at once: what was printed before a crash may say why."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._left = descriptor, MOST_BYTES

    @property
    def full(self) -> bool:
        """Whether the rest is dropped."""
        return not self._left

    def writable(self) -> bool:
        """Say that it takes bytes."""
        return True

    def fileno(self) -> int:
        """Return where it writes, for whoever writes there directly."""
        return self._descriptor

    def write(self, data: Any) -> int:
        """Write what there is still room for."""
        rest = memoryview(data)[:self._left]
        self._left -= len(rest)
        while rest:
            rest = rest[os.write(self._descriptor, rest):]
        return len(data)
