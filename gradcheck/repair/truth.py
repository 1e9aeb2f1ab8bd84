"""The true gradient at some arguments, as far as a candidate has to be held to it."""

from __future__ import annotations

import contextlib
import copy
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.contract.inspection import as_gradients
from gradcheck.contract.layer import Layer
from gradcheck.nested import IMMUTABLE
from gradcheck.numeric.dependence import align
from gradcheck.numeric.differences import Problem, central_differences
from gradcheck.numeric.evaluator import Evaluator, output_of
from gradcheck.numeric.ladder import step_lengths
from gradcheck.repair.limit import clock

Array = NDArray[Any]
DIRECTIONS = 2
MOST_SECONDS = 0.5
# A candidate is held to so much of the gradient's size; who passes is judged by the check itself.
CLOSE = 2e-6
SMOOTH = 1e-3
WIDER = 3.0
MOST_SPOTS = 12


@dataclass(frozen=True)
class Along:
    """The derivative along a random direction, and how far it can be trusted."""

    direction: Array
    slope: float
    error: float


@dataclass
class Truth:
    """The true gradient of one argument: whole where that is cheap, and along directions."""

    shape: tuple[int, ...]
    along: list[Along]
    whole: Array | None = None
    known: Array | None = None
    scale: float = 0.0

    def matched(self, gradient: Any) -> int:
        """Return how many elements of a gradient are right, where all are known."""
        if self.whole is None or self.known is None or np.shape(gradient) != self.shape:
            return 0
        if self.ratio(gradient) is not None:  # a factor is missing, and no more
            return max(int(np.count_nonzero(self.known)) - 1, 0)
        near = np.abs(np.asarray(gradient) - self.whole) <= CLOSE * self.scale
        return int(np.count_nonzero(near & self.known))

    @cached_property
    def _spots(self) -> NDArray[np.intp]:
        """A few of the elements that are known."""
        places = np.flatnonzero(np.asarray(self.known))
        rng = np.random.default_rng(len(places))
        return np.sort(rng.permutation(places)[:MOST_SPOTS])

    def sampled(self, gradient: Any) -> Array:
        """Return a few elements of a gradient, or what it is along a few directions.

        NaN where it is no gradient of this shape.
        """
        array = np.asarray(gradient)
        held = array if array.shape == self.shape and array.dtype.kind == "f" else (
            np.full(self.shape, np.nan))
        if self.whole is None:
            return np.array([np.sum(held * along.direction) for along in self.along])
        return held.ravel()[self._spots].astype(float) if len(self._spots) else np.zeros(1)

    @property
    def right_sample(self) -> Array:
        """The true values of the elements that are sampled."""
        if self.whole is None:
            return np.array([along.slope for along in self.along])
        return self.sampled(self.whole)

    def ratio(self, gradient: Any) -> float | None:
        """Return what a gradient has to be multiplied by; None where no number does it."""
        if self.whole is None or self.known is None or np.shape(gradient) != self.shape:
            return None
        right, found = self.whole[self.known], np.asarray(gradient, dtype=float)[self.known]
        square = float(np.sum(found * found))
        factor = float(np.sum(right * found)) / square if square else 0.0
        far = np.abs(right - factor * found)
        return factor if factor and np.all(far <= CLOSE * self.scale) else None

    def distance(self, gradient: Any) -> float:
        """Return how far a gradient is from the true one, 1 for as far as it may be."""
        if not isinstance(gradient, np.ndarray | np.floating) or np.shape(gradient) != self.shape:
            return np.inf
        array = np.asarray(gradient)
        if array.dtype.kind != "f" or not np.all(np.isfinite(array)):
            return np.inf
        if self.whole is not None and self.known is not None:
            gap = np.abs(array - self.whole)[self.known]
            return float(np.max(gap, initial=0.0) / (CLOSE * self.scale))
        far = 0.0
        for along in self.along:
            terms = array * along.direction
            size = CLOSE * float(np.linalg.norm(terms)) + along.error
            far = max(far, abs(float(np.sum(terms)) - along.slope) / (size or 1.0))
        return far


