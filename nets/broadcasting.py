"""Broadcasting and its way back: what was repeated in forward is summed in backward."""

from __future__ import annotations

import numpy as np

from layers.arguments import Array, refuse
from layers.precision import cast, widen


def broadcast_shape(name: str, a: Array, b: Array) -> tuple[int, ...]:
    """Return the common shape of `a` and `b`, or say which shapes do not fit.

    Examples
    --------
    >>> broadcast_shape("add", np.ones((2, 1)), np.ones(3))
    (2, 3)
    """
    try:
        return np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        refuse(name, f"operands of shapes {a.shape} and {b.shape}",
               "shapes that broadcast: equal, or 1, in every axis counted from the last",
               "reshape one of them, or reduce it over the axis that does not fit")


def unbroadcast(dout: Array, shape: tuple[int, ...]) -> Array:
    """Sum `dout` over the axes along which an array of `shape` was repeated to dout's shape.

    Examples
    --------
    >>> unbroadcast(np.ones((2, 3)), (3,))
    array([2., 2., 2.])
    >>> unbroadcast(np.ones((2, 3)), (2, 1))
    array([[3.],
           [3.]])
    """
    extra = dout.ndim - len(shape)
    stretched = (i + extra for i, n in enumerate(shape) if n == 1 and dout.shape[i + extra] != 1)
    axes = (*range(extra), *stretched)
    return cast(widen(dout).sum(axis=axes).reshape(shape), dout.dtype) if axes else dout
