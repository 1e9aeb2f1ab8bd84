"""References in the conventions that a table of points accepts for full points."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.examples.candidates import Example
from gradcheck.reference.alternatives import Alternative, alternatives
from gradcheck.target.outputs import returned_by
from gradcheck.target.pairs import Pair
from gradcheck.target.roles import roles_of
from gradcheck.target.trial import Args, floating
from gradcheck.target.values import wanted

STEP = 1e-6
MOMENTUM = 0.9
STATISTICS = {"running_mean": "mean", "running_var": "var"}


def accepted_references(reference: Pair, accepted: Collection[str]) -> Iterator[tuple[str, Pair]]:
    """Yield a reference in each convention that is accepted, with its name.

    Its forward gives that convention's value, where it is defined; its gradients are differences
    of that.

    Examples
    --------
    >>> def loss(x, y): return float(np.mean(x)), np.full(x.shape, 1 / x.size)
    >>> [name for name, _ in accepted_references(Pair("svm_loss", "svm_loss", loss), ["squared"])]
    ['squared']
    """
    for entry in alternatives(reference.base, accepted):
        like = _In(reference, entry)
        yield " and ".join(entry.names), replace(
            reference, forward=like.call(reference.forward),
            backward=None if reference.backward is None else like.backward)


class _In:
    """A reference in another convention."""

    def __init__(self, reference: Pair, entry: Alternative) -> None:
        self._reference, self._entry = reference, entry

    def call(self, forward: Callable[..., Any]) -> Callable[..., Any]:
        """Return forward, or the loss, with the signature of the reference's."""
        def formed(*args: Any) -> Any:
            given = copy.deepcopy(args)
            returned = forward(*args)
            if not isinstance(returned, tuple):
                return returned
            self._rewrite(given, args)
            out = self._value(given, returned[0])
            if self._reference.backward is not None:
                return out, (given, returned[0])
            places = [place for place, arg in enumerate(args) if floating(arg)]
            return out, *(self._gradient(given, place, np.ones(()))
                          for place in places[:len(returned) - 1])

        formed.__signature__ = inspect.signature(forward)  # type: ignore[attr-defined]
        formed.__name__ = forward.__name__
        return formed

    def backward(self, dout: Any, cache: Any) -> tuple[Any, ...]:
        """Return the gradients of forward's value by differences."""
        given, _ = cache
        return tuple(self._gradient(given, place, dout)
                     for place, arg in enumerate(given) if floating(arg))

    def _value(self, args: Args, out: Any) -> Any:
        """Return the convention's value where it is defined, else the reference's."""
        found = self._formula(args)
        if found is None or np.shape(found) != np.shape(out):
            return out
        value = np.where(np.isfinite(found), found, out).astype(np.asarray(out).dtype)
        return value if np.ndim(out) else value[()]

    def _formula(self, args: Args) -> Any:
        if self._entry.value is None:
            return None
        names = tuple(inspect.signature(self._reference.forward).parameters)[:len(args)]
        roles = roles_of(self._reference.base, self._reference.forward, Example(args, names))
        outs = None if roles is None else wanted(self._entry.value, roles)
        return None if outs is None else outs[0]

    def _gradient(self, args: Args, place: int, dout: Any) -> Any:
        """Return the gradient of one argument by central differences, in its dtype."""
        exact = [arg.astype(np.float64) if floating(arg) else arg for arg in args]
        gradient = np.zeros(np.shape(args[place]))
        for index in np.ndindex(gradient.shape):
            ends = []
            for sign in (1.0, -1.0):
                moved = copy.deepcopy(exact)
                moved[place][index] += sign * STEP
                ends.append(self._at(tuple(moved)))
            gradient[index] = np.sum(dout * (ends[0] - ends[1])) / (2 * STEP)
        return gradient.astype(args[place].dtype)

    def _at(self, args: Args) -> Any:
        """Return the value at arguments that are this call's own."""
        found = self._formula(args)
        given = copy.deepcopy(args)
        out = np.asarray(returned_by(self._reference.forward, given)[0])
        return out if found is None else np.where(np.isfinite(found), found, out)

    def _rewrite(self, before: Args, args: Args) -> None:
        """Change the running statistics that the reference wrote."""
        for old, new in zip(before, args, strict=True):
            for name, which in STATISTICS.items() if isinstance(new, dict) else ():
                change = getattr(self._entry, which)
                if change is not None and old.get("mode") == "train" and name in new:
                    new[name] = _rewritten(change, old, new, name, np.size(args[0]))


def _rewritten(change: Callable[..., Any], old: Mapping[str, Any], new: Mapping[str, Any],
               name: str, values: int) -> Any:
    """Return a running statistic as a convention writes it, from what the reference wrote."""
    momentum = float(old.get("momentum", MOMENTUM))
    was = old.get(name, np.zeros_like(new[name]))
    if momentum == 1.0:
        return new[name]
    batch = (new[name] - momentum * was) / (1 - momentum)
    return change(was, batch, momentum, values // np.size(batch))
