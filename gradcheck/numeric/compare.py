"""Analytic against numeric, coordinate by coordinate, each with a tolerance of its own.

First every coordinate gets one difference: to one side where that is all it takes, a central one
elsewhere. Where it agrees with the analytic value to within its roundoff, two independent
computations agree and nothing is left to doubt. Only the suspects climb the ladder of
`numeric.ladder`, which bounds the numeric error and finds kinks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.equal import (
    BOUNDS,
    CLEARLY,
    FLOOR,
    NEGLIGIBLE,
    TERMS,
    TIED,
    TOO_WIDE,
    of_one_difference,
    size_of,
)
from gradcheck.numeric.comparison import Comparison
from gradcheck.numeric.dependence import Alignment, Index, align
from gradcheck.numeric.differences import (
    LEAST_TERM,
    Problem,
    central_differences,
    natural_scale,
)
from gradcheck.numeric.ladder import Estimate, ladder, step_lengths
from gradcheck.numeric.one_sided import one_sided_differences
from gradcheck.numeric.resolve import resolve
from gradcheck.numeric.slopes import GroupSlopes, refined

Array = NDArray[Any]
SHARP = 1e-6  # relative: a bound that the ladder need not narrow any further


def compare(problem: Problem, position: int, name: str, analytic: Array,
            alignment: Alignment | None = None) -> Comparison:
    """Compare every coordinate of one argument's gradient with its numeric value."""
    evaluator, origin, dout = problem.evaluator, problem.origin, problem.dout
    x = evaluator.args[position]
    lengths = step_lengths(x, evaluator.eps)
    if alignment is None:
        alignment = align(evaluator, position, origin, lengths / evaluator.eps ** (1 / 3))
    numeric, roundoff = (
        one_sided_differences(problem, position, alignment, lengths, analytic)
        or central_differences(problem, position, alignment, lengths))
    comparison = Comparison.of_differences(name, position, analytic, numeric, roundoff,
                                           natural_scale(origin, dout, x), alignment)
    error = np.abs(analytic - numeric)
    terms = comparison.natural if origin.ndim else LEAST_TERM
    allowed = of_one_difference(evaluator.eps) * comparison.scale + evaluator.eps * terms
    agree = error <= allowed
    comparison.bound = np.asarray(np.maximum(roundoff, np.where(agree, error, 0.0)))
    # an agreement with a difference that is nothing but roundoff would be one by chance
    comparison.tolerance = np.asarray(np.maximum(allowed, roundoff))
    if not np.all(agree):
        _examine(problem, comparison, ~agree, lengths)
        comparison.scale = size_of(comparison.numeric)
    comparison.excuse(problem.ulps * (comparison.scale + comparison.natural))
    resolve(problem, comparison)
    if problem.grants:
        comparison.excuse(problem.granted(problem.typical + comparison.scale))
    return comparison


def _examine(problem: Problem, comparison: Comparison, suspects: Array, lengths: Array) -> None:
    """Send every group that holds a suspect up the ladder, and judge its coordinates."""
    alignment = comparison.alignment
    assert alignment is not None
    noise: Array | float | None = None
    for group in alignment.groups_of(suspects):
        analytic, rough, scale, natural = (
            _flat(values, group) for values in (comparison.analytic, comparison.numeric,
                                                comparison.scale, comparison.natural))
        if noise is None and not np.all(np.abs(analytic - rough) >= TOO_WIDE * scale):
            noise = problem.analytic_noise(comparison.position)
        local = np.broadcast_to(0.0 if noise is None else noise, comparison.analytic.shape)
        # an analytic value such as 1 - tanh(x)^2 cancels, with errors of the size of its terms
        eps = problem.evaluator.eps
        floor = FLOOR * eps * scale + TERMS * eps * natural + _flat(local, group)
        near = scale + NEGLIGIBLE * natural
        estimate = _estimated(problem, comparison, group, lengths, (analytic, near, floor))
        _judge(comparison, group, estimate, (analytic, near, floor))
    if np.any(comparison.kinked & ~comparison.failed):
        _examine_ties(problem, comparison, lengths)


def _flat(values: Array, group: Index) -> Array:
    """Return the values of a group's coordinates as a vector."""
    return np.atleast_1d(values[group]).ravel()


