"""Numerical gradients of functions of one array, by central differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.arguments import Array, function, perturbable, positive_step
from gradcheck.classic.steps import as_output, as_scalar, both_sides


def eval_numerical_gradient(
    f: Callable[[Array], Any], x: Array, verbose: bool = True, h: float = 1e-5
) -> Array:
    """Return the gradient of a scalar function by central differences.

    grad[i] = (f(x + h e_i) - f(x - h e_i)) / (2 h)

    Parameters
    ----------
    f : callable
        f(x) returns a scalar.
    x : ndarray of floats, any shape
        The point; perturbed in place during the call, and restored.
    verbose : bool
        Print every index with its derivative, as the course's function does.
    h : float
        The step.

    Returns
    -------
    ndarray
        The gradient, of the shape and dtype of x.

    Raises
    ------
    TypeError
        x is not an array of floats (an integer array would swallow the step).
    ValueError
        f returns no scalar, x is read-only, h is not positive or is lost in rounding beside x.

    References
    ----------
    CS231n, Stanford University, assignment 1, `gradient_check.py`.

    Examples
    --------
    >>> x = np.array([1.0, 2.0])
    >>> eval_numerical_gradient(lambda x: np.sum(x**2), x, verbose=False).round(6)
    array([2., 4.])
    """
    function("f", f, "pass a function of x, for example lambda w: loss(w)[0]")
    perturbable("x", x)
    h = positive_step(h)
    grad = np.zeros_like(x)
    for ix in np.ndindex(x.shape):
        above, below = both_sides(lambda: as_scalar(f(x)), x, ix, h)
        grad[ix] = (above - below) / (2 * h)
        if verbose:
            print(ix, grad[ix])
    return grad


def eval_numerical_gradient_array(
    f: Callable[[Array], Any], x: Array, df: Any, h: float = 1e-5
) -> Array:
    """Return the gradient of sum(f(x) * df) for a function that returns an array.

    grad[i] = sum((f(x + h e_i) - f(x - h e_i)) * df) / (2 h)

    Parameters
    ----------
    f : callable
        f(x) returns an array (or a scalar): the output alone, without a cache.
    x : ndarray of floats, any shape
        The point; perturbed in place during the call, and restored.
    df : array_like
        The upstream gradient dout, of the shape of f(x).
    h : float
        The step.

    Returns
    -------
    ndarray
        The gradient, of the shape and dtype of x.

    Raises
    ------
    TypeError
        x is not an array of floats, or f returns no array.
    ValueError
        df has another shape than f(x), x is read-only, h is not positive or is lost in rounding.

    References
    ----------
    CS231n, Stanford University, assignment 1, `gradient_check.py`.

    Examples
    --------
    >>> x = np.array([1.0, 2.0])
    >>> eval_numerical_gradient_array(lambda x: x**2, x, np.array([1.0, 10.0])).round(6)
    array([ 2., 40.])
    """
    function("f", f, "pass a function of x, for example lambda x: affine_forward(x, w, b)[0]")
    perturbable("x", x)
    h = positive_step(h)
    df = np.asarray(df)
    grad = np.zeros_like(x)
    for ix in np.ndindex(x.shape):
        above, below = both_sides(lambda: as_output(f(x), df), x, ix, h)
        grad[ix] = np.sum((above - below) * df) / (2 * h)
    return grad
