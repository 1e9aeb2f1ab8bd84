"""Samples, or time steps, come back in reverse order."""

from __future__ import annotations

import numpy as np

from gradcheck.findings.given import AFFINE, AFFINE_RIGHT
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View


def reversed_gradient(view: View) -> Evidence:
    """Whether the gradient is the true one with an axis reversed."""
    if not view.complete:
        return None
    for axis in range(view.a.ndim):
        if view.a.shape[axis] > 1 and view.agrees(np.flip(view.n, axis)):
            return {"axis": axis}
    return None


def reversed_outputs(view: View) -> Evidence:
    """Whether the backward takes dout with an axis reversed."""
    out = view.case.out
    if not view.complete or view.a.ndim == 0 or out.ndim == 0 or view.dense is None:
        return None
    true, wrong = view.dense
    shape = (view.x.size, *out.shape)
    for axis in range(out.ndim):
        flipped = np.flip(true.reshape(shape), axis + 1).reshape(true.shape)
        alike = np.allclose(true, flipped, rtol=0, atol=view.dense_tolerance)
        if not alike and np.allclose(wrong, flipped, rtol=0, atol=view.dense_tolerance):
            return {"axis": axis}
    return None


REVERSED = ("the gradient is the true one with axis {axis} reversed",
            "loop backwards over time steps, but store each at its own index")

RULE = Rule(
    code="batch-reversed",
    tier=Tier.PATTERN,
    meaning="""The gradients of the samples come back in reverse order, as after a loop that runs
        backwards through time or the batch and appends.""",
    sign="analytic[::-1] = numeric.",
    given=AFFINE,
    wrong="""
        def affine_backward(dout, cache):
            x, w = cache
            return (dout @ w.T)[::-1].copy(), x.T @ dout, dout.sum(axis=0)
        """,
    right=AFFINE_RIGHT,
    clues=(
        Clue(reversed_gradient, *REVERSED),
        Clue(reversed_outputs, *REVERSED),
    ),
)
