"""Softmax and its logarithm as layers; with the loss behind it, take `softmax_loss`."""

from __future__ import annotations

import numpy as np

from layers.arguments import Array, cached, floating, refuse, same_shape
from layers.precision import cast, widen
from layers.settings import axis_of

SoftmaxCache = tuple[Array, int, np.dtype]
_KINDS = (np.ndarray, int, np.dtype)


def softmax_forward(x: Array, axis: int = -1) -> tuple[Array, SoftmaxCache]:
    """Turn scores into probabilities: out = exp(x) / sum of exp(x) along an axis.

    The maximum along the axis is subtracted first, so no exp overflows.

    Parameters
    ----------
    x : array of float, at least one axis
        Scores (logits).
    axis : int, default -1
        The axis of the classes, of one element at least.

    Returns
    -------
    out : array
        Of x's shape and dtype; along the axis it sums to 1.
    cache : tuple
        For `softmax_backward`.

    Raises
    ------
    TypeError
        If x is no floating array, or axis no int.
    ValueError
        If x has no such axis, or nothing along it.

    References
    ----------
    Bridle, "Probabilistic interpretation of feedforward classification network outputs", 1990.

    Examples
    --------
    >>> out, cache = softmax_forward(np.array([[0.0, 0.0], [1e4, -1e4]]))
    >>> print(out)
    [[0.5 0.5]
     [1.  0. ]]
    """
    x, axis = _checked(x, axis)
    with np.errstate(invalid="ignore"):
        probs = np.exp(_shifted(x, axis))
        probs /= probs.sum(axis=axis, keepdims=True)
    return cast(probs, x.dtype), (probs, axis, x.dtype)


def softmax_backward(dout: Array, cache: SoftmaxCache) -> Array:
    """Backpropagate through `softmax_forward`: dx = out * (dout - sum of dout * out).

    Parameters
    ----------
    dout : array of float, x's shape
    cache : tuple
        From `softmax_forward`.

    Returns
    -------
    dx : array
        Of x's shape and dtype; along the axis it sums to 0.

    Examples
    --------
    >>> out, cache = softmax_forward(np.zeros((1, 2)))
    >>> print(softmax_backward(np.array([[1.0, 0.0]]), cache))
    [[ 0.25 -0.25]]
    """
    probs, axis, dtype = cached(cache, _KINDS, "softmax_forward")
    dout = widen(same_shape("dout", dout, probs.shape, "x"))
    with np.errstate(invalid="ignore"):
        dx = probs * (dout - (dout * probs).sum(axis=axis, keepdims=True))
    return cast(dx, dtype)


def log_softmax_forward(x: Array, axis: int = -1) -> tuple[Array, SoftmaxCache]:
    """Take the logarithm of the softmax: out = x - log(sum of exp(x)), exact far from 0, too.

    Parameters
    ----------
    x : array of float, at least one axis
    axis : int, default -1
        As in `softmax_forward`.

    Returns
    -------
    out : array
        Of x's shape and dtype, nowhere above 0.
    cache : tuple
        For `log_softmax_backward`.

    Raises
    ------
    TypeError, ValueError
        As in `softmax_forward`.

    Examples
    --------
    >>> out, cache = log_softmax_forward(np.array([[0.0, -1e4]]))
    >>> print(out)
    [[     0. -10000.]]
    """
    x, axis = _checked(x, axis)
    with np.errstate(invalid="ignore"):
        shifted = _shifted(x, axis)
        out = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return cast(out, x.dtype), (out, axis, x.dtype)


def log_softmax_backward(dout: Array, cache: SoftmaxCache) -> Array:
    """Backpropagate through `log_softmax_forward`: dx = dout - softmax(x) * sum of dout.

    Parameters
    ----------
    dout : array of float, x's shape
    cache : tuple
        From `log_softmax_forward`.

    Returns
    -------
    dx : array
        Of x's shape and dtype.

    Examples
    --------
    >>> out, cache = log_softmax_forward(np.zeros((1, 2)))
    >>> print(log_softmax_backward(np.array([[1.0, 0.0]]), cache))
    [[ 0.5 -0.5]]
    """
    out, axis, dtype = cached(cache, _KINDS, "log_softmax_forward")
    dout = widen(same_shape("dout", dout, out.shape, "x"))
    with np.errstate(invalid="ignore"):
        dx = dout - np.exp(out) * dout.sum(axis=axis, keepdims=True)
    return cast(dx, dtype)


def _checked(x: Array, axis: object) -> tuple[Array, int]:
    x = floating("x", x, min_ndim=1)
    index = axis_of("axis", axis, x.shape)
    if x.shape[index] == 0:
        refuse("x", x, f"at least one element along axis {index}",
               "pass the axis of the classes: over nothing, no probabilities sum to 1")
    return x, index


def _shifted(x: Array, axis: int) -> Array:
    wide = widen(x)
    return wide - wide.max(axis=axis, keepdims=True)
