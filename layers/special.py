"""Special functions of SciPy, loaded when one is called first: most layers need none.

Loading them takes several times as long as loading all layers.
"""

from __future__ import annotations

from typing import Any

from layers.precision import Array


def expit(x: Array) -> Array:
    """Return the logistic function 1 / (1 + exp(-x)).

    Examples
    --------
    >>> import numpy as np
    >>> expit(np.zeros(2))
    array([0.5, 0.5])
    """
    return _special().expit(x)


def ndtr(x: Array) -> Array:
    """Return the distribution function of the standard normal distribution.

    Examples
    --------
    >>> import numpy as np
    >>> ndtr(np.zeros(2))
    array([0.5, 0.5])
    """
    return _special().ndtr(x)


def ndtri(y: Array, out: Array) -> Array:
    """Write the inverse of `ndtr`.

    Examples
    --------
    >>> import numpy as np
    >>> ndtri(np.full(2, 0.5), out=np.empty(2))
    array([0., 0.])
    """
    return _special().ndtri(y, out=out)


def _special() -> Any:
    from scipy import special

    return special
