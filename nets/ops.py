"""The arithmetic that a Tensor records, as forward/backward pairs of the same form as `layers`."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from layers import softmax_loss
from layers.arguments import Array, refuse, scalar
from layers.precision import cast, widen
from nets.broadcasting import broadcast_shape, unbroadcast

Axis = int | tuple[int, ...] | None


def add_forward(a: Array, b: Array) -> tuple[Array, Any]:
    """Return a + b.

    >>> add_forward(np.ones(2), np.array([1.0, 2.0]))[0]
    array([2., 3.])
    """
    broadcast_shape("add", a, b)
    return a + b, (a.shape, b.shape)


def add_backward(dout: Array, cache: Any) -> tuple[Array, Array]:
    """Return da = dout and db = dout, each summed to its operand's shape."""
    a_shape, b_shape = cache
    return unbroadcast(dout, a_shape), unbroadcast(dout, b_shape)


def subtract_forward(a: Array, b: Array) -> tuple[Array, Any]:
    """Return a - b.

    >>> subtract_forward(np.ones(2), np.array([1.0, 2.0]))[0]
    array([ 0., -1.])
    """
    broadcast_shape("subtract", a, b)
    return a - b, (a.shape, b.shape)


def subtract_backward(dout: Array, cache: Any) -> tuple[Array, Array]:
    """Return da = dout and db = -dout, each summed to its operand's shape."""
    a_shape, b_shape = cache
    return unbroadcast(dout, a_shape), unbroadcast(-dout, b_shape)


def multiply_forward(a: Array, b: Array) -> tuple[Array, Any]:
    """Return a * b, element by element.

    >>> multiply_forward(np.array([2.0, 3.0]), np.array([4.0, 5.0]))[0]
    array([ 8., 15.])
    """
    broadcast_shape("multiply", a, b)
    return a * b, (a, b)


def multiply_backward(dout: Array, cache: Any) -> tuple[Array, Array]:
    """Return da = dout * b and db = dout * a, each summed to its operand's shape."""
    a, b = cache
    return unbroadcast(dout * b, a.shape), unbroadcast(dout * a, b.shape)


def divide_forward(a: Array, b: Array) -> tuple[Array, Any]:
    """Return a / b, element by element.

    >>> divide_forward(np.array([2.0, 3.0]), np.array([4.0, 2.0]))[0]
    array([0.5, 1.5])
    """
    broadcast_shape("divide", a, b)
    out = a / b
    return out, (a.shape, b, out)


def divide_backward(dout: Array, cache: Any) -> tuple[Array, Array]:
    """Return da = dout / b and db = -dout * (a / b) / b, each summed to its operand's shape."""
    a_shape, b, out = cache
    da = dout / b
    return unbroadcast(da, a_shape), unbroadcast(-da * out, b.shape)


def power_forward(x: Array, exponent: float) -> tuple[Array, Any]:
    """Return x ** exponent for a constant, real exponent.

    >>> power_forward(np.array([1.0, 3.0]), 2)[0]
    array([1., 9.])
    """
    scalar("exponent", exponent, "a real number",
           "for a tensor exponent write (x.log() * exponent).exp()")
    return x**exponent, (x, exponent)


def power_backward(dout: Array, cache: Any) -> Array:
    """Return dx = dout * exponent * x ** (exponent - 1); zero where the exponent is zero."""
    x, exponent = cache
    if exponent == 0:
        return np.zeros_like(x)
    return dout * (exponent * x ** (exponent - 1))


def exp_forward(x: Array) -> tuple[Array, Any]:
    """Return e ** x.

    >>> exp_forward(np.array([0.0]))[0]
    array([1.])
    """
    out = np.exp(x)
    return out, out


def exp_backward(dout: Array, cache: Any) -> Array:
    """Return dx = dout * e ** x."""
    return dout * cache


def log_forward(x: Array) -> tuple[Array, Any]:
    """Return the natural logarithm of x.

    >>> log_forward(np.array([1.0]))[0]
    array([0.])
    """
    return np.log(x), x


def log_backward(dout: Array, cache: Any) -> Array:
    """Return dx = dout / x."""
    return dout / cache


def matmul_forward(a: Array, b: Array) -> tuple[Array, Any]:
    """Return the matrix product a @ b as `numpy.matmul` defines it: (..., n, k) @ (..., k, m).

    >>> matmul_forward(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]))[0]
    array([[11.]])
    """
    try:
        return np.asarray(a @ b), (a, b)
    except ValueError:
        refuse("matmul", f"operands of shapes {a.shape} and {b.shape}",
               "shapes (..., n, k) and (..., k, m), of at least one dimension each",
               "transpose or reshape one of them; multiply by a scalar with *")


def matmul_backward(dout: Array, cache: Any) -> tuple[Array, Array]:
    """Return da = dout @ b.T and db = a.T @ dout, summed over broadcast batch axes."""
    a, b = cache
    rows, columns = np.atleast_2d(a), b if b.ndim > 1 else b[:, np.newaxis]
    batch = np.broadcast_shapes(rows.shape[:-2], columns.shape[:-2])
    dout = dout.reshape(*batch, rows.shape[-2], columns.shape[-1])
    da = unbroadcast(dout @ columns.swapaxes(-1, -2), rows.shape)
    db = unbroadcast(rows.swapaxes(-1, -2) @ dout, columns.shape)
    return da.reshape(a.shape), db.reshape(b.shape)


