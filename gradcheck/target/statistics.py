"""The running statistics of a batch normalization, and its test mode.

Statistics are passed in, so that what a call makes of them can be told from zeros. How much a call
takes of the batch is measured: without the momentum's key it is little, in the course's convention
(old = 0.9) and in PyTorch's (new = 0.1) alike.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.contract.breach import Breach
from gradcheck.equal import unlike_definition
from gradcheck.examples.candidates import Example
from gradcheck.findings.told import told
from gradcheck.nested import leaves
from gradcheck.reference.formula import Slip
from gradcheck.reference.normalization import batch_axes
from gradcheck.reference.statistics import RIGHT, WRONG, share, weights
from gradcheck.report import Finding
from gradcheck.target.outputs import returned_by
from gradcheck.target.pairs import Pair
from gradcheck.target.roles import roles_of
from gradcheck.target.values import CODE, Values, placed, worst_of

Array = NDArray[Any]
Settings = Mapping[str, Any]
NORMALIZED = frozenset({"batchnorm", "batch_norm", "bn", "spatial_batchnorm"})
STORED = re.compile(r"running|moving")
OTHERS = re.compile(r"running|moving|num|count|step|iter|batch|seen|std|^[tn]$")
SET_BEFORE = {"mode", "eps", "momentum"}
SET_HERE = ("momentum", *RIGHT)
MOMENTUM = 0.8
USUAL = 0.9
CLOSE, HALF = 2e-2, 0.5
WIDE, OFF = 3.0, 1.0  # so that a variance is far from its root, and a mean from zero
BY_BATCH = "momentum is the share of the batch"
REMEDY = "{0} = momentum * {0} + (1 - momentum) * {1}"


@dataclass(frozen=True)
class After:
    """What a call left: what it returned, and the dict of settings that it was handed."""

    returned: Any
    settings: Settings

    def statistic(self, name: str) -> Array | None:
        """Return a running statistic, where it is there and finite."""
        found = self.settings.get(name)
        if not isinstance(found, np.ndarray) or found.dtype.kind != "f":
            return None
        return found.astype(np.float64) if np.isfinite(found).all() else None


@dataclass(frozen=True)
class Statistics:
    """A batch normalization at arguments in train mode; attributes as those of Values.

    Examples
    --------
    >>> def forward(x, gamma, beta, bn_param):
    ...     return gamma * (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5) + beta, None
    >>> pair = Pair("batchnorm", "batchnorm", forward, forward)
    >>> rng = np.random.default_rng(0)
    >>> args = (rng.normal(size=(4, 3)), np.ones(3), np.zeros(3), {"mode": "train"})
    >>> found = Example(args, ("x", "gamma", "beta", "bn_param"))
    >>> print(Statistics(pair, "batchnorm", found).finding().evidence["slip"])
    the statistics are the batch's, not the running ones
    """

    pair: Pair
    base: str
    found: Example

    def finding(self) -> Finding | None:
        """Return what is wrong with the running statistics, or with test mode; None for nothing."""
        if not self._are_kept:
            return None
        breach = next(self._breaches(), None)
        return self._tested.finding() if breach is None else told(breach)

    @property
    def tested_at(self) -> Example:
        """The arguments in test mode, with running statistics that are no batch's."""
        return self._with({**self._old, "mode": "test"})

    @cached_property
    def finite(self) -> frozenset[tuple[str, tuple[int, ...]]]:
        """Which statistics a call in train mode leaves with numbers in them, and their shapes."""
        after = self._measured if self._are_kept else None
        left = {name: after.statistic(name) for name in RIGHT} if after else {}
        return frozenset((name, new.shape) for name, new in left.items() if new is not None)

    @cached_property
    def _are_kept(self) -> bool:
        """Whether there are statistics to look at, in the dict where they are expected."""
        return (self.base in NORMALIZED and self._place is not None and self._batch is not None
                and not self.are_elsewhere)

    @cached_property
    def conventions(self) -> tuple[str, ...]:
        """In which conventions of others the statistics are kept, where they are right."""
        if not self._are_kept:
            return ()
        after = self._call({**self._old, "momentum": MOMENTUM})
        mean, var = (None if after is None else after.statistic(name) for name in RIGHT)
        if mean is None or var is None or mean.shape != self._old["running_mean"].shape:
            return ()
        source = self._source("running_mean", next(iter(RIGHT["running_mean"])))
        reversed_ = abs(share(self._old["running_mean"], mean, source) - MOMENTUM) < CLOSE
        sample = "the sample's variance"
        part = share(self._old["running_var"], var, self._source("running_var", sample))
        is_sample = not unlike_definition(var, self._from("running_var", sample, part)).any()
        return (*([BY_BATCH] if reversed_ else []), *([f"running_var is {sample}"]
                                                      if is_sample else []))

    @cached_property
    def _place(self) -> int | None:
        """Where the dict with the mode stands."""
        return next((i for i, arg in enumerate(self.found.args)
                     if isinstance(arg, dict) and arg.get("mode") == "train"), None)

    @cached_property
    def _args(self) -> tuple[Any, ...]:
        """The arguments, with a wider x."""
        x, *others = self.found.args
        return (x * x.dtype.type(WIDE) + x.dtype.type(OFF), *others)

    @cached_property
    def _batch(self) -> dict[str, Array] | None:
        """Return what a statistic may be updated from; None where x is not where it should be."""
        roles = roles_of(self.base, self.pair.forward, self.found)
        x = self.found.args[0]
        if roles is None or not isinstance(x, np.ndarray) or not np.array_equal(
                roles.get("x", ()), x) or x.ndim not in (2, 4):
            return None
        wide = self._args[0].astype(np.float64)
        return {name: value(wide, batch_axes(wide)) for name, value in WRONG.items()}

    @cached_property
    def are_elsewhere(self) -> bool:
        """Whether a call leaves statistics of other names, or counts its batches."""
        after = None if self._place is None else self._call({})
        return after is not None and any(OTHERS.search(str(key)) and key not in RIGHT
                                         for key in after.settings.keys() - SET_BEFORE)

    def _with(self, settings: Settings) -> Example:
        """Return the arguments with other settings in their dict."""
        args = list(copy.deepcopy(self._args))
        assert self._place is not None
        own = {key: value for key, value in args[self._place].items() if key not in SET_HERE}
        args[self._place] = {**own, **copy.deepcopy(dict(settings))}
        return replace(self.found, args=tuple(args))

    def _call(self, settings: Settings) -> After | None:
        """Call forward with other settings; None where it raises."""
        args = self._with(settings).args
        returned = returned_by(self.pair.forward, args)
        return None if returned is None else After(returned, args[self._place or 0])

    @cached_property
    def _old(self) -> dict[str, Array]:
        """The statistics that are passed in, in the shape in which a call leaves them."""
        after, count = self._call({}), self._size
        left = None if after is None else after.statistic("running_mean")
        shape = left.shape if left is not None and left.size == count else (count,)
        rng = np.random.default_rng(0)
        return {"running_mean": rng.normal(2, 1, shape), "running_var": rng.uniform(2, 6, shape)}

    @property
    def _size(self) -> int:
        return int(self._args[0].shape[1])

    @cached_property
    def _measured(self) -> After | None:
        """What a call in train mode leaves, with the momentum that it takes by itself."""
        return self._call(self._old)

    def _breaches(self) -> Iterator[Breach]:
        """Yield what is wrong with the statistics that calls leave."""
        after = self._measured
        if after is None or self._keeps_elsewhere(after):
            return
        for name in RIGHT:
            yield from self._update(name, after.statistic(name), None)
        with_key = self._call({**self._old, "momentum": MOMENTUM})
        if with_key is not None:
            for name in RIGHT:
                yield from self._update(name, with_key.statistic(name), MOMENTUM)
        yield from self._moved_by_test_mode()

    def _keeps_elsewhere(self, after: After) -> bool:
        """Whether no statistic is new here, and new ones may be somewhere else."""
        def is_old(value: Any) -> bool:
            return any(np.array_equal(value, old) for old in self._old.values())

        if not all(is_old(after.settings.get(name)) for name in RIGHT):
            return False
        named = [*leaves(after.returned, ""), *leaves(dict(after.settings), "")]
        return not self._tested.reads_statistics or any(
            STORED.search(path) and isinstance(value, np.ndarray) and not is_old(value)
            for path, value in named)

    @cached_property
    def _tested(self) -> Values:
        """The output in test mode, with the statistics passed in."""
        return Values(self.pair, self.base, self.tested_at, varied=False)

    def _moved_by_test_mode(self) -> Iterator[Breach]:
        after = self._call({**self._old, "mode": "test"})
        for name, old in self._old.items():
            new = None if after is None else after.statistic(name)
            if new is not None and new.shape == old.shape and unlike_definition(new, old).any():
                worst = worst_of(new, old, unlike_definition(new, old))
                yield Breach(CODE, "frozen", where=(worst,), facts={
                    "what": name, "place": placed(name, worst), "got": f"{new[worst]:.6g}",
                    "expected": f"{old[worst]:.6g}"})

    def _update(self, name: str, new: Array | None, momentum: float | None) -> Iterator[Breach]:
        """Yield what is wrong with a statistic after a call in train mode, with a momentum."""
        old = self._old[name]
        if new is None or new.shape != old.shape:
            return
        slip = self._slip(name, new, momentum)
        if slip is None:
            return
        right = self._from(name, next(iter(RIGHT[name])), 1 - (momentum or USUAL))
        worst = worst_of(new, right, unlike_definition(new, right))
        yield Breach(CODE, "statistic", where=(worst,), facts={
            "what": name, "place": placed(name, worst), "got": f"{new[worst]:.6g}",
            "expected": f"{right[worst]:.6g}", "slip": slip.because, "remedy": slip.remedy})

    def _from(self, name: str, source: str, part: float) -> Array:
        """Return a statistic after an update with this share of a source."""
        return (1 - part) * self._old[name] + part * self._source(name, source)

    def _source(self, name: str, source: str) -> Array:
        assert self._batch is not None
        return self._batch[source].reshape(self._old[name].shape)

    def _slip(self, name: str, new: Array, momentum: float | None) -> Slip | None:
        """Return why a statistic is wrong after a call; None where it is right."""
        old, first = self._old[name], next(iter(RIGHT[name]))
        remedy = REMEDY.format(name, first)
        if not unlike_definition(new, old).any():
            return None if momentum else Slip("it is not updated", remedy, np.asarray)
        parts = {source: share(old, new, self._source(name, source)) for source in WRONG}
        fitting = {source: part for source, part in parts.items() if not unlike_definition(
            new, self._from(name, source, part)).any()}
        shares = [self._of_share(name, part, momentum) for source, part in fitting.items()
                  if source in RIGHT[name]]
        if "" in shares:
            return None
        if fitting:
            because = shares[0] if shares else f"it is updated from {next(iter(fitting))}"
            return Slip(because, remedy, np.asarray)
        a, b = weights(old, new, self._source(name, first))
        fits = not unlike_definition(new, a * old + b * self._source(name, first)).any()
        because = f"it is {a:.3g} old + {b:.3g} new, weights that do not add up to 1" if fits else (
            f"it is no average of the old one and {first}")
        return Slip(because, remedy, np.asarray)

    def _of_share(self, name: str, part: float, momentum: float | None) -> str:
        """Return what is wrong with the share that a batch has; '' for nothing."""
        told = f"it is {1 - part:.3g} old + {part:.3g} new"
        if momentum is not None:
            usual = (momentum, 1 - momentum, self._share_without_key(name))
            near = any(abs(part - one) < CLOSE for one in usual)
            return "" if near else f"{told}, with momentum = {momentum}"
        if part > 1 - CLOSE:
            return "nothing of the old one is kept"
        return f"momentum is reversed: {told}" if part > HALF + CLOSE else ""

    def _share_without_key(self, name: str) -> float:
        """Return the share that a call takes by itself."""
        new = self._measured.statistic(name) if self._measured else None
        source = self._source(name, next(iter(RIGHT[name])))
        return 0.0 if new is None else share(self._old[name], new, source)
