"""One more example of a layer that takes another: its recipes with something special in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcheck.examples.candidates import Example
from gradcheck.examples.fitting import Fitted, drawn, fit, positional
from gradcheck.examples.recipes import Entry
from gradcheck.examples.standard import LAYERS, LOSSES, NUMBERS
from gradcheck.examples.variants import BATCHED, Variant


def another(name: str, forward: Callable[..., Any], rng: np.random.Generator, found: Example,
            variant: Variant) -> Example | None:
    """Return arguments of a special kind for a layer that takes others; None where it has none.

    Parameters
    ----------
    name, forward, rng
        As for `candidates`.
    found : Example
        Arguments that forward takes.
    variant : Variant
        What is special.

    Examples
    --------
    >>> from gradcheck.examples.candidates import candidates
    >>> rng, forward = np.random.default_rng(0), lambda x, w, b: None
    >>> found = next(candidates("affine", forward, rng))
    >>> another("affine", forward, rng, found, Variant("with N = 1", batch=1)).args[0].shape
    (1, 2, 3)
    """
    standard = LOSSES.get(name, LAYERS.get(name, {}))
    optional = {p.name for p in positional(forward) if p.default is not p.empty}
    if found.changed.intersection(variant.entry) or not variant.fits(found.entry) or (
            not set(variant.entry) <= {*found.entry, *optional}):
        return None
    changes = variant.changes(found.entry, _samples(standard))
    fitted = fit({**found.entry, **changes}, positional(forward), NUMBERS.get(name, {}))
    if fitted is None or not all(_reaches(changes[key], found.entry.get(key, {}), fitted)
                                 for key in changes):
        return None
    return Example(*drawn(fitted, rng), when=found.when, entry=found.entry)


def _samples(entry: Entry) -> int:
    """Return how many samples a standard example has."""
    return next((entry[name].shape[0] for name in BATCHED if name in entry), 0)


def _reaches(new: Any, old: Any, fitted: Fitted) -> bool:
    """Whether a recipe, or all settings of a dict that are others than before, are passed."""
    if any(recipe is new for _, recipe in fitted):
        return True
    if not isinstance(new, Mapping):
        return False
    names = {parameter for parameter, _ in fitted}
    return all(_is_same(value, old.get(key)) or key in names for key, value in new.items())


def _is_same(one: Any, two: Any) -> bool:
    return one is two or (not isinstance(one, np.ndarray) and bool(one == two))
