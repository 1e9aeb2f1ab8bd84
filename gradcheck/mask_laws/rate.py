"""Laws about how many units are kept, and which.

Every law takes the run's `Samples`; it collects counts whose distribution is known exactly and
raises for the least likely one (see `gradcheck.mask_laws.statistics`).
"""

# ruff: noqa: D401 (a law's docstring states the law)

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import stats

from gradcheck.arguments import Array
from gradcheck.mask_laws.implementation import broken
from gradcheck.mask_laws.samples import Large, Samples
from gradcheck.mask_laws.slips import convention_of, slip_of_rate
from gradcheck.mask_laws.statistics import (
    ALPHA,
    Count,
    count_among,
    judge,
    least_likely,
    pattern_counts,
    spread_counts,
)

BLOCKS = (16, 64, 256, 1024)
# Divisors by a common multiple: the counts of the multiple add up to theirs.
DIVISORS = {256: (2, 4, 8, 16, 32, 64, 128, 256), 105: (3, 5, 7)}


def check_rate(samples: Samples) -> None:
    """A unit is kept with probability 1 - p, for every p, shape and dtype."""
    _judge_rates(samples, samples.moderate)


def check_rate_at_extreme_p(samples: Samples) -> None:
    """The rate holds at p = 0.0004, 0.002, 0.998 and 0.9996: no threshold held in 8 bits."""
    _judge_rates(samples, samples.extreme)


def _judge_rates(samples: Samples, large: Sequence[Large]) -> None:
    counts = [Count("kept", int(s.kept.sum()), s.kept.size, 1 - s.p) for s in large]
    alarm = least_likely(counts)
    if alarm is None:
        return
    sample = large[counts.index(alarm.count)]
    slip = convention_of(samples.probe) or samples.sharing() or slip_of_rate(
        {s.p: float(s.kept.mean()) for s in large}, sample.p)
    _, observed, n, expected = alarm.count
    broken(f"kept {observed / n:.4g} of the units where {expected:.4g} was expected "
           f"({observed} of {n}; {alarm.odds})", slip, str(sample),
           **alarm.evidence())


def check_rate_on_every_shape(samples: Samples) -> None:
    """The rate does not depend on the batch size, the rank, the dtype or calls in between."""
    by_shape: dict[tuple[int, ...], list[Array]] = {}
    for kept in samples.mixed:
        by_shape.setdefault(kept.shape, []).append(kept)
    for shape, masks in by_shape.items():
        kept = np.array(masks)
        judge([Count("of the units are kept", int(kept.sum()), kept.size, 0.5)],
              "the rate depends on the shape or the batch size", f"p = 0.5, x of shape {shape}")


def check_small_arrays(samples: Samples) -> None:
    """On one and on three units every combination of kept and dropped has its probability."""
    judge(pattern_counts(samples.triples.kept, 0.5, "calls on three units"),
          "small masks are adjusted: at least one unit is kept (or dropped) by force",
          samples.triples)
    judge([Count("of the single units are kept", int(samples.single.kept.sum()), 128, 0.5)],
          "an array of one unit is treated specially", samples.single)


def check_expectation(samples: Samples) -> None:
    """The mean of out is x (inverted) or x (1 - p) (vanilla), what test mode returns."""
    for sample in samples.moderate:
        n, keep = sample.kept.size, 1 - sample.p
        scale = samples.probe.kept_scale(sample.p)
        low, high = stats.binom.ppf(ALPHA / 2, n, keep), stats.binom.isf(ALPHA / 2, n, keep)
        slack = 1e-5 * n
        if not low - slack <= sample.total / scale <= high + slack:
            mean, expected = sample.total / n, keep * scale
            broken(f"out averages {mean:.4g} x where {expected:.4g} x was expected over {n} units",
                   convention_of(samples.probe) or
                   "rate and scale do not fit: E[out] = (1 - p) * scale * x", str(sample),
                   observed=mean, expected=expected, n=n)


