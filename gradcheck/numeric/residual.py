"""What a directional derivative leaves unexplained of an analytic gradient."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.equal import AGREES_ALONG, BOUNDS, CLEARLY, norm, rms
from gradcheck.numeric.apart import climb_apart
from gradcheck.numeric.climb import LOWEST, climb
from gradcheck.numeric.differences import Problem
from gradcheck.numeric.fit import Fitted, fitted
from gradcheck.numeric.ladder import RATIO, ladder
from gradcheck.numeric.resolve import TARGET
from gradcheck.numeric.slopes import DirectionSlopes

Array = NDArray[Any]

SUMMED = 16.0  # ulps of sum(dout * out): its terms round, too
FIRST_STEP = 1 / 16
FINEST = 2.0**-26  # where poles and kinks are so near that wider steps reach beyond them
DECADES, MOST_PARTS = 5, 8


@dataclass(frozen=True)
class Residual:
    """What a directional derivative leaves unexplained, and how much of that may be error.

    `size` is that of the terms of the analytic derivative, `along` their sum, `step` the one that
    told most; `granted` is what the user's own tolerances allow. `settled` says that something else
    than the tolerance has decided: a kink's interval, or a function that is constant. `roundoff`
    is that of the finest step.
    """

    value: float
    tolerance: float
    size: float = 0.0
    along: float = 0.0
    step: float = FIRST_STEP
    granted: float = 0.0
    settled: bool = False
    roundoff: float = 0.0

    @property
    def significant(self) -> bool:
        """Whether the analytic gradient is wrong somewhere along the direction."""
        return abs(self.value) > self.tolerance + self.granted

    @property
    def known(self) -> bool:
        """Whether any step along the direction stayed inside the function's domain."""
        return math.isfinite(self.value)

    @property
    def coarseness(self) -> float:
        """The share of the derivative's terms that might be wrong, and pass."""
        if self.settled or not self.tolerance:
            return 0.0
        return self.tolerance / self.size if self.size and self.known else math.inf

    def tells_scale(self, limit: float) -> bool:
        """Whether it shows that the gradient as a whole is too large or too small."""
        return self.settled or not self.size or self.tolerance <= limit * abs(self.along)

    def without(self, part: Residual) -> Residual:
        """Return the residual of what is left."""
        return replace(self, value=self.value - part.value,
                       tolerance=self.tolerance + part.tolerance)


def surely(problem: Problem, position: int, analytic: Array, direction: Array) -> Residual:
    """Return the residual along a direction; in doubt, climb the ladder down and up."""
    found = residual_along(problem, position, analytic, direction, FIRST_STEP)
    if found.significant or not found.known:
        found = _by_ladder(problem, position, analytic, direction, found)
    if found.significant or not found.coarseness > problem.limit:
        return found
    if _zero_in_effect(problem, position, analytic, direction, found.tolerance):
        return replace(found, settled=True)
    for start in (LOWEST, FINEST):
        if start == FINEST and found.roundoff > problem.limit * found.size:
            break  # at finer steps there is more of it
        found = _by_climb(problem, position, analytic, direction, found, start)
        if found.significant or not found.coarseness > problem.limit:
            return found
    return _by_fit(problem, position, analytic, direction, found)


def by_magnitude(x: Array) -> Iterator[Array]:
    """Yield directions that move every element by a share of itself, some decades at a time.

    Elements far below the others' size have a scale of their own, and kinks or poles to match; in
    one direction with the others they show too little.
    """
    largest = np.max(np.abs(x), initial=0.0) or 1.0
    decade = np.ceil(np.log10(np.abs(x) / largest, out=np.full(x.shape, -np.inf),
                              where=x != 0) / DECADES)
    parts = np.unique(decade)
    if 1 < len(parts) <= MOST_PARTS:
        for part in parts:
            here = decade == part
            yield np.where(here, np.abs(x) if np.isfinite(part) else rms(x), 0.0)


