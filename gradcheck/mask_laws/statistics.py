"""Exact tests of kept/dropped decisions, each with a false-alarm probability that is a bound.

Two kinds suffice. Counts of decisions in disjoint groups are binomial, whose tails are exact.
Products over overlapping pairs are not, but the pairs (i, i + L) fall into two classes of disjoint
pairs, and Bernstein's inequality holds for each class. No normal approximation is used: at a
probability of 1e-11 its tail would be wrong by orders of magnitude.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy import fft

from gradcheck.arguments import Array
from gradcheck.mask_laws.implementation import broken
from gradcheck.mask_laws.tails import at_least, at_most

# For one family of counts. A run judges fewer than 100 families: together they stay below 1e-9.
ALPHA = 1e-11
SHARES = {0.0: "none", 1.0: "all"}


class Count(NamedTuple):
    """`observed` of `n` independent decisions went a way that has probability `probability`."""

    of: str
    observed: int
    n: int
    probability: float


@dataclass(frozen=True)
class Alarm:
    """The least likely count of a family, where it is too unlikely to be chance."""

    count: Count
    chance: float

    def __str__(self) -> str:
        of, observed, n, probability = self.count
        share = SHARES.get(observed / n, "") if of.startswith("of ") else ""
        return (f"{share or f'{observed / n:.4g}'} {of} where {probability:.4g} was expected "
                f"({observed} of {n}; {self.odds})")

    @property
    def odds(self) -> str:
        """The chance of such a count, in words."""
        return f"chance {self.chance:.0e}" if self.chance else "chance below 1e-300"

    def evidence(self) -> dict[str, Any]:
        """Return the numbers as a dict."""
        of, observed, n, probability = self.count
        return {"of": of, "observed": observed / n, "expected": probability, "n": n,
                "chance": self.chance}


def least_likely(counts: Sequence[Count]) -> Alarm | None:
    """Return the least likely of the counts if chance does not explain it (Bonferroni).

    >>> least_likely([Count("kept", 480, 1000, 0.5)]) is None
    True
    >>> print(least_likely([Count("kept", 700, 1000, 0.5)]))
    0.7 kept where 0.5 was expected (700 of 1000; chance 2e-37)
    """
    observed, n, probability = (np.array(column) for column in list(zip(*counts, strict=True))[1:])
    below, above = at_most(observed, n, probability), at_least(observed, n, probability)
    chance = np.minimum(1, 2 * np.minimum(below, above))
    worst = int(np.argmin(chance))
    if chance[worst] >= ALPHA / len(counts):
        return None
    return Alarm(counts[worst], float(chance[worst]))


def judge(counts: Sequence[Count], slip: str, example: object) -> None:
    """Break the law if the least likely count is beyond chance."""
    alarm = least_likely(counts)
    if alarm is not None:
        broken(str(alarm), slip, str(example), **alarm.evidence())


def count_among(kept: Array, where: Array, keep: float, label: str) -> Count:
    """Count how many of the units `where` holds are kept."""
    return Count(f"of the {label} are kept", int(np.count_nonzero(kept & where)),
                 int(np.count_nonzero(where)), keep)


def pair_counts(first: Array, second: Array, keep: float, label: str) -> list[Count]:
    """Count pairs of decisions that agree, and that are both kept; the pairs are disjoint."""
    agree, both = int(np.count_nonzero(first == second)), int(np.count_nonzero(first & second))
    return [Count(f"of the {label} agree", agree, first.size, keep**2 + (1 - keep) ** 2),
            Count(f"of the {label} are both kept", both, first.size, keep**2)]


def standardized(kept: Array, keep: float) -> Array:
    """Return decisions as numbers of mean 0 and variance 1."""
    return (kept.ravel() - keep) / math.sqrt(keep * (1 - keep))


def judge_lags(kept: Array, keep: float, example: object, slip: str) -> None:
    """Break the law if the worst lag of a mask is beyond its bound."""
    worst = lag_correlation(kept, keep)
    if worst is not None:
        lag, correlation, bound = worst
        broken(f"units {lag} apart have correlation {correlation:.3g} "
               f"(independent units stay within {bound:.2g})", slip, str(example),
               lag=lag, correlation=correlation, bound=bound)


def lag_correlation(kept: Array, keep: float) -> tuple[int, float, float] | None:
    """Return (lag, correlation, bound) of the worst lag of a mask, if beyond its bound."""
    return worst_lag(standardized(kept, keep), min(keep, 1 - keep))


def worst_lag(standard: Array, rarest: float) -> tuple[int, float, float] | None:
    """Return (lag, correlation, bound) of the worst lag of a sequence, if beyond its bound.

    The autocorrelation at every lag up to half the length (one FFT) shows shared decisions of
    neighbours, rows and columns, a period of any length, repeated calls, and their complements.
    `rarest` is the least probability of a decision, which bounds the numbers in `standard`.
    """
    n, half = standard.size, standard.size // 2
    length = fft.next_fast_len(n + half + 1, real=True)
    # In single precision the products are off by 1e-7 n; the slack below allows ten times that.
    spectrum = fft.rfft(standard.astype(np.float32), length)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    products = fft.irfft(power, length)[1 : half + 1]
    log_odds = math.log(4 * half / ALPHA)
    slope = (1 - rarest) / rarest * log_odds / 3
    # The n - lag pairs make two classes of n/2 on average; at lag n/2 they are one class of n/2.
    one_class = slope + math.sqrt(slope**2 + log_odds * n)
    excess = np.abs(products) - 2 * one_class
    if n % 2 == 0:
        excess[-1] += one_class
    worst = int(np.argmax(excess))
    if excess[worst] <= 1e-6 * n:
        return None
    pairs = n - worst - 1
    bound = abs(products[worst]) - excess[worst]
    return worst + 1, float(products[worst] / pairs), float(bound / pairs)


@functools.lru_cache(maxsize=256)
def _at_most_each(n: int, keep: float) -> Array:
    """Return P(X <= k) for k = 0 ... n: every dropout is held to the same few binomials."""
    below = at_most(np.arange(n + 1), n, keep)
    below.flags.writeable = False
    return below


def spread_counts(totals: Array, n: int, keep: float, label: str) -> list[Count]:
    """Count totals near the middle, far out, and above the middle of Binomial(n, keep)."""
    below = _at_most_each(n, keep)
    low, high, far_low, far_high = (int(k) for k in np.searchsorted(
        below, [0.25, 0.75, 0.025, 0.975]))

    def inside(first: int, last: int) -> float:
        return float(below[last] - (below[first - 1] if first else 0))

    middle, far, above = inside(low, high), 1 - inside(far_low, far_high), 1 - float(below[low])
    return [
        Count(f"of the {label} lie in [{low}, {high}]",
              int(((totals >= low) & (totals <= high)).sum()), totals.size, middle),
        Count(f"of the {label} lie outside [{far_low}, {far_high}]",
              int(((totals < far_low) | (totals > far_high)).sum()), totals.size, far),
        Count(f"of the {label} lie above {low}", int((totals > low).sum()), totals.size, above),
    ]


def pattern_counts(words: Array, keep: float, label: str) -> list[Count]:
    """Count every pattern of kept and dropped among words, an array (count, bits)."""
    count, bits = words.shape
    codes = words @ (1 << np.arange(bits))
    seen = np.bincount(codes, minlength=2**bits)
    ones = np.array([int(code).bit_count() for code in range(2**bits)])
    expected = keep**ones * (1 - keep) ** (bits - ones)
    return [Count(f"of the {label} show the pattern {code:0{bits}b}", int(seen[code]), count,
                  float(expected[code])) for code in range(2**bits)]
