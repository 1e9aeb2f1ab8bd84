"""Backward passes dout on exactly where forward drops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.given import DROPOUT, DROPOUT_RIGHT
from gradcheck.findings.lenses.activity import Activity, levels, masked, same
from gradcheck.findings.lenses.values import is_mask, replacing
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View

Array = NDArray[Any]


@masked
def passes_the_dropped(found: Activity, view: View) -> Evidence:
    """Whether the backward passes just the outputs that the forward drops."""
    if not np.all(found.kept):
        if np.any(found.kept) and np.array_equal(found.wrongly_kept, ~found.kept):
            return {"count": int(np.sum(found.wrongly_kept)), "of": found.true.size}
        return None
    if found.two_levels:
        low, high = levels(found.true)
        if same(found.wrong, low + high - found.true):
            return {"count": found.true.size, "of": found.true.size}
    return None


@replacing
def right_with_complement(view: View, leaf: Array) -> Iterator[tuple[Array, dict[str, Any]]]:
    """Whether the gradient becomes right with the complement of a cached mask."""
    if is_mask(leaf):
        yield np.where(leaf == 0, np.max(leaf), 0).astype(leaf.dtype), {}
    elif leaf.dtype.kind == "f" and not view.elementwise:
        yield -2 * leaf, {}  # of what a relu compares with zero, the sign alone counts


RULE = Rule(
    code="mask-inverted",
    tier=Tier.PATTERN,
    meaning="""Backward passes dout on exactly where forward dropped, and stops it where forward
        kept: the comparison is the wrong way round on one of the two sides.""",
    sign="Zero where the numeric gradient is not, and the other way round.",
    given=DROPOUT,
    wrong="""
        def dropout_backward(dout, cache):
            mask, p = cache
            return dout * (mask == 0) / (1 - p)
        """,
    right=DROPOUT_RIGHT,
    clues=(
        Clue(passes_the_dropped,
             "the backward passes the {count} of {of} outputs that the forward drops, and drops "
             "the others",
             "multiply dout by the mask of kept units; check < against >="),
        Clue(right_with_complement,
             "the gradient is right with the complement of {path}",
             "multiply by the mask of kept units"),
    ),
)
