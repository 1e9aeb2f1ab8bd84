"""Coordinates that would pass although much could hide behind their tolerance.

Nothing passes by a tolerance above a small share of the gradient. Before such a coordinate is left
undecided, everything is tried: whether the gradient is zero in effect, no larger than its own
rounding errors; steps that climb to the function's own scale; the outputs of a layer one by one,
since what cancels in their sum may be plain in each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gradcheck.equal import BOUNDS, FLOOR, NEGLIGIBLE, rms
from gradcheck.numeric.apart import climb_apart
from gradcheck.numeric.climb import Climbed, Enough, climb, steepest
from gradcheck.numeric.comparison import Array, Comparison
from gradcheck.numeric.dependence import Alignment, Index, align
from gradcheck.numeric.differences import Problem
from gradcheck.numeric.fit import Fitted, fitted
from gradcheck.numeric.ladder import step_lengths
from gradcheck.numeric.slopes import DirectionSlopes, GroupSlopes

WIDER = (2.0**10, 2.0**24)  # probes of the dependence: at small steps all may be a plateau
TARGET = 1 / 8  # of the widest tolerance that decides: where the climb may end
MOST_CLIMBS = 1024  # groups of one argument
REACH = 4.0  # of x's own size
FUTILE = 4  # climbs in a row that decide nothing
MISSES = 2  # fits that do not
ROUNDING = 0.5  # of the widest tolerance, what an analytic value may err by and still be told


def resolve(problem: Problem, comparison: Comparison) -> None:
    """Decide what would pass by a wide tolerance; mark as undecided what nothing decides."""
    # no sum of the two: what scales a whole gradient shows at its largest element alone
    size = np.maximum(np.abs(comparison.analytic), max(problem.typical, rms(comparison.analytic)))
    open_ = comparison.passes_widely(problem.limit * size)
    if np.any(open_):
        comparison.settled |= open_ & zero_in_effect(problem, comparison.position,
                                                     comparison.analytic, comparison.tolerance)
        open_ &= ~comparison.settled
    # where the output overflows already, a wider step has nothing to add
    if np.any(open_) and np.all(np.isfinite(problem.origin)):
        shared = _Coordinates.of(problem, comparison, size)
        _climb_all(shared, open_)
        if problem.origin.size == 1:
            _fit_all(shared)
    comparison.close(size, problem.limit)


def zero_in_effect(problem: Problem, position: int, analytic: Array, tolerance: Array) -> Array:
    """Return where a gradient is nothing but the rounding of terms that cancel.

    A bias's gradient before batchnorm is. A scatter of `moved_by` times the terms tells how large
    they are; one coordinate's may be small by chance.
    """
    spread = np.broadcast_to(problem.spread(position), analytic.shape)
    spread = spread + (float(np.median(spread)) if spread.size else 0.0)
    terms = spread / problem.moved_by
    return np.asarray((spread > 0) & (np.abs(analytic) <= spread)
                      & (tolerance <= problem.limit * terms))


@dataclass(frozen=True)
class _Coordinates:
    """What the climbs of one argument's coordinates share."""

    problem: Problem
    comparison: Comparison
    size: Array
    floor: Array
    lengths: Array
    alignment: Alignment

    @classmethod
    def of(cls, problem: Problem, comparison: Comparison, size: Array) -> _Coordinates:
        evaluator, position = problem.evaluator, comparison.position
        lengths = step_lengths(evaluator.args[position], evaluator.eps)
        spread = np.broadcast_to(problem.spread(position), size.shape)
        floor = (FLOOR * evaluator.eps + problem.ulps) * size + spread
        return cls(problem, comparison, size, np.asarray(floor), lengths,
                   _surely_aligned(problem, comparison, lengths))

    def climbed(self, group: Index) -> tuple[Climbed, Array]:
        """Return what the steps of one group's coordinates tell, and its tolerance."""
        analytic, size, floor = (np.atleast_1d(values[group]).ravel() for values in (
            self.comparison.analytic, self.size, self.floor))
        slopes, enough = self.slopes(group), _decider(analytic, size, floor, self.problem.limit)
        found = (climb_apart(slopes.terms(), size, enough) if slopes.has_terms
                 else climb(slopes, size, enough))
        return found, BOUNDS * found.bound + floor

    def slopes(self, group: Index) -> GroupSlopes:
        """Return the quotients of a group's coordinates at any step."""
        return GroupSlopes(self.problem, self.comparison.position, self.alignment, group,
                            self.lengths)


    def line(self, where: tuple[int, ...]) -> tuple[Callable[[float], float], float]:
        """Return the change of a scalar function along a coordinate, and its last place."""
        problem, position = self.problem, self.comparison.position
        direction = np.zeros_like(self.lengths)
        direction[where] = 1.0
        slopes = DirectionSlopes(problem, position, self.comparison.analytic, direction)
        return slopes.change, slopes.last_place


def _decider(analytic: Array, size: Array, floor: Array, limit: float) -> Enough:
    """Return what tells where an analytic value surely agrees or surely does not."""
    def enough(value: Array, bound: Array, seen: Array, apart: Array) -> Array:
        tolerance = BOUNDS * bound + floor
        wrong = np.abs(analytic - value) > tolerance + apart
        return np.asarray(np.where(wrong, seen, tolerance <= TARGET * limit * size + floor))
    return enough


