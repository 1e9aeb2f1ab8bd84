"""The gradient of a normalization as if its mean and variance were constants."""

from __future__ import annotations

from gradcheck.findings.given import BATCHNORM, BATCHNORM_RIGHT, slipped
from gradcheck.findings.lenses.normalization_terms import without
from gradcheck.findings.rule import Clue, Rule, Tier

RULE = Rule(
    code="statistics-constant",
    tier=Tier.FORM,
    meaning="""Backward treats mean and variance as constants, as is right at test time only.""",
    sign="analytic = dout * gamma / std, element by element.",
    given=BATCHNORM,
    wrong=slipped(BATCHNORM_RIGHT,
                  "(dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0))", "dxhat"),
    right=BATCHNORM_RIGHT,
    clues=(
        Clue(without("mean", "variance"),
             "the gradient treats mean and variance as constants; both depend on x (axes {axes})",
             "add the terms through the mean and through the variance"),
    ),
)
