"""The gradient of a weight with its penalty subtracted."""

from __future__ import annotations

from gradcheck.findings.given import NET, NET_RIGHT, slipped
from gradcheck.findings.lenses.penalty import off_by
from gradcheck.findings.rule import Clue, Rule, Tier

RULE = Rule(
    code="regularization-sign",
    tier=Tier.FORM,
    meaning="""The penalty's gradient is subtracted: the weights are driven away from zero.""",
    sign="numeric - analytic = 2 reg * W.",
    given=NET,
    wrong=slipped(NET_RIGHT, "+ self.reg * W\n", "- self.reg * W\n"),
    right=NET_RIGHT,
    clues=(
        Clue(off_by("sign"),
             "analytic - numeric = {k:.5g} x {argument}: reg * {argument} is subtracted where it "
             "belongs added", "add it"),
    ),
)
