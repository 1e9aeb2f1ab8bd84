"""Backward has a mask, always the same, and it is not forward's."""

from __future__ import annotations

from gradcheck.findings.given import DROPOUT, DROPOUT_RIGHT
from gradcheck.findings.lenses.activity import mismatch
from gradcheck.findings.rule import Clue, Rule, Tier

RULE = Rule(
    code="mask-mismatch",
    tier=Tier.REMNANT,
    meaning="""Backward uses another mask than forward did, and always the same: drawn from another
        seed, or of another sample.""",
    sign="The kept elements agree about as often as two independent masks do.",
    given=DROPOUT,
    wrong="""
        def dropout_backward(dout, cache):
            mask, p = cache
            return dout * (np.random.default_rng(8).random(mask.shape) >= p) / (1 - p)
        """,
    right=DROPOUT_RIGHT,
    clues=(
        Clue(mismatch,
             "the backward's mask differs from the forward's at {count} of {of} units",
             "use the mask that forward stored"),
    ),
)
