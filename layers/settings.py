"""The dicts that layers take, each read once: `dropout_param`, `bn_param`, `ln_param`.

A layer reads its dict at the top and works with what was read. The caller may change the dict
afterwards: nothing looks at it again, and the cache holds a copy.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from layers.arguments import (
    Array,
    integer,
    one_of,
    parameter,
    probability,
    refuse,
    same_shape,
    scalar,
)
from layers.keys import checked_keys
from layers.masks import check_source
from layers.precision import widen

STORES = ("mask", "bits", "seed")
MODES = ("train", "test")
# What a cache holds beside the caller's keys, by what it stores.
_NEEDED = {"mask": (), "bits": ("shape", "units"), "seed": ("shape", "units", "seed")}
KEEP_REMEDY = ("it is the probability of keeping, and 1 means no dropout; for a drop probability "
               "p pass 1 - p")
ONE_PER_FEATURE = "give each feature (column of x) one number"

Shape = tuple[int, ...]


class MissingKeyError(KeyError, ValueError):
    """A parameter dict lacks a key; its message reads as a sentence, unlike KeyError's."""

    def __str__(self) -> str:
        return str(self.args[0])


def required(param_name: str, param: object, key: str) -> Any:
    """Return param[key], or say which key of which dict is missing.

    Examples
    --------
    >>> required("bn_param", {"eps": 1e-5}, "mode")
    Traceback (most recent call last):
    layers.settings.MissingKeyError: bn_param: the key 'mode' is missing; got the keys ['eps']. ...
    """
    if type(param) is not dict and not isinstance(param, Mapping):
        refuse(param_name, param, "a dict", f"pass {{{key!r}: ...}}", TypeError)
    if key not in param:
        raise MissingKeyError(
            f"{param_name}: the key {key!r} is missing; got the keys {sorted(map(str, param))}. "
            f"Remedy: pass {param_name}[{key!r}]."
        )
    return param[key]


def mode_of(param_name: str, param: object) -> str:
    """Return param['mode'], 'train' or 'test'.

    Examples
    --------
    >>> mode_of("bn_param", {"mode": "test"})
    'test'
    """
    mode = required(param_name, param, "mode")
    if not isinstance(mode, str) or mode not in MODES:
        refuse(f"{param_name}['mode']", mode, "'train' or 'test'", "pass 'train' or 'test'")
    return mode


def p_of(param: object) -> float:
    """Return the p of a dropout_param: its 'p', or 1 - its 'keep_prob'.

    Examples
    --------
    >>> p_of({"p": 0.25}), p_of({"keep_prob": 0.75})
    (0.25, 0.25)
    """
    given = checked_keys("dropout_param", param, "pass {'p': ..., 'mode': ...}")
    if "keep_prob" not in given:
        return probability("dropout_param['p']", required("dropout_param", given, "p"))
    if "p" in given:
        refuse("dropout_param", "the key 'keep_prob' together with 'p'", "one of the two",
               "leave one out: p is the probability of dropping, keep_prob that of keeping")
    return one_minus("dropout_param['keep_prob']", given["keep_prob"])


def one_minus(name: str, keep: object) -> float:
    """Return the probability of dropping that belongs to one of keeping, 0 < keep <= 1.

    Examples
    --------
    >>> one_minus("keep_prob", 1)
    0.0
    """
    # Below 2**-54 the difference from 1 is 1 itself: everything would be dropped.
    return 1.0 - scalar(name, keep, "a number > 0 and <= 1", KEEP_REMEDY, 2.0**-54, 1.0,
                        low_open=True)


@dataclass(frozen=True)
class DropoutSettings:
    """What a dropout_param says.

    Attributes
    ----------
    param : mapping
        The whole dict: a copy of the caller's, or the one of a cache.
    mode : {'train', 'test'}
    store : {'mask', 'bits', 'seed'}
        What the cache keeps.
    """

    param: Mapping[str, Any]
    mode: str
    store: str

    @property
    def p(self) -> float:
        """Probability of dropping."""
        if "keep_prob" in self.param:
            return 1.0 - float(self.param["keep_prob"])
        return float(self.param["p"])

    @property
    def shared_axes(self) -> object:
        """The axes along which one decision is shared; None if the dict names none."""
        return self.param.get("shared_axes")

    def refuse_shared_axes(self) -> None:
        """Refuse 'shared_axes' in the dict of a layer that has a shape of its own."""
        if self.shared_axes is not None:
            refuse("dropout_param['shared_axes']", self.shared_axes,
                   "no such key: this layer shares its decisions along axes of its own",
                   "leave the key out, or use dropout_forward")


