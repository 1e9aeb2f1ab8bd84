"""Causes in layers that look through windows: convolution and pooling.

They are told from the true Jacobian and the analytic one, column by column: a column is what one
output passes back, a patch of the input.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.case import Hypothesis, View

Array = NDArray[Any]
Evidence = dict[str, Any] | None


@dataclass(frozen=True)
class Patches:
    """What each output passes back, as (outputs, *input shape); `space` are the input's axes over
    which windows move.
    """

    true: Array
    wrong: Array
    tolerance: float
    space: tuple[int, ...]
    padding: int

    def same(self, one: Array, two: Array) -> bool:
        """Whether two arrays of patches are equal within the numeric error."""
        return bool(np.all(np.abs(one - two) <= 10 * self.tolerance))

    @property
    def selects(self) -> bool:
        """Whether every output depends on one input at the most, as in max pooling."""
        count = np.sum(np.abs(self.true) > self.tolerance, axis=tuple(range(1, self.true.ndim)))
        return bool(np.all(count <= 1) and np.any(count))


def patches_of(view: View) -> Patches | None:
    """Return the patches of a layer with at least one spatial axis, None for other layers."""
    if "patches" not in view.shared:
        view.shared["patches"] = _patches(view)
    found: Patches | None = view.shared["patches"]
    return found


def _patches(view: View) -> Patches | None:
    out, x = view.case.out, view.x
    if x.ndim < 3 or out.ndim < 3 or view.dense is None:
        return None
    true, wrong = view.dense
    shape = (out.size, *x.shape)
    padding = max((int(value) for key, value in view.case.numbers.items()
                   if "pad" in key.lower()), default=0)
    return Patches(true.T.reshape(shape), wrong.T.reshape(shape), view.dense_tolerance,
                   tuple(range(2, x.ndim)), padding)


def of_patches(test: Callable[[Patches, View], Evidence]) -> Callable[[View], Evidence]:
    """Give a test the patches."""

    def run(view: View) -> Evidence:
        patches = patches_of(view)
        return None if patches is None else test(patches, view)

    return run


def overlap_overwritten(patches: Patches, view: View) -> Evidence:
    """Whether, where windows overlap, only one of their contributions survives."""
    true, wrong, tolerance = patches.true, patches.wrong, patches.tolerance
    # backward is not linear column by column here: a later window overwrites with zeros too, so
    # compare the gradient itself with what single windows contribute
    dout = view.case.dout.reshape(-1, *(1,) * (true.ndim - 1))
    outputs = np.arange(len(true)).reshape(view.case.out.shape)
    for grouped in (outputs.reshape(*outputs.shape[:1], outputs.shape[1], -1),):
        parts = (dout * true)[grouped].sum(axis=1)
        touched = np.any(np.abs(true[grouped]) > tolerance, axis=1)
        for last in (True, False):
            survivor = _surviving(parts, touched, last)
            if view.agrees(survivor) and np.any(touched.sum(axis=1) > 1):
                return {"kept": "last" if last else "first"}
    single = _surviving((dout * true)[outputs.reshape(outputs.shape[0], -1)],
                        np.abs(true[outputs.reshape(outputs.shape[0], -1)]) > tolerance, True)
    if view.agrees(single) and not patches.same(wrong, true):
        return {"kept": "last"}
    return None


def _surviving(parts: Array, touched: Array, last: bool) -> Array:
    """Return, for every input, the contribution of the last (first) window that touches it."""
    order = slice(None, None, -1) if last else slice(None)
    flipped = touched[:, order]
    first = np.argmax(flipped, axis=1)
    chosen = np.take_along_axis(parts[:, order], first[:, np.newaxis], axis=1)[:, 0]
    return np.asarray(np.where(np.any(touched, axis=1), chosen, 0.0).sum(axis=0))


def kernel_flipped(patches: Patches, view: View) -> Evidence:
    """Whether every window's patch is turned around within its window."""
    for count in range(len(patches.space), 0, -1):
        for axes in itertools.combinations(patches.space, count):
            if _flips(patches, tuple(axis + 1 for axis in axes)):
                return {"axes": list(axes)}
    return None


def _flips(patches: Patches, axes: tuple[int, ...]) -> bool:
    checked = 0
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
        if patches.same(turned, wrong):
            checked += 1
        elif not at_border or not patches.padding:
            return False
    return checked > 0 and not patches.same(patches.true, patches.wrong)


def padding_crop(patches: Patches, view: View) -> Evidence:
    """Whether the gradient is the true one shifted, as by cropping the padding at one end."""
    most = max(patches.padding, 1)
    shifts = range(-most, most + 1)
    for offset in itertools.product(shifts, repeat=len(patches.space)):
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


