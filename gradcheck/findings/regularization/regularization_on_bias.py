"""The gradient of a bias with a penalty that the loss has not."""

from __future__ import annotations

from gradcheck.findings.given import NET, NET_RIGHT, slipped
from gradcheck.findings.lenses.penalty import off_by
from gradcheck.findings.rule import Clue, Rule, Tier

RULE = Rule(
    code="regularization-on-bias",
    tier=Tier.FORM,
    meaning="""The bias's gradient has a penalty that the loss has not. Biases are not regularized
        by convention.""",
    sign="analytic - numeric = reg * b, for the bias alone.",
    given=NET,
    wrong=slipped(NET_RIGHT, "db = dscores.sum(axis=0)", "db = dscores.sum(axis=0) + self.reg * b"),
    right=NET_RIGHT,
    clues=(
        Clue(off_by("doubled", of_bias=True),
             "analytic - numeric = {k:.5g} x {argument}: a bias is regularized in the gradient and "
             "not in the loss", "regularize weights only"),
    ),
)
