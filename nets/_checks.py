"""Checks of arguments that several modules of `nets` share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from layers._arguments import Array, integer, refuse


def whole(name: str, value: object, low: int) -> int:
    """Return `value` as an int if it is a whole number >= low.

    >>> whole("batch_size", np.int64(5), low=1)
    5
    """
    number = integer(name, value, f"a whole number >= {low}", f"pass {name} as an int")
    if number < low:
        refuse(name, value, f"a whole number >= {low}", f"pass a larger {name}")
    return number


def labels(y: object, num_classes: int, N: int | None = None) -> Array:
    """Return `y` if it holds integers with 0 <= y < num_classes, N of them where N is given."""
    y = np.asarray(y)
    if y.dtype.kind not in "iu":
        refuse("y", y, "integer labels", "pass y.astype(int)", TypeError)
    if y.ndim != 1 or (N is not None and len(y) != N):
        refuse("y", y, f"shape ({'N' if N is None else N},), one label for each sample of X",
               "pass the labels that belong to X")
    if y.size and not 0 <= y.min() <= y.max() < num_classes:
        refuse("y", f"labels from {y.min()} to {y.max()}", f"0 <= y < {num_classes}",
               "correct the labels, or pass another num_classes")
    return y


def float_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    """Return the NumPy dtype that `dtype` names if it is a floating one."""
    try:
        resolved = np.dtype(dtype)
    except TypeError:
        refuse("dtype", dtype, "a floating dtype", "pass np.float32 or np.float64", TypeError)
    if dtype is None or resolved.kind != "f":
        refuse("dtype", dtype, "a floating dtype", "pass np.float32 or np.float64", TypeError)
    return resolved


def generator(rng: object) -> Any:
    """Return `rng` if it is None, a Generator or a RandomState."""
    if rng is not None and not isinstance(rng, np.random.Generator | np.random.RandomState):
        refuse("rng", rng, "a np.random.Generator or np.random.RandomState",
               "pass np.random.default_rng(seed)", TypeError)
    return rng
