"""What decides which units pass: seen output by output, for the forward and for the backward.

`Activity` tells of every output how strongly the forward passes it (its true slope) and how
strongly the backward does (its analytic slope).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.rule import Evidence
from gradcheck.findings.view import View
from gradcheck.nested import leaves

Array = NDArray[Any]

LEVEL = 1e-4
DROPPED = 1e-8  # of the steepest: a smooth function is flat here and there, a mask is zero
FEW = 2
MOST_LEVELS = 4


@dataclass(frozen=True)
class Activity:
    """How the outputs are passed on: ``true`` by the forward, ``wrong`` by the backward.

    `slope_known` tells whether both are slopes in one unit, as in an elementwise layer; in others
    a unit that the forward drops has no slope of its own, and `wrong` is 1 or 0 there.
    """

    true: Array
    wrong: Array
    slope_known: bool
    value: Array
    values: dict[str, Array]

    @property
    def kept(self) -> Array:
        """Which outputs the forward passes."""
        return np.abs(self.true) > DROPPED * np.max(np.abs(self.true), initial=0.0)

    @property
    def wrongly_kept(self) -> Array:
        """Which outputs the backward passes."""
        return np.abs(self.wrong) > DROPPED * np.max(np.abs(self.wrong), initial=0.0)

    @property
    def two_levels(self) -> bool:
        """Whether the forward passes two kinds of outputs, each with a constant slope."""
        return len(levels(self.true)) == 2

    @property
    def bends(self) -> bool:
        """Whether the forward drops outputs, or passes two kinds with two constant slopes."""
        return not np.all(self.kept) or self.two_levels

    @property
    def one_factor(self) -> bool:
        """Whether the outputs passed on both sides are passed with one common factor."""
        both = self.wrong[self.kept & self.wrongly_kept]
        return bool(both.size and np.ptp(both) <= LEVEL * np.max(np.abs(both)))

    @property
    def right(self) -> Array:
        """Which outputs the backward passes as the forward does."""
        return np.asarray(np.abs(self.true - self.wrong) <= LEVEL * np.max(np.abs(self.true)))

    def patterns(self) -> tuple[Array, Array] | None:
        """Return both masks as patterns of the same levels; None where they are no masks."""
        kept = self.kept.astype(float), self.wrongly_kept.astype(float)
        if not self.slope_known:
            clash = not self.one_factor and np.any(self.kept & self.wrongly_kept)
            return None if clash else kept
        if not self.two_levels or len(levels(self.wrong)) != 2:
            return None
        if same(levels(self.true), levels(self.wrong)):
            return self.true, self.wrong
        return None if np.all(self.kept) or np.all(self.wrongly_kept) else kept


def masked(test: Callable[[Activity, View], Evidence]) -> Callable[[View], Evidence]:
    """Give a test the activity of a layer that passes some outputs and others less or not."""

    @functools.wraps(test)
    def run(view: View) -> Evidence:
        found = activity_of(view)
        if found is None or found.true.size < FEW or not np.any(found.kept):
            return None
        return test(found, view)

    return run


@masked
def mismatch(found: Activity, view: View) -> Evidence:
    """Whether the backward has a mask, but not the forward's: at how many units they differ."""
    if found.patterns() is None or (np.all(found.kept) and not found.slope_known):
        return None
    different = int(np.sum(found.kept != found.wrongly_kept)) or int(np.sum(~found.right))
    if different <= FEW or (np.all(found.wrongly_kept) and np.all(found.kept)):
        return None
    return {"count": different, "of": found.true.size}


def activity_of(view: View) -> Activity | None:
    """Return the activity of a layer whose forward masks or bends, None for other layers."""
    key = f"activity of {view.name}"
    if key not in view.shared:
        view.shared[key] = _elementwise(view) if view.elementwise else (
            _by_inputs(view) or _composite(view))
    found: Activity | None = view.shared[key]
    return found


def _elementwise(view: View) -> Activity | None:
    dout = view.case.dout
    if not view.complete or np.any(dout == 0):
        return None
    true, wrong = view.n / dout, view.a / dout
    values = {"x": view.x, "out": view.case.out}
    values |= {path: leaf for path, leaf in leaves(view.case.found.cache, "cache")
               if isinstance(leaf, np.ndarray) and leaf.shape == view.x.shape
               and leaf.dtype.kind == "f"}
    return Activity(true, wrong, True, view.x, values)


def _by_inputs(view: View) -> Activity | None:
    """Look at the inputs of a layer that uses some of them not at all, as DropConnect does."""
    if not view.complete or not np.any(view.n) or not np.any(view.n == 0):
        return None
    on, passed = view.n != 0, view.a != 0
    ratio = np.divide(view.a, view.n, out=np.ones_like(view.n), where=on & passed)
    if np.ptp(ratio[on & passed]) > LEVEL if np.any(on & passed) else False:
        return None
    return Activity(on.astype(float), np.where(passed, ratio, 0.0), False, view.x, {})


def _composite(view: View) -> Activity | None:
    """Compare Jacobian columns: each output's is zero, a multiple of the true one, or neither."""
    if view.case.out.ndim == 0 or view.dense is None:
        return None
    true, wrong = view.dense
    tolerance = view.dense_tolerance
    on, passed = np.any(np.abs(true) > tolerance, axis=0), np.any(np.abs(wrong) > tolerance, axis=0)
    size = np.sum(true * true, axis=0)
    ratio = np.divide(np.sum(wrong * true, axis=0), size, out=np.ones_like(size), where=on)
    residual = np.abs(wrong - ratio * true)[:, on & passed]
    if np.all(on) or np.any(residual > 10 * tolerance):
        return None
    shape = view.case.out.shape
    slopes = np.where(passed, np.where(on, ratio, 1.0), 0.0).reshape(shape)
    out = view.case.out
    return Activity(on.astype(float).reshape(shape), slopes, False, out, {"out": out})


def levels(values: Array) -> Array:
    """Return the distinct levels among values, four at the most.

    Examples
    --------
    >>> levels(np.array([2.0, 0.0, 2.0, 0.0]))
    array([0., 2.])
    """
    if not values.size:
        return np.empty(0)
    ordered = np.sort(values.ravel())
    jump = np.diff(ordered) > LEVEL * np.max(np.abs(ordered))
    found: Array = ordered[np.concatenate(([True], jump))]
    return found[:MOST_LEVELS]


def same(one: Array, two: Array) -> bool:
    """Whether two arrays of slopes are equal within the error of a slope."""
    size = max(float(np.max(np.abs(one), initial=0.0)), float(np.max(np.abs(two), initial=0.0)))
    return bool(np.all(np.abs(one - two) <= LEVEL * size))
