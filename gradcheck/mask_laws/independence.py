"""Laws about the independence of units of one mask.

Every law takes the run's `Samples`; it collects counts whose distribution is known exactly and
raises for the least likely one (see `gradcheck.mask_laws.statistics`).
"""

from __future__ import annotations

import numpy as np

from gradcheck.arguments import Array
from gradcheck.mask_laws.canonical import DRAW
from gradcheck.mask_laws.law import law
from gradcheck.mask_laws.samples import Samples
from gradcheck.mask_laws.statistics import Count, judge, judge_lags, pair_counts, pattern_counts


@law(kind="statistical",
     detects="correlation 0.03 of neighbours along an axis; p of one row off by 0.25",
     shows="0.7... of the neighbours along axis 1 agree where 0.5 was expected (... of ...; "
           "chance below 1e-300).",
     right=DRAW,
     wrong="""
         pairs = rng.random((x.size + 1) // 2) >= p
         kept = np.repeat(pairs, 2)[: x.size].reshape(x.shape)
         """)
def axes(samples: Samples) -> None:
    """Rows, columns, channels and samples are independent, and each has the same rate.

    Units that share a decision are dropped together: one mask for a row, a channel or a batch
    is another method (spatial dropout, variational dropout), which is meant or is a broadcast
    gone wrong.
    """
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


@law(kind="statistical",
     detects="correlation 0.016 at any one distance up to 2^19",
     shows="units 524288 apart have correlation 1 (independent units stay within ...).",
     right=DRAW,
     wrong="kept = np.resize(rng.random(min(x.size, 2**19)) >= p, x.shape)")
def lags(samples: Samples) -> None:
    """Units any distance apart are independent: no period, no shared or complementary units.

    A mask that repeats after a power of two comes from a buffer of that size.
    """
    for sample in samples.informative:
        judge_lags(sample.kept, sample.keep, sample,
                   "a shorter mask is repeated, or units share decisions")


@law(kind="statistical",
     detects="correlation 0.03 of halves, mirrored or transposed units",
     shows="all of the units mirrored agree where 0.5 was expected (524288 of 524288; chance ...).",
     right=DRAW,
     wrong="""
         half = rng.random((x.size + 1) // 2) >= p
         kept = np.concatenate([half, half[::-1]])[: x.size].reshape(x.shape)
         """)
def far_pairs(samples: Samples) -> None:
    """Halves, mirror images and transposes of a mask are independent.

    Random numbers that are used twice, mirrored or transposed, have no distance at which it
    shows.
    """
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


@law(kind="statistical",
     detects="a pattern of four units more or less frequent by 10 %",
     shows="... of the words of ... units show the pattern ... where ... was expected "
           "(... of ...; chance ...).",
     right=DRAW,
     wrong="""
         kept = rng.random(x.shape) >= p
         if p == 0.5:
             bits = kept.ravel()
             bits[2::3] = bits[:-2:3] ^ bits[1:-1:3]
         """)
def patterns(samples: Samples) -> None:
    """Every combination of 3, 4 and 8 neighbouring units has its probability.

    Any two units can be independent while three are not: a third bit made of two others saves
    random bits and shows nowhere else. Nor may one of a group be kept by force.
    """
    for sample in samples.informative:
        flat = sample.kept.ravel()
        counts: list[Count] = []
        for bits in (3, 4, 8):
            words = flat[: flat.size // bits * bits].reshape(-1, bits)
            counts += pattern_counts(words, sample.keep, f"words of {bits} units")
        judge(counts, "neighbouring units are not independent (at least one of a row is kept?)",
              sample)
