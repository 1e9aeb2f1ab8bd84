"""A layer that overwrites its own arguments."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, f16, f32, randn
from tests.gradcheck.findings.forwards.affine import affine, affine_args
from tests.gradcheck.findings.forwards.elementwise import relu
from tests.gradcheck.findings.forwards.losses import softmax

CASES = Cases("input-mutated")


@CASES.forward(relu.backward, randn(5, 6))
@CASES.forward(relu.backward, randn(3, 4, 2, dtype=f32))
def relu_clears_its_input(x):
    out = x
    out[out < 0] = 0
    return out, x


@CASES.forward(softmax.backward, randn(4, 5))
def softmax_subtracts_the_maximum_in_place(x):
    x -= x.max(axis=1, keepdims=True)
    return softmax(x)


def restore_the_mean_backward(dout, cache):
    x, mu = cache
    x += mu
    return dout - dout.mean(axis=0)


@CASES.forward(restore_the_mean_backward, np.round(64 * randn(8, 3)))
def centre_borrows_the_input_until_backward(x):
    mu = x.mean(axis=0)
    x -= mu
    return x.copy(), (x, mu)


@CASES.forward(lambda dout, mask: dout * mask, randn(6, 6, dtype=f16))
def dropout_masks_in_place(x):
    mask = np.random.default_rng(1).random(x.shape) > 0.5
    x *= mask
    return x, mask


# The weights are the caller's array and the cache's at once.
@CASES.backward(affine, *affine_args(4, 5, 3), also=("cache-mutated",))
@CASES.backward(affine, *affine_args(6, 3, 4, f32), also=("cache-mutated",))
def affine_steps_the_weights_in_backward(dout, cache):
    _, w, _ = cache
    gradients = affine.backward(dout, cache)
    w -= 0.1 * gradients[1]
    return gradients


test_first_code, test_right = CASES.tests()
