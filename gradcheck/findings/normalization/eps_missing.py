"""The gradient of a normalization by a standard deviation without eps."""

from __future__ import annotations

import numpy as np

from gradcheck.findings.given import BATCHNORM, BATCHNORM_RIGHT, slipped
from gradcheck.findings.lenses.normalization import Model
from gradcheck.findings.lenses.normalization_terms import of_gain, of_x, summed_to
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View


def eps_zero(view: View) -> Evidence:
    """Whether the gradient is the true one with eps = 0 in the parameter dict."""
    case = view.case
    for i, arg in enumerate(case.args):
        if isinstance(arg, dict):
            args = list(case.args)
            args[i] = {**arg, "eps": 1e-300}
            if view.is_gradient_at(args):
                return {"eps": float(arg.get("eps", 1e-5))}
    return None


@of_x
def eps_missing(model: Model, view: View) -> Evidence:
    """Whether the backward divides by sqrt(var) where the forward divides by sqrt(var + eps)."""
    if model.eps <= 0:
        return None
    bare = model.variance**-0.5
    direct = model.dxhat - model.mean(model.dxhat)
    mixed = model.istd * (direct - model.centred / model.variance
                          * model.mean(model.dxhat * model.centred))
    half = bare * (direct - model.xhat * model.mean(model.dxhat * model.xhat))
    late = model.istd * (direct - model.centred * bare
                         * model.mean(model.dxhat * model.centred * bare))
    outside = 1 / (np.sqrt(model.variance) + model.eps)
    forms = (model.dx(istd=bare), mixed, half, late, model.dx(istd=outside))
    return {"eps": model.eps} if any(model.fits(view, form) for form in forms) else None


@of_gain
def gain_without_eps(model: Model, view: View) -> Evidence:
    """Whether dgamma uses an xhat without eps."""
    if model.eps <= 0:
        return None
    bare = model.centred * model.variance**-0.5
    return {"eps": model.eps} if view.agrees(summed_to(model.dout * bare, view)) else None


RULE = Rule(
    code="eps-missing",
    tier=Tier.FORM,
    meaning="""Backward divides by the standard deviation without eps, forward with it. It shows
        where the variance is small.""",
    sign="A factor near 1 for each feature, the further from 1 the smaller its variance.",
    given=BATCHNORM,
    wrong=slipped(BATCHNORM_RIGHT, "x, xhat, mean, std, gamma = cache",
                  "x, xhat, mean, std, gamma = cache\n        std = np.sqrt(x.var(axis=0))"),
    right=BATCHNORM_RIGHT,
    clues=(
        Clue(eps_zero,
             "the gradient of {argument} is the true one for eps = 0, the forward has "
             "eps = {eps:.3g}", "cache the standard deviation with eps in it"),
        Clue(eps_missing,
             "the backward divides by sqrt(var), the forward by sqrt(var + {eps:.3g})",
             "cache and use the standard deviation with eps in it"),
        Clue(gain_without_eps,
             "the gradient of {argument} uses an xhat without eps = {eps:.3g}",
             "cache the xhat that forward computed"),
    ),
)
