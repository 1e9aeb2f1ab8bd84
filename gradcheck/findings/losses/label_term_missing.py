"""The gradient of a loss without the true label's own term."""

from __future__ import annotations

import numpy as np

from gradcheck.findings.given import SOFTMAX_LOSS, SOFTMAX_LOSS_RIGHT, slipped
from gradcheck.findings.lenses.labels import (
    at_positive_labels,
    counts_in_bias,
    softmax_plus,
    times_targets,
)
from gradcheck.findings.lenses.scores import Scores, of_scores
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View


@of_scores
def label_term_missing(scores: Scores, view: View) -> Evidence:
    """Whether the true class's own term, -1 a sample, is missing, or its whole entry."""
    gap = scores.gap_at_labels
    if gap is None or not np.all(gap[scores.active] > 0):
        return None
    fits = scores.gap_units == 1.0 or scores.labels_are_zero
    return {"gap": float(np.mean(gap[scores.active]))} if fits else None


RULE = Rule(
    code="label-term-missing",
    tier=Tier.FORM,
    meaning="""The gradient of cross-entropy is the probabilities minus one at the label; the minus
        one is missing.""",
    sign="Only the label's column is wrong, by 1/N in each row.",
    given=SOFTMAX_LOSS,
    wrong=slipped(SOFTMAX_LOSS_RIGHT, "        dx[rows, y] -= 1\n", ""),
    right=SOFTMAX_LOSS_RIGHT,
    clues=(
        Clue(counts_in_bias(1),
             "N times the gap of d{bias} counts the labels of each class, {counts}: the true "
             "class's term is missing", "dscores[arange(N), y] -= 1 before dividing by N"),
        Clue(softmax_plus(0.0),
             "every row of the gradient is the softmax alone; it is too large by {gap:.5g} at the "
             "labels", "subtract the target: dscores = (probs - target) / N"),
        Clue(label_term_missing,
             "the gradient is too large by {gap:.5g} at the true label of every sample and right "
             "elsewhere",
             "subtract the true class's term: dscores[arange(N), y] -= 1 before dividing by N"),
        Clue(at_positive_labels(1.0),
             "the gradient is too large by {gap:.5g} at every positive label and right elsewhere",
             "subtract the label: dscores = (sigmoid(scores) - y) / N"),
        Clue(times_targets(used=False),
             "analytic - numeric = {gap:.5g} x {targets}, and the gradient does not depend on "
             "{targets}", "subtract the targets' term"),
    ),
)
