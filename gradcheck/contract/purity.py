"""Whether a second backward gives the same gradients as the first."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.contract.breach import Inspection
from gradcheck.contract.layer import Layer
from gradcheck.contract.mutation import same_bits
from gradcheck.equal import one_multiple

Array = NDArray[Any]


def note_impurity(
    found: Inspection, layer: Layer, first: list[Any], second: list[Any]
) -> None:
    """Tell a second backward that differs; a mask drawn anew has a code of its own."""
    if len(first) == len(second) and all(map(same_bits, first, second)):
        return
    resampled = found.draws_randomness or any(_masks_differ(a, b, layer.drops)
                                              for a, b in zip(first, second, strict=False))
    found.add("mask-resampled" if resampled else "backward-impure", "again")


def _masks_differ(first: Any, second: Any, drops: bool) -> bool:
    """Whether two gradients are equal where both are not zero, and zero at different places.

    Behind a dropout, inside a block, a mask drawn anew changes sums; what tells it from an
    accumulator is that the second gradient is no multiple of the first.
    """
    if not (isinstance(first, np.ndarray) and isinstance(second, np.ndarray)
            and first.shape == second.shape):
        return False
    both = (first != 0) & (second != 0)
    if np.any((first != 0) != (second != 0)) and np.allclose(first[both], second[both]):
        return True
    if not drops or not np.any(both):
        return False
    return not one_multiple(second[both] / first[both])