@dataclass
class Place:
    """Arguments, what forward makes of them, and the true gradients there.

    `whole` says whether every coordinate is wanted, `is_new` whether the sizes are other ones than
    those of the check.
    """

    layer: Layer
    whole: bool = False
    seed: int = 0
    is_new: bool = True
    evaluator: Evaluator = field(init=False)

    def __post_init__(self) -> None:
        self.evaluator = Evaluator(self.layer.forward, self.layer.args)
        self.evaluator.protect = True
        started = clock()
        returned = self.evaluator.call()
        self.seconds = clock() - started
        self.out, self.cache = output_of(returned).astype(np.float64).copy(), returned[1]
        if not np.all(np.isfinite(self.out)):
            raise ValueError("forward's output is not finite")
        self.evaluator.shape = self.out.shape
        rng = np.random.default_rng([self.seed, 5])
        self.dout = rng.standard_normal(self.out.shape) if self.out.ndim else np.ones(())

    @cached_property
    def truths(self) -> list[Truth]:
        """The true gradients, in the order of the layer's `wrt`."""
        return [self._truth(position) for position in self.layer.wrt]

    def distances_now(self) -> list[float]:
        """Return how far each gradient is as the layer now runs; infinite where it raises."""
        found = None
        with contextlib.suppress(Exception):
            found = as_gradients(self.layer.backward(self.dout.copy(), self.fresh_cache()))
        return distances(self, found or ())

    def fresh_cache(self) -> Any:
        """Return a copy of the cache, as a candidate may write into it."""
        return copied(self.cache)

    def _truth(self, position: int) -> Truth:
        x = self.evaluator.args[position]
        rng = np.random.default_rng([position, 11])
        truth = Truth(x.shape, [self._along(position, rng) for _ in range(DIRECTIONS)])
        if self.whole:
            lengths = step_lengths(x, self.evaluator.eps)
            scale = lengths / self.evaluator.eps ** (1 / 3)
            alignment = align(self.evaluator, position, self.out, scale)
            if 4 * alignment.group_count * self.seconds < MOST_SECONDS:
                self._fill(truth, position, alignment, lengths)
        return truth

    def _fill(self, truth: Truth, position: int, alignment: Any, lengths: Array) -> None:
        """Compute the whole gradient, at two steps: where they disagree there is a kink."""
        problem = Problem(self.evaluator, self.out, self.dout)
        near, noise = central_differences(problem, position, alignment, lengths)
        far, _ = central_differences(problem, position, alignment, WIDER * lengths)
        size = float(np.sqrt(np.mean(near**2))) if near.size else 0.0
        truth.whole = near
        truth.scale = max(size, float(np.max(np.abs(noise), initial=0.0)) / CLOSE, 1e-12)
        truth.known = np.abs(near - far) <= SMOOTH * (np.abs(near) + size) + 4 * noise

    def _along(self, position: int, rng: np.random.Generator) -> Along:
        """Return the derivative along a direction in which nothing kinks between two steps."""
        x = self.evaluator.args[position]
        lengths = step_lengths(x, self.evaluator.eps)
        best = Along(np.zeros(x.shape), 0.0, np.inf)
        for _ in range(3):
            direction = rng.standard_normal(x.shape)
            near, far = (self._slope(position, step * lengths * direction, step)
                         for step in (1.0, WIDER))
            noise = self.evaluator.eps * float(np.sum(np.abs(self.dout * self.out)))
            found = Along(lengths * direction, near, abs(near - far) + 8 * noise)
            if found.error < best.error:
                best = found
            if found.error <= 1e-6 * abs(near) + 8 * noise:
                break
        return best

    def _slope(self, position: int, move: Array, step: float) -> float:
        x = self.evaluator.args[position]
        above, below = (self.evaluator.out(position, x + sign * move) for sign in (1.0, -1.0))
        return float(np.sum(self.dout * (above - below))) / (2 * step)


def copied(value: Any) -> Any:
    """Return a copy of a cache, quickly where it is made of arrays.

    >>> cache = (np.ones(2), {"p": 0.5})
    >>> copied(cache)[0] is cache[0], copied(cache)[1]
    (False, {'p': 0.5})
    """
    kind = type(value)
    if kind is np.ndarray and value.dtype.kind != "O":
        return value.copy()
    if isinstance(value, IMMUTABLE):
        return value
    if kind is tuple or kind is list:
        return kind(map(copied, value))
    if kind is dict:
        return {key: copied(entry) for key, entry in value.items()}
    return copy.deepcopy(value)


def distances(place: Place, gradients: Sequence[Any]) -> list[float]:
    """Return how far each gradient is from the true one; those that are not there are infinite."""
    return [truth.distance(gradient) for truth, gradient in _paired(place, gradients)]


def matches(place: Place, gradients: Sequence[Any]) -> int:
    """Return how many elements of all gradients are right."""
    return sum(truth.matched(gradient) for truth, gradient in _paired(place, gradients))


def sampled(place: Place, gradients: Sequence[Any]) -> Array:
    """Return a few elements of all gradients, in one vector."""
    return np.concatenate([truth.sampled(gradient) for truth, gradient in _paired(
        place, gradients)])


def _paired(place: Place, gradients: Sequence[Any]) -> Iterator[tuple[Truth, Any]]:
    return itertools.zip_longest(place.truths, gradients[:len(place.truths)])
