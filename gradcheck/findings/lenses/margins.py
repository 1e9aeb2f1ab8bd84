"""Margins of a hinge loss: which of them count in its gradient, and how much."""

from __future__ import annotations

import numpy as np

from gradcheck.findings.lenses.scores import Scores, of_scores
from gradcheck.findings.rule import Evidence
from gradcheck.findings.view import View


@of_scores
def threshold_of_margins(scores: Scores, view: View) -> Evidence:
    """Whether other margins than the violated ones count, those in an interval."""
    margin = scores.x - scores.x[scores.rows, scores.label][:, np.newaxis]
    others = scores.others
    unit = np.max(scores.n[others], initial=0.0)
    different = others & (np.abs(scores.gap) > 1e-4 * unit)
    levels = np.abs(scores.a[others][:, np.newaxis] - np.array([0.0, unit]))
    if not unit or np.sum(different) < 2 or np.any(np.min(levels, axis=1) > 1e-4 * unit):
        return None
    inside, outside = margin[different], margin[others & ~different]
    if np.any((outside > inside.min()) & (outside < inside.max())):
        return None
    return {"value": "the margin", "low": float(inside.min()), "high": float(inside.max()),
            "count": int(np.sum(different)), "of": int(np.sum(others))}


@of_scores
def margins_as_weights(scores: Scores, view: View) -> Evidence:
    """Whether a hinge loss's gradient weighs violated margins by their size."""
    difference = scores.x - scores.x[scores.rows, scores.label][:, np.newaxis]
    violated = scores.others & (scores.n > 1e-9)
    # margins of one size cannot be told from a weight
    if np.sum(violated) < 3 or np.ptp(difference[violated]) == 0:
        return None
    unit = float(np.median(scores.n[violated]))
    margin = scores.a[violated] / unit - difference[violated]
    if np.ptp(scores.n[violated]) < 1e-4 * unit and np.ptp(margin) < 1e-4 * abs(np.mean(margin)):
        return {"value": "the margin"}
    return None
