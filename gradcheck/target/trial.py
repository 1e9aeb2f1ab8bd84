"""One run of the checker on a pair, at given arguments, in the conventions of its dropout."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gradcheck.check import check_layer
from gradcheck.contract.protocol import in_one_form
from gradcheck.examples.candidates import Example
from gradcheck.mask_laws.conventions import Conventions
from gradcheck.report import Report
from gradcheck.run.along import check_layer_along
from gradcheck.run.several import DIRECTIONS
from gradcheck.target.exceptions import OURS
from gradcheck.target.losses import report_of_loss
from gradcheck.target.pairs import Pair
from gradcheck.target.repeatable import recorded, repeatable, steadied, strided
from gradcheck.target.unwritten import gap_of_layer, gap_of_loss, without_return

Args = tuple[Any, ...]
Function = Callable[..., Any]
NO_RETURN = "{} ends without return, so that it gives None. Remedy: return what it computes, {}"
FORWARD, LOSS = "(out, cache)", "(loss, dx)"
BACKWARD = "the gradients in the order of the arguments"


@dataclass(frozen=True)
class Trial:
    """A pair, the conventions of its dropout, and the seed of the checker's directions."""

    pair: Pair
    conventions: Conventions
    seed: int
    raised: list[BaseException] = field(default_factory=list, compare=False)

    def report(self, found: Example) -> Report:
        """Check a layer, or a loss as a function of the arguments whose gradients it returns.

        Raises WrongFormError for a loss that raises, or does not return (loss, dx).
        """
        return self._report_loss(found) if self.pair.is_loss else self._report_layer(found)

    def report_along(self, found: Example, dout: str = "") -> Report:
        """Check a layer or a loss along a few random directions alone.

        Parameters
        ----------
        found : Example
            The arguments.
        dout : {'', 'zeros', 'strided'}
            See `gradcheck.examples.variants.Variant`.
        """
        how = strided if dout == "strided" else _as_it_is
        if self.pair.is_loss:
            loss = how(recorded(self.pair.forward, self.raised))
            return report_of_loss(replace(self.pair, forward=loss), found, self.seed, DIRECTIONS)
        forward, backward, args = self.functions(found)
        given = self._holed(found) if dout == "zeros" else None
        return check_layer_along(how(forward), how(backward), args, directions=DIRECTIONS,
                                 dout=given, seed=self.seed, name=self.pair.name)

    def _holed(self, found: Example) -> Any:
        """Return an upstream gradient whose first sample is zero, and a quarter of the others."""
        forward, _, args = self.in_one_form(found)
        rng, shape = np.random.default_rng(self.seed), np.shape(forward(*copy.deepcopy(args))[0])
        dout = rng.standard_normal(shape) * (rng.random(shape) < 0.75)
        if dout.size > 1 and dout.ndim:
            dout[:1] = 0.0
            dout.flat[-1] = 1.0
        return dout if np.any(dout) else None

    def in_one_form(self, found: Example) -> tuple[Function, Function, Args]:
        """Return forward and backward in the checker's form, and the arguments."""
        forward, backward, args = self.functions(found)
        wrt = [i for i, arg in enumerate(args) if floating(arg)]
        return *in_one_form(forward, backward, found.names, wrt, args), args

    def refusal(self, found: Example) -> BaseException | None:
        """Return what forward raises at these arguments; None where it takes them."""
        return _raised(lambda: self.pair.forward(*copy.deepcopy(found.args)))

    def refuses(self, found: Example) -> bool:
        """Whether forward raises at these arguments."""
        return self.refusal(found) is not None

    def keeps_shape(self, found: Example) -> bool:
        """Whether the output has the shape of the first array among the arguments."""
        first = next((arg for arg in found.args if floating(arg)), None)
        return first is not None and self._shape_of_output(found) == first.shape

    def gives_nothing(self, found: Example) -> bool:
        """Whether the output has no elements: the arguments are of another layout."""
        shape = self._shape_of_output(found)
        return shape is not None and 0 in shape

    def gives_a_number(self, found: Example) -> bool:
        """Whether the output is a single number."""
        return self._shape_of_output(found) == ()

    def _shape_of_output(self, found: Example) -> tuple[int, ...] | None:
        """Return the shape of what forward returns first; None where it raises."""
        shapes: list[tuple[int, ...]] = []

        def call() -> None:
            out = self.pair.forward(*copy.deepcopy(found.args))
            shapes.append(np.shape(out[0] if isinstance(out, tuple) and out else out))

        return shapes[0] if _raised(call) is None else None

    def has_no_value(self, found: Example) -> bool:
        """Whether a layer's forward raises at these arguments, or answers with inf or NaN."""
        if self.pair.is_loss:
            return self.refuses(found)
        forward, _, args = self.functions(found)
        finite = []

        def call() -> None:
            finite.append(np.all(np.isfinite(forward(*copy.deepcopy(args))[0])))

        return _raised(call) is not None or not finite[0]

    def has_no_gradient(self, found: Example) -> bool:
        """Whether forward leaves no cache at these arguments, or one that backward refuses."""
        if self.pair.is_loss:
            return self.refuses(found)
        forward, backward, args = self.in_one_form(found)
        caches = []

        def call() -> None:
            out, cache = forward(*copy.deepcopy(args))
            caches.append(cache)
            backward(np.ones_like(out), cache)

        return _raised(call) is not None or caches[0] is None

    def gap(self, candidates: Sequence[Example]) -> str:
        """Return what is not written yet, as every call shows that gets so far; '' for nothing."""
        told = ""
        for found in candidates:
            gap = self._gap_at(found)
            if gap == "":
                return ""
            told = told or gap or ""
        return (told and self._forgotten) or told

    @property
    def _forgotten(self) -> str:
        """What is said of a function that was written without its return."""
        for function, pair in ((self.pair.forward, LOSS if self.pair.is_loss else FORWARD),
                               (self.pair.backward, BACKWARD)):
            if function is not None and without_return(function):
                return NO_RETURN.format(getattr(function, "__name__", "it"), pair)
        return ""

    def _gap_at(self, found: Example) -> str | None:
        """Return what a call runs into: a gap, no gap (''), or a refusal that says nothing."""
        if self.pair.is_loss:
            return gap_of_loss(self.pair.forward, found.args)
        forward, backward, args = self.functions(found)
        return gap_of_layer(forward, backward, args, found.names)

    def functions(self, found: Example) -> tuple[Function, Function, Args]:
        """Return a layer's forward and backward, and the arguments in its convention."""
        assert self.pair.backward is not None
        forward = repeatable(self.pair.forward, self.conventions)
        if found.guessed or not any(map(_has_seed, found.args)):
            forward = steadied(forward, found.args)
        return (recorded(forward, self.raised), recorded(self.pair.backward, self.raised),
                in_convention(found.args, self.conventions))

    def _report_layer(self, found: Example) -> Report:
        forward, backward, args = self.functions(found)
        return check_layer(forward, backward, *args, seed=self.seed, name=self.pair.name,
                           progress=False)

    def _report_loss(self, found: Example) -> Report:
        loss = recorded(self.pair.forward, self.raised)
        return report_of_loss(replace(self.pair, forward=loss), found, self.seed)


def _as_it_is(function: Function) -> Function:
    return function


def _raised(call: Callable[[], Any]) -> BaseException | None:
    """Return what a target's code raises; a warning of NumPy's is none, whatever filters say."""
    try:
        with np.errstate(all="ignore"):
            call()
    except OURS:
        raise
    except BaseException as error:
        return error
    return None


def floating(value: Any) -> bool:
    """Whether an argument is an array that can be differentiated."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def drops(value: Any) -> bool:
    """Whether an argument is a dropout's dict.

    >>> drops({"mode": "train", "p": 0.3}), drops({"mode": "train"})
    (True, False)
    """
    return isinstance(value, dict) and "p" in value


def in_convention(args: Args, conventions: Conventions) -> Args:
    """Return the arguments with p as the probability that the target takes it for.

    >>> in_convention(({"p": 0.25},), Conventions(p_is="keep"))
    ({'p': 0.75},)
    """
    if conventions.p_is == "drop":
        return args
    return tuple({**arg, "p": 1 - arg["p"]} if drops(arg) else arg for arg in args)


def _has_seed(value: Any) -> bool:
    return isinstance(value, dict) and "seed" in value
