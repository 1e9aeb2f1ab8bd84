"""Slips in layers with windows that two rules could claim: one fits, and no other of its tier."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from gradcheck import check_layer
from tests.gradcheck.findings.fitting import randn, verdict


def moving_average(x):
    return sliding_window_view(np.pad(x, ((0, 0), (1, 1))), 3, axis=1).mean(axis=-1), None


def average_pool(x):
    return x.reshape(len(x), -1, 2).mean(axis=2), x.shape


def average_pool_at_the_next_window(dout, shape):
    dx = np.zeros(shape)
    dx[:, 2::2] = dout[:, :-1] / 2
    dx[:, 0] = dout[:, -1] / 2
    return dx


def max_pool(x):
    return x.reshape(*x.shape[:2], -1, 2).max(axis=3), x


def max_pool_one_further(dout, x):
    chosen = x == np.repeat(max_pool(x)[0], 2, axis=2)
    dx = np.zeros_like(x)
    dx[:, :, 1:] = (chosen * np.repeat(dout, 2, axis=2))[:, :, :-1]
    return dx


def minus_row_max(x):
    return -x.max(axis=1), x


def minus_row_max_at_the_minimum(dout, x):
    dx = np.zeros_like(x)
    dx[np.arange(len(x)), x.argmin(axis=1)] = -dout
    return dx


def correlate(pad):
    """A correlation of x (N, T), padded, with w (K,)."""
    def forward(x, w):
        padded = np.pad(x, ((0, 0), (pad, pad)))
        return sliding_window_view(padded, len(w), axis=1) @ w, (padded, w)

    return forward


def correlate_back(start, stop, flip=1):
    """Its backward with the padded gradient cropped to these columns."""
    def backward(dout, cache):
        padded, w = cache
        dpadded = np.zeros_like(padded)
        for t in range(dout.shape[1]):
            dpadded[:, t:t + len(w)] += dout[:, t, None] * w[::flip]
        windows = sliding_window_view(padded, len(w), axis=1)
        return dpadded[:, start:stop], np.einsum("nt,ntk->k", dout, windows)

    return backward


CASES = {
    "a share for one input is the diagonal": (
        "diagonal-jacobian-only", moving_average, lambda dout, cache: dout / 3, randn(5, 7)),
    "all of it for one input is misrouted": (
        "pool-misrouted", moving_average, lambda dout, cache: dout.copy(), randn(5, 7)),
    "a share for one input elsewhere is misrouted": (
        "pool-misrouted", average_pool, average_pool_at_the_next_window, randn(3, 8)),
    "a maximum at another place is another choice": (
        "pool-misrouted", max_pool, max_pool_one_further, randn(2, 3, 8)),
    "a maximum with a minus sign has no labels": (
        "pool-misrouted", minus_row_max, minus_row_max_at_the_minimum, randn(5, 7)),
    "a kernel with a zero is flipped": (
        "kernel-flipped", correlate(0), correlate_back(0, None, flip=-1), randn(2, 11),
        np.array([1.0, 0.0, 2.0, 3.0])),
    "a convolution of equal size is cropped": (
        "padding-crop", correlate(1), correlate_back(0, -2), randn(3, 8), randn(3)),
    "a convolution that grows is cropped": (
        "padding-crop", correlate(2), correlate_back(0, -4), randn(3, 8), randn(3)),
    "a sum of neighbours that grows is cropped": (
        "padding-crop", correlate(4), correlate_back(0, -8), randn(3, 9), np.ones(3)),
    "a padded image is cropped at the wrong end of one axis": (
        "padding-crop", lambda x: (np.pad(x, ((0, 0), (1, 1), (1, 1))), None),
        lambda dout, cache: dout[:, :-2, 1:-1], randn(2, 5, 4)),
    "windows two too far without padding are misplaced": (
        "window-misplaced", correlate(0), lambda dout, cache: (
            np.roll(correlate_back(0, None)(dout, cache)[0], 2, axis=1),
            correlate_back(0, None)(dout, cache)[1]), randn(3, 9), randn(3)),
}


@pytest.mark.parametrize("case", CASES)
def test_a_gradient_at_wrong_places_has_one_cause(case):
    code, forward, backward, *args = CASES[case]
    assert verdict(check_layer, forward, backward, *args) == {code}


def test_a_bias_that_keeps_its_last_sample_alone_is_not_overwritten():
    codes = verdict(check_layer, lambda x, b: (x + b, None),
                    lambda dout, cache: (dout, dout[-1]), randn(6, 4), randn(4))
    assert "overlap-overwritten" not in codes
