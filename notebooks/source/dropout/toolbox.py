"""What the notebooks share: two tests that name slips, and the look of the plots."""

from __future__ import annotations

import textwrap
import unittest
from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from gradcheck.dropout_checks import DropoutImplementation, DropoutLawError, dropout_checks

# Okabe and Ito, "Color universal design" (2008): told apart by colour-blind readers, too.
BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")


def set_style() -> None:
    """Give every plot of a notebook the same look."""
    plt.rcParams.update({
        "axes.prop_cycle": plt.cycler(color=[BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY]),
        "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
        "grid.alpha": 0.25, "legend.frameon": False, "figure.figsize": (7.0, 4.0),
        "figure.constrained_layout.use": True, "figure.dpi": 100, "image.cmap": "cividis",
    })


def expect(name: str, got: Any, right: Any, slips: Mapping[str, Any] | None = None,
           rtol: float = 1e-7, atol: float = 1e-10) -> None:
    """Raise AssertionError unless `got` is `right`, and name the slip that gives what was got.

    Parameters
    ----------
    name : str
        What is compared, as the message calls it.
    got, right : array_like
        The result and the right one.
    slips : dict of str to array_like, optional
        For descriptions of likely slips, what each of them would have given.
    rtol, atol : float
        As for `numpy.allclose`.

    Examples
    --------
    >>> expect("area", 6, 3.0, {"you forgot the half of a triangle": 6.0})
    Traceback (most recent call last):
    AssertionError: area: you forgot the half of a triangle.
    """
    __tracebackhide__ = True
    assert got is not None, f"{name}: got None; does every branch of your function return?"
    got, right = np.asarray(got), np.asarray(right)
    assert got.shape == right.shape, f"{name}: got shape {got.shape}, expected {right.shape}."
    if np.allclose(got, right, rtol, atol):
        return
    for slip, value in (slips or {}).items():
        agrees = np.shape(value) == got.shape and np.allclose(got, value, rtol, atol)
        assert not agrees, f"{name}: {slip}."
    worst = np.unravel_index(np.argmax(~np.isclose(got, right, rtol, atol)), right.shape)
    where = f"[{', '.join(map(str, worst))}]" if worst else ""
    raise AssertionError(f"{name}{where}: got {got[worst]:.9g}, expected {right[worst]:.9g}.")


def hold_to_laws(implementation: DropoutImplementation, *laws: str) -> None:
    """Raise AssertionError at the first of the named laws of dropout that is broken."""
    __tracebackhide__ = True
    checks = dict(dropout_checks(implementation))
    for law in laws:
        try:
            checks[law]()
        except unittest.SkipTest as reason:
            print(f"{law}: skipped, {reason}")
        except DropoutLawError as error:
            # The message, on lines that fit the page, without the way through the checker.
            raise AssertionError(textwrap.fill(str(error), 84)) from None
