"""Backward returns its gradients in another order."""

from __future__ import annotations

from gradcheck.findings.given import SCALE_SHIFT
from gradcheck.findings.lenses.exchange import exchanged_with
from gradcheck.findings.lenses.shapes import near, numeric_gradient
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View


def another_gradient(view: View) -> Evidence:
    """Whether the gradient is that of another argument."""
    other = exchanged_with(view)
    return None if other is None else {"other": other}


def gradient_of_another_shape(view: View) -> Evidence:
    """Whether this argument has exchanged gradients with one of another shape."""
    case = view.case
    for place, other in enumerate(case.layer.wrt[:len(case.analytic)]):
        if other != view.position and near(case.analytic[place], view.n) and near(
                view.a, numeric_gradient(case, other)):
            return {"other": case.layer.names[other]}
    return None


RULE = Rule(
    code="outputs-swapped",
    tier=Tier.FORM,
    meaning="""Backward returns its gradients in another order than forward takes its arguments.
        Where two arguments have one shape, nothing complains.""",
    sign="The gradient of one argument equals the numeric gradient of another.",
    given=SCALE_SHIFT,
    wrong="""
        def shift_backward(dout, cache):
            x, gamma = cache
            return dout * gamma, dout.sum(axis=0), (dout * x).sum(axis=0)
        """,
    right="""
        def shift_backward(dout, cache):
            x, gamma = cache
            return dout * gamma, (dout * x).sum(axis=0), dout.sum(axis=0)
        """,
    clues=(
        Clue(another_gradient,
             "what is returned as d{argument} is d{other}",
             "return the gradients in the order of forward's arguments"),
    ),
    shape_clues=(
        Clue(gradient_of_another_shape,
             "what is returned as d{argument} is d{other}",
             "return the gradients in the order of forward's arguments"),
    ),
)
