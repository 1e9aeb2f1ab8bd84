"""A dropout for arrays of two dimensions, handed arrays of any."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.arguments import Array
from gradcheck.exceptions.words import reason_of
from gradcheck.mask_laws.implementation import DropoutImplementation, Probe

Function = Callable[..., Any]
OTHERS = ((3,), (2, 3, 2, 2))
HELD_AT_ROWS = "judged at 2-D arrays, as forward refuses {ndim}-D ones: {reason}"


def refused_dimensions(impl: DropoutImplementation) -> str:
    """Say which arrays a dropout refuses that takes those of two dimensions; '' for none.

    Examples
    --------
    >>> def forward(x, param):
    ...     N, D = x.shape
    ...     return x, None
    >>> refused_dimensions(DropoutImplementation(forward, len))[:46]
    'judged at 2-D arrays, as forward refuses 1-D o'
    """
    if _refusal(impl, (3, 4)) is not None:
        return ""
    for shape in OTHERS:
        error = _refusal(impl, shape)
        if error is not None:
            return HELD_AT_ROWS.format(ndim=len(shape), reason=reason_of(error))
    return ""


def _refusal(impl: DropoutImplementation, shape: tuple[int, ...]) -> Exception | None:
    try:
        with np.errstate(all="ignore"):
            impl.forward(np.ones(shape), Probe(impl).param(0.3, "train", seed=1))
    except Exception as error:
        return error
    return None


def by_rows(forward: Function, backward: Function) -> tuple[Function, Function]:
    """Return a pair for arrays of any dimensions that calls another with those of two.

    Examples
    --------
    >>> forward, backward = by_rows(lambda x, param: (2 * x, x.ndim), lambda dout, ndim: dout)
    >>> out, ndim = forward(np.ones(3), {})
    >>> out.shape, ndim, backward(np.ones((2, 3, 2)), ndim).shape
    ((3,), 2, (2, 3, 2))
    """
    def rows_forward(x: Array, param: dict[str, Any]) -> Any:
        """Call forward with rows, and give its output the shape of x."""
        returned = forward(_rows(x), param)
        if not isinstance(returned, tuple | list) or len(returned) != 2:
            return returned
        return _like(returned[0], x), returned[1]

    def rows_backward(dout: Array, cache: Any) -> Any:
        """Call backward with rows, and give its gradient the shape of dout."""
        return _like(backward(_rows(dout), cache), dout)

    return rows_forward, rows_backward


def _rows(x: Array) -> Array:
    return x.reshape(len(x), -1) if x.ndim > 1 and len(x) else x.reshape(1, -1)


def _like(value: Any, x: Array) -> Any:
    """Return an array in another one's shape, where it has as many elements."""
    if isinstance(value, np.ndarray) and value.size == x.size:
        return value.reshape(x.shape)
    return value
