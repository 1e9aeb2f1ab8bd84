"""Arrays that need no gradient: masks, and weights beside labels; backward may leave them out."""

import numpy as np
import pytest

from gradcheck import check_layer


def masked_forward(x, mask):
    return x * mask, mask


def only_dx(dout, mask):
    return dout * mask


def dx_and_none(dout, mask):
    return dout * mask, None


X = np.random.default_rng(0).standard_normal((3, 4))
MASK = (X > 0).astype(float)


@pytest.mark.parametrize("backward", [only_dx, dx_and_none])
@pytest.mark.parametrize("forward", [masked_forward, lambda x, kept: masked_forward(x, kept)])
def test_a_mask_of_zeros_and_ones_need_have_no_gradient(forward, backward):
    report = check_layer(forward, backward, X, MASK)
    assert report.passed
    assert not report.findings


def test_a_gradient_of_a_mask_that_is_returned_is_judged():
    def forward(x, mask):
        return x * mask, (x, mask)

    def backward(dout, cache):
        x, mask = cache
        return dout * mask, 2 * dout * x

    report = check_layer(forward, backward, X, MASK)
    assert [(found.code, found.argument) for found in report.findings] == [("scaled", "mask")]


def weighted_forward(x, y, weight):
    return (x[np.arange(len(x)), y] * weight[y]).sum(), (x, y, weight)


def weighted_backward(dout, cache):
    x, y, weight = cache
    dx = np.zeros_like(x)
    dx[np.arange(len(x)), y] = dout * weight[y]
    return dx


def test_weights_beside_labels_need_have_no_gradient():
    assert check_layer(weighted_forward, weighted_backward, X, np.array([0, 3, 1]),
                       np.array([0.5, 1.0, 2.0, 3.0])).passed


@pytest.mark.parametrize(("gamma", "beta"), [(np.ones(4), np.zeros(4)), (X[0], X[1])])
def test_a_parameters_gradient_is_asked_for_whatever_it_starts_at(gamma, beta):
    report = check_layer(lambda x, weight, bias: (x * weight + bias, (x, weight)),
                         lambda dout, cache: dout * cache[1], X, gamma, beta)
    assert report.findings[0].code == "wrong-shape"
