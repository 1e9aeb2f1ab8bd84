"""The gradient of a loss with the label's term at another class."""

from __future__ import annotations

import numpy as np

from gradcheck.findings.given import SOFTMAX_LOSS, SOFTMAX_LOSS_RIGHT, slipped
from gradcheck.findings.lenses.labels import counts_in_bias
from gradcheck.findings.lenses.margins import threshold_of_margins
from gradcheck.findings.lenses.scores import Scores, of_scores
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View


@of_scores
def wrong_label(scores: Scores, view: View) -> Evidence:
    """Whether the label's term stands at another class: gaps of +w at the label, -w elsewhere.

    All of the label's term moves, so that nothing below zero remains of it; a margin more or less
    of a hinge loss takes a part only.
    """
    gap = scores.gap
    top = np.max(np.abs(gap))
    wrong = np.any(np.abs(gap) > 1e-4 * top, axis=1)
    found = []
    for row in np.flatnonzero(wrong):
        places = np.flatnonzero(np.abs(gap[row]) > 1e-4 * top)
        if len(places) != 2 or abs(gap[row].sum()) > 1e-3 * top or (
                gap[row, scores.label[row]] <= 0 or scores.a[row, scores.label[row]] < -1e-3 * top):
            return None
        found.append(int(places[places != scores.label[row]][0]) - int(scores.label[row]))
    if not found or threshold_of_margins(view) is not None:
        return None
    classes = gap.shape[1]
    offsets = {offset % classes for offset in found}
    told = f", always {offsets.pop()} further on" if len(offsets) == 1 else ""
    return {"rows": len(found), "of": len(gap), "told": told}


RULE = Rule(
    code="wrong-label",
    tier=Tier.FORM,
    meaning="""The label term stands in another column than the label's: labels that count from 1,
        or an index that is shifted.""",
    sign="Two columns are wrong in each row, by opposite amounts.",
    given=SOFTMAX_LOSS,
    wrong=slipped(SOFTMAX_LOSS_RIGHT, "dx[rows, y] -= 1", "dx[rows, y - 1] -= 1"),
    right=SOFTMAX_LOSS_RIGHT,
    clues=(
        Clue(counts_in_bias(0),
             "N times the gap of d{bias} moves whole counts between classes, {counts}: labels "
             "stand at other classes", "index with y itself, row by row"),
        Clue(wrong_label,
             "in {rows} of {of} samples the label's term stands at another class{told}",
             "index with y itself, row by row"),
    ),
)
