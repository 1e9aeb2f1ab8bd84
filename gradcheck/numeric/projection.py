"""Gradients of very many coordinates: directional derivatives, and bisection where one disagrees.

For a random direction v, ``f(x + h v) - f(x - h v)`` must equal ``<analytic, 2 h v>``. A Gaussian v
weighs every coordinate, so a wrong one shows in the difference of both sides, the residual. The
residual is additive: that of a range of coordinates is the sum of those of its halves, which finds
one wrong element among P in ``2 log2 P`` evaluations (group testing by bisection).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.equal import AGREES_ALONG, BOUNDS, CLEARLY, TOO_WIDE, of_one_difference, rms
from gradcheck.numeric.compare import compare
from gradcheck.numeric.comparison import Comparison
from gradcheck.numeric.dependence import Alignment
from gradcheck.numeric.differences import Problem, central_differences
from gradcheck.numeric.ladder import Slopes, ladder, step_lengths

Array = NDArray[Any]

DIRECTIONS = 2
SUMMED = 16.0  # ulps of sum(dout * out): its terms round, too
FIRST_STEP = 1 / 16
FINEST_STEP = 2.0**-35
MOST_WRONG = 24
ALL_COORDINATES = 4096
SAMPLE = 128


@dataclass(frozen=True)
class Residual:
    """What a directional derivative leaves unexplained, and how much of that may be error."""

    value: float
    tolerance: float

    @property
    def significant(self) -> bool:
        """Whether the analytic gradient is wrong somewhere along the direction."""
        return abs(self.value) > self.tolerance

    @property
    def known(self) -> bool:
        """Whether any step along the direction stayed inside the function's domain."""
        return math.isfinite(self.value)


