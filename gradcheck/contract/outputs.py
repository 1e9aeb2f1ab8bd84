"""Layers with several outputs, such as an LSTM's step, seen as layers with one."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

Function = Callable[..., Any]


def joined(forward: Function, backward: Function) -> tuple[Function, Function]:
    """Return a pair whose forward returns (out, cache) even where there are several outputs.

    `forward` may return (out1, out2, ..., cache), with `backward(dout1, dout2, ..., cache)`; the
    outputs are laid end to end in one vector. Anything else goes through as it is.

    Examples
    --------
    >>> def halves_forward(x):
    ...     return x[:2], x[2:], None
    >>> def halves_backward(dfirst, dsecond, cache):
    ...     return np.concatenate([dfirst, dsecond])
    >>> forward, backward = joined(halves_forward, halves_backward)
    >>> out, cache = forward(np.arange(5.0))
    >>> backward(out, cache)
    array([0., 1., 2., 3., 4.])
    """

    @functools.wraps(forward)
    def one_output(*args: Any) -> Any:
        returned = forward(*args)
        if not _several(returned):
            return returned
        *outs, cache = returned
        return np.concatenate([np.ravel(out) for out in outs]), _Parts(
            [np.shape(out) for out in outs], cache)

    @functools.wraps(backward)
    def one_gradient(dout: Any, cache: Any) -> Any:
        return backward(*cache.split(dout), cache.cache) if isinstance(
            cache, _Parts) else backward(dout, cache)

    return one_output, one_gradient


def _several(returned: Any) -> bool:
    return isinstance(returned, tuple) and len(returned) > 2 and all(
        isinstance(out, np.ndarray) for out in returned[:-1])


class _Parts:
    """The shapes of the outputs, beside the layer's own cache."""

    def __init__(self, shapes: list[tuple[int, ...]], cache: Any) -> None:
        self.shapes, self.cache = shapes, cache

    def split(self, dout: Any) -> list[Any]:
        """Return a gradient for each output."""
        ends = np.cumsum([math.prod(shape) for shape in self.shapes])[:-1]
        return [part.reshape(shape) for part, shape in
                zip(np.split(dout, ends), self.shapes, strict=True)]
