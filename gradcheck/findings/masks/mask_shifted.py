"""Backward uses forward's mask some places further on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.given import DROPOUT, DROPOUT_RIGHT
from gradcheck.findings.lenses.activity import Activity, masked, same
from gradcheck.findings.lenses.values import is_mask, replacing
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View

Array = NDArray[Any]

MOST_SHIFTS = 64


@masked
def moved(found: Activity, view: View) -> Evidence:
    """Whether the backward's mask is the forward's, moved along an axis."""
    patterns = found.patterns()
    if patterns is None or same(*patterns):
        return None
    true, wrong = patterns
    for axis in [*range(true.ndim), None]:
        length = true.size if axis is None else true.shape[axis]
        for shift in sorted(range(1 - length, length), key=abs)[:MOST_SHIFTS]:
            if shift and (same(np.roll(true, shift, axis), wrong) or (
                    axis is not None and abs(shift) <= 2
                    and _matches_unwrapped(true, wrong, shift, axis))):
                return {"shift": shift, "axis": axis}
    return None


def _matches_unwrapped(true: Array, wrong: Array, shift: int, axis: int) -> bool:
    """Whether the masks agree after a shift that brings in something else at the border."""
    length = true.shape[axis]
    if length - abs(shift) < 3 or true.size < 8:
        return False
    source = np.take(true, range(max(0, -shift), length - max(0, shift)), axis)
    target = np.take(wrong, range(max(0, shift), length - max(0, -shift)), axis)
    return same(source, target) and np.ptp(source) > 0


@replacing
def right_moved_back(view: View, leaf: Array) -> Iterator[tuple[Array, dict[str, Any]]]:
    """Whether the gradient becomes right with a cached mask moved by a place or two."""
    if is_mask(leaf):
        for axis in (*range(leaf.ndim), None):
            for shift in (1, -1, 2, -2):
                yield np.roll(leaf, shift, axis), {"shift": -shift, "axis": axis}


RULE = Rule(
    code="mask-shifted",
    tier=Tier.PATTERN,
    meaning="""Backward uses forward's mask displaced by some places along an axis, as an index
        that is off by one does.""",
    sign="Rolling the analytic gradient's pattern by a few places gives the numeric one's.",
    given=DROPOUT,
    wrong="""
        def dropout_backward(dout, cache):
            mask, p = cache
            return dout * np.roll(mask, 1, axis=1)
        """,
    right=DROPOUT_RIGHT,
    clues=(
        Clue(moved,
             "the backward's mask is the forward's moved by {shift} along axis {axis}",
             "use the mask as it was stored"),
        Clue(right_moved_back,
             "the gradient is right with {path} moved back; the backward moves it by {shift} along "
             "axis {axis}",
             "use the mask as stored"),
    ),
)
