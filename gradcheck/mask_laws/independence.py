"""Laws about the independence of units, of calls and of seeds.

Every law takes the run's `Samples`; it collects counts whose distribution is known exactly and
raises for the least likely one (see `gradcheck.mask_laws.statistics`).
"""



from __future__ import annotations

from collections.abc import Sequence
from unittest import SkipTest

import numpy as np

from gradcheck.arguments import Array
from gradcheck.mask_laws.implementation import broken
from gradcheck.mask_laws.samples import SEEDS, Calls, Large, Samples
from gradcheck.mask_laws.slips import seeding_of
from gradcheck.mask_laws.statistics import (
    Count,
    judge,
    lag_correlation,
    pair_counts,
    pattern_counts,
    standardized,
    worst_lag,
)


def check_lags(samples: Samples) -> None:
    """Units any distance apart are independent: no period, no shared or complementary units."""
    for sample in samples.informative:
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
    for calls in samples.every_call:
        kept = calls.kept.reshape(len(calls.kept), *calls.shape)
        judge([count for axis in range(1, kept.ndim)
               for count in _neighbours(np.moveaxis(kept, axis, 0), calls.keep, axis - 1)],
              slip, calls)
    for sample in samples.informative:
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
    for sample in samples.informative:
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
    for sample in samples.informative:
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
               samples.sharing() or slip, str(example),
               repeats=int(repeats.size), calls=len(kept))


def check_calls_are_independent(samples: Samples) -> None:
    """Masks of successive unseeded calls are independent, not shifted or complementary."""
    slip = "a mask is made from that of an earlier call (shifted, complemented, alternating)"
    for calls in (samples.fresh, samples.later, samples.triples):
        if 0 < calls.keep < 1:
            _judge_lags(calls.kept, calls, slip)
    large = samples.informative
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
