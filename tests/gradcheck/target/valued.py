"""Forwards of standard names, right in many conventions and wrong in many ways."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.special import erf, expit

from gradcheck.mask_laws.conventions import Conventions
from gradcheck.target.at_arguments import candidates_for
from gradcheck.target.pairs import Pair
from gradcheck.target.trial import Trial
from gradcheck.target.valued import value_at


def said_of(name: str, forward: Any) -> Any:
    """Return the finding on a forward's value at the first arguments that it takes, and notes."""
    loss = name.endswith("loss") or "_loss_" in name
    pair = Pair(name, name, forward, None if loss else forward)
    trial = Trial(pair, Conventions(), 0)
    found = next(found for found in itertools.islice(candidates_for(pair, 0), 9)
                 if not trial.refuses(found))
    seen = value_at(pair, name, (found,))
    return seen.finding, seen.notes


def finding_on(name: str, forward: Any) -> Any:
    """Return the finding on a forward's value, None for a right one."""
    return said_of(name, forward)[0]


def out(function: Any) -> Any:
    """Return a forward of a function of x alone."""
    return lambda x: (function(x), x)


def channels(vector: Any, x: Any) -> Any:
    """Return a vector with a number a channel in the shape that fits images."""
    return np.reshape(vector, (1, -1) + (1,) * (x.ndim - 2))


def batchnorm(update: Any = None, test: Any = None, *, default: float = 0.9, ddof: int = 0,
              eps: float = 1e-5, axes: Any = None, after: Any = None, key: str = "running_",
              std: Any = lambda var, eps: np.sqrt(var + eps)) -> Any:
    """Return a batchnorm_forward; what is passed replaces a part of the right one.

    `update(old, mean or var, momentum)` gives new statistics, `test(x, mean, var, gamma, beta)` the
    output in test mode, `after(bn_param, x)` comes last.
    """
    update = update or (lambda old, new, m, name: m * old + (1 - m) * new)

    def forward(x: Any, gamma: Any, beta: Any, bn_param: Any) -> Any:
        around = axes or (0, *range(2, x.ndim))
        own = bn_param.get("eps", eps)
        m = bn_param.get("momentum", default)
        size = x.shape[1]
        running = {name: bn_param.get(key + name, np.zeros(size)) for name in ("mean", "var")}
        gamma, beta = channels(gamma, x), channels(beta, x)
        if bn_param["mode"] == "train":
            mean, var = x.mean(axis=around, keepdims=True), x.var(
                axis=around, ddof=ddof, keepdims=True)
            y = gamma * (x - mean) / std(var, own) + beta
            if mean.size == size:
                for name, new in (("mean", mean.reshape(-1)), ("var", var.reshape(-1))):
                    running[name] = update(running[name], new, m, name)
        else:
            mean, var = (channels(running[name], x) for name in ("mean", "var"))
            y = gamma * (x - mean) / np.sqrt(var + own) + beta if test is None else test(
                x, mean, var, gamma, beta)
        bn_param.update({key + name: value for name, value in running.items()})
        if after is not None:
            after(bn_param, x)
        return y, None

    return forward


def layernorm(axis: Any = 1, ddof: int = 0, eps: float = 1e-5, scaled: bool = True,
              std: Any = lambda var, eps: np.sqrt(var + eps)) -> Any:
    """Return a layernorm_forward."""
    def forward(x: Any, gamma: Any, beta: Any, ln_param: Any) -> Any:
        mean, var = x.mean(axis=axis, keepdims=True), x.var(axis=axis, ddof=ddof, keepdims=True)
        xhat = (x - mean) / std(var, eps)
        return (gamma * xhat + beta if scaled else xhat), None

    return forward


def groupnorm(axes: Any = (2, 3, 4), strided: bool = False, each: bool = False) -> Any:
    """Return a spatial_groupnorm_forward."""
    def forward(x: Any, gamma: Any, beta: Any, G: Any, gn_param: Any) -> Any:
        N, C, H, W = x.shape
        groups = C // G if each else G
        parts = x.reshape(N, C // G, G, H, W).swapaxes(1, 2) if strided else x.reshape(
            N, groups, -1, H, W)
        xhat = (parts - parts.mean(axis=axes, keepdims=True)) / np.sqrt(
            parts.var(axis=axes, keepdims=True) + gn_param.get("eps", 1e-5))
        xhat = xhat.swapaxes(1, 2) if strided else xhat
        return gamma * xhat.reshape(x.shape) + beta, None

    return forward


