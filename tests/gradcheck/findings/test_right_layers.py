"""Right layers that no code is the slip of: extreme scales, kinks, mixing, the package's own."""

from __future__ import annotations

import numpy as np
from scipy.special import erf, expit, logsumexp

import layers
import nets
from tests.gradcheck.findings.cases import PASSED, Cases, f16, f32, randn
from tests.gradcheck.findings.forwards.affine import affine, affine_args
from tests.gradcheck.findings.forwards.elementwise import of_x
from tests.gradcheck.findings.forwards.losses import softmax
from tests.gradcheck.findings.forwards.nets import right_net

CASES = Cases(PASSED)


def elementwise(name, f, df, *inputs):
    """Register the layer f with its derivative df at some inputs."""
    for x in inputs:
        CASES.right(of_x(name, f, df), x)


elementwise("absolute", np.abs, np.sign, randn(4, 6), np.array(
    [0.0, 1e-6, -1e-6, 1e-9, -1e-9, 0.5, -0.5, 3e-7, -2e-8, 1.0, 0.0, -2.0]))
elementwise("staircase", np.floor, np.zeros_like, 3 * randn(4, 5))
elementwise("fast_sine", lambda x: np.sin(50 * x), lambda x: 50 * np.cos(50 * x), randn(5, 6),
            randn(7, 3, dtype=f32))
elementwise("steep_exponential", lambda x: np.exp(20 * x), lambda x: 20 * np.exp(20 * x),
            randn(4, 6))
elementwise("fifth_power", lambda x: x**5, lambda x: 5 * x**4, randn(6, 5), 1e6 * randn(3, 5),
            1e-8 * randn(4, 3))
elementwise("logarithm", np.log, lambda x: 1 / x, np.geomspace(0.05, 1e3, 12).reshape(3, 4),
            np.exp(6 * randn(4, 8)), np.exp(3 * randn(6, 4)).astype(f32),
            np.exp(6 * randn(4, 6, seed=30)).astype(f32),
            np.exp(6 * randn(4, 6, seed=48)).astype(f32),
            np.exp(3 * randn(4, 6, seed=82)).astype(f32))
elementwise("square_root", np.sqrt, lambda x: 0.5 / np.sqrt(x), np.exp(6 * randn(4, 4)),
            np.exp(3 * randn(3, 7)))
elementwise("inverse", lambda x: 1 / x, lambda x: -1 / x**2, np.array([0.01, -0.02, 1.0, 30.0]))
elementwise("gaussian_cdf", lambda x: 0.5 * (1 + erf(x / np.sqrt(2))),
            lambda x: np.exp(-x**2 / 2) / np.sqrt(2 * np.pi), randn(30))
elementwise("log_cosh", lambda x: np.logaddexp(x, -x) - np.log(2), np.tanh, 5 * randn(4, 7))
elementwise("signed_root", lambda x: np.sign(x) * np.sqrt(np.abs(x)),
            lambda x: 1 / (2 * np.sqrt(np.abs(x))), randn(4, 5))
elementwise("logistic", expit, lambda x: expit(x) * expit(-x), randn(6, 6, dtype=f16),
            np.array([-800.0, -40.0, -3.0, 0.0, 5.0, 36.0, 800.0]),
            np.array([-300.0, -90.0, -20.0, 1.0, 18.0, 200.0], dtype=f32))

CASES.right(lambda x: (logsumexp(x, axis=1), x), 100 * randn(4, 5), name="logsumexp",
            backward=lambda dout, x: dout[:, None] * np.exp(x - logsumexp(x, 1, keepdims=True)))


def cosine_similarity(a, b):
    na, nb = np.sqrt(np.vdot(a, a)), np.sqrt(np.vdot(b, b))
    return np.vdot(a, b) / (na * nb), (a, b, na, nb)


def cosine_similarity_backward(dout, a, b, na, nb):
    cos = np.vdot(a, b) / (na * nb)
    return dout * (b / (na * nb) - cos * a / na**2), dout * (a / (na * nb) - cos * b / nb**2)


CASES.right(cosine_similarity, randn(3, 5), randn(3, 5, seed=1),
            backward=cosine_similarity_backward)


