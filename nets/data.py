"""Real data for small experiments: scikit-learn's digits, and CIFAR-10 as cs231n cuts it.

The functions of `nets.preprocessing` can be imported from here as well.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np

from layers.arguments import Array, refuse
from nets.arguments import whole
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

CIFAR10_CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)
CIFAR10_TRAIN = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
CIFAR10_TEST = "test_batch.bin"
_RECORD = 1 + 3 * 32 * 32  # a label byte, then a red, a green and a blue plane, row by row


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
