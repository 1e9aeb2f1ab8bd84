"""How far a gradient scatters as its arguments are rounded anew: its own rounding errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.equal import SAMPLED

Array = NDArray[Any]

RESAMPLES = 6


def scatter(gradient: Callable[[list[Any], Array], Array], arguments: Callable[[], list[Any]],
            moved: Sequence[int], dout: Array, relative: float, seed: int) -> Array | float:
    """Return the spread of a gradient over arguments that differ by `relative`; 0 if it raises.

    Parameters
    ----------
    gradient : callable
        ``gradient(args, dout)`` returns it.
    arguments : callable
        Returns the arguments afresh.
    moved : sequence of int
        The positions of those that move.
    dout : ndarray
        The upstream gradient, which moves, too.
    relative : float
    seed : int

    Examples
    --------
    >>> x = np.full(3, 1.5)
    >>> spread = scatter(lambda args, dout: dout * args[0], lambda: [x], [0], np.ones(3), 1e-9, 0)
    >>> bool(np.all((0 < spread) & (spread < 1e-7)))
    True
    """
    rng = np.random.default_rng(seed)
    results = []
    for _ in range(RESAMPLES):
        args = arguments()
        for i in moved:
            factor = 1 + relative * rng.uniform(-1, 1, args[i].shape)
            args[i] = (args[i] * factor).astype(args[i].dtype)
        upstream = (dout * (1 + relative * rng.uniform(-1, 1, dout.shape))).astype(dout.dtype)
        try:
            results.append(gradient(args, upstream).astype(np.float64))
        except Exception:
            return 0.0
    return np.asarray(SAMPLED * np.ptp(np.array(results), axis=0))
