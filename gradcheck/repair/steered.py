"""Edits that the true gradient itself asks for: what it is a multiple of, or worth somewhere."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from gradcheck.repair import edits
from gradcheck.repair.bench import FAULTS, Bench, Part
from gradcheck.repair.edits import Kind
from gradcheck.repair.nodes import parsed
from gradcheck.repair.sites import Change, Site
from gradcheck.repair.values import expressions, named_numbers, scaled

MOST_EXPRESSIONS = 12
REWRITTEN = Kind("rewritten", 0, "another expression is wanted here", "dout", "dout * mask",
                 lambda site: iter(()), cost=2.2)


def by_value(bench: Bench, names: Sequence[str], failing: Sequence[int], sites: Sequence[Site]
             ) -> Iterator[Change]:
    """Yield what the true gradient itself suggests where it is last given a name."""
    truths = bench.places[0].truths
    for place in failing:
        whole = truths[place].whole
        if whole is None or not np.all(truths[place].known):
            continue
        for site in (*_keyed(sites, names[place]), *_last(sites, place, len(names))):
            yield from yielding(site, whole)


def by_ratio(bench: Bench, part: Part, sites: Sequence[Site]) -> Iterator[Change]:
    """Yield factors that a gradient lacks which is a multiple of the true one."""
    place = bench.places[0]
    try:
        found = bench.gradients(part, part.source.compiled(), place)
    except FAULTS:
        return
    pairs = zip(place.truths, found, strict=False)
    ratios = [truth.ratio(gradient) for truth, gradient in pairs]
    for ratio in sorted({float(f"{ratio:.9g}") for ratio in ratios if ratio} - {1.0}):
        for site in sites:
            if isinstance(getattr(site.node, "ctx", None), ast.Store):
                continue
            if site.is_value or site.place.shape(site.node) == ():
                yield from _scaled_by(site, ratio)


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


def yielding(site: Site, value: Any) -> Iterator[Change]:
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
