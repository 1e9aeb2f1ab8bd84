"""Functions of HIPS autograd, its primitives among them, as (forward, backward) pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcheck.adapters.peers import Pair, one_or_tuple, peer
from gradcheck.adapters.positions import described, floating_positions, refuse_dtype


def autograd_function(function: Any, *, wrt: Sequence[int] | None = None) -> Pair:
    """Turn a function of autograd's arrays into (forward, backward) on NumPy arrays.

    Parameters
    ----------
    function : callable
        Written with ``autograd.numpy``, or a primitive with a rule of its own; returns an array.
    wrt : sequence of int, optional
        Positions of the arguments to differentiate; by default the floating arrays.

    Returns
    -------
    forward, backward : callables
        For `gradcheck.check_layer`.

    Raises
    ------
    PeerMissing
        The package autograd is not installed.

    Examples
    --------
    >>> import autograd.numpy as anp  # doctest: +SKIP
    >>> print(gradcheck.check_layer(*autograd_function(anp.tanh), np.ones(3)))  # doctest: +SKIP
    """
    make_vjp = peer("autograd").make_vjp if hasattr(peer("autograd"), "make_vjp") else (
        peer("autograd.differential_operators").make_vjp)

    def forward(*args: Any) -> tuple[Any, Any]:
        out = np.array(function(*args))
        refuse_dtype("output", out.dtype.name)
        return out, (differentiable(args), tuple(args))

    def backward(dout: Any, cache: Any) -> Any:
        positions, args = cache
        vjp, out = make_vjp(function, list(positions))(*args)
        found = vjp(np.asarray(dout, dtype=np.asarray(out).dtype))
        return one_or_tuple([np.array(entry) for entry in found])

    def differentiable(args: Sequence[Any]) -> tuple[int, ...]:
        return floating_positions(args, names) if wrt is None else tuple(wrt)

    names = described(forward, function)
    forward.differentiable = differentiable  # type: ignore[attr-defined]
    forward.second = lambda args: _second(  # type: ignore[attr-defined]
        make_vjp, function, forward, differentiable(args))
    return forward, backward


def _second(make_vjp: Any, function: Any, first: Any, wrt: tuple[int, ...]) -> Pair:
    """Return the pair of a function's gradient: its arguments are the function's, then dout."""
    together = peer("autograd.builtins").tuple

    def gradient(*args: Any) -> Any:
        found = make_vjp(function, list(wrt))(*args[:-1])[0](args[-1])
        return _flat(found) if len(wrt) > 1 else found[0]

    def _flat(found: Any) -> Any:
        numpy = peer("autograd.numpy")
        return numpy.concatenate([numpy.ravel(entry) for entry in together(found)])

    forward, backward = autograd_function(gradient)
    described(forward, first, more=["dout"])
    return forward, backward
