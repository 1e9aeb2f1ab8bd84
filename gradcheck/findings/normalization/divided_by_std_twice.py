"""The gradient of a normalization with one division by the standard deviation too many."""

from __future__ import annotations

import itertools

from gradcheck.findings.given import BATCHNORM, BATCHNORM_RIGHT, slipped
from gradcheck.findings.lenses.normalization import Model
from gradcheck.findings.lenses.normalization_terms import of_gain, of_x, summed_to
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View


@of_x
def divided_by_std_twice(model: Model, view: View) -> Evidence:
    """Whether the result, or one of its terms, has one factor 1/std too many."""
    true = model.dx()
    direct = model.istd * model.dxhat
    mean = -model.istd * model.mean(model.dxhat)
    variance = true - direct - mean
    weights = (1.0, model.istd)
    for one, two, three in itertools.product(weights, repeat=3):
        if any(weight is not weights[0] for weight in (one, two, three)) and model.fits(view,
                one * direct + two * mean + three * variance):
            return {"axes": model.axes}
    return {"axes": model.axes} if model.fits(view, true * model.istd**2) else None


@of_gain
def gain_divided_twice(model: Model, view: View) -> Evidence:
    """Whether dgamma divides by the standard deviation once too often."""
    twice = summed_to(model.dout * model.xhat * model.istd, view)
    return {"axes": model.axes} if view.agrees(twice) else None


RULE = Rule(
    code="divided-by-std-twice",
    tier=Tier.FORM,
    meaning="""The gradient is divided by the standard deviation once too often: in dxhat and at
        the end.""",
    sign="analytic / numeric is 1 / std, the same within each feature.",
    given=BATCHNORM,
    wrong=slipped(BATCHNORM_RIGHT, "/ std\n", "/ std**2\n"),
    right=BATCHNORM_RIGHT,
    clues=(
        Clue(divided_by_std_twice,
             "the gradient, or one of its terms, holds one factor 1/std too many (axes {axes})",
             "divide by std once"),
        Clue(gain_divided_twice,
             "the gradient of {argument} holds one factor 1/std too many",
             "sum dout * xhat, which is divided by std already"),
    ),
)
