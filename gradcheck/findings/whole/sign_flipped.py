"""The gradient has the wrong sign."""

from __future__ import annotations

from gradcheck.findings.given import TANH, TANH_RIGHT
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View


def negative(view: View) -> Evidence:
    """Whether the gradient is minus the true one."""
    return {"factor": -1.0} if view.agrees(-view.n) else None


RULE = Rule(
    code="sign-flipped",
    tier=Tier.FORM,
    meaning="""The gradient has the right size and the wrong sign: training goes uphill. A minus of
        the formula was lost or doubled.""",
    sign="analytic = -numeric everywhere.",
    given=TANH,
    wrong="""
        def tanh_backward(dout, out):
            return dout * (out**2 - 1)
        """,
    right=TANH_RIGHT,
    clues=(
        Clue(negative,
             "analytic = -1 x numeric everywhere",
             "look for a missing minus sign, or one too many"),
    ),
)
