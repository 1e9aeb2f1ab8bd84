"""Every rule, found in the families' folders; all tables of codes are derived from here."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache

from gradcheck.findings.rule import Clue, Rule, Tier

FAMILIES = ("contract", "whole", "masks", "normalization", "losses", "regularization", "windows",
            "values")


@cache
def families() -> dict[str, tuple[Rule, ...]]:
    """Return the rules of every family, by its name.

    >>> [rule.code for rule in families()["regularization"]][:2]
    ['regularization-doubled', 'regularization-factor']
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
    """Return every clue with its rule, in the order in which they are asked."""
    asked = sorted((rule for rule in rules().values() if rule.tier is not None),
                   key=lambda rule: rule.tier or Tier.NOTHING)
    return tuple((rule, clue) for rule in asked for clue in rule.clues)
