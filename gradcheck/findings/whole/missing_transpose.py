"""A product uses w where the chain rule asks for its transpose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.given import AFFINE_RIGHT, SQUARE
from gradcheck.findings.lenses.values import replacing
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier
from gradcheck.findings.view import View

Array = NDArray[Any]


def transposed_argument(view: View) -> Evidence:
    """Whether the gradient is the true one where some square matrix stands transposed."""
    for i, arg in enumerate(view.case.args):
        if isinstance(arg, np.ndarray) and _is_square(arg) and i != view.position:
            args = list(view.case.args)
            args[i] = np.swapaxes(arg, -1, -2).copy()
            if not np.array_equal(args[i], arg) and view.is_gradient_at(args):
                return {"matrix": view.case.layer.names[i]}
    dout = view.case.dout
    turned = np.swapaxes(dout, -1, -2) if _is_square(dout) else None
    if turned is not None and view.is_gradient_at(view.case.args, turned):
        return {"matrix": "dout"}
    return None


def _is_square(array: Array) -> bool:
    return array.dtype.kind == "f" and array.ndim >= 2 and array.shape[-1] == array.shape[-2]


def rows_for_columns(view: View) -> Evidence:
    """Whether every output's column of the Jacobian holds a row of a square matrix, not its column.

    This sees a missing transpose behind a nonlinearity, whose own slope scales each column.
    """
    lasts = (view.x.shape[-1:], view.case.out.shape[-1:])
    for name, w in zip(view.case.layer.names, view.case.args, strict=True):
        if not isinstance(w, np.ndarray) or w.ndim != 2 or not _is_square(w):
            continue
        size = len(w)
        if size > 1 and lasts == ((size,), (size,)) and view.dense is not None and not (
                np.array_equal(w, w.T)) and _passes_rows(view, w):
            return {"matrix": name}
    return None


def _passes_rows(view: View, w: Array) -> bool:
    """Whether the Jacobians are slopes times w, and the same slopes times its transpose."""
    assert view.dense is not None
    size = len(w)
    true, wrong = (jacobian.reshape(-1, size, view.case.out.size // size, size)
                   .transpose(0, 2, 1, 3) for jacobian in view.dense)
    norms = np.sum(w * w, axis=0)
    slopes = np.sum(true * w, axis=-2, keepdims=True) / np.where(norms > 0, norms, 1.0)
    tolerance = 10 * view.dense_tolerance
    return bool(np.any(slopes) and np.all(np.abs(true - slopes * w) <= tolerance)
                and np.all(np.abs(wrong - slopes * w.T) <= tolerance))


@replacing
def right_with_transpose(view: View, leaf: Array) -> Iterator[tuple[Array, dict[str, Any]]]:
    """Whether the gradient becomes right with a cached square matrix transposed."""
    if _is_square(leaf):
        yield np.swapaxes(leaf, -1, -2).copy(), {}


RULE = Rule(
    code="missing-transpose",
    tier=Tier.REMNANT,
    meaning="""A matrix product uses w where the chain rule asks for its transpose. With a square
        matrix the product exists all the same.""",
    sign="dout @ w equals the analytic gradient, dout @ w.T the numeric one.",
    given=SQUARE,
    wrong="""
        def affine_backward(dout, cache):
            x, w = cache
            return dout @ w, x.T @ dout, dout.sum(axis=0)
        """,
    right=AFFINE_RIGHT,
    clues=(
        Clue(transposed_argument,
             "the gradient is the true one with {matrix} transposed",
             "for out = x @ w, dx = dout @ w.T and dw = x.T @ dout"),
        Clue(rows_for_columns,
             "each output passes on a row of {matrix} where its column belongs",
             "for out = x @ w, dx = dout @ w.T"),
        Clue(right_with_transpose,
             "the gradient is right with {path} transposed",
             "for out = x @ w, dx = dout @ w.T and dw = x.T @ dout"),
    ),
)
