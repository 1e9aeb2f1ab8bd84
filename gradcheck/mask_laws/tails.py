"""Tails of the binomial distribution, exact to ten digits and far below 1e-200.

`scipy.stats` has them as well, and takes longer to import than a layer takes to judge; every
process that judges one would pay for that.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc, betaincc

from gradcheck.arguments import Array


def at_most(k: ArrayLike, n: ArrayLike, probability: ArrayLike) -> Array:
    """Return P(X <= k) for X ~ Binomial(n, probability).

    The regularized incomplete beta function gives it: I(1 - p; n - k, k + 1) (Abramowitz and
    Stegun, 26.5.24).

    >>> at_most([0, 1, 2, 5], 2, 0.5).tolist()
    [0.25, 0.75, 1.0, 1.0]
    """
    below, n = np.floor(k), np.asarray(n)
    inside = (below >= 0) & (below < n)
    first, second = np.where(inside, below + 1, 1), np.where(inside, n - below, 1)
    return np.where(inside, betaincc(first, second, probability), below >= n)


def at_least(k: ArrayLike, n: ArrayLike, probability: ArrayLike) -> Array:
    """Return P(X >= k) for X ~ Binomial(n, probability).

    >>> at_least([0, 1, 2, 5], 2, 0.5).tolist()
    [1.0, 0.75, 0.25, 0.0]
    """
    above, n = np.ceil(k), np.asarray(n)
    inside = (above >= 1) & (above <= n)
    first, second = np.where(inside, above, 1), np.where(inside, n - above + 1, 1)
    return np.where(inside, betainc(first, second, probability), above <= 0)
