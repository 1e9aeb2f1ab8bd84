"""Analytic against numeric, coordinate by coordinate, each with a tolerance of its own.

First every coordinate gets one central difference. Where it agrees with the analytic value to
within its roundoff, two independent computations agree and nothing is left to doubt. Only the
suspects climb the ladder of `numeric.ladder`, which bounds the numeric error and finds kinks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.numeric.dependence import Alignment, Index, align
from gradcheck.numeric.evaluator import Evaluator
from gradcheck.numeric.ladder import Estimate, Slopes, complex_step, ladder, step_lengths

Array = NDArray[Any]
MapLike = Callable[[Callable[[Any], Any], list[Any]], Iterable[Any]]

AGREES = 1e-8
TRUNCATION = 4.0
FLOOR = 2.0**12
BOUNDS = 4.0
TOO_WIDE = 1e-2
TERMS = 64
LEAST_TERM = 1 / 16
NEGLIGIBLE = 1e-6
CHUNK = 2**18


@dataclass
class Comparison:
    """One argument's gradients and how far each coordinate can be trusted.

    `scale` is the size of the gradient at each coordinate, `natural` that of its terms before they
    cancel. `known` marks the coordinates whose numeric value was computed; `failed` those that are
    wrong; `undecided` those whose bound is too wide to tell. Along `directions` random ones, where
    there were any, the largest disagreement relative to the gradient was `residual`.
    """

    name: str
    position: int
    analytic: Array
    numeric: Array
    bound: Array
    failed: Array
    undecided: Array
    known: Array
    kinked: Array
    scale: Array
    natural: Array
    alignment: Alignment | None = None
    coordinates: int = 0
    directions: int = 0
    residual: float = 0.0
    notes: list[str] = field(default_factory=list)

    @property
    def error(self) -> Array:
        """|analytic - numeric|, zero where the numeric value is not known or a kink allows it."""
        error = np.abs(self.analytic - self.numeric)
        return np.where(self.known & ~(self.kinked & ~self.failed), error, 0.0)

    @property
    def relative_error(self) -> Array:
        """The error relative to the gradient, or to its terms where it is zero in effect."""
        zero = np.abs(self.numeric) <= BOUNDS * self.bound
        size = np.where(zero, self.scale + self.natural, self.scale)
        return self.error / np.where(size > 0, size, 1.0)


@dataclass(frozen=True)
class Differences:
    """A picklable worker: the change of forward's output as one group of coordinates is shifted."""

    evaluator: Evaluator
    position: int
    plus: Array
    minus: Array

    def __call__(self, group: Index) -> Array:
        """Return the difference of the outputs above and below."""
        base = self.evaluator.args[self.position]
        above, below = base.copy(), base.copy()
        above[group] = self.plus[group]
        below[group] = self.minus[group]
        out = self.evaluator.uncounted
        return np.asarray(out(self.position, above) - out(self.position, below))


@dataclass(frozen=True)
class Problem:
    """What one argument's comparison needs: the function, a point, and the upstream gradient."""

    evaluator: Evaluator
    origin: Array
    dout: Array
    workers: MapLike | None = None
    progress: Callable[[int], None] = lambda steps: None
    analytic_noise: Callable[[int], Array | float] = lambda position: 0.0


def compare(problem: Problem, position: int, name: str, analytic: Array,
            alignment: Alignment | None = None) -> Comparison:
    """Compare every coordinate of one argument's gradient with its numeric value."""
    evaluator, origin, dout = problem.evaluator, problem.origin, problem.dout
    x = evaluator.args[position]
    lengths = step_lengths(x, evaluator.eps)
    if alignment is None:
        alignment = align(evaluator, position, origin, lengths / evaluator.eps ** (1 / 3))
    numeric, roundoff = central_differences(problem, position, alignment, lengths)
    scale = _scale(numeric)
    natural = natural_scale(origin, dout, x)
    comparison = Comparison(
        name, position, analytic, numeric, roundoff, np.zeros(x.shape, bool),
        np.zeros(x.shape, bool), np.ones(x.shape, bool), np.zeros(x.shape, bool), scale, natural,
        alignment, x.size)
    error = np.abs(analytic - numeric)
    agrees = AGREES + TRUNCATION * evaluator.eps ** (2 / 3)
    agree = error <= agrees * scale + evaluator.eps * natural
    comparison.bound = np.asarray(np.maximum(roundoff, np.where(agree, error, 0.0)))
    suspects = ~agree
    if np.any(suspects):
        _examine(problem, comparison, suspects, lengths, natural)
        comparison.scale = _scale(comparison.numeric)
    return comparison


