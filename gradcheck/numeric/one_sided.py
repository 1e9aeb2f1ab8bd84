"""Differences to one side alone, of layers that are linear in an argument, or piecewise so.

There the outputs at the arguments themselves do for one end of every difference, and half of the
forward calls of a central difference are saved: at twice its step, for the same roundoff. A corner
that lies right at the arguments shows on the other side only, so all coordinates are moved there
together, once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.equal import of_one_difference, size_of
from gradcheck.numeric.dependence import Alignment, Index
from gradcheck.numeric.differences import CHUNK, Problem
from gradcheck.numeric.evaluator import Evaluator, ShapeError

Array = NDArray[Any]
LEAST_GROUPS = 3
SHARES = (0.5, 1.0)  # of the steps to the other side: no two corners cancel


@dataclass(frozen=True)
class Moved:
    """A picklable worker: forward's output with one group of coordinates moved."""

    evaluator: Evaluator
    position: int
    moved: Array

    def __call__(self, group: Index) -> Array:
        """Return the output."""
        value = self.evaluator.args[self.position].copy()
        value[group] = self.moved[group]
        return self.evaluator.uncounted(self.position, value)


def one_sided_differences(problem: Problem, position: int, alignment: Alignment, lengths: Array,
                          analytic: Array) -> tuple[Array, Array] | None:
    """Return a difference for every coordinate, and a bound on its roundoff.

    None where they do not agree with the analytic gradient everywhere, as those of a curved
    function do not: then it takes central differences. Nor is it tried where that saves little.
    """
    if not problem.origin.ndim or alignment.group_count < LEAST_GROUPS or not analytic.size:
        return None
    x = problem.evaluator.args[position]
    moved = x + 2 * lengths
    near = of_one_difference(problem.evaluator.eps) * size_of(analytic)
    try:
        rows = _agreeing_rows(problem, position, alignment, moved, (analytic, near))
        if rows is None:
            return None
        noise = _noise(problem, alignment)
        below = x - lengths * np.random.default_rng(0).uniform(*SHARES, x.shape)
        if not _as_it_should(problem, position, alignment, below, (analytic, near, noise)):
            return None
    except Exception as error:
        if not getattr(error, "raised_by_forward", isinstance(error, ShapeError)):
            raise
        return None  # a smaller step may stay inside what forward takes
    width = moved - x
    return np.asarray(alignment.assemble(rows) / width), alignment.spread(noise) / width


def _noise(problem: Problem, alignment: Alignment) -> Array:
    """Return a bound on the rounding of the outputs of each slice at both ends."""
    terms = alignment.contract(np.abs(problem.origin)[np.newaxis], np.abs(problem.dout))
    return np.asarray(2 * problem.evaluator.eps * terms[0])


def _agreeing_rows(problem: Problem, position: int, alignment: Alignment, moved: Array,
                   wanted: tuple[Array, Array]) -> Array | None:
    """Return what each group's move changes; None as soon as a part does not agree."""
    x, (analytic, near) = problem.evaluator.args[position], wanted
    groups = list(alignment.groups())
    per_chunk = max(1, CHUNK // max(1, problem.origin.size))
    # the first group alone: it tells whether the others are worth their calls
    parts = [groups[:1], *(groups[start:start + per_chunk]
                           for start in range(1, len(groups), per_chunk))]
    width = moved - x
    should, slack = alignment.rows(analytic * width), alignment.rows(near * width)
    rows = np.empty(should.shape)
    done, worker = 0, Moved(problem.evaluator, position, moved)
    for part in parts:
        these = slice(done, done := done + len(part))
        outputs = np.array(problem.mapped(worker, part))
        rows[these] = alignment.contract(outputs - problem.origin, problem.dout)
        problem.evaluator.count += len(part)
        problem.progress(len(part))
        if not np.all(np.abs(rows[these] - should[these]) <= slack[these]):
            return None
    return rows


def _as_it_should(problem: Problem, position: int, alignment: Alignment, below: Array,
                  wanted: tuple[Array, Array, Array]) -> bool:
    """Whether all coordinates together change the outputs on the other side as they should."""
    evaluator, (analytic, near, noise) = problem.evaluator, wanted
    way, free = evaluator.args[position] - below, alignment.free_axes
    change = alignment.contract((problem.origin - evaluator.out(position, below))[np.newaxis],
                                problem.dout)[0]
    slack = np.sum(near * way, axis=free) + noise
    return bool(np.all(np.abs(change - np.sum(analytic * way, axis=free)) <= slack))
