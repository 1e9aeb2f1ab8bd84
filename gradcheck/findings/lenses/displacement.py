"""Windows whose contributions come back moved or turned, all of them alike."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.findings.lenses.patches import Patches, selects_by_value
from gradcheck.findings.view import View


def turned_axes(patches: Patches) -> tuple[int, ...] | None:
    """Return the axes along which every window's patch is turned around within its window."""
    for count in range(len(patches.space), 0, -1):
        for axes in itertools.combinations(patches.space, count):
            if _turned(patches, tuple(axis + 1 for axis in axes)):
                return axes
    return None


def _turned(patches: Patches, axes: tuple[int, ...]) -> bool:
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


def window_offset(patches: Patches, view: View) -> tuple[int, ...] | None:
    """Return by how much the windows of an image are moved, if all are alike.

    Where forward selects by value, another place is another choice, not a move.
    """
    offset = _offset(patches)
    return None if offset is None or selects_by_value(patches, view) else offset


def padded_offset(patches: Patches, view: View) -> tuple[int, ...] | None:
    """Return by how much the gradient of a layer that pads is moved, along any axis."""
    x, out = view.x, view.case.out
    grown = tuple(axis for axis in range(x.ndim) if out.shape[axis] > x.shape[axis]
                  ) if x.ndim == out.ndim else ()
    if not grown:
        return None
    most = max(out.shape[axis] - x.shape[axis] for axis in grown)
    return _offset(replace(patches, space=grown, padding=most))


def _offset(patches: Patches) -> tuple[int, ...] | None:
    most = max(patches.padding, 1)
    if not patches.is_image:
        return None
    return next(offsets(patches, range(-most, most + 1)), None)


def offsets(patches: Patches, steps: range) -> Iterator[tuple[int, ...]]:
    """Yield the offsets in space, of these steps, by which patches are moved."""
    for offset in itertools.product(steps, repeat=len(patches.space)):
        if any(offset) and _moved(patches, offset):
            yield offset


def _moved(patches: Patches, offset: tuple[int, ...]) -> bool:
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


def is_crop(offset: tuple[int, ...], padding: int) -> bool:
    """Whether cropping the padding at one end makes this offset: one step along every axis."""
    steps = {abs(step) for step in offset}
    return len(steps) == 1 and 0 < steps.pop() <= padding
