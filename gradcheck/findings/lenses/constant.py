"""Gradients that are right to some digits only: a small constant in a logarithm, float32."""

from __future__ import annotations

import numpy as np

from gradcheck.findings.rule import Evidence
from gradcheck.findings.view import View

ROUNDING, SMALL, EXACT = 1e-10, 1e-2, 1e-2


def small_constant(view: View) -> Evidence:
    """Whether a softmax loss's gradient is a little too large in each row, by a factor of its own.

    That of -log(p + c) is p / (p + c) times that of -log(p), which backward returns: the factor
    tells p, and all rows the same c, which has one digit.
    """
    if view.case.out.ndim or view.a.ndim != 2 or not np.all(view.known):
        return None
    size, dout = np.sum(view.n * view.n, axis=1), float(np.sum(view.case.dout))
    if not np.all(size) or not dout:
        return None
    factors = np.sum(view.a * view.n, axis=1) / size
    for share in (dout, dout / len(view.a)):  # of each sample in the loss: a sum, or a mean
        p = 1 + np.min(view.a / share, axis=1)  # of the label, where alone the gradient is negative
        constants = (factors - 1) * p
        c = float(f"{np.median(constants):.0e}")
        if 0 < c < SMALL and view.agrees(factors[:, None] * view.n) and np.all(
                np.abs(constants - c) <= EXACT * c + ROUNDING * factors):
            return {"constant": c, "off": float(np.max(factors) - 1)}
    return None


def few_digits(view: View) -> Evidence:
    """Whether errors are those of single precision in many places, whatever dtype holds them.

    Of a loss they may be in few: what log(p + 1e-7) leaves is small where p is large.
    """
    relative = view.comparison.relative_error[view.known]
    share = 0.0 if view.case.out.ndim == 0 else 0.25
    if relative.size > 2 and np.max(relative) < 64 * np.finfo(np.float32).eps and np.mean(
            view.comparison.failed[view.known]) > share:
        return {"computed_in": "float32", "off": float(np.max(relative))}
    return None
