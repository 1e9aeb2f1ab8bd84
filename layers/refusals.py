"""The one form in which a layer refuses an argument: got, expected, remedy."""

from __future__ import annotations

from typing import NoReturn

import numpy as np


def refuse(
    argument: str,
    got: object,
    expected: str,
    remedy: str,
    error: type[Exception] = ValueError,
) -> NoReturn:
    """Raise an error that says got, expected, remedy.

    Parameters
    ----------
    argument : str
        Name of the argument that is refused.
    got : object
        Its value, or a text of several words that describes it.
    expected, remedy : str
        What it should have been, and what to do; no full stop at the end.
    error : type of Exception, default ValueError

    Examples
    --------
    >>> refuse("depth", 0, "a number > 0", "pass depth=1")
    Traceback (most recent call last):
    ValueError: depth: got 0 (int); expected a number > 0. Remedy: pass depth=1.
    """
    raise error(f"{argument}: got {describe(got)}; expected {expected}. Remedy: {remedy}.")


def an(noun: str) -> str:
    """Return a name with its article, as it is said.

    >>> an("int64 array"), an("NoneType"), an("ndarray"), an("uint8 array")
    ('an int64 array', 'a NoneType', 'an ndarray', 'a uint8 array')
    """
    return f"an {noun}" if noun.startswith(("a", "e", "i", "o", "nd", "A", "E", "I", "O")) else (
        f"a {noun}")


def describe(value: object) -> str:
    """Name a value as an error message should: arrays by dtype and shape, the rest by repr.

    Examples
    --------
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
