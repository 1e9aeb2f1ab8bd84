"""A few wrong elements among many right ones."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, backward_of, f16, f32, paired, randn
from tests.gradcheck.findings.forwards.affine import affine, to_channels_last
from tests.gradcheck.findings.forwards.dropout import dropout, train
from tests.gradcheck.findings.forwards.elementwise import logistic_total, maximum, relu, tanh
from tests.gradcheck.findings.forwards.nets import spoiled_net
from tests.gradcheck.findings.forwards.normalization import layernorm

CASES = Cases("isolated-elements")


def at(where, factor, forward, place=0):
    """Return forward's backward with some elements of one gradient times a factor."""

    def backward(dout, cache):
        gradients = forward.backward(dout, cache)
        gradient = np.array(gradients[place] if isinstance(gradients, tuple) else gradients)
        gradient[where] *= factor
        return gradient if not isinstance(gradients, tuple) else (
            *gradients[:place], gradient, *gradients[place + 1:])

    return backward


weigh = paired("weigh", lambda x, w: (x * w, (x, w)),
               lambda dout, x, w: (dout * w, (dout * x).sum(axis=0)))


@CASES.backward(dropout, randn(64, 64), train(0.3))
def dropout_one_element_among_4096(dout, dropout_param, mask):
    dx = dout * mask / (1 - dropout_param["p"])
    dx[17, 42] += 56 * dout[17, 42]
    return dx


spoiled_net(CASES, "one_weight_among_hundreds",
            lambda net, grads: np.add.at(grads["W1"], (7, 11), 0.5), 20, 30, 10, n=9)


@CASES.backward(relu, randn(64, 64))
@CASES.backward(relu, randn(4096, dtype=f32))
def relu_one_element_among_4096(dout, x):
    dx = dout * (x > 0)
    dx.reshape(-1)[1234] += 56 * dout.reshape(-1)[1234]
    return dx


CASES.wrong("tanh_one_element_half_off", tanh, at((3, 14, 15), 0.5, tanh),
            randn(16, 16, 16, dtype=f32))
CASES.wrong("tanh_loop_misses_the_last_element", tanh, at(-1, 0, tanh), randn(1024))
CASES.wrong("tanh_three_elements_with_the_wrong_sign", tanh,
            at(([3, 17, 38], [20, 0, 11]), -1, tanh), randn(40, 25))
CASES.wrong("affine_corner_of_dw_counted_three_times", affine, at((0, 0), 3, affine, 1),
            randn(6, 20), randn(20, 30), randn(30),
            more=[(randn(5, 16, dtype=f32), randn(16, 24, dtype=f32), randn(24, dtype=f32))])
CASES.wrong("layernorm_one_element_of_dgamma_doubled", layernorm, at(9, 2, layernorm, 1),
            randn(6, 16), 1 + 0.1 * randn(16), randn(16, seed=1), {"eps": 1e-5})
CASES.wrong("channels_corner_lost", to_channels_last, at((0, 0, 0, 0), 0, to_channels_last),
            randn(2, 3, 8, 8, dtype=f32))
# Right layers may be off by a rounding of the largest element, not by all of a small one.
CASES.wrong("weigh_doubles_one_small_element", weigh, at((2, 5), 2, weigh), randn(6, 8),
            np.where(np.arange(8) == 5, 1e-7, 1 + randn(8) ** 2),
            more=[(randn(6, 8, dtype=f32),
                   np.where(np.arange(8) == 5, 1e-3, 1 + randn(8) ** 2).astype(f32))])
# One row off by a common factor: few elements wrong, or that part scaled.
CASES.wrong("affine_one_row_of_dw_off_by_a_thousandth", affine, at(11, 1.001, affine, 1),
            randn(5, 24), randn(24, 7), randn(7), also=("scaled",),
            more=[(randn(4, 18, dtype=f32), randn(18, 5, dtype=f32), randn(5, dtype=f32))])
CASES.wrong("tanh_last_sample_off_by_a_half", tanh, at(-1, 1.5, tanh), randn(12, 9),
            also=("scaled",))


@CASES.backward(dropout, randn(30, 40, dtype=f16), train(0.5, 4))
def dropout_two_elements_doubled(dout, dropout_param, mask):
    dx = dout * mask / (1 - dropout_param["p"])
    kept = np.flatnonzero(mask)[[10, 200]]
    dx.reshape(-1)[kept] *= 2
    return dx


def gram(a):
    """The products of all rows of a square matrix."""
    return a @ a.T, a


@backward_of(gram)
def gram_backward(dout, a):
    return (dout + dout.T) @ a


for size in (5, 6):
    CASES.wrong("gram_loses_the_diagonal", gram, lambda dout, a: (
                gram.backward(dout, a) * (1 - np.eye(len(a)))), randn(size, size))

NEAR_ZERO = np.array([0.0, 1e-6, -1e-6, 1e-9, -1e-9, 0.5, -0.5, 3e-7, -2e-8, 1.0, 0.0, -2.0])
# Any value from 0 to 1 is defensible at a kink of relu; 2 and -1 are not.
CASES.wrong("relu_counts_zero_twice", relu, lambda dout, x: dout * np.heaviside(x, 2.0),
            np.where(np.arange(40) % 13 == 5, 0.0, randn(40)),
            more=[(np.where(np.arange(60) % 17 == 5, 0, randn(60)).astype(f32),)])
CASES.wrong("relu_slope_minus_one_at_zero", relu,
            lambda dout, x: dout * np.where(x == 0, -1.0, x > 0),
            np.where(np.arange(48) % 19 == 7, 0.0, randn(48)).reshape(6, 8))
CASES.right(relu, NEAR_ZERO, name="relu_closed_at_zero",
            more=[(NEAR_ZERO.astype(f32).reshape(3, 4),)])
CASES.right(relu, NEAR_ZERO, backward=lambda dout, x: dout * (x >= 0), name="relu_open_at_zero")
CASES.right(relu, np.round(randn(6, 7)), backward=lambda dout, x: dout * np.heaviside(x, 0.5),
            name="relu_half_open_at_zero")
TIED = np.where(np.arange(30) % 7 == 3, 0.5, randn(30))


# Four places in thirty are few, but hardly isolated.
@CASES.backward(maximum, TIED, np.where(TIED == 0.5, 0.5, randn(30, seed=1)), also=("unexplained",))
def maximum_pays_ties_three_times(dout, a, b):
    tie = 3.0 * (a == b)
    return dout * ((a > b) + tie), dout * ((b > a) + tie)


def softplus_one_element_off(x):
    dx = 1 / (1 + np.exp(-x))
    dx[20, 3] += 0.25
    return dx


CASES.gradient("softplus_one_element_off", logistic_total, softplus_one_element_off, randn(25, 20))

test_first_code, test_right = CASES.tests()
