"""The one form in which gradcheck refuses an argument: got, expected, remedy."""

from __future__ import annotations

import math
import numbers
import random
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Rng = random.Random | np.random.Generator | np.random.RandomState


def refuse(
    argument: str,
    got: object,
    expected: str,
    remedy: str,
    error: type[Exception] = ValueError,
) -> NoReturn:
    """Raise `error` with a message that says got, expected, remedy; `was_refused` knows it."""
    refusal = error(f"{argument}: got {describe(got)}; expected {expected}. Remedy: {remedy}.")
    refusal.refused = True  # type: ignore[attr-defined]
    raise refusal


def was_refused(error: BaseException) -> bool:
    """Whether an exception says that an argument is wrong, and no bug is behind it.

    >>> was_refused(ValueError())
    False
    """
    return bool(getattr(error, "refused", False))


def an(noun: str) -> str:
    """Return a name with its article, as it is said.

    Examples
    --------
    >>> an("int64 array"), an("NoneType"), an("ndarray"), an("uint8 array")
    ('an int64 array', 'a NoneType', 'an ndarray', 'a uint8 array')
    """
    return f"an {noun}" if noun.startswith(("a", "e", "i", "o", "nd", "A", "E", "I", "O")) else (
        f"a {noun}")


def describe(value: object) -> str:
    """Name a value as an error message should: arrays by dtype and shape, the rest by repr.

    >>> describe(np.zeros((2, 3), np.float32))
    'a float32 array of shape (2, 3)'
    >>> describe(1.5)
    '1.5 (float)'
    """
    if isinstance(value, np.ndarray):
        return f"{an(str(value.dtype))} array of shape {value.shape}"
    if isinstance(value, str) and " " in value:
        return value
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:57] + '...'} ({type(value).__name__})"


def floating(name: str, value: object) -> Array:
    """Return `value` if it is an array of floats; an integer array would truncate every step."""
    if not isinstance(value, np.ndarray):
        refuse(name, value, "a NumPy array of floats", "pass np.asarray(..., dtype=np.float64)",
               TypeError)
    if value.dtype.kind != "f":
        refuse(name, value, "a floating dtype, best float64",
               f"convert it with {name}.astype(np.float64); an integer array would truncate the "
               "step", TypeError)
    return value


def perturbable(name: str, value: object) -> Array:
    """Return `value` if it is a writeable array of floats, whose elements can be stepped."""
    array = floating(name, value)
    if not array.flags.writeable:
        refuse(name, "a read-only array", "a writeable one, since its elements are perturbed in "
               "place", f"pass {name}.copy()")
    return array


def positive_step(h: object) -> float:
    """Return the step `h` if it is a positive finite number."""
    if isinstance(h, bool | np.bool_) or not isinstance(h, numbers.Real):
        refuse("h", h, "a positive number", "pass a step such as h=1e-5", TypeError)
    step = float(h)
    if not (0.0 < step < math.inf):
        refuse("h", h, "a positive finite number", "pass a step such as h=1e-5")
    return step


def function(name: str, value: object, remedy: str) -> None:
    """Refuse a `value` that cannot be called."""
    if not callable(value):
        refuse(name, value, "a function", remedy, TypeError)


def count(name: str, value: object) -> int:
    """Return `value` if it is a non-negative integer."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        refuse(name, value, "an integer", f"pass {name}=10", TypeError)
    if value < 0:
        refuse(name, value, "0 or more", f"pass {name}=10")
    return int(value)


def index_drawer(rng: object) -> Callable[[int], int]:
    """Return a function that draws an index below its argument; None stands for `random`."""
    if rng is None:
        return random.randrange
    if isinstance(rng, random.Random):
        return rng.randrange
    if isinstance(rng, np.random.Generator):
        return lambda size: int(rng.integers(size))
    if not isinstance(rng, np.random.RandomState):
        refuse("rng", rng, "a random.Random, np.random.Generator or np.random.RandomState",
               "pass np.random.default_rng(0)", TypeError)
    return lambda size: int(rng.randint(size))
