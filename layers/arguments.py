"""What every layer asks of its arguments, and the one form in which it refuses them.

Each function returns its value, converted where that loses nothing, or raises an error that says
what was got, what was expected, and what to do.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np

from layers.precision import Array, widen
from layers.refusals import refuse

P_REMEDY = "p is the probability of dropping; for a keep probability k pass p = 1 - k"
OWN_CACHE = "pass each backward the cache of its own forward"


def floating(name: str, value: object, ndim: int | None = None, min_ndim: int = 0) -> Array:
    """Return `value` if it is a float16/32/64 array of the wanted rank.

    Integer arrays are refused and not converted: an output of the same dtype would truncate.

    Parameters
    ----------
    name : str
        What the message calls it.
    value : object
    ndim : int, optional
        How many axes it must have.
    min_ndim : int, default 0
        How many it must have at least.

    Raises
    ------
    TypeError
        If it is no plain array, or its dtype is none of the three.
    ValueError
        If it has another number of axes.

    Examples
    --------
    >>> floating("x", np.ones(2, int))
    Traceback (most recent call last):
    TypeError: x: got an int64 array of shape (2,); expected a floating dtype ...
    """
    usual = type(value) is np.ndarray and value.dtype.char in "efd"
    array: Array = value if usual else _floating(name, value)  # type: ignore[assignment]
    if ndim is not None and array.ndim != ndim:
        refuse(name, array, f"{ndim} dimension{'s' * (ndim != 1)}",
               f"reshape {name}, for example with {name}.reshape(...)")
    if array.ndim < min_ndim:
        refuse(name, array, f"at least {min_ndim} dimension{'s' * (min_ndim != 1)}",
               f"reshape {name}, for example with {name}[np.newaxis]")
    return array


def _floating(name: str, value: object) -> Array:
    """Return what is not quite a plain floating array as one, or refuse it."""
    if not isinstance(value, np.ndarray):
        if isinstance(value, np.floating):
            value = np.asarray(value)
        else:
            refuse(name, value, "a NumPy array of floats", "pass np.asarray(..., dtype=float)",
                   TypeError)
    if isinstance(value, np.matrix | np.ma.MaskedArray):
        refuse(name, type(value).__name__, "a plain array", f"pass np.asarray({name}): a matrix "
               "multiplies by other rules, and no layer looks at a mask", TypeError)
    if value.dtype.kind != "f":
        refuse(name, value, "a floating dtype (float16, float32 or float64)",
               f"convert it with {name}.astype(np.float64); integers would truncate the output",
               TypeError)
    if value.dtype.itemsize > 8:
        refuse(name, value, "float16, float32 or float64",
               f"pass {name}.astype(np.float64): layers stop at double precision", TypeError)
    return value


def parameter(name: str, value: object, ndim: int) -> Array:
    """Return a learnable parameter: a floating array of `ndim` axes without NaN.

    Examples
    --------
    >>> parameter("b", np.array([0.0, np.nan]), ndim=1)
    Traceback (most recent call last):
    ValueError: b: got NaN in it; expected finite numbers. Remedy: find the update ...
    """
    array = floating(name, value, ndim=ndim)
    refuse_nan(array, **{name: array})
    return array


def refuse_nan(out: Array, **parameters: Array) -> None:
    """Refuse, by its name, a parameter that holds NaN; only where `out`, made of all, shows one.

    A small output shows what large parameters would have to be searched for.

    Examples
    --------
    >>> refuse_nan(np.array([[np.nan]]), w=np.ones((1, 1)), b=np.array([np.nan]))
    Traceback (most recent call last):
    ValueError: b: got NaN in it; expected finite numbers. Remedy: find the update ...
    """
    # min() is NaN wherever an element is, and needs neither a temporary nor a wider accumulator.
    if out.size and not math.isnan(out.min()):
        return
    for name, array in parameters.items():
        if array.size and np.isnan(array.min()):
            refuse(name, "NaN in it", "finite numbers",
                   "find the update that made it NaN; a lower learning rate is the usual cure")


def same_shape(
    name: str, value: object, shape: tuple[int, ...], of: str, remedy: str | None = None
) -> Array:
    """Return `value` if it is a floating array of `shape`, the shape of argument `of`.

    Examples
    --------
    >>> same_shape("dout", np.ones(3), (2,), "x")
    Traceback (most recent call last):
    ValueError: dout: got a float64 array of shape (3,); expected shape (2,), that of x. ...
    """
    usual = type(value) is np.ndarray and value.dtype.char in "efd"
    array: Array = value if usual else _floating(name, value)  # type: ignore[assignment]
    if array.shape != shape:
        refuse(name, array, f"shape {shape}, that of {of}",
               remedy or f"pass the {name} that belongs to this cache")
    return array


def operands(dout: object, x: object, forward: str) -> tuple[Array, Array]:
    """Return an elementwise layer's cached x and its dout, both wide enough to compute with.

    Examples
    --------
    >>> x, dout = operands(np.ones(2, np.float16), np.zeros(2, np.float16), "relu_forward")
    >>> x.dtype, dout.dtype
    (dtype('float32'), dtype('float32'))
    """
    x = floating(f"cache (from {forward})", x)
    return widen(x), widen(same_shape("dout", dout, x.shape, "x"))


def cached(cache: object, kinds: Sequence[type], forward: str) -> tuple[Any, ...]:
    """Return `cache` if it is the tuple that the function `forward` made, an entry of each kind.

    Examples
    --------
    >>> cached(None, [np.ndarray] * 3, "affine_forward")
    Traceback (most recent call last):
    TypeError: cache: got None (NoneType); expected the 3 entries that affine_forward returned...
    """
    ours, remedy = f"the {len(kinds)} entries that {forward} returned", OWN_CACHE
    if not isinstance(cache, tuple):
        refuse("cache", cache, ours, f"call out, cache = {forward}(...) first", TypeError)
    if len(cache) != len(kinds):
        refuse("cache", f"a tuple of {len(cache)}", ours, remedy)
    for i, (entry, kind) in enumerate(zip(cache, kinds, strict=True)):
        if not isinstance(entry, kind):
            refuse(f"cache[{i}]", entry, f"{kind.__name__}, one of {ours}", remedy, TypeError)
    return cache


def scalar(
    name: str,
    value: object,
    expected: str,
    remedy: str,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    low_open: bool = False,
    high_open: bool = False,
) -> float:
    """Return `value` as a float if it is a real number within the bounds; NaN never is.

    Parameters
    ----------
    name : str
        What the message calls it.
    value : object
    expected, remedy : str
        As in `refuse`.
    low, high : float
        The bounds.
    low_open, high_open : bool, default False
        Whether the bound itself is refused.

    Raises
    ------
    TypeError
        If it is no real number; True and False are none.
    ValueError
        If it lies outside.

    Examples
    --------
    >>> scalar("eps", 1e-5, "a number > 0", "1e-5 is usual", 0.0, low_open=True)
    1e-05
    """
    if type(value) is not float and (isinstance(value, bool | np.bool_)
                                     or not isinstance(value, numbers.Real)):
        refuse(name, value, expected, remedy, TypeError)
    number = float(value)
    above = number > low if low_open else number >= low
    below = number < high if high_open else number <= high
    if not (above and below):
        refuse(name, value, expected, remedy)
    return number


def integer(name: str, value: object, expected: str, remedy: str) -> int:
    """Return `value` as an int if it is one (of Python or NumPy); True and 2.0 are not.

    Examples
    --------
    >>> integer("axis", np.int8(-1), "an axis", "pass an int")
    -1
    """
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        refuse(name, value, expected, remedy, TypeError)
    return int(value)


def flag(name: str, value: object) -> bool:
    """Return `value` as a bool if it is one (of Python or NumPy); 1 and 'train' are not.

    Examples
    --------
    >>> flag("training", "test")
    Traceback (most recent call last):
    TypeError: training: got 'test' (str); expected True or False. Remedy: pass a bool: ...
    """
    if not isinstance(value, bool | np.bool_):
        refuse(name, value, "True or False", "pass a bool: any other value would count as True or "
               "False by rules of its own, 'test' and 'no' as True", TypeError)
    return bool(value)


def probability(name: str, value: object) -> float:
    """Return a drop probability: 0 <= p < 1.

    Examples
    --------
    >>> probability("p", 1.0)
    Traceback (most recent call last):
    ValueError: p: got 1.0 (float); expected a number with 0 <= p < 1. Remedy: p is the ...
    """
    if type(value) is float and 0.0 <= value < 1.0:  # as it nearly always is
        return value
    return scalar(name, value, "a number with 0 <= p < 1", P_REMEDY, 0.0, 1.0, high_open=True)


def one_of(name: str, value: object, allowed: Sequence[str]) -> str:
    """Return `value` if it is one of the allowed words.

    Examples
    --------
    >>> one_of("kind", "men", ("mean", "sum"))
    Traceback (most recent call last):
    ValueError: kind: got 'men' (str); expected 'mean' or 'sum'. Remedy: pass one of ...
    """
    if not isinstance(value, str) or value not in allowed:
        words = " or ".join(map(repr, allowed))
        refuse(name, value, words, f"pass one of {words}",
               ValueError if isinstance(value, str) else TypeError)
    return value
