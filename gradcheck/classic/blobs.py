"""Numerical gradients of functions and nets that read and write blobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from gradcheck.arguments import Array, floating, function, perturbable, positive_step, refuse
from gradcheck.classic.steps import as_output, both_sides


class Blob(Protocol):
    """An array with its gradient: `vals` and `diffs`, of equal shape."""

    vals: Array
    diffs: Array


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
        return as_output(output.vals, output.diffs)

    gradients = []
    for blob in inputs:
        grad = np.zeros_like(blob.diffs)
        for ix in np.ndindex(blob.vals.shape):
            above, below = both_sides(evaluate, blob.vals, ix, h)
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


def _blob(name: str, blob: Any) -> None:
    """Refuse an object that is no blob."""
    for attribute in ("vals", "diffs"):
        if not hasattr(blob, attribute):
            refuse(name, blob, "an object with the arrays vals and diffs",
                   f"give it {attribute}", TypeError)
    floating(f"{name}.diffs", blob.diffs)
