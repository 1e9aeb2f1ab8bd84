"""In which precision a layer computes, and the dtype in which it hands over the result."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]


def widen(array: Array) -> Array:
    """Return float16 as float32, everything else as it is.

    Sums of a few thousand float16 numbers stall or overflow (11 bits of mantissa, 65504 at most).

    Examples
    --------
    >>> ones = np.ones((4096, 2), np.float16)
    >>> float(ones.sum(axis=0)[0]), float(widen(ones).sum(axis=0)[0])
    (2048.0, 4096.0)
    """
    return array.astype(np.float32) if array.dtype.itemsize == 2 else array


def cast(result: object, dtype: DTypeLike) -> Array:
    """Return `result` as an array of `dtype`: also a scalar, which is what ufuncs make of 0-d.

    Examples
    --------
    >>> cast(np.float64(1.5), np.float32)
    array(1.5, dtype=float32)
    """
    return np.asarray(result, dtype=dtype)
