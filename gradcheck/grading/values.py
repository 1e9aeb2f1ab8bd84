"""Compares the values of a submission's forward with the reference's: the course's definition.

Everything here runs in the judge's own process. The layer's functions may be proxies of functions
elsewhere; what they return is data to compare and nothing more.
"""

from __future__ import annotations

import copy
import itertools
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.contract.protocol import in_one_form
from gradcheck.examples.candidates import Example, candidates
from gradcheck.grading.agreement import Disagreement, compare, compare_moments, describe, sums_of
from gradcheck.grading.sizes import SIZES, of_size
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
        self, pair: Pair, reference: Pair, conventions: Conventions, rng: np.random.Generator,
        rtol: float = 0.0,
    ) -> None:
        self.reference = reference
        self.conventions, self.rng, self.rtol = conventions, rng, rtol
        self._drawn = 0
        found = self._examples()
        self.names = max((example.names for example in found), key=len)
        self.pair, self.reference = _in_one_form(pair, reference, found[0])
        self.stochastic = any(map(drops, found[0].args))
        self.in_training: Settings = {"p": 0.0, "mode": "train"} if self.stochastic else {}

    @property
    def submitted(self) -> Pair:
        """The layer, which draws the same mask in each call."""
        return replace(self.pair, forward=repeatable(self.pair.forward, self.conventions, 1))

    def _examples(self) -> list[Example]:
        """Return the arguments for the reference's name, or all of its own."""
        example = self.reference.example
        found = candidates(self.reference.base, self.reference.forward, self.rng, example)
        return list(itertools.islice(found, 1 if example is None else None))

    def _example(self) -> Example:
        """Return one of them, of its own one after the other."""
        found = self._examples()
        self._drawn += 1
        return found[(self._drawn - 1) % len(found)]

    def examples(self) -> list[tuple[Args, Any]]:
        """Return arguments as the submission takes them, and what the reference gives for each.

        A dropout's mask is its own, so of these there are none.
        """
        found = []
        for settings in () if self.stochastic else (*self._settings(), *self._settings()):
            mine, right = self.both(self.draw(), settings)
            found.append((mine, self.reference.forward(*right)[0]))
        return found

    def draw(self, dtype: Any = np.float64) -> Args:
        """Return fresh arguments."""
        return tuple(arg.astype(dtype) if floating(arg) else arg for arg in self._example().args)

    def sized(self, count: int) -> Args | None:
        """Return fresh arguments with so many examples, if the reference takes any.

        The statistics of one example alone are no matter of a normalization; what else the
        reference takes than examples of its own is not for us to know.
        """
        if self.reference.example is not None:
            return None
        if count == 1 and any(has_mode(arg) and not drops(arg) for arg in self.draw()):
            return None
        return of_size(self.draw, count, self.reference.forward)

    def compare_in_training(self) -> None:
        """Compare forward as it is trained, in double precision and with nothing dropped."""
        self._compare(self.draw(), self.in_training)

    def compare_everywhere(self) -> None:
        """Compare forward at several inputs, sizes, dtypes and modes; a dropout's statistics."""
        for dtype in DTYPES:
            for settings in self._settings():
                written = self._compare(self.draw(dtype), settings)
                _compare_written(*written, _in_words((), settings), self.rtol)
        for args in filter(None, map(self.sized, SIZES)):
            self._compare(args, self.in_training)
        for example in self._examples() if self.reference.example is not None else ():
            self._compare(example.args, self.in_training)
        if self.stochastic:
            self._compare_statistics()

    def _compare(self, args: Args, settings: Settings) -> tuple[Args, Args]:
        """Compare forward's output, and return the arguments of both calls."""
        mine, right = self.both(args, settings)
        got = self._out(mine)
        want = self.reference.forward(*right)[0] * self._scale(settings)
        compare("loss" if self.pair.is_loss else "out", got, want,
                f" for {_in_words(mine, settings)}", self.rtol)
        return mine, right

    def _settings(self) -> list[Settings]:
        if self.stochastic:
            return [{"p": P, "mode": "test"}, {"p": 0.0, "mode": "train"}]
        return [{}, {"mode": "test"}] if any(map(has_mode, self.draw())) else [{}]

    def _scale(self, settings: Settings) -> float:
        """Return what a vanilla dropout multiplies the reference's inverted one by."""
        vanilla = self.stochastic and self.conventions.scaling == "vanilla"
        return 1 - settings["p"] if vanilla else 1.0

    def both(self, args: Args, settings: Settings, seed: int = 1) -> tuple[Args, Args]:
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
            mine, right = self.both(args, {"p": P}, seed)
            out = np.asarray(self._out(mine, seed), dtype=float)
            want = self.reference.forward(*right)[0]
            if out.shape != want.shape:
                raise Disagreement(f"out has shape {out.shape}; expected {want.shape}")
            sums[0].append(sums_of(out))
            sums[1].append(sums_of(want * self._scale({"p": P})))
        compare_moments(np.array(sums[0]), np.array(sums[1]), f"in train mode at p = {P}")

    def _first(self, returned: Any) -> Any:
        """Return out of (out, cache), or the loss of (loss, dx)."""
        if isinstance(returned, tuple | list) and (
                len(returned) == 2 or (self.pair.is_loss and len(returned) > 2)):
            return returned[0]
        name = self.pair.name if self.pair.is_loss else f"{self.pair.name}_forward"
        what = "(loss, dx)" if self.pair.is_loss else "(out, cache)"
        raise Disagreement(f"{name} returned {describe(returned)}; expected the pair {what}")


def _in_one_form(pair: Pair, reference: Pair, found: Example) -> tuple[Pair, Pair]:
    """Return both with one output and a cache, where the reference has another form."""
    if reference.backward is None or pair.backward is None:
        return pair, reference
    returned = reference.forward(*copy.deepcopy(found.args))
    if isinstance(returned, tuple) and len(returned) == 2 and isinstance(returned[0], np.ndarray):
        return pair, reference
    wrt = [place for place, arg in enumerate(found.args) if floating(arg)]
    one, other = (in_one_form(entry.forward, entry.backward, found.names, wrt, found.args)
                  for entry in (pair, reference) if entry.backward is not None)
    return (replace(pair, forward=one[0], backward=one[1]),
            replace(reference, forward=other[0], backward=other[1]))


def _compare_written(mine: Args, right: Args, settings: str, rtol: float) -> None:
    """Compare the running statistics that a call leaves in its dict of settings."""
    where = f" after a call {f'with {settings}' if settings else 'in train mode'}"
    for own, other in zip(mine, right, strict=True):
        for name in WRITTEN if isinstance(other, dict) else ():
            if name in other:
                compare(name, own.get(name), other[name], where, rtol)


def _in_words(args: Args, settings: Settings) -> str:
    """Return the first input's dtype and shape, and the settings."""
    first = next((arg for arg in args if floating(arg)), None)
    words = (f"{k} = {v}" for k, v in settings.items())
    told = [] if first is None else [f"{first.dtype} input of shape {first.shape}"]
    return ", ".join([*told, *words])
