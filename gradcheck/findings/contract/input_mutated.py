"""Forward or backward writes into an array of the caller."""

from __future__ import annotations

from gradcheck.findings.given import RELU_BACKWARD
from gradcheck.findings.rule import Message, Rule

RULE = Rule(
    code="input-mutated",
    tier=None,
    meaning="""Forward or backward writes into an array that belongs to the caller. Other users of
        that array (the loss, the next layer, the optimizer) then compute with other numbers.""",
    sign="An argument's bytes differ before and after the call.",
    given=RELU_BACKWARD,
    wrong="""
        def relu_forward(x):
            x[x < 0] = 0
            return x, x
        """,
    right="""
        def relu_forward(x):
            return np.maximum(x, 0), x
        """,
    breaches={
        "written": Message("{by} changed {changed}, which belongs to the caller",
                           "write to a copy; x *= mask, x[...] = and out= all write into the "
                           "argument"),
    },
    conduct=True,
)
