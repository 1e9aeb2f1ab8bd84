"""Layers that look through windows or select inputs: what each output passes back, a patch.

Patches are the columns of the true Jacobian and of the analytic one, in the input's shape.
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

Array = NDArray[Any]


@dataclass(frozen=True)
class Patches:
    """What each output passes back, as arrays (outputs, *input shape).

    `space` are the input's axes over which windows move; empty where there are no windows.
    """

    true: Array
    wrong: Array
    tolerance: float
    space: tuple[int, ...]
    padding: int
    is_image: bool

    def same(self, one: Array, two: Array) -> bool:
        """Whether two arrays of patches are equal within the numeric error."""
        return bool(np.all(np.abs(one - two) <= 10 * self.tolerance))

    def touched(self, patches: Array) -> Array:
        """Return how many inputs each output passes something to."""
        return np.asarray(np.sum(np.abs(patches) > 10 * self.tolerance,
                                 axis=tuple(range(1, patches.ndim))))

    @property
    def reuses(self) -> bool:
        """Whether some input reaches several outputs."""
        return bool(np.any(np.sum(np.abs(self.true) > 10 * self.tolerance, axis=0) > 1))

    @property
    def selects(self) -> bool:
        """Whether every output depends on one input at the most, as in max pooling."""
        count = self.touched(self.true)
        return bool(np.all(count <= 1) and np.any(count)) and len(self.true) < self.true[0].size

    @property
    def narrowed_to_one(self) -> bool:
        """Whether outputs of several inputs pass back to one of them each."""
        return bool(np.all(self.touched(self.true) > 1) and np.all(self.touched(self.wrong) == 1))


def patches_of(view: View) -> Patches | None:
    """Return the patches of a layer with an output array, None where they cannot be had."""
    if f"patches of {view.name}" not in view.shared:
        view.shared[f"patches of {view.name}"] = _patches(view)
    found: Patches | None = view.shared[f"patches of {view.name}"]
    return found


def _patches(view: View) -> Patches | None:
    out, x, alignment = view.case.out, view.x, view.comparison.alignment
    if not x.ndim or not out.ndim or view.dense is None or alignment is None or view.elementwise:
        return None
    true, wrong = (jacobian.T.reshape(out.size, *x.shape) for jacobian in view.dense)
    aligned = {axis for axis, _ in alignment.pairs}
    space = (axis for axis in range(min(1, x.ndim - 1), x.ndim)
             if axis not in aligned and x.shape[axis] > 1)
    local = tuple(axis for axis in space
                  if _is_local(true, axis, view.dense_tolerance, x.ndim))
    single = x.shape[0] == 1 == out.shape[0]
    return Patches(true, wrong, view.dense_tolerance, local, _padding(view, true, local),
                   single or (0, 0) in alignment.pairs)


def _padding(view: View, patches: Array, space: tuple[int, ...]) -> int:
    """Return how far forward pads: as it is told, as the output grows, as windows are cropped."""
    x, out = view.x, view.case.out
    told = [int(value) for key, value in view.case.numbers.items() if "pad" in key.lower()]
    padding = max(told, default=0)
    if x.ndim == out.ndim:
        growth = max((out.shape[axis] - x.shape[axis] for axis in space), default=0)
        padding = max(padding, -(-growth // 2))
    if not told:
        padding = max(padding, _cropped(patches, view.dense_tolerance, range(2, x.ndim + 1)))
    return padding


def _cropped(patches: Array, tolerance: float, axes: range) -> int:
    """Return by how much windows at a border are narrower than others: they reach into padding."""
    most = 0
    for axis in axes:
        rest = tuple(i for i in range(1, patches.ndim) if i != axis)
        width = np.sum(np.any(np.abs(patches) > tolerance, axis=rest), axis=1)
        width = width[width > 0]
        most = max(most, int(np.ptp(width)) if width.size else 0)
    return most


def _is_local(patches: Array, axis: int, tolerance: float, ndim: int) -> bool:
    """Whether outputs see different parts of an axis.

    The third axis and later ones are spatial by convention. An earlier one has to show that: no
    output may see all of it, and one that sees a single element of a matrix's axis is part of a
    permutation, not a window.
    """
    rest = tuple(i for i in range(1, patches.ndim) if i != axis + 1)
    seen = np.any(np.abs(patches) > tolerance, axis=rest)
    seen = seen[np.any(seen, axis=1)]
    if not len(seen) or not np.any(seen != seen[0]):
        return False
    part = axis >= 2 or not np.any(np.all(seen, axis=1))
    return bool(part and (ndim >= 3 or np.any(seen.sum(axis=1) > 1)))


PatchesTest = Callable[[Patches, View], Evidence]


def of_patches(test: PatchesTest, when: Callable[[Patches], bool] = lambda patches: True
               ) -> Callable[[View], Evidence]:
    """Give a test the patches of a layer that has them, if they are of the right kind."""

    @functools.wraps(test)
    def run(view: View) -> Evidence:
        patches = patches_of(view)
        return None if patches is None or not when(patches) else test(patches, view)

    return run


def of_windows(test: PatchesTest) -> Callable[[View], Evidence]:
    """Give a test the patches of a layer whose outputs see windows of the argument."""
    return of_patches(test, lambda patches: bool(patches.space))


def of_overlaps(test: PatchesTest) -> Callable[[View], Evidence]:
    """Give a test the patches of a layer that has windows, or whose inputs are used repeatedly."""
    return of_patches(test, lambda patches: bool(patches.space) or patches.reuses)


def of_selection(test: PatchesTest) -> Callable[[View], Evidence]:
    """Give a test the patches of a layer whose outputs select one input each."""
    return of_patches(test, lambda patches: patches.selects)


@of_selection
def selected_value(patches: Patches, view: View) -> Evidence:
    """Whether the selected input gets dout times its own value."""
    scaled = patches.true * view.x[np.newaxis]
    size = float(np.sum(scaled * scaled))
    factor = float(np.sum(patches.wrong * scaled)) / size if size else 0.0
    if factor and patches.same(factor * scaled, patches.wrong):
        return {"value": view.name}
    return None


def selects_by_value(patches: Patches, view: View) -> bool:
    """Whether values decide what is selected; a crop or a permutation selects as well."""
    moved = view.case.problem.evaluator.out(view.position, -view.x)
    return patches.selects and not np.allclose(moved, -view.case.out)
