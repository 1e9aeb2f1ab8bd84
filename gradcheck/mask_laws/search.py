"""Where laws about single calls are tried: a design of examples, then the search for a small one.

Every law is judged on the same few examples, which cover shapes, dtypes, p and seeds. Only a law
that is broken is worth a search for the smallest example that breaks it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

import numpy as np

from gradcheck.mask_laws.example import Example
from gradcheck.mask_laws.implementation import DropoutLawError, Probe
from gradcheck.mask_laws.samples import F32, F64

# dout of the first examples: none is smaller than these, which have one unit, x = 0.5.
SMALLEST = (0.5, -0.5)
# (shape, dtype, p, seed) of the others; None is a fresh mask.
DESIGN: tuple[tuple[tuple[int, ...], Any, float, int | None], ...] = (
    ((1, 5), F64, 0.9, 68),
    ((8,), F64, 0.9, 2**31 - 3),
    ((4, 4), F32, 0.25, None),
    ((8,), F32, 0.5, 220257),
    ((2,), F32, 0.25, 1),
    ((3,), F64, 0.3, None),
    ((2, 3, 2, 2), F64, 0.3, 3195),
    ((2, 3), F32, 0.1, None),
    ((2, 2, 3), F32, 0.75, 0),
    ((4, 4), F64, 0.1, 1019217),
    ((2, 3), F64, 0.75, None),
    ((8, 16), F64, 0.4, 7),
    ((2, 3, 4, 5), F32, 0.7, 12345),
    ((8, 16), F64, 0.3, None),
    ((8, 16), F32, 0.5, 0),
)
VALUES = tuple(sign * i / 2 for i in range(1, 10) for sign in (1, -1))

Check = Callable[[Probe, Example], None]
Failures = list[tuple[tuple[float, ...], DropoutLawError]]


def judge_on_examples(check: Check, probe: Probe) -> None:
    """Hold an implementation to a law on the design; raise for the smallest failure found."""
    failures: Failures = []
    for place, example in enumerate(design(probe.controllable)):
        if _holds(check, probe, example.copy(), failures):
            continue
        if place >= len(SMALLEST):
            # Masks that cannot be controlled make hypothesis see a flaky test; the failures stand.
            with suppress(Exception):
                _shrink(check, probe, failures)
        # Of failures of one size the last: hypothesis goes from the first that it finds to less.
        raise min(reversed(failures), key=lambda failure: failure[0])[1]


@cache
def design(controllable: bool) -> tuple[Example, ...]:
    """Return the examples that every law about single calls is judged on, the smallest first."""
    rng = np.random.default_rng(1)

    def example(shape: tuple[int, ...], dtype: Any, p: float, seed: int | None) -> Example:
        x, dout = (rng.choice(VALUES, shape).astype(dtype) for _ in range(2))
        return Example(x, dout, p, seed if controllable else None)

    half, seed = np.array([0.5]), 0 if controllable else None
    smallest = (Example(half, np.array([dout]), 0.5, seed) for dout in SMALLEST)
    return (*smallest, *(example(*row) for row in DESIGN))


def _holds(check: Check, probe: Probe, example: Example, failures: Failures) -> bool:
    """Return whether a law holds on an example; if not, add the failure with its size."""
    probe.refresh()
    try:
        check(probe, example)
    except DropoutLawError as error:
        error.example = error.example or str(example)
        numbers = float(np.abs(example.x).sum() + np.abs(example.dout).sum())
        # what has a seed can be repeated, which is worth more than a shorter text
        rank = (example.x.size, numbers, example.seed is None, len(error.example))
        failures.append((rank, error))
        return False
    return True


def _shrink(check: Check, probe: Probe, failures: Failures) -> None:
    """Add failures on smaller and smaller examples."""
    # slow to import, and of no use to whoever breaks no law
    from gradcheck.mask_laws.shrinking import shrink

    shrink(lambda example: _holds(check, probe, example, failures), probe.controllable, VALUES)
