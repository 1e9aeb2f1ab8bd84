"""Derivatives from many values: roundoff averages out where a single difference drowns in it.

Between the steps at which a function's change is nothing but roundoff and those at which it bends
or has corners may lie less than a ladder of steps needs. A polynomial fitted to many values there
tells the slope, its own uncertainty, and whether the function is smooth so far: what a corner adds
is no polynomial.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray

from gradcheck.equal import BOUNDS

Array = NDArray[Any]

FEW, MANY = 24, 1024  # values of one fit
DEGREE = 6
LEFT = 3.0  # standard errors of a coefficient that is zero
UNCERTAIN = 1.5  # standard errors: a corner may hide below the noise that it is looked for in
QUANTUM = 12**-0.5  # of the last place, the standard deviation of what rounding leaves
USUAL = 0.5  # of the last place, what a sum of some terms rounds off
CHANGES = 16.0  # last places: of less change the rounding is no noise but one and the same
SLACK = 1.2
SURELY = 20.0  # bounds, for a value that is wrong: a corner that hides may bias a fit by a few


@dataclass(frozen=True)
class Side:
    """Where the origin lies among the values, from -1 to 1, what may explain them, and how far.

    `reaches` are relative to the narrowest one that could tell with MANY values, `first` is the
    place of the one that is tried first; within the `near` ones a corner would show. `degrees` are
    those of polynomials that a smooth function may be.
    """

    origin: float
    degrees: tuple[int, ...]
    reaches: tuple[float, ...]
    first: int
    near: tuple[float, ...]


BOTH = Side(0.0, (2, 4), (1.0, 2.0, 4.0, 8.0, 16.0, 64.0), 3, (4.0, 1.0, 0.25))
# where a corner is too near to be told from one at the origin, each side has a slope of its own
ONE = tuple(Side(origin, (2,), (8.0, 16.0, 32.0, 64.0, 256.0, 1024.0), 3, (16.0, 4.0, 2.0))
            for origin in (-1.0, 1.0))


@dataclass(frozen=True)
class Fitted:
    """A slope, a bound on its error, infinite where nothing was told, and the half width.

    `bent` where the function is not smooth so far; `one_sided` where only one side told, or
    nothing moved: a corner at the origin itself would not show.
    """

    value: float
    bound: float
    step: float
    one_sided: bool = False
    bent: bool = False

    def surely(self, error: float) -> bool:
        """Whether an error is one of the value that was compared, and not of the fit."""
        return error > SURELY * self.bound and not self.one_sided


NOTHING = Fitted(0.0, np.inf, 0.0)
BENT = Fitted(0.0, np.inf, 0.0, bent=True)


def fitted(change: Callable[[float], float], last_place: float, wanted: float,
           agrees: Callable[[Fitted], bool] | None = None) -> Fitted:
    """Fit polynomials to the values of a function at many steps to both sides.

    Parameters
    ----------
    change : callable
        ``change(t)`` returns by how much the function's value differs from the one at t = 0.
    last_place : float
        The unit in which the value is rounded.
    wanted : float
        The bound to reach.
    agrees : callable, optional
        Whether a slope is the one that is expected. One side alone may only confirm it, and is
        not asked without.

    Returns
    -------
    Fitted
        With a bound that may be larger than the wanted one.

    Examples
    --------
    >>> def near(found):
    ...     return abs(found.value - 1) <= 4 * found.bound
    >>> def corner_at(place):
    ...     return lambda t: (1e9 + np.sin(t) + max(0, t - place)) - 1e9
    >>> found = fitted(corner_at(0.1), 2.0**-23, 1e-5, near)
    >>> bool(near(found)), found.bound <= 1e-5, found.one_sided
    (True, True, False)
    >>> fitted(corner_at(1e-8), 2.0**-23, 1e-5, near).one_sided
    True
    """
    if not (wanted > 0 and last_place > 0):
        return NOTHING
    narrowest = UNCERTAIN * (3 / MANY) ** 0.5 * USUAL * last_place / wanted

    rng = np.random.default_rng(0)

    def fit(side: Side, wider: float, bound: float = wanted) -> Fitted:
        return _within(_Values(change, last_place, side, wider * narrowest), bound, rng)

    best = _best(lambda wider: fit(BOTH, wider), BOTH, wanted)
    if best.bound <= wanted or agrees is None:
        return best
    for side in ONE:
        told = _best(lambda wider, side=side: fit(side, wider), side, wanted)  # type: ignore[misc]
        # beyond a corner that is not so near lies the slope of another piece
        if (told.bound <= wanted and agrees(told)
                and all(agrees(fit(side, wider, np.inf)) for wider in side.near)
                and _none_here([fit(BOTH, wider, np.inf) for wider in BOTH.near], agrees)):
            return told
    return best


def _none_here(near: list[Fitted], agrees: Callable[[Fitted], bool]) -> bool:
    """Whether fits to both sides, ever nearer, meet no corner but one that lies farther off.

    Across a corner at the origin the slope is the same however near. One that only wider fits meet
    is on the other side, if this one has none.
    """
    wrong = [place for place, fit in enumerate(near) if not agrees(fit)]
    if not wrong:
        return True
    if wrong[-1] + 1 == len(near):
        return False
    wide, nearer = near[wrong[-1]:][:2]
    return abs(wide.value - nearer.value) > BOUNDS * (wide.bound + nearer.bound)


def _best(fit: Callable[[float], Fitted], side: Side, wanted: float) -> Fitted:
    """Return the best fit: at wider reaches while the function is smooth, else at narrower ones."""
    place = side.first
    best = new = fit(side.reaches[place])
    way = -1 if new.bent else 1
    # where the narrower one is smooth, what it lacks is width
    while new.bound > wanted and 0 <= place + way < len(side.reaches) and new.bent == (way < 0):
        place += way
        new = fit(side.reaches[place])
        best = new if new.bound < best.bound else best
    return best


@dataclass(frozen=True)
class _Values:
    """A function's values within a reach of the origin, to both sides or to one."""

    change: Callable[[float], float]
    last_place: float
    side: Side
    reach: float

    def at(self, places: Array) -> Array:
        """Return the values at places from -1 to 1."""
        return np.array([self.change(self.reach * (place - self.side.origin)) for place in places])

    def fit(self, places: Array, values: Array) -> Fitted:
        """Return the slope of the simplest polynomial that leaves nothing but noise."""
        one_sided = self.side is not BOTH
        if not np.any(values):
            # a function that has saturated shows no slope, either: that may confirm one alone;
            # no more than a last place hides, and whoever applies the bound multiplies it
            return Fitted(0.0, self.last_place / (BOUNDS * self.reach), self.reach, one_sided=True)
        coefficients, errors = _polynomial(places, values, self.last_place, DEGREE)
        left = np.abs(coefficients) > LEFT * errors
        for degree in self.side.degrees:
            if np.any(left[degree + 1:]):
                continue
            coefficients, errors = _polynomial(places, values, self.last_place, degree)
            weights = legendre.legval(self.side.origin, legendre.legder(np.eye(degree + 1)))
            slope, error = float(weights @ coefficients), float(np.sqrt(weights**2 @ errors**2))
            if abs(slope) * 2 < CHANGES * self.last_place:
                break
            return Fitted(slope / self.reach, UNCERTAIN * error / self.reach, self.reach,
                          one_sided)
        else:
            return BENT
        return NOTHING


