"""A backward that writes into its caller's dout."""

from tests.gradcheck.findings.cases import Cases, f16, f32, randn
from tests.gradcheck.findings.forwards import course
from tests.gradcheck.findings.forwards.affine import affine, affine_args
from tests.gradcheck.findings.forwards.dropout import dropout, train
from tests.gradcheck.findings.forwards.elementwise import relu, sigmoid

CASES = Cases("dout-mutated")


@CASES.backward(relu, randn(4, 7))
@CASES.backward(relu, randn(2, 3, 5, dtype=f32))
def relu_masks_dout_in_place(dout, x):
    dout[x <= 0] = 0
    return dout


@CASES.backward(dropout, randn(6, 5, dtype=f16), train(0.5, 2))
def dropout_multiplies_dout_in_place(dout, dropout_param, mask):
    dout *= mask
    dout /= 1 - dropout_param["p"]
    return dout


@CASES.backward(sigmoid, randn(3, 6))
def sigmoid_right_but_overwrites_dout(dout, x, out):
    dx = dout * out * (1 - out)
    dout[...] = dx
    return dx


@CASES.backward(affine, *affine_args(5, 4, 3))
def affine_sorts_dout_after_use(dout, cache):
    gradients = affine.backward(dout, cache)
    dout.sort(axis=0)
    return gradients


@CASES.backward(course.rnn, *course.rnn_args(3, 4, 5, 6))
def rnn_carries_inside_dh(dh, cache):
    dx, dh0, *weights = course.rnn.backward(dh, cache)
    dh[:, 0] += dh0 @ cache[0][3]
    return dx, dh0, *weights


test_first_code, test_right = CASES.tests()
