"""Numeric derivatives, each with a bound on its own error.

The central difference ``(f(x + h) - f(x - h)) / 2h`` errs by ``h^2 f'''/6`` of truncation and by
about ``eps |f| / h`` of roundoff. One step length cannot tell how large the two are; a ladder of
them can: Richardson extrapolation removes the first, and what the extrapolated values still differ
by from rung to rung bounds the rest. At a kink the one-sided slopes stay apart however small the
step; every value between them is then a valid subgradient.

References
----------
Ridders (1982), "Accurate computation of F'(x) and F'(x)F''(x)"; Squire & Trapp (1998), "Using
complex variables to estimate derivatives of real functions".
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

RUNGS = 13
MOST_RUNGS = 22  # down to the last bits of x, where every wider step has left the domain
INSIDE = 6  # of them in the domain, where the wider ones have left it
RATIO = 4.0
FIRST_RUNG = 128.0
COMPLEX_STEP = 1e-30
KINK_PERSISTS = (0.5, 2.0)
MOST_MOVED = 0.6
KINK_ULPS = 64.0  # roundoffs by which one-sided slopes must be apart
DISTANT = 0.01  # of their distance: a bound below it belongs to one side of a kink alone


@dataclass(frozen=True)
class Slopes:
    """Difference quotients at one step length, a value for each coordinate.

    Attributes
    ----------
    central : ndarray
        The central difference.
    low, high : ndarray
        The smallest and the largest value that the one-sided slopes of each output allow.
    roundoff : ndarray
        A bound on what rounding of the outputs adds to `central`.
    step : ndarray
        The step that was taken, half the distance of the two points.
    """

    central: Array
    low: Array
    high: Array
    roundoff: Array
    step: Array


@dataclass(frozen=True)
class Estimate:
    """A derivative known to lie in ``[low, high]``.

    Attributes
    ----------
    value, bound : ndarray
        The derivative and a bound on its error.
    low, high : ndarray
        ``value -+ bound``; at a kink, the one-sided slopes widened by their roundoff.
    kinked : ndarray of bool
        Where the one-sided slopes stay apart.
    rungs : tuple of Slopes
        What the estimate was made from, the widest step first.
    """

    value: Array
    bound: Array
    low: Array
    high: Array
    kinked: Array
    rungs: tuple[Slopes, ...] = ()

    def better(self, other: Estimate) -> Estimate:
        """Return, coordinate by coordinate, the estimate with the smaller bound."""
        pick = other.bound < self.bound
        names = ("value", "bound", "low", "high", "kinked")
        picked = {name: np.where(pick, getattr(other, name), getattr(self, name))
                  for name in names}
        return Estimate(**picked, rungs=self.rungs + other.rungs)

    def steps(self, place: int) -> tuple[tuple[float, float, float], ...]:
        """Return (step, central difference, bound of its roundoff) of one coordinate."""
        return tuple((float(rung.step[place]), float(rung.central[place]),
                      float(rung.roundoff[place])) for rung in self.rungs)


def step_lengths(x: Array, eps: float) -> Array:
    """Return ``h = eps^(1/3) max(|x_i|, rms x)``: it balances truncation against roundoff.

    Without a scale (x all zeros or empty) the step is ``eps^(1/3)``.
    """
    rms = float(np.sqrt(np.mean(np.square(x)))) if x.size else 0.0
    if not np.isfinite(rms):
        rms = float(np.max(np.abs(x)))
    return eps ** (1 / 3) * np.maximum(np.abs(x), rms if rms > 0 else 1.0)


def ladder(
    slopes: Callable[[float], Slopes],
    decided: Callable[[Array, Array], bool] = lambda value, bound: False,
) -> Estimate:
    """Estimate a derivative from central differences at shrinking steps.

    Parameters
    ----------
    slopes : callable
        ``slopes(s)`` returns the Slopes at step ``s h``, s from 128 down to 8e-6, and further down
        to 3e-11 while a coordinate has few finite slopes.
    decided : callable
        ``decided(value, bound)`` tells whether these suffice; the ladder then ends early.

    Returns
    -------
    Estimate
        At each coordinate, the extrapolated value whose two neighbours agree with it best; its
        bound is infinite where no three steps in a row gave finite slopes.
    """
    rungs: list[Slopes] = []
    extrapolated: list[Array] = []
    distances: list[Array] = []
    value = bound = chosen = np.empty(0)
    settled, inside = False, 0
    for rung in range(MOST_RUNGS):
        inside += bool(np.all(np.isfinite(bound))) if rung > 2 else 0
        if rung >= RUNGS and inside > INSIDE:
            break
        rungs.append(slopes(FIRST_RUNG / RATIO**rung))
        if rung == 0:
            continue
        new, old = rungs[-1], rungs[-2]
        extrapolated.append((RATIO**2 * new.central - old.central) / (RATIO**2 - 1))
        if rung == 1:
            value, bound = new.central, np.full_like(new.central, np.inf)
            chosen = np.ones(value.shape)
            continue
        distances.append(np.abs(extrapolated[-1] - extrapolated[-2]))
        # two successive agreements are asked for: noise can agree once by chance
        distance = np.maximum(distances[-1], distances[-2]) if rung > 2 else distances[-1]
        error = 2 * distance + 2 * new.roundoff
        persists = _gap_persists(old, new)
        error = np.where(persists, np.maximum(error, new.high - new.low), error)
        error = np.where(np.isfinite(error), error, np.inf)
        # roundoff and noise grow as the step shrinks: what shows here was there before, smaller
        bound = np.fmax(bound, distances[-1] / RATIO ** (rung - chosen))
        better = error < bound
        value = np.where(better, extrapolated[-1], value)
        bound = np.where(better, error, bound)
        chosen = np.where(better, rung, chosen)
        enough = rung > 2 and decided(value, bound)
        if enough and settled:
            break
        settled = enough
    return _at_kinks(rungs, value, bound)


def _gap_persists(old: Slopes, new: Slopes) -> Array:
    """Where the one-sided slopes are what they were at four times the step, and apart."""
    old_gap, gap = old.high - old.low, new.high - new.low
    least, most = KINK_PERSISTS
    # noise may keep the distance of the slopes by chance, but not their place
    moved = np.maximum(np.abs(new.low - old.low), np.abs(new.high - old.high))
    return (gap > least * old_gap) & (gap < most * old_gap) & (gap > KINK_ULPS * new.roundoff) & (
        moved < MOST_MOVED * gap)


def _at_kinks(rungs: list[Slopes], value: Array, bound: Array) -> Estimate:
    """Widen the estimate to the one-sided slopes where these stay apart to the last clean rung."""
    low, high = value - bound, value + bound
    kinked = np.zeros(value.shape, dtype=bool)
    for older, old, new in zip(rungs, rungs[1:], rungs[2:], strict=False):
        here = _gap_persists(older, old) & _gap_persists(old, new)
        # a smooth estimate found at smaller steps than this rung's makes the kink a distant one
        here &= bound > DISTANT * (new.high - new.low)
        low = np.where(here, new.low - new.roundoff, low)
        high = np.where(here, new.high + new.roundoff, high)
        kinked |= here
    return Estimate(value, bound, low, high, kinked, tuple(rungs))


def complex_step(f: Callable[[Array], Any], x: Array, direction: Array) -> Array | None:
    """Return the derivative of `f` along `direction` by the complex step, or None.

    ``Im f(x + i h v) / h`` has neither truncation nor cancellation, where f is analytic. It is
    None where f refuses complex input, drops the imaginary part or returns a real value; it is
    *silently wrong* where f takes ``abs``, ``var``, ``norm``, ``vdot`` or a sign, so accept it only
    where a central difference confirms it.
    """
    complex_warning = getattr(np, "exceptions", np).ComplexWarning
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", complex_warning)
        try:
            out = np.asarray(f(x + 1j * COMPLEX_STEP * direction))
        except Exception:
            return None
    if out.dtype.kind != "c":
        return None
    slope = out.imag / COMPLEX_STEP
    return slope if np.all(np.isfinite(slope)) else None
