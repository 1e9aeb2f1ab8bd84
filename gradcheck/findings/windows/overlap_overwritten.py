"""The gradient of what several outputs read, with one contribution in the place of their sum."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.given import CONV, CONV_RIGHT, slipped
from gradcheck.findings.lenses.jacobian import left_out
from gradcheck.findings.lenses.patches import Patches, of_overlaps
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View

Array = NDArray[Any]


@of_overlaps
def overlap_overwritten(patches: Patches, view: View) -> Evidence:
    """Whether contributions are missing where windows overlap, and all others right.

    Seen one output at a time, a later window overwrites an earlier one's contribution with zeros.
    """
    on = np.abs(patches.true) > 10 * patches.tolerance
    lost = on & (np.abs(patches.wrong) <= patches.tolerance)
    if not np.any(lost) or not patches.same(np.where(lost, 0.0, patches.true), patches.wrong):
        return None
    if _is_loop_cut_short(on, lost, view.case.out.shape) or _is_carry_forgotten(
            patches.true, on & ~lost):
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


def _is_loop_cut_short(on: Array, lost: Array, shape: tuple[int, ...]) -> bool:
    """Whether outputs keep all or nothing, and whole slices of them keep nothing."""
    inside = tuple(range(1, lost.ndim))
    missing = np.any(lost, axis=inside)
    if np.any(missing & np.any(on & ~lost, axis=inside)):
        return False
    return left_out(missing.reshape(shape), np.any(on, axis=inside).reshape(shape)) is not None


def _is_carry_forgotten(true: Array, passed: Array) -> bool:
    """Whether each output sees all that the one before it sees, and only the first passes back.

    Those are the steps of a recurrence, no windows: nothing is overwritten, later steps are not
    carried back to earlier ones. What fades along the steps is small, but not zero as what no
    output reads.
    """
    for axis in range(1, true.ndim):
        rest = tuple(i for i in range(1, true.ndim) if i != axis)
        seen, kept = np.any(true != 0, axis=rest), np.any(passed, axis=rest)
        size = np.sum(seen, axis=1, keepdims=True)
        views = np.unique(seen[size[:, 0] > 0], axis=0)
        views = views[np.argsort(views.sum(axis=1))]
        nested = len(views) > 1 and np.all(views[:-1] <= views[1:])
        smallest = np.min(np.where(seen, size, true.size), axis=0)
        if nested and np.all(~kept | (size == smallest)):
            return True
    return False


RULE = Rule(
    code="overlap-overwritten",
    tier=Tier.PATTERN,
    meaning="""An input that several windows read gets the sum of their gradients; backward
        assigns, so that only the last window's remains. Embeddings with repeated rows lose them
        likewise.""",
    sign="Right where one window reads, too small or other where several do.",
    given=CONV,
    wrong=slipped(CONV_RIGHT, "+= dout", "= dout"),
    right=CONV_RIGHT,
    clues=(
        Clue(overlap_overwritten,
             "{count} of {of} elements lack contributions: where several add up, one has "
             "overwritten the others",
             "add with +=, do not assign (np.add.at for repeated indices)"),
    ),
)
