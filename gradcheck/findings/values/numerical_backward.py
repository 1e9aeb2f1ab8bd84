"""Backward takes differences of its own forward."""

from __future__ import annotations

from gradcheck.findings.given import RNG
from gradcheck.findings.rule import Message, Rule, layer

RULE = Rule(
    code="numerical-backward",
    tier=None,
    meaning="""Backward evaluates its own forward at arguments that are moved a little, and divides
        the differences: it checks a derivative where it should compute one. The numbers are right
        to some digits, at the price of two forwards a coordinate.""",
    sign="""While backward runs, forward is called at its own arguments but for a few coordinates.
        Forward at the same arguments is a recomputation, and forward at others a building block;
        neither is meant.""",
    given=layer("cube", f"""
        {RNG}

        def cube_forward(x):
            return x**3, x
        """, "x"),
    wrong="""
        def cube_backward(dout, x):
            dx = np.zeros_like(x)
            for place in np.ndindex(x.shape):
                step = np.zeros_like(x)
                step[place] = 1e-5
                above, below = cube_forward(x + step)[0], cube_forward(x - step)[0]
                dx[place] = np.sum(dout * (above - below)) / 2e-5
            return dx
        """,
    right="""
        def cube_backward(dout, x):
            return dout * 3 * x**2
        """,
    breaches={
        "called": Message("backward evaluates forward, or a part of it, at arguments that differ "
                          "from its own in {count} of their coordinates by {step}: it takes "
                          "differences, not a derivative",
                          "write down the derivative of forward and multiply it by dout"),
    },
    conduct=True,
)
