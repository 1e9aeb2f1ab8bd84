"""Analytic and numerical gradients compared: at a few elements, or by the largest error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.arguments import (
    Array,
    Rng,
    count,
    function,
    index_drawer,
    perturbable,
    positive_step,
    refuse,
)
from gradcheck.classic.steps import as_scalar, both_sides


def grad_check_sparse(
    f: Callable[[Array], Any],
    x: Array,
    analytic_grad: Array,
    num_checks: int = 10,
    h: float = 1e-5,
    rng: Rng | None = None,
) -> None:
    """Compare an analytic gradient with central differences at a few random elements.

    Prints `numerical: ... analytic: ..., relative error: ...` for each, where the relative error
    is |n - a| / (|n| + |a|), and 0 where both are 0.

    Parameters
    ----------
    f : callable
        f(x) returns a scalar.
    x : ndarray of floats, any shape
        The point; perturbed in place during the call, and restored.
    analytic_grad : ndarray
        The gradient to judge, of the shape of x.
    num_checks : int
        How many elements are drawn.
    h : float
        The step.
    rng : random.Random, numpy Generator or RandomState, optional
        Draws the elements. Without it the module `random` does, as in the course's function, so
        `random.seed(0)` governs which elements are drawn.

    Raises
    ------
    TypeError
        x is not an array of floats, num_checks is no integer, or rng is of another kind.
    ValueError
        Shapes differ, x is empty or read-only, num_checks is negative, f returns no scalar.

    References
    ----------
    CS231n, Stanford University, assignment 1, `gradient_check.py`.

    Examples
    --------
    >>> x = np.array([1.0, 2.0])
    >>> rng = np.random.default_rng(0)
    >>> grad_check_sparse(lambda x: np.sum(x**2), x, 2 * x, num_checks=1, rng=rng)
    numerical: 4.000000 analytic: 4.000000, relative error: ...
    """
    function("f", f, "pass a function of x, for example lambda w: loss(w)[0]")
    perturbable("x", x)
    h = positive_step(h)
    if np.shape(analytic_grad) != x.shape:
        refuse("analytic_grad", np.asarray(analytic_grad), f"the shape {x.shape} of x",
               "pass the gradient of f with respect to x")
    if x.size == 0:
        refuse("x", x, "at least one element", "pass an array that is not empty")
    draw = index_drawer(rng)
    for _ in range(count("num_checks", num_checks)):
        ix = tuple(draw(size) for size in x.shape)
        above, below = both_sides(lambda: as_scalar(f(x)), x, ix, h)
        numerical, analytic = (above - below) / (2 * h), analytic_grad[ix]
        total = abs(numerical) + abs(analytic)
        error = abs(numerical - analytic) / total if total != 0 else 0.0
        print(f"numerical: {numerical:f} analytic: {analytic:f}, relative error: {error:e}")


def rel_error(x: Any, y: Any) -> float:
    """Return the largest relative error, max(|x - y| / max(1e-8, |x| + |y|)).

    Parameters
    ----------
    x, y : array_like
        Two arrays of equal shape.

    Returns
    -------
    float
        Between 0 and 1; 0.0 for empty arrays, NaN where either has a NaN (so that no comparison
        `rel_error(x, y) < 1e-7` passes). An infinity agrees with itself only.

    Raises
    ------
    ValueError
        The shapes differ: broadcasting would compare each element with every other.

    References
    ----------
    CS231n, Stanford University; defined in each of its notebooks.

    Examples
    --------
    >>> rel_error([1.0, 2.0], [1.0, 2.2])
    0.0476...
    """
    x, y = np.asarray(x), np.asarray(y)
    if x.shape != y.shape:
        refuse("y", y, f"the shape {x.shape} of x",
               "compare arrays of equal shape; broadcasting would hide the difference")
    if x.size == 0:
        return 0.0
    common = np.result_type(x, y, np.float64)
    x, y = x.astype(common), y.astype(common)
    with np.errstate(invalid="ignore", over="ignore"):
        errors = np.abs(x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y))
    return float(np.max(np.where(x == y, 0.0, errors)))
