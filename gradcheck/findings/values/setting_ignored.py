"""A setting that changes nothing."""

from __future__ import annotations

from gradcheck.findings.given import LEAKY_SLOPE
from gradcheck.findings.rule import Message, Rule

RULE = Rule(
    code="setting-ignored",
    tier=None,
    meaning="""A setting can be changed as one likes, and neither the output nor the running
        statistics nor the gradient changes, at any example in any mode: a constant stands in its
        place. A parameter of the function's own fails: whoever passes it was promised an effect by
        its signature. A key of a dict is a warning: the dict is shared by several layers, and not
        every edition of the course reads all of it.""",
    sign="Two calls that differ in this setting alone agree in every bit.",
    given=LEAKY_SLOPE,
    wrong="""
        def leaky_relu_forward(x, alpha=0.01):
            return np.where(x > 0, x, 0.01 * x), (x, 0.01)
        """,
    right="""
        def leaky_relu_forward(x, alpha=0.01):
            return np.where(x > 0, x, alpha * x), (x, alpha)
        """,
    breaches={
        "parameter": Message(
            "{name} = {value} instead of {before} changes nothing at {examples} examples, neither "
            "the output nor the gradient (it fails, as the signature promises an effect)",
            "use the parameter {name} where a constant, or nothing, stands now"),
        "key": Message(
            "{name} = {value} in {holder} instead of {before} changes nothing at {examples} "
            "examples, neither the output nor what is written back nor the gradient (a warning: "
            "not every edition reads this key; a parameter would fail)",
            "read {holder}[{name!r}] where a constant, or nothing, stands now"),
    },
)
