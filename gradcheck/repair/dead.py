"""Edits that repair nothing: a condition that is never true with them, its branch taken away."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from gradcheck.repair.bench import FAULTS, Bench, Part, watched
from gradcheck.repair.sites import Change

# The kinds of edits that may do so; one that takes a statement away says what it does.
KINDS = ("comparison", "sign", "operator", "constant", "name")


def is_dead(bench: Bench, part: Part, change: Change) -> bool:
    """Return whether an edit of a condition makes it false at every place, and it was true before.

    Parameters
    ----------
    bench : Bench
        With the places at which the edit is right.
    part : Part
        The function that is edited.
    change : Change
        The edit, not applied.
    """
    if change.kind.name not in KINDS or len(change.parts) != 1:
        return False
    site, new = change.parts[0]
    if not isinstance(new, ast.Compare):
        return False
    return _is_ever_true(bench, part, change, site.node) and not _is_ever_true(
        bench, part, change, new)


def _is_ever_true(bench: Bench, part: Part, change: Change, condition: ast.expr) -> bool:
    """Whether a condition in the place of the edited one is true at any time, in any element."""
    seen: list[bool] = []

    def noted(value: Any) -> Any:
        seen.append(bool(np.any(value)))
        return value

    try:
        with watched(part, change.first, condition, noted) as code:
            for place in bench.places:
                bench.gradients(part, code, place)
    except FAULTS:
        return True
    return any(seen)
