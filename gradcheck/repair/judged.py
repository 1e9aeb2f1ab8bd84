"""The same edits with other judges: where no gradient is wrong, and something else is.

A dropout whose gradient is right may break the laws of its mask; what is wrong is in forward then,
and whoever knows the laws says of an edit whether they hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gradcheck.repair import edits
from gradcheck.repair.bench import FAULTS, Part, parts_of
from gradcheck.repair.limit import clock, ended_after
from gradcheck.repair.sites import Change, sites_of
from gradcheck.repair.slice import OWN
from gradcheck.repair.telling import told, undisturbed
from gradcheck.repair.trace import traced
from gradcheck.repair.verify import Judge
from gradcheck.repaired import Repair

TIERS = 4
SECONDS = 3.0


def repairs_by(call: Callable[[], Any], judges: Sequence[Judge], *, side: str, verified: int,
               first: Sequence[str] = (), arguments: tuple[str, ...] = (), tiers: int = TIERS,
               seconds: float = SECONDS) -> tuple[Repair, ...]:
    """Return the first edit of what a call runs that satisfies every judge, or nothing.

    Parameters
    ----------
    call : callable
        Runs the functions that may be edited.
    judges : sequence of callable
        Each says whether all is right in its respect as the functions now run; the quick first.
    side : str
        What the report calls the side that is edited.
    first : sequence of str
        The kinds of edits that are tried before the others.
    arguments : tuple of str
        Whose gradients are wrong as it is.
    tiers : int
        How many tiers of edits are tried.
    verified : int
        At how many arguments the judges look.
    seconds : float
        At most, in all.

    Examples
    --------
    >>> repairs_by(lambda: None, [lambda: True], side="mask", verified=1)
    ()
    """
    deadline = clock() + seconds
    with ended_after(seconds), undisturbed():
        parts = parts_of(traced(call).runs, {})
        for part, change in _all_changes(parts, first, tiers):
            if clock() > deadline:
                break
            if _is_right(part, change, judges):
                found = told(part.source, [change], arguments, verified, side)
                if found is not None:
                    return (found,)
    return ()


def _all_changes(parts: Sequence[Part], first: Sequence[str], tiers: int
                 ) -> Iterator[tuple[Part, Change]]:
    """Yield every edit, those of some kinds before all others."""
    places = []
    for part in parts:
        nodes = dict.fromkeys(edits.statements_of(part.source.tree), OWN)
        places.append((part, list(sites_of(part.source, part.run, nodes))))
    for name in first:
        for part, sites in places:
            yield from ((part, change) for site in sites
                        for change in edits.BY_NAME[name].changes(site))
    for tier in range(tiers):
        for part, sites in places:
            yield from ((part, change) for change in edits.changes(sites, tier, ())
                        if change.kind.name not in first)


def _is_right(part: Part, change: Change, judges: Sequence[Judge]) -> bool:
    try:
        with change.applied():
            code = part.source.compiled()
        with part.source.running(code):
            return all(judge() for judge in judges)
    except FAULTS:
        return False
