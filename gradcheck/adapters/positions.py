"""Which arguments of somebody's function are differentiated; complex and half ones are refused."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcheck.arguments import an, refuse

HALF = ("float16", "bfloat16")
TO_FLOAT32 = "compare in float32: pass it with .astype(np.float32), a tensor with .float()"
TO_PARTS = ("take real and imaginary parts as two arguments, and return the output's two parts, "
            "too: a complex gradient has a convention, which each framework chooses for itself")
Positions = Callable[[Sequence[Any]], tuple[int, ...]]


def refuse_dtype(name: str, dtype: str) -> None:
    """Refuse a dtype in which no derivative is compared.

    >>> refuse_dtype("x", "float16")
    Traceback (most recent call last):
    TypeError: x: got a float16 array; expected float32 or float64. Remedy: compare in float32: ...
    """
    dtype = dtype.rpartition(".")[2]
    if dtype in HALF:
        refuse(name, f"{an(dtype)} array", "float32 or float64", TO_FLOAT32, TypeError)
    if dtype.startswith("complex"):
        refuse(name, f"{an(dtype)} array", "float32 or float64", TO_PARTS, TypeError)


def floating_positions(args: Sequence[Any], names: Sequence[str] = ()) -> tuple[int, ...]:
    """Return where the floating arrays stand, after a look at the dtypes of all arguments.

    >>> floating_positions((np.ones(2), 3, np.arange(2)))
    (0,)
    """
    named = [*names, *(f"arg{i}" for i in range(len(names), len(args)))]
    for name, arg in zip(named, args, strict=False):
        if isinstance(arg, np.ndarray):
            refuse_dtype(name, arg.dtype.name)
    return tuple(i for i, arg in enumerate(args)
                 if isinstance(arg, np.ndarray) and arg.dtype.kind == "f")


def described(forward: Callable[..., Any], function: Callable[..., Any], skipped: int = 0,
              more: Sequence[str] = ()) -> tuple[str, ...]:
    """Give a forward the name and the parameters of what it runs, and return their names.

    Parameters
    ----------
    forward : callable
        The adapter's.
    function : callable
        The user's own.
    skipped : int
        How many of its parameters are not the caller's, such as ctx.
    more : sequence of str
        Parameters that come after its own.
    """
    try:
        signature = inspect.signature(function)
        found = list(signature.parameters.values())[skipped:]
        extra = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in more]
        kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        if extra:  # what follows them has to be given, too
            found = [p.replace(kind=kinds[0], default=p.empty) for p in found if p.kind in kinds]
        forward.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[*found, *extra], return_annotation=signature.empty)
        names = tuple(p.name for p in (*found, *extra) if p.kind in kinds)
    except (TypeError, ValueError):
        names = ()
    if inspect.isfunction(function):
        forward.__wrapped__ = function  # type: ignore[attr-defined]
    forward.__name__ = str(getattr(function, "__name__", "function")).replace("<lambda>", "f")
    return names
