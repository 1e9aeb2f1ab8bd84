"""The whole Jacobian of a layer against the one that backward multiplies with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.view import View

Array = NDArray[Any]


def is_diagonal_alone(view: View) -> bool:
    """Whether the backward uses the diagonal of a Jacobian that has more, and nothing else."""
    if view.a.shape != view.case.out.shape or view.dense is None or view.a.size < 2:
        return False
    true, wrong = view.dense
    diagonal = np.diag(np.diag(true))
    more = np.max(np.abs(true - diagonal)) > view.dense_tolerance
    return bool(more and np.any(view.a) and np.allclose(wrong, diagonal, rtol=0,
                                                        atol=10 * view.dense_tolerance))


def left_out(missing: Array, active: Array) -> tuple[int, Array] | None:
    """Return the axis, and which slices along it, where whole slices of outputs are missing.

    `active` are the outputs that the true gradient knows at all.
    """
    for axis in range(missing.ndim):
        slices = np.any(missing, axis=tuple(i for i in range(missing.ndim) if i != axis))
        shape = [-1 if i == axis else 1 for i in range(missing.ndim)]
        whole = np.sum(missing & active) == np.sum(active & slices.reshape(shape))
        if whole and not np.all(slices):
            return axis, np.asarray(slices)
    return None
