"""The masks of dropout at scale: rate, independence, distribution of counts.

`-m slow` draws 2**30 units over six probabilities; the normal run draws 2**24 of them. Every test
statistic is compared at `RARE`, the two-sided tail of five standard deviations, so each of the
150 comparisons or so raises a false alarm with probability 6e-7: about 1e-4 in all. The seeds
are fixed: a run that passes once passes always.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from scipy import stats

from layers import dropout_forward
from layers.blocked import BLOCK
from layers.masks import bernoulli

PROBABILITIES = (1e-3, 0.1, 0.3, 0.5, 0.9, 0.999)
LAGS = (1, 2, 8, 64, 256, BLOCK)
ROWS, COLUMNS = 4096, 4096  # 2**24 units a mask
RARE = 2 * stats.norm.sf(5)

SIZES = pytest.mark.parametrize("masks", [
    pytest.param(1, id="2**24-units"),
    pytest.param(11, id="2**30-units-in-all", marks=pytest.mark.slow),
])


def masks_of(p: float, masks: int) -> Iterator[np.ndarray]:
    """Seeded masks, one at a time; the seeds of two probabilities differ."""
    for number in range(masks):
        yield bernoulli((ROWS, COLUMNS), p, 1000 * PROBABILITIES.index(p) + number)


def lag_sums(mask: np.ndarray, lag: int) -> tuple[int, int, int]:
    """Return over how many pairs at that lag, how many kept units are in them, and kept pairs."""
    flat = mask.reshape(-1)
    first, second = flat[:-lag], flat[lag:]
    kept = np.count_nonzero(first) + np.count_nonzero(second)
    return first.size, kept, np.count_nonzero(first & second)


def pair_z(pairs: int, kept: int, both: int, q: float) -> float:
    """Standardize the sum of (a - q)(b - q), whose variance is exactly pairs * (q * (1 - q))**2."""
    return (both - q * kept + pairs * q * q) / (np.sqrt(pairs) * q * (1 - q))


@SIZES
@pytest.mark.parametrize("p", PROBABILITIES)
def test_rate_and_independence_of_units_rows_columns_and_positions(p, masks):
    q = 1 - p
    units = kept = 0
    lags = {lag: np.zeros(3) for lag in LAGS}
    rows, columns = [], np.zeros(COLUMNS, np.int64)
    positions, patterns = np.zeros(32, np.int64), np.zeros(256, np.int64)
    row_pairs = np.zeros(3)
    for mask in masks_of(p, masks):
        units += mask.size
        kept += np.count_nonzero(mask)
        for lag in LAGS:
            lags[lag] += lag_sums(mask, lag)
        rows.append(np.count_nonzero(mask, axis=1))
        columns += np.count_nonzero(mask, axis=0)
        positions += np.count_nonzero(mask.reshape(-1, 32), axis=0)
        patterns += np.bincount(np.packbits(mask), minlength=256)
        row_pairs += lag_sums(mask, COLUMNS)

    assert abs(kept - units * q) < 5 * np.sqrt(units * p * q)
    for lag in LAGS:
        assert abs(pair_z(*lags[lag], q)) < 5, f"lag {lag}"
    assert abs(pair_z(*row_pairs, q)) < 5, "neighbours in a column"
    row_counts = np.concatenate(rows)
    assert homogeneous(row_counts, COLUMNS, q) > RARE, "rows"
    assert homogeneous(columns, ROWS * masks, q) > RARE, "columns"
    assert homogeneous(positions, units // 32, q) > RARE, "positions of the bytes in a counter step"
    assert binomial_fit(row_counts, COLUMNS, q) > RARE, "kept units in a row are not binomial"
    ones = np.array([bin(pattern).count("1") for pattern in range(256)])
    assert fit(patterns, q**ones * p ** (8 - ones) * patterns.sum()) > RARE, "patterns of eight"


def homogeneous(counts: np.ndarray, n: int, q: float) -> float:
    """Return the p-value of counts that should all be binomial(n, q), by their dispersion."""
    chi2 = np.sum((counts - n * q) ** 2) / (n * q * (1 - q))
    return 2 * min(stats.chi2.sf(chi2, counts.size), stats.chi2.cdf(chi2, counts.size))


def binomial_fit(counts: np.ndarray, n: int, q: float) -> float:
    """Return the p-value of a chi-square test of counts against the binomial distribution."""
    values = np.arange(n + 1)
    return fit(np.bincount(counts, minlength=n + 1), stats.binom.pmf(values, n, q) * counts.size)


def fit(observed: np.ndarray, expected: np.ndarray) -> float:
    """Return the p-value of a chi-square test, the rarest cells put together."""
    order = np.argsort(expected, kind="stable")
    observed, expected = observed[order], expected[order]
    cells = np.minimum((np.cumsum(expected) // 10).astype(int), int(expected.sum() // 10) - 1)
    _, cells = np.unique(cells, return_inverse=True)
    observed, expected = np.bincount(cells, observed), np.bincount(cells, expected)
    if observed.size < 2:
        return 1.0
    return float(stats.chisquare(observed, expected * observed.sum() / expected.sum()).pvalue)


@SIZES
def test_masks_of_successive_seeds_and_calls_are_independent(masks):
    """Seeds 0, 1, 2 ... are the keys of the generator: no key may resemble its neighbour."""
    q, n = 0.7, 1 << 20
    previous = bernoulli((n,), 1 - q, 0)
    sums = np.zeros(3)
    for seed in range(1, 16 * masks):
        mask = bernoulli((n,), 1 - q, seed)
        sums += (n, np.count_nonzero(mask) + np.count_nonzero(previous),
                 np.count_nonzero(mask & previous))
        previous = mask
    assert abs(pair_z(*sums, q)) < 5
    calls = [dropout_forward(np.ones(n, np.float32), {"p": 1 - q, "mode": "train"})[1][1]
             for _ in range(2)]
    both = np.count_nonzero(calls[0] & calls[1])
    assert abs(pair_z(n, sum(map(np.count_nonzero, calls)), both, q)) < 6.5  # unseeded: 8e-11


def test_the_statistics_would_notice_an_eight_bit_threshold_and_a_repeated_byte():
    """The checks above are no formality: two typical faults are hundreds of deviations away."""
    p, n = 0.3, 1 << 24
    rng = np.random.default_rng(0)
    byte = rng.integers(0, 256, n, np.uint8)
    eight_bits = byte >= round(256 * p)
    assert abs(np.count_nonzero(eight_bits) - n * (1 - p)) > 5 * np.sqrt(n * p * (1 - p))
    repeated = np.repeat(rng.random(n // 2) >= p, 2)
    assert abs(pair_z(*lag_sums(repeated, 1), 1 - p)) > 100
