"""The affine (fully connected, linear, dense) layer."""

from __future__ import annotations

import math

import numpy as np

from layers.arguments import Array, cached, floating, refuse, refuse_nan, same_shape
from layers.precision import cast, widen

AffineCache = tuple[Array, Array, Array]


def affine_forward(x: Array, w: Array, b: Array) -> tuple[Array, AffineCache]:
    r"""Multiply every flattened sample by w and add b: out = x.reshape(N, D) @ w + b.

    Parameters
    ----------
    x : array of float, shape (N, d1, ..., dk)
        A minibatch; each sample is flattened to D = d1 * ... * dk features. N may be 0.
    w : array of float, shape (D, M)
        Weights.
    b : array of float, shape (M,)
        Biases.

    Returns
    -------
    out : array, shape (N, M)
        Of x's dtype; float16 is summed in float32.
    cache : tuple (x, w, b)
        For `affine_backward`.

    Raises
    ------
    TypeError
        If an argument is no floating array.
    ValueError
        If the shapes do not fit each other, or a parameter holds NaN.

    References
    ----------
    Rumelhart, Hinton, Williams, "Learning representations by back-propagating errors",
    Nature 323 (1986), equation 1.

    Examples
    --------
    >>> x = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> out, cache = affine_forward(x, np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]), np.ones(3))
    >>> print(out)
    [[2. 3. 4.]
     [4. 5. 8.]]
    """
    x = floating("x", x, min_ndim=2)
    w = floating("w", w, ndim=2)
    b = floating("b", b, ndim=1)
    rows = _rows(x)
    if w.shape[0] != rows.shape[1]:
        refuse("w", w, f"shape (D, M) with D = {rows.shape[1]}, the features of x {x.shape}",
               f"make w.shape[0] == {rows.shape[1]}, or transpose w if it is stored as (M, D)")
    same_shape("b", b, w.shape[1:], "w's columns", "give each output one bias")
    # Only inf or NaN in the data makes an invalid operation here: the NaN in out says so itself.
    with np.errstate(invalid="ignore"):
        out = widen(rows) @ widen(w)
        out += b
    refuse_nan(out, w=w, b=b)
    return cast(out, x.dtype), (x, w, b)


def affine_backward(dout: Array, cache: AffineCache) -> tuple[Array, Array, Array]:
    """Backpropagate through `affine_forward`.

    dx = dout @ w.T, dw = x.T @ dout, db = sum of dout over the samples.

    Parameters
    ----------
    dout : array of float, shape (N, M)
        Upstream gradient.
    cache : tuple
        From `affine_forward`.

    Returns
    -------
    dx, dw, db : arrays
        Of the shapes and dtypes of x, w and b.

    Raises
    ------
    ValueError
        If dout has not the shape of out.

    Examples
    --------
    >>> x, w, b = np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]), np.zeros(1)
    >>> out, cache = affine_forward(x, w, b)
    >>> dx, dw, db = affine_backward(np.array([[10.0]]), cache)
    >>> print(dx, dw.T, db)
    [[30. 40.]] [[10. 20.]] [10.]
    """
    dout, x, w, b = _checked(dout, cache)
    with np.errstate(invalid="ignore"):
        dx = (dout @ widen(w).T).reshape(x.shape)
        return cast(dx, x.dtype), *_of_parameters(dout, x, w, b)


def affine_parameter_gradients(dout: Array, cache: AffineCache) -> tuple[Array, Array]:
    """Return dw and db alone, for the first layer of a net: nobody asks for the gradient of data.

    Examples
    --------
    >>> _, cache = affine_forward(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]), np.zeros(1))
    >>> dw, db = affine_parameter_gradients(np.array([[10.0]]), cache)
    >>> print(dw.T, db)
    [[10. 20.]] [10.]
    """
    with np.errstate(invalid="ignore"):
        return _of_parameters(*_checked(dout, cache))


def _checked(dout: Array, cache: AffineCache) -> tuple[Array, Array, Array, Array]:
    """Return dout, wide enough to compute with, and what the cache holds."""
    x, w, b = cached(cache, (np.ndarray,) * 3, "affine_forward")
    dout = widen(same_shape("dout", dout, (x.shape[0], w.shape[1]), "affine_forward's out"))
    return dout, x, w, b


def _of_parameters(dout: Array, x: Array, w: Array, b: Array) -> tuple[Array, Array]:
    dw = widen(_rows(x)).T @ dout
    return cast(dw, w.dtype), cast(dout.sum(axis=0), b.dtype)


def _rows(x: Array) -> Array:
    """Flatten each sample; reshape(N, -1) could not for an empty batch."""
    if x.ndim == 2:
        return x
    return x.reshape(x.shape[0], math.prod(x.shape[1:]))
