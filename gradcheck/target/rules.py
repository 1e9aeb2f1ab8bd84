"""Custom gradients of frameworks: Functions of torch's, and functions with a rule of JAX's.

What there is of them in a module, as pairs; where the framework is missing, as pairs that say so.
"""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np

from gradcheck.adapters.jax_functions import jax_function
from gradcheck.adapters.jax_rules import rule_of
from gradcheck.adapters.positions import floating_positions
from gradcheck.adapters.torch_functions import is_function_class, torch_function
from gradcheck.examples.candidates import A_NUMBER, candidates
from gradcheck.foreign import as_array
from gradcheck.sandbox.absent import OF_TORCH, Absent, AbsentError
from gradcheck.target.pairs import Pair, is_within

OF_JAX = re.compile(r"jax\.custom_(vjp|jvp)\(\.\.\.\)")
OF_A_RULE = ("fun", "bwd", "jvp", "fwd")
OF_SECOND = "the gradient of its gradient was not looked at; check_layer(..., order=2) does"
LEFT_OUT = "backward returns None for {}, so that no gradient of it was judged"
MOST_TRIED = 12
Function = Callable[..., Any]
Example = Callable[[np.random.Generator], Any]


@dataclass(frozen=True)
class CustomRule:
    """A custom gradient of a module's.

    Attributes
    ----------
    name : str
        What it is called.
    sources : tuple of function
        What the target defines it by: forward first, then what its gradient is.
    make : callable
        Returns it as a pair.
    """

    name: str
    sources: tuple[Function, ...]
    make: Callable[[], Pair]


def custom_rules(module: ModuleType, imported: bool = False) -> Iterator[CustomRule]:
    """Yield every custom gradient that a module defines, or has imported as well.

    Examples
    --------
    >>> list(custom_rules(ModuleType("homework")))
    []
    """
    seen: set[int] = set()
    for name, value in list(vars(module).items()):
        given = _defined(value)
        if given is None or id(given) in seen or not (imported or _is_own(given, module)):
            continue
        seen.add(id(given))
        called = given.__name__ if isinstance(given, type) else name
        names = [called, *(other for other, one in vars(module).items() if _defined(one) is given)]
        own = next((vars(module)[f"{one}_example"] for one in names
                    if f"{one}_example" in vars(module)), None)
        yield CustomRule(called, _sources(given), partial(_pair, called, given, own))


def ruled(module: ModuleType) -> frozenset[int]:
    """Return the ids of what belongs to custom gradients, so that it is no pair besides."""
    found = set()
    for value in vars(module).values():
        given = _defined(value)
        if given is not None:
            found |= {id(value), *map(id, _sources(given))}
    return frozenset(found)


def _defined(value: Any) -> Any:
    """Return the Function, the ruled function or the stand-in that a value is, or belongs to."""
    if isinstance(value, Absent):
        return value if OF_JAX.fullmatch(value.__name__) else None
    if isinstance(value, type):
        missing = not is_function_class(value) and _missing_base(value) is None
        return None if missing else value
    if inspect.isbuiltin(value) or inspect.ismethod(value):  # name = Function.apply
        owner = getattr(value, "__self__", None)
        return _defined(owner) if value.__name__ == "apply" and isinstance(owner, type) else None
    try:
        return value if rule_of(value) is not None else None
    except Exception:  # what raises when it is asked for an attribute is no function of JAX's
        return None


def _missing_base(kind: type) -> Absent | None:
    """Return the stand-in for torch's Function that a class was to be derived from."""
    bases = (base for one in kind.__mro__ for base in vars(one).get("__orig_bases__", ()))
    return next((base for base in bases if isinstance(base, Absent)
                 and OF_TORCH.fullmatch(base.__name__)), None)


def _is_own(given: Any, module: ModuleType) -> bool:
    if isinstance(given, Absent):
        return True
    home = given if isinstance(given, type) else rule_of(given).fun
    return is_within(str(getattr(home, "__module__", "")), module.__name__)


