"""Which outputs depend on which inputs, proved by probing, and evaluation compressed by it.

If slice ``k`` of an output's axis can depend only on slice ``k`` of an input's axis, then all
slices can be perturbed in one call and their differences read apart: an elementwise layer yields
its whole Jacobian in two evaluations, an affine layer ``x @ w + b`` in ``2 (D + D + 1)``. Nothing
is assumed: an axis counts as aligned only after the probes below left every foreign slice
identical to the last bit.

The idea is that of Curtis, Powell & Reid (1974), "On the estimation of sparse Jacobian matrices".
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Index = tuple[Any, ...]
PROBE_STEP = 2.0**-10
FINEST_CHANGE, COARSEST_CHANGE = -11, -3
MOST_UNCHANGED = 0.05
IMMUTABLE = (int, float, complex, str, bytes, bool, type(None), np.generic)


class ForwardError(Exception):
    """The forward function did not return (out, cache) with a floating array in front."""


def upcast(value: Any) -> Any:
    """Return `value` with every floating array in it as a float64 copy, containers rebuilt."""
    if isinstance(value, np.ndarray):
        return value.astype(np.float64) if value.dtype.kind == "f" else value.copy()
    if isinstance(value, dict):
        return {key: upcast(entry) for key, entry in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(upcast, value))
    return copy.deepcopy(value)


def fresh(value: Any) -> Any:
    """Return a copy of a non-array argument, so that no call sees what another wrote into it."""
    if isinstance(value, IMMUTABLE):
        return value
    if type(value) is dict and all(isinstance(entry, IMMUTABLE) for entry in value.values()):
        return value.copy()
    return copy.deepcopy(value)


class Evaluator:
    """The forward function at float64 with one argument replaced; its calls are counted.

    Every call gets fresh copies of dicts, generators and other live objects, so that a seeded
    generator in a parameter dict yields the same mask each time.
    """

    def __init__(self, forward: Callable[..., Any], args: Sequence[Any]) -> None:
        self.forward = forward
        self.args = tuple(upcast(arg) for arg in args)
        self.live = [i for i, arg in enumerate(self.args)
                     if not isinstance(arg, (np.ndarray, *IMMUTABLE))]
        self.protect = False
        self.count = 0
        self.eps = float(np.finfo(np.float64).eps)

    def arguments(self, position: int | None = None, value: Any = None) -> list[Any]:
        """Return the arguments of one call, the one at `position` replaced by `value`."""
        args = list(self.args)
        for i in self.live:
            args[i] = fresh(args[i])
        if self.protect:
            args = [arg.copy() if isinstance(arg, np.ndarray) else arg for arg in args]
        if position is not None:
            args[position] = value
        return args

    def call(self, position: int | None = None, value: Any = None) -> Any:
        """Return what forward returns, (out, cache)."""
        self.count += 1
        return self.forward(*self.arguments(position, value))

    def out(self, position: int | None = None, value: Any = None) -> Array:
        """Return forward's output, as float64."""
        self.count += 1
        return self.uncounted(position, value)

    def uncounted(self, position: int | None = None, value: Any = None) -> Array:
        """Return forward's output; whoever calls it counts."""
        out = self._output(self.arguments(position, value))
        return out if out.dtype == np.float64 else out.astype(np.float64)

    def _output(self, args: list[Any]) -> Array:
        """Return forward's output; its exceptions pass unchanged, but marked as forward's own."""
        try:
            return output_of(self.forward(*args))
        except Exception as error:
            error.raised_by_forward = True  # type: ignore[attr-defined]
            raise


    def measure_resolution(self, wrt: Sequence[int], rng: np.random.Generator) -> None:
        """Find out how finely forward's output resolves its arguments, and set `eps` by it.

        A forward may compute in float32 whatever it is given, or round its result. Differences at
        float64's steps would then be exactly zero, which looks like a derivative known for sure.
        """
        origin = output_of(self.call())
        self.eps = max(self.eps, float(np.finfo(origin.dtype).eps))
        base = origin.astype(np.float64)
        directions = {i: rng.uniform(0.5, 1.0, self.args[i].shape)
                      * rng.choice([-1, 1], self.args[i].shape) for i in wrt}
        for exponent in range(FINEST_CHANGE, COARSEST_CHANGE):
            args = self.arguments()
            for i in wrt:
                args[i] = self.args[i] * (1 + 10.0**exponent * directions[i])
            self.count += 1
            moved = self._output(args).astype(np.float64)
            live = (base != 0) & np.isfinite(base)
            if moved.shape != base.shape or not np.any(live):
                return
            change = np.abs(moved - base)[live] / np.abs(base[live])
            if np.mean(change > 0) > MOST_UNCHANGED:
                if exponent > FINEST_CHANGE:
                    self.eps = max(self.eps, float(np.median(change[change > 0])))
                return


