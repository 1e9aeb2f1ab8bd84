"""The gradient of a normalization without its term through the mean."""

from __future__ import annotations

from gradcheck.findings.given import BATCHNORM, BATCHNORM_RIGHT, slipped
from gradcheck.findings.lenses.normalization_terms import without
from gradcheck.findings.rule import Clue, Rule, Tier

RULE = Rule(
    code="mean-constant",
    tier=Tier.FORM,
    meaning="""Backward treats the mean as a constant, but moving one sample moves the mean of all.
        The term -dxhat.mean is missing.""",
    sign="The gradient no longer sums to zero over the batch.",
    given=BATCHNORM,
    wrong=slipped(BATCHNORM_RIGHT, "dxhat - dxhat.mean(axis=0) - ", "dxhat - "),
    right=BATCHNORM_RIGHT,
    clues=(
        Clue(without("mean"), "the gradient lacks the term through the mean (axes {axes})",
             "subtract mean(dxhat) / std"),
    ),
)
