"""The gradient of a sum where the loss is a mean, or of exponentials where it is of shares."""

from __future__ import annotations

import numpy as np

from gradcheck.findings.given import SOFTMAX_LOSS, SOFTMAX_LOSS_RIGHT, slipped
from gradcheck.findings.lenses.factor import counted_by, factor_of
from gradcheck.findings.lenses.penalty import penalty
from gradcheck.findings.lenses.scores import Scores, of_scores
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View


def net_not_normalized(view: View) -> Evidence:
    """Whether the data's part of a regularized net's gradient is that of a sum, not of a mean."""
    count = view.case.constants.get("N")
    if view.case.kind != "net" or not count:
        return None
    penalized = (penalty(view) or 0.0) * view.x
    data = view.n - penalized
    if np.any(data) and view.agrees(count * data + penalized):
        return {"factor": count, "name": "N"}
    return None


def not_normalized(view: View) -> Evidence:
    """Whether the gradient of a scalar loss is that of the sum where the loss is a mean."""
    factor = factor_of(view)
    name = None if factor is None else counted_by(view, factor)
    return None if name is None else {"factor": float(f"{factor:.9g}"), "name": name}


@of_scores
def not_divided_by_sum(scores: Scores, view: View) -> Evidence:
    """Whether the exponentials of a softmax were not divided by their sum."""
    hot = np.zeros(scores.x.shape)
    hot[scores.rows, scores.label] = 1.0
    for shift in (np.max(scores.x, axis=1, keepdims=True), 0.0):
        with np.errstate(over="ignore"):
            base = np.exp(scores.x - shift) - hot
        size = float(np.sum(base * base))
        share = float(np.sum(scores.a * base)) / size if np.isfinite(size) and size else 0.0
        if share > 0 and np.all(np.abs(scores.a - share * base) <= 1e-4 * np.max(
                np.abs(scores.gap))):
            return {"share": share}
    return None


RULE = Rule(
    code="not-normalized",
    tier=Tier.FORM,
    meaning="""The loss is a mean over the batch and its gradient is a sum: the learning rate then
        depends on the batch size.""",
    sign="analytic = N x numeric everywhere.",
    given=SOFTMAX_LOSS,
    wrong=slipped(SOFTMAX_LOSS_RIGHT, "return loss, dx / len(x)", "return loss, dx"),
    right=SOFTMAX_LOSS_RIGHT,
    clues=(
        Clue(net_not_normalized,
             "the data's part of the gradient is {factor:.5g} = {name} times the numeric one: the "
             "loss is a mean over samples", "divide dscores by the number of samples"),
        Clue(not_normalized,
             "analytic = {factor:.5g} x numeric everywhere ({factor:.5g} = {name}): the loss is a "
             "mean, its gradient is that of the sum",
             "divide the gradient by what the loss is divided by"),
        Clue(not_divided_by_sum,
             "the gradient holds the exponentials themselves, not divided by their sum over the "
             "classes", "probs = exp(scores); probs /= probs.sum(axis=1, keepdims=True)"),
    ),
)
