"""The values of normalizations, in training and at test time.

A group whose variance eps could hide is not compared: its values are NaN here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from gradcheck.reference.formula import Array, Reference, Slip, Value, demand

EPS = 1e-5
SEEN = 1e3  # so many times eps a variance must be, for eps to hide nothing
# Where nothing sets eps it is the author's, and so is whether it stands in the root.
OTHER_EPS = (1e-4, 1e-3, 1e-2)
FROM_ONE = "a gain of 1 + gamma"
Normalize = Callable[..., Array]


def normalized(x: Array, axes: tuple[int, ...], eps: float = EPS, ddof: int = 0,
               least: float | None = None) -> Array:
    """Return (x - mean) / sqrt(var + eps) over axes; NaN where var is `least` at most.

    >>> normalized(np.array([[1.0, 2.0], [3.0, 2.0]]), (0,), eps=0.0)
    array([[-1., nan],
           [ 1., nan]])
    """
    mean, var = x.mean(axis=axes, keepdims=True), x.var(axis=axes, ddof=ddof, keepdims=True)
    return np.asarray((x - mean) / np.sqrt(_seen(var, eps, least) + eps))


def _seen(var: Array, eps: float, least: float | None = None) -> Array:
    return np.where(var > (SEEN * eps if least is None else least), var, np.nan)


def eps_outside(x: Array, axes: tuple[int, ...], eps: float = EPS) -> Array:
    """Return (x - mean) / (std + eps) over axes."""
    std = x.std(axis=axes, keepdims=True)
    return np.asarray((x - x.mean(axis=axes, keepdims=True)) / (std + eps))


def by_channel(vector: Any, x: Array) -> Any:
    """Return a number a channel (or a feature) in the shape that broadcasts against x."""
    if np.ndim(vector) == 0:
        return vector
    demand(np.size(vector) == x.shape[1])
    return np.reshape(vector, (-1,) + (1,) * (x.ndim - 2))


def scaled(out: Array, gamma: Any = 1.0, beta: Any = 0.0) -> Array:
    """Return gamma * out + beta, by channel."""
    return np.asarray(by_channel(gamma, out) * out + by_channel(beta, out))


def batch_axes(x: Array) -> tuple[int, ...]:
    """Return all axes but that of the channels."""
    return (0, *range(2, x.ndim))


def batchnorm(x: Array, gamma: Any = 1.0, beta: Any = 0.0, mode: str = "train", eps: float = EPS,
              running_mean: Any = None, running_var: Any = None,
              normalize: Normalize = normalized, **_: Any) -> Array:
    """Return the batch normalization of x, whose second axis holds features or channels.

    >>> batchnorm(np.array([[1.0], [3.0]]), 2.0, 1.0).round(3).tolist()
    [[-1.0], [3.0]]
    >>> batchnorm(np.ones((1, 1)), mode="test", running_mean=np.zeros(1),
    ...           running_var=np.full(1, 4.0)).round(3).tolist()
    [[0.5]]
    """
    if mode == "train":
        return scaled(normalize(x, batch_axes(x), eps), gamma, beta)
    demand(mode == "test" and running_mean is not None and running_var is not None)
    std = np.sqrt(by_channel(_seen(np.asarray(running_var), eps), x) + eps)
    return scaled((x - by_channel(running_mean, x)) / std, gamma, beta)


def over(axes: Callable[[Array], tuple[int, ...]], x: Array, gamma: Any = 1.0, beta: Any = 0.0,
         eps: float = EPS, normalize: Normalize = normalized, **_: Any) -> Array:
    """Return the normalization of x over axes that its number of axes decides on."""
    return scaled(normalize(x, axes(x), eps), gamma, beta)


def groupnorm(x: Array, gamma: Any = 1.0, beta: Any = 0.0, G: int = 0, eps: float = EPS,
              normalize: Normalize = normalized, **_: Any) -> Array:
    """Return the normalization of each sample's groups of C / G neighbouring channels.

    How many groups there are is told, or else there is nothing to compare.

    >>> groupnorm(np.arange(4.0).reshape(1, 4, 1, 1), G=2).ravel().round(3).tolist()
    [-1.0, 1.0, -1.0, 1.0]
    """
    demand(x.ndim == 4 and G > 0 and x.shape[1] % G == 0)
    groups = x.reshape(len(x), G, -1)
    return scaled(normalize(groups, (2,), eps).reshape(x.shape), gamma, beta)


def _over_features(x: Array, **roles: Any) -> Array:
    return over(lambda x: (1,), x, **roles)


def rmsnorm(x: Array, gamma: Any = 1.0, eps: float = EPS, **_: Any) -> Array:
    """Return x over its root mean square along each row, times gamma."""
    return np.asarray(x / np.sqrt(_seen(np.mean(x**2, axis=-1, keepdims=True), eps) + eps) * gamma)


def _across_groups(x: Array, G: int, gamma: Any = 1.0, beta: Any = 0.0, **_: Any) -> Array:
    """Return what comes of every G-th channel in one group."""
    groups = x.reshape(len(x), -1, G, *x.shape[2:])
    return scaled(normalized(groups, (1, 3, 4)).reshape(x.shape), gamma, beta)


def _group_axes(axes: tuple[int, ...], x: Array, G: int, gamma: Any = 1.0, beta: Any = 0.0,
                **_: Any) -> Array:
    """Return what comes of statistics over other axes of (N, G, C / G, H, W)."""
    groups = x.reshape(len(x), G, -1, *x.shape[2:])
    return scaled(normalized(groups, axes).reshape(x.shape), gamma, beta)


def _from_one(value: Value) -> Value:
    """Return the same with a gain of 1 + gamma."""
    return lambda gamma, **roles: value(gamma=1 + gamma, **roles)


def _conventions(value: Value) -> dict[str, Value]:
    """Return the same with another eps, where no setting says what it is."""
    def other(eps: float, normalize: Normalize) -> Value:
        def formed(**roles: Any) -> Array:
            demand("eps" not in roles)
            return np.asarray(value(**roles, eps=eps, normalize=normalize))

        return formed

    return {FROM_ONE: _from_one(value), **{
        f"eps = {eps:g}{where}": other(eps, normalize) for eps in OTHER_EPS
        for where, normalize in (("", partial(normalized, least=SEEN * EPS)),
                                 (" outside the root", eps_outside))}}


def _outside(value: Value) -> Value:
    """Return the value with eps outside the root, where a setting is so large that it shows."""
    def formed(eps: float, **roles: Any) -> Array:
        inside, outside = (np.asarray(value(**roles, eps=eps, normalize=normalize)) for normalize in
                           (partial(normalized, least=0.0), eps_outside))
        demand(not np.allclose(inside, outside, rtol=1e-2, atol=0))
        return outside

    return formed


def _centred(x: Array, axes: tuple[int, ...], eps: float) -> Array:
    return np.asarray(x - x.mean(axis=axes, keepdims=True))


def _by_variance(x: Array, axes: tuple[int, ...], eps: float) -> Array:
    return _centred(x, axes, eps) / (x.var(axis=axes, keepdims=True) + eps)


def _off_centre(x: Array, axes: tuple[int, ...], eps: float) -> Array:
    return np.asarray(x / np.sqrt(x.var(axis=axes, keepdims=True) + eps))


def _slips(value: Value, group: str, *others: Slip) -> tuple[Slip, ...]:
    """Return the slips of a normalization whose statistics are `group`'s."""
    def also(**changed: Any) -> Value:
        return lambda **roles: value(**{**roles, **changed})

    return (
        Slip("the variance is the sample's, with ddof=1", "divide by the number of values, np.var",
             also(normalize=partial(normalized, ddof=1))),
        *others,
        Slip("gamma and beta are left out", "return gamma * xhat + beta", also(
            gamma=1.0, beta=0.0)),
        Slip("beta is left out", "return gamma * xhat + beta", also(beta=0.0)),
        Slip("gamma is left out", "return gamma * xhat + beta", also(gamma=1.0)),
        Slip("x is not divided by the standard deviation", f"divide by sqrt(var + eps) of {group}",
             also(normalize=_centred)),
        Slip("x is divided by the variance", "divide by sqrt(var + eps)",
             also(normalize=_by_variance)),
        Slip("the mean is not subtracted", f"subtract the mean of {group}", also(
            normalize=_off_centre)),
    )