def _summed(x: Array, axis: Axis) -> Array:
    total = np.asarray(widen(x).sum(axis=axis, keepdims=True))
    return cast(total, x.dtype) if x.dtype.kind == "f" else total


def sum_forward(x: Array, axis: Axis = None, keepdims: bool = False) -> tuple[Array, Any]:
    """Return the sum of x over `axis`, an int or a tuple of ints (all axes by default).

    >>> sum_forward(np.ones((2, 3)), axis=0)[0]
    array([2., 2., 2.])
    """
    try:
        kept = _summed(x, axis)
    except (TypeError, ValueError):
        refuse("axis", axis, f"an axis of a tensor of shape {x.shape}, or a tuple of them",
               "count axes from 0, or from -1 backwards", ValueError)
    return kept if keepdims else np.squeeze(kept, axis), (x.shape, kept.shape)


def sum_backward(dout: Array, cache: Any) -> Array:
    """Return dx = dout, repeated along the axes that were summed."""
    shape, kept_shape = cache
    return np.broadcast_to(dout.reshape(kept_shape), shape)


def mean_forward(x: Array, axis: Axis = None, keepdims: bool = False) -> tuple[Array, Any]:
    """Return the mean of x over `axis`, an int or a tuple of ints (all axes by default).

    >>> mean_forward(np.array([[1.0, 2.0], [5.0, 8.0]]), axis=1)[0]
    array([1.5, 6.5])
    """
    total, cache = sum_forward(widen(x), axis, keepdims)
    count = x.size // max(total.size, 1)
    if count == 0:
        refuse("mean", f"a tensor of shape {x.shape}", "at least one element to average",
               "leave the empty batch out")
    out = np.asarray(total / count)
    return cast(out, x.dtype) if x.dtype.kind == "f" else out, (count, cache)


def mean_backward(dout: Array, cache: Any) -> Array:
    """Return dx = dout / n, repeated along the axes of which n elements were averaged."""
    count, sum_cache = cache
    return sum_backward(dout / count, sum_cache)


def reshape_forward(x: Array, shape: tuple[int, ...]) -> tuple[Array, Any]:
    """Return x's elements, in C order, in another shape; one entry may be -1.

    >>> reshape_forward(np.arange(6.0), (2, -1))[0]
    array([[0., 1., 2.],
           [3., 4., 5.]])
    """
    try:
        return x.reshape(shape), x.shape
    except (TypeError, ValueError):
        refuse("shape", shape, f"integers whose product is {x.size}, the size of {x.shape}",
               "write -1 for one axis to have it computed", ValueError)


def reshape_backward(dout: Array, cache: Any) -> Array:
    """Return dx = dout in x's shape."""
    return dout.reshape(cache)


def transpose_forward(x: Array, axes: tuple[int, ...]) -> tuple[Array, Any]:
    """Return x with its axes in the order `axes`.

    >>> transpose_forward(np.ones((2, 3, 5)), (0, 2, 1))[0].shape
    (2, 5, 3)
    """
    try:
        return x.transpose(axes), axes
    except (TypeError, ValueError):
        refuse("axes", axes, f"every axis of a tensor of shape {x.shape} once",
               "pass for example .transpose(0, 2, 1)", ValueError)


def transpose_backward(dout: Array, cache: Any) -> Array:
    """Return dx = dout with its axes put back."""
    return dout.transpose(np.argsort(np.arange(dout.ndim)[list(cache)]))


def index_forward(x: Array, index: Any) -> tuple[Array, Any]:
    """Return x[index] for whatever NumPy takes as an index.

    >>> index_forward(np.arange(4.0), [0, 0, 3])[0]
    array([0., 0., 3.])
    """
    # The index is the caller's: what he writes into it later must not move the gradient.
    return np.asarray(x[index]), (x.shape, copy.deepcopy(index))


def index_backward(dout: Array, cache: Any) -> Array:
    """Return dx: dout added up at the positions it was read from, zero elsewhere."""
    shape, index = cache
    dx = np.zeros(shape, dout.dtype)
    np.add.at(dx, index, dout)
    return dx


def cross_entropy_forward(scores: Array, y: Array) -> tuple[Array, Any]:
    """Return the mean of -log softmax(scores)[i, y[i]] over the samples, as a 0-d array.

    >>> loss, cache = cross_entropy_forward(np.zeros((1, 2)), np.array([0]))
    >>> print(loss.round(4))
    0.6931
    """
    loss, dscores = softmax_loss(scores, y)
    return np.asarray(loss, dtype=scores.dtype), dscores


def cross_entropy_backward(dout: Array, cache: Any) -> Array:
    """Return dscores = dout * (softmax(scores) - onehot(y)) / N, from `layers.softmax_loss`."""
    return dout * cache
