"""The right numbers stand at the wrong places."""

from __future__ import annotations

import numpy as np

from gradcheck.findings.given import SORT
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View


def same_values(view: View) -> Evidence:
    """Whether the wrong values are right values at each other's places."""
    failed = view.comparison.failed
    count = int(np.sum(failed))
    if not view.complete or count < 2:
        return None
    a, n = np.sort(view.a[failed]), np.sort(view.n[failed])
    apart = np.abs(a - n)
    if np.any(apart > 10 * np.max(view.tolerance) + 1e-7 * np.abs(n)):
        return None
    # values that are only a little wrong are near each other's as well as their own
    if np.max(apart) > 1e-2 * np.min(np.abs(view.a - view.n)[failed]):
        return None
    if count > 2 and np.ptp(n) == 0:
        return None
    return {"count": count, "of": view.a.size, "worst": view.where()[0]}


RULE = Rule(
    code="elements-exchanged",
    tier=Tier.PLACE,
    meaning="""The right numbers stand at the wrong places: a permutation was applied where its
        inverse belongs, or a reshape in another order.""",
    sign="The sorted values of both gradients agree.",
    given=SORT,
    wrong="""
        def sort_backward(dout, order):
            return np.take_along_axis(dout, order, axis=0)
        """,
    right="""
        def sort_backward(dout, order):
            dx = np.empty_like(dout)
            np.put_along_axis(dx, order, dout, axis=0)
            return dx
        """,
    clues=(
        Clue(same_values,
             "{count} of {of} elements hold each other's values, for example at {worst}",
             "check the indices that are written"),
    ),
)
