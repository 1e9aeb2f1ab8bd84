"""Elementwise activations with a corner at 0: relu, leaky_relu, elu, each pair side by side.

All activations take arrays of any shape (also 0-d and empty) and of float16/32/64, keep shape and
dtype, compute float16 in float32, and refuse integers with a TypeError and a dout of another shape
with a ValueError. The smooth ones are in `layers.smooth_activations`.
"""

from __future__ import annotations

import math

import numpy as np

from layers.arguments import Array, cached, floating, operands, scalar
from layers.blocked import select
from layers.precision import cast, widen

SlopeCache = tuple[Array, float]


def relu_forward(x: Array) -> tuple[Array, Array]:
    """Rectified linear unit: out = max(0, x). NaN stays NaN.

    Parameters
    ----------
    x : array of float, any shape

    Returns
    -------
    out : array
        Of x's shape and dtype.
    cache : array
        x itself.

    References
    ----------
    Nair, Hinton, "Rectified linear units improve restricted Boltzmann machines", ICML 2010.

    Examples
    --------
    >>> out, cache = relu_forward(np.array([-1.0, 0.0, 2.0]))
    >>> print(out)
    [0. 0. 2.]
    """
    x = floating("x", x)
    return cast(np.maximum(x, 0), x.dtype), x


def relu_backward(dout: Array, cache: Array) -> Array:
    """Pass dout where x > 0, exactly +0.0 elsewhere: the subgradient taken at 0 is 0.

    Parameters
    ----------
    dout : array of float, x's shape
    cache : array
        From `relu_forward`.

    Returns
    -------
    dx : array
        Of x's shape and dtype; 0 where x <= 0 even if dout is inf or NaN there.

    Examples
    --------
    >>> out, cache = relu_forward(np.array([-1.0, 0.0, 2.0]))
    >>> print(relu_backward(np.array([5.0, 5.0, 5.0]), cache))
    [0. 0. 5.]
    """
    x, dout = operands(dout, cache, "relu_forward")
    dx = np.empty(x.shape, dout.dtype)
    select(dout, x > 0, 1.0, dx)
    return cast(dx, cache.dtype)


def leaky_relu_forward(x: Array, negative_slope: float = 0.01) -> tuple[Array, SlopeCache]:
    """Leaky rectified linear unit: out = x where x > 0, negative_slope * x elsewhere.

    Parameters
    ----------
    x : array of float, any shape
    negative_slope : float
        Slope of the left half; any finite number.

    Returns
    -------
    out : array
        Of x's shape and dtype.
    cache : tuple (x, negative_slope)

    References
    ----------
    Maas, Hannun, Ng, "Rectifier nonlinearities improve neural network acoustic models",
    ICML 2013, equation 2.

    Examples
    --------
    >>> out, cache = leaky_relu_forward(np.array([-1.0, 0.0, 2.0]), negative_slope=0.5)
    >>> print(out)
    [-0.5  0.   2. ]
    """
    x = floating("x", x)
    slope = _finite("negative_slope", negative_slope)
    return cast(np.where(x > 0, x, slope * widen(x)), x.dtype), (x, slope)


def leaky_relu_backward(dout: Array, cache: SlopeCache) -> Array:
    """Pass dout where x > 0, negative_slope * dout elsewhere (also at exactly 0).

    Parameters
    ----------
    dout : array of float, x's shape
    cache : tuple
        From `leaky_relu_forward`.

    Returns
    -------
    dx : array
        Of x's shape and dtype.

    Examples
    --------
    >>> out, cache = leaky_relu_forward(np.array([-1.0, 0.0, 2.0]), negative_slope=0.5)
    >>> print(leaky_relu_backward(np.ones(3), cache))
    [0.5 0.5 1. ]
    """
    kept, slope = cached(cache, (np.ndarray, float), "leaky_relu_forward")
    x, dout = operands(dout, kept, "leaky_relu_forward")
    return cast(np.where(x > 0, dout, slope * dout), kept.dtype)


def elu_forward(x: Array, alpha: float = 1.0) -> tuple[Array, SlopeCache]:
    """Exponential linear unit: out = x where x > 0, alpha * (exp(x) - 1) elsewhere.

    Parameters
    ----------
    x : array of float, any shape
    alpha : float
        out tends to -alpha on the left; any finite number.

    Returns
    -------
    out : array
        Of x's shape and dtype.
    cache : tuple (x, alpha)

    References
    ----------
    Clevert, Unterthiner, Hochreiter, "Fast and accurate deep network learning by exponential
    linear units", ICLR 2016, equation 15.

    Examples
    --------
    >>> out, cache = elu_forward(np.array([-np.inf, 0.0, 2.0]))
    >>> print(out)
    [-1.  0.  2.]
    """
    x = floating("x", x)
    alpha = _finite("alpha", alpha)
    left = alpha * np.expm1(np.minimum(widen(x), 0))
    return cast(np.where(x > 0, x, left), x.dtype), (x, alpha)


def elu_backward(dout: Array, cache: SlopeCache) -> Array:
    """Pass dout where x > 0, dout * alpha * exp(x) elsewhere.

    Parameters
    ----------
    dout : array of float, x's shape
    cache : tuple
        From `elu_forward`.

    Returns
    -------
    dx : array
        Of x's shape and dtype.

    Examples
    --------
    >>> out, cache = elu_forward(np.array([-np.inf, 0.0, 2.0]))
    >>> print(elu_backward(np.ones(3), cache))
    [0. 1. 1.]
    """
    kept, alpha = cached(cache, (np.ndarray, float), "elu_forward")
    x, dout = operands(dout, kept, "elu_forward")
    slope = np.where(x > 0, 1, alpha * np.exp(np.minimum(x, 0)))
    return cast(dout * slope, kept.dtype)


def _finite(name: str, value: object) -> float:
    return scalar(name, value, "a finite number", f"leave {name} out for its usual value",
                  -math.inf, math.inf, low_open=True, high_open=True)
