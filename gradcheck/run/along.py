"""Checks along a few random directions alone, for arguments beside those of the diagnosis."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.contract.layer import Layer
from gradcheck.contract.validation import valid_layer
from gradcheck.numeric.evaluator import upcast
from gradcheck.numeric.scalar import NetLoss, ScalarFunction, named_arrays, off_constant
from gradcheck.report import Report
from gradcheck.run.session import Session

Array = NDArray[Any]


def check_layer_along(forward: Callable[..., Any], backward: Callable[..., Any],
                      args: Sequence[Any], *, directions: int, dout: Array | None = None,
                      wrt: Sequence[int] | int | None = None, seed: int = 0, name: str = "layer",
                      rtol: float = 0.0, atol: float = 0.0) -> Report:
    """Check a layer as `check_layer` does, along so many random directions alone.

    Examples
    --------
    >>> import numpy as np
    >>> report = check_layer_along(lambda x: (x ** 2, x), lambda dout, x: dout * x,
    ...                            [np.ones((4, 6))], directions=3)
    >>> report.passed, report.findings[0].code
    (False, 'scaled')
    """
    layer = valid_layer(forward, backward, tuple(args), wrt)
    return Session(layer, {}, name, seed=seed, along=directions, rtol=rtol,
                   atol=atol).run(dout, None, False)


def check_gradient_along(f: Callable[[Any], Any], grad: Any, x: Any, *, directions: int,
                         seed: int = 0, name: str = "function") -> Report:
    """Check a scalar function as `check_gradient` does, along so many random directions alone."""
    session = Session(scalar_layer(f, grad, x), {}, name, "gradient", seed, directions)
    return session.run(np.ones(()), None, False)


def scalar_layer(f: Callable[[Any], Any], grad: Any, x: Any) -> Layer:
    """Return a scalar function and its gradient as a layer.

    >>> scalar_layer(np.sum, np.ones_like, {"w": np.ones(2), "b": np.ones(1)}).names
    ('w', 'b')
    """
    names, arrays = named_arrays("x", x)
    function = ScalarFunction(f, grad, names, not isinstance(x, Mapping))
    return Layer(function.forward, function.backward, tuple(arrays), names,
                 tuple(range(len(arrays))))


def net_layer(net: Any, batch: tuple[Any, ...], seed: int = 0) -> Layer:
    """Return a copy of a net as a layer: its loss on a batch as a function of its parameters."""
    work = copy.deepcopy(net)
    if hasattr(work, "dtype"):
        work.dtype = np.float64
    names, arrays = named_arrays("params", work.params)
    rng = np.random.default_rng(np.random.SeedSequence(seed).spawn(4)[3])
    function = NetLoss(work, names, (upcast(batch[0]), *copy.deepcopy(batch[1:])))
    return Layer(function.forward, function.backward,
                 tuple(off_constant(array, rng) for array in arrays), names,
                 tuple(range(len(arrays))))


def net_numbers(net: Any, X: Any) -> dict[str, float]:
    """Return what a net's wrong factor may be named after: its reg and the batch size."""
    numbers = {}
    reg = getattr(net, "reg", None)
    if isinstance(reg, int | float | np.number) and not isinstance(reg, bool):
        numbers["reg"] = float(reg)
    if isinstance(X, np.ndarray) and X.ndim:
        numbers["N"] = float(X.shape[0])
    return numbers