def _tested(value: Value) -> Value:
    """Return a value that is defined in test mode alone."""
    def in_test_mode(mode: str = "train", **roles: Any) -> Array:
        demand(mode == "test")
        return np.asarray(value(mode=mode, **roles))

    return in_test_mode


def _axes(because: str, remedy: str, axes: Callable[[Array], tuple[int, ...]]) -> Slip:
    return Slip(because, remedy, partial(over, axes))


def _norm(told: str, value: Value, group: str, *others: Slip) -> Reference:
    return Reference(told, value, _conventions(value), None, _slips(value, group, *others),
                     remarks={"eps stands outside the root": _outside(value)})


OF_A_BATCH = "take the statistics over the batch: axis=0"
OF_A_SAMPLE = "take the statistics over the features of each sample: axis=1"
OF_A_CHANNEL = "take the statistics over N, H and W of each channel"
OF_A_GROUP = "take the statistics over H, W and the C / G channels of each sample's group"
OF_AN_IMAGE = "take the statistics over H and W of each channel of each sample"

BATCH_IN_TEST_MODE = "the statistics are the batch's, not the running ones"
TEST_MODE = (
    Slip(BATCH_IN_TEST_MODE, "normalize by running_mean and running_var in test mode",
         _tested(lambda **roles: batchnorm(**{**roles, "mode": "train"}))),
    Slip("the statistics are the batch's, and gamma and beta are left out",
         "normalize by running_mean and running_var in test mode", _tested(
             lambda x, **_: batchnorm(x))),
    Slip("running_var is taken for the standard deviation", "divide by np.sqrt(running_var + eps)",
         _tested(lambda running_var, **roles: batchnorm(running_var=running_var**2, **roles))),
    Slip("running_mean is not subtracted", "return gamma * (x - running_mean) / np.sqrt("
         "running_var + eps) + beta", _tested(lambda running_mean, **roles: batchnorm(
             running_mean=0 * running_mean, **roles))),
    Slip("x is not normalized", "return gamma * (x - running_mean) / np.sqrt(running_var + eps) + "
         "beta", _tested(lambda x, **_: x)),
)

