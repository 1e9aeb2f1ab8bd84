"""CIFAR-10 from its binary or its Python version, as cs231n loads and cuts it."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from layers.arguments import Array, refuse
from nets.arguments import whole
from nets.preprocessing import fit_scaling

CIFAR10_CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)
CIFAR10_TRAIN = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
CIFAR10_TEST = "test_batch.bin"
_PIXELS = 3 * 32 * 32  # a red, a green and a blue plane, row by row
_RECORD = 1 + _PIXELS  # the label's byte comes first


def load_CIFAR10(folder: str | Path) -> tuple[Array, Array, Array, Array]:
    """Read CIFAR-10 from a folder that holds its binary or its Python version.

    The Python version, which is pickled, is read by an unpickler that makes arrays of bytes,
    numbers and strings, and nothing else.

    Parameters
    ----------
    folder : path
        With ``data_batch_1.bin`` to ``data_batch_5.bin`` and ``test_batch.bin``, or with files of
        the same names without ``.bin``, as in ``cifar-10-batches-py``.

    Returns
    -------
    X_train : ndarray of float64, shape (N, 32, 32, 3)
        Channels last, 0 to 255; 50000 samples in the published files.
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
    ((10, 32, 32, 3), array([6, 6]), 'frog')
    """
    X, y, X_test, y_test = _planes(Path(folder))
    return _pictures(X), y, _pictures(X_test), y_test


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
    X, y, X_test, y_test = _planes(Path(folder))
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
    parts = {part: (images.astype(np.float32), classes)
             for part, (images, classes) in parts.items()}
    scaling = fit_scaling(parts["train"][0], "mean")
    data: dict[str, Array] = {}
    for part, (images, classes) in parts.items():
        data[f"X_{part}"] = scaling(images) if subtract_mean else images
        data[f"y_{part}"] = classes
    return data


def _planes(folder: Path) -> tuple[Array, Array, Array, Array]:
    """Return the images (N, 3, 32, 32) as bytes, and the labels, of the version that is there."""
    names = (*CIFAR10_TRAIN, CIFAR10_TEST)
    pickled = any((folder / Path(name).stem).is_file() for name in names)
    read: Callable[[Path], tuple[Array, Array]] = _read_pickled if pickled else _read_binary
    batches = [read(_existing(folder / (Path(name).stem if pickled else name))) for name in names]
    images, classes = zip(*batches[:-1], strict=True)
    return np.concatenate(images), np.concatenate(classes), *batches[-1]


def _pictures(planes: Array) -> Array:
    return planes.transpose(0, 2, 3, 1).astype(np.float64)


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise FileNotFoundError(
            f"CIFAR-10: got no file {str(path)!r}; expected {', '.join(CIFAR10_TRAIN)} and "
            f"{CIFAR10_TEST} in one folder, or the same without .bin. Remedy: unpack "
            "cifar-10-binary.tar.gz or cifar-10-python.tar.gz from "
            "https://www.cs.toronto.edu/~kriz/cifar.html and pass its folder."
        )
    return path


def _read_binary(path: Path) -> tuple[Array, Array]:
    raw = np.fromfile(path, dtype=np.uint8)
    if raw.size == 0 or raw.size % _RECORD:
        refuse(str(path), f"a file of {raw.size} bytes",
               f"a positive multiple of {_RECORD} bytes (a label and 3072 pixels each)",
               "the file is cut short or not the binary version; unpack it again")
    records = raw.reshape(-1, _RECORD)
    return records[:, 1:].reshape(-1, 3, 32, 32), _labels(path, records[:, 0])


def _read_pickled(path: Path) -> tuple[Array, Array]:
    try:
        with open(path, "rb") as file:
            batch: Any = _Unpickler(file, encoding="latin1").load()
        pixels, labels = batch["data"], np.array(batch["labels"], dtype=np.int64)
    except Exception as error:  # a wrong byte can raise anything in an unpickler
        refuse(str(path), f"a file that cannot be read ({type(error).__name__}: {error})",
               "a pickled dict with an array 'data' and a list 'labels'",
               "the file is damaged or not CIFAR-10's Python version; unpack it again")
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or (
            pixels.shape != (len(labels), _PIXELS) or len(labels) == 0):
        refuse(str(path), f"'data' of {getattr(pixels, 'shape', type(pixels).__name__)} with "
               f"{labels.shape} labels", f"bytes of shape (N, {_PIXELS}) and N labels",
               "the file is not CIFAR-10's Python version")
    return pixels.reshape(-1, 3, 32, 32), _labels(path, labels)


def _labels(path: Path, y: Array) -> Array:
    if y.max() >= len(CIFAR10_CLASSES) or y.min() < 0:
        refuse(str(path), f"a label byte of {y.max() if y.min() >= 0 else y.min()}",
               "labels from 0 to 9", "the file is not CIFAR-10's")
    return y.astype(np.int64)


class _Unpickler(pickle.Unpickler):
    """Makes numbers, strings, lists, dicts, and arrays of bytes; refuses every other name."""

    def find_class(self, module: str, name: str) -> Any:
        found = _ADMITTED.get((module.replace("numpy._core", "numpy.core"), name))
        if found is None:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which is no array or string")
        return found


def _empty_array(kind: object, shape: object, code: object) -> Array:
    """Stand in for NumPy's `_reconstruct`: an array whose state the pickle fills in."""
    if kind is not np.ndarray:
        raise pickle.UnpicklingError("it makes something else than an array")
    return np.ndarray.__new__(np.ndarray, (0,), np.int8)


def _byte_dtype(code: object, *_: object) -> Any:
    """Stand in for `numpy.dtype`: that of bytes, and no other."""
    if code not in ("u1", "|u1"):
        raise pickle.UnpicklingError(f"it has an array of {code!r}, not of bytes")
    return np.dtype("u1", False, True)


def _encoded(text: str, encoding: str) -> bytes:
    """Stand in for `_codecs.encode`, by which Python 3 writes bytes for Python 2."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"it encodes as {encoding!r}")
    return text.encode("latin1")


_ADMITTED: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): _empty_array,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): _byte_dtype,
    ("_codecs", "encode"): _encoded,
}
