"""Value and gradient beside the reference's at inputs that nothing before has shown.

Differences hold backward to forward near the points that forward is called at. A forward that
remembers them, and agrees with a wrong backward there, is the reference's everywhere else.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from gradcheck.contract.protocol import in_one_form
from gradcheck.equal import NEGLIGIBLE, size_of, unlike_gradient
from gradcheck.grading.agreement import Disagreement, compare, describe
from gradcheck.grading.sizes import SIZES
from gradcheck.grading.values import Values
from gradcheck.target.pairs import Pair
from gradcheck.target.trial import Args, floating

NUDGE = 1e-6
NOT_THE_LAYERS = (
    "{label} is {got:.6g}{where}; expected {want:.6g} by the reference's backward at the same "
    "inputs ({count} of {size} elements differ), though forward's value is right there")


def compare_afresh(values: Values) -> None:
    """Compare value and gradient at other numbers of examples, in another dtype, and once more.

    Raises Disagreement, or whatever the submission raises at what the reference takes.
    """
    drawn = [values.draw(), *map(values.sized, SIZES), values.draw(np.float32)]
    points = [args for args in drawn if args is not None]
    for args in (*points, points[0]):
        mine, right = values.both(args, values.in_training)
        _compare_at(values, mine, right, f" for {_shapes_of(args)}")


def _compare_at(values: Values, mine: Args, right: Args, where: str) -> None:
    want, dout, wanted = evaluated(values.reference, right, values.names)
    value, _, got = evaluated(values.submitted, mine, values.names, dout)
    compare("loss" if values.pair.is_loss else "out", value, want, where, values.rtol)
    near = [evaluated(values.reference, _nudged(right, step), values.names, dout)[2]
            for step in (NUDGE, -NUDGE)]
    largest = max((float(np.max(np.abs(entry), initial=1.0)) for entry in wanted.values()),
                  default=1.0)
    for name, gradient in wanted.items():
        kinks = sum(unlike_gradient(other[name], gradient, NEGLIGIBLE * largest) for other in near)
        _compare_gradient(f"d{name}", got.get(name), gradient, where, kinks, largest)


def evaluated(pair: Pair, args: Args, names: tuple[str, ...], dout: Any = None
              ) -> tuple[Any, Any, dict[str, Any]]:
    """Return a pair's value, the upstream gradient, and its gradients by the arguments' names.

    Parameters
    ----------
    pair : Pair
        A layer, or a loss.
    args : tuple
        What forward is called with, a copy of it.
    names : tuple of str
        What the arguments are called.
    dout : ndarray, optional
        By default one of random numbers, always the same.
    """
    wrt = [place for place, arg in enumerate(args) if floating(arg)]
    if pair.backward is None:
        value, *gradients = pair.forward(*copy.deepcopy(args))
        if len(gradients) == 1 and isinstance(gradients[0], dict):
            return value, None, {name: gradients[0].get(name, gradients[0].get(f"d{name}"))
                                 for name in (names[place] for place in wrt)}
    else:
        forward, backward = in_one_form(pair.forward, pair.backward, names, wrt, args)
        value, cache = forward(*copy.deepcopy(args))
        dout = _random_like(value) if dout is None else dout
        returned = backward(dout.copy(), cache)
        gradients = list(returned) if isinstance(returned, tuple | list) else [returned]
    return value, dout, {names[place]: gradient
                         for place, gradient in zip(wrt, gradients, strict=False)
                         if gradient is not None}


def _random_like(value: Any) -> Any:
    return np.random.default_rng(0).standard_normal(np.shape(value)).astype(value.dtype)


def _nudged(args: Args, step: float) -> Args:
    """Return arguments so near that only what has a kink there has another gradient."""
    rng = np.random.default_rng(0)
    return tuple((arg + step * size_of(arg) * rng.standard_normal(arg.shape)).astype(arg.dtype)
                 if floating(arg) else arg for arg in args)


def _compare_gradient(label: str, got: Any, want: Any, where: str, kinks: Any, largest: float
                      ) -> None:
    if not isinstance(got, np.ndarray | np.floating) or got.dtype.kind not in "fiu" or (
            got.shape != want.shape):
        raise Disagreement(f"{label} is {describe(got)}{where}; expected an array of shape "
                           f"{want.shape}")
    found = np.asarray(got)
    wrong = unlike_gradient(found, want, NEGLIGIBLE * largest) & (kinks == 0)
    if np.any(wrong):
        place = tuple(np.argwhere(wrong)[0])
        at = f"[{', '.join(map(str, place))}]" if want.ndim else ""
        raise Disagreement(NOT_THE_LAYERS.format(
            label=f"{label}{at}", got=found[place], where=where, want=want[place],
            count=int(wrong.sum()), size=wrong.size))


def _shapes_of(args: Args) -> str:
    """Return the arrays' shapes, and the dtype of the first that can be differentiated."""
    shapes = ", ".join(str(arg.shape) for arg in args if isinstance(arg, np.ndarray))
    return f"{next((arg.dtype for arg in args if floating(arg)), '')} input of shape {shapes}"