def output_of(returned: Any) -> Array:
    """Return the output in what a forward function returned; refuse what is not (out, cache)."""
    if not isinstance(returned, tuple) or len(returned) != 2:
        kind = (f"a tuple of {len(returned)}" if isinstance(returned, tuple)
                else f"a {type(returned).__name__}")
        raise ForwardError(f"forward returned {kind}; expected the pair (out, cache)")
    out = returned[0]
    if not isinstance(out, np.ndarray | np.floating | float) or np.asarray(out).dtype.kind != "f":
        kind = (f"an array of dtype {out.dtype}" if isinstance(out, np.ndarray)
                else f"a {type(out).__name__}")
        raise ForwardError(f"forward returned {kind} as its output; expected a floating array")
    return np.asarray(out)


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
        for point in np.ndindex(*(self.in_shape[axis] for axis in free)):
            index: list[Any] = [slice(None)] * len(self.in_shape)
            for axis, i in zip(free, point, strict=True):
                index[axis] = i
            yield tuple(index)

    def group_of(self, where: tuple[int, ...]) -> Index:
        """Return the group that the coordinate `where` belongs to."""
        free = set(self.free_axes)
        return tuple(i if axis in free else slice(None) for axis, i in enumerate(where))

    def contract(self, deltas: Array, dout: Array) -> Array:
        """Sum dout * delta over the outputs of each slice: (groups, *out) -> (groups, *aligned)."""
        letters = [chr(ord("a") + axis) for axis in range(len(self.out_shape))]
        aligned = "".join(letters[out_axis] for _, out_axis in sorted(self.pairs))
        out = "".join(letters)
        return np.einsum(f"Z{out},{out}->Z{aligned}", deltas, dout)

    def assemble(self, rows: Array) -> Array:
        """Arrange (groups, *aligned) as an array of the input's shape."""
        free = self.free_axes
        order = [*free, *(axis for axis, _ in sorted(self.pairs))]
        grouped = rows.reshape([self.in_shape[axis] for axis in order])
        return np.transpose(grouped, np.argsort(order))

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
    moved = evaluator.out(position, moved_value)
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
    size = value.shape[axis]
    for bit in range((size - 1).bit_length()):
        if not out_axes:
            break
        chosen = (np.arange(size) >> bit & 1).astype(bool)
        mixed = evaluator.out(position, np.where(_along(chosen, axis, value.ndim),
                                                 moved_value, value))
        if mixed.shape != origin.shape:
            return []
        out_axes = [
            out_axis for out_axis in out_axes
            if np.array_equal(mixed, np.where(_along(chosen, out_axis, origin.ndim), moved, origin),
                              equal_nan=True)
        ]
    return out_axes


def _along(values: Array, axis: int, ndim: int) -> Array:
    return values.reshape([-1 if i == axis else 1 for i in range(ndim)])


def leaves(value: Any, path: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, Any]]:
    """Yield (path, leaf) for the arrays and plain values inside nested containers and objects.

    >>> [path for path, _ in leaves({"x": np.zeros(2), "rest": (1, 2.0)}, "cache")]
    ["cache['x']", "cache['rest'][0]", "cache['rest'][1]"]
    """
    seen = set() if seen is None else seen
    if isinstance(value, (np.ndarray, *IMMUTABLE)):
        yield path, value
        return
    if id(value) in seen or callable(value):
        return
    seen.add(id(value))
    if isinstance(value, Mapping):
        children = [(f"{path}[{key!r}]", entry) for key, entry in value.items()]
    elif isinstance(value, list | tuple):
        children = [(f"{path}[{i}]", entry) for i, entry in enumerate(value)]
    elif hasattr(value, "__dict__"):
        children = [(f"{path}.{key}", entry) for key, entry in vars(value).items()]
    else:
        return
    for child_path, entry in children:
        yield from leaves(entry, child_path, seen)


def with_leaf(value: Any, target: str, leaf: Any, path: str = "") -> Any:
    """Return a nested value whose leaf at the path `target` is another; containers are rebuilt.

    >>> with_leaf((1, {"mask": 2}), "cache[1]['mask']", 3, "cache")
    (1, {'mask': 3})
    """
    if path == target:
        return leaf
    if not target.startswith(path):
        return value
    if isinstance(value, dict):
        return {key: with_leaf(entry, target, leaf, f"{path}[{key!r}]")
                for key, entry in value.items()}
    if isinstance(value, list | tuple):
        entries = [with_leaf(entry, target, leaf, f"{path}[{i}]") for i, entry in enumerate(value)]
        return type(value)(*entries) if hasattr(value, "_fields") else type(value)(entries)
    if hasattr(value, "__dict__"):
        changed = copy.copy(value)
        vars(changed).update({key: with_leaf(entry, target, leaf, f"{path}.{key}")
                              for key, entry in vars(value).items()})
        return changed
    return value
