"""Backward draws a mask of its own."""

from __future__ import annotations

from gradcheck.findings.given import DROPOUT
from gradcheck.findings.lenses.activity import mismatch
from gradcheck.findings.rule import Clue, Evidence, Message, Rule, Tier
from gradcheck.findings.view import View


def mask_resampled(view: View) -> Evidence:
    """Whether the mask differs and backward was seen to use NumPy's global generator."""
    return mismatch(view) if view.case.found.draws_randomness else None


RULE = Rule(
    code="mask-resampled",
    tier=Tier.FORM,
    meaning="""Backward draws a mask of its own. It is right on average and wrong every time:
        gradients flow to units that were dropped, and not to units that were kept.""",
    sign="Two backward calls drop different elements.",
    given=DROPOUT,
    wrong="""
        def dropout_backward(dout, cache):
            mask, p = cache
            return dout * (np.random.default_rng().random(mask.shape) >= p) / (1 - p)
        """,
    right="""
        def dropout_backward(dout, cache):
            mask, p = cache
            return dout * mask
        """,
    clues=(
        Clue(mask_resampled,
             "backward draws random numbers, and its mask differs from forward's at {count} of "
             "{of} units",
             "multiply by the mask that forward stored in the cache"),
    ),
    breaches={
        "again": Message("two calls of backward with the same dout and cache keep different units: "
                         "backward draws a mask of its own",
                         "multiply by the mask that forward stored in the cache"),
    },
    fatal=True,
    conduct=True,
)
