"""The masks that the statistical laws look at, drawn once a run and shared.

A few large arrays tell about the rate, neighbours and periods; a thousand small calls tell about
what happens from call to call and from seed to seed. Inputs come from fixed seeds, half of the
large masks are seeded where the implementation can be; p, shape and dtype all vary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from gradcheck.arguments import Array, an
from gradcheck.generators import global_generators_restored
from gradcheck.mask_laws.implementation import Probe
from gradcheck.mask_laws.statistics import Count, lag_correlation, least_likely

F32, F64 = np.dtype(np.float32), np.dtype(np.float64)

# (shape, p, dtype, seed): 3.1 million decisions. The extreme p's show thresholds held in 8 bits.
LARGE: tuple[tuple[tuple[int, ...], float, Any, int | None], ...] = (
    ((2**20,), 0.5, F32, None),
    ((512, 512), 0.3, F64, 11),
    ((65536, 4), 0.5, F64, 2024),
    ((4, 65536), 0.7, F32, None),
    ((16, 8, 32, 64), 0.5, F32, None),
    ((509, 512), 0.1, F64, None),
    ((512, 509), 0.9, F32, 5),
    ((2**17,), 0.002, F32, None),
    ((1, 2**17), 0.0004, F64, None),
    ((2**17, 1), 0.998, F32, None),
    ((2**17 + 3,), 0.9996, F32, None),
)
SEEDS = (*range(256), *(256 * k for k in range(1, 33)), *(1000 * k for k in range(1, 33)),
         *(65536 * k for k in range(1, 33)), *(2**k - 1 for k in range(9, 32)))
MIXED_SHAPES = ((1, 64), (64, 1), (96,), (2, 3, 5, 7), (13, 10), (8, 8))


def nonzero_normal(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any = F64) -> Array:
    """Return normal values pushed 0.1 away from zero: at 0 a mask could not be seen."""
    x = rng.standard_normal(shape)
    return (x + np.copysign(0.1, x)).astype(dtype)


def keep_of(kept: Array, keep: float) -> float:
    """Return `keep` if it explains the kept fraction, else that fraction.

    A wrong rate then breaks the laws about the rate, and not those about independence as well.
    """
    explained = least_likely([Count("kept", int(kept.sum()), kept.size, keep)]) is None
    return keep if explained else float(kept.mean())


@dataclass(frozen=True)
class Large:
    """One training call on a large array: what was kept, and the sum of out / x."""

    p: float
    x: Array
    kept: Array
    total: float

    @cached_property
    def keep(self) -> float:
        """The rate that laws other than those about the rate start from."""
        return keep_of(self.kept, 1 - self.p)

    def __str__(self) -> str:
        return f"p = {self.p}, x {an(str(self.x.dtype))} array of shape {self.x.shape}"


@dataclass(frozen=True)
class Calls:
    """Many training calls of one shape: x and what was kept, one row a call."""

    p: float
    shape: tuple[int, ...]
    x: Array
    kept: Array

    @cached_property
    def keep(self) -> float:
        """The rate that laws other than those about the rate start from."""
        return keep_of(self.kept, 1 - self.p)

    @property
    def distinct(self) -> bool:
        """Whether no mask occurs twice, but for those that keep or drop everything."""
        mixed = self.kept[self.kept.any(1) & ~self.kept.all(1)]
        return len({mask.tobytes() for mask in mixed}) == len(mixed)

    def __str__(self) -> str:
        return f"p = {self.p}, {len(self.kept)} calls with x of shape {self.shape}"


class Samples:
    """Draws each sample when a law first asks for it."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe

    @cached_property
    def large(self) -> list[Large]:
        """Large arrays over p, shape and dtype."""
        with global_generators_restored("large"):
            rng = np.random.default_rng(1)
            return [self._large(rng, *row) for row in LARGE]

    def _large(self, rng: np.random.Generator, shape: tuple[int, ...], p: float, dtype: Any,
               seed: int | None) -> Large:
        x = nonzero_normal(rng, shape, dtype)
        out, _ = self.probe.forward(x, p, seed=seed)
        return Large(p, x, out != 0, float(np.divide(out, x, dtype=np.float64).sum()))

    @property
    def moderate(self) -> list[Large]:
        """The large samples whose p is not extreme."""
        return [sample for sample in self.large if 0.01 < sample.p < 0.99]

    @property
    def extreme(self) -> list[Large]:
        """The large samples whose p is close to 0 or 1."""
        return [sample for sample in self.large if not 0.01 < sample.p < 0.99]

    @property
    def informative(self) -> list[Large]:
        """Those in which some units are kept and some dropped: the others say nothing."""
        return [sample for sample in self.moderate if 0 < sample.keep < 1]

    @cached_property
    def every_call(self) -> list[Calls]:
        """Return the samples of many small calls, the seeded ones where seeds are understood.

        Where masks repeat, counts over calls mean nothing; that is the business of other laws.
        """
        calls = [self.fresh, self.later, *([self.seeded] if self.probe.controllable else [])]
        return [sample for sample in calls if 0 < sample.keep < 1 and sample.distinct]

    def sharing(self) -> str:
        """Say whether units of one mask share decisions: that spoils other laws as well."""
        if any(lag_correlation(sample.kept, sample.keep) for sample in self.informative):
            return "units of one mask share decisions: see the laws axes and lags"
        return ""

    @cached_property
    def fresh(self) -> Calls:
        """Unseeded calls at p = 0.5, where bit tricks live; every x is used twice."""
        return self._calls("fresh", 0.5, (7, 19), 512, repeat_x=2)

    @cached_property
    def later(self) -> Calls:
        """Unseeded calls at p = 0.3, one x for all, after many other calls."""
        return self._calls("later", 0.3, (4, 5, 6), 256, repeat_x=256)

    @cached_property
    def triples(self) -> Calls:
        """Calls on three units, where 'at least one is kept' would show."""
        return self._calls("triples", 0.5, (3,), 400, repeat_x=1)

    @cached_property
    def single(self) -> Calls:
        """Calls on one unit."""
        return self._calls("single", 0.5, (1, 1), 128, repeat_x=1)

    @cached_property
    def seeded(self) -> Calls:
        """One call for each of `SEEDS`, the first 256 consecutive, all with the same x."""
        return self._calls("seeded", 0.3, (7, 19), len(SEEDS), len(SEEDS), seeds=SEEDS)

    def _calls(self, name: str, p: float, shape: tuple[int, ...], count: int, repeat_x: int,
               seeds: Sequence[int] | None = None) -> Calls:
        with global_generators_restored(name):
            rng = np.random.default_rng(2)
            distinct = nonzero_normal(rng, (-(-count // repeat_x), *shape))
            x = np.repeat(distinct, repeat_x, axis=0)[:count]
            kept = np.array(self.probe.kept_each([
                (x[i], p, "train", None if seeds is None else seeds[i]) for i in range(count)]))
        return Calls(p, shape, x.reshape(count, -1), kept.reshape(count, -1))

    @cached_property
    def mixed(self) -> list[Array]:
        """Unseeded calls at p = 0.5 whose shape, dtype and mode change all the time."""
        with global_generators_restored("mixed"):
            rng = np.random.default_rng(3)
            calls = list[tuple[Array, float, str, int | None]]()
            for call in range(96):
                x = nonzero_normal(rng, MIXED_SHAPES[call % 6], (F64, F32)[call // 6 % 2])
                calls.append((x, 0.5, "train", None))
                if call % 3 == 0:
                    calls.append((x, 0.5, "test", None))
            kept = self.probe.kept_each(calls)
        return [mask for (_, _, mode, _), mask in zip(calls, kept, strict=True) if mode == "train"]
