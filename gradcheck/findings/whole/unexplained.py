"""The numbers disagree and no rule fits."""

from __future__ import annotations

import numpy as np

from gradcheck.findings.given import RNN
from gradcheck.findings.lenses.whereabouts import (
    right_from_first,
    wrong_slices,
    wrong_slices_of_first,
)
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View


def independent(view: View) -> Evidence:
    """Whether forward does not depend on the argument at all."""
    return {} if view.complete and not np.any(view.n) else None


def of_later_steps(view: View) -> Evidence:
    """Whether a sequence's first step sends back what it should, and later ones do not."""
    return right_from_first(view)


def in_slices(view: View) -> Evidence:
    """Whether all that is wrong in this gradient, or another, lies in some slices."""
    return wrong_slices(view)


def in_slices_of_first(view: View) -> Evidence:
    """Whether that is so of what a sequence's first step sends back."""
    return wrong_slices_of_first(view)


def anything(view: View) -> Evidence:
    """Fit always."""
    return {}


NUMBERS = ("{wrong} of {coordinates} coordinates disagree and no known slip explains them; the "
           "worst has analytic = {analytic:.6g}, numeric = {numeric:.6g} ± {bound:.1e}")
SLICE = "look at what is computed for {slices} and for no others, such as one gate's derivative"

RULE = Rule(
    code="unexplained",
    tier=Tier.NOTHING,
    meaning="""The numbers disagree and no hypothesis of the checker fits, so it does not guess.
        Derive the formula again for the smallest case, and check the steps of backward one by
        one.""",
    sign="Wrong nearly everywhere, without a common factor, sign or pattern.",
    given=RNN,
    wrong="""
        def rnn_step_backward(dout, cache):
            x, h, wx, wh, out = cache
            return dout @ wx.T, dout @ wh.T, x.T @ dout, h.T @ dout
        """,
    right="""
        def rnn_step_backward(dout, cache):
            x, h, wx, wh, out = cache
            da = dout * (1 - out**2)
            return da @ wx.T, da @ wh.T, x.T @ da, h.T @ da
        """,
    clues=(
        Clue(independent,
             "forward's output does not depend on {argument}, so its gradient is zero; the "
             "backward returns up to {analytic:.6g}",
             "use it in forward, or return zeros"),
        Clue(of_later_steps,
             NUMBERS + "; what the outputs at index 0 of axis 1 alone send back is right, and what "
             "later ones do is wrong",
             "look at what goes from a step to the one before it (such as dprev_h and dprev_c), at "
             "what is added up over the steps, and at what a first state of zeros hides"),
        Clue(in_slices,
             NUMBERS + "; in the gradient of {sharing} only {slices} are wrong", SLICE),
        Clue(in_slices_of_first,
             NUMBERS + "; of what the outputs at index 0 of axis 1 alone send back to {sharing}, "
             "only {slices} are wrong", SLICE),
        Clue(anything, NUMBERS, "derive the gradient again on paper and compare term by term"),
    ),
)
