"""The gradient of a maximum, spread over inputs that it did not select."""

from __future__ import annotations

import numpy as np

from gradcheck.findings.given import ROW_MAX, ROW_MAX_RIGHT
from gradcheck.findings.lenses.patches import Patches, of_selection
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View


@of_selection
def pool_spread(patches: Patches, view: View) -> Evidence:
    """Whether a selected output passes its gradient to several inputs instead of one."""
    most = int(patches.touched(patches.wrong).max())
    axes = tuple(range(1, patches.wrong.ndim))
    top = np.max(np.abs(patches.wrong), axis=axes, keepdims=True)
    # every input that an output reaches is given the same: all of dout, or an equal share
    equal = (np.abs(patches.wrong) <= patches.tolerance) | (
        np.abs(np.abs(patches.wrong) - top) <= 1e-4 * top)
    return {"most": most} if most > 1 and np.all(equal) else None


def ties(view: View) -> Evidence:
    """Whether all that is wrong lies where several inputs are the maximum together.

    Each of them may have any share of the gradient, but no more than one share in all.
    """
    wrong = view.comparison.failed
    values, counts = np.unique(view.x[wrong], return_counts=True)
    # each on its own is given what it may have: the bound at a kink is twice half its width
    within = np.abs(view.a - view.n)[wrong] <= 0.5 * view.comparison.bound[wrong] * (1 + 1e-4)
    if not values.size or np.any(counts < 2) or not np.all(
            within & view.comparison.kinked[wrong] & (view.a[wrong] != 0)):
        return None
    return {"tied": int(np.sum(wrong))}


RULE = Rule(
    code="pool-spread",
    tier=Tier.FORM,
    meaning="""The maximum depends on one element of its window; backward gives all of them a share,
        as a mean would.""",
    sign="Nonzero where the numeric gradient is zero, the same within each window.",
    given=ROW_MAX,
    wrong="""
        def row_max_backward(dout, x):
            return np.repeat(dout[:, None], x.shape[1], axis=1) / x.shape[1]
        """,
    right=ROW_MAX_RIGHT,
    clues=(
        Clue(pool_spread,
             "an output passes its gradient to up to {most} inputs, where the forward selects one",
             "give it to the maximum alone"),
        Clue(ties,
             "{tied} inputs are a maximum together with others, and each of them is given the "
             "whole gradient; together they may have it once",
             "give it to the first of them (argmax), or divide it by their number"),
    ),
)
