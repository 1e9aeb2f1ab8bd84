"""Every rule, found in the families' folders; all tables of codes are derived from here."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from functools import cache

from gradcheck.contract.breach import Breach
from gradcheck.findings.lenses.others import Wrong
from gradcheck.findings.rule import Clue, Rule, Tier

FAMILIES = ("contract", "whole", "masks", "normalization", "losses", "regularization", "windows",
            "values")


@cache
def families() -> dict[str, tuple[Rule, ...]]:
    """Return the rules of every family, by its name.

    Examples
    --------
    >>> [rule.code for rule in families()["masks"]][:2]
    ['mask-inverted', 'mask-mismatch']
    """
    return {family: tuple(_rules_of(family)) for family in FAMILIES}


def _rules_of(family: str) -> Iterator[Rule]:
    package = importlib.import_module(f"gradcheck.findings.{family}")
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(module.name).RULE


@cache
def rules() -> dict[str, Rule]:
    """Return every rule by its code, family by family."""
    return {rule.code: rule for family in families().values() for rule in family}


@cache
def clues() -> tuple[tuple[Rule, Clue], ...]:
    """Return every clue with its rule, tier by tier, in the order in which they are asked.

    Within a tier no order is needed, as one rule fits and no other; the families stand as they do
    so that what asks for no Jacobian (a factor, a sign) mostly comes first.
    """
    return tuple((rule, clue) for rule in _by_tier() for clue in rule.clues)


@cache
def shape_clues() -> tuple[tuple[Rule, Clue], ...]:
    """Return every clue to a gradient of a wrong shape with its rule, in the order of asking."""
    return tuple((rule, clue) for rule in _by_tier() for clue in rule.shape_clues)


@cache
def contrasts() -> tuple[Callable[[Wrong], Breach | None], ...]:
    """Return what tells a cause by other arguments, at which the layer is right."""
    return tuple(rule.contrast for rule in rules().values() if rule.contrast is not None)


def _by_tier() -> list[Rule]:
    return sorted((rule for rule in rules().values() if rule.tier is not None),
                  key=lambda rule: rule.tier or Tier.NOTHING)


@cache
def fatal_codes() -> frozenset[str]:
    """Return the codes after which comparing numbers means nothing."""
    return frozenset(code for code, rule in rules().items() if rule.fatal)


@cache
def conduct_codes() -> frozenset[str]:
    """Return the codes that a gradient can have although its numbers are right."""
    return frozenset(code for code, rule in rules().items() if rule.conduct)
