"""The gradient of a normalization with a wrong constant on its way through the variance."""

from __future__ import annotations

import numpy as np

from gradcheck.findings.given import BATCHNORM, BATCHNORM_RIGHT, slipped
from gradcheck.findings.lenses.normalization import Model
from gradcheck.findings.lenses.normalization_terms import of_x
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View

ROUNDING = 1e-9
CLOSE = 1e-4


@of_x
def variance_term_scaled(model: Model, view: View) -> Evidence:
    """Whether the term through the variance has a wrong factor; solve for it."""
    full, without = (model.pulled(view, model.dx(variance=share)) for share in (1.0, 0.0))
    term = full - without
    size = float(np.sum(term * term))
    if size == 0:
        return None
    factor = float(np.sum((view.a - without) * term)) / size
    if abs(factor) > ROUNDING and abs(factor - 1) > ROUNDING and not _of_std(model, factor) and (
            view.agrees(without + factor * term)):
        return {"factor": factor, "axes": model.axes}
    return None


def _of_std(model: Model, factor: float) -> bool:
    """Whether the factor is the one standard deviation that there is, or made of it.

    Where one variance is taken of all elements, a wrong power of it and a lost eps are constants,
    too; those slips have names of their own.
    """
    if model.istd.size > 1:
        return False
    istd, bare = float(model.istd.item()), float(model.variance.item()) ** -0.5
    made = [istd**power for power in (-2, -1, 1, 2)] + [(bare / istd) ** 2]
    return bool(np.any(np.isclose(factor, made, rtol=CLOSE, atol=0)))


RULE = Rule(
    code="variance-term-scaled",
    tier=Tier.FORM,
    meaning="""The way through the variance has a wrong constant: the 2 of the square's derivative
        is lost or doubled, or the term is divided by N - 1.""",
    sign="The error is a multiple of xhat * mean(dxhat * xhat).",
    given=BATCHNORM,
    wrong=slipped(BATCHNORM_RIGHT, " - xhat * (", " - 2 * xhat * ("),
    right=BATCHNORM_RIGHT,
    clues=(
        Clue(variance_term_scaled,
             "the term through the variance is {factor:.5g} times what it should be (axes {axes})",
             "dvar/dx is 2 (x - mean) / N, and d(std)/d(var) is 1 / (2 std)"),
    ),
)
