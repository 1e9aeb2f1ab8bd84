"""The rules of custom_vjp and custom_jvp, run as they stand: no tracing is in their way.

What is found so is what jax.vjp finds, at a tenth of the time and with arrays in every line. Where
a rule's form is not the plain one, jax.vjp is asked, and says what is wrong with it.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.arguments import Array
from gradcheck.nested import Wrapped

RULES = ("custom_vjp", "custom_jvp")
# so far a rule's own value may be from the function's, relative to its size: rounding
SAME_VALUE = 1e-4
MOST_TANGENTS = 128


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


@dataclass
class Kept(Wrapped):
    """What the forward of a custom_vjp leaves to its backward.

    Attributes
    ----------
    args : tuple
        The arguments.
    wrt : tuple of int
        The positions of those that are differentiated.
    out : ndarray or tuple of them
        What the function returns.
    ruled : ndarray, tuple of them, or None
        What the rule's forward returns in its place; None where there is no such rule.
    form : object
        How the residuals were nested.
    cache : list
        The residuals.
    """

    args: tuple[Any, ...]
    wrt: tuple[int, ...]
    out: Any
    ruled: Any
    form: Any
    cache: list[Any]

    def __deepcopy__(self, memo: dict[int, Any]) -> Kept:
        """Return one with residuals of its own."""
        return Kept(self.args, self.wrt, self.out, self.ruled, self.form,
                    copy.deepcopy(self.cache, memo))


def kept(jax: Any, rule: Any, args: Sequence[Any], wrt: tuple[int, ...], out: Any) -> Kept:
    """Run the forward of a custom_vjp, where there is one of the plain form."""
    ruled, form, residuals = None, None, []
    if getattr(rule, "fwd", None) is not None and not rule.symbolic_zeros:
        ruled, left = rule.fwd(*arrays(jax, args))
        ruled = numbers(ruled)
        leaves, form = jax.tree_util.tree_flatten(left)
        residuals = [np.array(leaf) if isinstance(leaf, jax.Array) else leaf for leaf in leaves]
    return Kept(tuple(args), wrt, out, ruled, form, residuals)


def gradients(jax: Any, rule: Any, dout: Any, kept: Kept) -> list[Array] | None:
    """Return the gradients by the rule itself; None where jax.vjp has to be asked."""
    if kept.ruled is not None:
        refuse_other_value(kept.ruled, kept.out)
        return _by_vjp(jax, rule, dout, kept)
    if getattr(rule, "jvp", None) is not None and not rule.symbolic_zeros:
        return _by_jvp(jax, rule, dout, kept)
    return None


def _by_vjp(jax: Any, rule: Any, dout: Any, kept: Kept) -> list[Array] | None:
    residuals = jax.tree_util.tree_unflatten(kept.form, arrays(jax, kept.cache))
    values = arrays(jax, kept.args)
    apart = [values[i] for i in rule.nondiff_argnums]
    found = rule.bwd(*apart, residuals, like(jax, dout, kept.out))
    others = [i for i in range(len(values)) if i not in rule.nondiff_argnums]
    if not isinstance(found, tuple) or len(found) != len(others):
        return None
    given = dict(zip(others, found, strict=True))
    zeros = {i: np.zeros_like(kept.args[i]) for i in kept.wrt if given[i] is None}
    ours = [zeros[i] if i in zeros else given[i] for i in kept.wrt]
    fits = all(getattr(entry, "shape", None) == kept.args[i].shape
               for i, entry in zip(kept.wrt, ours, strict=True))
    return [np.array(entry) for entry in ours] if fits else None


def _by_jvp(jax: Any, rule: Any, dout: Any, kept: Kept) -> list[Array] | None:
    """Return the gradients from the tangents, an element at a time, each with a size of its own.

    A rule that is not linear in its tangents has another gradient then, and is not right by chance.
    """
    primal = [i for i in range(len(kept.args)) if i not in rule.nondiff_argnums]
    plain = all(isinstance(kept.args[i], np.ndarray) and kept.args[i].dtype.kind == "f"
                for i in primal)
    if not plain or isinstance(kept.out, tuple) or sum(
            kept.args[i].size for i in primal) > MOST_TANGENTS:
        return None
    apart = [kept.args[i] for i in rule.nondiff_argnums]
    values = arrays(jax, [kept.args[i] for i in primal])
    found = []
    for place in kept.wrt:
        gradient = np.zeros_like(kept.args[place])
        for count, at in enumerate(np.ndindex(gradient.shape)):
            size = 0.5 + (0.618 * count) % 1.0
            moves = [np.zeros_like(kept.args[i]) for i in primal]
            moves[primal.index(place)][at] = size
            returned = rule.jvp(*apart, tuple(values), tuple(arrays(jax, moves)))
            if not isinstance(returned, tuple | list) or len(returned) != 2:
                return None
            refuse_other_value(numbers(returned[0]), kept.out)
            gradient[at] = np.sum(np.array(returned[1]) * dout) / size
        found.append(gradient)
    return found


def declared(jax: Any, rule: Any, args: Sequence[Any], positions: tuple[int, ...]
             ) -> tuple[int, ...]:
    """Return the positions for which the backward of a custom_vjp returns a gradient at all."""
    if getattr(rule, "bwd", None) is None:
        return positions
    others = [i for i in range(len(args)) if i not in rule.nondiff_argnums]
    try:
        values = arrays(jax, args)
        out, left = rule.fwd(*values)
        ones = jax.tree_util.tree_map(jax.numpy.ones_like, out)
        found = rule.bwd(*(values[i] for i in rule.nondiff_argnums), left, ones)
    except Exception:  # what it is, the check says
        return positions
    given = {i for i, gradient in zip(others, found, strict=False) if gradient is not None}
    return tuple(i for i in positions if i in given) or positions


def arrays(jax: Any, args: Sequence[Any]) -> list[Any]:
    """Return JAX's arrays for NumPy's."""
    return [jax.numpy.array(arg) if isinstance(arg, np.ndarray) else arg for arg in args]


def numbers(out: Any) -> Any:
    """Return NumPy's arrays for an output, or for several.

    >>> numbers((1.0, [2.0]))
    (array(1.), (array(2.),))
    """
    return tuple(map(numbers, out)) if isinstance(out, tuple | list) else np.array(out)


def like(jax: Any, dout: Any, out: Any) -> Any:
    """Return the upstream gradient in the form and the dtype of the output."""
    if isinstance(out, tuple | list):
        return type(out)(itertools.starmap(
            lambda one, other: like(jax, one, other), zip(dout, out, strict=True)))
    return jax.numpy.array(dout, dtype=out.dtype)


def refuse_other_value(ruled: Any, plain: Any) -> None:
    """Raise where the rule gives the function another value than the function itself does.

    >>> refuse_other_value(np.ones(2), np.ones(2))
    """
    if isinstance(plain, tuple | list):
        for pair in zip(ruled, plain, strict=True):
            refuse_other_value(*pair)
        return
    ours, theirs = np.asarray(ruled, dtype=float), np.asarray(plain, dtype=float)
    size = np.abs(theirs) + float(np.max(np.abs(theirs), initial=0.0))
    if ours.shape != theirs.shape or np.any(np.abs(ours - theirs) > SAME_VALUE * size):
        error = ValueError(
            "the rule gives the function another value than the function itself: got "
            f"{_first_apart(ours, theirs)}. Remedy: have the rule's forward return what the "
            "function returns; under grad the rule's value is taken")
        error.place = ""  # type: ignore[attr-defined]
        raise error


def _first_apart(ours: Array, theirs: Array) -> str:
    """Say where two values differ most."""
    if ours.shape != theirs.shape:
        return f"shape {ours.shape} where it is {theirs.shape}"
    at = np.unravel_index(np.argmax(np.abs(ours - theirs)), ours.shape)
    return f"{ours[at]:.6g} at {list(map(int, at))} where it is {theirs[at]:.6g}"