def read_only(array):
    array.flags.writeable = False
    return array


CASES.right(affine, randn(3, 2, 4), randn(8, 5), randn(5), more=[
    affine_args(30, 60, 40, f32), affine_args(5, 24, 6, f16), affine_args(1, 1, 1),
    (1e6 * randn(4, 5), 1e-8 * randn(5, 3), randn(3)),
    (read_only(randn(4, 3)), np.asfortranarray(randn(3, 5)), randn(10)[::2]),
    (np.zeros((3, 4)), np.zeros((4, 2)), np.zeros(2))])

KNOTS = np.array([-2.0, -0.5, 0.0, 1.0, 3.0])


def interpolate(x, heights):
    return np.interp(x, KNOTS, heights), (x, heights)


def interpolate_backward(dout, x, heights):
    i = np.clip(np.searchsorted(KNOTS, x, side="right") - 1, 0, len(KNOTS) - 2)
    width = KNOTS[i + 1] - KNOTS[i]
    t = (x - KNOTS[i]) / width
    dheights = np.zeros_like(heights)
    np.add.at(dheights, i, dout * (1 - t))
    np.add.at(dheights, i + 1, dout * t)
    return dout * (heights[i + 1] - heights[i]) / width, dheights


CASES.right(interpolate, np.array([-1.0, -0.5, 0.3, 0.0, 2.5, 0.9999999, -1.9]), randn(5),
            backward=interpolate_backward)


def attention(q, k, v, causal):
    scores = q @ k.T / np.sqrt(q.shape[1])
    if causal:
        scores = np.where(np.tri(len(q), len(k), dtype=bool), scores, -np.inf)
    weights, _ = softmax(scores)
    return weights @ v, (q, k, v, weights)


def attention_backward(dout, q, k, v, weights):
    dscores = softmax.backward(dout @ v.T, weights) / np.sqrt(q.shape[1])
    return dscores @ k, dscores.T @ q, weights.T @ dout


CASES.right(attention, randn(5, 4), randn(5, 4, seed=1), randn(5, 3), True,
            backward=attention_backward, more=[
    (randn(4, 6, dtype=f32), randn(7, 6, dtype=f32), randn(7, 2, dtype=f32), False),
    *((10 * randn(5, 4, seed=seed), 3 * randn(6, 4, seed=seed), randn(6, 2), False)
      for seed in (0, 1000, 3000))])


def lstm_step(x, h, c, wx, wh, b):
    i, f, o, g = np.split(x @ wx + h @ wh + b, 4, axis=1)
    i, f, o, g = expit(i), expit(f), expit(o), np.tanh(g)
    tc = np.tanh(f * c + i * g)
    return o * tc, (x, h, c, wx, wh, i, f, o, g, tc)


def lstm_step_backward(dout, x, h, c, wx, wh, i, f, o, g, tc):
    dc = dout * o * (1 - tc**2)
    da = np.concatenate([dc * g * i * (1 - i), dc * c * f * (1 - f), dout * tc * o * (1 - o),
                         dc * i * (1 - g**2)], axis=1)
    return da @ wx.T, da @ wh.T, dc * f, x.T @ da, h.T @ da, da.sum(axis=0)


CASES.right(lstm_step, randn(3, 4), randn(3, 5), randn(3, 5, seed=1), randn(4, 20), randn(5, 20),
            randn(20), backward=lstm_step_backward)

CASES.right(lambda x, a, z: (np.einsum("ni,kij,nj->nk", x, a, z), (x, a, z)), randn(4, 3),
            randn(5, 3, 2), randn(4, 2), name="bilinear", backward=lambda dout, x, a, z: (
    np.einsum("nk,kij,nj->ni", dout, a, z), np.einsum("nk,ni,nj->kij", dout, x, z),
    np.einsum("nk,ni,kij->nj", dout, x, a)))
# A neighbour matters only where it is large: a rare dependence that probing can overlook.
CASES.right(lambda x: (x + np.maximum(np.roll(x, 1, axis=1) - 1.5, 0), x), randn(5, 40),
            name="rarely_open_gate", backward=lambda dout, x: (
    dout + np.roll(dout * (np.roll(x, 1, axis=1) > 1.5), -1, axis=1)))


