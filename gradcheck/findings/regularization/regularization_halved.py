"""The gradient of a weight with half of its penalty."""

from __future__ import annotations

from gradcheck.findings.given import NET, NET_RIGHT, slipped
from gradcheck.findings.lenses.penalty import off_by
from gradcheck.findings.rule import Clue, Rule, Tier

RULE = Rule(
    code="regularization-halved",
    tier=Tier.FORM,
    meaning="""The one half of the loss was taken over into the gradient, where the square's 2
        cancels it.""",
    sign="numeric - analytic = reg * W / 2.",
    given=NET,
    wrong=slipped(NET_RIGHT, "+ self.reg * W\n", "+ 0.5 * self.reg * W\n"),
    right=NET_RIGHT,
    clues=(
        Clue(off_by("halved"),
             "analytic - numeric = {k:.5g} x {argument}: the gradient holds half of "
             "reg * {argument}",
             "with 0.5 * reg * sum(W * W) in the loss, the gradient has reg * W"),
    ),
)
