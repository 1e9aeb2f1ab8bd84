"""The search: edits in the order of what they cost, until one makes every gradient right."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import CodeType

import numpy as np

from gradcheck.repair import edits
from gradcheck.repair.angelic import Suspect, suspects
from gradcheck.repair.bench import Bench, Outcome, Part
from gradcheck.repair.dead import is_dead
from gradcheck.repair.limit import clock
from gradcheck.repair.pairs import Tried
from gradcheck.repair.sites import Change, Site, sites_of
from gradcheck.repair.slice import OWN, SHARED, behind, scores
from gradcheck.repair.steered import by_ratio, by_value, yielding
from gradcheck.repair.twice import Twice
from gradcheck.repair.vouched import LESS_NATURAL, is_vouched, lacking
from gradcheck.repair.where import Known, is_pure

# After the first edit that repairs, others are collected so long.
MORE_SECONDS = 0.4
# What costs less needs no better one beside it.
NATURAL = 1.75
# How much less natural an edit outside backward is: in forward's cache, in a helper.
AWAY = 0.3
SOLVING_SECONDS = 0.4
# How long two edits are tried: where they are likely before those that cost more alone, and last.
FIRST_SECONDS, LAST_SECONDS = 0.2, 1.5
MOST_LINES = 3
# How long an expression may be that stands elsewhere and is tried.
MOST_LENT = 40


Group = tuple[Part, Sequence[Site]]


@dataclass
class Candidate:
    """One or two edits that make every gradient right, as far as the bench can tell."""

    part: Part
    changes: tuple[Change, ...]
    code: CodeType
    elsewhere: int

    @property
    def cost(self) -> float:
        """The less natural, the more."""
        elsewhere = AWAY * (not self.part.in_backward) + AWAY * (not self.part.is_main)
        return elsewhere + sum(change.cost + 0.02 * _changed(change) + LESS_NATURAL * is_vouched(
            change) for change in self.changes)


def _changed(change: Change) -> int:
    """Return how many characters an edit writes anew."""
    count = 0
    for site, new in change.parts:
        before = ast.unparse(site.node)
        after = "".join(ast.unparse(entry) for entry in (new if isinstance(new, list) else [new]))
        blocks = difflib.SequenceMatcher(None, before, after, False).get_matching_blocks()
        count += len(after) - sum(block.size for block in blocks)
    return count


@dataclass
class Search:
    """A search on a bench.

    Attributes
    ----------
    bench : Bench
        The layer.
    codes : sequence of str
        The findings' codes, which say what to try first.
    deadline : float
        When, on this thread's clock, to stop.
    """

    bench: Bench
    codes: Sequence[str]
    deadline: float
    kind: str = "layer"
    found: list[Candidate] = field(default_factory=list)
    tried: list[Tried] = field(default_factory=list)
    suspects: list[Suspect] = field(default_factory=list)
    base: Outcome = field(init=False)
    enough: float = np.inf
    asked: list[Change] = field(default_factory=list)

    def run(self) -> list[Candidate]:
        """Return the candidates, the most natural first; none where nothing is wrong."""
        self.base = self.bench.outcome()
        if self.base.is_right:
            return []
        groups: list[Group] = [(part, list(self.sites(part))) for part in self.order()]
        twice = Twice(self)
        for tier in edits.TIERS:
            self._one(groups, tier)
            if tier == 0 and not (self.is_over or self._has_natural):
                groups = self._solved_first(groups)
            if self.is_over or self._has_natural or (self.found and tier > 1):
                break
            if tier == 1 and not self.found and twice.is_likely:
                twice.run(FIRST_SECONDS)
        if not self.found:
            twice.run(LAST_SECONDS)
        return self._sorted()

    def _one(self, groups: Sequence[Group], tier: int) -> None:
        """Try every edit of a tier alone."""
        for part, sites in groups:
            self.try_all(part, self.stage(part, sites, tier))
            self._vouched(part, sites)
            if self.is_over:
                return

    def _vouched(self, part: Part, sites: Sequence[Site]) -> None:
        """Try the factor further down that the constant of a power's derivative stands in for."""
        for candidate in [entry for entry in self.found if entry.part is part]:
            change = candidate.changes[0]
            if len(candidate.changes) == 1 and is_vouched(change) and change not in self.asked:
                self.asked.append(change)
                self.try_all(part, lacking(change, sites))

    @property
    def _has_natural(self) -> bool:
        """Whether something is found that needs no better one beside it."""
        return any(candidate.cost < NATURAL for candidate in self.found)

    def _solved_first(self, groups: Sequence[Group]) -> list[Group]:
        """Try every edit of the lines at which solving says that the slip is; return the others."""
        self._solve(groups)
        lines = {entry.site.statement for entry in self.suspects if entry.is_telling}
        if not 0 < len(lines) <= MOST_LINES:
            return list(groups)
        near = [(part, [site for site in sites if site.statement in lines])
                for part, sites in groups]
        for tier in edits.TIERS[1:]:
            for part, sites in near:
                self.try_all(part, edits.changes(sites, tier, self.codes))
                if self.is_over:
                    return list(groups)
            if self._has_natural:
                break
        return [(part, [site for site in sites if site.statement not in lines])
                for part, sites in groups]

    def _solve(self, groups: Sequence[Group]) -> None:
        """Find the lines at which some value makes all right, and what could yield it there."""
        until = min(self.deadline, clock() + SOLVING_SECONDS)
        for part, sites in groups:
            if part.is_main and part.in_backward:
                self.suspects += suspects(self.bench, part, sites, until)
                self.try_all(part, (change for suspect in self.suspects if suspect.is_unique
                                 for change in yielding(suspect.site, suspect.value)))

    def order(self) -> list[Part]:
        """Return the parts, the backward first, and forward's cache last."""
        return sorted(self.bench.parts, key=lambda part: (
            not part.in_backward if self.kind != "net" else False, not part.is_main))

    def sites(self, part: Part) -> Iterator[Site]:
        """Yield where a function may be edited."""
        names = self._names()
        failing = set(range(len(names))) - self.base.right
        tree = part.source.tree
        if not part.is_main:
            found = dict.fromkeys(edits.statements_of(tree), SHARED)
        elif part.in_forward and not part.in_backward and self.kind == "layer":
            cached = scores(tree, ["cache"], [0], value_first=True)
            returns = {node: OWN for node in cached if isinstance(node, ast.Return)}
            found = {node: score for node, score in cached.items() if score == OWN} | returns
        else:
            found = scores(tree, names, failing, value_first=part.in_forward)
        if np.isfinite(self.base.reached) and part.is_main and part.in_backward:
            found = behind(tree, int(self.base.reached))
        yield from sites_of(part.source, part.run, found, Known(
            self._packed(), self.base.missing, self._lent))

    @cached_property
    def _lent(self) -> tuple[str, ...]:
        """The expressions that stand in forward and backward, the short ones first."""
        found = {ast.unparse(node) for part in self.bench.parts
                 for node in ast.walk(part.source.tree)
                 if isinstance(node, ast.BinOp | ast.Subscript | ast.Call) and is_pure(node)
                 and isinstance(getattr(node, "ctx", ast.Load()), ast.Load)}
        return tuple(sorted((text for text in found if len(text) < MOST_LENT), key=len))

    def _packed(self) -> tuple[tuple[str, ...], ...]:
        """Return the tuples that forward makes, their names."""
        found = [node.elts for part in self.bench.parts if part.in_forward
                 for node in ast.walk(part.source.tree) if isinstance(node, ast.Tuple)]
        return tuple(tuple(getattr(entry, "id", "") for entry in elts) for elts in found if elts)

    def _names(self) -> list[str]:
        layer = self.bench.places[0].layer
        return [layer.names[position] for position in layer.wrt]

    @property
    def is_over(self) -> bool:
        """Whether the time is up, or the time for more after the first repair."""
        now = clock()
        return now > self.deadline or now > self.enough

    def _sorted(self) -> list[Candidate]:
        return sorted(self.found, key=lambda entry: entry.cost)

    def stage(self, part: Part, sites: Sequence[Site], tier: int) -> Iterator[Change]:
        """Yield the edits of a function that are tried in a tier."""
        if tier == 1:
            yield from edits.everywhere(sites)
        yield from edits.changes(sites, tier, self.codes)
        if tier == 0 and (part.in_backward or self.kind != "layer"):
            failing = sorted(set(range(len(self._names()))) - self.base.right)
            yield from by_value(self.bench, self._names(), failing, sites)
            yield from by_ratio(self.bench, part, sites)

    def try_all(self, part: Part, changes: Iterator[Change], before: tuple[Change, ...] = ()
                ) -> None:
        """Try changes, and keep those that repair all; of others what they do."""
        for change in changes:
            tried = self.bench.tryout(part, change)
            if tried is None:
                continue
            code, outcome = tried
            if outcome.is_right:
                elsewhere = self.bench.right_elsewhere(part, code)
                if elsewhere >= 0 and not is_dead(self.bench, part, change):
                    self.found.append(Candidate(part, (*before, change), code, elsewhere))
                    self.enough = min(self.enough, clock() + MORE_SECONDS)
            elif not before and (outcome.sample.size or outcome.is_nearer(self.base)):
                self.tried.append(Tried(part, change, outcome))
            if self.is_over:
                return