def _sources(given: Any) -> tuple[Function, ...]:
    """Return the functions that a custom gradient consists of, forward first."""
    if isinstance(given, Absent):
        return (given,)
    if isinstance(given, type):
        names = ("forward", "backward", "setup_context")
        return tuple(inspect.unwrap(function) for function in (
            getattr(given, name, None) for name in names)
            if inspect.isfunction(function) and "torch" not in function.__module__.split("."))
    rule = rule_of(given)
    return tuple(function for function in (getattr(rule, name, None) for name in OF_A_RULE)
                 if inspect.isfunction(function))


def _pair(name: str, given: Any, own: Example | None) -> Pair:
    """Return a custom gradient as a pair; of a missing framework as one that says so."""
    missing = given if isinstance(given, Absent) else (
        _missing_base(given) if isinstance(given, type) else None)
    if missing is not None:
        return _needing(name, missing)
    adapter = torch_function if isinstance(given, type) else jax_function
    forward, backward = adapter(given, as_declared=True)
    example: Example | None = own and partial(_as_arrays, own)
    example, remark = _settled(name, forward, example)
    once = getattr(getattr(given, "backward", None), "__wrapped__", None)
    twice = isinstance(given, type) and once is None
    return Pair(name, name, forward, backward, example, remark or (OF_SECOND if twice else ""),
                firm=True)


def _needing(name: str, missing: Absent) -> Pair:
    """Return a pair that needs what is not there."""
    def forward(x: Any) -> Any:
        package = missing._missing
        raise AbsentError(f"{missing.__name__} could not be imported", name=package)

    return Pair(name, name, forward, forward)


def _as_arrays(own: Example, rng: np.random.Generator) -> Any:
    """Return an example with arrays for tensors."""
    given = own(rng)
    if isinstance(given, Iterator):
        return (_plain(args) for args in given)
    return _plain(given)


def _plain(args: Any) -> Any:
    return tuple(map(as_array, args)) if isinstance(args, tuple) else as_array(args)


def _left_out(name: str, forward: Any, example: Example | None) -> tuple[int, Any, list[int]]:
    """Return the place of the first arguments that forward takes, these, and what is left out.

    That is the positions of the arrays for which backward gives None.
    """
    tried = itertools.islice(candidates(name, forward, np.random.default_rng(0), example),
                             MOST_TRIED)
    for place, found in enumerate(tried):
        with np.errstate(all="ignore"):
            kept = forward.differentiable(found.args)
        out = [i for i in floating_positions(found.args) if i not in kept]
        if out or not found.guessed:
            return place, found, out
    return 0, None, []


def _settled(name: str, forward: Any, example: Example | None) -> tuple[Example | None, str]:
    """Return the example, and what is said of the arguments whose gradients are not judged.

    An array that was guessed for one of them is a number where it has another shape than the
    input: a threshold, and no target.
    """
    try:
        place, found, out = _left_out(name, forward, example)
    except Exception:  # what its example or its forward raises is told when it is judged
        return example, ""
    if found is not None and found.guessed:
        shape = next(arg.shape for arg in found.args if isinstance(arg, np.ndarray))
        numbers = [i for i in out if found.args[i].shape != shape]
        if numbers:
            example = partial(_with_numbers, name, forward, place, numbers)
            out = [i for i in out if i not in numbers]
    named = " and ".join(found.names[i] for i in out) if out else ""
    return example, LEFT_OUT.format(named) if named else ""


def _with_numbers(name: str, forward: Any, place: int, numbers: list[int],
                  rng: np.random.Generator) -> tuple[Any, ...]:
    """Return guessed arguments with numbers for some of the arrays."""
    found = next(itertools.islice(candidates(name, forward, rng), place, None))
    return tuple(A_NUMBER if i in numbers else arg for i, arg in enumerate(found.args))
