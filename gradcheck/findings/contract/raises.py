"""Forward or backward raises an exception at valid arguments."""

from __future__ import annotations

from gradcheck.findings.given import AFFINE, AFFINE_RIGHT
from gradcheck.findings.rule import Message, Rule

RULE = Rule(
    code="raises",
    tier=None,
    meaning="""Forward or backward raises an exception at valid arguments. The message quotes it; a
        cache unpacked in another order than it was packed is the usual cause.""",
    sign="There are no numbers.",
    given=AFFINE,
    wrong="""
        def affine_backward(dout, cache):
            x, w, b = cache
            return dout @ w.T, x.T @ dout, dout.sum(axis=0)
        """,
    right=AFFINE_RIGHT,
    breaches={
        "no pair": Message("{reason}", "return the pair (out, cache)"),
        "forward": Message("forward raised {reason}", "make forward accept these arguments"),
        "backward": Message("backward raised {reason}",
                            "make backward accept dout of shape {shape} and the cache that forward "
                            "returned"),
        "near": Message("forward raised near the arguments, though not at them, {reason}",
                        "check the layer at arguments inside its domain"),
        "float64": Message("at float64, {reason}", "accept every floating dtype"),
    },
    fatal=True,
)
