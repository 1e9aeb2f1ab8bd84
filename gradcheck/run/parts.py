"""A layer whose outputs hide each other: backward is linear in dout, so parts of it tell the whole.

In the sum over all outputs a large one's rounding drowns a small one's slope, and terms that cancel
leave less than they rounded off. Where that leaves a gradient undecided, it is checked again with
an upstream gradient that keeps a part of the outputs, those of a similar size together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.case import Case
from gradcheck.report import Report

Array = NDArray[Any]

MOST_CHECKS = 16
WRONG = "found with dout at some of the outputs alone; in the sum of all it cannot show"


@dataclass(frozen=True)
class Parts:
    """What the checks of parts say: that one is wrong, or whether each is right.

    `coarseness` is the largest share of an argument's gradient, by its name, that could hide in
    some part; `evaluations` counts the calls of forward that all of them took.
    """

    wrong: Report | None
    right: bool
    coarseness: dict[str, float]
    evaluations: int


def settle_in_parts(case: Case, check: Callable[[Array], Report]) -> tuple[Report | None, int]:
    """Settle what a sum over all outputs left open.

    Parameters
    ----------
    case : Case
        A layer in which nothing wrong was found; its comparisons are changed.
    check : callable
        ``check(dout)`` returns the report of a check of the arguments that are undecided.

    Returns
    -------
    wrong : Report or None
        The report of a part of the outputs at which backward is wrong.
    evaluations : int
        How often forward was called.
    """
    open_ = [entry for entry in case.comparisons if np.any(entry.undecided)]
    if not open_ or case.out.size == 1:
        return None, 0
    assert case.found.dout is not None
    found = in_parts(case.dout * case.out, case.found.dout, check)
    if found.wrong is not None:
        return replace(found.wrong, notes=(*found.wrong.notes, WRONG)), found.evaluations
    for entry in open_ if found.right else ():
        entry.undecided[...] = False
        entry.coarseness = found.coarseness[entry.name]
        entry.notes.append(f"d{entry.name}: rounding hides what the outputs' sum leaves of it; "
                           "they were compared in parts, each of which is right")
    return None, found.evaluations


def in_parts(terms: Array, dout: Array, check: Callable[[Array], Report]) -> Parts:
    """Check a layer with parts of an upstream gradient, ever smaller ones where they tell nothing.

    Parameters
    ----------
    terms : ndarray
        ``dout * out``, whose size is that of the rounding.
    dout : ndarray
        The whole upstream gradient.
    check : callable
        ``check(part)`` returns the report with a part of it.

    Examples
    --------
    >>> def check(part):
    ...     return Report(not part[0], bool(part[0]), (), 1, 2, 0.0)
    >>> in_parts(np.array([1e9, 1.0]), np.ones(2), check).right
    False
    >>> in_parts(np.array([1e9, 1.0]), np.ones(2), lambda part: check(0 * part)).right
    True
    """
    order = np.argsort(np.abs(terms), axis=None, kind="stable")
    waiting = _halves(order[dout.ravel()[order] != 0])
    coarseness: dict[str, float] = {}
    evaluations = 0
    for _ in range(MOST_CHECKS):
        if not waiting:
            break
        places = waiting.pop()
        report = check(_only(dout, places))
        evaluations += report.evaluations
        if report.status == "failed":
            return Parts(report, False, {}, evaluations)
        if not report.inconclusive:
            for entry in report.arguments:
                coarseness[entry.name] = max(coarseness.get(entry.name, 0.0), entry.coarseness)
        elif places.size == 1:
            return Parts(None, False, {}, evaluations)
        else:
            waiting += _halves(places)
    return Parts(None, not waiting, coarseness, evaluations)


def _halves(places: Array) -> list[Array]:
    """Return two halves of the outputs, the larger ones last; nothing of a single one."""
    return list(np.array_split(places, 2)) if places.size > 1 else []


def _only(dout: Array, places: Array) -> Array:
    part = np.zeros_like(dout)
    part.flat[places] = dout.flat[places]
    return part
