"""Laws about the distribution of masks, judged on samples of fixed size.

Every law takes the run's `Samples`; it collects counts whose distribution is known exactly and
raises for the least likely one (see `gradcheck._dropout_statistics`).
"""

# ruff: noqa: D401 (a law's docstring states the law)

from __future__ import annotations

from collections.abc import Iterator, Sequence
from unittest import SkipTest

import numpy as np
from scipy import stats

from gradcheck._arguments import Array
from gradcheck._dropout_samples import SEEDS, Calls, Large, Samples
from gradcheck._dropout_slips import convention_of, seeding_of, slip_of_rate
from gradcheck._dropout_statistics import (
    ALPHA,
    Count,
    lag_correlation,
    least_likely,
    pair_counts,
    pattern_counts,
    spread_counts,
    standardized,
    worst_lag,
)
from gradcheck.dropout_implementation import broken

MODERATE = (0.1, 0.3, 0.5, 0.7, 0.9)
BLOCKS = (16, 64, 256, 1024)
MODULI = (2, 3, 4, 5, 7, 8, 16, 32, 64, 128, 256)


def judge(counts: Sequence[Count], slip: str, example: object) -> None:
    """Break the law if the least likely count is beyond chance."""
    alarm = least_likely(counts)
    if alarm is not None:
        broken(str(alarm), slip, str(example), **alarm.evidence())


def moderate(samples: Samples) -> list[Large]:
    """Return the large samples whose p is not extreme."""
    return [sample for sample in samples.large if sample.p in MODERATE]


def informative(samples: Samples) -> list[Large]:
    """Return those in which some units are kept and some dropped: the others say nothing."""
    return [sample for sample in moderate(samples) if 0 < sample.keep < 1]


def every_call(samples: Samples) -> Iterator[Calls]:
    """Return the samples of many small calls, the seeded ones where seeds are understood.

    Where masks repeat, counts over calls mean nothing; that is the business of other laws.
    """
    calls = [samples.fresh, samples.later]
    if samples.probe.controllable:
        calls.append(samples.seeded)
    for sample in calls:
        mixed = sample.kept[sample.kept.any(1) & ~sample.kept.all(1)]
        if 0 < sample.keep < 1 and len(np.unique(mixed, axis=0)) == len(mixed):
            yield sample


def sharing(samples: Samples) -> str:
    """Say whether units of one mask share decisions: that spoils other laws as well."""
    if any(lag_correlation(sample.kept, sample.keep) for sample in informative(samples)):
        return "units of one mask share decisions: see the laws axes and lags"
    return ""


def check_rate(samples: Samples) -> None:
    """A unit is kept with probability 1 - p, for every p, shape and dtype."""
    _judge_rates(samples, moderate(samples))


def check_rate_at_extreme_p(samples: Samples) -> None:
    """The rate holds at p = 0.0004, 0.002, 0.998 and 0.9996: no threshold held in 8 bits."""
    _judge_rates(samples, [sample for sample in samples.large if sample.p not in MODERATE])


