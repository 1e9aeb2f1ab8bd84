"""A few single elements are wrong."""

from __future__ import annotations

import numpy as np

from gradcheck.findings.given import AFFINE, AFFINE_RIGHT
from gradcheck.findings.lenses.activity import mismatch
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View

ISOLATED_SHARE = 0.15
MOST_SHARE = 0.2
MOST_ISOLATED = 64


def a_few(view: View) -> Evidence:
    """Whether a few elements are wrong and all others right."""
    failed = int(np.sum(view.comparison.failed))
    covered = view.comparison.coordinates
    if not failed or failed > MOST_ISOLATED or failed > max(1, MOST_SHARE * covered):
        return None
    # of a small mask, a share that is hardly isolated any more is the units where it differs
    if failed > max(1, ISOLATED_SHARE * covered) and mismatch(view) is not None:
        return None
    worst = view.where()[0]
    return {"which": _which(failed, covered), "count": failed, "of": covered,
            "analytic": float(view.a[worst]), "numeric": float(view.n[worst]), "worst": worst}


def _which(count: int, of: int) -> str:
    if of == 1:
        return "the gradient's only element is wrong"
    verb, others = "is" if count == 1 else "are", "the other" if of - count == 1 else "all others"
    return f"{count} of {of} elements {verb} wrong and {others} right"


RULE = Rule(
    code="isolated-elements",
    tier=Tier.REMNANT,
    meaning="""Nearly all coordinates are right and a few single ones are not: an index that is
        special (a corner, the first, the last), a value written over.""",
    sign="A handful of wrong coordinates among many right ones; their places are listed.",
    given=AFFINE,
    wrong="""
        def affine_backward(dout, cache):
            x, w = cache
            dw = x.T @ dout
            dw[0, 0] += 1.5 * dout[0, 0]
            return dout @ w.T, dw, dout.sum(axis=0)
        """,
    right=AFFINE_RIGHT,
    clues=(
        Clue(a_few,
             "{which}; at {worst} analytic = {analytic:.6g}, numeric = {numeric:.6g}",
             "look for special cases: a border, a first or last index, a clipped value"),
    ),
)
