"""Real data for small experiments: scikit-learn's digits.

The functions of `nets.cifar10` and `nets.preprocessing` can be imported from here as well.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from layers.arguments import Array
from nets.cifar10 import (
    CIFAR10_CLASSES,
    CIFAR10_TEST,
    CIFAR10_TRAIN,
    get_CIFAR10_data,
    load_CIFAR10,
)
from nets.preprocessing import Scaling, SeedLike, fit_scaling, flip_labels, split

__all__ = [
    "CIFAR10_CLASSES",
    "CIFAR10_TEST",
    "CIFAR10_TRAIN",
    "Scaling",
    "SeedLike",
    "fit_scaling",
    "flip_labels",
    "get_CIFAR10_data",
    "load_CIFAR10",
    "load_digits",
    "split",
]

def load_digits() -> tuple[Array, Array]:
    """Load scikit-learn's bundled digits: 1797 scans of handwritten digits, 8 by 8 pixels.

    Returns
    -------
    X : ndarray of float64, shape (1797, 64)
        Ink in each pixel, 0 to 16.
    y : ndarray of int64, shape (1797,)
        The digit, 0 to 9.

    Raises
    ------
    ImportError
        If scikit-learn is not installed; the message names the extra that brings it.

    References
    ----------
    Alpaydin and Kaynak, "Optical recognition of handwritten digits", UCI Machine Learning
    Repository (1998).

    Examples
    --------
    >>> X, y = load_digits()
    >>> X.shape, np.bincount(y)
    ((1797, 64), array([178, 182, 177, 183, 181, 182, 181, 179, 174, 180]))
    """
    try:
        from sklearn import datasets
    except ImportError as error:
        raise ImportError(
            "load_digits: got no scikit-learn; expected it, the digits are bundled with it. "
            "Remedy: python -m pip install 'maskgrad[notebooks]' (or scikit-learn itself)."
        ) from error
    X, y = _digits(datasets.load_digits)
    return X.copy(), y.copy()


@functools.cache
def _digits(load: Callable[..., tuple[Array, Array]]) -> tuple[Array, Array]:
    """Read the digits once: unpacking them takes longer than training a small net."""
    X, y = load(return_X_y=True)
    return np.asarray(X, np.float64), np.asarray(y, np.int64)
