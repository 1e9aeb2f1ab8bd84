"""Functions as the checker calls them: drawing the same each time, noted, handed odd arrays."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.generators import global_generators_restored, global_mark
from gradcheck.mask_laws.conventions import Conventions
from gradcheck.mask_laws.implementation import DropoutImplementation, Probe

Function = Callable[..., Any]
MASK_SEED = 123


def steadied(forward: Function, args: tuple[Any, ...]) -> Function:
    """Return a forward that draws from NumPy's global generator with that one seeded in each call.

    One that does not draw is returned as it is.

    Examples
    --------
    >>> def noisy(x):
    ...     return x + np.random.rand(), None
    >>> forward = steadied(noisy, (1.0,))
    >>> forward(1.0) == forward(1.0), steadied(abs, (1.0,)) is abs
    (True, True)
    """
    with global_generators_restored():
        before = global_mark()
        try:
            with np.errstate(all="ignore"):
                forward(*copy.deepcopy(args))
        except Exception:
            return forward
        if global_mark() == before:
            return forward

    @functools.wraps(forward)
    def seeded(*given: Any) -> Any:
        with global_generators_restored("mask"):
            return forward(*given)

    return seeded


def recorded(function: Function, raised: list[BaseException]) -> Function:
    """Return a function that notes what it raises, and raises it."""

    @functools.wraps(function)
    def call(*args: Any, **settings: Any) -> Any:
        try:
            return function(*args, **settings)
        except BaseException as error:
            raised.append(error)
            raise

    return call


def strided(function: Function) -> Function:
    """Return a function that is given arrays whose elements do not stand side by side.

    Examples
    --------
    >>> strided(lambda x: (x.flags["C_CONTIGUOUS"], float(x[0, 1])))(np.array([[1.0, 2.0]]))
    (False, 2.0)
    """

    @functools.wraps(function)
    def call(*args: Any, **settings: Any) -> Any:
        return function(*map(_spread_out, args), **settings)

    return call


def _spread_out(arg: Any) -> Any:
    """Return every second element of an array whose first axis runs fastest, as after a .T."""
    if not isinstance(arg, np.ndarray) or arg.dtype.kind != "f" or not arg.ndim:
        return arg
    room = np.zeros((2 * arg.shape[-1], *arg.shape[-2::-1]), arg.dtype).T
    room[..., ::2] = arg
    return room[..., ::2]


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
    if not _drops(arg):
        return arg
    own = {key: value for key, value in arg.items() if key != "seed"}
    return {**probe.param(arg["p"], arg.get("mode"), seed), **own}


def _drops(value: Any) -> bool:
    return isinstance(value, dict) and "p" in value
