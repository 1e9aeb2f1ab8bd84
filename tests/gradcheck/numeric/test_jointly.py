"""Arguments that move together: what is right is confirmed at once, what is wrong is found."""

import numpy as np
import pytest

from gradcheck.run.along import check_layer_along

RNG = np.random.default_rng(0)
X, W, B = RNG.normal(size=(4, 6)), RNG.normal(size=(6, 5)), RNG.normal(size=5)


def centred(x, w, b):
    """An affine layer whose bias the mean takes away again."""
    out = x @ w + b
    return out - out.mean(axis=0), (x, w)


def backward(dout, cache):
    x, w = cache
    d = dout - dout.mean(axis=0)
    return d @ w.T, x.T @ d, d.sum(axis=0)


def judged(changed):
    return check_layer_along(centred, lambda dout, cache: changed(*backward(dout, cache)),
                             (X, W, B), directions=3)


def test_three_arguments_cost_what_one_would():
    report = judged(lambda dx, dw, db: (dx, dw, db))
    assert report.passed
    assert [entry.directions for entry in report.arguments] == [3, 3, 3]
    one = check_layer_along(lambda x: (x @ W, x), lambda dout, x: dout @ W.T, (X,), directions=3)
    assert report.evaluations == one.evaluations


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("size", [1e-2, 1e-5])
def test_one_wrong_argument_among_three_is_found_and_no_other(place, size):
    def changed(*gradients):
        return tuple(gradient + (i == place) * size for i, gradient in enumerate(gradients))

    assert [finding.argument for finding in judged(changed).findings] == [["x", "w", "b"][place]]
