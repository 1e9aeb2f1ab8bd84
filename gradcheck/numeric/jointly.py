"""Gradients of all arguments along the same random directions, where they need but be confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.equal import AGREES_ALONG, NEGLIGIBLE, norm
from gradcheck.numeric.comparison import Comparison
from gradcheck.numeric.differences import Problem, natural_scale
from gradcheck.numeric.ladder import step_lengths
from gradcheck.numeric.projection import compare_by_projection
from gradcheck.numeric.residual import FIRST_STEP, SUMMED

Array = NDArray[Any]


@dataclass(frozen=True)
class Together:
    """What a direction in which all arguments move leaves unexplained of their gradients.

    `sizes` and `sums` are those of each argument's terms, by its position; `size` is that of all.
    """

    value: float
    tolerance: float
    sizes: Mapping[int, float]
    sums: Mapping[int, float]
    size: float

    def coarseness(self, position: int) -> float:
        """Return the share of an argument's terms that might be wrong, and pass."""
        return self.tolerance / self.sizes[position] if self.sizes[position] else np.inf

    def is_nothing(self, position: int) -> bool:
        """Whether an argument's gradient is nothing beside the others'."""
        return self.size > 0 and self.sizes[position] <= NEGLIGIBLE * self.size


@dataclass(frozen=True)
class Jointly:
    """Gradients that are compared along so many directions; each on its own only where those fail.

    Attributes
    ----------
    problem : Problem
        The function and the point.
    gradients : mapping of int to ndarray
        The analytic ones at float64, by the arguments' positions.
    rng : np.random.Generator
        Draws the directions.
    directions : int
        How many.
    """

    problem: Problem
    gradients: Mapping[int, Array]
    rng: np.random.Generator
    directions: int

    def comparison(self, problem: Problem, position: int, name: str, analytic: Array
                   ) -> Comparison:
        """Return the comparison of one argument's gradient, within what its dtype allows."""
        found = Comparison.along_directions(name, position, analytic)
        if self._confirm(position, problem.limit):
            found.directions = self.directions
            found.residual = max(abs(one.value) / one.size for one in self._seen)
            found.coarseness = max(0.0 if one.is_nothing(position) else one.coarseness(position)
                                   for one in self._seen)
        else:
            found = compare_by_projection(problem, position, name, analytic, self.rng,
                                          self.directions)
        found.natural = natural_scale(problem.origin, problem.dout,
                                      problem.evaluator.args[position])
        return found

    def _confirm(self, position: int, limit: float) -> bool:
        """Whether the directions leave nothing unexplained of an argument's gradient."""
        return all(abs(one.value) <= one.tolerance for one in self._seen) and (
            all(one.is_nothing(position) for one in self._seen) or (
                all(one.coarseness(position) <= limit for one in self._seen)
                and any(one.tolerance <= limit * abs(one.sums[position]) for one in self._seen)))

    @cached_property
    def _seen(self) -> list[Together]:
        return [self._along() for _ in range(self.directions)]

    def _along(self) -> Together:
        evaluator, dout = self.problem.evaluator, self.problem.dout
        ways = {i: FIRST_STEP * step_lengths(evaluator.args[i], evaluator.eps)
                * self.rng.standard_normal(evaluator.args[i].shape) for i in self.gradients}
        ends = [evaluator.beside({i: evaluator.args[i] + sign * way for i, way in ways.items()})
                for sign in (1, -1)]
        above, below = (float(np.sum(dout * end)) if end.shape == dout.shape else np.nan
                        for end in ends)
        terms = {i: self.gradients[i] * way for i, way in ways.items()}
        sizes = {i: norm(entry) for i, entry in terms.items()}
        sums = {i: float(np.sum(entry)) for i, entry in terms.items()}
        rounding = SUMMED * evaluator.eps * (abs(above) + abs(below)) / 2
        size = norm(np.array(list(sizes.values())))
        return Together((above - below) / 2 - sum(sums.values()), AGREES_ALONG * size + rounding,
                        sizes, sums, size)