def _scale(numeric: Array) -> Array:
    """Return the size of the gradient at each coordinate: its own and the array's rms.

    A step may leave the function's domain; such values say nothing about the gradient's size.
    """
    finite = np.where(np.isfinite(numeric), numeric, 0.0)
    return np.asarray(np.abs(finite) + _rms(finite))


def central_differences(
    problem: Problem, position: int, alignment: Alignment, lengths: Array
) -> tuple[Array, Array]:
    """Return the central differences of every coordinate, and a bound on their roundoff."""
    evaluator, dout = problem.evaluator, problem.dout
    x = evaluator.args[position]
    plus, minus = x + lengths, x - lengths
    worker = Differences(evaluator, position, plus, minus)
    groups = list(alignment.groups()) if x.size else []
    per_chunk = max(1, CHUNK // max(1, problem.origin.size))
    rows = []
    for start in range(0, len(groups), per_chunk):
        chunk = groups[start:start + per_chunk]
        deltas = list(map(worker, chunk) if problem.workers is None
                      else problem.workers(worker, chunk))
        rows.append(alignment.contract(np.array(deltas), dout))
        # counted here, since a worker may run in another process
        evaluator.count += 2 * len(chunk)
        problem.progress(2 * len(chunk))
    if not rows:
        return np.zeros(x.shape), np.zeros(x.shape)
    width = plus - minus
    numeric = np.asarray(alignment.assemble(np.concatenate(rows)) / width)
    noise = 2 * evaluator.eps * alignment.contract(np.abs(problem.origin)[np.newaxis], np.abs(dout))
    return numeric, alignment.spread(noise[0]) / width


def _examine(problem: Problem, comparison: Comparison, suspects: Array, lengths: Array,
             natural: Array) -> None:
    """Send every group that holds a suspect up the ladder, and judge its coordinates."""
    alignment, position = comparison.alignment, comparison.position
    assert alignment is not None
    noise: Array | float | None = None
    groups = dict.fromkeys(_hashable(alignment.group_of(tuple(where)))
                           for where in np.argwhere(suspects).tolist())
    for key in groups:
        group = tuple(slice(None) if axis is None else axis for axis in key)
        analytic = np.atleast_1d(comparison.analytic[group]).ravel()
        scale = np.atleast_1d(comparison.scale[group]).ravel()
        near = scale + NEGLIGIBLE * np.atleast_1d(natural[group]).ravel()
        rough = np.atleast_1d(comparison.numeric[group]).ravel()
        if noise is None and not np.all(np.abs(analytic - rough) >= TOO_WIDE * scale):
            noise = problem.analytic_noise(position)
        local = np.atleast_1d(np.broadcast_to(0.0 if noise is None else noise,
                                              comparison.analytic.shape)[group]).ravel()
        # an analytic value such as 1 - tanh(x)^2 cancels, with errors of the size of its terms
        terms = TERMS * problem.evaluator.eps * np.atleast_1d(natural[group]).ravel()
        floor = FLOOR * problem.evaluator.eps * scale + terms + local
        decided = _decider(analytic, near, floor)
        estimate = ladder(_group_slopes(problem, position, alignment, group, lengths), decided)
        own = _own_lengths(problem, position, group, lengths, estimate, near)
        if own is not None:
            estimate = estimate.better(ladder(
                _group_slopes(problem, position, alignment, group, own), decided))
        estimate = _refined(problem, position, group, alignment, estimate)
        _judge(comparison, group, estimate, analytic, near, floor)
    if np.any(comparison.kinked & ~comparison.failed):
        _examine_ties(problem, comparison, lengths)


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
    slack = 1e-4 * float(np.sum(np.abs(comparison.analytic * direction)))
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
        agrees = (error <= BOUNDS * bound + floor) & (bound <= 1e-6 * reference)
        # steps beyond a function's own scale give small values with small, yet wide, bounds
        sharp = bound <= TOO_WIDE * np.maximum(np.abs(value), NEGLIGIBLE**2 * np.abs(analytic))
        return bool(np.all(agrees | (sharp & (error > 10 * bound + 10 * floor))))
    return decided


def _judge(comparison: Comparison, group: Index, estimate: Estimate, analytic: Array,
           reference: Array, floor: Array) -> None:
    shape = np.shape(comparison.numeric[group])
    slack = BOUNDS * estimate.bound + floor
    between = (analytic >= estimate.low - floor) & (analytic <= estimate.high + floor)
    failed = np.where(estimate.kinked, ~between, ~(np.abs(analytic - estimate.value) <= slack))
    failed &= np.isfinite(estimate.bound) | ~np.isfinite(analytic)
    wide = estimate.bound > TOO_WIDE * np.maximum(reference, np.abs(estimate.value))
    undecided = ~failed & ~estimate.kinked & wide
    comparison.numeric[group] = estimate.value.reshape(shape)
    comparison.bound[group] = np.minimum(estimate.bound, 1e300).reshape(shape)
    comparison.failed[group] = failed.reshape(shape)
    comparison.undecided[group] = undecided.reshape(shape)
    comparison.kinked[group] = estimate.kinked.reshape(shape)


def _group_slopes(problem: Problem, position: int, alignment: Alignment, group: Index,
                  lengths: Array) -> Callable[[float], Slopes]:
    """Return the one-sided and central quotients of a group's coordinates at a step."""
    evaluator, origin, dout = problem.evaluator, problem.origin, problem.dout
    base = evaluator.args[position]
    weight = np.abs(dout)

    order = [out_axis for _, out_axis in sorted(alignment.pairs)]

    def over_outputs(widths: Array) -> Array:
        # widths stand in the order of the input's aligned axes; put them along the output's
        shape = [1] * origin.ndim
        for out_axis, size in zip(order, np.shape(widths), strict=True):
            shape[out_axis] = size
        return np.transpose(widths, np.argsort(order)).reshape(shape) if order else widths

    def reduce(values: Array, by: Array) -> Array:
        return np.atleast_1d(alignment.contract(values[np.newaxis], by)[0]).ravel()

    def slopes(s: float) -> Slopes:
        plus, minus = base.copy(), base.copy()
        plus[group] += s * lengths[group]
        minus[group] -= s * lengths[group]
        right, left = plus[group] - base[group], base[group] - minus[group]
        above, below = evaluator.out(position, plus), evaluator.out(position, minus)
        if above.shape != origin.shape or below.shape != origin.shape:
            above = below = np.full(origin.shape, np.nan)
        forward = dout * ((above - origin) / over_outputs(right))
        backward = dout * ((origin - below) / over_outputs(left))
        width = np.atleast_1d(right + left).ravel()
        ones = np.ones_like(dout)
        roundoff = evaluator.eps * reduce(np.abs(above) + np.abs(below), weight) / width
        return Slopes(reduce(above - below, dout) / width,
                      reduce(np.minimum(forward, backward), ones),
                      reduce(np.maximum(forward, backward), ones), roundoff)

    return slopes


def _refined(problem: Problem, position: int, group: Index, alignment: Alignment,
             estimate: Estimate) -> Estimate:
    """Replace the ladder's value by the complex step's where that is confirmed by its bound."""
    if np.all(estimate.bound <= 1e-9 * np.abs(estimate.value)) or np.any(estimate.kinked):
        return estimate
    evaluator = problem.evaluator
    direction = np.zeros(evaluator.args[position].shape)
    direction[group] = 1.0

    def forward(value: Array) -> Array:
        out: Array = np.asarray(evaluator.call(position, value)[0])
        return out

    slope = complex_step(forward, evaluator.args[position], direction)
    if slope is None or slope.shape != problem.dout.shape:
        return estimate
    value = np.atleast_1d(alignment.contract(slope[np.newaxis], problem.dout)[0]).ravel()
    size = np.atleast_1d(alignment.contract(np.abs(slope)[np.newaxis],
                                            np.abs(problem.dout))[0]).ravel()
    confirmed = np.abs(value - estimate.value) <= estimate.bound
    value = np.where(confirmed, value, estimate.value)
    bound = np.where(confirmed, np.minimum(64 * evaluator.eps * size, estimate.bound),
                     estimate.bound)
    return Estimate(value, bound, value - bound, value + bound, estimate.kinked)


def _hashable(group: Index) -> tuple[Any, ...]:
    return tuple(None if isinstance(axis, slice) else axis for axis in group)


def natural_scale(origin: Array, dout: Array, x: Array) -> Array:
    """Return the size of an ordinary gradient's terms: |dout . out| / min(|x|, 1).

    A saturated softmax at scores of 1e4 still computes with terms of the size of dout; and a loss
    near zero, at confident predictions, with probabilities near one.
    """
    size = float(np.sum(np.abs(dout * origin))) if origin.size else 0.0
    rms = min(_rms(x), 1.0)
    natural = size / (rms if rms > 0 else 1.0) / max(1, x.size)
    least = LEAST_TERM * float(np.abs(dout)) if not origin.ndim else 0.0
    return np.full(x.shape, max(natural, least))


def _rms(values: Array) -> float:
    return float(np.sqrt(np.mean(np.square(values)))) if values.size else 0.0
