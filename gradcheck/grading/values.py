"""Compares the values of a submission's forward with the reference's: the course's definition.

Everything here runs in the judge's own process. The layer's functions may be proxies of functions
elsewhere; what they return is data to compare and nothing more.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.examples.candidates import candidates
from gradcheck.grading.agreement import Disagreement, compare, compare_moments, describe, sums_of
from gradcheck.mask_laws.conventions import Conventions
from gradcheck.target.further import has_mode, in_test_mode
from gradcheck.target.pairs import Pair
from gradcheck.target.repeatable import repeatable
from gradcheck.target.trial import Args, drops, floating, in_convention

Array = NDArray[Any]
Settings = dict[str, Any]

P = 0.3
WRITTEN = ("running_mean", "running_var")
DRAWS = 800
DTYPES = (np.float64, np.float32, np.float64)


class Values:
    """A layer with the reference of the same name, and inputs to compare their values at.

    Every comparison raises Disagreement, or whatever the submission's forward raises.
    """

    def __init__(
        self, pair: Pair, reference: Pair, conventions: Conventions, rng: np.random.Generator
    ) -> None:
        self.pair, self.reference = pair, reference
        self.conventions, self.rng = conventions, rng
        self.stochastic = any(map(drops, self.draw()))

    def examples(self) -> list[tuple[Args, Any]]:
        """Return arguments as the submission takes them, and what the reference gives for each.

        A dropout's mask is its own, so of these there are none.
        """
        found = []
        for settings in () if self.stochastic else (*self._settings(), *self._settings()):
            mine, right = self._both(self.draw(), settings)
            found.append((mine, self.reference.forward(*right)[0]))
        return found

    def draw(self, dtype: Any = np.float64) -> Args:
        """Return fresh arguments."""
        args = next(candidates(self.reference.base, self.reference.forward, self.rng)).args
        return tuple(arg.astype(dtype) if floating(arg) else arg for arg in args)

    def compare_in_training(self) -> None:
        """Compare forward as it is trained, in double precision and with nothing dropped."""
        training: Settings = {"p": 0.0, "mode": "train"} if self.stochastic else {}
        self._compare(np.float64, training)

    def compare_everywhere(self) -> None:
        """Compare forward at several inputs, dtypes and modes, and a dropout's statistics."""
        for dtype in DTYPES:
            for settings in self._settings():
                _compare_written(*self._compare(dtype, settings), _in_words((), settings))
        if self.stochastic:
            self._compare_statistics()

    def _compare(self, dtype: Any, settings: Settings) -> tuple[Args, Args]:
        """Compare forward's output, and return the arguments of both calls."""
        mine, right = self._both(self.draw(dtype), settings)
        got = self._out(mine)
        want = self.reference.forward(*right)[0] * self._scale(settings)
        compare("loss" if self.pair.is_loss else "out", got, want,
                f" for {_in_words(mine, settings)}")
        return mine, right

    def _settings(self) -> list[Settings]:
        if self.stochastic:
            return [{"p": P, "mode": "test"}, {"p": 0.0, "mode": "train"}]
        return [{}, {"mode": "test"}] if any(map(has_mode, self.draw())) else [{}]

    def _scale(self, settings: Settings) -> float:
        """Return what a vanilla dropout multiplies the reference's inverted one by."""
        vanilla = self.stochastic and self.conventions.scaling == "vanilla"
        return 1 - settings["p"] if vanilla else 1.0

    def _both(self, args: Args, settings: Settings, seed: int = 1) -> tuple[Args, Args]:
        """Return the arguments twice: as the submission takes them and as the reference does."""
        if settings.get("mode") == "test":
            args = in_test_mode(args, self.rng)
        right = tuple({**arg, "p": settings["p"], "seed": seed} if drops(arg) else arg
                      for arg in args)
        return in_convention(copy.deepcopy(right), self.conventions), copy.deepcopy(right)

    def _out(self, args: Args, seed: int = 1) -> Any:
        """Return what the submission's forward computes, with a mask of this seed."""
        return self._first(repeatable(self.pair.forward, self.conventions, seed)(*args))

    def _compare_statistics(self) -> None:
        """Compare mean and variance of sums of the output with the reference's, over many masks."""
        args = self.draw()
        sums: list[list[Array]] = [[], []]
        for seed in range(DRAWS):
            mine, right = self._both(args, {"p": P}, seed)
            out = np.asarray(self._out(mine, seed), dtype=float)
            want = self.reference.forward(*right)[0]
            if out.shape != want.shape:
                raise Disagreement(f"out has shape {out.shape}; expected {want.shape}")
            sums[0].append(sums_of(out))
            sums[1].append(sums_of(want * self._scale({"p": P})))
        compare_moments(np.array(sums[0]), np.array(sums[1]), f"in train mode at p = {P}")

    def _first(self, returned: Any) -> Any:
        """Return out of (out, cache), or the loss of (loss, dx)."""
        if isinstance(returned, tuple | list) and len(returned) == 2:
            return returned[0]
        name = self.pair.name if self.pair.is_loss else f"{self.pair.name}_forward"
        what = "(loss, dx)" if self.pair.is_loss else "(out, cache)"
        raise Disagreement(f"{name} returned {describe(returned)}; expected the pair {what}")


def _compare_written(mine: Args, right: Args, settings: str) -> None:
    """Compare the running statistics that a call leaves in its dict of settings."""
    where = f" after a call {f'with {settings}' if settings else 'in train mode'}"
    for own, other in zip(mine, right, strict=True):
        for name in WRITTEN if isinstance(other, dict) else ():
            if name in other:
                compare(name, own.get(name), other[name], where)


def _in_words(args: Args, settings: Settings) -> str:
    dtype = next((arg.dtype for arg in args if floating(arg)), "")
    words = (f"{k} = {v}" for k, v in settings.items())
    return ", ".join([*([f"{dtype} input"] if dtype else []), *words])
