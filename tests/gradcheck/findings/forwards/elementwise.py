"""Activations, products and other layers that work element by element."""

from __future__ import annotations

import numpy as np

from tests.gradcheck.findings.cases import backward_of, paired


def of_x(name, f, df):
    """A layer x -> f(x) with the derivative df; cache x."""
    return paired(name, lambda x: (f(x), x), lambda dout, x: dout * df(x))


relu = of_x("relu", lambda x: np.maximum(x, 0), lambda x: x > 0)
hard_tanh = of_x("hard_tanh", lambda x: np.clip(x, -1, 1), lambda x: np.abs(x) < 1)
hard_sigmoid = of_x("hard_sigmoid", lambda x: np.clip(0.2 * x + 0.5, 0, 1),
                    lambda x: 0.2 * (np.abs(x) < 2.5))
hard_shrink = of_x("hard_shrink", lambda x: np.where(np.abs(x) > 0.5, x, 0),
                   lambda x: np.abs(x) > 0.5)
relu_by_mask = paired("relu_by_mask", lambda x: (x * (x > 0), x > 0),
                      lambda dout, mask: dout * mask)
leaky_relu = paired("leaky_relu", lambda x, slope: (np.where(x > 0, x, slope * x), (x, slope)),
                    lambda dout, x, slope: dout * np.where(x > 0, 1, slope).astype(dout.dtype))
clipped = paired("clipped", lambda x, low, high: (np.clip(x, low, high), (x, low, high)),
                 lambda dout, x, low, high: dout * ((x > low) & (x < high)))
multiply = paired("multiply", lambda a, b: (a * b, (a, b)), lambda dout, a, b: (dout * b, dout * a))
maximum = paired("maximum", lambda a, b: (np.maximum(a, b), (a, b)),
                 lambda dout, a, b: (dout * (a > b), dout * (b >= a)))
product_of_three = paired("product_of_three", lambda a, b, c: (a * b * c, (a, b, c)),
                          lambda dout, a, b, c: (dout * b * c, dout * a * c, dout * a * b))


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


def logistic_total(x):
    """The scalar sum of log(1 + exp x)."""
    return np.logaddexp(0, x).sum()