def _judge_rates(samples: Samples, large: Sequence[Large]) -> None:
    counts = [Count("kept", int(s.kept.sum()), s.kept.size, 1 - s.p) for s in large]
    alarm = least_likely(counts)
    if alarm is None:
        return
    sample = large[counts.index(alarm.count)]
    slip = convention_of(samples.probe) or sharing(samples) or slip_of_rate(
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
    for sample in moderate(samples):
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
    """The number of kept units varies as a binomial does, from call to call and block to block."""
    for calls in every_call(samples):
        judge(spread_counts(calls.kept.sum(1), calls.kept.shape[1], calls.keep,
                            "kept counts of calls"),
              "the count is fixed or balanced (a permutation, exactly p n dropped), or p itself "
              "varies from call to call", calls)
    for sample in informative(samples):
        flat = sample.kept.ravel()
        counts = []
        for size in {*BLOCKS, sample.kept.shape[-1]} - {sample.kept.size, 1, 2, 3, 4}:
            if size <= flat.size // 64:
                blocks = flat[: flat.size // size * size].reshape(-1, size)
                counts += spread_counts(blocks.sum(1), size, sample.keep,
                                        f"kept counts of blocks of {size}")
        judge(counts, "units are not dropped independently: whole blocks are, or the count of a "
              "block is balanced", sample)


def check_positions(samples: Samples) -> None:
    """Every position has the same rate: the first, the last, odd and even ones."""
    for calls in every_call(samples):
        k, n = calls.kept.shape
        judge([Count(f"of the calls keep position {i} of {n}", int(kept), k, calls.keep)
               for i, kept in enumerate(calls.kept.sum(0))],
              "a position is treated specially (first, last, the rest after blocks of 8), or the "
              "masks are not fresh", calls)
    for sample in informative(samples):
        flat = sample.kept.ravel()
        counts = [Count("of the first 64 units are kept", int(flat[:64].sum()), 64, sample.keep),
                  Count("of the last 64 units are kept", int(flat[-64:].sum()), 64, sample.keep)]
        counts += [Count(f"of the units i with i % {m} == {r} are kept", int(flat[r::m].sum()),
                         flat[r::m].size, sample.keep) for m in MODULI for r in range(m)]
        judge(counts, "the mask depends on the index", sample)


def check_independence_of_x(samples: Samples) -> None:
    """The mask does not depend on the values of x: sign, size, rank."""
    for sample in informative(samples):
        flat, kept = sample.x.ravel()[: 2**18], sample.kept.ravel()[: 2**18]
        counts = [Count(f"of the units with x {sign} 0 are kept", int(kept[where].sum()),
                        int(where.sum()), sample.keep)
                  for sign, where in ((">", flat > 0), ("<", flat < 0))]
        for name, value in (("x", flat), ("|x|", np.abs(flat))):
            edges = np.quantile(value, np.arange(1, 10) / 10)
            tenth = np.searchsorted(edges, value)
            sizes = np.bincount(tenth)
            counts += [Count(f"of the units in tenth {i + 1} of {name} are kept",
                             int(inside), int(sizes[i]), sample.keep)
                       for i, inside in enumerate(np.bincount(tenth, weights=kept))]
        judge(counts, "the mask is made from the values of x", sample)
    for calls in (samples.fresh, samples.triples):
        judge([Count(f"of the calls keep the {name}", int(np.take_along_axis(
            calls.kept, pick(calls.x)[:, None], 1).sum()), len(calls.kept), calls.keep)
            for name, pick in EXTREMES], "the largest or smallest value is treated specially",
            calls)


EXTREMES = (
    ("largest x", lambda x: x.argmax(1)),
    ("smallest x", lambda x: x.argmin(1)),
    ("largest |x|", lambda x: np.abs(x).argmax(1)),
    ("smallest |x|", lambda x: np.abs(x).argmin(1)),
)


def check_lags(samples: Samples) -> None:
    """Units any distance apart are independent: no period, no shared or complementary units."""
    for sample in informative(samples):
        _judge_lags(sample.kept, sample, "a shorter mask is repeated, or units share decisions")


def _judge_lags(kept: Array, sample: Large | Calls, slip: str) -> None:
    worst = lag_correlation(kept, sample.keep)
    if worst is not None:
        lag, correlation, bound = worst
        broken(f"units {lag} apart have correlation {correlation:.3g} "
               f"(independent units stay within {bound:.2g})", slip, str(sample),
               lag=lag, correlation=correlation, bound=bound)


def check_axes(samples: Samples) -> None:
    """Rows, columns, channels and samples are independent, and each has the same rate."""
    slip = ("one decision is shared by a row, column, channel or sample: draw the mask with the "
            "shape of x")
    for calls in every_call(samples):
        kept = calls.kept.reshape(len(calls.kept), *calls.shape)
        judge([count for axis in range(1, kept.ndim)
               for count in _neighbours(np.moveaxis(kept, axis, 0), calls.keep, axis - 1)],
              slip, calls)
    for sample in informative(samples):
        counts, shape = [], sample.kept.shape
        for axis in (axis for axis, size in enumerate(shape) if 1 < size < sample.kept.size):
            lines = np.moveaxis(sample.kept, axis, 0)
            counts += _neighbours(lines, sample.keep, axis)
            totals = lines.reshape(shape[axis], -1).sum(1)
            counts += [Count(f"of index {i} on axis {axis} is kept", int(total),
                             sample.kept.size // shape[axis], sample.keep)
                       for i, total in enumerate(totals[:1024])]
        if counts:
            judge(counts, slip, sample)


def _neighbours(lines: Array, keep: float, axis: int) -> list[Count]:
    even = len(lines) // 2 * 2
    return pair_counts(lines[0:even:2], lines[1:even:2], keep, f"neighbours along axis {axis}")


def check_far_pairs(samples: Samples) -> None:
    """Halves, mirror images and transposes of a mask are independent."""
    for sample in informative(samples):
        kept, keep = sample.kept, sample.keep
        half = kept.size // 2
        flat = kept.ravel()
        counts = [*pair_counts(flat[:half], flat[half : 2 * half], keep, "units half apart"),
                  *pair_counts(flat[:half], flat[::-1][:half], keep, "units mirrored")]
        for axis, size in enumerate(kept.shape):
            lines = np.moveaxis(kept, axis, 0)
            counts += pair_counts(lines[: size // 2], lines[::-1][: size // 2], keep,
                                  f"units mirrored along axis {axis}")
        if kept.ndim == 2 and kept.shape[0] == kept.shape[1]:
            upper = np.triu_indices(len(kept), 1)
            counts += pair_counts(kept[upper], kept.T[upper], keep, "units transposed")
        judge(counts, "half of the mask is made from the other half", sample)


def check_patterns(samples: Samples) -> None:
    """Every combination of 3, 4 and 8 neighbouring units has its probability."""
    for sample in informative(samples):
        flat = sample.kept.ravel()
        counts: list[Count] = []
        for bits in (3, 4, 8):
            words = flat[: flat.size // bits * bits].reshape(-1, bits)
            counts += pattern_counts(words, sample.keep, f"words of {bits} units")
        judge(counts, "neighbouring units are not independent (at least one of a row is kept?)",
              sample)


def check_fresh_mask_each_call(samples: Samples) -> None:
    """No two unseeded calls share a mask, whatever x, shape and mode of the calls between."""
    for calls in (samples.fresh, samples.later):
        _judge_distinct(samples, calls.kept, calls, "call",
                        "the mask is drawn once, from a fixed seed, from a small pool, or from x")
    heads = np.array([kept.ravel()[:64] for kept in samples.mixed])
    _judge_distinct(samples, heads, "p = 0.5, calls of six shapes in turn", "call",
                    "the mask is kept for each shape, or restarts when the shape changes")


def _judge_distinct(samples: Samples, kept: Array, example: object, label: str, slip: str,
                    names: Sequence[int] = range(10_000)) -> None:
    # Chance hardly ever keeps or drops all units; masks that do are the business of other laws.
    calls = np.flatnonzero(kept.any(1) & ~kept.all(1))
    kept = kept[calls]
    _, first, inverse = np.unique(kept, axis=0, return_index=True, return_inverse=True)
    earlier = first[inverse.ravel()]
    repeats = np.flatnonzero(earlier != np.arange(len(kept)))
    if repeats.size:
        later, before = (names[calls[i]] for i in (repeats[0], earlier[repeats[0]]))
        broken(f"{label} {later} has the mask of {label} {before}; "
               f"{len(first)} different masks in {len(kept)} calls",
               sharing(samples) or slip, str(example),
               repeats=int(repeats.size), calls=len(kept))


def check_calls_are_independent(samples: Samples) -> None:
    """Masks of successive unseeded calls are independent, not shifted or complementary."""
    slip = "a mask is made from that of an earlier call (shifted, complemented, alternating)"
    for calls in (samples.fresh, samples.later, samples.triples):
        if 0 < calls.keep < 1:
            _judge_lags(calls.kept, calls, slip)
    large = informative(samples)
    if not large:
        return
    standard = np.concatenate([standardized(s.kept, s.keep) for s in large])
    worst = worst_lag(standard, min(min(s.keep, 1 - s.keep) for s in large))
    if worst is not None:
        broken(f"units {worst[0]} apart in successive large masks have correlation "
               f"{worst[1]:.3g} (independent units stay within {worst[2]:.2g})",
               "random numbers come from a pool that is used again",
               f"{len(large)} calls on {standard.size} units", lag=worst[0], correlation=worst[1])


def check_other_seed_differs(samples: Samples) -> None:
    """Different seeds give different masks."""
    _needs_seeds(samples)
    _judge_distinct(samples, samples.seeded.kept, samples.seeded, "seed",
                    seeding_of(samples.probe) or "the seed is ignored or truncated", SEEDS)


def check_seeds_are_independent(samples: Samples) -> None:
    """Masks of consecutive seeds are independent, not shifted or complementary."""
    _needs_seeds(samples)
    if not 0 < samples.seeded.keep < 1:
        raise SkipTest("every unit is kept, or every unit is dropped: see the law 'rate'")
    _judge_lags(samples.seeded.kept, samples.seeded,
                "a seed moves or flips the mask of the next one instead of drawing a new one")


def _needs_seeds(samples: Samples) -> None:
    if not samples.probe.controllable:
        raise SkipTest("seeding=None: the masks cannot be controlled")
