"""Whether a value is the reference's up to rounding, and if not, where and by how much."""

from __future__ import annotations

from typing import Any

import numpy as np

RTOL = {2: 2e-2, 4: 1e-3, 8: 1e-6}


class Disagreement(Exception):
    """A value is not what the reference gives; the message says where and by how much."""


def compare(label: str, got: Any, want: Any, where: str) -> None:
    """Raise Disagreement unless `got` has the reference's shape and, up to rounding, its values.

    The tolerance is that of the coarser of the two dtypes, relative to the element and to a tenth
    of the largest one.

    >>> compare("out", np.array([1.0, 2.0]), np.array([1.0, 3.0]), "")
    Traceback (most recent call last):
    ...
    gradcheck.agreement.Disagreement: out[1] is 2; expected 3 (1 of 2 elements differ)
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
    coarse = min(item for item in (want.dtype.itemsize, got.dtype.itemsize, 8)
                 if item in RTOL) if got.dtype.kind == "f" else want.dtype.itemsize
    rtol = RTOL.get(coarse, RTOL[8])
    scale = float(np.max(np.abs(want), initial=0.0, where=np.isfinite(want)))
    wrong = ~np.isclose(got.astype(float), want.astype(float), rtol=rtol, atol=rtol * scale / 10,
                        equal_nan=True)
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
        return f"a {value.dtype} array of shape {value.shape}"
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of length {len(value)}"
    return f"{value!r:.60} ({type(value).__name__})"
