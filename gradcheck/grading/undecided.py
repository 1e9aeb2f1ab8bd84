"""What the numbers cannot decide, the reference's gradient at the same inputs does."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.exceptions.words import reason_of
from gradcheck.grading.afresh import evaluated
from gradcheck.grading.agreement import Disagreement, compare
from gradcheck.target.judgement import Judgement
from gradcheck.target.pairs import Pair
from gradcheck.target.trial import drops

TOLD = "differences could not decide this gradient; the reference's at the same inputs did"


def by_reference(judgement: Judgement, pair: Pair, reference: Pair) -> Judgement:
    """Return a judgement that is not inconclusive where the reference can decide it.

    The random masks of two dropouts are not the same, so these it cannot.
    """
    example = judgement.example
    if judgement.status != "inconclusive" or example is None or any(map(drops, example.args)):
        return judgement
    _, dout, want = evaluated(reference, example.args, example.names)
    try:
        _, _, got = evaluated(pair, example.args, example.names, dout)
        for name, right in want.items():
            compare(f"d{name}", got.get(name), right, " by the reference's backward")
    except Disagreement as error:
        return replace(judgement, status="failed", message=f"{error}\n  {TOLD}")
    except Exception as error:
        return replace(judgement, status="failed", message=f"it raised {reason_of(error)}")
    told = replace(judgement, gradient_right=True, advice=(*judgement.advice, TOLD))
    return told if judgement.codes else replace(told, status="passed", message="")

