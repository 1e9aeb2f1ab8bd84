"""Whether backward evaluates its own forward nearby: differences where a derivative belongs.

Forward may be called under another name, a helper's: every function of its file counts.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import numpy as np

from gradcheck.contract.breach import Inspection

MOST_CALLS, MOST_FUNCTIONS = 8, 30
FEW = 4
LITTLE = 1e-2
# A real step below this, beside values of size one, is lost in rounding: nobody divides by it.
LEAST = 1e-14
Calls = list[list[Any]]


@contextmanager
def calls_of(function: Callable[..., Any]) -> Iterator[Calls]:
    """Yield a list that takes the arguments of the first calls of a function made meanwhile.

    Those of the other functions of its file, too. A function that stands for one in another
    process has an attribute `watched` that does so.

    Examples
    --------
    >>> def square(x): return x * x
    >>> with calls_of(square) as calls:
    ...     _ = square(3) + square(4)
    >>> calls
    [[3], [4]]
    """
    watched = getattr(function, "watched", None)
    if watched is not None:
        with watched() as calls:
            yield calls
        return
    calls, code, counts = [], _code_of(function), Counter[Any]()
    if code is None or sys.getprofile() is not None:  # a profiler of the user's stays as it is
        yield calls
        return

    file = code.co_filename

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event != "call":
            return
        called = frame.f_code
        if called.co_filename == file and (
                counts[called] < MOST_CALLS) and len(counts) < MOST_FUNCTIONS:
            counts[called] += 1
            names = called.co_varnames[:called.co_argcount]
            calls.append([np.copy(value) if isinstance(value, np.ndarray) else value
                          for value in map(frame.f_locals.get, names)])

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def _code_of(function: Callable[..., Any]) -> Any:
    """Return the code of the function behind wrappers, None where there is none."""
    while True:
        inner = getattr(function, "__wrapped__", None)
        if inner is None and isinstance(function, functools.partial):
            inner = function.func
        if inner is None:
            return getattr(function, "__code__", None)
        function = inner


def note_recalls(found: Inspection, args: Sequence[Any], calls: Calls) -> None:
    """Note it where one of the calls had an argument of forward's, moved a little in few places.

    Forward at its own arguments is a recomputation, and at others it is a building block.
    """
    for given in calls:
        for value in given:
            count, step = next(filter(None, (_moved(value, arg) for arg in args)), (0, 0.0))
            if count:
                found.add("numerical-backward", "called", count=count, step=f"{step:.1g}")
                return


def _moved(value: Any, arg: Any) -> tuple[int, float] | None:
    """Return in how many places a value is an argument's neighbour, and how far from it."""
    if not all(isinstance(entry, np.ndarray) and entry.dtype.kind in "fc"
               for entry in (value, arg)) or value.shape != arg.shape or arg.size < 2:
        return None
    with np.errstate(all="ignore"):
        distance = np.abs(value - arg)
    places = int(np.count_nonzero(distance))
    if not 0 < places <= min(FEW, arg.size // 2):
        return None
    step, size = float(np.max(distance)), 1 + float(np.max(np.abs(arg)))
    near = (LEAST * size if value.dtype.kind == "f" else 0.0) < step <= LITTLE * size
    return (places, step) if near else None
