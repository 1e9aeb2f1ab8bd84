"""Laws about how many units are kept, and how large they are then.

Every law takes the run's `Samples`; it collects counts whose distribution is known exactly and
raises for the least likely one (see `gradcheck.mask_laws.statistics`).
"""

# ruff: noqa: D401 (a law's docstring states the law)

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradcheck.arguments import Array
from gradcheck.mask_laws.canonical import DRAW, OUT
from gradcheck.mask_laws.implementation import broken
from gradcheck.mask_laws.law import law
from gradcheck.mask_laws.samples import Large, Samples
from gradcheck.mask_laws.slips import convention_of, slip_of_rate
from gradcheck.mask_laws.statistics import ALPHA, Count, judge, least_likely
from gradcheck.mask_laws.tails import at_least, at_most


@law(kind="statistical",
     detects="p off by 0.009 at p = 0.3, 0.7; by 0.005 at p = 0.5; by 0.006 at p = 0.1, 0.9",
     shows="kept ... of the units where 0.7 was expected (... of 262144; chance below 1e-300).",
     right=DRAW,
     wrong="kept = rng.random(x.shape) < p")
def rate(samples: Samples) -> None:
    """A unit is kept with probability 1 - p, for every p, shape and dtype.

    p and 1 - p swapped is the commonest slip, and no test at p = 0.5 finds it: in the paper and
    in cs231n's later years p is the probability of keeping a unit, in PyTorch of dropping it.
    """
    _judge_rates(samples, samples.moderate)


@law(kind="statistical",
     detects="p = 0.002 off by 0.0015, p = 0.0004 by 0.0008: 8-bit thresholds",
     shows="kept ... of the units where ... was expected (... of ...; chance ...).",
     right=DRAW,
     wrong="kept = rng.integers(0, 256, x.shape) >= round(256 * p)")
def rate_at_extreme_p(samples: Samples) -> None:
    """The rate holds at p = 0.0004, 0.002, 0.998 and 0.9996: no threshold held in 8 bits.

    A byte for each unit is fast, and rounds p to 1/256: 0.001 becomes 0.
    """
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


@law(kind="statistical",
     detects="p off by 0.16 on shape (1, 64) ..., by 0.09 on (2, 3, 5, 7)",
     shows="0.6... of the units are kept where 0.5 was expected (... of 1536; chance ...).",
     right=DRAW,
     wrong="""
         kept = rng.random(x.shape) >= p
         kept.flat[x.size // 64 * 64 :] = True
         """)
def rate_on_every_shape(samples: Samples) -> None:
    """The rate does not depend on the batch size, the rank, the dtype or calls in between.

    A batch of one, the last batch of an epoch, the rest after blocks of 64: special cases hide
    there.
    """
    by_shape: dict[tuple[int, ...], list[Array]] = {}
    for kept in samples.mixed:
        by_shape.setdefault(kept.shape, []).append(kept)
    for shape, masks in by_shape.items():
        kept = np.array(masks)
        judge([Count("of the units are kept", int(kept.sum()), kept.size, 0.5)],
              "the rate depends on the shape or the batch size", f"p = 0.5, x of shape {shape}")


@law(kind="statistical",
     detects="mean of out off by 1.4 % at p = 0.3, 1 % at p = 0.5",
     shows="out averages 0.2... x where 1 x was expected over 1048576 units.",
     right=OUT,
     wrong="return (x * kept * (1 - p)).astype(x.dtype), (kept, p)")
def expectation(samples: Samples) -> None:
    """The mean of out is x (inverted) or x (1 - p) (vanilla), what test mode returns.

    This is why dropout scales at all; rate and scale can also be wrong each and right
    together.
    """
    for sample in samples.moderate:
        n, keep = sample.kept.size, 1 - sample.p
        scale = samples.probe.kept_scale(sample.p)
        kept, slack = sample.total / scale, 1e-5 * n
        if not (at_most(kept + slack, n, keep) >= ALPHA / 2
                and at_least(kept - slack, n, keep) >= ALPHA / 2):  # false for NaN as well
            mean, expected = sample.total / n, keep * scale
            broken(f"out averages {mean:.4g} x where {expected:.4g} x was expected over {n} units",
                   convention_of(samples.probe) or
                   "rate and scale do not fit: E[out] = (1 - p) * scale * x", str(sample),
                   observed=mean, expected=expected, n=n)
