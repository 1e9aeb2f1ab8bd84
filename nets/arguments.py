"""What the nets ask of their arguments, over and above `layers.arguments`.

Each function returns its value, or raises an error that says what was got, what was expected, and
what to do.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from layers.arguments import Array, integer, refuse

Rng: TypeAlias = "np.random.Generator | np.random.RandomState | None"


def whole(name: str, value: object, low: int) -> int:
    """Return `value` as an int if it is a whole number >= low.

    Examples
    --------
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

    Examples
    --------
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
    """Return `X` if it is an array of numbers with at least one sample along its first axis.

    Examples
    --------
    >>> samples(np.ones((0, 3)))
    Traceback (most recent call last):
    ValueError: X: got a float64 array of shape (0, 3); expected shape (N, d1, ..., dk) with ...
    """
    if not isinstance(X, np.ndarray) or X.dtype.kind not in "fiub":
        refuse(name, X, "an array of numbers", f"pass np.asarray({name}, dtype=float)", TypeError)
    if X.ndim == 0 or len(X) == 0:
        refuse(name, X, "shape (N, d1, ..., dk) with at least one sample",
               "pass samples along the first axis")
    return X


def float_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    """Return the NumPy dtype that `dtype` names if it is a floating one.

    Examples
    --------
    >>> float_dtype("float32")
    dtype('float32')
    """
    try:
        resolved = np.dtype(dtype)
    except TypeError:
        refuse("dtype", dtype, "a floating dtype", "pass np.float32 or np.float64", TypeError)
    if dtype is None or resolved.kind != "f" or resolved.itemsize > 8:
        refuse("dtype", dtype, "a floating dtype", "pass np.float32 or np.float64", TypeError)
    return resolved


def numbers_of(name: str, value: object) -> Array:
    """Return a copy of `value`, an array_like of booleans, integers or floats.

    Examples
    --------
    >>> numbers_of("data", [[1, 2], [3, 4]]).shape
    (2, 2)
    """
    try:
        array = np.array(value)
    except ValueError:
        refuse(name, value, "rows of equal lengths", "pad the shorter rows")
    if array.dtype.kind not in "biuf":
        refuse(name, value, "booleans, integers or floats",
               "convert it to an array of numbers first", TypeError)
    return array


def checked_rng(rng: object) -> Rng:
    """Return `rng` if it is None, a Generator or a RandomState.

    Examples
    --------
    >>> checked_rng(0)
    Traceback (most recent call last):
    TypeError: rng: got 0 (int); expected a np.random.Generator, a ...
    """
    if rng is not None and not isinstance(rng, np.random.Generator | np.random.RandomState):
        refuse("rng", rng, "a np.random.Generator, a np.random.RandomState or None",
               "pass np.random.default_rng(seed)", TypeError)
    return rng
