"""Exact derivatives: `python -m tests.gradcheck.numeric.exact` counts the bounds that hold.

Functions with their mathematical counterparts in mpmath, at many points. The nasty ones compute
in a narrow dtype, round their results, cancel, or oscillate; the derivative that counts is that of
the function they stand for.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck import numerical_gradient


class _Mpmath:
    """mpmath's functions, loaded when one is called: this module is collected without it, too."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *args: getattr(importlib.import_module("mpmath"), name)(*args)


mp = _Mpmath()
DIGITS = 60
POINTS = (1e-6, -3e-5, 1e-3, 0.01, -0.1, 0.3, -0.7, 1.0, 1.9, -3.0, 7.5, 20.0, -110.0, 1e3)


@dataclass(frozen=True)
class Pair:
    """A function as NumPy computes it, and as it is; its family and domain."""

    family: str
    name: str
    computed: Callable[[Any], Any]
    meant: Callable[[Any], Any]
    inside: Callable[[float], bool] = lambda x: True


def _narrow(dtype: Any, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: float(function(x.astype(dtype)).astype(np.float64).sum())


def _rounded(digits: int, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: np.round(function(x).sum(), digits)


def positive(x: float) -> bool:
    """Whether x is inside the domain of logarithms and roots."""
    return x > 0


def small(x: float) -> bool:
    """Whether an exponential of x is of ordinary size."""
    return abs(x) < 10


SMOOTH: tuple[tuple[str, Any, Any, Callable[[float], bool]], ...] = (
    ("x^2", lambda x: x**2, lambda x: x**2, lambda x: True),
    ("x^5", lambda x: x**5, lambda x: x**5, lambda x: True),
    ("sin", np.sin, mp.sin, lambda x: True),
    ("tanh", np.tanh, mp.tanh, small),
    ("exp", np.exp, mp.exp, small),
    ("log", np.log, mp.log, positive),
    ("sqrt", np.sqrt, mp.sqrt, positive),
    ("1/(1 + x^2)", lambda x: 1 / (1 + x**2), lambda x: 1 / (1 + x**2), lambda x: True),
    ("x sin x", lambda x: x * np.sin(x), lambda x: x * mp.sin(x), lambda x: True),
    ("arctan", np.arctan, mp.atan, lambda x: True),
)
CANCELLING: tuple[tuple[str, Any, Any, Callable[[float], bool]], ...] = (
    ("1e6 + sin", lambda x: 1e6 + np.sin(x), lambda x: mp.sin(x), lambda x: True),
    ("(1e8 + x) - 1e8", lambda x: (1e8 + x) - 1e8, lambda x: x, lambda x: True),
    ("(1 - cos x) / x^2", lambda x: (1 - np.cos(x)) / x**2,
     lambda x: (1 - mp.cos(x)) / x**2, lambda x: abs(x) > 5e-4),
    ("(exp x - 1) / x", lambda x: (np.exp(x) - 1) / x, lambda x: (mp.exp(x) - 1) / x, small),
    ("log(1 + x)", lambda x: np.log(1 + x), lambda x: mp.log(1 + x), positive),
    ("sqrt(x^2 + 1) - 1", lambda x: np.sqrt(x**2 + 1) - 1, lambda x: mp.sqrt(x**2 + 1) - 1,
     lambda x: True),
    ("1e12 + x^2", lambda x: 1e12 + x**2, lambda x: x**2, lambda x: True),
)
FAST: tuple[tuple[str, Any, Any, Callable[[float], bool]], ...] = tuple(
    (f"sin {rate:g} x", lambda x, rate=rate: np.sin(rate * x),
     lambda x, rate=rate: mp.sin(mp.mpf(rate) * x), lambda x, rate=rate: abs(rate * x) < 1e12)
    for rate in (1e3, 1e5, 1e7, 1e9, 1e10))


def pairs() -> Iterator[Pair]:
    """Yield every function of every family."""
    for family, entries in (("smooth", SMOOTH), ("cancelling", CANCELLING), ("fast", FAST)):
        for name, computed, meant, inside in entries:
            yield Pair(family, name, lambda x, f=computed: f(x).sum(), meant, inside)
    for name, computed, meant, inside in SMOOTH:
        yield Pair("float32", name, _narrow(np.float32, computed), meant, inside)
        yield Pair("float16", name, _narrow(np.float16, computed), meant,
                   lambda x, inside=inside: inside(x) and 1e-2 < abs(x) < 10)
        for digits in (3, 6, 9):
            yield Pair("rounded", f"{name} to {digits}", _rounded(digits, computed), meant, inside)


@dataclass(frozen=True)
class Outcome:
    """What numerical_gradient says of one function at one point, and the truth."""

    pair: Pair
    x: float
    value: float
    bound: float
    exact: float

    @property
    def holds(self) -> bool:
        """Whether the error is within the bound, up to the last bits of the exact value."""
        last = 4 * np.finfo(float).eps * abs(self.exact)
        return bool(abs(self.value - self.exact) <= self.bound + last)


def outcomes() -> Iterator[Outcome]:
    """Differentiate every function at every point of its domain."""
    with warnings.catch_warnings(), mp.workdps(DIGITS):
        warnings.simplefilter("ignore")
        for pair in pairs():
            for x in filter(pair.inside, POINTS):
                value, bound = numerical_gradient(pair.computed, np.array([x]))
                exact = float(mp.diff(pair.meant, mp.mpf(x)))
                yield Outcome(pair, x, float(value[0]), float(bound[0]), exact)


def table(found: list[Outcome]) -> str:
    """Return the figures as a Markdown table."""
    lines = ["| functions | pairs | bound holds | median of bound / derivative |",
             "|---|---|---|---|"]
    for family in dict.fromkeys(outcome.pair.family for outcome in found):
        here = [outcome for outcome in found if outcome.pair.family == family]
        width = [outcome.bound / abs(outcome.exact) for outcome in here if outcome.exact]
        lines.append(f"| {family} | {len(here)} | {sum(outcome.holds for outcome in here)} | "
                     f"{np.median(width):.0e} |")
    return "\n".join(lines)


def main() -> int:
    """Print the figures; 1 where a bound does not hold."""
    found = list(outcomes())
    broken = [outcome for outcome in found if not outcome.holds]
    print(f"{len(found)} pairs of a function and a point: {len(found) - len(broken)} bounds "
          "hold.\n")
    print(table(found))
    for outcome in broken:
        print(f"- {outcome.pair.family} {outcome.pair.name} at {outcome.x:g}: {outcome.value:.6g} "
              f"± {outcome.bound:.1e}, exact {outcome.exact:.6g}")
    return int(bool(broken))


if __name__ == "__main__":
    raise SystemExit(main())
