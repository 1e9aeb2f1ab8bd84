"""Backward is no product of dout with a Jacobian."""

from __future__ import annotations

from gradcheck.findings.given import TANH, TANH_RIGHT
from gradcheck.findings.rule import Message, Rule

RULE = Rule(
    code="nonlinear-in-dout",
    tier=None,
    meaning="""A backward pass is a product of dout with the Jacobian, so it is linear in dout.
        Clipping, normalizing, masking by dout's sign and adding weight decay do not belong in
        it.""",
    sign="backward(d1 + 2 d2) differs from backward(d1) + 2 backward(d2).",
    given=TANH,
    wrong="""
        def tanh_backward(dout, out):
            return np.clip(dout * (1 - out**2), -0.1, 0.1)
        """,
    right=TANH_RIGHT,
    breaches={
        "sum": Message("backward(d1 + a d2) differs from backward(d1) + a backward(d2): a gradient "
                       "is linear in dout",
                       "apply masks, clips and powers to forward's values, never to dout, and add "
                       "nothing that does not scale with it"),
    },
    fatal=True,
    conduct=True,
)
