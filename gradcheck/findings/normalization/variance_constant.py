"""The gradient of a normalization without its term through the variance."""

from __future__ import annotations

from gradcheck.findings.given import BATCHNORM, BATCHNORM_RIGHT, slipped
from gradcheck.findings.lenses.normalization_terms import without
from gradcheck.findings.rule import Clue, Rule, Tier

RULE = Rule(
    code="variance-constant",
    tier=Tier.FORM,
    meaning="""Backward treats the variance as a constant. The term -xhat * mean(dxhat * xhat) is
        missing.""",
    sign="The gradient keeps a part along xhat, where the numeric one has none.",
    given=BATCHNORM,
    wrong=slipped(BATCHNORM_RIGHT, " - xhat * (dxhat * xhat).mean(axis=0)", ""),
    right=BATCHNORM_RIGHT,
    clues=(
        Clue(without("variance"), "the gradient lacks the term through the variance (axes {axes})",
             "subtract xhat * mean(dxhat * xhat) / std"),
    ),
)
