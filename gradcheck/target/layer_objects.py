"""A layer class as a pair: constructed, given an input that it takes, seen as two functions."""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.examples.candidates import NoExampleError
from gradcheck.examples.constructors import constructor_value
from gradcheck.exceptions.words import reason_of
from gradcheck.target.classes import (
    BackwardRaisedError,
    Functions,
    constructor_names,
    functions_of,
)
from gradcheck.target.inputs import Taken, taken_by, takes_indices
from gradcheck.target.needs import need_of
from gradcheck.target.pairs import Pair
from gradcheck.target.passes import needed, run_forward
from gradcheck.target.slots import is_learned
from gradcheck.target.unwritten import raised_by_a_gap

FLAG = re.compile(r"_?(is_?)?train(ing|_mode|_flg|_flag)?|_?mode")
FLAGS: dict[Any, Any] = {True: False, "train": "test"}
Own = Callable[[np.random.Generator], Any]


def pair_of_class(name: str, kind: type, own: Own | None = None) -> Pair:
    """Return a layer class as a pair of functions of its input and its parameters.

    Parameters
    ----------
    name : str
        The class's.
    kind : type
        With ``forward(self, x, ...)`` and ``backward(self, dout)``.
    own : callable, optional
        ``<Name>_example(rng)`` returns the layer and the arguments of its forward.

    Returns
    -------
    Pair
        Its example raises NoExampleError where the class could not be made, or takes no input that
        was tried.

    Examples
    --------
    >>> class Double:
    ...     def forward(self, x):
    ...         return 2 * x
    ...     def backward(self, dout):
    ...         return 2 * dout
    >>> pair = pair_of_class("Double", Double)
    >>> [np.shape(arg) for arg in pair.example(np.random.default_rng(0))]
    [(4, 6)]
    """
    try:
        taken = _own_taken(own) if own is not None else taken_by(name, kind)
    except Exception as error:
        cause = error.__cause__ if isinstance(error, BackwardRaisedError) else error
        assert isinstance(cause, Exception)
        if isinstance(cause, NotImplementedError) or raised_by_a_gap(cause):
            return _unwritten_pair(name, cause)
        return refusing_pair(name, kind, cause)

    def example(rng: np.random.Generator) -> tuple[Any, ...]:
        return found.arguments(taken.redrawn(rng), rng if own is None else None)

    found = taken.functions
    forward, backward = found.pair()
    tested = in_test_mode(found)
    learned = [name for name in found.unjudged if is_learned(name)]
    others = [name for name in found.unjudged if name not in learned]
    return Pair(name, name, forward, backward, example, inputs=found.inputs,
                tested=None if tested is None else Pair(name, name, *tested.pair(), example),
                remark=_told_of(others, "no gradient of {0} was found, so none was judged; keep it "
                                "as self.d{1}, or in self.grads['{1}']"),
                lacking=_told_of(learned, "not written yet: backward leaves no gradient of {0}. "
                                 "Remedy: keep it as self.d{1}, or in self.grads['{1}']"))


def in_test_mode(found: Functions) -> Functions | None:
    """Return a layer object in test mode, where forward keeps something for backward there.

    A dropout's mask of before would be none of test mode.
    """
    layer = copy.deepcopy(found.layer)
    flags = {name: FLAGS[value] for name, value in vars(layer).items()
             if FLAG.fullmatch(name) and value in (True, "train")} if hasattr(
                 layer, "__dict__") else {}
    if callable(getattr(layer, "eval", None)):
        layer.eval()
    elif flags:
        vars(layer).update(flags)
    else:
        return None
    before, tested = dict(vars(layer)), copy.deepcopy(layer)
    try:
        run_forward(tested, copy.deepcopy(found.given))
    except Exception:
        return None
    kept = [name for name, value in vars(tested).items() if isinstance(value, np.ndarray)
            and not np.array_equal(value, before.get(name, ()))]
    return replace(found, layer=layer) if kept else None


def _told_of(names: list[str], words: str) -> str:
    return words.format(" and ".join(names), names[0]) if names else ""


def _own_taken(own: Own) -> Taken:
    layer, *inputs = own(np.random.default_rng(0))
    return Taken(functions_of(layer, tuple(inputs)), tuple(inputs), lambda rng: tuple(inputs))


def _unwritten_pair(name: str, error: Exception) -> Pair:
    """Return a pair that stands for a class of which a part is not written."""
    def forward(x: Any) -> Any:
        raise error if isinstance(error, NotImplementedError) else (
            NotImplementedError(str(error))) from error

    return Pair(name, name, forward, forward, lambda rng: (np.zeros(2),))


def refusing_pair(name: str, kind: Any, reason: Exception) -> Pair:
    """Return a pair that stands for a class that could not be tried; its example says why."""
    told = need_of(reason) or _how_to(name, kind, reason)

    def example(rng: np.random.Generator) -> Any:
        raise NoExampleError(told)

    return Pair(name, name, kind.forward, getattr(kind, "backward", kind.forward), example)


def _told(error: Exception) -> str:
    """Return an exception in words; of a value that is not known, its text alone."""
    return str(error) if type(error) is LookupError else reason_of(error)


def _how_to(name: str, kind: type, error: Exception) -> str:
    parameters = ", ".join(inspect.signature(kind).parameters)
    settings = ", ".join(map(_suggested, constructor_names(kind)))
    inputs = needed(kind.forward)[1:]  # type: ignore[attr-defined]
    drawn = "rng.integers(5, size=(4, 3))" if takes_indices(name, kind) or (
        isinstance(error, IndexError)) else "rng.normal(size=(4, 6))"
    given = ", ".join(inputs) if len(inputs) > 1 else drawn
    return (f"{name}({parameters}) could not be tried ({_told(error)})\n"
            "  Remedy: write beside it, with sizes that it takes,\n"
            f"      def {name}_example(rng):\n"
            f"          return {name}({settings}), {given}")


def _suggested(parameter: str) -> str:
    """Return what a reader would write for a constructor's parameter, or its name."""
    try:
        value = constructor_value(parameter)
    except LookupError:
        return parameter
    return repr(value) if isinstance(value, int | float | str) else parameter
