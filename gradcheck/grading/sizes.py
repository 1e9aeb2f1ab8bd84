"""Arguments for more examples, or fewer, than a layer's own have."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from gradcheck.target.trial import Args

SIZES = (1, 40)
MOST = 40


def of_size(draw: Callable[[], Args], count: int, forward: Callable[..., Any]) -> Args | None:
    """Return arguments with so many examples; None where there are none that `forward` takes.

    Parameters
    ----------
    draw : callable
        Draws arguments of one size, whose first array has an example a row.
    count : int
        How many examples.
    forward : callable
        What has to take them: the reference's.

    Examples
    --------
    >>> def draw(): return np.ones((4, 6)), np.ones((6, 5)), np.ones(5)
    >>> found = of_size(draw, 1, lambda x, w, b: x @ w + b)
    >>> [array.shape for array in found]
    [(1, 6), (6, 5), (5,)]
    """
    first = draw()
    rows = next((len(arg) for arg in first if _has_rows(arg)), 0)
    if not rows:
        return None
    draws = [first, *(draw() for _ in range(-(-min(count, MOST) // rows) - 1))]
    for places in _choices(first, rows):
        args = tuple(np.concatenate([args[place] for args in draws])[:count] if place in places
                     else arg for place, arg in enumerate(first))
        if _takes(forward, args):
            return args
    return None


def _has_rows(arg: Any) -> bool:
    return isinstance(arg, np.ndarray) and arg.ndim > 0


def _choices(args: Args, rows: int) -> Iterator[Sequence[int]]:
    """Yield which arguments may have an example a row: all that have so many rows first."""
    places = [place for place, arg in enumerate(args) if _has_rows(arg) and len(arg) == rows]
    for size in range(len(places), 0, -1):
        yield from (chosen for chosen in itertools.combinations(places, size)
                    if chosen[0] == places[0])


def _takes(forward: Callable[..., Any], args: Args) -> bool:
    try:
        with np.errstate(all="ignore"):
            out = forward(*copy.deepcopy(args))[0]
    except Exception:  # the reference's refusal, of whatever kind
        return False
    return bool(np.all(np.isfinite(out)))
