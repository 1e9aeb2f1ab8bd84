"""Sums whose terms climb apart: what cancels in a sum, or is drowned by one term, is plain in each.

A layer's derivative is the sum of its outputs', and every output has a scale of its own: one bends
at steps at which another is still nothing but roundoff. At no step is their sum known as well as
the sum of what is known of each at its best step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.equal import BOUNDS
from gradcheck.numeric.climb import LOWEST, SEEN, Climbed, Enough, climb
from gradcheck.numeric.ladder import Slopes

Array = NDArray[Any]

MOST_TERMS = 4096


@dataclass(frozen=True)
class Sums:
    """Slopes of sums and of their terms at any step.

    ``slopes(s)`` returns both; `gather` adds up terms, `spread` gives every term its sum's value.
    """

    slopes: Callable[[float], tuple[Slopes, Slopes]]
    gather: Callable[[Array], Array]
    spread: Callable[[Array], Array]


def climb_apart(sums: Sums, size: Array, enough: Enough, start: float = LOWEST) -> Climbed:
    """Climb with sums and their terms at once; return what is known of the sums.

    Where sum and terms contradict each other the terms count: a sum may be plain at a step across
    which one of its terms has come and gone.

    Examples
    --------
    >>> def slopes(s):
    ...     terms = np.array([1e9 * 2.0**-53 * (-1) ** (np.log2(s) // 2) / s, np.sin(s / 64) / s])
    ...     rounded = np.array([1e9, np.sin(s / 64)]) * 2.0**-52 / s
    ...     both = Slopes(terms, terms, terms, rounded, np.full(2, s))
    ...     total = np.array([np.sum(terms)])
    ...     return Slopes(total, total, total, np.array([1e9 * 2.0**-52 / s]), np.array([s])), both
    >>> sums = Sums(slopes, lambda terms: np.array([np.sum(terms)]), lambda sums: np.full(2, sums))
    >>> never = lambda *known: np.zeros(1, dtype=bool)
    >>> found = climb_apart(sums, np.ones(1), never)
    >>> bool(abs(found.value[0] - 1 / 64) <= found.bound[0] < 1e-9)
    True
    """
    count = size.size

    def both(s: float) -> Slopes:
        whole, terms = sums.slopes(s)
        return Slopes(*(np.concatenate([getattr(whole, entry.name), getattr(terms, entry.name)])
                        for entry in fields(Slopes)))

    def told(*both: Array) -> Array:
        known = np.asarray(enough(*_together(sums, count, *both)))
        return np.concatenate([known, sums.spread(known)])

    found = climb(both, np.concatenate([size, sums.spread(size)]), told, start)
    value, bound, seen, apart = _together(sums, count, found.value, found.bound, found.seen,
                                          found.apart)
    return replace(found, value=value, bound=bound, seen=seen, apart=apart,
                   constant=found.constant[:count])


def _together(sums: Sums, count: int, value: Array, bound: Array, seen: Array, apart: Array
              ) -> tuple[Array, Array, Array, Array]:
    """Return value, bound, `seen` and `apart` of each sum: as a whole or by its terms."""
    whole, width = value[:count], bound[:count]
    added, slack = sums.gather(value[count:]), sums.gather(bound[count:])
    by_terms = np.isfinite(slack) & (
        (slack < width) | (np.abs(whole - added) > BOUNDS * (width + slack)))
    total, error = np.where(by_terms, added, whole), np.where(by_terms, slack, width)
    clear = np.where(by_terms, (error <= SEEN * np.abs(total)) & (total != 0), seen[:count])
    return total, error, clear, np.where(by_terms, sums.gather(apart[count:]), apart[:count])
