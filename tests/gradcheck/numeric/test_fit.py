"""Where no single step tells a derivative, many values do: deep nets at small weights."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck import check_net
from gradcheck.equal import BOUNDS
from gradcheck.numeric.fit import fitted
from nets import FullyConnectedNet

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((8, 15)), RNG.integers(0, 4, 8)


class Deep(FullyConnectedNet):
    """A net of four hidden layers at the default scale, the first gradient times a factor."""

    def __init__(self, factor, seed=0):
        super().__init__([10] * 4, input_dim=15, num_classes=4, dtype=np.float64,
                         rng=np.random.default_rng(seed))
        self.factor = factor

    def loss(self, X, y):
        value, grads = super().loss(X, y)
        return value, {**grads, "W1": grads["W1"] * self.factor}


@pytest.mark.parametrize("seed", [0, 1])
def test_a_right_deep_net_passes_at_the_default_scale(seed):
    assert check_net(Deep(1.0, seed), X, Y, progress=False).passed


@pytest.mark.parametrize("factor", [0.5, -1.0])
def test_a_wrong_first_gradient_of_a_deep_net_fails(factor):
    assert check_net(Deep(factor), X, Y, progress=False).status == "failed"


def test_a_function_that_does_not_move_is_nothing_that_fails_a_slope():
    fit = fitted(lambda t: (1e20 + np.tanh(t)) - 1e20, 2.0**14, 1e-3, lambda fit: False)
    assert not fit.surely(1.0)


def test_a_fit_to_one_side_stands_where_the_corner_lies_on_the_other():
    def change(t):
        return 2.0**38 + t + 0.4 * max(0.0, -t - 0.008) - 2.0**38

    def agrees(fit):
        return abs(fit.value - 1) <= BOUNDS * fit.bound

    found = fitted(change, 2.0**-14, 2.5e-4, agrees)
    assert agrees(found)
    assert found.bound <= 2.5e-4


def test_values_that_stay_the_same_bound_the_slope_by_their_last_place():
    found = fitted(lambda t: 0.0, 1e-9, 1e-6)
    assert found.value == 0
    assert BOUNDS * found.bound * found.step == pytest.approx(1e-9)
