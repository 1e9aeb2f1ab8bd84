"""Where a loss that is NaN or inf comes from: the data, a parameter, or the first layer."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any

import numpy as np

from layers.arguments import Array

FORWARD = "_forward"
RATE = "divide the learning rate by 10"
# What is said of the place of the first number that is not finite, and what to do about it.
ADVICE = {
    "data": "look for such samples with np.isfinite, and scale the features",
    "parameter": f"{RATE}: the step before has made it so",
    "layer": f"{RATE}; at the first steps draw smaller weights, or normalize the layers",
    "loss": f"compute the loss from scores minus their largest; if it does, {RATE}",
}


class DivergenceWarning(RuntimeWarning):
    """A training was stopped, because its loss was NaN or inf."""


def warn_of_divergence(model: Any, X: Array, y: Array, loss: float, iteration: int) -> None:
    """Warn that a training stops at an iteration, and say where its loss went astray."""
    warnings.warn(f"iteration {iteration}: the loss is {loss:g}, and the training stops; "
                  f"{origin(model, X, y)}.", DivergenceWarning, stacklevel=4)


def origin(model: Any, X: Array, y: Array) -> str:
    """Return where the first number that is not finite stands, and what to do about it.

    The layers are those functions called `..._forward` that the model's loss calls, whoever wrote
    them: the loss is computed once more, and the first of them that returns such a number is named
    with the parameters that it was given.

    Parameters
    ----------
    model : object
        With ``params`` and ``loss(X, y)``.
    X, y : ndarray
        The batch.

    Examples
    --------
    >>> from nets import TwoLayerNet
    >>> net = TwoLayerNet(input_dim=2, hidden_dim=3, num_classes=2)
    >>> net.params['W2'][:] = 1e308
    >>> net.params['b1'][:] = 1e3
    >>> with np.errstate(all='ignore'):
    ...     print(origin(net, np.ones((1, 2)), np.array([0])).split('. ')[0])
    affine_forward of W2 and b2 was the first to return a number that is not finite
    """
    place, said = _first(model, X, y)
    return f"{said}. Remedy: {ADVICE[place]}"


def _first(model: Any, X: Array, y: Array) -> tuple[str, str]:
    if not _finite(X):
        return "data", "the batch of X_train holds NaN or inf"
    broken = [name for name, w in model.params.items() if not _finite(w)]
    if broken:
        return "parameter", f"the parameter {broken[0]} holds NaN or inf"
    found: list[str] = []
    with contextlib.suppress(Exception), np.errstate(all="ignore"), _watching(model.params, found):
        model.loss(X, y)
    if found:
        return "layer", f"{found[0]} was the first to return a number that is not finite"
    return "loss", "all layers return finite numbers, and the loss is not finite"


@contextlib.contextmanager
def _watching(params: Mapping[str, Array], found: list[str]) -> Iterator[None]:
    """Note which `..._forward` returns what is not finite, in the order in which they return."""

    def look(frame: FrameType, event: str, value: object) -> None:
        name = frame.f_code.co_name
        if event == "return" and name.endswith(FORWARD):
            out = value[0] if isinstance(value, tuple) and value else value
            if isinstance(out, np.ndarray) and not _finite(out):
                given = [key for key, w in params.items()
                         if any(w is local for local in frame.f_locals.values())]
                found.append(name + (f" of {' and '.join(given)}" if given else ""))

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(before)


def _finite(value: object) -> bool:
    array = np.asarray(value)
    return array.dtype.kind not in "fc" or bool(np.isfinite(array).all())
