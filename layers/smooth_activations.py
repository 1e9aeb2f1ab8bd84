"""Elementwise activations without a corner: sigmoid, tanh, gelu, softplus, silu.

The rules of `layers.activations` hold here too. Every cache holds x, not out: a slope computed from
a rounded out loses its digits where f saturates (1 - s is 0 for a sigmoid s at x = 40, while the
slope there is 4e-18).
"""

from __future__ import annotations

import math

import numpy as np

from layers.arguments import Array, floating, operands
from layers.precision import cast, widen
from layers.special import expit, ndtr


def sigmoid_forward(x: Array) -> tuple[Array, Array]:
    """Logistic function: out = 1 / (1 + exp(-x)), without overflow.

    Parameters
    ----------
    x : array of float, any shape

    Returns
    -------
    out : array
        Of x's shape and dtype, between 0 and 1.
    cache : array
        x itself.

    Examples
    --------
    >>> out, cache = sigmoid_forward(np.array([-1e4, 0.0, 1e4]))
    >>> print(out)
    [0.  0.5 1. ]
    """
    x = floating("x", x)
    return cast(expit(widen(x)), x.dtype), x


def sigmoid_backward(dout: Array, cache: Array) -> Array:
    """Multiply dout by s(x) * (1 - s(x)), as s(x) * s(-x): no digits lost where s saturates.

    Parameters
    ----------
    dout : array of float, x's shape
    cache : array
        From `sigmoid_forward`.

    Returns
    -------
    dx : array
        Of x's shape and dtype.

    Examples
    --------
    >>> out, cache = sigmoid_forward(np.zeros(2))
    >>> print(sigmoid_backward(np.array([1.0, 4.0]), cache))
    [0.25 1.  ]
    """
    x, dout = operands(dout, cache, "sigmoid_forward")
    return cast(dout * (expit(x) * expit(-x)), cache.dtype)


def tanh_forward(x: Array) -> tuple[Array, Array]:
    """Hyperbolic tangent: out = tanh(x).

    Parameters
    ----------
    x : array of float, any shape

    Returns
    -------
    out : array
        Of x's shape and dtype, between -1 and 1.
    cache : array
        x itself.

    Examples
    --------
    >>> out, cache = tanh_forward(np.array([-50.0, 0.0, 50.0]))
    >>> print(out)
    [-1.  0.  1.]
    """
    x = floating("x", x)
    return cast(np.tanh(x), x.dtype), x


def tanh_backward(dout: Array, cache: Array) -> Array:
    """Multiply dout by 1 - tanh(x)^2, as 4 * s(2x) * s(-2x) with the logistic function s.

    Parameters
    ----------
    dout : array of float, x's shape
    cache : array
        From `tanh_forward`.

    Returns
    -------
    dx : array
        Of x's shape and dtype.

    Examples
    --------
    >>> out, cache = tanh_forward(np.array([0.0, 50.0]))
    >>> print(tanh_backward(np.ones(2), cache))
    [1.00000000e+00 1.48803039e-43]
    """
    x, dout = operands(dout, cache, "tanh_forward")
    return cast(dout * (4 * expit(2 * x) * expit(-2 * x)), cache.dtype)


def gelu_forward(x: Array) -> tuple[Array, Array]:
    """Gaussian error linear unit, exact: out = x * Phi(x), Phi the standard normal CDF.

    Phi(x) = (1 + erf(x / sqrt(2))) / 2; `scipy.special.ndtr` keeps its digits on the left tail.

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
    Hendrycks, Gimpel, "Gaussian error linear units", arXiv:1606.08415, section 2.

    Examples
    --------
    >>> out, cache = gelu_forward(np.array([-1.0, 0.0, 1.0]))
    >>> print(out.round(4))
    [-0.1587  0.      0.8413]
    """
    x = floating("x", x)
    with np.errstate(invalid="ignore"):
        out = x * ndtr(widen(x))
    return cast(out, x.dtype), x


def gelu_backward(dout: Array, cache: Array) -> Array:
    """Multiply dout by Phi(x) + x * phi(x), phi the standard normal density.

    Parameters
    ----------
    dout : array of float, x's shape
    cache : array
        From `gelu_forward`.

    Returns
    -------
    dx : array
        Of x's shape and dtype.

    Examples
    --------
    >>> out, cache = gelu_forward(np.array([-1.0, 0.0, 1.0]))
    >>> print(gelu_backward(np.ones(3), cache).round(4))
    [-0.0833  0.5     1.0833]
    """
    x, dout = operands(dout, cache, "gelu_forward")
    # x * x may overflow: exp(-inf) is the 0 that it should be.
    with np.errstate(over="ignore", invalid="ignore"):
        density = np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
        return cast(dout * (ndtr(x) + x * density), cache.dtype)


def softplus_forward(x: Array) -> tuple[Array, Array]:
    """Smooth rectifier: out = log(1 + exp(x)), without overflow.

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
    Dugas, Bengio, Belisle, Nadeau, Garcia, "Incorporating second-order functional knowledge for
    better option pricing", NIPS 2000.

    Examples
    --------
    >>> out, cache = softplus_forward(np.array([-1e4, 0.0, 1e4]))
    >>> print(out.round(4).tolist())
    [0.0, 0.6931, 10000.0]
    """
    x = floating("x", x)
    with np.errstate(invalid="ignore"):
        out = np.logaddexp(widen(x), 0)
    return cast(out, x.dtype), x


def softplus_backward(dout: Array, cache: Array) -> Array:
    """Multiply dout by the logistic function of x.

    Parameters
    ----------
    dout : array of float, x's shape
    cache : array
        From `softplus_forward`.

    Returns
    -------
    dx : array
        Of x's shape and dtype.

    Examples
    --------
    >>> out, cache = softplus_forward(np.array([-1e4, 0.0, 1e4]))
    >>> print(softplus_backward(np.ones(3), cache))
    [0.  0.5 1. ]
    """
    x, dout = operands(dout, cache, "softplus_forward")
    return cast(dout * expit(x), cache.dtype)


def silu_forward(x: Array) -> tuple[Array, Array]:
    """Sigmoid linear unit (swish): out = x * s(x), s the logistic function.

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
    Elfwing, Uchibe, Doya, "Sigmoid-weighted linear units for neural network function
    approximation in reinforcement learning", Neural Networks 107 (2018), equation 6.

    Examples
    --------
    >>> out, cache = silu_forward(np.array([-1.0, 0.0, 1.0]))
    >>> print(out.round(4))
    [-0.2689  0.      0.7311]
    """
    x = floating("x", x)
    with np.errstate(invalid="ignore"):
        out = x * expit(widen(x))
    return cast(out, x.dtype), x


def silu_backward(dout: Array, cache: Array) -> Array:
    """Multiply dout by s(x) * (1 + x * s(-x)), where s(-x) = 1 - s(x).

    Parameters
    ----------
    dout : array of float, x's shape
    cache : array
        From `silu_forward`.

    Returns
    -------
    dx : array
        Of x's shape and dtype.

    Examples
    --------
    >>> out, cache = silu_forward(np.array([-1.0, 0.0, 1.0]))
    >>> print(silu_backward(np.ones(3), cache).round(4))
    [0.0723 0.5    0.9277]
    """
    x, dout = operands(dout, cache, "silu_forward")
    with np.errstate(invalid="ignore"):
        return cast(dout * (expit(x) * (1 + x * expit(-x))), cache.dtype)
