"""The gradient holds inf or NaN where forward is smooth."""

from __future__ import annotations

from gradcheck.findings.given import SIGMOID
from gradcheck.findings.rule import Message, Rule

RULE = Rule(
    code="non-finite",
    tier=None,
    meaning="""The gradient has an inf or NaN where forward is smooth: an overflow of exp, a log of
        0, or a division by 0 in the formula of backward.""",
    sign="NaN or inf at extreme inputs, right numbers elsewhere.",
    given=SIGMOID,
    wrong="""
        def sigmoid_backward(dout, x):
            with np.errstate(all="ignore"):
                e = np.exp(-x)
                return dout * e / (1 + e) ** 2
        """,
    right="""
        def sigmoid_backward(dout, x):
            return dout * (1 - np.tanh(x / 2) ** 2) / 4
        """,
    breaches={
        "gradient": Message("the gradient of {argument} holds {value} at {where} although "
                            "forward's output is finite",
                            "look for a division by zero, a logarithm of zero or an overflowing "
                            "exponential in backward"),
        "output": Message("forward's output holds inf or NaN for finite arguments",
                          "guard the exponential, division or logarithm that overflows"),
    },
)
