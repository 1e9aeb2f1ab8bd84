"""The gradient checks of Stanford's course CS231n, under their names and with their prints.

Every function perturbs the array that it is given in place, one element at a time, because the
function under test often holds a reference to it (`lambda _: model.loss(X, y)[0]`). The element
is put back even when that function raises.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from gradcheck.arguments import (
    Array,
    Rng,
    count,
    floating,
    function,
    index_drawer,
    perturbable,
    positive_step,
    refuse,
)

Index = tuple[int, ...]


class Blob(Protocol):
    """An array with its gradient: `vals` and `diffs`, of equal shape."""

    vals: Array
    diffs: Array


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
        above, below = _both_sides(lambda: _scalar(f(x)), x, ix, h)
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
        above, below = _both_sides(lambda: _output(f(x), df), x, ix, h)
        grad[ix] = np.sum((above - below) * df) / (2 * h)
    return grad


def eval_numerical_gradient_blobs(
    f: Callable[..., Any], inputs: Sequence[Blob], output: Blob, h: float = 1e-5
) -> list[Array]:
    """Return the gradients of a function that reads and writes blobs.

    A blob carries an array `vals` and its gradient `diffs`. f(*inputs, output) computes
    output.vals; the gradient of sum(output.vals * output.diffs) is taken for every input.

    Parameters
    ----------
    f : callable
        Writes output.vals from the inputs' vals. What it returns is ignored.
    inputs : sequence of blobs
        Their vals are perturbed in place, and restored.
    output : blob
        Its diffs are the upstream gradient; its vals hold the last evaluation afterwards.
    h : float
        The step.

    Returns
    -------
    list of ndarray
        One gradient for each input, of the shape of its diffs.

    Raises
    ------
    TypeError
        An input's vals are not an array of floats, or a blob lacks vals or diffs.
    ValueError
        vals and diffs differ in shape, vals is read-only, h is not positive or lost in rounding.

    References
    ----------
    CS231n, Stanford University, `gradient_check.py`.

    Examples
    --------
    >>> from types import SimpleNamespace as Blob
    >>> x = Blob(vals=np.array([1.0, 2.0]), diffs=np.zeros(2))
    >>> out = Blob(vals=np.zeros(2), diffs=np.array([1.0, 10.0]))
    >>> def square(x, out):
    ...     out.vals = x.vals**2
    >>> eval_numerical_gradient_blobs(square, (x,), out)[0].round(6)
    array([ 2., 40.])
    """
    function("f", f, "pass a function that writes output.vals")
    h = positive_step(h)
    _blob("output", output)
    for position, blob in enumerate(inputs):
        _blob(f"inputs[{position}]", blob)
        perturbable(f"inputs[{position}].vals", blob.vals)
        if np.shape(blob.diffs) != blob.vals.shape:
            refuse(f"inputs[{position}].diffs", blob.diffs, f"the shape {blob.vals.shape} of vals",
                   "give every blob diffs of the shape of its vals")

    def evaluate() -> Array:
        f(*inputs, output)
        return _output(output.vals, output.diffs)

    gradients = []
    for blob in inputs:
        grad = np.zeros_like(blob.diffs)
        for ix in np.ndindex(blob.vals.shape):
            above, below = _both_sides(evaluate, blob.vals, ix, h)
            grad[ix] = np.sum((above - below) * output.diffs) / (2 * h)
        gradients.append(grad)
    return gradients


def eval_numerical_gradient_net(
    net: Any, inputs: Sequence[Blob], output: Blob, h: float = 1e-5
) -> list[Array]:
    """Return the gradients of a net whose `forward()` reads and writes blobs.

    Parameters
    ----------
    net : object
        net.forward() computes output.vals from the inputs' vals.
    inputs, output, h
        As for `eval_numerical_gradient_blobs`.

    Returns
    -------
    list of ndarray
        One gradient for each input.

    Raises
    ------
    TypeError, ValueError
        As for `eval_numerical_gradient_blobs`; also a net without a method forward.

    References
    ----------
    CS231n, Stanford University, `gradient_check.py`.

    Examples
    --------
    >>> from types import SimpleNamespace as Blob
    >>> x, out = Blob(vals=np.ones(2), diffs=np.zeros(2)), Blob(vals=np.ones(2), diffs=np.ones(2))
    >>> class Net:
    ...     def forward(self):
    ...         out.vals = 3 * x.vals
    >>> eval_numerical_gradient_net(Net(), (x,), out)[0].round(6)
    array([3., 3.])
    """
    function("net.forward", getattr(net, "forward", None), "pass an object with a method forward()")
    return eval_numerical_gradient_blobs(lambda *_: net.forward(), inputs, output, h=h)


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
        above, below = _both_sides(lambda: _scalar(f(x)), x, ix, h)
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


def _both_sides(evaluate: Callable[[], Any], x: Array, ix: Index, h: float) -> tuple[Any, Any]:
    """Return evaluate() with x[ix] raised and lowered by h; x[ix] is restored in any case."""
    old = x[ix]
    try:
        x[ix] = old + h
        if x[ix] == old:
            refuse("h", h, f"a step that changes x{list(ix)} = {old!s} in {x.dtype}",
                   "pass x.astype(np.float64), or a larger h")
        above = evaluate()
        x[ix] = old - h
        below = evaluate()
    finally:
        x[ix] = old
    return above, below


def _scalar(value: Any) -> Any:
    """Return what f gave as a number; a copy, since f may return a view of the array it reads."""
    if isinstance(value, tuple | list) or np.size(value) != 1:
        refuse("f(x)", value, "a scalar", "return the loss alone, loss(...)[0], or use "
               "eval_numerical_gradient_array for a function that returns an array")
    return np.asarray(value).reshape(())[()]


def _output(value: Any, df: Array) -> Array:
    """Return a copy of what f gave, of the shape of df."""
    if isinstance(value, tuple) or value is None:
        refuse("f(x)", value, "the output array alone",
               "drop the cache: lambda x: forward(x)[0]", TypeError)
    out = np.array(value)
    if out.shape != np.shape(df):
        refuse("df", df, f"the shape {out.shape} of f(x)",
               "pass an upstream gradient of that shape")
    return out


def _blob(name: str, blob: Any) -> None:
    """Refuse an object that is no blob."""
    for attribute in ("vals", "diffs"):
        if not hasattr(blob, attribute):
            refuse(name, blob, "an object with the arrays vals and diffs",
                   f"give it {attribute}", TypeError)
    floating(f"{name}.diffs", blob.diffs)
