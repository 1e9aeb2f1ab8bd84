"""Which outputs depend on which inputs, proved by probing, and evaluation compressed by it.

If slice ``k`` of an output's axis can depend only on slice ``k`` of an input's axis, then all
slices can be perturbed in one call and their differences read apart: an elementwise layer yields
its whole Jacobian in two evaluations, an affine layer ``x @ w + b`` in ``2 D + 4``. Nothing
is assumed: an axis counts as aligned only after the probes below left every foreign slice
identical to the last bit.

The idea is that of Curtis, Powell & Reid (1974), "On the estimation of sparse Jacobian matrices".
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.numeric.evaluator import Evaluator

Array = NDArray[Any]
Index = tuple[Any, ...]
PROBE_STEP = 2.0**-10


@dataclass(frozen=True)
class Alignment:
    """Pairs (axis of the input, axis of the output) along which slices do not mix."""

    in_shape: tuple[int, ...]
    out_shape: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]

    @property
    def free_axes(self) -> tuple[int, ...]:
        """Axes of the input that have to be perturbed one index at a time."""
        aligned = {axis for axis, _ in self.pairs}
        return tuple(axis for axis in range(len(self.in_shape)) if axis not in aligned)

    @property
    def elementwise(self) -> bool:
        """Whether each output depends on the one input at its own index, as was proved."""
        return self.in_shape == self.out_shape and all(
            (axis, axis) in self.pairs for axis, size in enumerate(self.in_shape) if size > 1
        )

    @property
    def group_count(self) -> int:
        """How many perturbations cover every coordinate."""
        return math.prod(self.in_shape[axis] for axis in self.free_axes)

    def groups(self) -> Iterator[Index]:
        """Yield an index for each group: a coordinate of the free axes, all of the aligned."""
        free = self.free_axes
        every = [slice(None)] * len(self.in_shape)
        for point in itertools.product(*(range(self.in_shape[axis]) for axis in free)):
            index: list[Any] = every.copy()
            for axis, i in zip(free, point, strict=True):
                index[axis] = i
            yield tuple(index)

    def group_of(self, where: tuple[int, ...]) -> Index:
        """Return the group that the coordinate `where` belongs to."""
        free = set(self.free_axes)
        return tuple(i if axis in free else slice(None) for axis, i in enumerate(where))

    def groups_of(self, suspects: Array) -> list[Index]:
        """Return each group that holds a suspect, once."""
        keys = dict.fromkeys(tuple(None if isinstance(axis, slice) else axis
                                   for axis in self.group_of(tuple(where)))
                             for where in np.argwhere(suspects).tolist())
        return [tuple(slice(None) if axis is None else axis for axis in key) for key in keys]

    @staticmethod
    def place(group: Index, flat: int, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the index of one of a group's coordinates in the whole argument."""
        inside = iter(np.unravel_index(flat, shape))
        return tuple(int(next(inside)) if isinstance(axis, slice) else int(axis)
                     for axis in group)

    def contract(self, deltas: Array, dout: Array) -> Array:
        """Sum dout * delta over the outputs of each slice: (groups, *out) -> (groups, *aligned)."""
        letters = [chr(ord("a") + axis) for axis in range(len(self.out_shape))]
        aligned = "".join(letters[out_axis] for _, out_axis in sorted(self.pairs))
        out = "".join(letters)
        return np.einsum(f"Z{out},{out}->Z{aligned}", deltas, dout)

    def assemble(self, rows: Array) -> Array:
        """Arrange (groups, *aligned) as an array of the input's shape."""
        order = self._order
        grouped = rows.reshape([self.in_shape[axis] for axis in order])
        return np.transpose(grouped, np.argsort(order))

    def rows(self, values: Array) -> Array:
        """Arrange an array of the input's shape as (groups, *aligned).

        >>> alignment = Alignment((2, 3), (2,), ((0, 0),))
        >>> alignment.rows(np.arange(6).reshape(2, 3)).tolist()
        [[0, 3], [1, 4], [2, 5]]
        """
        aligned = [self.in_shape[axis] for axis, _ in sorted(self.pairs)]
        return np.transpose(values, self._order).reshape(self.group_count, *aligned)

    @property
    def _order(self) -> list[int]:
        """The input's axes: those that are free, then those that are aligned."""
        return [*self.free_axes, *(axis for axis, _ in sorted(self.pairs))]

    def spread(self, per_slice: Array) -> Array:
        """Broadcast a value per aligned slice over the whole input."""
        aligned = sorted(axis for axis, _ in self.pairs)
        shape = [size if axis in aligned else 1 for axis, size in enumerate(self.in_shape)]
        return np.broadcast_to(per_slice.reshape(shape), self.in_shape)


def align(evaluator: Evaluator, position: int, origin: Array, scale: Array) -> Alignment:
    """Prove which axes of an argument are aligned with which axes of the output.

    For each bit of an axis's indices, the slices whose bit is set are perturbed. Where axes are
    aligned, an output slice whose bit is set must equal the output under a perturbation of
    everything, and one whose bit is not set must equal the unperturbed output, to the last bit.
    Two different indices differ in some bit, so no foreign slice stays untested; the cost is
    1 + log2(n) evaluations an axis.
    """
    value = evaluator.args[position]
    candidates = {
        axis: [out_axis for out_axis, out_size in enumerate(origin.shape) if out_size == size]
        for axis, size in enumerate(value.shape) if size > 1
    }
    candidates = {axis: found for axis, found in candidates.items() if found}
    if not candidates:
        return Alignment(value.shape, origin.shape, ())
    moved_value = value + PROBE_STEP * scale
    moved = evaluator.anywhere(position, moved_value)
    pairs: list[tuple[int, int]] = []
    if moved.shape == origin.shape:
        for axis, out_axes in candidates.items():
            taken = {out_axis for _, out_axis in pairs}
            remaining = [out_axis for out_axis in out_axes if out_axis not in taken]
            # an elementwise layer keeps its axes in place, so try the same axis first
            remaining.sort(key=lambda out_axis: out_axis != axis)
            for out_axis in _surviving(evaluator, position, (value, moved_value), (origin, moved),
                                       axis, remaining):
                pairs.append((axis, out_axis))
                break
    return Alignment(value.shape, origin.shape, tuple(pairs))


def _surviving(
    evaluator: Evaluator,
    position: int,
    values: tuple[Array, Array],
    outputs: tuple[Array, Array],
    axis: int,
    out_axes: list[int],
) -> list[int]:
    """Return the output axes that no bit of the input axis's indices rules out."""
    value, moved_value = values
    origin, moved = outputs
    indices = np.arange(value.shape[axis])
    for bit in range((indices.size - 1).bit_length()):
        if not out_axes:
            break
        chosen = indices & 1 << bit != 0
        mixed = evaluator.anywhere(position, np.where(_along(chosen, axis, value.ndim),
                                                      moved_value, value))
        if mixed.shape != origin.shape:
            return []
        out_axes = [
            out_axis for out_axis in out_axes
            if _equal(mixed, np.where(_along(chosen, out_axis, origin.ndim), moved, origin))
        ]
    return out_axes


def _equal(one: Array, other: Array) -> bool:
    """Whether two arrays of one shape are equal, NaN to NaN; most have none."""
    return bool((one == other).all()) or np.array_equal(one, other, equal_nan=True)


def _along(values: Array, axis: int, ndim: int) -> Array:
    return values.reshape([-1 if i == axis else 1 for i in range(ndim)])
