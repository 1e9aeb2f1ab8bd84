"""What a rule may look at: the two gradients of one argument, and a few probes handed to it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.case import Case
from gradcheck.numeric.comparison import Comparison
from gradcheck.numeric.differences import Differences
from gradcheck.numeric.evaluator import upcast
from gradcheck.numeric.ladder import step_lengths

Array = NDArray[Any]

EXPLAINS = 1e-4
MOST_ENTRIES = 2**21
MOST_OUTPUTS = 2048
MOST_SECONDS = 6.0


@dataclass
class View:
    """One argument of a case: `a` is its analytic gradient, `n` the numeric one."""

    case: Case
    comparison: Comparison
    shared: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The argument's name."""
        return self.comparison.name

    @property
    def position(self) -> int:
        """The argument's position."""
        return self.comparison.position

    @cached_property
    def x(self) -> Array:
        """The argument at float64."""
        return np.asarray(self.case.args[self.position])

    @property
    def a(self) -> Array:
        """The analytic gradient."""
        return self.comparison.analytic

    @property
    def n(self) -> Array:
        """The numeric gradient."""
        return self.comparison.numeric

    @property
    def known(self) -> Array:
        """Where the numeric gradient was computed."""
        return self.comparison.known

    @property
    def complete(self) -> bool:
        """Whether the numeric gradient was computed everywhere."""
        return bool(np.all(self.known))

    @cached_property
    def tolerance(self) -> Array:
        """How near a prediction must come: a ten-thousandth of what it has to explain."""
        gap = float(np.max(np.abs(self.a - self.n)[self.known], initial=0.0))
        # at a kink the bound spans both slopes; it must not excuse a coordinate that failed there
        strict = self.comparison.kinked & self.comparison.failed
        bound = np.where(strict, 0.0, 4 * self.comparison.bound)
        return np.asarray(EXPLAINS * gap + bound + 1e-10 * self.comparison.scale)

    def agrees(self, prediction: Array) -> bool:
        """Whether the analytic gradient is `prediction` at every known coordinate."""
        if np.shape(prediction) != self.a.shape:
            return False
        close = np.abs(self.a - prediction) <= self.tolerance
        return bool(np.all(close | ~self.known))

    def is_gradient_at(self, args: Sequence[Any], dout: Array | None = None) -> bool:
        """Whether `a` is the true gradient at other arguments, tried along two directions."""
        evaluator = self.case.problem.evaluator
        dout = self.case.dout if dout is None else dout
        rng = np.random.default_rng(7)
        x = np.asarray(args[self.position])
        for _ in range(2):
            direction = step_lengths(x, evaluator.eps) * rng.standard_normal(x.shape)
            ends = [self._level(args, x + sign * direction, dout) for sign in (1.0, -1.0)]
            if None in ends:
                return False
            above, below = (float(end) for end in ends if end is not None)
            size = float(np.linalg.norm(self.a * direction))
            gap = float(np.linalg.norm(np.where(self.known, self.a - self.n, 0.0) * direction))
            tolerance = min(1e-5 * size, 1e-2 * gap)
            noise = 1e-14 * (abs(above) + abs(below))
            residual = abs(above - below - 2 * float(np.sum(self.a * direction)))
            if not residual <= tolerance + noise or noise > 0.3 * gap:
                return False
        return True

    def _level(self, args: Sequence[Any], value: Array, dout: Array) -> float | None:
        """Return sum(dout * out) with this argument replaced; None where forward refuses it."""
        moved = [upcast(arg) for arg in args]
        moved[self.position] = value
        self.case.problem.evaluator.count += 1
        try:
            out = np.asarray(self.case.problem.evaluator.forward(*moved)[0], dtype=np.float64)
        except Exception:
            return None
        return float(np.sum(out * dout)) if out.shape == dout.shape else None

    def contributions(self, position: int | None = None) -> Array:
        """Return dout * d(out)/d(argument) for every output, an argument moved all at once."""
        position = self.position if position is None else position
        evaluator, value = self.case.problem.evaluator, self.case.args[position]
        step = 1e-6 * max(1.0, float(np.max(np.abs(value), initial=0.0)))
        above, below = evaluator.out(position, value + step), evaluator.out(position, value - step)
        return np.asarray(self.case.dout * (above - below) / (2 * step))

    @property
    def elementwise(self) -> bool:
        """Whether out[k] was proved to depend on x[k] alone."""
        alignment = self.comparison.alignment
        return alignment is not None and alignment.elementwise and self.x.size > 0

    @cached_property
    def dense(self) -> tuple[Array, Array] | None:
        """The true and the analytic Jacobian, each (x.size, out.size); None where too large.

        The true one from the compressed differences, the analytic one from backward at one-hot
        upstream gradients.
        """
        true, wrong = self._true_jacobian(), self._analytic_jacobian()
        return None if true is None or wrong is None else (true, wrong)

    @property
    def is_partial(self) -> bool:
        """Whether the problem is too large for its Jacobian, or to compare every coordinate."""
        return not self.complete or (self.x.size > 0 and not self._small())

    def _small(self) -> bool:
        entries = self.x.size * self.case.out.size
        return 0 < entries <= MOST_ENTRIES and self.case.out.size <= MOST_OUTPUTS

    def _true_jacobian(self) -> Array | None:
        alignment, problem = self.comparison.alignment, self.case.problem
        if alignment is None or not self._small():
            return None
        x, out = self.x, self.case.out
        lengths = step_lengths(x, problem.evaluator.eps)
        plus, minus = x + lengths, x - lengths
        worker = Differences(problem.evaluator, self.position, plus, minus)
        flat = np.arange(x.size).reshape(x.shape)
        columns = np.arange(out.size)
        jacobian = np.zeros((x.size, out.size))
        order = [out_axis for _, out_axis in sorted(alignment.pairs)]
        for group in alignment.groups():
            rows = np.asarray(flat[group])
            shape = [1] * out.ndim
            for out_axis, size in zip(order, rows.shape, strict=True):
                shape[out_axis] = size
            placed = np.transpose(rows, np.argsort(order)).reshape(shape) if order else rows
            rows_of_out = np.broadcast_to(placed, out.shape).ravel()
            jacobian[rows_of_out, columns] = worker(group).ravel()
            problem.evaluator.count += 2
        return jacobian / (plus - minus).reshape(-1, 1)

    def _analytic_jacobian(self) -> Array | None:
        if not self._small():
            return None
        place = self.case.layer.wrt.index(self.position)
        out = self.case.out
        jacobian = np.zeros((self.x.size, out.size))
        started = time.process_time()
        for k in range(out.size):
            if time.process_time() - started > MOST_SECONDS:
                return None
            one = np.zeros(out.size)
            one[k] = 1.0
            gradients = self.case.backward(one.reshape(out.shape))
            if gradients is None or np.shape(gradients[place]) != self.x.shape:
                return None
            jacobian[:, k] = np.asarray(gradients[place], dtype=np.float64).ravel()
        return jacobian

    @property
    def dense_tolerance(self) -> float:
        """How near two entries of the dense Jacobians must be to count as equal."""
        if self.dense is None:
            return 0.0
        return 1e-5 * float(np.max(np.abs(self.dense[0]), initial=0.0)) + 1e-12

    def where(self) -> tuple[tuple[int, ...], ...]:
        """Return the indices of wrong coordinates, the worst first, at most twenty."""
        error = np.where(self.comparison.failed, self.comparison.relative_error, -1.0)
        count = min(20, int(np.sum(self.comparison.failed)))
        order = np.argsort(-np.nan_to_num(error.ravel(), nan=np.inf), kind="stable")[:count]
        return tuple(tuple(int(i) for i in np.unravel_index(flat, error.shape)) for flat in order)
