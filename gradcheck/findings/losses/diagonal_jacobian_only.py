"""The gradient of a softmax, or another layer that couples elements, as if it were elementwise."""

from __future__ import annotations

import numpy as np

from gradcheck.findings.given import SOFTMAX
from gradcheck.findings.lenses.jacobian import is_diagonal_alone
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View


def diagonal_jacobian_only(view: View) -> Evidence:
    """Whether the backward uses only the diagonal of a Jacobian that has more."""
    if view.dense is None or not is_diagonal_alone(view):
        return None
    true = view.dense[0]
    return {"largest_off_diagonal": float(np.max(np.abs(true - np.diag(np.diag(true)))))}


RULE = Rule(
    code="diagonal-jacobian-only",
    tier=Tier.FORM,
    meaning="""Each output of softmax depends on every input of its row. Backward uses the diagonal
        of the Jacobian alone, as if softmax were elementwise.""",
    sign="analytic = dout * out * (1 - out); the rows no longer sum to zero.",
    given=SOFTMAX,
    wrong="""
        def softmax_backward(dout, out):
            return dout * out * (1 - out)
        """,
    right="""
        def softmax_backward(dout, out):
            return out * (dout - (dout * out).sum(axis=1, keepdims=True))
        """,
    clues=(
        Clue(diagonal_jacobian_only,
             "the backward multiplies by the Jacobian's diagonal only; off it there are entries of "
             "{largest_off_diagonal:.3g}", "for a softmax s: dx = s * (dout - sum(dout * s))"),
    ),
)