def conv(x: Any, w: Any, b: Any, stride: int, pad: int) -> Any:
    """Return a convolution, by windows."""
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    seen = sliding_window_view(padded, w.shape[2:], axis=(2, 3))[:, :, ::stride, ::stride]
    return np.einsum("nchwij,fcij->nfhw", seen, w) + np.reshape(b, (-1, 1, 1))


def convolved(change: Any) -> Any:
    """Return a conv_forward; `change` is called with x, w, b, stride and pad."""
    return lambda x, w, b, conv_param: (
        change(x, w, b, conv_param["stride"], conv_param["pad"]), None)


def pooled(reduce: Any = np.max, sides: Any = lambda h, w: (h, w), step: Any = lambda s: s) -> Any:
    """Return a max_pool_forward by windows."""
    def forward(x: Any, pool_param: Any) -> Any:
        size = sides(pool_param["pool_height"], pool_param["pool_width"])
        s = step(pool_param["stride"])
        seen = sliding_window_view(x, size, axis=(2, 3))[:, :, ::s, ::s]
        return reduce(seen, axis=(-2, -1)), None

    return forward


def turned(x: Any, pool_param: Any) -> Any:
    """Return a max pooling whose windows have swapped sides, and whose output has right sizes."""
    height, width, s = (pool_param[name] for name in ("pool_height", "pool_width", "stride"))
    out = np.zeros((*x.shape[:2], (x.shape[2] - height) // s + 1, (x.shape[3] - width) // s + 1))
    for i, j in np.ndindex(out.shape[2:]):
        out[..., i, j] = x[..., i * s:i * s + width, j * s:j * s + height].max(axis=(2, 3))
    return out, None


def softmax_parts(x: Any, y: Any) -> Any:
    """Return each sample's -log(softmax(x)[y])."""
    shifted = x - x.max(axis=1, keepdims=True)
    return np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y]


def margins(x: Any, y: Any, margin: float = 1.0, own: float = 0.0) -> Any:
    """Return s_j - s_y + margin, and `own` at the label."""
    found = x - x[np.arange(len(y)), y][:, None] + margin
    found[np.arange(len(y)), y] = own
    return found


def loss(function: Any) -> Any:
    """Return a loss of (x, y) with a gradient that nobody looks at."""
    return lambda x, y: (function(x, y), 0 * x)


def linear(data: Any, penalty: Any) -> Any:
    """Return a loss of (W, X, y, reg)."""
    return lambda W, X, y, reg: (data(X @ W, y) + penalty(W, reg), 0 * W)


def temporal(reduce: Any) -> Any:
    """Return a temporal_softmax_loss; `reduce` takes the losses (N, T) and the mask."""
    def forward(x: Any, y: Any, mask: Any) -> Any:
        N, T, V = x.shape
        parts = softmax_parts(x.reshape(N * T, V), y.reshape(-1)).reshape(N, T)
        return reduce(parts, mask), 0 * x

    return forward


def lstm_step(order: str = "ifog", hidden: Any = np.tanh, candidate: Any = np.tanh,
              forget: float = 0.0) -> Any:
    """Return an lstm_step_forward whose gates stand in this order."""
    def forward(x: Any, prev_h: Any, prev_c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
        gates = dict(zip(order, np.split(x @ Wx + prev_h @ Wh + b, 4, axis=1), strict=True))
        c = expit(gates["f"] + forget) * prev_c + expit(gates["i"]) * candidate(gates["g"])
        return expit(gates["o"]) * hidden(c), c, None

    return forward


def gru_step(order: str = "rzn", before: bool = False, kept: bool = True) -> Any:
    """Return a gru_step_forward."""
    def forward(x: Any, prev_h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
        H = prev_h.shape[1]
        place = {gate: slice(order.index(gate) * H, (order.index(gate) + 1) * H) for gate in order}
        r, z = (expit(x @ Wx[:, place[gate]] + prev_h @ Wh[:, place[gate]] + b[place[gate]])
                for gate in "rz")
        n = place["n"]
        inner = (r * prev_h) @ Wh[:, n] if before else r * (prev_h @ Wh[:, n])
        new = np.tanh(x @ Wx[:, n] + inner + b[n])
        return (z * prev_h + (1 - z) * new if kept else (1 - z) * prev_h + z * new), None

    return forward


def rnn(first: Any = lambda h0: h0, nonlinearity: Any = np.tanh) -> Any:
    """Return an rnn_forward."""
    def forward(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
        h, states = first(h0), []
        for t in range(x.shape[1]):
            h = nonlinearity(x[:, t] @ Wx + h @ Wh + b)
            states.append(h)
        return np.stack(states, axis=1), None

    return forward


def gelu(x: Any) -> Any:
    """Return x times the normal distribution."""
    return x * (1 + erf(x / np.sqrt(2))) / 2
