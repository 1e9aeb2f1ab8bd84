"""Laws about units that must not be treated in a special way: by count, value or position.

Every law takes the run's `Samples`; it collects counts whose distribution is known exactly and
raises for the least likely one (see `gradcheck.mask_laws.statistics`).
"""

# ruff: noqa: D401 (a law's docstring states the law)

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.special import chdtrc, ndtri

from gradcheck.arguments import Array
from gradcheck.mask_laws.canonical import DRAW
from gradcheck.mask_laws.implementation import broken
from gradcheck.mask_laws.law import law
from gradcheck.mask_laws.samples import Large, Samples
from gradcheck.mask_laws.statistics import (
    ALPHA,
    Count,
    count_among,
    judge,
    pattern_counts,
    spread_counts,
)
from gradcheck.mask_laws.tails import at_most

BLOCKS = (16, 64, 256, 1024)

# Divisors by a common multiple: the counts of the multiple add up to theirs.
DIVISORS = {256: (2, 4, 8, 16, 32, 64, 128, 256), 105: (3, 5, 7)}

# The upper ends of the tenths of x and |x|, as `nonzero_normal` draws x.
TENTH = np.arange(1, 11) / 10
TENTHS = {"x": ndtri(TENTH) + np.copysign(0.1, TENTH - 0.5),
          "|x|": ndtri((1 + TENTH) / 2) + 0.1}

EXTREMES = (
    ("largest x", lambda x: x.argmax(1)),
    ("smallest x", lambda x: x.argmin(1)),
    ("largest |x|", lambda x: np.abs(x).argmax(1)),
    ("smallest |x|", lambda x: np.abs(x).argmin(1)),
)


@law(kind="statistical",
     detects="standard deviation of counts off by 40 % (calls), 15 % (blocks of 64)",
     shows="... of the kept counts of ... lie in [..., ...] where ... was expected (... "
           "of ...; chance ...).",
     right=DRAW,
     wrong="kept = rng.permutation(x.size).reshape(x.shape) >= round(p * x.size)")
def count_is_binomial(samples: Samples) -> None:
    """Counts of kept units vary as a binomial does: by call, row, column, block and position.

    Exactly p n dropped units is sampling without replacement: units depend on each other, and
    the variance that regularizes is smaller.
    """
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
        inside = at_most([np.floor(mean + off), np.ceil(mean - off) - 1], n, sample.keep)
        chances.append(max(float(inside[0] - inside[1]), 1e-300))
    chance = float(chdtrc(2 * len(chances), -2 * np.log(chances).sum()))
    if chance < ALPHA:
        broken(f"{len(large)} large arrays all have nearly (1 - p) n kept units (chance "
               f"{chance:.0e})", "the count is fixed: draw each unit by itself, not a permutation",
               str(large[0]), chance=chance)


def _spread_along_axes(kept: Array, keep: float) -> list[Count]:
    return [count for axis, size in enumerate(kept.shape) if 5 <= size <= kept.size // 64
            for count in spread_counts(kept.sum(axis).ravel(), size, keep,
                                       f"kept counts along axis {axis}")]


@law(kind="statistical",
     detects="p of a tenth of the values off by 0.031; of a sign by 0.014",
     shows="... of the units ... are kept where ... was expected (... of ...; chance ...).",
     right=DRAW,
     wrong="kept = rng.random(x.shape) >= p * (1 + 0.1 * np.sign(x))")
def independence_of_x(samples: Samples) -> None:
    """The mask does not depend on the values of x: sign, size, rank.

    Dropout that looks at x is another method; the expectation of out is then no longer x.
    """
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


@law(kind="statistical",
     detects="p of one position off by 0.24; of odd units by 0.007",
     shows="all of the calls keep position 0 of ... where ... was expected "
           "(... of ...; chance ...).",
     right=DRAW,
     wrong="""
         kept = rng.random(x.shape) >= p
         kept.flat[0] = True
         """)
def positions(samples: Samples) -> None:
    """Every position has the same rate: the first, the last, odd and even ones.

    The ends of an array are where a loop starts too late, or a block of eight has a rest.
    """
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


@law(kind="statistical",
     detects="a pattern of three units that never occurs; p off by 0.4 on one unit",
     shows="none of the calls on three units show the pattern 000 where 0.125 was expected "
           "(0 of 400; chance ...).",
     right=DRAW,
     wrong="""
         kept = rng.random(x.shape) >= p
         kept.flat[0] |= not kept.any()
         """)
def small_arrays(samples: Samples) -> None:
    """On one and on three units every combination of kept and dropped has its probability.

    Keeping one unit by force, lest all are dropped, changes the rate: of one unit at p = 0.5
    from 0.5 to 1.
    """
    judge(pattern_counts(samples.triples.kept, 0.5, "calls on three units"),
          "small masks are adjusted: at least one unit is kept (or dropped) by force",
          samples.triples)
    judge([Count("of the single units are kept", int(samples.single.kept.sum()), 128, 0.5)],
          "an array of one unit is treated specially", samples.single)
