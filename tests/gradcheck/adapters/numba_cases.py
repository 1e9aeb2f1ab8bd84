"""Compiled layers that are wrong, each beside its right twin."""

from __future__ import annotations

import numpy as np
import pytest

from tests.gradcheck.adapters.cases import Case, normal

numba = pytest.importorskip("numba",
                            reason="numba is not installed: pip install 'maskgrad[peers]'")
SIZE, STRIDE = 3, 1


@numba.njit
def pool_forward(x):
    rows = (x.shape[0] - SIZE) // STRIDE + 1
    out, places = np.empty(rows), np.empty(rows, np.int64)
    for i in range(rows):
        places[i] = i * STRIDE + np.argmax(x[i * STRIDE:i * STRIDE + SIZE])
        out[i] = x[places[i]]
    return out, (places, x.shape[0])


@numba.njit
def pool_backward(dout, cache):
    places, size = cache
    dx = np.zeros(size)
    for i in range(places.shape[0]):
        dx[places[i]] += dout[i]
    return dx


@numba.njit
def pool_overwriting_backward(dout, cache):
    places, size = cache
    dx = np.zeros(size)
    for i in range(places.shape[0]):
        dx[places[i]] = dout[i]
    return dx


@numba.njit
def softmax_forward(x):
    out = np.empty_like(x)
    for i in range(x.shape[0]):
        row = np.exp(x[i] - np.max(x[i]))
        out[i] = row / np.sum(row)
    return out, out


@numba.njit
def softmax_backward(dout, out):
    dx = np.empty_like(out)
    for i in range(out.shape[0]):
        dx[i] = out[i] * (dout[i] - np.sum(dout[i] * out[i]))
    return dx


@numba.njit
def softmax_diagonal_backward(dout, out):
    dx = np.empty_like(out)
    for i in range(out.shape[0]):
        dx[i] = out[i] * (1 - out[i]) * dout[i]
    return dx


@numba.njit
def causal_forward(x, w):
    out = np.zeros_like(x)
    for t in range(x.shape[0]):
        for k in range(min(t + 1, w.shape[0])):
            out[t] += w[k] * x[t - k]
    return out, (x, w)


@numba.njit
def causal_backward(dout, cache):
    x, w = cache
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for t in range(x.shape[0]):
        for k in range(min(t + 1, w.shape[0])):
            dx[t - k] += w[k] * dout[t]
            dw[k] += x[t - k] * dout[t]
    return dx, dw


@numba.njit
def causal_misaligned_backward(dout, cache):
    x, w = cache
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for t in range(x.shape[0]):
        for k in range(min(t + 1, w.shape[0])):
            dx[t - k] += w[k] * dout[t]
            dw[k] += x[t] * dout[t]
    return dx, dw


@numba.njit
def distance_forward(x, y):
    gaps = x - y
    return 0.5 * np.sum(gaps ** 2) * np.ones(1), gaps


@numba.njit
def distance_backward(dout, gaps):
    return dout[0] * gaps, -dout[0] * gaps


@numba.njit
def distance_unsigned_backward(dout, gaps):
    return dout[0] * gaps, dout[0] * gaps


ISSUES = "https://github.com/{}"
CASES = [
    Case((pool_forward, pool_overwriting_backward), (pool_forward, pool_backward), normal(9),
         "samples-ignored", "x", ISSUES.format("FluxML/NNlib.jl/issues/205"),
         "dx[places[i]] = dout[i]"),
    Case((softmax_forward, softmax_diagonal_backward), (softmax_forward, softmax_backward),
         normal((3, 4)), "diagonal-jacobian-only", "x",
         ISSUES.format("HomericIntelligence/Odyssey/issues/2134")),
    Case((causal_forward, causal_misaligned_backward), (causal_forward, causal_backward),
         normal(8, 3), "unexplained", "w",
         ISSUES.format("fla-org/flash-linear-attention/pull/388"), "dw[k] += x[t] * dout[t]"),
    Case((distance_forward, distance_unsigned_backward), (distance_forward, distance_backward),
         normal((3, 4), (3, 4)), "sign-flipped", "y", ISSUES.format("jax-ml/jax/pull/3031"),
         "return dout[0] * gaps, dout[0] * gaps"),
]