BATCHNORM = _norm(
    "gamma * (x - mean) / sqrt(var + eps) + beta, over the batch", batchnorm, "the batch",
    *TEST_MODE,
    _axes("the statistics are those of each sample", OF_A_BATCH, lambda x: (1,)),
    _axes("the statistics are those of all values together", OF_A_BATCH,
          lambda x: tuple(range(x.ndim))))
SPATIAL_BATCHNORM = _norm(
    "gamma * (x - mean) / sqrt(var + eps) + beta, over N, H and W of each channel", batchnorm,
    "each channel", *TEST_MODE,
    _axes("the statistics are those of each pixel over the batch", OF_A_CHANNEL, lambda x: (0,)),
    _axes("the statistics are those of each image alone", OF_A_CHANNEL, lambda x: (2, 3)),
    _axes("the statistics leave out the width", OF_A_CHANNEL, lambda x: (0, 2)),
    _axes("the statistics leave out the height", OF_A_CHANNEL, lambda x: (0, 3)),
    _axes("the statistics are those of each sample", OF_A_CHANNEL, lambda x: (1, 2, 3)),
    _axes("the statistics are those of all values together", OF_A_CHANNEL, lambda x: (0, 1, 2, 3)))
LAYERNORM = _norm(
    "gamma * (x - mean) / sqrt(var + eps) + beta, over each sample's features", _over_features,
    "each sample",
    _axes("the statistics are those of the batch", OF_A_SAMPLE, lambda x: (0,)),
    _axes("the statistics are those of all values together", OF_A_SAMPLE, lambda x: (0, 1)))
INSTANCENORM = _norm(
    "gamma * (x - mean) / sqrt(var + eps) + beta, over H and W", partial(over, lambda x: (2, 3)),
    "each channel of each sample",
    _axes("the statistics are those of the batch, too", OF_AN_IMAGE, lambda x: (0, 2, 3)),
    _axes("the statistics are those of all channels", OF_AN_IMAGE, lambda x: (1, 2, 3)))
GROUPNORM = _norm(
    "gamma * (x - mean) / sqrt(var + eps) + beta, over each sample's groups of channels",
    groupnorm, "each group",
    Slip("the statistics are those of each channel alone", OF_A_GROUP,
         partial(_group_axes, (3, 4))),
    Slip("the statistics are those of each pixel alone", OF_A_GROUP, partial(_group_axes, (2,))),
    Slip("the statistics leave out the width", OF_A_GROUP, partial(_group_axes, (2, 3))),
    Slip("the statistics leave out the height", OF_A_GROUP, partial(_group_axes, (2, 4))),
    Slip("the statistics are those of the batch, too", OF_A_GROUP,
         partial(_group_axes, (0, 2, 3, 4))),
    Slip("the statistics are those of the batch's groups at each pixel", OF_A_GROUP,
         partial(_group_axes, (0, 2))),
    Slip("the statistics are those of the whole sample", OF_A_GROUP,
         partial(_group_axes, (1, 2, 3, 4))),
    Slip("the statistics are those of the groups at each place of a group", OF_A_GROUP,
         partial(_group_axes, (1, 3, 4))),
    Slip("every G-th channel is in one group", "group neighbouring channels: x.reshape(N, G, C // "
         "G, H, W)", _across_groups),
    Slip("G is taken for the channels of a group", "G is the number of groups",
         lambda x, G, **roles: groupnorm(x, G=x.shape[1] // G, **roles)))
RMSNORM = Reference(
    "gamma * x / sqrt(mean(x**2) + eps) of each sample", rmsnorm,
    {FROM_ONE: _from_one(rmsnorm), **{f"eps = {eps:g}": partial(rmsnorm, eps=eps)
                                      for eps in OTHER_EPS}}, None, (
        Slip("the mean is subtracted", "divide x by its root mean square",
             lambda x, gamma, **_: gamma * normalized(x, (1,))),
        Slip("the squares are summed, not averaged", "take the mean of x**2",
             lambda x, gamma, **_: gamma * x / np.linalg.norm(x, axis=1, keepdims=True)),
        Slip("gamma is left out", "multiply by gamma", lambda x, gamma, **_: rmsnorm(x)),
        Slip("the mean square is that of the batch", "take the mean over each row",
             lambda x, gamma, **_: gamma * x / np.sqrt(np.mean(x**2, axis=0)))))
