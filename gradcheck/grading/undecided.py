"""What the numbers cannot decide, the reference's gradient at the same inputs does."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.exceptions import reason_of
from gradcheck.grading.agreement import Disagreement, compare
from gradcheck.target.judgement import Judgement
from gradcheck.target.pairs import Pair
from gradcheck.target.trial import Args, drops

TOLD = "differences could not decide this gradient; the reference's at the same inputs did"


def by_reference(judgement: Judgement, pair: Pair, reference: Pair) -> Judgement:
    """Return a judgement that is not inconclusive where the reference can decide it.

    The random masks of two dropouts are not the same, so these it cannot.
    """
    example = judgement.example
    if judgement.status != "inconclusive" or example is None or any(map(drops, example.args)):
        return judgement
    want = _gradients(reference, example.args)
    try:
        got = _gradients(pair, example.args)
        if len(got) != len(want):
            raise Disagreement(f"{len(got)} gradients were returned; expected {len(want)}")
        for place, (mine, right) in enumerate(zip(got, want, strict=True)):
            compare(f"gradient {place + 1}", mine, right, " by the reference's backward")
    except Disagreement as error:
        return replace(judgement, status="failed", message=f"{error}\n  {TOLD}")
    except Exception as error:
        return replace(judgement, status="failed", message=f"it raised {reason_of(error)}")
    told = replace(judgement, gradient_right=True, advice=(*judgement.advice, TOLD))
    return told if judgement.codes else replace(told, status="passed", message="")


def _gradients(pair: Pair, args: Args) -> tuple[Any, ...]:
    """Return a pair's gradients, for one dout."""
    out, cache = pair.forward(*copy.deepcopy(args))
    if pair.backward is None:
        return (cache,)
    dout = np.random.default_rng(0).standard_normal(np.shape(out))
    gradients = pair.backward(dout, cache)
    return tuple(gradients) if isinstance(gradients, tuple | list) else (gradients,)
