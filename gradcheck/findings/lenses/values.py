"""The values that a backward combines, and what it returns if one of them is another.

A change of the upstream gradient, of an argument, or of one array in the cache that makes the
gradient right names the slip, wherever inside a composition of layers it sits.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.rule import Evidence
from gradcheck.findings.view import View
from gradcheck.nested import leaves

Array = NDArray[Any]
Edit = Callable[[View, Array], Iterator[tuple[Array, dict[str, Any]]]]

MOST_LEAVES = 24
REPAIRED = 1e-5


def repairs(view: View, dout: Array, change: tuple[str, Array] | None = None) -> bool:
    """Whether backward returns the numeric gradient for this upstream gradient and cached array."""
    gradient = _gradient(view, dout, change)
    return gradient is not None and _is_right(view, gradient)


def repairs_by_sample(view: View, path: str, values: Sequence[Array]) -> bool:
    """Whether the samples' gradients, each with its own array in the cache, add up to the right."""
    total = np.zeros(view.n.shape)
    for i, value in enumerate(values):
        dout = np.zeros_like(view.case.dout)
        dout[i] = view.case.dout[i]
        gradient = _gradient(view, dout, (path, value))
        if gradient is None:
            return False
        total += gradient
    return _is_right(view, total)


def _gradient(view: View, dout: Array, change: tuple[str, Array] | None) -> Array | None:
    """Return what backward gives for the argument, if it is an array of its shape."""
    gradients = view.case.backward(dout, change)
    place = view.case.layer.wrt.index(view.position)
    if gradients is None or place >= len(gradients):
        return None
    gradient = np.asarray(gradients[place])
    usable = gradient.shape == view.n.shape and gradient.dtype.kind == "f"
    return gradient if usable else None


def _is_right(view: View, gradient: Array) -> bool:
    """Whether a gradient is the numeric one, far nearer than the analytic one is."""
    if not view.complete:
        return False
    gap = float(np.max(np.abs(view.a - view.n)))
    tolerance = np.minimum(REPAIRED * view.comparison.scale, 1e-2 * gap)
    return bool(np.all(np.abs(gradient - view.n) <= tolerance + 4 * view.comparison.bound))


def replacing(edit: Edit) -> Callable[[View], Evidence]:
    """Return a test that puts edited arrays into the cache, one at a time."""

    @functools.wraps(edit)
    def run(view: View) -> Evidence:
        if not view.complete:
            return None
        for path, leaf in cached_arrays(view):
            for changed, evidence in edit(view, leaf):
                if not np.array_equal(changed, leaf) and repairs(view, view.case.dout,
                                                                 (path, changed)):
                    return {"path": path, **evidence}
        return None

    return run


def cached_arrays(view: View) -> list[tuple[str, Array]]:
    """Return the arrays that backward finds in the cache, by path."""
    if "cached arrays" not in view.shared:
        _, cache = view.case.problem.evaluator.call()
        view.shared["cached arrays"] = [
            (path, leaf) for path, leaf in leaves(cache, "cache")
            if isinstance(leaf, np.ndarray) and leaf.dtype.kind in "fb" and leaf.size > 1
        ][:MOST_LEAVES]
    found: list[tuple[str, Array]] = view.shared["cached arrays"]
    return found


def is_mask(array: Array) -> bool:
    """Whether an array holds zeros and one other value.

    Examples
    --------
    >>> is_mask(np.array([0.0, 2.0, 2.0])), is_mask(np.array([0.0, 1.0, 2.0]))
    (True, False)
    """
    other = array[array != 0]
    return bool(other.size and other.size < array.size and np.all(other == other.flat[0]))


def uncut(view: View) -> bool:
    """Whether the gradient is right but for factors that the forward cuts to zero first."""
    if view.case.out.ndim == 0 or view.dense is None:
        return False
    true, wrong = view.dense
    on = np.abs(true) > view.dense_tolerance
    extra = ~on & (np.abs(wrong) > 10 * view.dense_tolerance)
    if not _within_slices(view, extra):
        return False
    right = np.all(np.abs(wrong - true)[on] <= 10 * view.dense_tolerance)
    # whole rows would be units that are never used; single places are values cut by a relu
    return bool(right and np.sum(extra) > 2 and np.any(on) and np.array_equal(
        np.any(on, axis=1) | np.any(extra, axis=1), np.any(on | extra, axis=1)))


def _within_slices(view: View, entries: Array) -> bool:
    """Whether Jacobian entries join only inputs and outputs of the same aligned slice."""
    alignment = view.comparison.alignment
    if alignment is None:
        return False
    inputs, outputs = np.nonzero(entries)
    one = np.unravel_index(inputs, view.x.shape)
    two = np.unravel_index(outputs, view.case.out.shape)
    return all(np.array_equal(one[axis], two[out_axis]) for axis, out_axis in alignment.pairs)
