"""Laws about masks that must not be the same: those of other calls, and of other seeds.

Every law takes the run's `Samples`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradcheck.arguments import Array
from gradcheck.mask_laws.canonical import GENERATOR
from gradcheck.mask_laws.implementation import broken, needs_seeds
from gradcheck.mask_laws.law import law
from gradcheck.mask_laws.samples import SEEDS, Samples
from gradcheck.mask_laws.slips import seeding_of


@law(kind="statistical",
     detects="one repeated mask among 864 calls",
     shows="call 1 has the mask of call 0; 1 different masks in 512 calls.",
     right=GENERATOR,
     wrong='rng = np.random.default_rng(param.get("seed", 0))')
def fresh_mask_each_call(samples: Samples) -> None:
    """No two unseeded calls share a mask, whatever x, shape and mode of the calls between.

    A frozen mask trains a smaller net, and nothing shows it but the accuracy.
    """
    for calls in (samples.fresh, samples.later):
        _judge_distinct(samples, calls.kept, calls, "call",
                        "the mask is drawn once, from a fixed seed, from a small pool, or from x")
    heads = np.array([kept.ravel()[:64] for kept in samples.mixed])
    _judge_distinct(samples, heads, "p = 0.5, calls of six shapes in turn", "call",
                    "the mask is kept for each shape, or restarts when the shape changes")


@law(kind="statistical",
     detects="one repeated mask among 375 seeds",
     shows="seed 16 has the mask of seed 0; 16 different masks in 375 calls.",
     right=GENERATOR,
     wrong="""
         seed = param.get("seed")
         rng = np.random.default_rng(None if seed is None else seed % 16)
         """)
def other_seed_differs(samples: Samples) -> None:
    """Different seeds give different masks.

    Seeds that are truncated or rounded give one mask to many steps of training.
    """
    needs_seeds(samples.probe)
    _judge_distinct(samples, samples.seeded.kept, samples.seeded, "seed",
                    seeding_of(samples.probe) or "the seed is ignored or truncated", SEEDS)


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
