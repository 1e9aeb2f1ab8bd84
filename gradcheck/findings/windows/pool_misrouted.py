"""The gradient of a pooling, routed to another input than the one it came from, or to too few."""

from __future__ import annotations

import numpy as np

from gradcheck.findings.given import ROW_MAX, ROW_MAX_RIGHT, slipped
from gradcheck.findings.lenses.jacobian import is_diagonal_alone
from gradcheck.findings.lenses.patches import (
    Patches,
    of_selection,
    of_windows,
    selects_by_value,
)
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View


@of_selection
def pool_misrouted(patches: Patches, view: View) -> Evidence:
    """Whether a selected output passes its gradient to one input, but to the wrong one."""
    axes = tuple(range(1, patches.true.ndim))
    sums, others = patches.true.sum(axis=axes), patches.wrong.sum(axis=axes)
    kept = np.abs(others - sums) <= 1e-4 * np.max(np.abs(sums))
    wrong = np.any(np.abs(patches.wrong - patches.true) > 1e-4 * np.max(np.abs(sums)), axis=axes)
    if np.any(patches.touched(patches.wrong) > 1) or not np.any(kept & wrong) or not np.all(
            kept | (others == 0)) or not selects_by_value(patches, view):
        return None
    return {"count": int(np.sum(wrong)), "of": len(patches.true)}


@of_windows
def average_misrouted(patches: Patches, view: View) -> Evidence:
    """Whether an averaged output passes its gradient to one input instead of all."""
    on = np.abs(patches.true) > patches.tolerance
    uniform = all(np.ptp(patch[here]) <= 1e-4
                  for patch, here in zip(patches.true, on, strict=True) if np.any(here))
    if uniform and patches.narrowed_to_one and not is_diagonal_alone(view):
        return {"count": len(patches.true), "of": len(patches.true)}
    return None


RULE = Rule(
    code="pool-misrouted",
    tier=Tier.FORM,
    meaning="""One element of each window gets the gradient, and it is not the maximum.""",
    sign="The same numbers in each window, at another place.",
    given=ROW_MAX,
    wrong=slipped(ROW_MAX_RIGHT, "argmax", "argmin"),
    right=ROW_MAX_RIGHT,
    clues=(
        Clue(pool_misrouted,
             "{count} of {of} outputs pass their gradient to another input than the one that the "
             "forward selected", "use the position of the maximum within its own window"),
        Clue(average_misrouted,
             "{count} of {of} outputs pass their gradient to a single input, where the forward "
             "averages several", "spread it evenly over the window"),
    ),
)
