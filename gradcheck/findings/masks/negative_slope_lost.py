"""The small slope for negative inputs is missing."""

from __future__ import annotations

import numpy as np

from gradcheck.findings.given import LEAKY_RELU
from gradcheck.findings.lenses.activity import Activity, masked, same
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View


@masked
def nothing_below_zero(found: Activity, view: View) -> Evidence:
    """Whether the branch of negative x passes nothing although the forward's does."""
    negative = found.value < 0
    if not found.slope_known or not np.any(negative) or np.all(negative):
        return None
    lost = negative & found.kept
    right = same(found.wrong[~negative], found.true[~negative])
    if np.any(lost) and right and not np.any(found.wrong[negative]):
        return {"count": int(np.sum(lost)), "of": found.true.size,
                "slope": float(np.median(found.true[lost]))}
    return None


RULE = Rule(
    code="negative-slope-lost",
    tier=Tier.FORM,
    meaning="""Backward is that of relu: the small slope for negative inputs is missing, and the
        units that it should keep alive get no gradient.""",
    sign="Right where x > 0, zero where the numeric gradient is the slope times dout.",
    given=LEAKY_RELU,
    wrong="""
        def leaky_relu_backward(dout, x):
            return dout * (x > 0)
        """,
    right="""
        def leaky_relu_backward(dout, x):
            return np.where(x > 0, dout, 0.1 * dout)
        """,
    clues=(
        Clue(nothing_below_zero,
             "the gradient is 0 at the {count} negative x, where the forward's slope is "
             "{slope:.4g}",
             "multiply dout by the slope where x < 0"),
    ),
)
