"""The gradient of a layer with windows, at other places than forward read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.given import CONV_RIGHT, UNPADDED, slipped
from gradcheck.findings.lenses.displacement import (
    is_crop,
    offsets,
    padded_offset,
    turned_axes,
    window_offset,
)
from gradcheck.findings.lenses.patches import Patches, of_patches, of_windows
from gradcheck.findings.lenses.scores import scores_of
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View

Array = NDArray[Any]


@of_windows
def shifted_windows(patches: Patches, view: View) -> Evidence:
    """Whether all windows are off by a step that no crop of the padding makes."""
    offset = window_offset(patches, view)
    if offset is None or is_crop(offset, patches.padding) or (
            padded_offset(patches, view) is not None):
        return None
    return {"offset": list(offset), "padding": patches.padding}


@of_windows
def window_misplaced(patches: Patches, view: View) -> Evidence:
    """Whether windows pass back the right values at wrong places, each moved in its own way."""
    moved = outside = 0
    most = int(patches.touched(patches.true).max())
    if most < 2 or _moved_alike(patches, view):
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


def _moved_alike(patches: Patches, view: View) -> bool:
    """Whether something simpler moves the values: a shift, a turn, a choice, another label."""
    return (patches.narrowed_to_one or window_offset(patches, view) is not None
            or padded_offset(patches, view) is not None or turned_axes(patches) is not None
            or scores_of(view) is not None)


def _contained(few: Array, many: Array, tolerance: float) -> bool:
    """Whether every value of `few` is near one of `many`."""
    if not many.size:
        return not few.size
    return bool(np.all(np.min(np.abs(few[:, np.newaxis] - many), axis=1, initial=np.inf)
                       <= tolerance))


@of_patches
def kernel_gradient_misplaced(patches: Patches, view: View) -> Evidence:
    """Whether a kernel's gradient is taken at input windows that are shifted."""
    if patches.is_image or view.a.ndim < 3:
        return None
    kernel = replace(patches, space=tuple(range(2, view.a.ndim)))
    offset = next(offsets(kernel, range(-2, 3)), None)
    return None if offset is None else {"offset": list(offset)}


RULE = Rule(
    code="window-misplaced",
    tier=Tier.FORM,
    meaning="""Backward writes a window's gradient to another place than forward read it from: a
        stride or an offset is missing, or an index is off by one.""",
    sign="The gradient looks displaced along an axis of the image or signal.",
    given=UNPADDED,
    wrong=slipped(CONV_RIGHT, """range(dout.shape[1]):
            dpadded[:, t:t + len(w)]""", """range(dout.shape[1] - 1):
            dpadded[:, t + 1:t + 1 + len(w)]"""),
    right=CONV_RIGHT,
    clues=(
        Clue(shifted_windows,
             "every window's contribution is off by {offset} along the spatial axes",
             "write to the rows and columns that forward reads"),
        Clue(window_misplaced,
             "{count} of {of} outputs pass their contribution back at wrong places",
             "write to rows i * stride : i * stride + height, as forward reads them"),
        Clue(kernel_gradient_misplaced,
             "the kernel's gradient is taken at windows moved by {offset}",
             "read the input at the rows that forward reads"),
    ),
)
