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
    ),
)