def residual_along(problem: Problem, position: int, analytic: Array, direction: Array,
                   step: float) -> Residual:
    """Return the residual at one small step, or at a wide one and its multiple."""
    slopes = DirectionSlopes(problem, position, analytic, direction)
    terms = analytic * direction
    size, along = norm(terms), float(np.sum(terms))
    granted = problem.rtol * size + problem.atol * norm(direction)
    fine = slopes(step)
    value, error = float(fine.central[0]), SUMMED * float(fine.roundoff[0])
    if step > FIRST_STEP:
        correction = (value - float(slopes(RATIO * step).central[0])) / (RATIO**2 - 1)
        value, error = value + correction, error + abs(correction)
    return Residual(value, AGREES_ALONG * size + error, size, along, step, granted,
                    roundoff=float(fine.roundoff[0]))


def _by_ladder(problem: Problem, position: int, analytic: Array, direction: Array,
               quick: Residual) -> Residual:
    def decided(value: Array, bound: Array) -> bool:
        clearly = CLEARLY * bound[0] + quick.tolerance
        return bool(bound[0] < AGREES_ALONG * quick.size or abs(value[0]) > clearly)

    estimate = ladder(DirectionSlopes(problem, position, analytic, direction), decided)
    if estimate.kinked[0] and estimate.low[0] <= 0 <= estimate.high[0]:
        return replace(quick, value=0.0, settled=True)
    slack = AGREES_ALONG * quick.size + BOUNDS * float(estimate.bound[0])
    return replace(quick, value=float(estimate.value[0]), tolerance=slack)


def _by_climb(problem: Problem, position: int, analytic: Array, direction: Array,
              found: Residual, start: float) -> Residual:
    """Return what wider steps tell than the first one, if it is more."""
    along = float(np.sum(analytic * direction))
    floor = _floor(problem, position, analytic, direction)
    target = TARGET * problem.limit * found.size + floor

    def enough(value: Array, bound: Array, seen: Array, apart: Array) -> Array:
        tolerance = BOUNDS * bound + floor
        return np.where(np.abs(along - value) > tolerance + found.granted + apart, seen,
                        tolerance <= target)

    slopes, size = DirectionSlopes(problem, position, analytic, direction), np.array([found.size])
    wide = (climb_apart(slopes.terms(), size, enough, start) if slopes.has_terms
            else climb(slopes.whole, size, enough, start))
    residual = replace(found, value=float(wide.value[0]) - along, step=wide.step,
                       tolerance=BOUNDS * float(wide.bound[0]) + floor)
    if residual.significant and not (
            wide.seen[0] and abs(residual.value) > residual.tolerance + wide.apart[0]):
        return found
    constant = bool(wide.constant[0]) and not np.any(analytic)
    better = residual if residual.significant or residual.tolerance < found.tolerance else found
    return replace(better, settled=constant)


def _by_fit(problem: Problem, position: int, analytic: Array, direction: Array,
            found: Residual) -> Residual:
    """Return what many steps tell together that no single one does."""
    slopes = DirectionSlopes(problem, position, analytic, direction)
    floor = _floor(problem, position, analytic, direction)
    wanted = (problem.limit * found.size - floor) / BOUNDS

    def agrees(fit: Fitted) -> bool:
        return abs(fit.value - found.along) <= BOUNDS * fit.bound + floor

    # a direction of many elements meets corners to both sides
    fit = fitted(slopes.change, slopes.last_place, wanted, agrees if direction.size == 1 else None)
    value = fit.value - found.along
    if not (fit.bound <= wanted and (agrees(fit) or fit.surely(abs(value) - floor))):
        return found
    return replace(found, value=value, tolerance=BOUNDS * fit.bound + floor, step=fit.step)


def _floor(problem: Problem, position: int, analytic: Array, direction: Array) -> float:
    """Return how far a directional derivative may be off by the gradient's own rounding."""
    spread = np.broadcast_to(problem.spread(position), analytic.shape)
    return AGREES_ALONG * norm(analytic * direction) + norm(spread * direction)


def _zero_in_effect(problem: Problem, position: int, analytic: Array, direction: Array,
                    tolerance: float) -> bool:
    """Whether the gradient is nothing but the rounding of terms that are large enough."""
    spread = np.broadcast_to(problem.spread(position), analytic.shape)
    spread = spread + (float(np.median(spread)) if spread.size else 0.0)
    terms = norm(spread / problem.moved_by * direction)
    return bool(np.all((spread > 0) & (np.abs(analytic) <= spread))
                and tolerance <= problem.limit * terms)
