"""Backward compares with another number than forward."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.given import RELU, RELU_RIGHT
from gradcheck.findings.lenses.activity import LEVEL, Activity, levels, masked
from gradcheck.findings.lenses.margins import threshold_of_margins
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View

Array = NDArray[Any]


@masked
def between_thresholds(found: Activity, view: View) -> Evidence:
    """Whether the outputs passed wrongly are those with values between two thresholds."""
    different = ~found.right if found.slope_known else found.kept != found.wrongly_kept
    if not (_only_levels(found) if found.slope_known else found.one_factor):
        return None
    if found.slope_known and np.all(found.value[different] == 0):
        return None
    if np.any(different) and not np.all(different) and _value_decides(found):
        for name, value in (("x" if found.slope_known else "out", found.value),
                            ("|x|", np.abs(found.value))):
            inside, outside = value[different], value[~different]
            between = (outside > inside.min()) & (outside < inside.max())
            if not np.any(between) and inside.min() < inside.max():
                return {"value": name, "low": float(inside.min()), "high": float(inside.max()),
                        "count": int(np.sum(different)), "of": different.size}
    return None if _is_window(view) else _nested(found)


def _only_levels(found: Activity) -> bool:
    """Whether the backward's slopes are among the forward's two, 0 and 1."""
    slopes = np.concatenate((levels(found.true), [0.0, 1.0]))
    distance = np.min(np.abs(found.wrong[..., np.newaxis] - slopes), axis=-1)
    return not (np.any(distance > LEVEL * np.max(np.abs(found.true))) and found.two_levels)


def _value_decides(found: Activity) -> bool:
    """Whether the forward's slope changes only at a few thresholds of the value."""
    ordered = found.true.ravel()[np.argsort(found.value, axis=None)]
    changes = np.sum(np.abs(np.diff(ordered)) > LEVEL * np.max(np.abs(ordered)))
    return not found.slope_known or bool(changes <= max(3, ordered.size // 8))


def _is_window(view: View) -> bool:
    """Whether outputs are fewer than inputs: what passes is chosen there by other inputs."""
    return view.x.ndim == view.case.dout.ndim and view.x.size > view.case.dout.size


def _nested(found: Activity) -> Evidence:
    """Whether one mask contains the other, as masks of one draw at two thresholds do."""
    kept, wrongly = found.kept, found.wrongly_kept
    count = int(np.sum(kept != wrongly))
    contained = np.all(kept <= wrongly) or np.all(wrongly <= kept)
    if np.all(wrongly) or not np.any(wrongly) or not contained or count < 3:
        return None
    if found.slope_known and len(levels(found.wrong)) != 2:
        return None
    return {"value": "the random number", "low": float(np.mean(kept)),
            "high": float(np.mean(wrongly)), "count": count, "of": kept.size}


RULE = Rule(
    code="wrong-threshold",
    tier=Tier.PLACE,
    meaning="""Backward compares with another number than forward. Only inputs between the two
        thresholds get a wrong gradient, so few inputs may show it.""",
    sign="The wrong elements are those whose input lies in one interval.",
    given=RELU,
    wrong="""
        def relu_backward(dout, x):
            return dout * (x > 0.5)
        """,
    right=RELU_RIGHT,
    clues=(
        Clue(threshold_of_margins,
             "{count} of {of} margins count wrongly, those with a difference of scores between "
             "{low:.4g} and {high:.4g}",
             "compare in backward with the margin that forward adds"),
        Clue(between_thresholds,
             "{count} of {of} units are wrong, those with {value} between {low:.4g} and {high:.4g}",
             "use in backward the threshold that forward compares with"),
    ),
)
