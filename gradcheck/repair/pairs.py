"""Two slips: which two edits may together make every gradient right, by what each does alone.

Edits of two terms add what they change, edits of two factors multiply it: of the gradients that
each yields alone, the one that both yield is known, and needs no run. Where neither holds, a pair
is possible all the same, if no gradient is left wrong that one of the two does not reach.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradcheck.repair.bench import Outcome, Part
from gradcheck.repair.sites import Change
from gradcheck.repair.truth import CLOSE, Place

Array = NDArray[np.float64]
# Of so many different effects every two are looked at, and of so many every two are tried.
MOST_EFFECTS, MOST_TRIED = 800, 160
DIGITS = 7
SAME = 1e-9


@dataclass(frozen=True, eq=False)
class Tried:
    """An edit and what it does alone."""

    part: Part
    change: Change
    outcome: Outcome


@dataclass(frozen=True, eq=False)
class Effects:
    """What edits do alone: a few elements of the gradients with each, a row for an edit.

    Attributes
    ----------
    found : ndarray
        The elements with each edit, NaN where a gradient is not there.
    now, right : ndarray
        The elements without an edit, and the true ones.
    near : ndarray
        How far an element may be from the true one.
    starts : sequence of int
        The first column of each gradient.
    """

    found: Array
    now: Array
    right: Array
    near: Array
    starts: Sequence[int]

    def pairs(self) -> Iterator[tuple[int, int, int]]:
        """Yield two edits that may go together, and how many gradients only a run can tell.

        Examples
        --------
        >>> both = np.array([[3.0, 4.0], [1.0, 8.0], [1.0, 5.0]])
        >>> now, right = np.array([1.0, 4.0]), np.array([3.0, 8.0])
        >>> list(Effects(both, now, right, np.full(2, 1e-6), [0, 1]).pairs())
        [(0, 1, 0)]
        """
        changes = ~self._whole(np.abs(self.found - self.now) <= SAME * np.abs(self.now))
        for i, first in enumerate(self.found[:-1]):
            rest = self.found[i + 1:]
            added = np.abs(first + rest - self.now - self.right) <= self.near
            scaled = np.abs(first * rest - self.right * self.now) <= self.near * np.abs(self.now)
            known = self._whole(added) | self._whole(scaled)
            both = changes[i] & changes[i + 1:] & (np.arange(i + 1, len(changes)) < MOST_TRIED
                                                   )[:, None]
            for j in np.flatnonzero(np.all(known | both, axis=1)):
                yield i, i + 1 + int(j), int(np.sum(both[j] & ~known[j]))

    def _whole(self, held: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return of each row and each gradient whether something holds for all its elements."""
        return np.logical_and.reduceat(held, self.starts, axis=1)


def together(tried: Sequence[Tried], base: Outcome, place: Place
             ) -> Iterator[tuple[int, list[Tried], list[Tried]]]:
    """Yield edits that may go with others, those first of which it is known without a run.

    With how many gradients only a run can tell; the edits of a list do the same.
    """
    groups = _alike([entry for entry in tried if entry.outcome.sample.size], base)
    if len(groups) < 2 or not np.any(np.isfinite(base.sample)):
        return
    values = [truth.right_sample for truth in place.truths]
    right, sizes = np.concatenate(values), list(map(len, values))
    scale = np.repeat([truth.scale or np.max(np.abs(wanted))
                       for truth, wanted in zip(place.truths, values, strict=True)], sizes)
    effects = Effects(np.array([group[0].outcome.sample for group in groups]), base.sample, right,
                      4 * CLOSE * scale, np.cumsum([0, *sizes[:-1]]).tolist())
    cost = [group[0].change.cost for group in groups]
    with np.errstate(all="ignore"):
        found = sorted(effects.pairs(), key=lambda pair: (pair[2], cost[pair[0]] + cost[pair[1]]))
    yield from ((unknown, groups[i], groups[j]) for i, j, unknown in found)


def _alike(tried: Sequence[Tried], base: Outcome) -> list[list[Tried]]:
    """Return the edits that change something, the natural ones first, in lists of the same."""
    groups: dict[tuple[bytes, str], list[Tried]] = {}
    size = np.max(np.abs(base.sample), initial=1e-300, where=np.isfinite(base.sample))
    for entry in sorted(tried, key=lambda entry: entry.change.cost):
        sample = np.round(entry.outcome.sample / size, DIGITS) + 0.0
        key = (sample.tobytes(), str([f"{far:.4g}" for far in entry.outcome.distances]))
        groups.setdefault(key, []).append(entry)
    return list(groups.values())[:MOST_EFFECTS]
