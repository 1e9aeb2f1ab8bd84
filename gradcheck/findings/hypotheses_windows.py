"""Causes in layers that look through windows: convolution, averaging, padding.

They are told from the true Jacobian and the analytic one, column by column: a column is what one
output passes back, a patch of the input.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.view import Hypothesis, View

Array = NDArray[Any]
Evidence = dict[str, Any] | None


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
    told = [int(value) for key, value in view.case.numbers.items() if "pad" in key.lower()]
    padding = max(told, default=0)
    if x.ndim == out.ndim:
        growth = max(b - a for a, b in zip(x.shape[1:] or (0,), out.shape[1:] or (0,), strict=True))
        padding = max(padding, -(-growth // 2))
    if not told:
        padding = max(padding, _cropped(true, view.dense_tolerance, range(2, x.ndim + 1)))
    aligned = {axis for axis, _ in alignment.pairs}
    space = (axis for axis in range(min(1, x.ndim - 1), x.ndim)
             if axis not in aligned and x.shape[axis] > 1)
    local = tuple(axis for axis in space
                  if _is_local(true, axis, view.dense_tolerance, x.ndim))
    single = x.shape[0] == 1 == out.shape[0]
    return Patches(true, wrong, view.dense_tolerance, local, padding,
                   single or (0, 0) in alignment.pairs)


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


def of_patches(test: Callable[[Patches, View], Evidence],
               when: Callable[[Patches], bool] = lambda patches: True
               ) -> Callable[[View], Evidence]:
    """Give a test the patches of a layer that has them, if they are of the right kind."""

    def run(view: View) -> Evidence:
        patches = patches_of(view)
        return None if patches is None or not when(patches) else test(patches, view)

    return run


def of_windows(test: Callable[[Patches, View], Evidence]) -> Callable[[View], Evidence]:
    """Give a test the patches of a layer whose outputs see windows of the argument."""
    return of_patches(test, lambda patches: bool(patches.space))


def of_overlaps(test: Callable[[Patches, View], Evidence]) -> Callable[[View], Evidence]:
    """Give a test the patches of a layer that has windows, or whose inputs are used repeatedly."""
    return of_patches(test, lambda patches: bool(patches.space) or patches.reuses)


def overlap_overwritten(patches: Patches, view: View) -> Evidence:
    """Whether contributions are missing where windows overlap, and all others right.

    Seen one output at a time, a later window overwrites an earlier one's contribution with zeros.
    """
    on = np.abs(patches.true) > 10 * patches.tolerance
    lost = on & (np.abs(patches.wrong) <= patches.tolerance)
    if not np.any(lost) or not patches.same(np.where(lost, 0.0, patches.true), patches.wrong):
        return None
    inside = tuple(range(1, lost.ndim))
    partly = np.any(lost, axis=inside) & np.any(on & ~lost, axis=inside)
    single = np.all(np.sum(on & ~lost, axis=0)[np.any(lost, axis=0)] == 1)
    # outputs that keep nothing at all are left out by a loop, unless a maximum was overwritten
    if patches.selects:
        if np.mean(np.any(lost, axis=inside)) > 0.8:
            return None
    elif not (np.any(partly) or single) or not np.all(np.any(on & ~lost, axis=0)[
            np.any(lost, axis=0)]):
        return None
    return {"count": int(np.sum(np.any(lost, axis=0))), "of": view.x.size}


def kernel_flipped(patches: Patches, view: View) -> Evidence:
    """Whether every window's patch is turned around within its window."""
    for count in range(len(patches.space), 0, -1):
        for axes in itertools.combinations(patches.space, count):
            if _flips(patches, tuple(axis + 1 for axis in axes)):
                return {"axes": list(axes)}
    return None