def _within(function: _Values, wanted: float, rng: np.random.Generator) -> Fitted:
    """Fit few values within a reach, then as many more as promise the wanted bound."""
    places, values = np.zeros(0), np.zeros(0)
    more, found = FEW, NOTHING
    while more:
        # one value in each of equal parts, so that no period fits
        new = 2 * (np.arange(more) + rng.uniform(size=more)) / more - 1
        places = np.concatenate([places, new])
        values = np.concatenate([values, function.at(new)])
        if not np.all(np.isfinite(values)):
            return BENT
        found = function.fit(places, values)
        enough = places.size * (SLACK * found.bound / wanted) ** 2
        more = int(enough) - FEW if places.size == FEW < enough <= MANY else 0
    return found


def _polynomial(at: Array, values: Array, last_place: float, degree: int) -> tuple[Array, Array]:
    """Return the coefficients of Legendre's polynomials, and their standard errors."""
    basis = legendre.legvander(at, degree)
    inverse = np.linalg.pinv(basis)
    coefficients = inverse @ values
    rest = float(np.sum(np.square(values - basis @ coefficients))) / (at.size - degree - 1)
    noise = max(np.sqrt(rest), QUANTUM * last_place)
    return coefficients, noise * np.sqrt(np.sum(np.square(inverse), axis=1))