def check_count_is_binomial(samples: Samples) -> None:
    """Counts of kept units vary as a binomial does: by call, row, column, block and position."""
    for calls in samples.every_call:
        totals, n = calls.kept.sum(1), calls.kept.shape[1]
        counts = [Count(f"of the units of call {i} are kept", int(total), n, calls.keep)
                  for i, total in enumerate(totals)]
        counts += spread_counts(totals, n, calls.keep, "kept counts of calls")
        counts += _spread_along_axes(calls.kept.reshape(-1, *calls.shape), calls.keep)
        judge(counts, "the count is fixed or balanced (a permutation, exactly p n dropped), or p "
              "itself varies from call to call", calls)
    for sample in samples.informative:
        flat = sample.kept.ravel()
        counts = _spread_along_axes(sample.kept, sample.keep)
        for size in BLOCKS:
            blocks = flat[: flat.size // size * size].reshape(-1, size)
            counts += spread_counts(blocks.sum(1), size, sample.keep,
                                    f"kept counts of blocks of {size}")
        judge(counts, "units are not dropped independently: whole blocks are, or the count of a "
              "row, column or block is balanced", sample)
    _judge_large_counts([s for s in samples.large if s.keep == 1 - s.p])


def _judge_large_counts(large: Sequence[Large]) -> None:
    """Judge by Fisher's combination whether the counts are all too close to their means."""
    if not large:
        return
    chances = []
    for sample in large:
        n, mean = sample.kept.size, sample.kept.size * sample.keep
        off = abs(int(sample.kept.sum()) - mean) + 1e-6
        inside = stats.binom.cdf([np.floor(mean + off), np.ceil(mean - off) - 1], n, sample.keep)
        chances.append(max(float(inside[0] - inside[1]), 1e-300))
    chance = float(stats.chi2.sf(-2 * np.log(chances).sum(), 2 * len(chances)))
    if chance < ALPHA:
        broken(f"{len(large)} large arrays all have nearly (1 - p) n kept units (chance "
               f"{chance:.0e})", "the count is fixed: draw each unit by itself, not a permutation",
               str(large[0]), chance=chance)


def _spread_along_axes(kept: Array, keep: float) -> list[Count]:
    return [count for axis, size in enumerate(kept.shape) if 5 <= size <= kept.size // 64
            for count in spread_counts(kept.sum(axis).ravel(), size, keep,
                                       f"kept counts along axis {axis}")]


def check_positions(samples: Samples) -> None:
    """Every position has the same rate: the first, the last, odd and even ones."""
    for calls in samples.every_call:
        k, n = calls.kept.shape
        judge([Count(f"of the calls keep position {i} of {n}", int(kept), k, calls.keep)
               for i, kept in enumerate(calls.kept.sum(0))],
              "a position is treated specially (first, last, the rest after blocks of 8), or the "
              "masks are not fresh", calls)
    for sample in samples.informative:
        flat = sample.kept.ravel()
        counts = [Count("of the first 64 units are kept", int(flat[:64].sum()), 64, sample.keep),
                  Count("of the last 64 units are kept", int(flat[-64:].sum()), 64, sample.keep)]
        counts += [Count(f"of the units i with i % {m} == {r} are kept", inside, size, sample.keep)
                   for m, r, inside, size in _by_remainder(flat)]
        judge(counts, "the mask depends on the index", sample)


def _by_remainder(flat: Array) -> Iterator[tuple[int, int, int, int]]:
    """Yield (m, r, how many units i with i % m == r are kept, how many there are)."""
    for period, divisors in DIVISORS.items():
        padded = np.zeros(-(-flat.size // period) * period, bool)
        padded[: flat.size] = flat
        inside = padded.reshape(-1, period).sum(0)
        for m in divisors:
            for r, kept in enumerate(inside.reshape(-1, m).sum(0).tolist()):
                yield m, r, kept, -(-(flat.size - r) // m)


def check_independence_of_x(samples: Samples) -> None:
    """The mask does not depend on the values of x: sign, size, rank."""
    for sample in samples.informative:
        flat, kept = sample.x.ravel()[: 2**18], sample.kept.ravel()[: 2**18]
        counts = [count_among(kept, where, sample.keep, f"units with x {sign} 0")
                  for sign, where in ((">", flat > 0), ("<", flat < 0))]
        for name, value in (("x", flat), ("|x|", np.abs(flat))):
            counts += _counts_by_tenth(kept, value, sample.keep, name)
        judge(counts, "the mask is made from the values of x", sample)
    for calls in (samples.fresh, samples.triples):
        judge([Count(f"of the calls keep the {name}", int(np.take_along_axis(
            calls.kept, pick(calls.x)[:, None], 1).sum()), len(calls.kept), calls.keep)
            for name, pick in EXTREMES], "the largest or smallest value is treated specially",
            calls)


def _counts_by_tenth(kept: Array, value: Array, keep: float, name: str) -> list[Count]:
    below = [value < upper for upper in TENTHS[name]]
    sizes = np.diff([np.count_nonzero(part) for part in below], prepend=0)
    inside = np.diff([np.count_nonzero(kept & part) for part in below], prepend=0)
    return [Count(f"of the units in tenth {i + 1} of {name} are kept", int(k), int(n), keep)
            for i, (k, n) in enumerate(zip(inside, sizes, strict=True))]


# The upper ends of the tenths of x and |x|, as `nonzero_normal` draws x.
NORMAL, HALF_NORMAL = (law.ppf(np.arange(1, 11) / 10) for law in (stats.norm, stats.halfnorm))
TENTHS = {"x": NORMAL + np.copysign(0.1, NORMAL), "|x|": HALF_NORMAL + 0.1}


EXTREMES = (
    ("largest x", lambda x: x.argmax(1)),
    ("smallest x", lambda x: x.argmin(1)),
    ("largest |x|", lambda x: np.abs(x).argmax(1)),
    ("smallest |x|", lambda x: np.abs(x).argmin(1)),
)
