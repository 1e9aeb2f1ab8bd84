"""Suspect lines by solving: where some value would make every gradient right.

A backward is affine in most of what it computes on its way. What a statement yields is probed, an
element at a time, and the value solved for with which all gradients are the true ones. Where there
is none, the slip is elsewhere; where there is one, it is what an edit of the line has to yield.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.foreign import as_array, moved
from gradcheck.repair.bench import FAULTS, Bench, Part, watched
from gradcheck.repair.limit import clock
from gradcheck.repair.sites import Site

Array = NDArray[Any]
MOST_ELEMENTS = 64
SOLVED = 1e-5
AFFINE = 1e-6


@dataclass(frozen=True, eq=False)
class Suspect:
    """A statement, the value that makes all right, and whether few values would.

    Attributes
    ----------
    site : Site
        What the statement assigns.
    value : ndarray
        A value that makes every gradient right.
    is_unique : bool
        Whether there is no other one.
    is_telling : bool
        Whether most gradients are out of the statement's reach, so that a slip elsewhere would
        have left none.
    """

    site: Site
    value: Array
    is_unique: bool
    is_telling: bool


def suspects(bench: Bench, part: Part, sites: Sequence[Site], deadline: float) -> list[Suspect]:
    """Return the statements at which some value makes every gradient right, the telling first."""
    wanted = _wanted(bench)
    if wanted is None:
        return []
    found = []
    for site in sites:
        if clock() > deadline:
            break
        if _is_straight(site, part):
            suspect = _solved(bench, part, site, wanted, deadline)
            found += [suspect] if suspect else []
    return sorted(found, key=lambda entry: not entry.is_telling)


def _wanted(bench: Bench) -> Array | None:
    """Return the true gradients in one vector; None where they are not known in whole."""
    truths = bench.places[0].truths
    known = [np.ravel(truth.whole) for truth in truths
             if truth.whole is not None and np.all(truth.known)]
    return np.concatenate(known) if len(known) == len(truths) else None


def _is_straight(site: Site, part: Part) -> bool:
    """Whether a site is what a statement assigns that runs once."""
    statement = site.statement
    return (isinstance(statement, ast.Assign) and site.node is statement.value
            and isinstance(statement.targets[0], ast.Name)
            and part.run.counts.get(statement.lineno, 0) == 1)


class _Probe:
    """What is called with the statement's value, and returns it moved."""

    def __init__(self) -> None:
        self.value: Any = None
        self.move: Any = 0.0

    def __call__(self, value: Any) -> Any:
        self.value = value
        return moved(value, self.move)


def _solved(bench: Bench, part: Part, site: Site, wanted: Array, deadline: float
            ) -> Suspect | None:
    """Return the suspect, None where no value makes every gradient right."""
    probe = _Probe()

    def gradients(move: Any) -> Array:
        probe.move = move
        found = bench.gradients(part, code, bench.places[0])
        return np.concatenate([np.ravel(np.asarray(entry, dtype=float)) for entry in found])

    try:
        with watched(part, site, site.node, probe) as code:
            now = gradients(0.0)
            value = np.asarray(as_array(probe.value))
            if value.dtype.kind == "f" and 0 < value.size <= MOST_ELEMENTS and (
                    now.shape == wanted.shape):
                return _least(site, value, now, wanted, gradients, deadline)
    except FAULTS:
        pass
    return None


def _least(site: Site, value: Array, now: Array, wanted: Array, gradients: Any, deadline: float
           ) -> Suspect | None:
    """Solve for the value, where the gradients are affine in it."""
    unit = max(float(np.max(np.abs(value))), 1e-3)
    rng = np.random.default_rng(0)
    move = unit * rng.standard_normal(value.shape)
    once, twice = gradients(move) - now, gradients(2 * move) - now
    size = float(np.linalg.norm(once))
    if not np.isfinite(size) or not size or np.linalg.norm(twice - 2 * once) > AFFINE * size:
        return None
    rows = []
    for element in np.ndindex(*value.shape):
        if clock() > deadline:
            return None
        one = np.zeros(value.shape)
        one[element] = unit
        rows.append((gradients(one) - now) / unit)
    jacobian = np.array(rows).T
    gap = wanted - now
    solution, _, rank, _ = np.linalg.lstsq(jacobian, gap, rcond=1e-10)
    if np.linalg.norm(jacobian @ solution - gap) > SOLVED * np.linalg.norm(gap):
        return None
    reached = int(np.sum(np.any(jacobian != 0, axis=1)))
    return Suspect(site, value + solution.reshape(value.shape), rank == value.size, rank < reached)


def lines_of(found: Sequence[Suspect], most: int) -> Iterator[Site]:
    """Yield a site for each suspect line: the telling ones, or all where none is."""
    telling = [entry for entry in found if entry.is_telling] or list(found)
    seen: dict[int, Site] = {}
    for entry in telling:
        seen.setdefault(entry.site.statement.lineno, entry.site)
    yield from list(seen.values())[:most]
