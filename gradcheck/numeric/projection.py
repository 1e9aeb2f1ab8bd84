"""Gradients of very many coordinates: directional derivatives, and bisection where one disagrees.

For a random direction v, ``f(x + h v) - f(x - h v)`` must equal ``<analytic, 2 h v>``. A Gaussian v
weighs every coordinate, so a wrong one shows in the difference of both sides, the residual. The
residual is additive: that of a range of coordinates is the sum of those of its halves, which finds
one wrong element among P in ``2 log2 P`` evaluations (group testing by bisection).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.equal import AGREES_ALONG, BOUNDS, LOST, norm, of_one_difference, rms
from gradcheck.numeric.compare import compare
from gradcheck.numeric.comparison import Comparison
from gradcheck.numeric.dependence import Alignment
from gradcheck.numeric.differences import Problem, central_differences
from gradcheck.numeric.ladder import RATIO, step_lengths
from gradcheck.numeric.residual import (
    FIRST_STEP,
    Residual,
    by_magnitude,
    residual_along,
    surely,
)
from gradcheck.numeric.resolve import resolve

Array = NDArray[Any]

DIRECTIONS = 2
MORE_DIRECTIONS = 6  # until one shows what scales the whole
FINEST_STEP = 2.0**-35
MOST_WRONG = 24
ALL_COORDINATES = 4096
SAMPLE = 128
MOST_SINGLY, MOST_COARSE = 256, 1e3


def compare_by_projection(
    problem: Problem, position: int, name: str, analytic: Array, rng: np.random.Generator,
    directions: int = DIRECTIONS,
) -> Comparison:
    """Compare a gradient along random directions; locate what is wrong where they disagree."""
    x = problem.evaluator.args[position]
    lengths = step_lengths(x, problem.evaluator.eps)
    comparison = Comparison.along_directions(name, position, analytic)
    scaled = False
    while comparison.directions < (directions if scaled else directions + MORE_DIRECTIONS):
        direction = lengths * rng.standard_normal(x.shape)
        residual = surely(problem, position, analytic, direction)
        comparison.directions += 1
        size = residual.size
        comparison.residual = max(comparison.residual, abs(residual.value) / size if size else 0.0)
        if not residual.known:
            # raises where the reason is that the output's shape depends on values
            problem.evaluator.out(position, x + FINEST_STEP * direction)
        if residual.significant or residual.coarseness > problem.limit:
            direction, residual = _in_parts(problem, position, analytic, direction, residual)
        if residual.significant:
            _find(problem, comparison, direction, residual, rng)
            break
        if residual.coarseness > problem.limit:
            return _one_by_one(problem, comparison, residual)
        comparison.coarseness = max(comparison.coarseness, residual.coarseness)
        scaled |= residual.tells_scale(problem.limit)
    else:
        if not scaled:
            return _one_by_one(problem, comparison, residual)
    comparison.excuse(problem.ulps * comparison.scale)
    return comparison


def _in_parts(problem: Problem, position: int, analytic: Array, direction: Array,
              residual: Residual) -> tuple[Array, Residual]:
    """Return a wrong part of a direction, or the whole with what its parts have told."""
    x, eps = problem.evaluator.args[position], problem.evaluator.eps
    signs = direction / np.where(direction != 0, np.abs(direction), 1.0)
    told = residual
    for lengths in by_magnitude(x):
        part = eps ** (1 / 3) * lengths * signs
        found = surely(problem, position, analytic, part)
        if found.significant:
            return (direction, residual) if residual.significant else (part, found)
        lost = LOST * norm(analytic) * float(np.median(np.abs(part[lengths > 0])))
        if found.coarseness > problem.limit and not found.tolerance <= lost:
            return direction, residual
        share = min(found.coarseness, problem.limit)
        told = replace(residual, value=0.0, tolerance=share * residual.size)
    return direction, told


def _one_by_one(problem: Problem, comparison: Comparison, residual: Residual) -> Comparison:
    """Compare the coordinates of a gradient of which directions tell too little, if not many."""
    shape = comparison.analytic.shape
    comparison.tolerance = np.full(shape, np.inf)
    comparison.settled = np.zeros(shape, dtype=bool)
    # a direction in which nothing shows at all has no coordinate that does
    if comparison.analytic.size <= MOST_SINGLY and residual.coarseness < MOST_COARSE:
        comparison.alignment = Alignment(shape, problem.origin.shape, ())
        resolve(problem, comparison)
        comparison.alignment = None
        comparison.known = comparison.failed.copy()
    else:
        comparison.undecided[...] = True
    if np.any(comparison.undecided):
        comparison.coarseness = residual.coarseness
    return comparison


def _find(problem: Problem, comparison: Comparison, direction: Array, residual: Residual,
          rng: np.random.Generator) -> None:
    """Find the wrong coordinates of a gradient that is wrong along a direction."""
    # a disagreement whose parts are all within their tolerances lies everywhere, or nowhere
    located = _bisect(problem, comparison, direction, residual) or None
    size = comparison.analytic.size
    # where a large part is wrong, the whole is worth its price: patterns need all of it
    if located and len(located) > max(2, size // 50) and size <= ALL_COORDINATES:
        located = None
    if located is None:
        _widespread(problem, comparison, residual.step, rng)
    else:
        _locate(problem, comparison, located)
    decided = comparison.known & ~comparison.undecided
    if not np.any(comparison.failed) and not np.all(decided):
        # wrong along the direction, and no coordinate is known well enough to say where
        comparison.undecided[...] = True
        comparison.coarseness = max(comparison.coarseness, residual.coarseness,
                                    abs(residual.value) / residual.size if residual.size else 0.0)


def _bisect(problem: Problem, comparison: Comparison, direction: Array,
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
            left = residual_along(problem, comparison.position, comparison.analytic,
                                  part.reshape(direction.shape), total.step)
            halves += [(low, middle, left), (middle, high, residual.without(left))]
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
    local = Problem(narrowed, problem.origin, problem.dout,  # type: ignore[arg-type]
                    ulps=problem.ulps, limit=problem.limit, rtol=problem.rtol, atol=problem.atol,
                    typical=rms(comparison.analytic))
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


def _widespread(problem: Problem, comparison: Comparison, step: float,
                rng: np.random.Generator) -> None:
    """Compute all coordinates of a gradient that is wrong all over, or a sample of a large one."""
    size = comparison.analytic.size
    if size <= ALL_COORDINATES:
        comparison.numeric[...], comparison.bound[...] = _all_differences(problem, comparison, step)
        comparison.known[...] = True
        outside = np.flatnonzero(~np.isfinite(comparison.numeric))[:SAMPLE]
        _locate(problem, comparison, outside)
    else:
        chosen = rng.choice(size, SAMPLE, replace=False)
        _locate(problem, comparison, np.sort(chosen))
        comparison.notes.append(f"d{comparison.name} is wrong in many places; {SAMPLE} of its "
                                f"{size} coordinates were compared one by one")
    known, numeric = comparison.known, comparison.numeric
    comparison.scale = np.abs(numeric) + rms(numeric[known & np.isfinite(numeric)])
    error = np.abs(comparison.analytic - numeric)
    # one central difference each: it errs by its truncation, too, about eps^(2/3)
    agrees = of_one_difference(problem.evaluator.eps, AGREES_ALONG)
    tolerance = agrees * comparison.scale + BOUNDS * comparison.bound
    comparison.failed = known & (error > tolerance + problem.granted(comparison.scale))
    comparison.undecided = known & ~comparison.failed & ~(
        np.isfinite(numeric) & (tolerance <= problem.limit * comparison.scale))


def _all_differences(problem: Problem, comparison: Comparison, step: float) -> tuple[Array, Array]:
    """Return a difference quotient of every coordinate, and a bound on its error.

    Where the direction took a wide step, so does each coordinate, by as much as the whole direction
    moved; two steps then tell the truncation.
    """
    x = problem.evaluator.args[comparison.position]
    alignment = Alignment(x.shape, problem.origin.shape, ())
    lengths = step_lengths(x, problem.evaluator.eps)
    if step <= FIRST_STEP:
        return central_differences(problem, comparison.position, alignment, lengths)
    widest = max(1.0, step * math.sqrt(x.size))
    wide, _ = central_differences(problem, comparison.position, alignment, widest * lengths)
    fine, roundoff = central_differences(problem, comparison.position, alignment,
                                         widest / RATIO * lengths)
    correction = (fine - wide) / (RATIO**2 - 1)
    return fine + correction, roundoff + np.abs(correction)
