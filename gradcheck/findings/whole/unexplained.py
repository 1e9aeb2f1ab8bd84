"""The numbers disagree and no rule fits."""

from __future__ import annotations

import numpy as np

from gradcheck.findings.given import RNN
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View


def independent(view: View) -> Evidence:
    """Whether forward does not depend on the argument at all."""
    return {} if view.complete and not np.any(view.n) else None


def anything(view: View) -> Evidence:
    """Fit always."""
    return {}


RULE = Rule(
    code="unexplained",
    tier=Tier.NOTHING,
    meaning="""The numbers disagree and no hypothesis of the checker fits, so it does not guess.
        Derive the formula again for the smallest case, and check the steps of backward one by
        one.""",
    sign="Wrong nearly everywhere, without a common factor, sign or pattern.",
    given=RNN,
    wrong="""
        def rnn_step_backward(dout, cache):
            x, h, wx, wh, out = cache
            return dout @ wx.T, dout @ wh.T, x.T @ dout, h.T @ dout
        """,
    right="""
        def rnn_step_backward(dout, cache):
            x, h, wx, wh, out = cache
            da = dout * (1 - out**2)
            return da @ wx.T, da @ wh.T, x.T @ da, h.T @ da
        """,
    clues=(
        Clue(independent,
             "forward's output does not depend on {argument}, so its gradient is zero; the "
             "backward returns up to {analytic:.6g}",
             "use it in forward, or return zeros"),
        Clue(anything,
             "{wrong} of {coordinates} coordinates disagree and no known slip explains them; the "
             "worst has analytic = {analytic:.6g}, numeric = {numeric:.6g} ± {bound:.1e}",
             "derive the gradient again on paper and compare term by term"),
    ),
)
