"""Functions of JAX, those with a rule of their own among them, as (forward, backward) pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcheck.adapters.jax_rules import (
    arrays,
    declared,
    gradients,
    kept,
    like,
    numbers,
    refuse_other_value,
    rule_of,
)
from gradcheck.adapters.peers import Pair, double_precision, one_or_tuple, peer
from gradcheck.adapters.positions import described, floating_positions, refuse_dtype

# Every operation is compiled for every shape: a line is looked for so many times as long.
PATIENCE = 4


def jax_function(function: Any, *, wrt: Sequence[int] | None = None,
                 as_declared: bool = False) -> Pair:
    """Turn a function of JAX arrays into (forward, backward) on NumPy arrays.

    Parameters
    ----------
    function : callable
        With or without a rule of its own (custom_vjp, custom_jvp); returns an array, or a tuple.
    wrt : sequence of int, optional
        Positions of the arguments to differentiate; by default the floating arrays that its rule
        does not name as nondiff_argnums.
    as_declared : bool
        Whether arguments for which the rule's backward returns None are left out. By default None
        is a gradient of zeros, which is what it is to JAX.

    Returns
    -------
    forward, backward : callables
        For `gradcheck.check_layer`. float64 is switched on while they run, and only then.

    Raises
    ------
    PeerMissing
        JAX is not installed.

    Examples
    --------
    >>> import jax  # doctest: +SKIP
    >>> print(gradcheck.check_layer(*jax_function(jax.numpy.tanh), np.ones(3)))  # doctest: +SKIP
    """
    jax = peer("jax")
    rule = rule_of(function)
    own = rule if rule is function else None  # behind jit it is not the rule that runs
    plain = getattr(own, "fun", function)

    def forward(*args: Any) -> tuple[Any, Any]:
        positions = differentiable(args)
        with double_precision(jax):
            out = _refused(numbers(plain(*arrays(jax, args))))
            return out, kept(jax, own, args, positions, out)

    def backward(dout: Any, cache: Any) -> Any:
        with double_precision(jax):
            found = gradients(jax, own, dout, cache)
            if found is None:
                out, vjp = _vjp(jax, function, arrays(jax, cache.args), cache.wrt)
                if rule is not None:
                    refuse_other_value(numbers(out), cache.out)
                found = [np.array(entry) for entry in vjp(like(jax, dout, out))]
        return one_or_tuple(found)

    def differentiable(args: Sequence[Any]) -> tuple[int, ...]:
        if wrt is not None:
            return tuple(wrt)
        left_out = getattr(rule, "nondiff_argnums", ())
        positions = tuple(i for i in floating_positions(args, names) if i not in left_out)
        if not as_declared:
            return positions
        with double_precision(jax):
            return declared(jax, rule, args, positions)

    names = described(forward, getattr(rule, "fun", function))
    forward.patience = PATIENCE  # type: ignore[attr-defined]
    forward.differentiable = differentiable  # type: ignore[attr-defined]
    forward.second = lambda args: _second(  # type: ignore[attr-defined]
        jax, function, forward, differentiable(args), forward(*args)[0])
    return forward, backward


def _refused(out: Any) -> Any:
    """Return an output; refuse what has no derivative that is compared."""
    for array in out if isinstance(out, tuple) else (out,):
        refuse_dtype("output", array.dtype.name)
    return out


def _second(jax: Any, function: Any, first: Callable[..., Any], wrt: tuple[int, ...],
            out: Any) -> Pair:
    """Return the pair of a function's gradient: its arguments are the function's, then dout."""
    count = len(out) if isinstance(out, tuple) else 1

    def gradient(*args: Any) -> Any:
        inputs, douts = args[:-count], args[-count:]
        _, vjp = _vjp(jax, function, inputs, wrt)
        found = vjp(douts[0] if count == 1 else tuple(douts))
        return found if len(found) > 1 else found[0]

    forward, backward = jax_function(gradient)
    described(forward, first, more=[f"dout{i}" for i in range(count)] if count > 1 else ["dout"])
    return forward, backward


def _vjp(jax: Any, function: Any, values: Sequence[Any], positions: Sequence[int]) -> Any:
    """Return the value and the way back, for some of the arguments."""
    def of_some(*chosen: Any) -> Any:
        filled = dict(zip(positions, chosen, strict=True))
        return function(*(filled.get(i, value) for i, value in enumerate(values)))

    return jax.vjp(of_some, *(values[place] for place in positions))
