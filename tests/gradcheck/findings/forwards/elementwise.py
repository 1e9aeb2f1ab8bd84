"""Activations, products and other layers that work element by element."""

from __future__ import annotations

import numpy as np

from tests.gradcheck.findings.cases import backward_of


def relu(x):
    """out = max(x, 0); cache x."""
    return np.maximum(x, 0), x


@backward_of(relu)
def relu_backward(dout, x):
    return dout * (x > 0)


def relu_by_mask(x):
    mask = x > 0
    return x * mask, mask


@backward_of(relu_by_mask)
def relu_by_mask_backward(dout, mask):
    return dout * mask


def leaky_relu(x, slope):
    """out = x where x > 0, else slope x; cache (x, slope)."""
    return np.where(x > 0, x, slope * x), (x, slope)


@backward_of(leaky_relu)
def leaky_relu_backward(dout, x, slope):
    return dout * np.where(x > 0, 1, slope).astype(dout.dtype)


def clipped(x, low, high):
    return np.clip(x, low, high), (x, low, high)


@backward_of(clipped)
def clipped_backward(dout, x, low, high):
    return dout * ((x > low) & (x < high))


def hard_tanh(x):
    return np.clip(x, -1, 1), x


@backward_of(hard_tanh)
def hard_tanh_backward(dout, x):
    return dout * (np.abs(x) < 1)


def hard_sigmoid(x):
    return np.clip(0.2 * x + 0.5, 0, 1), x


@backward_of(hard_sigmoid)
def hard_sigmoid_backward(dout, x):
    return 0.2 * dout * (np.abs(x) < 2.5)


def hard_shrink(x):
    return np.where(np.abs(x) > 0.5, x, 0), x


@backward_of(hard_shrink)
def hard_shrink_backward(dout, x):
    return dout * (np.abs(x) > 0.5)


def tanh(x):
    """out = tanh x; cache (x, out)."""
    out = np.tanh(x)
    return out, (x, out)


@backward_of(tanh)
def tanh_backward(dout, x, out):
    return dout * (1 - out**2)


def sigmoid(x):
    """out = 1 / (1 + exp -x); cache (x, out)."""
    out = 1 / (1 + np.exp(-x))
    return out, (x, out)


@backward_of(sigmoid)
def sigmoid_backward(dout, x, out):
    return dout * out * (1 - out)


def multiply(a, b):
    """out = a b, elementwise; cache (a, b)."""
    return a * b, (a, b)


@backward_of(multiply)
def multiply_backward(dout, a, b):
    return dout * b, dout * a


def maximum(a, b):
    """out = max(a, b), elementwise; cache (a, b)."""
    return np.maximum(a, b), (a, b)


@backward_of(maximum)
def maximum_backward(dout, a, b):
    return dout * (a > b), dout * (b >= a)


def product_of_three(a, b, c):
    return a * b * c, (a, b, c)


@backward_of(product_of_three)
def product_of_three_backward(dout, a, b, c):
    return dout * b * c, dout * a * c, dout * a * b


def logistic_total(x):
    """The scalar sum of log(1 + exp x)."""
    return np.logaddexp(0, x).sum()


def logistic_total_gradient(x):
    return 0.5 + 0.5 * np.tanh(x / 2)
