"""Two slips: a second edit beside a first one that alone does not make all right."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gradcheck.repair.limit import clock
from gradcheck.repair.pairs import Tried, together
from gradcheck.repair.slice import AT, OWN

if TYPE_CHECKING:
    from gradcheck.repair.search import Search

MOST_FIRSTS, MOST_ALIKE, MOST_SAME = 24, 6, 3
PAIRING_SECONDS = 1.0
# Where a second edit is looked for, and of which tier: where it raises first.
PASSES = ((AT, 0), (AT, 1), (OWN, 0), (OWN, 1), (OWN, 2))
PACE = 6


@dataclass
class Twice:
    """The search for two edits, after one for a single edit has found nothing."""

    search: Search

    @property
    def is_likely(self) -> bool:
        """Whether backward raises, or edits make some gradient right and not all."""
        base = self.search.base
        return bool(np.isfinite(base.reached)) or any(
            entry.outcome.right > base.right for entry in self.search.tried)

    def run(self, seconds: float) -> None:
        """Try two edits for so long; what was tried is not tried again."""
        until = clock() + seconds
        self._pairs(True, clock() + PAIRING_SECONDS)
        while not self._is_done and clock() < until and next(self._steps, False):
            pass
        self._pairs(False, min(until, clock() + PAIRING_SECONDS))

    @cached_property
    def _steps(self) -> Iterator[bool]:
        """Look for a second edit after the best first ones, further and further away."""
        firsts = list(itertools.islice(self._firsts(), MOST_FIRSTS))
        passes = itertools.product(range(len(PASSES)), range(len(firsts)))
        for which, rank in sorted(passes, key=lambda at: at[1] + PACE * at[0]):
            self._after(firsts[rank], *PASSES[which])
            yield True

    @property
    def _is_done(self) -> bool:
        return bool(self.search.found) or self.search.is_over

    def _pairs(self, is_known: bool, until: float) -> None:
        """Try every two edits that may make all right together, by what each does alone."""
        search = self.search
        if self._is_done or clock() > until:
            return
        for unknown, *groups in together(search.tried, search.base, search.bench.places[0]):
            if bool(unknown) is is_known:
                continue
            some = MOST_SAME if is_known else 1
            for pair in itertools.product(*(group[:some] for group in groups)):
                self._pair(*sorted(pair, key=lambda entry: len(entry.change.first.parents)))
            if search.is_over or clock() > until or (search.found and not is_known):
                return

    def _pair(self, first: Tried, second: Tried) -> None:
        """Try two edits together, the outer one first."""
        change = second.change.after(first.change) if first.part is second.part else None
        if change:
            with first.change.applied():
                self.search.try_all(first.part, iter([change]), (first.change,))

    def _firsts(self) -> Iterator[Tried]:
        """Yield the edits that repair a part, the best first, one of those that do the same.

        Of those with which backward no longer raises several: what they do may not show yet.
        """
        most = MOST_SAME if np.isfinite(self.search.base.reached) else 1
        nearer = [entry for entry in self.search.tried
                  if entry.outcome.is_nearer(self.search.base)]
        best = sorted(nearer, key=lambda entry: (
            len(entry.outcome.right), entry.outcome.parts, -sum(entry.outcome.distances),
            -entry.change.cost), reverse=True)
        groups: dict[str, list[Tried]] = {}
        for entry in best:
            same = f"{entry.outcome.distances} {entry.outcome.sample}"
            groups.setdefault(same if entry.outcome.sample.size else str(id(entry)), []
                              ).append(entry)
        for group in groups.values():
            # 2 is the root of d at the first arguments, and of nothing elsewhere
            yield from itertools.islice(filter(self._holds, group[:MOST_ALIKE]), most)

    def _holds(self, entry: Tried) -> bool:
        """Whether what an edit repairs at the first arguments it repairs at others, too."""
        bench = self.search.bench
        with entry.change.applied():
            code = entry.part.source.compiled()
        return all(bench.outcome(entry.part, code, place).right >= entry.outcome.right
                   for place in bench.places[1:] if place.is_new)

    def _after(self, entry: Tried, score: int, tier: int) -> None:
        """Search a second edit after a first one, as after what was given."""
        search, change, part = self.search, entry.change.copied(), entry.part
        first, search.base = search.base, entry.outcome
        with change.applied():
            run, part.run = part.run, search.bench.traced_with(part)
            sites = [site for site in search.sites(part) if site.place.score == score
                     or (score == OWN and np.isinf(search.base.reached))]
            part.run = run
            search.try_all(part, search.stage(part, sites, tier), (change,))
        search.base = first
