"""Gradients of two arguments that have changed places."""

from __future__ import annotations

import numpy as np

from gradcheck.findings.view import View


def exchanged_with(view: View) -> str | None:
    """Return the argument whose gradient this one holds, and which holds this one's."""
    for other in view.case.comparisons:
        alike = other.name != view.name and other.numeric.shape == view.a.shape
        if alike and np.any(other.numeric) and view.agrees(other.numeric) and View(
                view.case, other).agrees(view.n):
            return other.name
    return None
