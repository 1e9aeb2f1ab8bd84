"""What else than its definition a layer's value may be by name, for who accepts that."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from gradcheck.reference.formula import Array, Reference, Value
from gradcheck.reference.normalization import BATCHNORM, SPATIAL_BATCHNORM, eps_outside, normalized
from gradcheck.reference.table import REFERENCES

OUTSIDE = "eps outside the root"
UNBIASED = "unbiased variance"
OF_THE_BATCH = "momentum is the share of the batch"
EPS = 1e-5
# From the old statistic, what the batch gave, the momentum and the number of values to the new one.
Written = Callable[[Array, Array, float, int], Array]


@dataclass(frozen=True)
class Alternative:
    """Another value than the definition's, and other running statistics; None for the same.

    Attributes
    ----------
    names : tuple of str
        What it is called; several where it is several at once.
    value : callable, optional
        The value by the roles.
    mean, var : callable, optional
        What is written for the running mean, and for the running variance.
    """

    names: tuple[str, ...]
    value: Value | None = None
    mean: Written | None = None
    var: Written | None = None


def names_of(base: str) -> tuple[str, ...]:
    """Return the names of what else a layer's value may be.

    >>> names_of("softmax_loss")[:2], names_of("relu")
    (('half of it', 'twice'), ())
    >>> names_of("batchnorm")[-3:]
    ('eps outside the root', 'unbiased variance', 'momentum is the share of the batch')
    """
    return tuple(dict.fromkeys([*_values(base), *_statistics(base)]))


def alternatives(base: str, accepted: Collection[str]) -> Iterator[Alternative]:
    """Yield what a layer's value may be in the conventions that are accepted, one or several.

    >>> [entry.names for entry in alternatives("svm_loss", ["squared", "no such"])]
    [('squared',)]
    """
    values: list[tuple[str, Value | None]] = [("", None)]
    values += [(name, value) for name, formed in _values(base).items() if name in accepted
               for value in formed]
    written: list[tuple[str, tuple[Written | None, Written | None]]] = [("", (None, None))]
    written += [(name, pair) for name, pair in _statistics(base).items() if name in accepted]
    for (name, value), (other, (mean, var)) in itertools.product(values, written):
        if name or other:
            names = tuple(dict.fromkeys(filter(None, (name, other))))
            yield Alternative(names, value, mean, var)


def _values(base: str) -> Mapping[str, tuple[Value, ...]]:
    reference = REFERENCES.get(base)
    if reference is None:
        return {}
    named = {name: (value,) for name, value in reference.conventions.items() if name}
    return named | (_of_a_normalization(reference) if reference.remarks else {})


def _of_a_normalization(reference: Reference) -> dict[str, tuple[Value, ...]]:
    value = reference.value
    trained = partial(value, normalize=eps_outside)
    unbiased = partial(value, normalize=partial(normalized, ddof=1, least=0.0))
    return {OUTSIDE: (trained, _tested_outside(value), _tested_outside(trained)),
            UNBIASED: (unbiased,)}


def _tested_outside(value: Value) -> Value:
    """Return a value whose running variance has its eps outside the root."""
    def formed(running_var: Any = None, eps: float = EPS, **roles: Any) -> Array:
        given = {} if running_var is None else {
            "running_var": (np.sqrt(running_var) + eps) ** 2 - eps}
        return np.asarray(value(eps=eps, **given, **roles))

    return formed


def _unbiased(old: Array, batch: Array, momentum: float, count: int) -> Array:
    return momentum * old + (1 - momentum) * batch * count / max(count - 1, 1)


def _of_the_batch(old: Array, batch: Array, momentum: float, count: int) -> Array:
    return (1 - momentum) * old + momentum * batch


def _statistics(base: str) -> Mapping[str, tuple[Written | None, Written | None]]:
    if REFERENCES.get(base) not in (BATCHNORM, SPATIAL_BATCHNORM):
        return {}
    return {UNBIASED: (None, _unbiased), OF_THE_BATCH: (_of_the_batch, _of_the_batch)}
