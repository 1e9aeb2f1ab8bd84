"""A smaller example of the same layer, where the one at hand is too large to look at in whole.

Many clues look at the whole Jacobian. A slip is in the code, not in the numbers, so that it shows
at a few samples of few features as well: long axes are cut, everywhere they occur, to a few places.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# Axes longer than the first number are cut to the second, or up to three places more: a length
# modulo four decides whether windows fit.
SCALES = ((13, 8), (7, 4))


def smaller_arguments(args: tuple[Any, ...], out: Array) -> Iterator[tuple[Any, ...]]:
    """Yield arguments with shorter axes: all long ones cut, the first one alone, the longest alone.

    Parameters
    ----------
    args : tuple
        The arguments of a forward; arrays in dicts are cut as well.
    out : ndarray
        Its output, whose axes may be long, too.

    Examples
    --------
    >>> x, w = np.zeros((100, 50)), np.zeros((50, 3))
    >>> [[np.shape(arg) for arg in args] for args in smaller_arguments((x, w), x @ w)][:2]
    [[(8, 10), (10, 3)], [(8, 50), (50, 3)]]
    """
    arrays = [arg for arg in args if isinstance(arg, np.ndarray)]
    for long, least in SCALES:
        lengths = {size for array in (*arrays, out) for size in array.shape if size > long}
        first = {size for array in arrays[:1] for size in array.shape[:1] if size in lengths}
        for chosen in dict.fromkeys(map(frozenset, (lengths, first, {max(lengths, default=0)}))):
            if chosen and chosen <= lengths:
                cut = {length: least + length % 4 for length in chosen}
                yield tuple(_cut(arg, cut) for arg in args)


def _cut(value: Any, cut: Mapping[int, int]) -> Any:
    """Return a value whose arrays have the given lengths cut."""
    if isinstance(value, dict):
        return {key: _cut(entry, cut) for key, entry in value.items()}
    if not isinstance(value, np.ndarray):
        return value
    part = value[tuple(slice(cut.get(size)) for size in value.shape)].copy()
    if part.dtype.kind not in "iu" or not part.size:
        return part
    # an index stays within the axis that it points into
    within = [short for length, short in cut.items() if part.max() < length and part.max() >= short]
    return part % min(within) if within else part
