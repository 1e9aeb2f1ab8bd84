"""Causes found by repair: change one value, and the wrong backward gives the right gradient.

What is changed is the upstream gradient, or one array of the cache that backward reads. A repair
that makes the gradient right names the slip, wherever inside a composition of layers it sits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.view import Hypothesis, View
from gradcheck.nested import leaves

Array = NDArray[Any]
Evidence = dict[str, Any] | None

MOST_LEAVES = 24
REPAIRED = 1e-5


def repairs(view: View, dout: Array, change: tuple[str, Array] | None = None) -> bool:
    """Whether backward returns the numeric gradient for this upstream gradient and cached array."""
    gradients = view.case.backward(dout, change)
    place = view.case.layer.wrt.index(view.position)
    if gradients is None or place >= len(gradients) or not view.complete:
        return False
    gradient = np.asarray(gradients[place])
    if gradient.shape != view.n.shape or gradient.dtype.kind != "f":
        return False
    gap = float(np.max(np.abs(view.a - view.n)))
    tolerance = np.minimum(REPAIRED * view.comparison.scale, 1e-2 * gap)
    return bool(np.all(np.abs(gradient - view.n) <= tolerance + 4 * view.comparison.bound))


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


def _is_mask(array: Array) -> bool:
    """Whether an array holds zeros and one other value."""
    other = array[array != 0]
    return bool(other.size and other.size < array.size and np.all(other == other.flat[0]))


def mask_on_dout(view: View) -> Evidence:
    """Whether the gradient becomes right once dout is masked before backward sees it."""
    out, dout = view.case.out, view.case.dout
    if out.ndim == 0 or not view.complete or view.elementwise:
        return None
    masks = [(path, leaf) for path, leaf in cached_arrays(view)
             if leaf.shape == out.shape and _is_mask(leaf)]
    if np.any(out == 0):
        masks.append(("out != 0", out != 0))
    for path, mask in masks:
        keep = (mask != 0).astype(np.float64)
        for scale in (1.0, *(1 / (1 - p) for key, p in view.case.numbers.items()
                             if key.startswith("p") and 0 < p < 1)):
            if repairs(view, dout * keep * scale):
                return {"mask": path, "count": int(np.sum(keep == 0)), "of": keep.size}
    return None


def _replacing(edit: Callable[[View, str, Array], Iterator[tuple[Array, dict[str, Any]]]]
               ) -> Callable[[View], Evidence]:
    """Return a test that puts edited arrays into the cache, one at a time."""

    def run(view: View) -> Evidence:
        if not view.complete:
            return None
        for path, leaf in cached_arrays(view):
            for changed, evidence in edit(view, path, leaf):
                if not np.array_equal(changed, leaf) and repairs(view, view.case.dout,
                                                                 (path, changed)):
                    return {"path": path, **evidence}
        return None

    return run


def _complement(view: View, path: str, leaf: Array) -> Iterator[tuple[Array, dict[str, Any]]]:
    if _is_mask(leaf):
        yield np.where(leaf == 0, np.max(leaf), 0).astype(leaf.dtype), {}
    elif leaf.shape == view.case.out.shape and leaf.dtype.kind == "f" and not view.elementwise:
        yield -leaf, {}  # what a relu compares with zero


def _rolled(view: View, path: str, leaf: Array) -> Iterator[tuple[Array, dict[str, Any]]]:
    if _is_mask(leaf):
        for axis in (*range(leaf.ndim), None):
            for shift in (1, -1, 2, -2):
                yield np.roll(leaf, shift, axis), {"shift": -shift, "axis": axis}


def _transposed(view: View, path: str, leaf: Array) -> Iterator[tuple[Array, dict[str, Any]]]:
    if leaf.ndim >= 2 and leaf.shape[-1] == leaf.shape[-2] and leaf.dtype.kind == "f":
        yield np.swapaxes(leaf, -1, -2).copy(), {}


def _others(view: View, path: str, leaf: Array) -> Iterator[tuple[Array, dict[str, Any]]]:
    named = [*zip(view.case.layer.names, view.case.args, strict=True), ("out", view.case.out),
             *cached_arrays(view)]
    for name, value in named:
        if isinstance(value, np.ndarray) and value.shape == leaf.shape and value.dtype.kind == "f":
            yield value, {"other": name}


MASKS = (
    Hypothesis("mask-not-applied", mask_on_dout, "the gradient is right once dout is multiplied by "
               "the mask {mask}, which drops {count} of {of} outputs",
               "multiply dout by the mask before passing it on"),
    Hypothesis("mask-inverted", _replacing(_complement), "the gradient is right with the "
               "complement of {path}", "multiply by the mask of kept units"),
    Hypothesis("mask-shifted", _replacing(_rolled), "the gradient is right with {path} moved back; "
               "the backward moves it by {shift} along axis {axis}", "use the mask as stored"),
)

VALUES = (
    Hypothesis("missing-transpose", _replacing(_transposed), "the gradient is right with {path} "
               "transposed", "for out = x @ w, dx = dout @ w.T and dw = x.T @ dout"),
    Hypothesis("wrong-cached-value", _replacing(_others), "the gradient is right with {other} in "
               "the place of {path}", "cache the value that the derivative is written in"),
)
