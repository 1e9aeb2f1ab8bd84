"""The search for the smallest example on which something does not hold, by hypothesis.

It runs from a fixed seed, without a database or a deadline, and leaves no file behind.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from unittest import SkipTest

import hypothesis
import hypothesis.configuration
import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gradcheck.mask_laws.example import Example

SHAPES = ((1,), (2,), (3,), (8,), (2, 3), (1, 5), (4, 4), (2, 2, 3), (2, 3, 2, 2))
DROP_PROBABILITIES = (0.5, 0.25, 0.3, 0.1, 0.75, 0.9)
# Of how many examples the search for a small one starts, and with how many it ends.
STARTS, ATTEMPTS = 24, 100


def shrink(holds: Callable[[Example], bool], controllable: bool, values: Sequence[float]) -> None:
    """Call `holds` on smaller and smaller examples, as long as it returns False.

    Parameters
    ----------
    holds : callable
        Takes an Example; it keeps its own account of what failed.
    controllable : bool
        Whether examples have seeds.
    values : sequence of float
        What x and dout are made of.

    Raises
    ------
    Exception
        Whatever hypothesis raises for the example that it ends with.
    """
    attempts = itertools.count()

    @hypothesis.settings(max_examples=STARTS, derandomize=True, database=None, deadline=None,
                         phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
                         suppress_health_check=list(hypothesis.HealthCheck), print_blob=False,
                         report_multiple_bugs=False, verbosity=hypothesis.Verbosity.quiet)
    @hypothesis.given(_examples(controllable, values))
    def attempt(example: Example) -> None:
        if next(attempts) == ATTEMPTS:
            raise SkipTest("small enough")  # which hypothesis lets through at once
        assert holds(example)

    with _storage_aside():
        attempt()


def _examples(controllable: bool, values: Sequence[float]) -> st.SearchStrategy[Example]:
    seeds = st.integers(0, 2**31 - 3) | st.none() if controllable else st.none()

    @st.composite
    def example(draw: st.DrawFn) -> Example:
        shape = draw(st.sampled_from(SHAPES))
        dtype = draw(st.sampled_from([np.float64, np.float32]))
        x, dout = (draw(hnp.arrays(dtype, shape, elements=st.sampled_from(values),
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
