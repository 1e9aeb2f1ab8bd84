"""The gradient has fewer digits than its argument."""

from __future__ import annotations

import numpy as np

from gradcheck.findings.given import TANH, TANH_RIGHT
from gradcheck.findings.lenses.constant import few_digits, small_constant
from gradcheck.findings.rule import Clue, Evidence, Message, Rule, Tier
from gradcheck.findings.view import View


def rounded(view: View) -> Evidence:
    """Whether every value is one that a narrower dtype can hold, and near the true one."""
    for dtype in (np.float16, np.float32):
        eps = float(np.finfo(dtype).eps)
        with np.errstate(over="ignore"):
            narrow = view.a.astype(dtype).astype(np.float64)
        near = np.abs(view.a - view.n)[view.known] <= 64 * eps * view.comparison.scale[view.known]
        if np.array_equal(narrow, view.a) and np.all(near) and view.a.size > 1:
            return {"computed_in": str(np.dtype(dtype))}
    return None


RULE = Rule(
    code="lower-precision",
    tier=Tier.PLACE,
    meaning="""The gradient has a narrower dtype than its argument, so digits are lost on the way
        back. Buffers made with a fixed dtype are the usual cause.""",
    sign="float64 goes in, float32 comes out; errors are near 1e-7 everywhere.",
    given=TANH,
    wrong="""
        def tanh_backward(dout, out):
            return (dout * (1 - out**2)).astype(np.float32)
        """,
    right=TANH_RIGHT,
    clues=(
        Clue(rounded,
             "the gradient is right to the precision of {computed_in} only",
             "keep the dtype of the arguments throughout"),
        Clue(small_constant,
             "the gradient is that of -log(p), and forward computes -log(p + {constant:g}): it is "
             "right to {off:.1g} of its size only",
             "differentiate the small constant as well, or do without: log-softmax needs none"),
        Clue(few_digits,
             "the gradient is right to {off:.1g} of its size only",
             "keep the dtype of the arguments throughout; where forward has a small constant, as "
             "in log(p + 1e-7), differentiate it as well"),
    ),
    breaches={
        "dtype": Message("the gradient of {argument} is {got} where {argument} is {expected}",
                         "keep the dtype; look for arrays made without dtype= and for astype"),
    },
    conduct=True,
)