def solve(a, b):
    x = np.linalg.solve(a, b)
    return x, (a, x)


def solve_backward(dout, a, x):
    db = np.linalg.solve(a.T, dout)
    return -db @ x.T, db


CASES.right(solve, 4 * np.eye(4) + randn(4, 4), randn(4, 2), backward=solve_backward)
CASES.right(lambda x: (x.astype(np.float64).mean(axis=0).astype(x.dtype), x),
            randn(20, 3, dtype=f32), name="mean_in_double",
            backward=lambda dout, x: np.broadcast_to(dout / len(x), x.shape))


def buffered_tanh(x):
    out = np.zeros(x.shape)  # a float64 buffer drops an imaginary part
    out[...] = np.tanh(x)
    return out, out


def picky_square(x):
    if x.dtype.kind != "f":
        raise TypeError(f"x: expected floats, got {x.dtype}")
    return x**2, x


def masked_mean(x, valid, how):
    total = np.where(valid, x, 0).sum(axis=1)
    return total / valid.sum(axis=1) if how == "mean" else total, valid


CASES.right(buffered_tanh, randn(6, 5), backward=lambda dout, out: dout * (1 - out**2))
CASES.right(picky_square, randn(5, 3), backward=lambda dout, x: 2 * x * dout)
CASES.right(masked_mean, randn(3, 5), np.arange(15).reshape(3, 5) % 4 != 2, "mean",
            backward=lambda dout, valid: dout[:, None] * valid / valid.sum(axis=1, keepdims=True))
CASES.right(lambda x: (x, None), randn(4, 5), backward=lambda dout, _: dout, name="identity")
CASES.right(lambda x, w: (2 * x, w.shape), randn(3, 4), randn(5), name="unused_argument",
            backward=lambda dout, shape: (2 * dout, np.zeros(shape)))
CASES.right(lambda x, w: (x * w, (x, w)), randn(6) * 10.0 ** np.array([-8, 6, 0, -4, 3, 5]),
            randn(6, seed=1), backward=lambda dout, x, w: (dout * w, dout * x), name="mixed_scales")
CASES.right(lambda x: (float(np.sum(x**2)), x), randn(7, 3), name="python_float_output",
            backward=lambda dout, x: 2 * dout * x)
CASES.right(lambda x, gain, power: (gain * x**power, (x, gain, power)), 1 + randn(4, 4) ** 2, 2.5,
            3, wrt=[0], name="scalar_arguments",
            backward=lambda dout, x, gain, power: dout * gain * power * x ** (power - 1))

X, Y = randn(12, 4), np.arange(12) % 3


def regression(w):
    return layers.softmax_loss(X @ w, Y)[0]


def regression_gradient(w):
    return X.T @ layers.softmax_loss(X @ w, Y)[1]


def rosenbrock(x):
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def rosenbrock_gradient(x):
    gap = 200 * (x[1:] - x[:-1] ** 2)
    return np.append(-2 * gap * x[:-1] - 2 * (1 - x[:-1]), 0) + np.append(0, gap)


CASES.gradient("dict_of_parameters", lambda p: 0.5 * sum((v**2).sum() for v in p.values()),
               lambda p: {k: 1.0 * v for k, v in p.items()},
               {"W1": randn(4, 3), "b1": randn(3), "scale": np.array(2.0)})
CASES.gradient("logistic_regression", regression, regression_gradient, randn(4, 3))
CASES.gradient("gradient_as_an_array", regression, regression_gradient(randn(4, 3)), randn(4, 3))
CASES.gradient("rosenbrock", rosenbrock, rosenbrock_gradient, randn(8))
CASES.gradient("absolute_deviation", lambda x: np.abs(x).sum(), np.sign, randn(30, dtype=f32))
CASES.gradient("norm_of_a_tiny_vector", np.linalg.norm, lambda x: x / np.linalg.norm(x),
               1e-6 * randn(5))

ROWS, SCALE, SHIFT = randn(6, 5), 1 + randn(5) ** 2, randn(5)


def train(**entries):
    return {"mode": "train", **entries}


