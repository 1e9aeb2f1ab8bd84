"""What is done to samples before training: split, scaled, some labels flipped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from layers.arguments import Array, refuse, scalar
from nets.arguments import labels, whole

SeedLike: TypeAlias = "int | np.random.SeedSequence | np.random.Generator | None"


class Scaling(NamedTuple):
    """The affine map ``(X - mean) / std`` of each feature, as `fit_scaling` found it."""

    mean: Array
    std: Array

    def __call__(self, X: Array) -> Array:
        """Apply the map; the result is a new array, of X's dtype where that is floating."""
        dtype = X.dtype if X.dtype.kind == "f" else np.float64
        scaled = X - self.mean.astype(dtype)
        scaled /= self.std.astype(dtype)
        return scaled


def split(
    X: Array, y: Array, sizes: Sequence[int], seed: SeedLike = None
) -> list[tuple[Array, Array]]:
    """Shuffle the samples and cut them into disjoint parts.

    Parameters
    ----------
    X : ndarray, shape (N, ...)
    y : ndarray, shape (N,)
    sizes : sequence of int
        Samples in each part; what is left over after the last part is not returned.
    seed : int, SeedSequence, Generator or None
        As for `numpy.random.default_rng`.

    Returns
    -------
    list of (X, y)
        Copies, one pair a part.

    Raises
    ------
    ValueError, TypeError
        If the lengths of X and y differ, or the sizes are negative or add up to more than N.

    Examples
    --------
    >>> X, y = np.arange(10.0).reshape(5, 2), np.arange(5)
    >>> (X_train, y_train), (X_test, y_test) = split(X, y, [3, 2], seed=0)
    >>> sorted([*y_train, *y_test]) == [0, 1, 2, 3, 4]
    True
    """
    if len(X) != len(y):
        refuse("y", f"{len(y)} labels", f"{len(X)}, one for each sample of X",
               "pass the labels that belong to X")
    counts = [whole("sizes", size, low=0) for size in sizes]
    if sum(counts) > len(X):
        refuse("sizes", f"{counts}, together {sum(counts)}", f"at most {len(X)} samples together",
               "ask for smaller parts")
    order = np.random.default_rng(seed).permutation(len(X))
    ends = np.cumsum(counts)
    parts = (order[end - size : end] for end, size in zip(ends, counts, strict=True))
    return [(X[part], y[part]) for part in parts]


def fit_scaling(X_train: Array, kind: str = "standard") -> Scaling:
    """Find the scaling of the features from the training set alone.

    Parameters
    ----------
    X_train : ndarray, shape (N, ...)
        Never include validation or test samples: their statistics would leak into training.
    kind : {'standard', 'global', 'mean'}
        ``'standard'``: every feature to mean 0 and variance 1; features that never vary are only
        centred. ``'global'``: one mean and one standard deviation for all features, so that
        pixels keep their relative contrast. ``'mean'``: subtract every feature's mean.

    Returns
    -------
    Scaling
        A callable; apply it to the training, validation and test samples alike.

    Raises
    ------
    ValueError
        If `kind` is unknown or X_train has no samples.

    Examples
    --------
    >>> scaling = fit_scaling(np.array([[0.0, 5.0], [2.0, 5.0]]))
    >>> scaling(np.array([[3.0, 6.0]]))
    array([[2., 1.]])
    """
    if len(X_train) == 0:
        refuse("X_train", X_train, "at least one sample", "fit the scaling on the training set")
    axes = {"standard": (0, 0), "global": (None, None), "mean": (0, ())}
    if kind not in axes:
        refuse("kind", kind, " or ".join(map(repr, axes)), "pass one of them")
    mean_axis, std_axis = axes[kind]
    mean = np.asarray(X_train.mean(axis=mean_axis, dtype=np.float64))
    if kind == "mean":
        return Scaling(mean, np.ones_like(mean))
    std = np.asarray(X_train.std(axis=std_axis, dtype=np.float64))
    return Scaling(mean, np.where(std > 0, std, 1.0))


def flip_labels(
    y: Array, fraction: float, num_classes: int, seed: SeedLike = None
) -> tuple[Array, Array]:
    """Replace a fraction of the labels by another class: symmetric label noise.

    Exactly ``round(fraction * N)`` labels, chosen without replacement, change; each to one of the
    ``num_classes - 1`` other classes with equal probability. No chosen label keeps its class.

    Parameters
    ----------
    y : ndarray of ints, shape (N,)
        Labels, ``0 <= y < num_classes``; not mutated.
    fraction : float
        Between 0 and 1.
    num_classes : int
        At least 2.
    seed : int, SeedSequence, Generator or None
        As for `numpy.random.default_rng`.

    Returns
    -------
    noisy : ndarray, shape and dtype of `y`
    flipped : ndarray of bool, shape (N,)
        True where the label is now wrong.

    Raises
    ------
    ValueError, TypeError
        If a label, the fraction or the number of classes is out of range or of a wrong type.

    Examples
    --------
    >>> noisy, flipped = flip_labels(np.zeros(10, int), 0.3, num_classes=2, seed=0)
    >>> int(noisy.sum()), int(flipped.sum())
    (3, 3)
    """
    num_classes = whole("num_classes", num_classes, low=2)
    fraction = scalar("fraction", fraction, "a number with 0 <= fraction <= 1",
                      "0.3 flips 30 % of the labels", 0.0, 1.0)
    y = labels(y, num_classes)
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(y), size=round(fraction * len(y)), replace=False)
    noisy, flipped = y.copy(), np.zeros(len(y), dtype=bool)
    shift = rng.integers(1, num_classes, size=len(chosen))
    noisy[chosen] = (y[chosen] + shift) % num_classes
    flipped[chosen] = True
    return noisy, flipped
