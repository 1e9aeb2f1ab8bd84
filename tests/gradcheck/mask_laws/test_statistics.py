"""The exact tests of decisions: what chance explains is no alarm, the rest is counted right."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from gradcheck.mask_laws.statistics import Count, least_likely, spread_counts, worst_lag
from gradcheck.mask_laws.tails import at_least, at_most


def standard(kept, keep):
    return (kept - keep) / np.sqrt(keep * (1 - keep))


@pytest.mark.parametrize("n", [20000, 20001])
@pytest.mark.parametrize("keep", [0.5, 0.9])
@pytest.mark.parametrize("lag", [2, 1718])
def test_the_correlation_at_a_lag_is_that_of_the_pairs_this_far_apart(n, keep, lag):
    rng = np.random.default_rng(0)
    independent, copied = rng.random(n) < keep, np.arange(n) % 4 < 2
    kept = np.where(copied & (np.arange(n) >= lag), np.roll(independent, lag), independent)
    sequence = standard(kept, keep)
    worst, correlation, bound = worst_lag(sequence, min(keep, 1 - keep))
    assert worst == lag
    direct = np.mean(sequence[worst:] * sequence[: n - worst])
    assert correlation == pytest.approx(direct, abs=1e-6)
    assert abs(correlation) > bound


def test_half_the_length_is_the_largest_lag_and_has_a_bound_of_its_own():
    """At n/2 the pairs are disjoint: half the bound of any other lag."""
    half = np.random.default_rng(1).random(600) < 0.5
    lag, correlation, bound = worst_lag(standard(np.concatenate([half, ~half]), 0.5), 0.5)
    assert (lag, correlation) == (600, pytest.approx(-1, abs=1e-6))
    other = worst_lag(standard(np.resize(half[:300], 1201), 0.5), 0.5)
    assert bound == pytest.approx(other[2] * (1201 - other[0]) / 600 / 2, rel=0.01)


@pytest.mark.parametrize("seed", range(5))
def test_independent_units_stay_within_the_bound(seed):
    kept = np.random.default_rng(seed).random(2**16 + seed) < 0.3
    assert worst_lag(standard(kept, 0.3), 0.3) is None


@pytest.mark.slow
@pytest.mark.parametrize(("n", "keep"), [(1, 0.5), (3, 0.9), (64, 0.5), (1024, 0.3), (1000, 0.999)])
def test_the_counts_of_a_spread_have_the_probabilities_of_the_binomial(n, keep):
    by_total = [spread_counts(np.array([total]), n, keep, "totals") for total in range(n + 1)]
    chances = stats.binom.pmf(np.arange(n + 1), n, keep)
    for counts in zip(*by_total, strict=True):
        inside = [chance for chance, count in zip(chances, counts, strict=True) if count.observed]
        assert counts[0].probability == pytest.approx(sum(inside), abs=1e-9)


def test_of_many_counts_the_least_likely_is_named_if_it_is_beyond_chance():
    usual = [Count(f"family {i}", 500 + i, 1000, 0.5) for i in range(30)]
    assert least_likely(usual) is None
    assert least_likely([*usual, Count("odd", 700, 1000, 0.5)]).count.of == "odd"


@pytest.mark.parametrize("p", [1e-3, 0.3, 0.5, 0.97])
@pytest.mark.parametrize("n", [1, 7, 4096, 2_000_000])
def test_the_tails_are_scipys_to_ten_digits(n, p):
    spread = 12 * math.sqrt(n * p * (1 - p)) + 2
    k = np.unique(np.linspace(n * p - spread, n * p + spread, 201).round())
    np.testing.assert_allclose(at_most(k, n, p), stats.binom.cdf(k, n, p), rtol=1e-10, atol=0)
    np.testing.assert_allclose(at_least(k, n, p), stats.binom.sf(k - 1, n, p), rtol=1e-10, atol=0)


def test_no_number_is_no_count():
    assert at_most(math.nan, 10, 0.5) == at_least(math.nan, 10, 0.5) == 0
