"""One central difference for every coordinate, as few evaluations as the alignment allows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.equal import HIDDEN, rms
from gradcheck.numeric.dependence import Alignment, Index
from gradcheck.numeric.evaluator import Evaluator

Array = NDArray[Any]
MapLike = Callable[[Callable[[Any], Any], list[Any]], Iterable[Any]]
CHUNK = 2**18
LEAST_TERM = 1 / 16


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
    """What one argument's comparison needs: the function, a point, and the upstream gradient.

    `spread(position)` is that of the analytic gradient as its arguments move by `moved_by` of
    themselves; `analytic_noise` is what of it no comparison should find wrong, that of a layer:
    the value of a scalar function may be larger than the terms of its gradient by any factor.
    `ulps` is the relative rounding of the gradient's dtype. What passes may hide `limit` of the
    gradient at most, and `rtol` and `atol` besides, which the user grants; `typical` is the size of
    the gradient that this is a part of.
    """

    evaluator: Evaluator
    origin: Array
    dout: Array
    workers: MapLike | None = None
    progress: Callable[[int], None] = lambda steps: None
    analytic_noise: Callable[[int], Array | float] = lambda position: 0.0
    spread: Callable[[int], Array | float] = lambda position: 0.0
    moved_by: float = 4 * 2.0**-52
    ulps: float = 0.0
    limit: float = HIDDEN[8]
    rtol: float = 0.0
    atol: float = 0.0
    typical: float = 0.0

    def mapped(self, worker: Callable[[Index], Array], groups: list[Index]) -> list[Array]:
        """Return what a picklable worker makes of each group, here or where the user says."""
        return list(map(worker, groups) if self.workers is None else self.workers(worker, groups))

    @property
    def grants(self) -> bool:
        """Whether the user accepts a known approximation."""
        return self.rtol > 0 or self.atol > 0

    def granted(self, size: Array | float) -> Array:
        """Return how far a gradient of a size may be off by the user's own tolerances."""
        return np.asarray(self.rtol * np.asarray(size) + self.atol)


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
        rows.append(alignment.contract(np.array(problem.mapped(worker, chunk)), dout))
        # counted here, since a worker may run in another process
        evaluator.count += 2 * len(chunk)
        problem.progress(2 * len(chunk))
    if not rows:
        return np.zeros(x.shape), np.zeros(x.shape)
    width = plus - minus
    numeric = np.asarray(alignment.assemble(np.concatenate(rows)) / width)
    noise = 2 * evaluator.eps * alignment.contract(np.abs(problem.origin)[np.newaxis], np.abs(dout))
    return numeric, alignment.spread(noise[0]) / width


def natural_scale(origin: Array, dout: Array, x: Array) -> Array:
    """Return the size of an ordinary gradient's terms: |dout . out| / min(|x|, 1).

    A saturated softmax at scores of 1e4 still computes with terms of the size of dout; and a loss
    near zero, at confident predictions, with probabilities near one.
    """
    size = float(np.sum(np.abs(dout * origin))) if origin.size else 0.0
    typical = min(rms(x), 1.0)
    natural = size / (typical if typical > 0 else 1.0) / max(1, x.size)
    least = LEAST_TERM * float(np.abs(dout)) if not origin.ndim else 0.0
    return np.full(x.shape, max(natural, least))
