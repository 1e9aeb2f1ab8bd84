"""Whether a value is the reference's up to rounding, and if not, where and by how much."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.arguments import an
from gradcheck.equal import MOMENTS, VARIANCES, unlike_reference

Array = NDArray[Any]


class Disagreement(Exception):
    """A value is not what the reference gives; the message says where and by how much."""


def compare(label: str, got: Any, want: Any, where: str, rtol: float = 0.0) -> None:
    """Raise Disagreement unless `got` has the reference's shape and, up to rounding, its values.

    The tolerance is that of the coarser of the two dtypes, relative to the element and to a tenth
    of the largest one; or `rtol`, where that is more.

    >>> compare("out", np.array([1.0, 2.0]), np.array([1.0, 3.0]), "")
    Traceback (most recent call last):
    ...
    gradcheck.grading.agreement.Disagreement: out[1] is 2; expected 3 (1 of 2 elements differ)
    """
    want = np.asarray(want)
    if not isinstance(got, np.ndarray | np.generic | float | int) or isinstance(got, bool):
        raise Disagreement(f"{label} is {describe(got)}{where}; expected an array of shape "
                           f"{want.shape}")
    got = np.asarray(got)
    if got.dtype.kind not in "fiu":
        raise Disagreement(f"{label} has dtype {got.dtype}{where}; expected real numbers")
    if got.shape != want.shape:
        raise Disagreement(f"{label} has shape {got.shape}{where}; expected {want.shape}")
    wrong = unlike_reference(got, want, rtol)
    if np.any(wrong):
        error = np.where(wrong, np.abs(got.astype(float) - want), -1.0)
        worst = np.unravel_index(int(np.argmax(np.nan_to_num(error, nan=np.inf))), want.shape)
        at = f"[{', '.join(map(str, worst))}]" if want.ndim else ""
        raise Disagreement(
            f"{label}{at} is {got[worst]:.6g}{where}; expected {want[worst]:.6g} "
            f"({int(wrong.sum())} of {wrong.size} elements differ)")


def describe(value: Any) -> str:
    """Name a value: arrays by dtype and shape."""
    if isinstance(value, np.ndarray):
        return f"{an(str(value.dtype))} array of shape {value.shape}"
    if isinstance(value, tuple | list):
        return f"{an(type(value).__name__)} of length {len(value)}"
    return f"{value!r:.60} ({type(value).__name__})"


def sums_of(out: Array) -> Array:
    """Return sums of an output and of its nonzero units: over all, along each axis, and singly."""
    parts = []
    for values in (out, (out != 0).astype(float)):
        parts += [values.sum(keepdims=True).reshape(-1), values.reshape(-1)[:40]]
        parts += [values.sum(axis=axis).reshape(-1)[:40] for axis in range(out.ndim)]
    return np.concatenate(parts)


def compare_moments(got: Array, want: Array, where: str) -> None:
    """Raise Disagreement if means or variances of columns differ by seven standard errors.

    Rows are draws. Variances must differ by two thirds at least, as their errors are estimates.
    """
    draws = len(got)
    error = np.sqrt((got.var(0) + want.var(0)) / draws)
    difference = np.abs(got.mean(0) - want.mean(0))
    if np.any(difference > MOMENTS * error + 1e-9):
        raise Disagreement(
            f"{where} the mean of sums of the output, over {draws} masks, is off "
            f"by {np.max(difference):.3g}; check the scale of what is kept, and whether p is the "
            "probability of dropping (else pass --p-is keep)")
    ratio = (got.var(0) + 1e-12) / (want.var(0) + 1e-12)
    error = np.sqrt((_kurtosis(got) + _kurtosis(want) - 2) / draws)
    if np.any(np.abs(np.log(ratio)) > np.maximum(MOMENTS * error, VARIANCES)):
        worst = ratio[np.argmax(np.abs(np.log(ratio)))]
        raise Disagreement(
            f"{where} the variance of sums of the output, over {draws} masks, is "
            f"{worst:.3g} times the reference's; check which units are dropped together, and that "
            "each call draws a new mask")


def _kurtosis(columns: Array) -> Array:
    centred = columns - columns.mean(0)
    kurtosis: Array = (centred ** 4).mean(0) / ((centred ** 2).mean(0) ** 2 + 1e-24)
    return np.maximum(kurtosis, 1.0)
