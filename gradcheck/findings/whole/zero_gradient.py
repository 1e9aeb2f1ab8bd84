"""The gradient is zero although the output depends on the argument."""

from __future__ import annotations

import numpy as np

from gradcheck.findings.given import AFFINE, AFFINE_RIGHT
from gradcheck.findings.lenses.penalty import only_penalty
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View


def zero(view: View) -> Evidence:
    """Whether the gradient is zero throughout."""
    return {"largest_numeric": float(np.max(np.abs(view.n)))} if not np.any(view.a) else None


RULE = Rule(
    code="zero-gradient",
    tier=Tier.FORM,
    meaning="""A gradient is zero everywhere although the output depends on the argument: it was
        allocated and never filled, or lost in an integer.""",
    sign="analytic = 0 at every coordinate, numeric is not.",
    given=AFFINE,
    wrong="""
        def affine_backward(dout, cache):
            x, w = cache
            return dout @ w.T, x.T @ dout, np.zeros(w.shape[1])
        """,
    right=AFFINE_RIGHT,
    clues=(
        Clue(zero,
             "the gradient of {argument} is zero everywhere; the numeric one reaches "
             "{largest_numeric:.3g}",
             "fill the array that is returned; a gradient allocated by zeros_like was never "
             "written, or a factor of it is zero"),
        Clue(only_penalty,
             "the gradient is {penalty:.5g} x {argument}, the penalty's alone: nothing arrives "
             "from the data",
             "add the data's gradient, dw from this layer's backward"),
    ),
)
