"""What every layer asks of its arguments, and the one form in which it refuses them."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from layers._precision import Array, widen

P_REMEDY = "p is the probability of dropping; for a keep probability k pass p = 1 - k"
OWN_CACHE = "pass each backward the cache of its own forward"


def refuse(
    argument: str,
    got: object,
    expected: str,
    remedy: str,
    error: type[Exception] = ValueError,
) -> NoReturn:
    """Raise `error` with a message that says got, expected, remedy."""
    raise error(f"{argument}: got {describe(got)}; expected {expected}. Remedy: {remedy}.")


def describe(value: object) -> str:
    """Name a value as an error message should: arrays by dtype and shape, the rest by repr.

    >>> describe(np.zeros((2, 3), np.float32))
    'a float32 array of shape (2, 3)'
    >>> describe(1.5)
    '1.5 (float)'
    """
    if isinstance(value, np.ndarray):
        return f"a {value.dtype} array of shape {value.shape}"
    if isinstance(value, str) and " " in value:
        return value
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:57] + '...'} ({type(value).__name__})"


def floating(name: str, value: object, ndim: int | None = None, min_ndim: int = 0) -> Array:
    """Return `value` if it is a float16/32/64 array of the wanted rank; refuse it otherwise.

    Integer arrays are refused and not converted: an output of the same dtype would truncate.
    """
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
    if ndim is not None and value.ndim != ndim:
        refuse(name, value, f"{ndim} dimension{'s' * (ndim != 1)}",
               f"reshape {name}, for example with {name}.reshape(...)")
    if value.ndim < min_ndim:
        refuse(name, value, f"at least {min_ndim} dimension{'s' * (min_ndim != 1)}",
               f"reshape {name}, for example with {name}[np.newaxis]")
    return value


def parameter(name: str, value: object, ndim: int) -> Array:
    """Return a learnable parameter: a floating array without NaN."""
    array = floating(name, value, ndim=ndim)
    # min() is NaN wherever an element is, and needs neither a temporary nor a wider accumulator.
    if array.size and np.isnan(array.min()):
        refuse(name, "NaN in it", "finite numbers",
               "find the update that made it NaN; a lower learning rate is the usual cure")
    return array


def same_shape(
    name: str, value: object, shape: tuple[int, ...], of: str, remedy: str | None = None
) -> Array:
    """Return `value` if it is a floating array of `shape`, the shape of argument `of`."""
    array = floating(name, value)
    if array.shape != shape:
        refuse(name, array, f"shape {shape}, that of {of}",
               remedy or f"pass the {name} that belongs to this cache")
    return array


def operands(dout: object, x: object, forward: str) -> tuple[Array, Array]:
    """Return an elementwise layer's cached x and its dout, both wide enough to compute with."""
    x = floating(f"cache (from {forward})", x)
    return widen(x), widen(same_shape("dout", dout, x.shape, "x"))


def cached(cache: object, kinds: Sequence[type], forward: str) -> tuple[Any, ...]:
    """Return `cache` if it is the tuple that the function `forward` made, an entry of each kind.

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
    """Return `value` as a float if it is a real number within the bounds (NaN never is)."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real):
        refuse(name, value, expected, remedy, TypeError)
    number = float(value)
    above = number > low if low_open else number >= low
    below = number < high if high_open else number <= high
    if not (above and below):
        refuse(name, value, expected, remedy)
    return number


def integer(name: str, value: object, expected: str, remedy: str) -> int:
    """Return `value` as an int if it is one (of Python or NumPy); True and 2.0 are not."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        refuse(name, value, expected, remedy, TypeError)
    return int(value)


def flag(name: str, value: object) -> bool:
    """Return `value` as a bool if it is one (of Python or NumPy); 1 and 'train' are not."""
    if not isinstance(value, bool | np.bool_):
        refuse(name, value, "True or False", "pass a bool: any other value would count as True or "
               "False by rules of its own, 'test' and 'no' as True", TypeError)
    return bool(value)


def probability(name: str, value: object) -> float:
    """Return a drop probability: 0 <= p < 1."""
    return scalar(name, value, "a number with 0 <= p < 1", P_REMEDY, 0.0, 1.0, high_open=True)


class MissingKeyError(KeyError, ValueError):
    """A parameter dict lacks a key; its message reads as a sentence, unlike KeyError's."""

    def __str__(self) -> str:
        return str(self.args[0])


def required(param_name: str, param: object, key: str) -> Any:
    """Return param[key], or say which key of which dict is missing."""
    if not isinstance(param, Mapping):
        refuse(param_name, param, "a dict", f"pass {{{key!r}: ...}}", TypeError)
    if key not in param:
        raise MissingKeyError(
            f"{param_name}: the key {key!r} is missing; got the keys {sorted(map(str, param))}. "
            f"Remedy: pass {param_name}[{key!r}]."
        )
    return param[key]


def one_of(name: str, value: object, allowed: Sequence[str]) -> str:
    """Return `value` if it is one of the allowed words."""
    if not isinstance(value, str) or value not in allowed:
        words = " or ".join(map(repr, allowed))
        refuse(name, value, words, f"pass one of {words}",
               ValueError if isinstance(value, str) else TypeError)
    return value


def mode_of(param_name: str, param: object) -> str:
    """Return param['mode'], 'train' or 'test'."""
    mode = required(param_name, param, "mode")
    if not isinstance(mode, str) or mode not in ("train", "test"):
        refuse(f"{param_name}['mode']", mode, "'train' or 'test'", "pass 'train' or 'test'")
    return mode
