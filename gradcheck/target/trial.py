"""One run of the checker on a pair, at given arguments, in the conventions of its dropout."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.check import check_gradient, check_layer
from gradcheck.contract.protocol import in_one_form
from gradcheck.examples.standard import Example
from gradcheck.exceptions import reason_of
from gradcheck.mask_laws.conventions import Conventions
from gradcheck.mask_laws.implementation import DropoutImplementation, Probe
from gradcheck.report import Report
from gradcheck.target.exceptions import OURS
from gradcheck.target.pairs import Pair

Args = tuple[Any, ...]
Function = Callable[..., Any]
MASK_SEED = 123


class WrongFormError(Exception):
    """A loss does not return (loss, dx)."""


@dataclass(frozen=True)
class Trial:
    """A pair, the conventions of its dropout, and the seed of the checker's directions."""

    pair: Pair
    conventions: Conventions
    seed: int

    def report(self, found: Example) -> Report:
        """Check a layer, or a loss as a function of its first floating argument.

        Raises WrongFormError for a loss that raises, or does not return (loss, dx).
        """
        return self._report_loss(found) if self.pair.is_loss else self._report_layer(found)

    def refuses(self, found: Example) -> bool:
        """Whether forward raises at these arguments."""
        return _raises(lambda: self.pair.forward(*copy.deepcopy(found.args)))

    def has_no_value(self, found: Example) -> bool:
        """Whether a layer's forward raises at these arguments, or answers with inf or NaN."""
        if self.pair.is_loss:
            return self.refuses(found)
        forward, _, args = self._functions(found)
        finite = []

        def call() -> None:
            finite.append(np.all(np.isfinite(forward(*copy.deepcopy(args))[0])))

        return _raises(call) or not finite[0]

    def has_no_gradient(self, found: Example) -> bool:
        """Whether forward leaves no cache at these arguments, or one that backward refuses."""
        if self.pair.is_loss:
            return self.refuses(found)
        forward, backward, args = self._functions(found)
        wrt = [i for i, arg in enumerate(args) if floating(arg)]
        forward, backward = in_one_form(forward, backward, found.names, wrt)
        caches = []

        def call() -> None:
            out, cache = forward(*copy.deepcopy(args))
            caches.append(cache)
            backward(np.ones_like(out), cache)

        return _raises(call) or caches[0] is None

    def is_unwritten(self, candidates: Sequence[Example]) -> bool:
        """Whether every call ends in None or NotImplementedError, as a skeleton's does."""
        taken = [found for found in candidates if not self.refuses(found) or _raises_only(
            functools.partial(self.pair.forward, *copy.deepcopy(found.args)),
            NotImplementedError)]
        return bool(taken) and all(self._is_unwritten_at(found) for found in taken)

    def _is_unwritten_at(self, found: Example) -> bool:
        try:
            returned = self.pair.forward(*copy.deepcopy(found.args))
        except NotImplementedError:
            return True
        except OURS:
            raise
        except BaseException:
            return False
        if _is_nothing(returned[:-1] if _is_pair(returned) else returned):
            return True
        if self.pair.backward is None:
            return _is_skeleton_of_a_loss(returned)
        dout = np.ones(np.shape(returned[0])) if _is_pair(returned) else None
        try:
            return _is_nothing(self.pair.backward(
                dout, returned[1] if _is_pair(returned) else returned))
        except NotImplementedError:
            return True
        except OURS:
            raise
        except BaseException:
            return False

    def _functions(self, found: Example) -> tuple[Function, Function, Args]:
        """Return a layer's forward and backward, and the arguments in its convention."""
        assert self.pair.backward is not None
        forward = repeatable(self.pair.forward, self.conventions)
        return forward, self.pair.backward, in_convention(found.args, self.conventions)

    def _report_layer(self, found: Example) -> Report:
        forward, backward, args = self._functions(found)
        return check_layer(forward, backward, *args, seed=self.seed, name=self.pair.name,
                           progress=False)

    def _report_loss(self, found: Example) -> Report:
        pair, place = self.pair, next(i for i, arg in enumerate(found.args) if floating(arg))
        name = found.names[place]

        def call(x: Any) -> Any:
            args = copy.deepcopy(found.args)
            return pair.forward(*args[:place], x, *args[place + 1:])

        try:
            returned = call(found.args[place].copy())
        except Exception as error:
            raise WrongFormError(f"{pair.name} raised {reason_of(error)}") from error
        if not isinstance(returned, tuple | list) or len(returned) < 2:
            raise WrongFormError(
                f"{pair.name}: got {type(returned).__name__}; expected the pair (loss, "
                f"d{name}). Remedy: return both, as cs231n's losses do")
        # As a dict, so that the report calls the argument by its name.
        return check_gradient(
            lambda named: call(named[name])[0], lambda named: {name: call(named[name])[1]},
            {name: found.args[place]}, seed=self.seed, name=pair.name, progress=False)


def _raises(call: Callable[[], Any]) -> bool:
    """Whether a target's code raises; a warning of NumPy's is no refusal, whatever filters say."""
    try:
        with np.errstate(all="ignore"):
            call()
    except OURS:
        raise
    except BaseException:
        return True
    return False


def _raises_only(call: Callable[[], Any], kind: type[Exception]) -> bool:
    try:
        call()
    except kind:
        return True
    except OURS:
        raise
    except BaseException:
        return False
    return False


def _is_pair(returned: Any) -> bool:
    return isinstance(returned, tuple) and len(returned) == 2


def _is_nothing(returned: Any) -> bool:
    """Whether a value is None, or holds nothing else."""
    return returned is None or (isinstance(returned, tuple | list) and bool(returned)
                                and all(map(_is_nothing, returned)))


def _is_skeleton_of_a_loss(returned: Any) -> bool:
    """Whether a loss is zero with a gradient of zeros, which is what the course's skeleton says."""
    return _is_pair(returned) and all(
        isinstance(entry, int | float | np.ndarray | np.number) and not np.any(entry)
        for entry in returned)


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


def repeatable(forward: Function, conventions: Conventions, seed: int = MASK_SEED) -> Function:
    """Return `forward` with the same mask at every call, whatever it draws from.

    Where that is a dict's seed, the arguments have one; the global generator is left seeded.
    """
    if conventions.seeding == "seed":
        return forward

    probe = Probe(DropoutImplementation(forward, forward, seeding=conventions.seeding))

    @functools.wraps(forward)
    def repeated(*args: Any) -> Any:
        return forward(*(_seeded(probe, arg, seed) for arg in args))

    return repeated


def _seeded(probe: Probe, arg: Any, seed: int) -> Any:
    """Return a dropout's dict with the mask's randomness in it; anything else as it is."""
    if not drops(arg):
        return arg
    own = {key: value for key, value in arg.items() if key != "seed"}
    return {**probe.param(arg["p"], arg.get("mode"), seed), **own}
