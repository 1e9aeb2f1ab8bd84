"""Judges one layer of a submission against the reference: its value, its gradient, its contract.

Everything here runs in the judge's own process. The layer's functions may be proxies of functions
elsewhere; what they return is data to compare and nothing more.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.check import check_gradient, check_layer
from gradcheck.examples.standard import example
from gradcheck.exceptions import reason_of
from gradcheck.findings.registry import conduct_codes
from gradcheck.grading.agreement import Disagreement, compare, compare_moments, describe, sums_of
from gradcheck.mask_laws.implementation import DropoutImplementation
from gradcheck.report import Report
from gradcheck.sandbox.sandbox import global_generator_restored
from gradcheck.target.load import Pair

Array = NDArray[Any]
Args = tuple[Any, ...]

# What a gradient that is right in numbers can still do wrong.
CONTRACT_CODES = conduct_codes()
P = 0.3
DRAWS = 800


@dataclass(frozen=True)
class Conventions:
    """How a submission's dropout takes p, scales, and draws, as in DropoutImplementation."""

    p_is: str = "drop"
    scaling: str = "inverted"
    seeding: str | None = "seed"

    def __post_init__(self) -> None:
        DropoutImplementation(len, len, self.p_is, self.scaling, self.seeding)


@dataclass(frozen=True)
class Verdict:
    """The outcome for one part of a layer."""

    part: str
    passed: bool
    message: str = ""
    report: Report | None = None
    advice: tuple[str, ...] = ()
    skipped: bool = False


def judge_layer(
    pair: Pair, reference: Pair, conventions: Conventions, seed: int
) -> Iterator[Verdict]:
    """Judge a layer or a loss by its value, its gradient and its contract.

    Parameters
    ----------
    pair : Pair
        The submission's functions.
    reference : Pair
        The right ones, of the same name.
    conventions : Conventions
        For layers with dropout in them.
    seed : int
        Draws the inputs, which the submission must not foresee.

    Yields
    ------
    Verdict
        For the parts 'value', 'gradient' and 'contract'. The contract counts only for a gradient
        that is right: a function that does nothing breaks no rule.
    """
    case = _Case(pair, reference, conventions, np.random.default_rng(seed))
    value = _attempt("value", case.check_value)
    yield value
    gradient = _attempt("gradient", case.check_gradient)
    report, trouble = case.report(seed)
    findings = report.findings if report else ()
    wrong = [f for f in findings if f.code not in CONTRACT_CODES]
    if gradient.passed and value.passed and (wrong or trouble):
        gradient = Verdict("gradient", False, trouble)
    if report is not None:
        text = str(report) if not report.passed else ""
        shown = "\n".join(filter(None, [gradient.message, text if not gradient.passed else ""]))
        gradient = Verdict("gradient", gradient.passed, shown, report)
    yield gradient
    broken = [f for f in findings if f.code in CONTRACT_CODES]
    if not gradient.passed:
        yield Verdict("contract", False, "counts once the gradient is right")
    else:
        yield Verdict("contract", not broken, "\n".join(map(str, broken)))


def report_of(pair: Pair, args: Args, seed: int = 0) -> Report:
    """Return the gradient checker's report on a layer, or on a loss as a function of its input."""
    if pair.backward is not None:
        return check_layer(pair.forward, pair.backward, *args, seed=seed, name=pair.name)
    x, rest = args[0], args[1:]
    return check_gradient(lambda x: pair.forward(x, *rest)[0], lambda x: pair.forward(x, *rest)[1],
                          x, seed=seed, name=pair.name)


def _attempt(part: str, check: Callable[[], None]) -> Verdict:
    """Run a check; whatever a submission's function raises is its failure."""
    try:
        check()
    except Disagreement as error:
        return Verdict(part, False, str(error))
    except Exception as error:
        trace = getattr(error, "trace", "")
        return Verdict(part, False, f"{reason_of(error)}\n{trace}".rstrip())
    return Verdict(part, True)


