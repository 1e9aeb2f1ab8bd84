"""A custom gradient that is wrong, its right twin, and what is to be said of the wrong one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.contract.validation import valid_layer
from gradcheck.repair.stage import repairs_of

UNHURRIED = 120.0


@dataclass(frozen=True)
class Case:
    """One wrong custom gradient.

    `source` is the public thread that told of such a slip; nothing of its code stands here. `line`
    is a part of the line that is to be pointed at, '' where none is.
    """

    wrong: Any
    right: Any
    arguments: Callable[[np.random.Generator], tuple[Any, ...]]
    code: str
    argument: str | None
    source: str
    line: str = ""

    @property
    def name(self):
        return getattr(self.wrong, "__name__", type(self.wrong).__name__)

    @property
    def args(self):
        return self.arguments(np.random.default_rng(7))


def line_of(case, pair):
    """Return the text of the line that a search without haste points at; '' for none."""
    layer = valid_layer(*pair, case.args, None)
    found = repairs_of(layer, [case.code], seconds=UNHURRIED)
    return found[0].text if found else ""


def normal(*shapes, more=()):
    """Return a maker of arguments: Gaussian arrays, then what else there is."""
    return lambda rng: (*(rng.normal(size=shape) for shape in shapes), *more)