def dropout_settings(param: Any, stores: Sequence[str] = STORES) -> DropoutSettings:
    """Read the dict of a forward pass, and refuse what no layer of the family can take.

    Parameters
    ----------
    param : mapping
        The keys of `dropout_forward`; a layer's own keys are left to the layer.
    stores : sequence of str
        The values of 'store' that the layer knows.

    Raises
    ------
    TypeError, ValueError
        If a value is of a wrong kind or out of range, or a key is a slip for another.
    MissingKeyError
        If 'mode', or 'p' with 'keep_prob' beside it, is missing.

    Examples
    --------
    >>> settings = dropout_settings({"p": 0.5, "mode": "train"})
    >>> settings.p, settings.mode, settings.store
    (0.5, 'train', 'mask')
    """
    p_of(param)
    mode = mode_of("dropout_param", param)
    store = one_of("dropout_param['store']", param.get("store", "mask"), stores)
    check_source(param, replayed=store == "seed")
    return DropoutSettings(dict(param), mode, store)


def cached_settings(param: Mapping[str, Any]) -> DropoutSettings | None:
    """Read the dict of a cache; None if it is not one that a forward pass can have put there.

    Examples
    --------
    >>> cached_settings({"p": 0.5, "mode": "train", "store": "bits"}) is None
    True
    """
    mode, store = param.get("mode"), param.get("store", "mask")
    if ("p" in param) == ("keep_prob" in param) or mode not in MODES:
        return None
    if mode == "test":
        return DropoutSettings(param, mode, store)
    if store not in STORES or not all(key in param for key in _NEEDED[store]):
        return None
    return DropoutSettings(param, mode, store)


def units_of(shape: Shape, shared_axes: object) -> Shape:
    """Return the shape of the independent decisions: 1 along every shared axis.

    Examples
    --------
    >>> units_of((8, 3, 5, 5), (2, -1))
    (8, 3, 1, 1)
    """
    if shared_axes is None:
        return shape
    name = "dropout_param['shared_axes']"
    axes = shared_axes if isinstance(shared_axes, tuple | list | range) else (shared_axes,)
    indices = [axis_of(name, axis, shape) for axis in axes]
    if len(set(indices)) < len(indices):
        refuse(name, shared_axes, "distinct axes", "name each axis once")
    return tuple(1 if axis in indices else length for axis, length in enumerate(shape))


def axis_of(name: str, axis: object, shape: Shape) -> int:
    """Return an axis of an array of `shape`, counted from the front.

    Examples
    --------
    >>> axis_of("dropout_param['time_axis']", -1, (8, 3, 5))
    2
    """
    ndim = len(shape)
    expected = f"an axis of an array of shape {shape}"
    index = integer(name, axis, expected, "pass an int")
    if not -ndim <= index < ndim:
        refuse(name, axis, expected, f"pass one from {-ndim} to {ndim - 1}")
    return index % ndim


@dataclass(frozen=True)
class BatchnormSettings:
    """What a bn_param says; the running averages are those before the call."""

    mode: str
    eps: float
    momentum: float
    running_mean: Array
    running_var: Array


def batchnorm_settings(bn_param: Any, x: Array) -> BatchnormSettings:
    """Read the dict of a batch normalization of x (N, D), with its defaults.

    Examples
    --------
    >>> settings = batchnorm_settings({"mode": "train"}, np.ones((4, 2)))
    >>> settings.eps, settings.momentum, settings.running_mean
    (1e-05, 0.9, array([0., 0.]))
    """
    mode = mode_of("bn_param", checked_keys("bn_param", bn_param, "pass {'mode': ...}"))
    eps = eps_of("bn_param", bn_param)
    momentum = scalar("bn_param['momentum']", bn_param.get("momentum", 0.9),
                      "a number with 0 <= momentum <= 1",
                      "momentum is the weight of the past; 0.9 is usual", 0.0, 1.0)
    running_mean, running_var = (_running(bn_param, key, x) for key in
                                 ("running_mean", "running_var"))
    if (running_var < 0).any():
        refuse("bn_param['running_var']", "a negative variance", "numbers >= 0",
               "leave the key out to start afresh")
    if mode == "train" and not isinstance(bn_param, MutableMapping):
        refuse("bn_param", bn_param, "a dict that can be written", "pass a plain dict: the running "
               "averages are stored in it", TypeError)
    if mode == "train" and len(x) == 0:
        refuse("x", x, "at least one sample in train mode",
               "skip empty batches: the mean of nothing is undefined")
    return BatchnormSettings(mode, eps, momentum, running_mean, running_var)


def _running(bn_param: Mapping[str, Any], key: str, x: Array) -> Array:
    value = bn_param.get(key)
    if value is None:
        return np.zeros(x.shape[1], widen(x[:0]).dtype)
    name = f"bn_param[{key!r}]"
    return same_shape(name, parameter(name, value, ndim=1), x.shape[1:], "x's features",
                      ONE_PER_FEATURE)


def eps_of(param_name: str, param: Mapping[str, Any]) -> float:
    """Return param['eps'], a number > 0.

    Examples
    --------
    >>> eps_of("ln_param", {})
    1e-05
    """
    return scalar(f"{param_name}['eps']", param.get("eps", 1e-5), "a number > 0",
                  "eps keeps the division by a zero variance finite; 1e-5 is usual",
                  0.0, np.inf, low_open=True, high_open=True)