class _Case:
    """A layer with the reference of the same name, and inputs to compare them at."""

    def __init__(
        self, pair: Pair, reference: Pair, conventions: Conventions, rng: np.random.Generator
    ) -> None:
        self.pair, self.reference = pair, reference
        self.conventions, self.rng = conventions, rng
        self.stochastic = any(isinstance(arg, dict) and "p" in arg for arg in self.draw())

    def draw(self, dtype: Any = np.float64) -> Args:
        """Return fresh arguments."""
        args = example(self.reference.base, self.reference.forward, self.rng).args
        return tuple(arg.astype(dtype) if _floating(arg) else arg for arg in args)

    def check_value(self) -> None:
        """Compare forward with the reference at several inputs, dtypes and modes."""
        for dtype in (np.float64, np.float32, np.float64):
            for settings in self._settings():
                mine, right = self._both(self.draw(dtype), **settings)
                got = _first(self.pair, self.pair.forward(*mine))
                want = _first(self.reference, self.reference.forward(*right))
                compare("loss" if self.pair.is_loss else "out", got, want * self._scale(settings),
                         f" for {_in_words(mine, settings)}")
        if self.stochastic:
            self._compare_statistics()

    def check_gradient(self) -> None:
        """Compare backward with the reference where both are deterministic, at several dtypes."""
        for dtype in (np.float64, np.float32, np.float64):
            mine, right = self._both(self.draw(dtype), p=0.0 if self.stochastic else None)
            where = f" for {_in_words(mine, {})}"
            if self.pair.is_loss:
                got, want = self.pair.forward(*mine), self.reference.forward(*right)
                compare("dx", _second(got), want[1], where)
            else:
                self._compare_gradients(mine, right, where)

    def _compare_gradients(self, mine: Args, right: Args, where: str) -> None:
        """Compare a layer's gradients at one upstream gradient, of the dtype of the output."""
        assert self.pair.backward is not None
        assert self.reference.backward is not None
        _, cache = _pair_of(self.pair, self.pair.forward(*mine))
        right_out, right_cache = self.reference.forward(*right)
        dout = self.rng.standard_normal(np.shape(right_out)).astype(right_out.dtype)
        got = _gradients(self.pair.backward(dout.copy(), cache))
        wanted = _gradients(self.reference.backward(dout, right_cache))
        if len(got) < len(wanted):
            raise Disagreement(f"{self.pair.name}_backward returned {len(got)} gradients; "
                               f"expected {len(wanted)}")
        for place, (mine_, want) in enumerate(zip(got, wanted, strict=False)):
            compare(f"gradient {place + 1} of {len(wanted)}", mine_, want, where)

    def report(self, seed: int) -> tuple[Report | None, str]:
        """Return the gradient checker's report, or why there is none."""
        args, _ = self._both(self.draw(), p=P if self.stochastic else None)
        pair = self.pair
        if self.stochastic:
            forward = functools.partial(self._repeatable)
            pair = replace(pair, forward=functools.update_wrapper(forward, pair.forward))
        try:
            return report_of(pair, args, seed), ""
        except Exception as error:
            return None, reason_of(error)

    def _settings(self) -> list[dict[str, Any]]:
        if self.stochastic:
            return [{"p": P, "mode": "test"}, {"p": 0.0, "mode": "train"}]
        modes = any(isinstance(arg, dict) and "mode" in arg for arg in self.draw())
        return [{}, {"mode": "test"}] if modes else [{}]

    def _scale(self, settings: dict[str, Any]) -> float:
        """Return what a vanilla dropout multiplies the reference's inverted one by."""
        vanilla = self.stochastic and self.conventions.scaling == "vanilla"
        return 1 - settings["p"] if vanilla else 1.0

    def _both(self, args: Args, p: float | None = None, mode: str | None = None,
              seed: int = 1) -> tuple[Args, Args]:
        """Return the arguments twice: as the submission takes them and as the reference does."""
        mine, right = copy.deepcopy(args), copy.deepcopy(args)
        for theirs, ours in zip(mine, right, strict=True):
            if not isinstance(ours, dict):
                continue
            if mode is not None and "mode" in ours:
                theirs["mode"] = ours["mode"] = mode
            if mode == "test" and "p" not in ours:
                self._add_running(args, theirs, ours)
            if p is not None and "p" in ours:
                ours.update(p=p, seed=seed)
                theirs["p"] = p if self.conventions.p_is == "drop" else 1 - p
                self._seed(theirs, seed)
        return mine, right

    def _add_running(self, args: Args, theirs: dict[str, Any], ours: dict[str, Any]) -> None:
        """Give a normalization running statistics; 1-d arguments have their shape."""
        shape = next((arg.shape for arg in args if _floating(arg) and arg.ndim == 1), None)
        if shape is not None and "mode" in ours:
            mean, variance = self.rng.standard_normal(shape), self.rng.uniform(0.5, 2.0, shape)
            for param in (theirs, ours):
                param.update(running_mean=mean.copy(), running_var=variance.copy())

    def _seed(self, param: dict[str, Any], seed: int) -> None:
        param.pop("seed", None)
        if self.conventions.seeding == "seed":
            param["seed"] = seed
        elif self.conventions.seeding == "rng":
            param["rng"] = np.random.default_rng(seed)

    def _repeatable(self, *args: Any, seed: int = 1) -> Any:
        """Call the submission's forward with its randomness set to a known state."""
        for arg in args:
            if isinstance(arg, dict) and "p" in arg:
                self._seed(arg, seed)
        if self.conventions.seeding != "global":
            return self.pair.forward(*args)
        with global_generator_restored():
            np.random.seed(seed)  # noqa: NPY002
            return self.pair.forward(*args)

    def _compare_statistics(self) -> None:
        """Compare mean and variance of sums of the output with the reference's, over many masks."""
        args = self.draw()
        sums: list[list[Array]] = [[], []]
        for seed in range(DRAWS):
            mine, right = self._both(args, p=P, mode="train", seed=seed)
            out = np.asarray(_first(self.pair, self._repeatable(*mine, seed=seed)), dtype=float)
            want = _first(self.reference, self.reference.forward(*right))
            if out.shape != want.shape:
                raise Disagreement(f"out has shape {out.shape}; expected {want.shape}")
            sums[0].append(sums_of(out))
            sums[1].append(sums_of(want * self._scale({"p": P})))
        compare_moments(np.array(sums[0]), np.array(sums[1]), f"in train mode at p = {P}")


def _floating(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _pair_of(pair: Pair, returned: Any) -> tuple[Any, Any]:
    if not isinstance(returned, tuple | list) or len(returned) != 2:
        name = pair.name if pair.is_loss else f"{pair.name}_forward"
        what = "(loss, dx)" if pair.is_loss else "(out, cache)"
        raise Disagreement(f"{name} returned {describe(returned)}; expected the pair {what}")
    return returned[0], returned[1]


def _first(pair: Pair, returned: Any) -> Any:
    return _pair_of(pair, returned)[0]


def _second(returned: Any) -> Any:
    return returned[1] if isinstance(returned, tuple | list) and len(returned) == 2 else None


def _gradients(returned: Any) -> list[Any]:
    return list(returned) if isinstance(returned, tuple | list) else [returned]


def _in_words(args: Args, settings: dict[str, Any]) -> str:
    dtype = next((arg.dtype for arg in args if _floating(arg)), "")
    return ", ".join([f"{dtype} input", *(f"{k} = {v}" for k, v in settings.items())])
