"""The gradient of a hinge loss with another number than the violated margins' at the label."""

from __future__ import annotations

import numpy as np

from gradcheck.findings.given import SVM_LOSS, SVM_LOSS_RIGHT, slipped
from gradcheck.findings.lenses.scores import Scores, of_scores
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View


@of_scores
def margin_count(scores: Scores, view: View) -> Evidence:
    """Whether the label's entry of a hinge loss does not count the violated margins."""
    if scores.gap_at_labels is None:
        return None
    others = np.where(scores.others, scores.n, 0.0)
    positive = others[others > 1e-9]
    if not positive.size or np.ptp(positive) > 1e-4 * np.max(positive):
        return None
    weight = float(np.median(positive))
    counts = np.round(others.sum(axis=1) / weight).astype(int)
    return {"counted": float(np.mean(-scores.a[scores.rows, scores.label]) / weight),
            "counts": [int(count) for count in counts[:8]]}


RULE = Rule(
    code="margin-count",
    tier=Tier.PATTERN,
    meaning="""Each violated margin of the hinge loss pulls the label's score up, so the label's
        gradient is minus the number of them; backward puts another number there.""",
    sign="Only the label's column is wrong, by multiples of 1/N.",
    given=SVM_LOSS,
    wrong=slipped(SVM_LOSS_RIGHT, "-dx.sum(axis=1)", "-1"),
    right=SVM_LOSS_RIGHT,
    clues=(
        Clue(margin_count,
             "at the true label the gradient counts {counted:.3g} violated margins a sample, where "
             "there are {counts}",
             "subtract the number of violated margins of the sample at its label"),
    ),
)