def _flips(patches: Patches, axes: tuple[int, ...]) -> bool:
    turned_round, seen = 0, 0
    for true, wrong in zip(patches.true, patches.wrong, strict=True):
        inside = np.argwhere(np.abs(true) > patches.tolerance)
        if not len(inside):
            continue
        low, high = inside.min(axis=0), inside.max(axis=0) + 1
        box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        at_border = any(low[axis - 1] == 0 or high[axis - 1] == true.shape[axis - 1]
                        for axis in axes)
        turned = np.zeros_like(true)
        turned[box] = np.flip(true[box], tuple(axis - 1 for axis in axes))
        seen += 1
        if patches.same(turned, wrong):
            # a window is a whole box; two far ends that change places are something else
            taps = np.abs(true[box]) > patches.tolerance
            filled = np.mean(taps) > 0.9 or np.sum(taps) > 2
            turned_round += bool(filled and not patches.same(turned, true))
        elif not at_border:
            return False
    return turned_round >= max(1, seen // 8)


def padding_crop(patches: Patches, view: View) -> Evidence:
    """Whether an image's gradient is the true one shifted, as by cropping padding at one end."""
    if not patches.is_image:
        return None
    most = max(patches.padding, 1)
    for offset in itertools.product(range(-most, most + 1), repeat=len(patches.space)):
        if any(offset) and _shifted(patches, offset):
            return {"offset": list(offset), "padding": patches.padding}
    return None


def _shifted(patches: Patches, offset: tuple[int, ...]) -> bool:
    source: list[Any] = [slice(None)] * patches.true.ndim
    target: list[Any] = [slice(None)] * patches.true.ndim
    for axis, shift in zip(patches.space, offset, strict=True):
        size = patches.true.shape[axis + 1]
        if abs(shift) >= size - 1:
            return False
        source[axis + 1] = slice(max(0, -shift), size - max(0, shift))
        target[axis + 1] = slice(max(0, shift), size - max(0, -shift))
    return patches.same(patches.true[tuple(source)], patches.wrong[tuple(target)]) and bool(
        np.any(np.abs(patches.true[tuple(source)]) > patches.tolerance))


def padding_layer_crop(patches: Patches, view: View) -> Evidence:
    """Whether a layer that pads has its gradient cropped at the wrong end, along any axis."""
    x, out = view.x, view.case.out
    if x.ndim != out.ndim or not patches.is_image:
        return None
    grown = tuple(axis for axis in range(x.ndim) if out.shape[axis] > x.shape[axis])
    if not grown:
        return None
    most = max(out.shape[axis] - x.shape[axis] for axis in grown)
    return padding_crop(replace(patches, space=grown, padding=most), view)


def shifted_windows(patches: Patches, view: View) -> Evidence:
    """Whether all windows are off by a step that no crop of the padding makes."""
    found = padding_crop(patches, view)
    if found is None:
        return None
    steps = {abs(step) for step in found["offset"]}
    cropped = len(steps) == 1 and 0 < steps.pop() <= patches.padding
    return None if cropped else found


def window_misplaced(patches: Patches, view: View) -> Evidence:
    """Whether windows pass back the right values at wrong places."""
    moved = outside = 0
    most = int(patches.touched(patches.true).max())
    if most < 2:
        return None
    # at a border the true window is cropped, so that any window's values may appear there
    everywhere = np.unique(patches.true[np.abs(patches.true) > patches.tolerance].round(9))
    for true, wrong in zip(patches.true, patches.wrong, strict=True):
        if patches.same(true, wrong):
            continue
        values = true[np.abs(true) > patches.tolerance]
        others = wrong[np.abs(wrong) > patches.tolerance]
        if others.size > values.size:
            values = everywhere
        outside += int(np.sum((np.abs(wrong) > patches.tolerance)
                              & (np.abs(true) <= patches.tolerance)))
        if others.size > most or not _contained(others, values, 20 * patches.tolerance):
            return None
        moved += 1
    return {"count": moved, "of": len(patches.true)} if moved and outside else None


def _contained(few: Array, many: Array, tolerance: float) -> bool:
    """Whether every value of `few` is near one of `many`."""
    if not many.size:
        return not few.size
    return bool(np.all(np.min(np.abs(few[:, np.newaxis] - many), axis=1, initial=np.inf)
                       <= tolerance))


def kernel_gradient_misplaced(view: View) -> Evidence:
    """Whether a kernel's gradient is taken at input windows that are shifted."""
    patches = patches_of(view)
    if patches is None or patches.is_image or view.a.ndim < 3:
        return None
    whole = replace(patches, space=tuple(range(2, view.a.ndim)))
    for offset in itertools.product((-2, -1, 0, 1, 2), repeat=len(whole.space)):
        if any(offset) and _shifted(whole, offset):
            return {"offset": list(offset)}
    return None


def average_misrouted(patches: Patches, view: View) -> Evidence:
    """Whether an averaged output passes its gradient to one input instead of all."""
    many, one = patches.touched(patches.true), patches.touched(patches.wrong)
    uniform = all(np.ptp(patch[np.abs(patch) > patches.tolerance]) <= 1e-4
                  for patch in patches.true if np.any(np.abs(patch) > patches.tolerance))
    if uniform and np.all(many > 1) and np.all(one == 1):
        return {"count": len(many), "of": len(many)}
    return None


def flipped_weights(view: View) -> Evidence:
    """Whether the gradient of a kernel is the true one turned around."""
    images = [entry for entry in view.case.comparisons if entry.position < view.position]
    if not images or not view.complete or view.a.ndim == 0:
        return None
    image = patches_of(View(view.case, images[0], view.shared))
    if image is None or not image.space:
        return None
    space = range(2 if view.a.ndim > 2 else view.a.ndim - 1, view.a.ndim)
    for count in range(len(space), 0, -1):
        for axes in itertools.combinations(space, count):
            if any(view.a.shape[axis] > 1 for axis in axes) and view.agrees(np.flip(view.n, axes)):
                return {"axes": list(axes)}
    return None


KERNELS = (
    Hypothesis("kernel-flipped", flipped_weights, "the kernel's gradient is turned around along "
               "axes {axes}", "use the kernel's indices as forward does"),
)

WINDOWS = (
    Hypothesis("overlap-overwritten", of_overlaps(overlap_overwritten), "{count} of {of} elements "
               "lack contributions: where several add up, one has overwritten the others",
               "add with +=, do not assign (np.add.at for repeated indices)"),
    Hypothesis("pool-misrouted", of_windows(average_misrouted), "{count} of {of} outputs pass "
               "their gradient to a single input, where the forward averages several",
               "spread it evenly over the window"),
    Hypothesis("kernel-flipped", of_windows(kernel_flipped), "every window's contribution is "
               "turned around along axes {axes}", "use the kernel as forward does, unflipped"),
    Hypothesis("padding-crop", of_patches(padding_layer_crop), "the gradient is the true one "
               "moved by {offset}: the padding was cropped at the wrong end",
               "crop what forward padded, at both ends"),
    Hypothesis("window-misplaced", of_windows(shifted_windows), "every window's contribution "
               "is off by {offset} along the spatial axes",
               "write to the rows and columns that forward reads"),
    Hypothesis("padding-crop", of_windows(padding_crop), "the gradient is shifted by {offset} "
               "along the spatial axes (padding {padding})",
               "crop the padding at both ends: dx_padded[..., pad:-pad, pad:-pad]"),
    Hypothesis("window-misplaced", of_windows(window_misplaced), "{count} of {of} outputs pass "
               "their contribution back at wrong places",
               "write to rows i * stride : i * stride + height, as forward reads them"),
    Hypothesis("window-misplaced", kernel_gradient_misplaced, "the kernel's gradient is taken at "
               "windows moved by {offset}", "read the input at the rows that forward reads"),
)
