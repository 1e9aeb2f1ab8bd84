"""Two forward calls at equal arguments differ."""

from __future__ import annotations

from gradcheck.findings.given import NOISE
from gradcheck.findings.rule import Message, Rule

RULE = Rule(
    code="forward-nondeterministic",
    tier=None,
    meaning="""Two forward calls at the same arguments give different outputs, so there is no
        derivative to compare with. Draw from a seed in the arguments.""",
    sign="The outputs of two equal calls differ.",
    given=NOISE,
    wrong="""
        def noise_forward(x):
            return x + np.random.default_rng().normal(size=x.shape), None
        """,
    right="""
        def noise_forward(x):
            return x + np.random.default_rng(0).normal(size=x.shape), None
        """,
    breaches={
        "again": Message("two calls of forward on equal arguments gave different outputs, so there "
                         "is no function to differentiate. The usual cause is a mask drawn afresh",
                         "make the randomness an argument, for example a seed in the parameter "
                         "dict"),
    },
    fatal=True,
    conduct=True,
)