def compare_by_projection(
    problem: Problem, position: int, name: str, analytic: Array, rng: np.random.Generator,
    directions: int = DIRECTIONS,
) -> Comparison:
    """Compare a gradient along random directions; locate what is wrong where they disagree."""
    x = problem.evaluator.args[position]
    lengths = step_lengths(x, problem.evaluator.eps)
    located: list[int] | None = []
    comparison = Comparison.along_directions(name, position, analytic)
    for _ in range(directions):
        direction = lengths * rng.standard_normal(x.shape)
        residual = _residual(problem, position, analytic, direction, careful=True)
        comparison.directions += 1
        size = float(np.linalg.norm(analytic * direction))
        comparison.residual = max(comparison.residual, abs(residual.value) / size if size else 0.0)
        if not residual.known:
            # raises where the reason is that the output's shape depends on values
            problem.evaluator.out(position, x + FINEST_STEP * direction)
            comparison.undecided[...] = True
            break
        if residual.significant:
            # a disagreement whose parts are all within their tolerances lies everywhere, or nowhere
            located = _bisect(problem, position, analytic, direction, residual) or None
            break
    # where a large part is wrong, the whole is worth its price: patterns need all of it
    if located and len(located) > max(2, x.size // 50) and x.size <= ALL_COORDINATES:
        located = None
    if located is None:
        _widespread(problem, comparison, lengths, rng)
    elif located:
        _locate(problem, comparison, located)
    return comparison


def _residual(
    problem: Problem, position: int, analytic: Array, direction: Array, *, careful: bool = False
) -> Residual:
    """Return the directional derivative's residual at one small step; climb the ladder in doubt."""
    slopes = _residual_slopes(problem, position, analytic, direction)
    size = math.sqrt(float(np.sum(np.square(analytic * direction))))
    quick = slopes(FIRST_STEP)
    tolerance = AGREES_ALONG * size + SUMMED * float(quick.roundoff[0])
    residual = Residual(float(quick.central[0]), tolerance)
    if residual.known and not (careful and residual.significant):
        return residual

    def decided(value: Array, bound: Array) -> bool:
        clearly = CLEARLY * bound[0] + tolerance
        return bool(bound[0] < AGREES_ALONG * size or abs(value[0]) > clearly)

    estimate = ladder(slopes, decided)
    if estimate.kinked[0] and estimate.low[0] <= 0 <= estimate.high[0]:
        return Residual(0.0, tolerance)
    slack = AGREES_ALONG * size + BOUNDS * float(estimate.bound[0])
    return Residual(float(estimate.value[0]), slack)


def _residual_slopes(problem: Problem, position: int, analytic: Array, direction: Array) -> Any:
    evaluator, dout = problem.evaluator, problem.dout
    x = evaluator.args[position]
    level = float(np.sum(problem.origin * dout))

    def slopes(s: float) -> Slopes:
        plus, minus = x + s * direction, x - s * direction
        above = float(np.sum(evaluator.anywhere(position, plus) * dout))
        below = float(np.sum(evaluator.anywhere(position, minus) * dout))
        problem.progress(2)
        forward = (above - level - float(np.sum(analytic * (plus - x)))) / s
        backward = (level - below - float(np.sum(analytic * (x - minus)))) / s
        # summing P products rounds too, by about eps |a . v| sqrt(P), far below the step's share
        roundoff = evaluator.eps * (abs(above) + abs(below)) / (2 * s)
        ends = sorted((forward, backward))
        values = ((forward + backward) / 2, *ends, roundoff, s)
        return Slopes(*(np.array([value]) for value in values))

    return slopes


def _bisect(problem: Problem, position: int, analytic: Array, direction: Array,
            total: Residual) -> list[int] | None:
    """Return the flat indices of wrong elements, or None if they are too many to be isolated.

    Level by level, the left half of every range that holds something wrong is measured; the right
    half's residual is what is left.
    """
    flat = direction.ravel()
    level = [(0, flat.size, total)]
    while any(high - low > 1 for low, high, _ in level):
        halves = []
        for low, high, residual in level:
            if high - low == 1:
                halves.append((low, high, residual))
                continue
            middle = (low + high) // 2
            part = np.zeros_like(flat)
            part[low:middle] = flat[low:middle]
            left = _residual(problem, position, analytic, part.reshape(direction.shape))
            right = Residual(residual.value - left.value, residual.tolerance + left.tolerance)
            halves += [(low, middle, left), (middle, high, right)]
        level = [entry for entry in halves if entry[2].significant]
        if len(level) > MOST_WRONG:
            return None
    return [low for low, _, _ in level]


def _locate(problem: Problem, comparison: Comparison, flat: Iterable[int]) -> None:
    """Judge some coordinates, each on its own."""
    for place in flat:
        index = tuple(map(int, np.unravel_index(place, comparison.analytic.shape)))
        single = _single(problem, comparison, index)
        for name in ("numeric", "bound", "failed", "undecided", "kinked", "scale"):
            getattr(comparison, name)[index] = getattr(single, name)[0]
        if (0,) in single.climbed:
            comparison.climbed[index] = single.climbed[0,]
        comparison.known[index] = True


def _single(problem: Problem, comparison: Comparison, index: tuple[int, ...]) -> Comparison:
    """Compare one coordinate, as the only one of a function of one number."""
    evaluator, position = problem.evaluator, comparison.position
    narrowed = _OneCoordinate(evaluator, position, index)
    local = Problem(narrowed, problem.origin, problem.dout)  # type: ignore[arg-type]
    alignment = Alignment((1,), problem.origin.shape, ())
    return compare(local, 0, comparison.name, comparison.analytic[index].reshape(1), alignment)


class _OneCoordinate:
    """An evaluator of one coordinate of another evaluator's argument."""

    def __init__(self, evaluator: Any, position: int, index: tuple[int, ...]) -> None:
        self.whole, self.position, self.index = evaluator, position, index
        self.args = (evaluator.args[position][index].reshape(1),)
        self.eps = evaluator.eps

    @property
    def count(self) -> int:
        return int(self.whole.count)

    @count.setter
    def count(self, value: int) -> None:
        self.whole.count = value

    def call(self, position: int, value: Array) -> Any:
        return self.whole.call(self.position, self._moved(value))

    def out(self, position: int, value: Array) -> Array:
        out: Array = self.whole.out(self.position, self._moved(value))
        return out

    def uncounted(self, position: int, value: Array) -> Array:
        out: Array = self.whole.uncounted(self.position, self._moved(value))
        return out

    def anywhere(self, position: int, value: Array) -> Array:
        out: Array = self.whole.anywhere(self.position, self._moved(value))
        return out

    def _moved(self, value: Array) -> Array:
        moved: Array = self.whole.args[self.position].astype(value.dtype)
        moved[self.index] = value[0]
        return moved


def _widespread(problem: Problem, comparison: Comparison, lengths: Array,
                rng: np.random.Generator) -> None:
    """Compute all coordinates of a gradient that is wrong all over, or a sample of a large one."""
    size = comparison.analytic.size
    if size <= ALL_COORDINATES:
        alignment = Alignment(comparison.analytic.shape, problem.origin.shape, ())
        numeric, bound = central_differences(problem, comparison.position, alignment, lengths)
        comparison.numeric[...], comparison.bound[...] = numeric, bound
        comparison.known[...] = True
        outside = np.flatnonzero(~np.isfinite(numeric))[:SAMPLE]
        _locate(problem, comparison, outside)
    else:
        chosen = rng.choice(size, SAMPLE, replace=False)
        _locate(problem, comparison, np.sort(chosen))
        comparison.notes.append(f"d{comparison.name} is wrong in many places; {SAMPLE} of its "
                                f"{size} coordinates were compared one by one")
    known = comparison.known
    numeric = comparison.numeric
    comparison.scale = np.abs(numeric) + rms(numeric[known & np.isfinite(numeric)])
    error = np.abs(comparison.analytic - numeric)
    # one central difference each: it errs by its truncation, too, about eps^(2/3)
    agrees = of_one_difference(problem.evaluator.eps, AGREES_ALONG)
    comparison.failed = known & (error > agrees * comparison.scale + BOUNDS * comparison.bound)
    comparison.undecided = known & ~comparison.failed & ~(
        np.isfinite(numeric) & (comparison.bound <= TOO_WIDE * comparison.scale))
