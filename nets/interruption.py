"""Ctrl-C during a training: the step ends, and nothing of the run is lost."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def held_back() -> Iterator[threading.Event]:
    """Set an event at the first Ctrl-C, where it would raise; the second one raises at once.

    Somebody else's handler stays. Signals are the main thread's: elsewhere nothing is held back.
    """
    pressed = threading.Event()
    if (threading.current_thread() is not threading.main_thread()
            or signal.getsignal(signal.SIGINT) is not signal.default_int_handler):
        yield pressed
        return

    def note(*_: object) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, note)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def interrupted(iteration: int, checkpoint_name: str | Path | None) -> KeyboardInterrupt:
    """Return the exception that ends a training at Ctrl-C, and says how to go on.

    Examples
    --------
    >>> print(interrupted(7, 'run'))
    the training ended after iteration 7; train() goes on, also in a new Solver after resume('run')
    """
    again = f", also in a new Solver after resume({str(checkpoint_name)!r})"
    return KeyboardInterrupt(f"the training ended after iteration {iteration}; train() goes on"
                             + (again if checkpoint_name is not None else ""))
