"""Checks of arguments that several modules of `nets` share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from layers.arguments import Array, integer, refuse


def whole(name: str, value: object, low: int) -> int:
    """Return `value` as an int if it is a whole number >= low.

    >>> whole("batch_size", np.int64(5), low=1)
    5
    """
    number = integer(name, value, f"a whole number >= {low}", f"pass {name} as an int")
    if number < low:
        refuse(name, value, f"a whole number >= {low}", f"pass a larger {name}")
    return number


def labels(
    y: object, num_classes: int | None, N: int | None = None, name: str = "y", of: str = "X"
) -> Array:
    """Return `y` if it holds integers >= 0, below num_classes and N of them where these are given.

    >>> labels([0, 2], num_classes=3, N=2)
    array([0, 2])
    """
    y = np.asarray(y)
    if y.dtype.kind not in "iu":
        refuse(name, y, "integer labels", f"pass {name}.astype(int)", TypeError)
    if y.ndim != 1 or (N is not None and len(y) != N):
        refuse(name, y, f"shape ({'N' if N is None else N},), one label for each sample of {of}",
               f"pass the labels that belong to {of}")
    limit = np.inf if num_classes is None else num_classes
    if y.size and not 0 <= y.min() <= y.max() < limit:
        refuse(name, f"labels from {y.min()} to {y.max()}", f"0 <= {name} < {num_classes or 'C'}",
               "correct the labels, or pass another num_classes")
    return y


def samples(X: object, name: str = "X") -> Array:
    """Return `X` if it is an array of numbers with at least one sample along its first axis."""
    if not isinstance(X, np.ndarray) or X.dtype.kind not in "fiub":
        refuse(name, X, "an array of numbers", f"pass np.asarray({name}, dtype=float)", TypeError)
    if X.ndim == 0 or len(X) == 0:
        refuse(name, X, "shape (N, d1, ..., dk) with at least one sample",
               "pass samples along the first axis")
    return X


def float_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    """Return the NumPy dtype that `dtype` names if it is a floating one."""
    try:
        resolved = np.dtype(dtype)
    except TypeError:
        refuse("dtype", dtype, "a floating dtype", "pass np.float32 or np.float64", TypeError)
    if dtype is None or resolved.kind != "f" or resolved.itemsize > 8:
        refuse("dtype", dtype, "a floating dtype", "pass np.float32 or np.float64", TypeError)
    return resolved


def generator(rng: object) -> Any:
    """Return `rng` if it is None, a Generator or a RandomState."""
    if rng is not None and not isinstance(rng, np.random.Generator | np.random.RandomState):
        refuse("rng", rng, "a np.random.Generator or np.random.RandomState",
               "pass np.random.default_rng(seed)", TypeError)
    return rng