def _surely_aligned(problem: Problem, comparison: Comparison, lengths: Array) -> Alignment:
    """Return the axes that do not mix at wide steps, either."""
    alignment, evaluator = comparison.alignment, problem.evaluator
    assert alignment is not None
    if not alignment.pairs:
        return alignment
    pairs = set(alignment.pairs)
    scale = lengths / evaluator.eps ** (1 / 3)
    for wider in WIDER:
        try:
            found = align(evaluator, comparison.position, problem.origin, wider * scale)
        except Exception as error:
            if not getattr(error, "raised_by_forward", False):
                raise
            continue
        pairs &= set(found.pairs)
    return Alignment(alignment.in_shape, alignment.out_shape, tuple(sorted(pairs)))


def _climb_all(shared: _Coordinates, open_: Array) -> None:
    """Climb with every group that holds an open coordinate, until that proves futile."""
    comparison, futile = shared.comparison, 0
    for group in shared.alignment.groups_of(open_)[:MOST_CLIMBS]:
        found, tolerance = shared.climbed(group)
        _judge(shared, group, found, tolerance, np.atleast_1d(open_[group]).ravel())
        still = comparison.passes_widely(shared.problem.limit * shared.size) & ~comparison.settled
        futile = futile + 1 if np.any(still[group] & open_[group]) else 0
        if futile == FUTILE:
            break


def _fit_all(shared: _Coordinates) -> None:
    """Fit many values along each coordinate that is still open, until that proves futile."""
    comparison, problem = shared.comparison, shared.problem
    open_ = comparison.passes_widely(problem.limit * shared.size) & ~comparison.settled
    misses = 0
    # the coarsest first: one that stays open leaves the argument open, whatever the others tell
    coarseness = (comparison.tolerance / np.where(shared.size > 0, shared.size, 1.0))[open_]
    for place in np.argwhere(open_)[np.argsort(-coarseness, kind="stable")]:
        misses += not _fits(shared, tuple(map(int, place)))
        # a second may be wrong for sure
        if misses == MISSES:
            break


def _fits(shared: _Coordinates, where: tuple[int, ...]) -> bool:
    """Write what many values along a coordinate tell into the comparison, if they do."""
    comparison, limit = shared.comparison, shared.problem.limit
    analytic, floor = float(comparison.analytic[where]), float(shared.floor[where])
    most = limit * float(shared.size[where])
    # a floor that is wider hides no more than the values differ by
    wanted = max(most - floor, ROUNDING * most) / BOUNDS

    def agrees(fit: Fitted) -> bool:
        return abs(analytic - fit.value) <= BOUNDS * fit.bound + floor

    fit = fitted(*shared.line(where), wanted, agrees)
    wrong = fit.surely(abs(analytic - fit.value) - floor)
    hides = BOUNDS * fit.bound + min(floor, abs(analytic - fit.value))
    told = fit.bound <= wanted and (wrong or (agrees(fit) and hides <= most))
    if told:
        comparison.numeric[where], comparison.bound[where] = fit.value, fit.bound
        comparison.tolerance[where] = hides
        comparison.failed[where] = wrong
    return told


def _judge(shared: _Coordinates, group: Index, found: Climbed, tolerance: Array, here: Array
           ) -> None:
    """Write what a climb says of its open coordinates into the comparison."""
    comparison = shared.comparison
    analytic, before, size = (np.atleast_1d(values[group]).ravel() for values in (
        comparison.analytic, comparison.tolerance, shared.size))
    error = np.abs(analytic - found.value)
    failed = here & found.seen & (error > tolerance + found.apart)
    # the analytic value's own rounding hides no more than it differs by
    hides = np.minimum(tolerance, error + BOUNDS * found.bound)
    passed = here & (error <= tolerance) & (hides < before)
    settled = here & found.constant & (analytic == 0)
    hidden = np.where(passed, hides, before)
    wide = here & ~failed & ~settled & ~(hidden <= shared.problem.limit * size)
    if np.any(wide):
        # a saturated sigmoid's gradient is nothing beside the slopes that it has within reach
        reach = REACH / shared.problem.evaluator.eps ** (1 / 3)
        settled |= wide & (np.maximum(np.abs(analytic), hidden) <= NEGLIGIBLE * steepest(
            shared.slopes(group).of_sums, reach))
    told = failed | passed
    shape = np.shape(comparison.numeric[group])
    for name, mask, values in (
            ("numeric", told, found.value), ("bound", told, found.bound),
            ("tolerance", told, np.where(failed, tolerance, hides)), ("failed", failed, failed),
            ("settled", settled, settled)):
        array = getattr(comparison, name)
        old = np.atleast_1d(array[group]).ravel()
        array[group] = np.where(mask, values, old).reshape(shape)
    if np.any(failed):
        worst = int(np.argmax(np.where(failed, error / np.where(size > 0, size, 1.0), -1.0)))
        comparison.climbed[shared.alignment.place(group, worst, shape)] = tuple(
            (float(rung.step[worst]), float(rung.central[worst]), float(rung.roundoff[worst]))
            for rung in reversed(found.rungs) if rung.step.shape)
