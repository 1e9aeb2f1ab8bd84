"""Functions of JAX, those with a rule of their own among them, as (forward, backward) pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcheck.adapters.peers import Pair, double_precision, one_or_tuple, peer
from gradcheck.adapters.positions import described, floating_positions, refuse_dtype
from gradcheck.arguments import Array

RULES = ("custom_vjp", "custom_jvp")
# so far a rule's own value may be from the function's, relative to its size: rounding
SAME_VALUE = 1e-4


def rule_of(function: Any) -> Any:
    """Return the custom_vjp or custom_jvp that a function is, behind jit as well, or None.

    >>> rule_of(len) is None
    True
    """
    while function is not None:
        kind = type(function)
        if kind.__name__ in RULES and kind.__module__.startswith("jax."):
            return function
        function = getattr(function, "__wrapped__", None)
    return None


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

    def forward(*args: Any) -> tuple[Any, Any]:
        positions = differentiable(args)
        with double_precision(jax):
            out = function(*_arrays(jax, args))
        return _numbers(out), (positions, tuple(args))

    def backward(dout: Any, cache: Any) -> Any:
        positions, args = cache
        with double_precision(jax):
            out, vjp = _vjp(jax, function, args, positions)
            if rule is not None:
                _refuse_other_value(out, function(*_arrays(jax, args)))
            return one_or_tuple([np.array(entry) for entry in vjp(_like(jax, dout, out))])

    def differentiable(args: Sequence[Any]) -> tuple[int, ...]:
        if wrt is not None:
            return tuple(wrt)
        left_out = getattr(rule, "nondiff_argnums", ())
        positions = tuple(i for i in floating_positions(args, names) if i not in left_out)
        return _declared(jax, rule, args, positions) if as_declared else positions

    names = described(forward, getattr(rule, "fun", function))
    forward.differentiable = differentiable  # type: ignore[attr-defined]
    forward.second = lambda args: _second(  # type: ignore[attr-defined]
        jax, function, forward, differentiable(args), forward(*args)[0])
    return forward, backward


def _arrays(jax: Any, args: Sequence[Any]) -> list[Any]:
    return [jax.numpy.array(arg) if isinstance(arg, np.ndarray) else arg for arg in args]


def _numbers(out: Any) -> Any:
    """Return the output as NumPy's arrays; refuse what has no derivative that is compared."""
    if isinstance(out, tuple | list):
        return tuple(map(_numbers, out))
    array = np.array(out)
    refuse_dtype("output", array.dtype.name)
    return array


def _vjp(jax: Any, function: Any, args: Sequence[Any], positions: Sequence[int]) -> Any:
    """Return the value and the way back, for some of the arguments."""
    values = _arrays(jax, args)

    def of_some(*chosen: Any) -> Any:
        filled = list(values)
        for place, value in zip(positions, chosen, strict=True):
            filled[place] = value
        return function(*filled)

    return jax.vjp(of_some, *(values[place] for place in positions))


def _like(jax: Any, dout: Any, out: Any) -> Any:
    """Return the upstream gradient in the form and the dtype of the output."""
    if isinstance(out, tuple | list):
        return type(out)(_like(jax, *pair) for pair in zip(dout, out, strict=True))
    return jax.numpy.array(dout, dtype=out.dtype)


def _refuse_other_value(ruled: Any, plain: Any) -> None:
    """Raise where the rule gives the function another value than the function itself does."""
    if isinstance(plain, tuple | list):
        for pair in zip(ruled, plain, strict=True):
            _refuse_other_value(*pair)
        return
    ours, theirs = np.array(ruled, dtype=float), np.array(plain, dtype=float)
    size = np.abs(theirs) + float(np.max(np.abs(theirs), initial=0.0))
    if ours.shape != theirs.shape or np.any(np.abs(ours - theirs) > SAME_VALUE * size):
        raise ValueError(
            "the rule gives the function another value than the function itself: got "
            f"{_first_apart(ours, theirs)}. Remedy: have the rule's forward return what the "
            "function returns; under grad the rule's value is taken")


def _first_apart(ours: Array, theirs: Array) -> str:
    """Say where two values differ most."""
    if ours.shape != theirs.shape:
        return f"shape {ours.shape} where it is {theirs.shape}"
    at = np.unravel_index(np.argmax(np.abs(ours - theirs)), ours.shape)
    return f"{ours[at]:.6g} at {list(map(int, at))} where it is {theirs[at]:.6g}"


def _declared(jax: Any, rule: Any, args: Sequence[Any], positions: tuple[int, ...]
              ) -> tuple[int, ...]:
    """Return the positions for which the backward of a custom_vjp returns a gradient at all."""
    if getattr(rule, "bwd", None) is None:
        return positions
    left_out = tuple(rule.nondiff_argnums)
    others = [i for i in range(len(args)) if i not in left_out]
    try:
        with double_precision(jax):
            values = _arrays(jax, args)
            out, kept = rule.fwd(*values)
            ones = jax.tree_util.tree_map(jax.numpy.ones_like, out)
            found = rule.bwd(*(values[i] for i in left_out), kept, ones)
    except Exception:  # what it is, the check says
        return positions
    given = {i for i, gradient in zip(others, found, strict=False) if gradient is not None}
    return tuple(i for i in positions if i in given) or positions


def _second(jax: Any, function: Any, first: Callable[..., Any], wrt: tuple[int, ...],
            out: Any) -> Pair:
    """Return the pair of a function's gradient: its arguments are the function's, then dout."""
    count = len(out) if isinstance(out, tuple) else 1

    def gradient(*args: Any) -> Any:
        inputs, douts = args[:-count], args[-count:]
        _, vjp = _vjp_of_values(jax, function, inputs, wrt)
        found = vjp(douts[0] if count == 1 else tuple(douts))
        return found if len(found) > 1 else found[0]

    forward, backward = jax_function(gradient)
    described(forward, first, more=[f"dout{i}" for i in range(count)] if count > 1 else ["dout"])
    return forward, backward


def _vjp_of_values(jax: Any, function: Any, values: Sequence[Any], positions: Sequence[int]) -> Any:
    """Return the value and the way back at values that may be traced themselves."""
    def of_some(*chosen: Any) -> Any:
        filled = dict(zip(positions, chosen, strict=True))
        return function(*(filled.get(i, value) for i, value in enumerate(values)))

    return jax.vjp(of_some, *(values[place] for place in positions))
