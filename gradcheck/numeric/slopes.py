"""The slopes of one group of coordinates at any step: what the ladder climbs on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.equal import TERMS
from gradcheck.numeric.dependence import Alignment, Index
from gradcheck.numeric.differences import Problem
from gradcheck.numeric.ladder import Estimate, Slopes, complex_step

Array = NDArray[Any]
CONFIRMS = 0.1  # of the derivative: a complex step may be silently wrong by more
PRECISE = 1e-9  # relative: the complex step would add nothing that any tolerance looks at


def group_slopes(problem: Problem, position: int, alignment: Alignment, group: Index,
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
        above, below = evaluator.anywhere(position, plus), evaluator.anywhere(position, minus)
        forward = dout * ((above - origin) / over_outputs(right))
        backward = dout * ((origin - below) / over_outputs(left))
        width = np.atleast_1d(right + left).ravel()
        ones = np.ones_like(dout)
        roundoff = evaluator.eps * reduce(np.abs(above) + np.abs(below), weight) / width
        return Slopes(reduce(above - below, dout) / width,
                      reduce(np.minimum(forward, backward), ones),
                      reduce(np.maximum(forward, backward), ones), roundoff, width / 2)

    return slopes


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
