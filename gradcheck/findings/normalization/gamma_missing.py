"""The gradient of a normalization, or of another layer with a scale, without its scale gamma."""

from __future__ import annotations

import numpy as np

from gradcheck.findings.given import BATCHNORM, BATCHNORM_RIGHT, slipped
from gradcheck.findings.lenses.normalization import Model
from gradcheck.findings.lenses.normalization_terms import of_x
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View


@of_x
def gamma_missing(model: Model, view: View) -> Evidence:
    """Whether dx was computed from dout instead of dout * gamma, in all its terms or in some."""
    forms = (model.dx(gain=False), model.dx(gain=False) / np.where(model.gain == 0, 1, model.gain),
             model.dx() * model.gain)
    whole, bare = model.istd * model.dxhat, model.istd * model.dout
    mixed = (model.dx() - whole + bare, model.dx(gain=False) - bare + whole)
    if any(model.fits(view, form) for form in (*forms, *mixed)) and model.gain_name:
        return {"gamma": model.gain_name}
    return None


def factor_one(view: View) -> Evidence:
    """Whether the gradient is the true one with all ones in a vector argument's place."""
    case = view.case
    for i, arg in enumerate(case.args):
        if i == view.position or not isinstance(arg, np.ndarray) or arg.dtype.kind != "f" or (
                arg.size >= view.x.size or arg.ndim > 1 or not arg.size
                or not _multiplies(view, i)):
            continue
        args = list(case.args)
        args[i] = np.ones_like(arg)
        if not np.array_equal(args[i], arg) and view.is_gradient_at(args):
            return {"gamma": case.layer.names[i]}
    return None


def _multiplies(view: View, position: int) -> bool:
    """Whether an argument is a factor: the output moves by other amounts than a shift's 0 and 1."""
    evaluator = view.case.problem.evaluator
    moved = evaluator.out(position, evaluator.args[position] + 1e-4) - view.case.out
    return bool(np.any(np.abs(moved - 1e-4 * np.round(moved / 1e-4)) > 1e-8))


RULE = Rule(
    code="gamma-missing",
    tier=Tier.FORM,
    meaning="""dout reaches x through the scale gamma; backward leaves it out of dx.""",
    sign="analytic / numeric is 1 / gamma, the same within each feature.",
    given=BATCHNORM,
    wrong=slipped(BATCHNORM_RIGHT, "dxhat = dout * gamma", "dxhat = dout"),
    right=BATCHNORM_RIGHT,
    clues=(
        Clue(gamma_missing,
             "the gradient of {argument} is computed from dout where dout * {gamma} belongs",
             "let dxhat = dout * gamma be the first step"),
        Clue(factor_one, "the gradient of {argument} is the true one for {gamma} = 1",
             "let dxhat = dout * gamma be the first step"),
    ),
)
