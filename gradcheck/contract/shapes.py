"""Whether the gradients have the number, shapes, dtypes and finite values that they should."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.contract.breach import Inspection
from gradcheck.contract.layer import Layer

Array = NDArray[Any]


def note_shapes(found: Inspection, layer: Layer, gradients: list[Any]) -> None:
    """Tell gradients that are missing, of another shape, of a narrower dtype, or not finite."""
    if len(gradients) != len(layer.wrt):
        found.add("wrong-shape", "count", got=len(gradients), expected=len(layer.wrt),
                  wanted=", ".join(f"d{layer.names[i]}" for i in layer.wrt))
    finite = found.out is not None and bool(np.all(np.isfinite(found.out)))
    for gradient, position in zip(gradients, layer.wrt, strict=False):
        name, argument = layer.names[position], layer.args[position]
        array = None if gradient is None else np.asarray(gradient)
        if array is None:
            found.add("wrong-shape", "missing", name, got=None, expected=argument.shape)
        elif not array.size and _cropped(array.shape, argument.shape):
            found.add("padding-crop", "empty", name, got=array.shape, expected=argument.shape)
        elif array.dtype.kind not in "fiub" or array.shape != argument.shape:
            how = _how(array.shape, argument.shape)
            found.add("wrong-shape", how, name, got=array.shape, dtype=str(array.dtype),
                      expected=argument.shape)
        elif np.ma.is_masked(gradient):
            found.add("wrong-shape", "masked", name, got="masked", expected=argument.shape,
                      masked=int(np.ma.count_masked(gradient)), size=array.size)
        else:
            _note_values(found, name, array, argument, finite)
    if not finite:
        undefined = found.out is not None and np.any(np.isnan(found.out))
        found.add("non-finite", "output", value="nan" if undefined else "inf")


def _how(got: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    """Return in which way a shape is another one.

    >>> _how((1, 6), (6,)), _how((6,), (6, 1)), _how((2, 3), (3, 2)), _how((2, 3), (3,))
    ('kept', 'lost', 'transposed', 'shape')
    """
    how = "shape"
    if tuple(size for size in got if size != 1) == tuple(size for size in wanted if size != 1):
        how = "kept" if len(got) > len(wanted) else "lost" if len(got) < len(wanted) else how
    elif len(got) == 2 and got == wanted[::-1]:
        how = "transposed"
    return how


def _cropped(got: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether a shape is the wanted one, but that trailing axes of an image are empty.

    >>> _cropped((3, 2, 0, 0), (3, 2, 7, 6)), _cropped((0,), (7,))
    (True, False)
    """
    lost = [one != two for one, two in zip(got, wanted, strict=False)]
    return len(got) == len(wanted) > 2 and any(lost) and all(
        not size for size, gone in zip(got, lost, strict=True) if gone)


def _note_values(found: Inspection, name: str, array: Array, argument: Array, finite: bool) -> None:
    """Tell a gradient of the right shape that has lost digits, or is not finite."""
    if array.dtype.kind != "f" or array.dtype.itemsize < argument.dtype.itemsize:
        found.add("lower-precision", "dtype", name, got=str(array.dtype),
                  expected=str(argument.dtype))
    if finite and array.size and not np.all(np.isfinite(array)):
        bad = tuple(map(int, np.argwhere(~np.isfinite(array))[0]))
        found.add("non-finite", "gradient", name, where=(bad,), value=float(array[bad]),
                  count=int(np.sum(~np.isfinite(array))))
