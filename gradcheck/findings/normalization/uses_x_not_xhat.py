"""The gradient of a normalization with the raw argument in the normalized one's place."""

from __future__ import annotations

from gradcheck.findings.given import BATCHNORM, BATCHNORM_RIGHT, slipped
from gradcheck.findings.lenses.normalization import Model
from gradcheck.findings.lenses.normalization_terms import of_gain, of_x, summed_to
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View


@of_x
def uses_x_not_xhat(model: Model, view: View) -> Evidence:
    """Whether x, or x - mean, stands where the normalized x belongs in the variance term."""
    direct = model.dxhat - model.mean(model.dxhat)
    for name, value in (("x", model.x), ("x - mean", model.centred)):
        for outer, inner in ((value, model.xhat), (model.xhat, value), (value, value)):
            term = outer * model.mean(model.dxhat * inner)
            if model.fits(view, model.istd * (direct - term)):
                return {"used": name}
    return None


@of_gain
def x_in_gain(model: Model, view: View) -> Evidence:
    """Whether dgamma sums dout * x (or x - mean) instead of dout * xhat."""
    for name, value in (("x", model.x), ("x - mean", model.centred)):
        if view.agrees(summed_to(model.dout * value, view)):
            return {"used": name}
    return None


RULE = Rule(
    code="uses-x-not-xhat",
    tier=Tier.FORM,
    meaning="""The gradient of gamma multiplies dout by the raw input instead of the normalized
        one.""",
    sign="dgamma = sum(dout * x).",
    given=BATCHNORM,
    wrong=slipped(BATCHNORM_RIGHT, "(dout * xhat).sum", "(dout * x).sum"),
    right=BATCHNORM_RIGHT,
    clues=(
        Clue(uses_x_not_xhat,
             "{used} stands where the normalized x belongs, in the variance term",
             "use xhat = (x - mean) / std there"),
        Clue(x_in_gain,
             "the gradient of {argument} sums dout * ({used}) where it should sum dout * xhat",
             "use xhat = (x - mean) / std there"),
    ),
)
