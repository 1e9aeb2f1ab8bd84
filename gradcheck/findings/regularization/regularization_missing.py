"""The gradient of a weight without its penalty."""

from __future__ import annotations

from gradcheck.findings.given import NET, NET_RIGHT, slipped
from gradcheck.findings.lenses.penalty import off_by
from gradcheck.findings.rule import Clue, Rule, Tier

RULE = Rule(
    code="regularization-missing",
    tier=Tier.FORM,
    meaning="""The loss has an L2 penalty and the gradient of a weight has not, for all layers or
        for the last one.""",
    sign="numeric - analytic = reg * W.",
    given=NET,
    wrong=slipped(NET_RIGHT, " + self.reg * W\n", "\n"),
    right=NET_RIGHT,
    clues=(
        Clue(off_by("missing"),
             "analytic - numeric = {k:.5g} x {argument}: the gradient lacks reg * {argument}",
             "add reg * {argument} to the gradient of every weight in the loss, the last layer's "
             "included"),
    ),
)
