"""A loss as a function of the arrays whose gradients it returns beside its value."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.check import check_gradient
from gradcheck.examples.candidates import Example
from gradcheck.exceptions.remedies import reason_and_remedy
from gradcheck.findings.contrast import contrasted
from gradcheck.findings.lenses.others import Wrong
from gradcheck.report import Report
from gradcheck.run.along import check_gradient_along
from gradcheck.run.several import DIRECTIONS
from gradcheck.target.pairs import Pair


class WrongFormError(Exception):
    """A loss does not return (loss, dx)."""


class LossAloneError(WrongFormError):
    """A loss returns its value and no gradient, which may stand in another function."""


Function = Callable[[dict[str, Any]], Any]


def report_of_loss(pair: Pair, found: Example, seed: int, along: int = 0) -> Report:
    """Check a loss: ``(loss, dx)``, ``(loss, dW, db)``, or ``(loss, {'W': dW, 'b': db})``.

    With `along`, it is compared along so many random directions alone.

    Raises
    ------
    WrongFormError
        It raises, or returns something else.

    Examples
    --------
    >>> pair = Pair("sum_loss", "sum_loss", lambda x: (x.sum(), 2 * np.ones_like(x)))
    >>> report_of_loss(pair, Example((np.ones(3),), ("x",)), 0).findings[0].code
    'scaled'
    """
    def right_at(args: tuple[Any, ...]) -> tuple[int, ...] | None:
        return () if _report(pair, replace(found, args=args), seed, DIRECTIONS).passed else None

    return contrasted(_report(pair, found, seed, along),
                      Wrong(found.args, found.names, None, right_at))


def _report(pair: Pair, found: Example, seed: int, along: int) -> Report:
    f, gradients, arrays = function_of_loss(pair, found)
    if along:
        return check_gradient_along(f, gradients, arrays, directions=along, seed=seed,
                                    name=pair.name)
    return check_gradient(f, gradients, arrays, seed=seed, name=pair.name, progress=False)


def function_of_loss(pair: Pair, found: Example) -> tuple[Function, Function, dict[str, Any]]:
    """Return a loss and its gradients as functions of named arrays, and those arrays.

    Raises
    ------
    WrongFormError
        It raises, or returns something else.
    """
    try:
        returned = pair.forward(*copy.deepcopy(found.args))
    except Exception as error:
        raise WrongFormError(f"{pair.name} raised {reason_and_remedy(error)}") from error
    places = _places(pair, returned, found)
    arrays = {found.names[place]: found.args[place] for place in places}

    def call(named: dict[str, Any]) -> Any:
        args = [named.get(name, arg) for name, arg in zip(
            found.names, copy.deepcopy(found.args), strict=True)]
        return pair.forward(*args)

    def gradients(named: dict[str, Any]) -> dict[str, Any]:
        return dict(zip(arrays, _gradients(call(named), arrays), strict=False))

    return lambda named: call(named)[0], gradients, arrays


def _places(pair: Pair, returned: Any, found: Example) -> list[int]:
    """Return the positions of the arguments that the returned gradients belong to."""
    floats = [i for i, arg in enumerate(found.args)
              if isinstance(arg, np.ndarray) and arg.dtype.kind == "f"]
    if isinstance(returned, float | int | np.number | np.ndarray) and np.ndim(returned) == 0:
        raise LossAloneError(
            f"{pair.name} returns the loss alone. Remedy: return (loss, d{found.names[floats[0]]})")
    if not isinstance(returned, tuple | list) or len(returned) < 2:
        raise WrongFormError(
            f"{pair.name}: got {type(returned).__name__}; expected the pair (loss, "
            f"d{found.names[floats[0]]}). Remedy: return both, as cs231n's losses do")
    if isinstance(returned[1], dict):
        named = [i for i in floats if _of_name(returned[1], found.names[i]) is not None]
        return named or floats[:1]
    return list(_by_shape(returned[1:], floats, found.args)) or floats[:1]


def _by_shape(gradients: Sequence[Any], floats: Sequence[int], args: Sequence[Any]
              ) -> Iterator[int]:
    """Yield the arguments that gradients belong to: the first of each one's shape."""
    left = list(floats)
    for gradient in gradients:
        place = next((i for i in left if args[i].shape == np.shape(gradient)), None)
        if place is None:
            return
        left.remove(place)
        yield place


def _gradients(returned: Any, names: Sequence[str] | dict[str, Any]) -> list[Any]:
    if isinstance(returned[1], dict):
        return [_of_name(returned[1], name) for name in names]
    return list(returned[1:])


def _of_name(gradients: dict[str, Any], name: str) -> Any:
    return next((gradients[key] for key in (name, f"d{name}") if key in gradients), None)
