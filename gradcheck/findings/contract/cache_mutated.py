"""Backward changes what forward stored."""

from __future__ import annotations

from gradcheck.findings.given import TANH, TANH_RIGHT
from gradcheck.findings.rule import Message, Rule

RULE = Rule(
    code="cache-mutated",
    tier=None,
    meaning="""Backward changes what forward stored. A second backward through the same cache, as
        in a gradient check or a higher-order method, gives another result.""",
    sign="An array in the cache differs after backward.",
    given=TANH,
    wrong="""
        def tanh_backward(dout, out):
            out *= out
            return dout * (1 - out)
        """,
    right=TANH_RIGHT,
    breaches={
        "written": Message("backward changed {changed}, so a second backward sees other values",
                           "copy before writing"),
    },
    conduct=True,
)
