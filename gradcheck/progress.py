"""A progress bar on stdout that appears only where a check takes longer than two seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tqdm import tqdm

DELAY = 2.0


class Progress:
    """Counts forward calls; called with the number of new ones."""

    def __init__(self, label: str, enabled: bool) -> None:
        self.label, self.enabled = label, enabled
        self.count, self.started = 0, time.monotonic()
        self.bar: tqdm[object] | None = None

    def __call__(self, calls: int) -> None:
        """Add calls; show the bar once the delay is over."""
        self.count += calls
        if self.bar is not None:
            self.bar.update(calls)
        elif self.enabled and time.monotonic() - self.started > DELAY:
            from tqdm import tqdm  # slow to import, and few checks take so long

            self.bar = tqdm(desc=self.label, unit=" calls", initial=self.count, leave=False,
                            file=sys.stdout)


@contextmanager
def progress_bar(label: str, enabled: bool = True) -> Iterator[Progress]:
    """Yield a Progress and clear its bar at the end.

    Examples
    --------
    >>> with progress_bar("affine") as progress:
    ...     progress(2)
    >>> progress.count
    2
    """
    progress = Progress(label, enabled)
    try:
        yield progress
    finally:
        if progress.bar is not None:
            progress.bar.close()
