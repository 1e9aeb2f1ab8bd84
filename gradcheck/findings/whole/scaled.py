"""The gradient is right up to a constant factor."""

from __future__ import annotations

import numpy as np

from gradcheck.findings.given import DROPOUT, DROPOUT_RIGHT
from gradcheck.findings.lenses.constant import small_constant
from gradcheck.findings.lenses.exchange import exchanged_with
from gradcheck.findings.lenses.factor import counted_by, factor_names, factor_of
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View

ROUNDING = 1e-6


def scaled(view: View) -> Evidence:
    """Whether the gradient is a constant times the true one; the constant gets a name.

    A factor of -1, the count that a mean lacks, and another argument's gradient that happens to
    be a multiple of this one have codes of their own; so has a loss's small constant.
    """
    factor = factor_of(view)
    if factor is None or np.sum(view.n[view.known] != 0) < 2 <= view.a.size or (
            abs(factor - 1) < ROUNDING):
        return None
    if view.agrees(-view.n) or counted_by(view, factor) or exchanged_with(
            view) or small_constant(view):
        return None
    names = sorted(factor_names(view.case, factor), key=lambda name: "1 - p" not in name)
    name = names[0] if names else None
    if name is None and view.a.size == 1:
        return None  # of a single number every other one is some multiple
    text = f"analytic = {factor:.5f} x numeric everywhere"
    if name:
        text += _excuse(factor, names)
    return {"factor": float(f"{factor:.9g}"), "name": name, "also": names[1:6], "text": text}


def _excuse(factor: float, names: list[str]) -> str:
    """Say what is missing or too much when the gradient is `factor` times the true one."""
    name = names[0]
    number = next((other for other in names[1:] if not any(map(str.isalpha, other))), None)
    told = name if number is None else f"{name} (or {number})"
    same = name.replace("-", "", 1).isdigit()
    text = "" if same else f"; {factor:.5g} = {told}"
    base = name.removeprefix("1/").removeprefix("(").removesuffix(")")
    if "/" in base or "^" in base or name.startswith("-"):
        return text
    if name.startswith("1/"):
        return f"{text}: the backward lacks the factor {base}, or divides by it once too often"
    inverse = f"1/({name})" if " " in name else f"1/{name}"
    return f"{text}: the backward lacks {inverse}, or multiplies by {name} once too often"


RULE = Rule(
    code="scaled",
    tier=Tier.FORM,
    meaning="""The gradient is right up to one constant factor. Where the factor fits a number of
        the layer (1 - p, N, a size, 2), the finding names it: that is the one to look for.""",
    sign="analytic / numeric is the same number everywhere.",
    given=DROPOUT,
    wrong="""
        def dropout_backward(dout, cache):
            mask, p = cache
            return dout * (mask > 0)
        """,
    right=DROPOUT_RIGHT,
    clues=(
        Clue(scaled, "{text}", "compare the constant factors of forward and backward"),
    ),
)
