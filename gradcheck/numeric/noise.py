"""How far a scalar function's value is off by its own rounding, seen in the values themselves.

A function may compute in float32 or float16 whatever it is given, round its result, or cancel
inside: its value then moves in jumps, or shakes, by far more than its last bit. What a few ulps
change beyond a slope is that; and where nothing moves at all, the height of the plateau's edge.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

ULPS = (2, 3, 5, 8, 21, 55, 144)
WIDER = 2.0
FAR = 1e9  # of x's size
HALVINGS = 40


def measured_noise(move: Callable[[float], float], origin: float, x: float, size: float) -> float:
    """Return the noise of a function's value.

    Parameters
    ----------
    move : callable
        ``move(step)`` returns the function's value where one coordinate has moved by `step`.
    origin : float
        Its value where nothing has moved.
    x, size : float
        The coordinate, and the size of ordinary ones.

    Examples
    --------
    >>> bool(measured_noise(lambda step: (1.5 + step) ** 2, 2.25, 1.5, 1.5) < 1e-14)
    True
    >>> float(measured_noise(lambda step: round((1.5 + step) ** 2, 3), 2.25, 1.5, 1.5).__round__(9))
    0.001
    """
    ulp = float(np.spacing(abs(x) if x else size))
    changes = np.array([(move(many * ulp) - origin, move(-many * ulp) - origin) for many in ULPS])
    # a slope, or that of one side of a corner, grows with the step
    slopes = np.outer(np.array(ULPS) / ULPS[-1], changes[-1])
    worst = float(np.nanmax(np.abs(changes - slopes), initial=0.0))
    first = np.flatnonzero(np.any(changes, axis=1))
    if first.size and not first[0]:
        return worst
    return max(worst, _edge(move, origin, (ULPS[0] - 1) * ulp, size))


def _edge(move: Callable[[float], float], origin: float, inside: float, size: float) -> float:
    """Return the height of the nearest edge of the plateau that the value stands on.

    A corner, as of a relu that was off, has none: there the change may be as small as one likes.
    """
    step = WIDER * inside
    while step < FAR * size:
        for side in (step, -step):
            if abs(move(side) - origin) > 0:
                return _height(move, origin, np.sign(side) * inside, side)
        inside, step = step, WIDER * step
    return 0.0


def _height(move: Callable[[float], float], origin: float, inside: float, outside: float) -> float:
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        if move(middle) == origin:
            inside = middle
        else:
            outside = middle
    return abs(move(outside) - origin)
