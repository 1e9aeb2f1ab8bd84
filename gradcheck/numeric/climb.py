"""Steps that climb: a derivative that hides in roundoff shows at the function's own scale.

At small steps a tiny slope drowns in the rounding of the function's value. Wider ones lift it out,
until the function bends. An extrapolated value counts only where its neighbours agree with it and
the one-sided slopes do, too; it may call an analytic value wrong only where the change is *seen*,
that is larger by far than roundoff: a step across which a function has saturated shows no slope,
either, and means nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.numeric.ladder import RATIO, Slopes

Array = NDArray[Any]
Enough = Callable[[Array, Array, Array, Array], Array]

LOWEST = 1 / 16  # of the step eps^(1/3) x
MOST_STEPS = 30  # up to 10^16 times that
SEEN = 0.01  # an error of so little of the value itself: it is no roundoff
STRAIGHT = 0.1  # of the gradient: one-sided slopes no farther apart belong to no kink
NARROWS = 3.0  # or they approach each other as the step shrinks by RATIO, as curvature has it
ABRUPT = 2.0**16  # roundings; a polynomial of the eighth degree grows so much at most in a step
NOISE = 4.0  # roundoffs
SPEAKS = 16.0  # roundoffs: a finer step that is off by more tells of what a wider one steps over
ROUNDED = 0.5  # of a roundoff, of which BOUNDS make two
LOOKS = 4  # steps at which the steepest slope is sought
WORSE = 3  # steps in a row that tell less than one before end the climb


@dataclass(frozen=True)
class Climbed:
    """Derivatives from wide steps; `bound` is infinite where none told anything.

    `seen` marks those whose change was no roundoff; `apart` is how far the slopes of the two sides
    stay from the value: at a corner, any value between them may be right. `constant` marks the
    coordinates along which the function stays what it is to the last bit, for good or up to a
    corner; `step` is the one that told most of the first coordinate.
    """

    value: Array
    bound: Array
    seen: Array
    apart: Array
    constant: Array
    step: float
    rungs: tuple[Slopes, ...]


def climb(slopes: Callable[[float], Slopes], size: Array,
          enough: Enough, start: float = LOWEST) -> Climbed:
    """Widen the step until the derivatives are known well enough.

    Parameters
    ----------
    slopes : callable
        ``slopes(s)`` returns the Slopes at step ``s h``.
    size : ndarray
        What the error of each derivative is measured against.
    enough : callable
        ``enough(value, bound, seen, apart)`` marks the coordinates of which enough is known.
    start : float
        The finest step.
    """
    rungs = [_quiet(slopes, start * RATIO**rung) for rung in range(3)]
    value, bound = np.zeros(size.shape), np.full(size.shape, np.inf)
    seen, apart = np.zeros(size.shape, dtype=bool), np.zeros(size.shape)
    worse = np.zeros(size.shape, dtype=int)
    step = start
    for rung in range(3, MOST_STEPS):
        rungs.append(_quiet(slopes, start * RATIO**rung))
        found, error = _extrapolated(rungs[-4:])
        clear = (error <= SEEN * np.abs(found)) & (found != 0)
        error = np.where(_bends(rungs[-2], rungs[-1], np.maximum(size, np.abs(found))),
                         np.inf, error)
        error = np.maximum(error, _contradicted(rungs[:-4], found))
        better = (error <= bound) & np.isfinite(error) & (worse < WORSE)
        step = start * RATIO ** (rung - 3) if better.flat[0] else step
        worse = np.where(better | ~np.isfinite(bound), 0, worse + 1)
        value, bound = np.where(better, found, value), np.where(better, error, bound)
        seen = np.where(better, clear, seen)
        apart = np.where(better, _apart(*rungs[-4:-2]), apart)
        told = enough(value, bound, seen, apart) & ((worse > 0) | (bound == 0))
        if np.all(told | (worse >= WORSE)):
            break
    return Climbed(value, bound, seen, apart, _constant(rungs), step, tuple(rungs))


def _quiet(slopes: Callable[[float], Slopes], step: float) -> Slopes:
    """Return slopes that are NaN where a function refuses so wide a step."""
    try:
        return slopes(step)
    except Exception as error:
        if not getattr(error, "raised_by_forward", False):
            raise
        return Slopes(*(np.array(np.nan) for _ in range(5)))


def steepest(slopes: Callable[[float], Slopes], reach: float) -> Array:
    """Return the largest one-sided slope that is no noise, over steps up to `reach`."""
    rungs = [_quiet(slopes, reach / RATIO**rung) for rung in range(LOOKS)]
    found = [np.maximum(np.abs(rung.low), np.abs(rung.high)) - NOISE * rung.roundoff
             for rung in rungs]
    return np.asarray(np.max([np.where(slope > 0, slope, 0.0) for slope in
                              np.broadcast_arrays(*found)], axis=0))


def _extrapolated(rungs: list[Slopes]) -> tuple[Array, Array]:
    """Return the value that four steps, the finest first, agree upon, and a bound on its error."""
    central = [rung.central for rung in rungs]
    values = [(RATIO**2 * fine - wide) / (RATIO**2 - 1)
              for fine, wide in itertools.pairwise(central)]
    distance = np.maximum(np.abs(values[0] - values[1]), np.abs(values[1] - values[2]))
    # the distances show the noise, too; whoever applies the bound multiplies it
    error = distance + ROUNDED * rungs[0].roundoff
    return values[0], np.where(np.isfinite(error), error, np.inf)


def _contradicted(finer: list[Slopes], value: Array) -> Array:
    """Return by how much finer steps are off a value, their roundoff apart.

    Across many periods of a wave the mean slope is as plain as a derivative, and is none.
    """
    off = [np.abs(rung.central - value) - SPEAKS * rung.roundoff for rung in finer]
    return np.asarray(np.max([np.fmax(entry, 0.0) for entry in off], axis=0, initial=0.0))


def _bends(old: Slopes, new: Slopes, size: Array) -> Array:
    """Where the one-sided slopes stay apart: there are corners between the steps."""
    gap, old_gap = new.high - new.low, old.high - old.low
    straight = (gap <= STRAIGHT * size + 2 * new.roundoff) | (NARROWS * old_gap <= gap)
    return np.asarray(~straight)


def _apart(fine: Slopes, wide: Slopes) -> Array:
    """Return half the distance of the one-sided slopes, zero where it is the curvature's."""
    gap = fine.high - fine.low
    return np.where(NARROWS * gap <= wide.high - wide.low, 0.0, gap / 2)


def _constant(rungs: list[Slopes]) -> Array:
    """Where the function is constant to the last bit, or ends to be so at a corner.

    A slope too small to show would show by a few roundings first, then more.
    """
    flat = np.ones(rungs[0].central.shape, dtype=bool)
    abrupt = flat.copy()
    for rung in rungs:
        still = (rung.central == 0) & (rung.low == 0) & (rung.high == 0)
        change = np.maximum(np.abs(rung.central), rung.high - rung.low)
        abrupt = np.where(flat & ~still, ~(change <= ABRUPT * rung.roundoff), abrupt)
        flat = flat & still
    first = rungs[0]
    return np.asarray(abrupt & (first.central == 0) & (first.high == first.low))
