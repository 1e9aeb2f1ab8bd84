"""The slopes of one group of coordinates at any step: what the ladder climbs on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.equal import TERMS, norm
from gradcheck.numeric.apart import MOST_TERMS, Sums
from gradcheck.numeric.dependence import Alignment, Index
from gradcheck.numeric.differences import Problem
from gradcheck.numeric.ladder import Estimate, Slopes, complex_step

Array = NDArray[Any]
CONFIRMS = 0.1  # of the derivative: a complex step may be silently wrong by more
PRECISE = 1e-9  # relative: the complex step would add nothing that any tolerance looks at


@dataclass(frozen=True)
class GroupSlopes:
    """The quotients of a group's coordinates at any step, and of every output."""

    problem: Problem
    position: int
    alignment: Alignment
    group: Index
    lengths: Array

    def __call__(self, s: float) -> Slopes:
        """Return the one-sided and central quotients of the group's coordinates at a step."""
        return self.added(self.of_outputs(s))

    def of_outputs(self, s: float) -> Slopes:
        """Return those of every output, times its upstream gradient, in the output's shape."""
        forward, backward, central, roundoff, step = self._quotients(s)
        return Slopes(central, np.minimum(forward, backward), np.maximum(forward, backward),
                      roundoff, step)

    def of_sums(self, s: float) -> Slopes:
        """Return the quotients with the one-sided ones of the sums, not of every output."""
        forward, backward, central, roundoff, step = self._quotients(s)
        sides = self.gather(forward), self.gather(backward)
        return Slopes(self.gather(central), np.minimum(*sides), np.maximum(*sides),
                      self.gather(roundoff), step)

    def _quotients(self, s: float) -> tuple[Array, Array, Array, Array, Array]:
        """Return forward, backward and central ones of the outputs, their roundoff, the step."""
        problem, group = self.problem, self.group
        evaluator, origin, dout = problem.evaluator, problem.origin, problem.dout
        base = evaluator.args[self.position]
        plus, minus = base.copy(), base.copy()
        plus[group] += s * self.lengths[group]
        minus[group] -= s * self.lengths[group]
        # the step that rounding has left, not the one that was asked for
        right, left = plus[group] - base[group], base[group] - minus[group]
        above = evaluator.anywhere(self.position, plus)
        below = evaluator.anywhere(self.position, minus)
        width = self.over_outputs(right + left)
        roundoff = evaluator.eps * (np.abs(above) + np.abs(below)) * np.abs(dout) / width
        return (dout * ((above - origin) / self.over_outputs(right)),
                dout * ((origin - below) / self.over_outputs(left)),
                dout * (above - below) / width, roundoff,
                np.atleast_1d((right + left) / 2).ravel())

    def added(self, outputs: Slopes) -> Slopes:
        """Return the slopes of the sums over the outputs."""
        return Slopes(self.gather(outputs.central), self.gather(outputs.low),
                      self.gather(outputs.high), self.gather(outputs.roundoff), outputs.step)

    def gather(self, values: Array) -> Array:
        """Add up values of all outputs, for each of the group's coordinates."""
        values = values.reshape(self.problem.origin.shape)
        ones = np.ones_like(self.problem.dout)
        return np.atleast_1d(self.alignment.contract(values[np.newaxis], ones)[0]).ravel()

    def over_outputs(self, values: Array) -> Array:
        """Arrange values of the group's coordinates, in its shape, along the output's axes."""
        order = [out_axis for _, out_axis in sorted(self.alignment.pairs)]
        shape = [1] * self.problem.origin.ndim
        for out_axis, size in zip(order, np.shape(values), strict=True):
            shape[out_axis] = size
        return np.transpose(values, np.argsort(order)).reshape(shape) if order else values

    @property
    def has_terms(self) -> bool:
        """Whether a coordinate's derivative is a sum over outputs, of which there are not many."""
        return not self.alignment.elementwise and 1 < self.problem.origin.size <= MOST_TERMS

    def terms(self) -> Sums:
        """Return the sums over outputs, and the outputs as their terms."""
        shape, outputs = np.shape(self.lengths[self.group]), self.problem.origin.shape

        def slopes(s: float) -> tuple[Slopes, Slopes]:
            apart = self.of_outputs(s)
            flat = Slopes(apart.central.ravel(), apart.low.ravel(), apart.high.ravel(),
                          apart.roundoff.ravel(), np.full(apart.low.size, s))
            return self.added(apart), flat

        def spread(values: Array) -> Array:
            return np.broadcast_to(self.over_outputs(values.reshape(shape)), outputs).ravel()

        return Sums(slopes, self.gather, spread)