def window_misplaced(patches: Patches, view: View) -> Evidence:
    """Whether windows pass back the right values at wrong places."""
    moved = 0
    for true, wrong in zip(patches.true, patches.wrong, strict=True):
        if patches.same(true, wrong):
            continue
        values = np.sort(true[np.abs(true) > patches.tolerance])
        others = np.sort(wrong[np.abs(wrong) > patches.tolerance])
        if others.size > values.size or not _contained(others, values, 20 * patches.tolerance):
            return None
        moved += 1
    return {"count": moved, "of": len(patches.true)} if moved else None


def _contained(few: Array, many: Array, tolerance: float) -> bool:
    """Whether every value of `few` is near one of `many`."""
    if not many.size:
        return not few.size
    return bool(np.all(np.min(np.abs(few[:, np.newaxis] - many), axis=1, initial=np.inf)
                       <= tolerance))


def pool_spread(patches: Patches, view: View) -> Evidence:
    """Whether a pooled output passes its gradient to several inputs instead of one."""
    if not patches.selects:
        return None
    count = np.sum(np.abs(patches.wrong) > patches.tolerance,
                   axis=tuple(range(1, patches.wrong.ndim)))
    return {"most": int(count.max())} if count.max() > 1 else None


def pool_misrouted(patches: Patches, view: View) -> Evidence:
    """Whether a pooled output passes its gradient to one input, but to the wrong one."""
    if not patches.selects:
        return None
    axes = tuple(range(1, patches.true.ndim))
    one = np.sum(np.abs(patches.wrong) > patches.tolerance, axis=axes) <= 1
    kept = np.abs(patches.wrong.sum(axis=axes) - patches.true.sum(axis=axes)) <= 1e-4
    wrong = np.any(np.abs(patches.wrong - patches.true) > 1e-4, axis=axes)
    if np.all(one) and np.all(kept | (patches.wrong.sum(axis=axes) == 0)) and np.any(kept & wrong):
        return {"count": int(np.sum(wrong)), "of": len(patches.true)}
    return None


def average_spread(patches: Patches, view: View) -> Evidence:
    """Whether an averaged output passes its gradient to one input instead of all."""
    axes = tuple(range(1, patches.true.ndim))
    many = np.sum(np.abs(patches.true) > patches.tolerance, axis=axes)
    one = np.sum(np.abs(patches.wrong) > patches.tolerance, axis=axes)
    uniform = all(np.ptp(patch[np.abs(patch) > patches.tolerance]) <= 1e-4
                  for patch in patches.true if np.any(np.abs(patch) > patches.tolerance))
    if uniform and np.all(many > 1) and np.all(one == 1):
        return {"count": len(many), "of": len(many)}
    return None


def flipped_weights(view: View) -> Evidence:
    """Whether the gradient of a kernel is the true one turned around."""
    if view.a.ndim < 3 or not view.complete:
        return None
    space = range(2, view.a.ndim)
    for count in range(len(space), 0, -1):
        for axes in itertools.combinations(space, count):
            if view.agrees(np.flip(view.n, axes)):
                return {"axes": list(axes)}
    return None


HYPOTHESES = (
    Hypothesis("pool-spread", of_patches(pool_spread), "an output passes its gradient to up to "
               "{most} inputs, where the forward selects one", "give it to the maximum alone"),
    Hypothesis("pool-misrouted", of_patches(pool_misrouted), "{count} of {of} outputs pass their "
               "gradient to another input than the one that the forward selected",
               "use the position of the maximum within its own window"),
    Hypothesis("pool-misrouted", of_patches(average_spread), "{count} of {of} outputs pass their "
               "gradient to a single input, where the forward averages several",
               "spread it evenly over the window"),
    Hypothesis("kernel-flipped", of_patches(kernel_flipped), "every window's contribution is "
               "turned around along axes {axes}", "use the kernel as forward does, unflipped"),
    Hypothesis("kernel-flipped", flipped_weights, "the kernel's gradient is turned around along "
               "axes {axes}", "use the kernel's indices as forward does"),
    Hypothesis("padding-crop", of_patches(padding_crop), "the gradient is shifted by {offset} "
               "along the spatial axes (padding {padding})",
               "crop the padding at both ends: dx_padded[..., pad:-pad, pad:-pad]"),
    Hypothesis("overlap-overwritten", of_patches(overlap_overwritten), "where windows overlap, "
               "only the {kept} one's contribution is left", "add with +=, do not assign"),
    Hypothesis("window-misplaced", of_patches(window_misplaced), "{count} of {of} outputs pass "
               "their contribution back at wrong places",
               "write to rows i * stride : i * stride + height, as forward reads them"),
)
