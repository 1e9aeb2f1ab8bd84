"""Forward, run at float64 with one argument replaced, and counted."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.arguments import an
from gradcheck.nested import IMMUTABLE

Array = NDArray[Any]
FINEST_CHANGE, FAR_CHANGE, COARSEST_CHANGE = -11, -3, -2
MOST_UNCHANGED = 0.05
F64 = np.dtype(np.float64)
FLOATING = (np.ndarray, np.floating, float)
CONSTANT = (*IMMUTABLE, np.dtype, type)


class ForwardError(Exception):
    """The forward function did not return (out, cache) with a floating array in front."""


class ShapeError(ForwardError):
    """The output's shape near the arguments is not the one at them: it depends on values."""


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
    if _is_constant(value):
        return value
    if type(value) is np.ndarray and not value.dtype.hasobject:
        return value.copy(order="K")
    if type(value) in (dict, list) and all(
            map(_is_constant, value.values() if type(value) is dict else value)):
        return value.copy()
    return copy.deepcopy(value)


def _is_constant(value: Any) -> bool:
    """Whether nobody can write into a value: then it needs no copy."""
    return isinstance(value, CONSTANT) or (
        type(value) is tuple and all(map(_is_constant, value)))


class Evaluator:
    """The forward function at float64 with one argument replaced; its calls are counted.

    Every call gets fresh copies of dicts, generators and other live objects, so that a seeded
    generator in a parameter dict yields the same mask each time. Once `shape`, the output's at the
    arguments themselves, is known, an output of another shape is a ShapeError.
    """

    def __init__(self, forward: Callable[..., Any], args: Sequence[Any]) -> None:
        self.forward = forward
        self.args = tuple(upcast(arg) for arg in args)
        self.live = [i for i, arg in enumerate(self.args)
                     if not isinstance(arg, (np.ndarray, *IMMUTABLE))]
        self.protect = False
        self.shape: tuple[int, ...] | None = None
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
        if self.shape is not None and out.shape != self.shape:
            raise ShapeError(f"forward's output has shape {out.shape} near the arguments and shape "
                             f"{self.shape} at them")
        return out if out.dtype == F64 else out.astype(F64)

    def anywhere(self, position: int, value: Any) -> Array:
        """Return forward's output, NaN where its shape there is another: a step may be too wide."""
        try:
            return self.out(position, value)
        except ShapeError:
            assert self.shape is not None
            return np.full(self.shape, np.nan)

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
        live = (base != 0) & np.isfinite(base)
        if not np.any(live):
            return
        directions = {i: rng.uniform(0.5, 1.0, self.args[i].shape)
                      * rng.choice([-1, 1], self.args[i].shape) for i in wrt}

        def change(step: float) -> Array | None:
            moved = self.beside({i: self.args[i] * (1 + step * direction)
                                 for i, direction in directions.items()})
            if moved.shape != base.shape:
                return None
            return np.abs(moved - base)[live] / np.abs(base[live])

        # one value may stay as it is by chance; of many outputs that do, a staircase is likelier
        for exponent in range(FINEST_CHANGE, COARSEST_CHANGE if base.size > 1 else 0):
            found = change(10.0**exponent)
            if found is None:
                return
            if np.mean(found > 0) > MOST_UNCHANGED:
                # far off it may be a corner, which a plateau's edge is not: it has another side
                back = change(-(10.0**exponent)) if exponent >= FAR_CHANGE else found
                if exponent > FINEST_CHANGE and back is not None and np.any(back > 0):
                    self.eps = max(self.eps, float(np.median(found[found > 0])))
                return

    def beside(self, values: Mapping[int, Array]) -> Array:
        """Return forward's output with several arguments replaced."""
        args = self.arguments()
        for i, value in values.items():
            args[i] = value
        self.count += 1
        return self._output(args).astype(np.float64)


def output_of(returned: Any) -> Array:
    """Return the output in what a forward function returned; refuse what is not (out, cache)."""
    if type(returned) is tuple and len(returned) == 2 and type(returned[0]) is np.ndarray and (
            returned[0].dtype.kind == "f"):
        return returned[0]
    if not isinstance(returned, tuple) or len(returned) != 2:
        kind = (f"a tuple of {len(returned)}" if isinstance(returned, tuple)
                else an(type(returned).__name__))
        raise ForwardError(f"forward returned {kind}; expected the pair (out, cache)")
    out = returned[0]
    if not isinstance(out, FLOATING) or np.asarray(out).dtype.kind != "f":
        kind = (f"an array of dtype {out.dtype}" if isinstance(out, np.ndarray)
                else an(type(out).__name__))
        raise ForwardError(f"forward returned {kind} as its output; expected a floating array")
    return np.asarray(out)
