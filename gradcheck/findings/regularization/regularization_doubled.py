"""The gradient of a weight with its penalty twice."""

from __future__ import annotations

from gradcheck.findings.given import NET, NET_RIGHT, slipped
from gradcheck.findings.lenses.penalty import off_by
from gradcheck.findings.rule import Clue, Rule, Tier

RULE = Rule(
    code="regularization-doubled",
    tier=Tier.FORM,
    meaning="""The gradient has the penalty twice: 2 reg W belongs to a loss with reg sum(W^2),
        without the factor one half.""",
    sign="analytic - numeric = reg * W.",
    given=NET,
    wrong=slipped(NET_RIGHT, "+ self.reg * W\n", "+ 2 * self.reg * W\n"),
    right=NET_RIGHT,
    clues=(
        Clue(off_by("doubled", of_bias=False),
             "analytic - numeric = {k:.5g} x {argument}: the gradient holds reg * {argument} once "
             "too often", "with 0.5 * reg * sum(W * W) in the loss, the gradient has reg * W"),
    ),
)
