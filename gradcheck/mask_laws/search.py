"""Where laws about single calls are tried: a design of examples, then the search for a small one.

Every law is judged on the same few examples, which cover shapes, dtypes, p and seeds. Hypothesis
works only for a law that is broken: it looks for the smallest example that breaks it, from a fixed
seed, without a database or a deadline.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from tempfile import TemporaryDirectory
from typing import Any
from unittest import SkipTest

import hypothesis
import hypothesis.configuration
import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

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
SHAPES = ((1,), (2,), (3,), (8,), (2, 3), (1, 5), (4, 4), (2, 2, 3), (2, 3, 2, 2))
DROP_PROBABILITIES = (0.5, 0.25, 0.3, 0.1, 0.75, 0.9)
# Of how many examples the search for a small one starts, and with how many it ends.
STARTS, ATTEMPTS = 24, 100

Check = Callable[[Probe, Example], None]
Failures = list[tuple[int, DropoutLawError]]


def judge_on_examples(check: Check, probe: Probe) -> None:
    """Hold an implementation to a law on the design; raise for the smallest failure found."""
    failures: Failures = []
    for place, example in enumerate(design(probe.controllable)):
        if _holds(check, probe, example.copy(), failures):
            continue
        if place >= len(SMALLEST):
            # Masks that cannot be controlled make hypothesis see a flaky test; the failures stand.
            with suppress(Exception), _storage_aside():
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
        failures.append((len(error.example) + 100 * example.x.size, error))
        return False
    return True


def _shrink(check: Check, probe: Probe, failures: Failures) -> None:
    """Add failures on smaller and smaller examples."""
    attempts = itertools.count()

    @hypothesis.settings(max_examples=STARTS, derandomize=True, database=None, deadline=None,
                         phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
                         suppress_health_check=list(hypothesis.HealthCheck), print_blob=False,
                         report_multiple_bugs=False, verbosity=hypothesis.Verbosity.quiet)
    @hypothesis.given(_examples(probe.controllable))
    def attempt(example: Example) -> None:
        if next(attempts) == ATTEMPTS:
            raise SkipTest("small enough")  # which hypothesis lets through at once
        assert _holds(check, probe, example, failures)

    attempt()


def _examples(controllable: bool) -> st.SearchStrategy[Example]:
    seeds = st.integers(0, 2**31 - 3) | st.none() if controllable else st.none()

    @st.composite
    def example(draw: st.DrawFn) -> Example:
        shape = draw(st.sampled_from(SHAPES))
        dtype = draw(st.sampled_from([np.float64, np.float32]))
        x, dout = (draw(hnp.arrays(dtype, shape, elements=st.sampled_from(VALUES),
                                   fill=st.nothing())) for _ in range(2))
        return Example(x, dout, draw(st.sampled_from(DROP_PROBABILITIES)), draw(seeds))

    return example()


@contextmanager
def _storage_aside() -> Iterator[None]:
    """Keep hypothesis from leaving a folder .hypothesis where somebody else is at work."""
    home = vars(hypothesis.configuration).get("__hypothesis_home_directory")
    with TemporaryDirectory() as folder:
        hypothesis.configuration.set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            hypothesis.configuration.set_hypothesis_home_dir(home)