@dataclass(frozen=True)
class DirectionSlopes:
    """The quotients along a direction at any step, of the whole and of every output."""

    problem: Problem
    position: int
    analytic: Array
    direction: Array

    def __call__(self, s: float) -> Slopes:
        """Return what the analytic gradient leaves of the quotients of both sides at a step."""
        return self._left(s)[0]

    def whole(self, s: float) -> Slopes:
        """Return the quotients themselves."""
        return self._restored(self(s))

    def _restored(self, left: Slopes) -> Slopes:
        # what is left knows the steps that rounding has left; the analytic part is added again
        along = float(np.sum(self.analytic * self.direction))
        return replace(left, central=left.central + along, low=left.low + along,
                       high=left.high + along)

    def _left(self, s: float) -> tuple[Slopes, tuple[Array, Array, Array]]:
        """Return what is left, and the rise, the fall and the rounding of every output."""
        problem, position, direction = self.problem, self.position, self.direction
        x, origin, dout = problem.evaluator.args[position], problem.origin, problem.dout
        plus, minus = x + s * direction, x - s * direction
        above = problem.evaluator.anywhere(position, plus)
        below = problem.evaluator.anywhere(position, minus)
        problem.progress(2)
        # output by output, since terms that cancel would round off more than they differ by
        rise, fall = (above - origin) * dout, (origin - below) * dout
        rounded = (np.abs(above) + np.abs(below)) * np.abs(dout)
        forward = (float(np.sum(rise)) - float(np.sum(self.analytic * (plus - x)))) / s
        backward = (float(np.sum(fall)) - float(np.sum(self.analytic * (x - minus)))) / s
        # summing P products rounds too, by about eps |a . v| sqrt(P), far below the step's share
        roundoff = problem.evaluator.eps * norm(rounded) / (2 * s)
        values = ((forward + backward) / 2, *sorted((forward, backward)), roundoff, s)
        return Slopes(*(np.array([value]) for value in values)), (rise, fall, rounded)

    def change(self, s: float) -> float:
        """Return by how much the sum over the outputs changes at a step to one side."""
        problem = self.problem
        x = problem.evaluator.args[self.position]
        out = problem.evaluator.anywhere(self.position, x + s * self.direction)
        return float(np.sum((out - problem.origin) * problem.dout))

    @property
    def last_place(self) -> float:
        """The unit in which that sum is rounded."""
        return self.problem.evaluator.eps * norm(self.problem.origin * self.problem.dout)

    @property
    def has_terms(self) -> bool:
        """Whether the derivative is a sum over outputs, of which there are not too many."""
        return 1 < self.problem.origin.size <= MOST_TERMS

    def terms(self) -> Sums:
        """Return the derivative as a sum, and the outputs as its terms."""
        eps, size = self.problem.evaluator.eps, self.problem.origin.size

        def slopes(s: float) -> tuple[Slopes, Slopes]:
            left, outputs = self._left(s)
            rise, fall, rounded = (values.ravel() / s for values in outputs)
            return self._restored(left), Slopes((rise + fall) / 2, np.minimum(rise, fall),
                                                np.maximum(rise, fall),
                                                eps * rounded / 2, np.full(size, s))

        return Sums(slopes, lambda terms: np.array([np.sum(terms)]),
                    lambda sums: np.full(size, sums[0]))


def refined(problem: Problem, position: int, group: Index, alignment: Alignment,
             estimate: Estimate) -> Estimate:
    """Replace the ladder's value by the complex step's where that is confirmed by its bound."""
    if np.all(estimate.bound <= PRECISE * np.abs(estimate.value)) or np.any(estimate.kinked):
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
    confirmed = (np.abs(value - estimate.value) <= estimate.bound) & (
        estimate.bound <= CONFIRMS * np.abs(estimate.value))
    value = np.where(confirmed, value, estimate.value)
    bound = np.where(confirmed, np.minimum(TERMS * evaluator.eps * size, estimate.bound),
                     estimate.bound)
    return Estimate(value, bound, value - bound, value + bound, estimate.kinked, estimate.rungs)
