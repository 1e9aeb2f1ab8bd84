"""The time that a submission has, and that each of its layers may take of it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator


class Budget:
    """Wall-clock time for one submission, shared by every process that is started for it.

    Parameters
    ----------
    seconds : float
        Total time.
    per_call : float, optional
        Time for one call of a function; by default a fifth of the total, at most ten seconds.
    """

    def __init__(self, seconds: float, per_call: float | None = None) -> None:
        self.seconds = seconds
        self.per_call = min(10.0, seconds / 5) if per_call is None else per_call
        self._end = self._pause = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds that are left, of the share where one is set; never negative."""
        return max(0.0, min(self._end, self._pause) - time.monotonic())

    @contextlib.contextmanager
    def share(self, others: int) -> Iterator[None]:
        """Leave half of what is left to others that wait, where there are any.

        >>> budget = Budget(10.0)
        >>> with budget.share(others=3):
        ...     round(budget.left)
        5
        """
        left = max(0.0, self._end - time.monotonic())
        self._pause = self._end - (left / 2 if others else 0.0)
        try:
            yield
        finally:
            self._pause = self._end

    def of_all(self) -> str:
        """Say of a limit what it is a part of, or that all is used up."""
        if self.left:
            return f", a part of the {self.seconds:g} s in all"
        if self._pause < self._end:
            return "; its share is used up, the rest of the time is left to the other layers"
        return f"; the {self.seconds:g} s for the whole submission are used up"
