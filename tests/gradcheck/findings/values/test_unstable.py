"""Layers that are right at small numbers, and overflow at large ones."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, backward_of, randn

CASES = Cases("unstable")
LARGE = {"examples": [(1e3 * randn(4, 6),)]}


def sigmoid(x):
    out = 0.5 * (1 + np.tanh(x / 2))
    return out, out


@backward_of(sigmoid)
def sigmoid_backward(dout, out):
    return dout * out * (1 - out)


def quotient(x):
    with np.errstate(all="ignore"):
        out = np.exp(x) / (1 + np.exp(x))
    return out, out


def softplus(x):
    with np.errstate(all="ignore"):
        return np.log(1 + np.exp(x)), x


def stable_softplus(x):
    return np.logaddexp(0, x), x


@backward_of(stable_softplus)
def softplus_backward(dout, x):
    return dout * sigmoid(x)[0]


def overflowing_backward(dout, x):
    with np.errstate(all="ignore"):
        return dout * np.exp(x) / (1 + np.exp(x))


def softmax(x):
    with np.errstate(all="ignore"):
        e = np.exp(x)
        out = e / e.sum(axis=1, keepdims=True)
    return out, out


def softmax_backward(dout, out):
    return out * (dout - (dout * out).sum(axis=1, keepdims=True))


CASES.wrong("sigmoid_as_a_quotient", quotient, sigmoid_backward, randn(4, 6), **LARGE)
CASES.wrong("softplus_by_its_formula", softplus, softplus_backward, randn(4, 6), **LARGE)
CASES.wrong("softplus_backward_overflows", stable_softplus, overflowing_backward, randn(4, 6),
            **LARGE)
CASES.wrong("softmax_without_its_maximum", softmax, softmax_backward, randn(4, 6), **LARGE)
CASES.right(sigmoid, randn(4, 6), **LARGE)

test_first_code, test_right = CASES.tests()
