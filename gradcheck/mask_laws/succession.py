"""Laws about the independence of successive masks: of calls, and of seeds.

Every law takes the run's `Samples`.
"""

from __future__ import annotations

from unittest import SkipTest

import numpy as np

from gradcheck.mask_laws.implementation import broken, needs_seeds
from gradcheck.mask_laws.law import law
from gradcheck.mask_laws.samples import Samples
from gradcheck.mask_laws.statistics import judge_lags, standardized, worst_lag


@law(kind="statistical",
     detects="correlation 0.07 of successive calls",
     shows="units 133 apart have correlation -... (independent units stay within ...).",
     right="""
         def dropout_forward(x, param):
             p = param["p"]
             if param["mode"] == "test":
                 return x, None
             rng = np.random.default_rng(param.get("seed"))
             kept = rng.random(x.shape) >= p
         """,
     wrong="""
         def dropout_forward(x, param, last={}):
             p = param["p"]
             if param["mode"] == "test":
                 return x, None
             rng = np.random.default_rng(param.get("seed"))
             uniform = rng.random(x.shape)
             if "seed" not in param and x.shape in last:
                 uniform = 1 - last.pop(x.shape)
             elif "seed" not in param:
                 last[x.shape] = uniform
             kept = uniform >= p
         """)
def calls_are_independent(samples: Samples) -> None:
    """Masks of successive unseeded calls are independent, not shifted or complementary.

    Masks that are parts of one table, shifted, or complements of each other average out less
    noise than the number of steps promises.
    """
    slip = "a mask is made from that of an earlier call (shifted, complemented, alternating)"
    for calls in (samples.fresh, samples.later, samples.triples):
        if 0 < calls.keep < 1:
            judge_lags(calls.kept, calls.keep, calls, slip)
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


@law(kind="statistical",
     detects="correlation 0.11 of consecutive seeds",
     shows="units 133 apart have correlation -... (independent units stay within ...).",
     right="""
         rng = np.random.default_rng(param.get("seed"))
         kept = rng.random(x.shape) >= p
         """,
     wrong="""
         seed = param.get("seed")
         rng = np.random.default_rng(None if seed is None else seed // 2)
         kept = abs((seed or 0) % 2 - rng.random(x.shape)) >= p
         """)
def seeds_are_independent(samples: Samples) -> None:
    """Masks of consecutive seeds are independent, not shifted or complementary.

    Steps are often seeded 0, 1, 2, ...: neighbours must not resemble each other.
    """
    needs_seeds(samples.probe)
    if not 0 < samples.seeded.keep < 1:
        raise SkipTest("every unit is kept, or every unit is dropped: see the law 'rate'")
    judge_lags(samples.seeded.kept, samples.seeded.keep, samples.seeded,
               "a seed moves or flips the mask of the next one instead of drawing a new one")
