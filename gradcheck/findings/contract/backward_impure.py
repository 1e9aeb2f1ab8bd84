"""Backward keeps state between its calls."""

from __future__ import annotations

from gradcheck.findings.given import TANH, TANH_RIGHT
from gradcheck.findings.rule import Message, Rule

RULE = Rule(
    code="backward-impure",
    tier=None,
    meaning="""Two calls of backward with the same dout and cache differ, and the cache is
        untouched: backward keeps a state of its own, such as an accumulator that is never
        reset.""",
    sign="The second call is larger by the first, or differs at random.",
    given=TANH,
    wrong="""
        total = np.zeros((4, 6))

        def tanh_backward(dout, out):
            global total
            total = total + dout * (1 - out**2)
            return total
        """,
    right=TANH_RIGHT,
    breaches={
        "again": Message("two calls of backward with the same dout and cache gave different "
                         "gradients: it keeps state outside its arguments",
                         "compute from dout and cache alone, and start accumulators from zero in "
                         "every call"),
        "buffer": Message("{what} that an earlier call returned changed when {by} was called "
                          "again: all calls write into one array",
                          "make a new array in every call; np.zeros_like inside the function, and "
                          "no out= that outlives it"),
    },
    fatal=True,
    conduct=True,
)
