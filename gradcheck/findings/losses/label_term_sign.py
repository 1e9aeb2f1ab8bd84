"""The gradient of a loss with the true label's own term added."""

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
def label_term_sign(scores: Scores, view: View) -> Evidence:
    """Whether the true class's own term is added where it should be subtracted."""
    gap = scores.gap_at_labels
    if gap is None or not np.all(gap[scores.active] > 0) or scores.labels_are_zero:
        return None
    gap, numeric = gap[scores.active], scores.n[scores.rows, scores.label][scores.active]
    mirrored = np.allclose(gap, -2 * numeric, rtol=1e-4) and scores.gap_units != 1.0
    return {"gap": float(np.mean(gap))} if mirrored or scores.gap_units == 2.0 else None


RULE = Rule(
    code="label-term-sign",
    tier=Tier.FORM,
    meaning="""One is added at the label where it should be subtracted: the score of the right
        class is pushed down.""",
    sign="Only the label's column is wrong, by 2/N in each row.",
    given=SOFTMAX_LOSS,
    wrong=slipped(SOFTMAX_LOSS_RIGHT, "dx[rows, y] -= 1", "dx[rows, y] += 1"),
    right=SOFTMAX_LOSS_RIGHT,
    clues=(
        Clue(counts_in_bias(2),
             "N times the gap of d{bias} is twice the labels' counts, {counts}: the true class's "
             "term is added", "subtract it: dscores[arange(N), y] -= 1"),
        Clue(softmax_plus(1.0),
             "the target is added to the softmax, so that the gradient is too large by {gap:.5g} "
             "at the labels", "subtract it: dscores = (probs - target) / N"),
        Clue(label_term_sign,
             "the gradient is too large by {gap:.5g}, twice the label's term, at every true label",
             "subtract it, not add it"),
        Clue(at_positive_labels(2.0),
             "the gradient is too large by {gap:.5g}, twice the label's term, at every positive "
             "label", "subtract the label, not add it"),
        Clue(times_targets(used=True),
             "analytic - numeric = {gap:.5g} x {targets}: the targets' term has the wrong sign",
             "subtract it, not add it"),
    ),
)