for name, *args in [
    ("affine", randn(4, 2, 3), randn(6, 5), randn(5)),
    ("relu", randn(5, 7, dtype=f32)),
    ("elu", randn(4, 6)),
    ("leaky_relu", np.round(randn(5, 6))),
    ("sigmoid", 300 * randn(4, 5)),
    ("tanh", randn(3, 4, dtype=f16)),
    ("gelu", 3 * randn(6, 4)),
    ("silu", randn(5, 5, dtype=f32)),
    ("softplus", 50 * randn(4, 4)),
    ("dropout", randn(7, 6), train(p=0.3, seed=5)),
    ("dropout", randn(7, 6, dtype=f16), train(p=0.6, seed=6)),
    ("dropout", randn(4, 6), {"mode": "test", "p": 0.3}),
    ("vanilla_dropout", randn(5, 6), {"mode": "test", "p": 0.3}),
    ("vanilla_dropout", randn(5, 6, dtype=f32), train(p=0.3, seed=2)),
    ("batchnorm", ROWS, SCALE, SHIFT, train()),
    ("batchnorm", randn(2, 5, dtype=f32), SCALE.astype(f32), SHIFT.astype(f32), train()),
    ("batchnorm", ROWS, SCALE, SHIFT, {"mode": "test", "running_mean": randn(5),
                                       "running_var": 1 + randn(5) ** 2}),
    ("layernorm", 500 * randn(4, 2, dtype=f32), np.ones(2, f32), np.zeros(2, f32), {}),
    ("layernorm", ROWS, SCALE, SHIFT, {}),
    ("affine_relu", randn(4, 6), randn(6, 5), randn(5)),
    ("affine_relu_dropout", randn(4, 6), randn(6, 5), randn(5), train(p=0.4, seed=1)),
    ("affine_bn_relu", randn(7, 4), randn(4, 5), randn(5), SCALE, SHIFT, train()),
    ("affine_ln_relu", randn(5, 4), randn(4, 5), randn(5), SCALE, SHIFT, {}),
]:
    CASES.right(getattr(layers, f"{name}_forward"), *args, name=f"layers.{name}",
                backward=getattr(layers, f"{name}_backward"))

LABELS = np.array([0, 2, 1, 4, 4, 3])
for name, x, y in [
    ("softmax_loss", ROWS, LABELS),
    ("softmax_loss", 1e4 * ROWS, LABELS),
    ("softmax_loss", 3e3 * ROWS.astype(f32), LABELS),
    ("softmax_loss", 16 * randn(2, 3, seed=4), np.array([0, 1])),
    ("softmax_loss", 30 * randn(2, 3, seed=77), np.array([0, 1])),
    ("softmax_loss", 100 * randn(2, 3, seed=25), np.array([0, 1])),
    ("svm_loss", ROWS.astype(f32), LABELS),
    ("mse_loss", ROWS, randn(6, 5, seed=1)),
]:
    loss = getattr(layers, name)
    CASES.gradient(f"layers.{name}", lambda x, loss=loss, y=y: loss(x, y)[0],
                   lambda x, loss=loss, y=y: loss(x, y)[1], x)

right_net(CASES, 5, 6, 3)
right_net(CASES, 4, 8, 5, 3, reg=0.0, n=9, loss="hinge")
right_net(CASES, 5, 6, 3, dtype=f32)
for options in ({"hidden_dims": [7, 5], "reg": 0.3},
                {"hidden_dims": [9], "dropout": 0.4, "seed": 3},
                {"hidden_dims": [7, 5], "normalization": "batchnorm"},
                {"hidden_dims": [10, 8], "reg": 0.1, "dtype": f32}):
    options = {"dtype": np.float64, **options}
    CASES.net("FullyConnectedNet", lambda options=options: nets.FullyConnectedNet(
        input_dim=6, num_classes=4, weight_scale=0.5, rng=np.random.default_rng(0), **options),
        randn(8, 6, dtype=options["dtype"]), np.arange(8) ** 2 % 4)
CASES.net("TwoLayerNet", lambda: nets.TwoLayerNet(
    6, 9, 4, weight_scale=0.5, reg=0.2, rng=np.random.default_rng(1)),
    randn(8, 6), np.arange(8) ** 2 % 4)

_, test_right = CASES.tests()
