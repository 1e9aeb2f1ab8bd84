"""dout is multiplied by a value where its comparison belongs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.given import RELU, RELU_RIGHT
from gradcheck.findings.lenses.activity import LEVEL, Activity, levels, masked, same
from gradcheck.findings.lenses.margins import margins_as_weights
from gradcheck.findings.lenses.patches import selected_value
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View

Array = NDArray[Any]


@masked
def value_times_dout(found: Activity, view: View) -> Evidence:
    """Whether a value of the layer multiplies dout where its mask should."""
    kept = found.kept
    if not found.bends:
        return None
    for form in (lambda value: value, lambda value: np.where(kept, value, 0.0),
                 lambda value: value * found.true):
        for name, value in found.values.items():
            applied = form(value)
            factor = _constant_ratio(found.wrong, applied)
            if factor is not None and not same(found.wrong, factor * kept):
                return {"value": name, "factor": factor}
    return _raw_draws(found)


def _raw_draws(found: Activity) -> Evidence:
    """Whether the numbers that were compared to make the mask multiply dout themselves."""
    if not found.slope_known or not found.two_levels or np.all(found.kept):
        return None
    on, off = np.abs(found.wrong[found.kept]), np.abs(found.wrong[~found.kept])
    if min(on.size, off.size) < 5 or len(levels(found.wrong)) < 4 or not np.any(off):
        return None
    return {"value": "the random number"} if on.min() > off.max() or on.max() < off.min() else None


def _constant_ratio(values: Array, base: Array) -> float | None:
    size = float(np.sum(base * base))
    if size == 0 or np.ptp(np.abs(base[base != 0])) < LEVEL * np.max(np.abs(base)):
        return None
    factor = float(np.sum(values * base)) / size
    return factor if factor and same(values, factor * base) else None


RULE = Rule(
    code="value-used-as-mask",
    tier=Tier.FORM,
    meaning="""Backward multiplies by the value itself where it should by a mask of zeros and ones:
        out instead of out > 0.""",
    sign="analytic / numeric is the value of the input or output, element by element.",
    given=RELU,
    wrong="""
        def relu_backward(dout, x):
            return dout * np.maximum(x, 0)
        """,
    right=RELU_RIGHT,
    clues=(
        Clue(margins_as_weights,
             "violated margins are weighed by {value}, where each counts 1",
             "compare first: margins > 0"),
        Clue(selected_value,
             "the selected input gets dout times {value}",
             "give it dout itself: compare first, dx = dout * (x == max)"),
        Clue(value_times_dout,
             "dout is multiplied by {value}, whose values are not 0 and 1",
             "compare first: dout * (x > 0), not dout * x"),
    ),
)
