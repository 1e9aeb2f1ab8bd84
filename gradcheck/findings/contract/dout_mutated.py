"""Backward writes into dout."""

from __future__ import annotations

from gradcheck.findings.given import RELU, RELU_RIGHT
from gradcheck.findings.rule import Message, Rule

RULE = Rule(
    code="dout-mutated",
    tier=None,
    meaning="""Backward uses dout as its scratch space. Where two branches meet, the other branch
        gets the spoiled array.""",
    sign="The gradient is right; dout's bytes differ after the call.",
    given=RELU,
    wrong="""
        def relu_backward(dout, x):
            dout[x <= 0] = 0
            return dout
        """,
    right=RELU_RIGHT,
    breaches={
        "written": Message("backward wrote into dout, which belongs to the caller and is still "
                           "needed by other branches",
                           "work on a copy (dx = dout.copy()), and write `dx = dx * mask` where "
                           "`dout *= mask` stands"),
    },
    conduct=True,
)
