"""Real data for small experiments: digits, CIFAR-10, splits, scaling and label noise."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from layers.arguments import Array, refuse, scalar

from ._checks import labels, whole

SeedLike = int | np.random.SeedSequence | np.random.Generator | None

CIFAR10_CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)
CIFAR10_TRAIN = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
CIFAR10_TEST = "test_batch.bin"
_RECORD = 1 + 3 * 32 * 32  # a label byte, then a red, a green and a blue plane, row by row


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
    X, y = datasets.load_digits(return_X_y=True)
    return np.asarray(X, np.float64), np.asarray(y, np.int64)


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


def _read_cifar10_file(path: Path) -> tuple[Array, Array]:
    if not path.is_file():
        raise FileNotFoundError(
            f"CIFAR-10: got no file {str(path)!r}; expected the binary version, "
            f"{', '.join(CIFAR10_TRAIN)} and {CIFAR10_TEST} in one folder. Remedy: unpack "
            "cifar-10-binary.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html and pass "
            "its folder."
        )
    raw = np.fromfile(path, dtype=np.uint8)
    if raw.size == 0 or raw.size % _RECORD:
        refuse(str(path), f"a file of {raw.size} bytes",
               f"a positive multiple of {_RECORD} bytes (a label and 3072 pixels each)",
               "the file is cut short or not the binary version; unpack it again")
    records = raw.reshape(-1, _RECORD)
    y = records[:, 0].astype(np.int64)
    if y.max() >= len(CIFAR10_CLASSES):
        refuse(str(path), f"a label byte of {y.max()}", "labels from 0 to 9",
               "the file is not CIFAR-10's binary version")
    return records[:, 1:].reshape(-1, 3, 32, 32), y


def load_CIFAR10(folder: str | Path) -> tuple[Array, Array, Array, Array]:
    """Read CIFAR-10 from a folder that holds its binary version.

    A record is one label byte and 3072 pixel bytes; nothing is unpickled.

    Parameters
    ----------
    folder : path
        With ``data_batch_1.bin`` to ``data_batch_5.bin`` and ``test_batch.bin``.

    Returns
    -------
    X_train : ndarray of float32, shape (N, 3, 32, 32)
        Channels first, 0 to 255; 50000 samples in the published files.
    y_train : ndarray of int64, shape (N,)
    X_test, y_test : ndarray
        The same of the test batch, 10000 samples.

    Raises
    ------
    FileNotFoundError
        That names the missing file.
    ValueError
        If a file is truncated or holds other data.

    References
    ----------
    Krizhevsky, "Learning multiple layers of features from tiny images" (2009).

    Examples
    --------
    >>> import tempfile
    >>> two_black_frogs = 2 * (bytes([6]) + bytes(3072))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in (*CIFAR10_TRAIN, CIFAR10_TEST):
    ...         _ = Path(folder, name).write_bytes(two_black_frogs)
    ...     X_train, y_train, X_test, y_test = load_CIFAR10(folder)
    >>> X_train.shape, y_test, CIFAR10_CLASSES[y_test[0]]
    ((10, 3, 32, 32), array([6, 6]), 'frog')
    """
    folder = Path(folder)
    images, classes = zip(*(_read_cifar10_file(folder / name) for name in CIFAR10_TRAIN),
                         strict=True)
    X_test, y_test = _read_cifar10_file(folder / CIFAR10_TEST)
    X_train = np.concatenate(images).astype(np.float32)
    return X_train, np.concatenate(classes), X_test.astype(np.float32), y_test


def get_CIFAR10_data(
    num_training: int = 49000,
    num_validation: int = 1000,
    num_test: int = 1000,
    subtract_mean: bool = True,
    *,
    folder: str | Path = "cifar-10-batches-bin",
) -> dict[str, Array]:
    """Cut CIFAR-10 into the parts that cs231n's notebooks train and validate on.

    Parameters
    ----------
    num_training, num_validation, num_test : int
        The first training images, the images after them, and the first test images.
    subtract_mean : bool
        Subtract the mean image of the training part from every part.
    folder : path
        See `load_CIFAR10`.

    Returns
    -------
    dict of str to ndarray
        ``X_train``, ``X_val``, ``X_test`` of shape (N, 3, 32, 32), float32;
        ``y_train``, ``y_val``, ``y_test`` of shape (N,), int64.

    Raises
    ------
    FileNotFoundError
        That names the missing file.
    ValueError, TypeError
        If there are fewer images than asked for.

    Examples
    --------
    >>> import tempfile
    >>> two_black_frogs = 2 * (bytes([6]) + bytes(3072))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in (*CIFAR10_TRAIN, CIFAR10_TEST):
    ...         _ = Path(folder, name).write_bytes(two_black_frogs)
    ...     data = get_CIFAR10_data(8, 2, 1, folder=folder)
    >>> {key: value.shape for key, value in data.items() if key[0] == 'X'}
    {'X_train': (8, 3, 32, 32), 'X_val': (2, 3, 32, 32), 'X_test': (1, 3, 32, 32)}
    """
    num_training = whole("num_training", num_training, low=1)
    num_validation = whole("num_validation", num_validation, low=0)
    num_test = whole("num_test", num_test, low=0)
    X, y, X_test, y_test = load_CIFAR10(folder)
    end = num_training + num_validation
    for name, wanted, there in (("num_training + num_validation", end, len(X)),
                                ("num_test", num_test, len(X_test))):
        if wanted > there:
            refuse(name, wanted, f"at most {there}, the images in the files", "ask for fewer")
    parts = {
        "train": (X[:num_training], y[:num_training]),
        "val": (X[num_training:end], y[num_training:end]),
        "test": (X_test[:num_test], y_test[:num_test]),
    }
    scaling = fit_scaling(parts["train"][0], "mean")
    data: dict[str, Array] = {}
    for part, (images, classes) in parts.items():
        data[f"X_{part}"] = scaling(images) if subtract_mean else images
        data[f"y_{part}"] = classes
    return data
