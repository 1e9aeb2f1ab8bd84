"""Backward leaves the upstream gradient out."""

from __future__ import annotations

from gradcheck.findings.given import TANH, TANH_RIGHT
from gradcheck.findings.rule import Message, Rule

RULE = Rule(
    code="dout-ignored",
    tier=None,
    meaning="""Backward returns the local derivative and leaves the upstream gradient out: right
        only as the last layer of a net.""",
    sign="The result is the same whatever dout is.",
    given=TANH,
    wrong="""
        def tanh_backward(dout, out):
            return 1 - out**2
        """,
    right=TANH_RIGHT,
    breaches={
        "same": Message("backward returned the same gradient for two different dout: it ignores "
                        "dout",
                        "multiply the local derivative by dout"),
    },
    fatal=True,
    conduct=True,
)