def _estimated(problem: Problem, comparison: Comparison, group: Index, lengths: Array,
               judged: tuple[Array, Array, Array]) -> Estimate:
    """Return the best estimate of a group's derivatives: by the ladder, then by complex steps."""
    position, alignment = comparison.position, comparison.alignment
    assert alignment is not None
    decided = _decider(*judged)
    estimate = ladder(GroupSlopes(problem, position, alignment, group, lengths), decided)
    own = _own_lengths(problem, position, group, lengths, estimate, near=judged[1])
    if own is not None:
        estimate = estimate.better(ladder(
            GroupSlopes(problem, position, alignment, group, own), decided))
    return refined(problem, position, group, alignment, estimate)


def _examine_ties(problem: Problem, comparison: Comparison, lengths: Array) -> None:
    """Move all kinked coordinates together: of tied maxima, only one may pass the gradient on.

    Each of two tied inputs may have any slope from 0 to 1, yet the slope along both must be 1.
    """
    tied = comparison.kinked & ~comparison.failed
    evaluator, position, dout = problem.evaluator, comparison.position, problem.dout
    x, origin = evaluator.args[position], problem.origin
    direction = np.where(tied, lengths, 0.0)
    above = dout * (evaluator.out(position, x + direction) - origin)
    below = dout * (origin - evaluator.out(position, x - direction))
    low, high = float(np.sum(np.minimum(above, below))), float(np.sum(np.maximum(above, below)))
    along = float(np.sum(comparison.analytic * direction))
    share = max(TIED, FLOOR * evaluator.eps)
    slack = share * float(np.sum(np.abs(comparison.analytic * direction)))
    if not low - slack <= along <= high + slack:
        comparison.failed |= tied


def _own_lengths(problem: Problem, position: int, group: Index, lengths: Array,
                 estimate: Estimate, near: Array) -> Array | None:
    """Return steps in proportion to each |x_i| where those of the array's scale decided nothing.

    An element far below the others' size has its own scale: log(x) at 1e-7 among 1e6 knows no
    steps of 1e6's size.
    """
    x = problem.evaluator.args[position]
    unresolved = (estimate.bound > TOO_WIDE * near) & ~estimate.kinked
    own = problem.evaluator.eps ** (1 / 3) * np.abs(x[group])
    chosen = unresolved.reshape(np.shape(own)) & (own > 0)
    if not np.any(chosen):
        return None
    changed = lengths.copy()
    changed[group] = np.where(chosen, own, lengths[group])
    return changed


def _decider(analytic: Array, reference: Array, floor: Array) -> Callable[[Array, Array], bool]:
    """Return the ladder's stopping rule: every coordinate clearly agrees or clearly does not."""
    def decided(value: Array, bound: Array) -> bool:
        error = np.abs(analytic - value)
        agrees = (error <= BOUNDS * bound + floor) & (bound <= SHARP * reference)
        # steps beyond a function's own scale give small values with small, yet wide, bounds
        sharp = bound <= TOO_WIDE * np.maximum(np.abs(value), NEGLIGIBLE**2 * np.abs(analytic))
        return bool(np.all(agrees | (sharp & (error > CLEARLY * (bound + floor)))))
    return decided


def _judge(comparison: Comparison, group: Index, estimate: Estimate,
           judged: tuple[Array, Array, Array]) -> None:
    """Write what the estimate says of a group's coordinates into the comparison."""
    analytic, near, floor = judged
    shape = np.shape(comparison.numeric[group])
    slack = BOUNDS * estimate.bound + floor
    # a one-sided slope errs by the curvature of its side, however short the step
    edge = floor + TIED * np.maximum(np.abs(estimate.low), np.abs(estimate.high))
    between = (analytic >= estimate.low - edge) & (analytic <= estimate.high + edge)
    failed = np.where(estimate.kinked, ~between, ~(np.abs(analytic - estimate.value) <= slack))
    failed &= np.isfinite(estimate.bound) | ~np.isfinite(analytic)
    comparison.numeric[group] = estimate.value.reshape(shape)
    comparison.bound[group] = np.minimum(estimate.bound, 1e300).reshape(shape)
    comparison.failed[group] = failed.reshape(shape)
    comparison.tolerance[group] = slack.reshape(shape)
    comparison.kinked[group] = estimate.kinked.reshape(shape)
    if np.any(failed):
        error = np.where(failed, np.abs(analytic - estimate.value) / near, -1.0)
        worst = int(np.argmax(error))
        comparison.climbed[Alignment.place(group, worst, shape)] = estimate.steps(worst)
