"""A gradient wrong for a reason of its own."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, backward_of, but, f32, randn
from tests.gradcheck.findings.forwards import course
from tests.gradcheck.findings.forwards import normalization as norm
from tests.gradcheck.findings.forwards.affine import rnn_step
from tests.gradcheck.findings.forwards.elementwise import logistic_total, of_x, sigmoid, tanh
from tests.gradcheck.findings.forwards.losses import cross_entropy, labels, softmax

CASES = Cases("unexplained")

CASES.wrong("rnn_step_forgets_the_tanh", rnn_step,
            lambda dout, x, h, wx, wh, out: (dout @ wx.T, dout @ wh.T, x.T @ dout, h.T @ dout),
            randn(4, 3), randn(4, 5), randn(3, 5), randn(5, 5))


def focal(x, y):
    probs, _ = softmax(x)
    pt = probs[np.arange(len(y)), y]
    return -((1 - pt) ** 2 * np.log(pt)).mean(), (probs, pt, y)


CASES.wrong("focal_weight_taken_for_constant", focal,
            lambda dout, probs, pt, y: ((1 - pt) ** 2)[:, None] * cross_entropy.backward(
                dout, (probs, y)), randn(6, 4), labels(6, 4))


softsign = of_x("softsign", lambda x: x / (1 + np.abs(x)), lambda x: (1 + np.abs(x)) ** -2)
CASES.wrong("softsign_wrong_on_negative_inputs", softsign,
            lambda dout, x: dout / np.where(x < 0, 2 - x, 1 + x) ** 2, randn(6, 7),
            more=[(randn(50, dtype=f32),)])
CASES.wrong("elu_forgets_the_exponential_on_negative_inputs",
            lambda x, alpha: (np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0))), (x, alpha)),
            lambda dout, x, alpha: dout * np.where(x > 0, 1, alpha * (1 + np.minimum(x, 0))),
            randn(5, 8), 0.7)


def gelu(x):
    u = np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + np.tanh(u)), (x, np.tanh(u))


CASES.wrong("gelu_forgets_the_cubic_term", gelu,
            lambda dout, x, t: dout * (0.5 * (1 + t) + 0.5 * x * (1 - t**2) * np.sqrt(2 / np.pi)),
            randn(6, 8), more=[(randn(7, 5, dtype=f32),)])


def swish(x):
    s = 1 / (1 + np.exp(-x))
    return x * s, (x, s)


CASES.wrong("swish_product_rule_with_the_wrong_sign", swish,
            lambda dout, x, s: dout * (s - x * s * (1 - s)), randn(7, 6))
CASES.wrong("tanh_derivative_smoothly_distorted", tanh,
            lambda dout, x, out: dout * (1 - out**2) * (1 + 0.1 * np.sin(3 * x)), randn(8, 5),
            more=[(randn(3, 4, 5, dtype=f32),)])
CASES.gradient("softplus_through_the_arctangent", logistic_total,
               lambda x: 0.5 + np.arctan(x) / np.pi, randn(4, 6))


def glu(x):
    """Gated linear unit: the first half of the features times the sigmoid of the second."""
    a, b = np.split(x, 2, axis=1)
    gate = 1 / (1 + np.exp(-b))
    return a * gate, (a, gate)


CASES.wrong("glu_gate_without_its_sigmoid_derivative", glu,
            lambda dout, a, gate: np.concatenate([dout * gate, dout * a], axis=1), randn(5, 6))
CASES.wrong("power_mean_of_magnitudes", lambda x: (np.sqrt((x**2).mean(axis=1)), x),
            lambda dout, x: dout[:, None] * np.sign(x) * np.sqrt(np.abs(x)) / x.shape[1],
            randn(4, 6))
CASES.gradient("log_cosh_takes_sinh", lambda x: np.log(np.cosh(x)).sum(), np.sinh,
               randn(5, 4))
CASES.wrong("batchnorm_mean_term_not_averaged", course.paper_batchnorm, course.paper_slip(mean=6),
            *norm.arguments(6, 4))
CASES.wrong("batchnorm_mean_term_with_the_wrong_sign", course.paper_batchnorm,
            course.paper_slip(mean=-1), *norm.arguments(6, 4))
CASES.wrong("sigmoid_forgets_its_output", sigmoid, lambda dout, x, out: dout * (1 - out),
            randn(5, 6))
CASES.wrong("shift_that_forward_forgets", lambda x, b: (2 * x, b), lambda dout, b: (
            2 * dout, dout.sum(axis=0)), randn(4, 3), randn(3))


# Later steps see all that earlier ones see: they are no windows, and none is overwritten.
def rnn_dx_without_carry(dh, cache):
    return np.stack([(dh[:, t] * (1 - next_h**2)) @ Wx.T
                     for t, (_, _, Wx, _, next_h) in enumerate(cache)], axis=1)


CASES.wrong("rnn_does_not_carry_back", course.rnn, but(course.rnn, 0, lambda dx, dh, cache: (
            rnn_dx_without_carry(dh, cache))), *course.rnn_args(3, 4, 5, 6),
            more=[course.rnn_args(2, 6, 3, 4, f32)])


def gated(x, h0, Wx, Wh):
    """A recurrent layer of two gates: h = sigmoid(a[:, :H]) tanh(a[:, H:])."""
    h, size, steps = h0, h0.shape[1], []
    for t in range(x.shape[1]):
        a = x[:, t] @ Wx + h @ Wh
        gate, value = 1 / (1 + np.exp(-a[:, :size])), np.tanh(a[:, size:])
        steps.append((x[:, t], h, gate, value))
        h = gate * value
    return np.stack([gate * value for *_, gate, value in steps], axis=1), (steps, Wx, Wh)


def gated_back(slope):
    """Its backward, with a slope of the sigmoid."""
    def backward(dout, steps, Wx, Wh):
        dx, dWx, dWh, dh = [], 0.0, 0.0, 0.0
        for t in reversed(range(len(steps))):
            x, h, gate, value = steps[t]
            dh = dout[:, t] + dh
            da = np.hstack([dh * value * slope(gate), dh * gate * (1 - value**2)])
            dx, dWx, dWh, dh = [da @ Wx.T, *dx], dWx + x.T @ da, dWh + h.T @ da, da @ Wh.T
        return np.stack(dx, axis=1), dh, dWx, dWh

    return backward


backward_of(gated)(gated_back(lambda gate: gate * (1 - gate)))
for steps in (1, 3):
    CASES.wrong(f"gate_without_its_slope_{steps}", gated, gated_back(lambda gate: gate),
                randn(3, steps, 4), randn(3, 5), randn(4, 10), randn(5, 10))

test_first_code, test_right = CASES.tests()
