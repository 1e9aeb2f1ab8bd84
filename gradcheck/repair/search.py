"""The search: edits in the order of what they cost, until one makes every gradient right."""

from __future__ import annotations

import ast
import difflib
import itertools
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from types import CodeType
from typing import Any

import numpy as np

from gradcheck.repair import edits, grows
from gradcheck.repair.angelic import Suspect, suspects
from gradcheck.repair.atoms import parsed
from gradcheck.repair.bench import FAULTS, Bench, Outcome, Part
from gradcheck.repair.edits import Kind
from gradcheck.repair.lost import missing_name
from gradcheck.repair.sites import Change, Known, Site, is_pure, sites_of
from gradcheck.repair.slice import OWN, SHARED, scores
from gradcheck.repair.values import expressions, named_numbers, scaled

# After the first edit that repairs, others are collected so long.
MORE_SECONDS = 0.4
# What costs less needs no better one beside it.
NATURAL = 1.75
# How much less natural an edit outside backward is: in forward's cache, in a helper.
AWAY = 0.3
MOST_PARTIAL = 4
# How far the second of two edits is looked for.
LAST_TIER_OF_TWO = 1
SOLVING_SECONDS = 0.4
MOST_EXPRESSIONS = 12
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
        return elsewhere + sum(change.cost + 0.02 * _changed(change) for change in self.changes)


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
        When, on the monotonic clock, to stop.
    """

    bench: Bench
    codes: Sequence[str]
    deadline: float
    kind: str = "layer"
    found: list[Candidate] = field(default_factory=list)
    partial: list[tuple[Part, Change, Outcome]] = field(default_factory=list)
    suspects: list[Suspect] = field(default_factory=list)
    base: Outcome = field(init=False)
    enough: float = np.inf

    def run(self) -> list[Candidate]:
        """Return the candidates, the most natural first; none where nothing is wrong."""
        self.base = self.bench.outcome()
        if self.base.is_right:
            return []
        groups: list[Group] = [(part, list(self.sites(part))) for part in self.order()]
        for tier in edits.TIERS:
            for part, sites in groups:
                self._try(part, self._stage(part, sites, tier))
                if self._is_over:
                    return self._sorted()
            if self.found and (self._sorted()[0].cost < NATURAL or tier > 1):
                return self._sorted()
            if tier >= 1 and not self.found:
                self._two(groups, tier)
                if self.found or self._is_over:
                    return self._sorted()
            if tier == 0:
                groups = self._solved_first(groups)
                if self._is_over or (self.found and self._sorted()[0].cost < NATURAL):
                    return self._sorted()
        return self._sorted()

    def _solved_first(self, groups: Sequence[Group]) -> list[Group]:
        """Try every edit of the lines at which solving says that the slip is; return the others."""
        self._solve(groups)
        lines = {entry.site.statement for entry in self.suspects if entry.is_telling}
        if not 0 < len(lines) <= MOST_LINES:
            return list(groups)
        near = [(part, [site for site in sites if site.statement in lines])
                for part, sites in groups]
        for tier in edits.TIERS[1:-1]:
            for part, sites in near:
                self._try(part, edits.changes(sites, tier, self.codes))
                if self._is_over:
                    return list(groups)
            if self.found and self._sorted()[0].cost < NATURAL:
                break
        return [(part, [site for site in sites if site.statement not in lines])
                for part, sites in groups]

    def _solve(self, groups: Sequence[Group]) -> None:
        """Find the lines at which some value makes all right, and what could yield it there."""
        until = min(self.deadline, time.monotonic() + SOLVING_SECONDS)
        for part, sites in groups:
            if part.is_main and part.in_backward:
                self.suspects += suspects(self.bench, part, sites, until)
                self._try(part, (change for suspect in self.suspects if suspect.is_unique
                                 for change in _yielding(suspect.site, suspect.value)))

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
        yield from sites_of(part.source, part.run, found, Known(
            self._packed(), missing_name(self.bench.error), self._lent))

    @cached_property
    def _lent(self) -> tuple[str, ...]:
        """The expressions that stand in forward and backward, the short ones first."""
        found = {ast.unparse(node) for part in self.bench.parts
                 for node in ast.walk(part.source.tree)
                 if isinstance(node, ast.BinOp | ast.Subscript | ast.Call) and is_pure(node)
                 and isinstance(getattr(node, "ctx", ast.Load()), ast.Load)}
        return tuple(sorted((text for text in found if len(text) < MOST_LENT), key=len))

    def _packed(self) -> tuple[tuple[str, ...], ...]:
        """Return the tuples of names that forward makes."""
        found = [node.elts for part in self.bench.parts if part.in_forward
                 for node in ast.walk(part.source.tree) if isinstance(node, ast.Tuple)]
        return tuple(tuple(entry.id for entry in elts if isinstance(entry, ast.Name))
                     for elts in found if elts and all(isinstance(e, ast.Name) for e in elts))

    def _names(self) -> list[str]:
        layer = self.bench.places[0].layer
        return [layer.names[position] for position in layer.wrt]

    @property
    def _is_over(self) -> bool:
        now = time.monotonic()
        return now > self.deadline or now > self.enough

    def _sorted(self) -> list[Candidate]:
        return sorted(self.found, key=lambda entry: entry.cost)

    def _stage(self, part: Part, sites: Sequence[Site], tier: int) -> Iterator[Change]:
        if tier == 1:
            yield from edits.everywhere(sites)
        yield from edits.changes(sites, tier, self.codes)
        if tier == 0 and (part.in_backward or self.kind != "layer"):
            yield from self._by_value(sites)
            yield from self._by_ratio(part, sites)

    def _try(self, part: Part, changes: Iterator[Change], before: tuple[Change, ...] = ()) -> None:
        """Try changes, and keep those that repair all, or some and spoil none."""
        for change in changes:
            tried = self.bench.tryout(part, change)
            if tried is None:
                continue
            code, outcome = tried
            if outcome.is_right:
                elsewhere = self.bench.right_elsewhere(part, code)
                if elsewhere >= 0:
                    self.found.append(Candidate(part, (*before, change), code, elsewhere))
                    self.enough = min(self.enough, time.monotonic() + MORE_SECONDS)
            elif not before and outcome.is_nearer(self.base):
                self.partial.append((part, change, outcome))
            if self._is_over:
                return

    def _by_value(self, sites: Sequence[Site]) -> Iterator[Change]:
        """Yield what the true gradient itself suggests where it is last given a name."""
        names = self._names()
        truths = self.bench.places[0].truths
        for place in sorted(set(range(len(names))) - self.base.right):
            whole = truths[place].whole
            if whole is None or not np.all(truths[place].known):
                continue
            for site in (*_keyed(sites, names[place]), *_last(sites, place, len(names))):
                yield from _yielding(site, whole)

    def _by_ratio(self, part: Part, sites: Sequence[Site]) -> Iterator[Change]:
        """Yield factors that a gradient lacks which is a multiple of the true one."""
        place = self.bench.places[0]
        try:
            found = self.bench.gradients(part, part.source.compiled(), place)
        except FAULTS:
            return
        pairs = zip(place.truths, found, strict=False)
        ratios = [truth.ratio(gradient) for truth, gradient in pairs]
        for ratio in sorted({float(f"{ratio:.9g}") for ratio in ratios if ratio} - {1.0}):
            for site in sites:
                if isinstance(site.node, ast.stmt) and not site.is_nested:
                    yield from _scaled_before(site, ratio)
                elif site.is_value or site.place.shape(site.node) == ():
                    yield from _scaled_by(site, ratio)

    def _two(self, groups: Sequence[Group], tier: int) -> None:
        """Try a second edit after each first one that repairs some gradients."""
        best = sorted(self.partial, key=lambda entry: (
            len(entry[2].right), entry[2].matched, -entry[1].cost), reverse=True)
        # what gives the same gradients is the same edit, written otherwise
        ranked = {tuple(f"{far:.6g}" for far in entry[2].distances): entry
                  for entry in reversed(best)}
        for part, found, outcome in [*reversed(ranked.values())][:MOST_PARTIAL]:
            change = found.copied()
            first, self.base = self.base, outcome
            with ExitStack() as stack:
                stack.enter_context(change.applied())
                run, part.run = part.run, self.bench.traced_with(part)
                sites = list(self.sites(part))
                part.run = run
                for later in range(min(tier, LAST_TIER_OF_TWO) + 1):
                    self._try(part, self._stage(part, sites, later), (change,))
                    if self.found or self._is_over:
                        break
            self.base = first
            if self.found or self._is_over:
                return


def _scaled_by(site: Site, ratio: float) -> Iterator[Change]:
    """Yield an expression times a number that has a name here; one for a number of its own."""
    factor, kind = edits.BY_NAME["factor"], REWRITTEN
    value = site.place.value(site.node)
    if site.is_value:
        for text in named_numbers(ratio, site.place):
            yield Change(factor, ((site, scaled(site.node, text)),), factor.cost)
    if isinstance(value, int | float | np.number) and value:
        for wanted in (value * ratio, value / ratio):
            for text in named_numbers(float(wanted), site.place):
                yield Change(kind, ((site, parsed(text)),), kind.cost)


def _scaled_before(site: Site, ratio: float) -> Iterator[Change]:
    """Yield a statement after one that scales a gradient which it reads."""
    kind = edits.BY_NAME["insertion"]
    read = {node.id for node in ast.walk(site.node) if isinstance(node, ast.Name)
            and isinstance(node.ctx, ast.Load) and grows.is_written(node.id)}
    for text in named_numbers(1 / ratio, site.place):
        for name in sorted(read):
            if np.ndim(site.place.scope.get(name, 0)):
                made = ast.AugAssign(ast.Name(name, ast.Store()), ast.Div(), parsed(text))
                yield Change(kind, ((site, [made, site.node]),), kind.cost)


REWRITTEN = Kind("rewritten", 0, "another expression is wanted here", "dout", "dout * mask",
                 lambda site: iter(()), cost=2.2)


def _yielding(site: Site, value: Any) -> Iterator[Change]:
    """Yield the edits of an expression with which it is worth a value."""
    with np.errstate(all="ignore"):
        found = list(itertools.islice(expressions(site, value), MOST_EXPRESSIONS))
    for name, node in found:
        kind = edits.BY_NAME.get(name, REWRITTEN)
        yield Change(kind, ((site, node),), kind.cost + 0.1)


def _keyed(sites: Sequence[Site], name: str) -> Iterator[Site]:
    """Yield where a gradient is put into a dict or an object under its own name."""
    keys = (name, f"d{name}", f"grad_{name}", f"{name}_grad")
    for site in sites:
        if isinstance(site.parent, ast.Dict) and site.node in site.parent.values:
            key = site.parent.keys[site.parent.values.index(site.node)]
            if getattr(key, "value", None) in keys:
                yield site
        if isinstance(site.statement, ast.Assign) and site.node is site.statement.value:
            target = site.statement.targets[0]
            key = getattr(getattr(target, "slice", None), "value", getattr(target, "attr", None))
            if key in keys:
                yield site


def _last(sites: Sequence[Site], place: int, several: int) -> Iterator[Site]:
    """Yield where a gradient is given its last value, then where it is returned."""
    for returned in sites:
        value = getattr(returned.node, "value", None)
        if not isinstance(returned.node, ast.Return) or value is None:
            continue
        entries = value.elts if isinstance(value, ast.Tuple) else [value]
        at = place + len(entries) - several
        if not 0 <= at < len(entries):
            continue
        roots = [entries[at]]
        if isinstance(roots[0], ast.Name):
            named = [other.statement.value for other in sites
                     if isinstance(other.statement, ast.Assign)
                     and isinstance(other.statement.targets[0], ast.Name)
                     and other.statement.targets[0].id == roots[0].id]
            roots = [*named[-1:], *roots]
        for root in roots:
            inner = [root.body, root.orelse] if isinstance(root, ast.IfExp) else []
            yield from (site for node in (*inner, root) for site in sites if site.node is node)
