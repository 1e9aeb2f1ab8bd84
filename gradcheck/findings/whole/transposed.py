"""The gradient is that of the transposed matrix."""

from __future__ import annotations

import itertools

import numpy as np

from gradcheck.findings.given import AFFINE_RIGHT, SQUARE
from gradcheck.findings.lenses.shapes import near
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View


def axes_exchanged(view: View) -> Evidence:
    """Whether the gradient is the true one with its axes exchanged."""
    if view.a.ndim < 2 or not view.complete:
        return None
    for one, two in itertools.combinations(range(view.a.ndim), 2):
        moved = np.swapaxes(view.n, one, two)
        if moved.shape == view.n.shape and view.agrees(moved):
            return {"axes": (one, two), "reshaped": False}
        if moved.shape != view.n.shape and view.agrees(moved.reshape(view.n.shape)):
            return {"axes": (one, two), "reshaped": True}
    return None


def last_axes_exchanged(view: View) -> Evidence:
    """Whether what was returned has the true gradient's rows as columns."""
    if view.a.ndim >= 2 and near(np.swapaxes(view.a, -1, -2), view.n):
        return {"axes": (view.a.ndim - 2, view.a.ndim - 1)}
    return None


RULE = Rule(
    code="transposed",
    tier=Tier.FORM,
    meaning="""The gradient is that of the transposed matrix. With a square matrix the shapes do
        not tell; check at pairwise distinct sizes.""",
    sign="analytic.T = numeric.",
    given=SQUARE,
    wrong="""
        def affine_backward(dout, cache):
            x, w = cache
            return dout @ w.T, dout.T @ x, dout.sum(axis=0)
        """,
    right=AFFINE_RIGHT,
    clues=(
        Clue(axes_exchanged,
             "the gradient equals the true one with axes {axes} exchanged",
             "transpose it once more, or use reshape for what reshape did"),
    ),
    shape_clues=(
        Clue(last_axes_exchanged,
             "the gradient is the true one transposed",
             "transpose it once more"),
    ),
)
