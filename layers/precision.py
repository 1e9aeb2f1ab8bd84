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
    if type(result) is np.ndarray and result.dtype == dtype:
        return result
    return np.asarray(result, dtype=dtype)


def as_floats(value: object, like: Array) -> object:
    """Return an array of integers as one of the dtype of `like`, and anything else as it is.

    For parameters of one number a channel, which the course's notebooks write as integers. Nothing
    is truncated: the gradient is of the dtype of `like`, too.

    Examples
    --------
    >>> as_floats(np.array([0, 128]), np.ones(3, np.float32))
    array([  0., 128.], dtype=float32)
    """
    if isinstance(value, np.ndarray) and value.dtype.kind in "iu":
        return value.astype(like.dtype)
    return value
