"""Forward's value: right in every convention that is in use, wrong with the slip's name."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

import gradcheck
from gradcheck.examples.candidates import Example
from gradcheck.mask_laws.conventions import Conventions
from gradcheck.output.text import as_text
from gradcheck.target.judge import judge
from gradcheck.target.pairs import Pair
from gradcheck.target.valued import value_at
from gradcheck.target.values import Values
from tests.gradcheck.target import valued as v
from tests.gradcheck.target.made import checked
from tests.gradcheck.target.slips import BATCHNORM, CONV, LEAKY_RELU

TRAIN = lambda old, new, m, name: m * old + (1 - m) * new  # noqa: E731


def swapped(old, new, m, name):
    return (1 - m) * old + m * new


def only(name):
    """Update one statistic and leave the other."""
    return lambda old, new, m, which: TRAIN(old, new, m, which) if which == name else old


def of_the_square_root(old, new, m, name):
    return TRAIN(old, np.sqrt(new) if name == "var" else new, m, name)


def reversed_variance(old, new, m, name):
    return (swapped if name == "var" else TRAIN)(old, new, m, name)


def frozen(bn_param, x):
    """Update the mean in test mode, too."""
    if bn_param["mode"] == "test":
        bn_param["running_mean"] = 0.9 * bn_param["running_mean"] + 0.1 * x.mean(axis=0)


def mixed(x, mean, var, gamma, beta):
    return gamma * (x - mean) / np.sqrt(var + 1e-5) + beta


def kept_in_the_function():
    """Return a batchnorm_forward whose statistics stand in a dict of its own."""
    own = {"mode": "train"}

    def forward(x, gamma, beta, bn_param):
        own["mode"] = bn_param["mode"]
        return v.batchnorm()(x, gamma, beta, own)

    return forward


def in_the_cache(x, gamma, beta, bn_param):
    """Leave new statistics in the cache, where the caller takes them from."""
    new = dict(bn_param)
    out, _ = v.batchnorm()(x, gamma, beta, new)
    return out, {"running": {name: new[f"running_{name}"] for name in ("mean", "var")}}


def a_running_root(x, gamma, beta, bn_param):
    """Keep the root of the variance under a name of its own."""
    mean, std = x.mean(axis=0), np.sqrt(x.var(axis=0) + 1e-5)
    if bn_param["mode"] == "test":
        mean, std = bn_param["running_mean"], bn_param.get("running_std", 1.0)
    else:
        for name, new in (("running_mean", mean), ("running_std", std)):
            bn_param[name] = 0.9 * bn_param.get(name, 0 * new) + 0.1 * new
    return gamma * (x - mean) / std + beta, None


def batches_counted(x, gamma, beta, bn_param):
    """Take every batch for as much as the next, as PyTorch does without a momentum."""
    if bn_param["mode"] == "train":
        bn_param["num_batches"] = bn_param.get("num_batches", 0) + 1
        bn_param["momentum"] = 1 - 1 / bn_param["num_batches"]
    return v.batchnorm()(x, gamma, beta, bn_param)


WRONG = {
    "batchnorm": {
        "momentum swapped": (v.batchnorm(swapped), "momentum is reversed"),
        "momentum of the variance swapped": (v.batchnorm(reversed_variance),
                                             "momentum is reversed"),
        "mean never updated": (v.batchnorm(only("var")), "not updated"),
        "variance never updated": (v.batchnorm(only("mean")), "not updated"),
        "neither updated": (v.batchnorm(lambda old, new, m, name: old), "not updated"),
        "updated from the root": (v.batchnorm(of_the_square_root), "standard deviation"),
        "nothing kept": (v.batchnorm(lambda old, new, m, name: m * new + (1 - m) * new),
                         "nothing of the old"),
        "added": (v.batchnorm(lambda old, new, m, name: m * old + new), "add up to 1"),
        "updated from zeros": (v.batchnorm(lambda old, new, m, name: m * old + (1 - m) * 0 * new),
                               "normalized values"),
        "updated in test mode": (v.batchnorm(after=frozen), "test mode"),
        "test mode without gamma and beta": (v.batchnorm(
            test=lambda x, mean, var, gamma, beta: (x - mean) / np.sqrt(var + 1e-5)),
            "gamma and beta are left out"),
        "test mode without beta": (v.batchnorm(
            test=lambda x, mean, var, gamma, beta: gamma * (x - mean) / np.sqrt(var + 1e-5)),
            "beta is left out"),
        "test mode by the batch": (v.batchnorm(
            test=lambda x, mean, var, gamma, beta: mixed(x, x.mean(0), x.var(0), gamma, beta)),
            "the batch's, not the running ones"),
        "test mode without the mean": (v.batchnorm(
            test=lambda x, mean, var, gamma, beta: mixed(x, 0, var, gamma, beta)),
            "running_mean is not subtracted"),
        "test mode over the variance": (v.batchnorm(
            test=lambda x, mean, var, gamma, beta: gamma * (x - mean) / var + beta),
            "taken for the standard deviation"),
        "test mode as it is": (v.batchnorm(test=lambda x, *_: x), "not normalized"),
        "test mode mixes": (v.batchnorm(test=lambda x, mean, var, gamma, beta: mixed(
            x, (mean + x.mean(0)) / 2, var, gamma, beta)), ""),
        "sample variance": (v.batchnorm(ddof=1), "sample's, with ddof=1"),
        "over the features": (v.batchnorm(axes=(1,)), "each sample"),
        "over everything": (v.batchnorm(axes=(0, 1)), "all values together"),
        "over the variance": (v.batchnorm(std=lambda var, eps: var + eps), "by the variance"),
        "not divided": (v.batchnorm(std=lambda var, eps: 1.0), "not divided"),
    },
    "spatial_batchnorm": {
        "by pixel": (v.batchnorm(axes=(0,)), "each pixel"),
        "by image": (v.batchnorm(axes=(2, 3)), "each image"),
        "without the width": (v.batchnorm(axes=(0, 2)), "leave out the width"),
        "over everything": (v.batchnorm(axes=(0, 1, 2, 3)), "all values together"),
        "momentum swapped": (v.batchnorm(swapped), "momentum is reversed"),
        "never updated": (v.batchnorm(lambda old, new, m, name: old), "not updated"),
    },
    "layernorm": {
        "over the batch": (v.layernorm(axis=0), "those of the batch"),
        "sample variance": (v.layernorm(ddof=1), "ddof=1"),
        "without gamma and beta": (v.layernorm(scaled=False), "gamma and beta are left out"),
        "by the variance": (v.layernorm(std=lambda var, eps: var + eps), "by the variance"),
    },
    "spatial_groupnorm": {
        "by channel": (v.groupnorm((3, 4)), "each channel alone"),
        "by pixel": (v.groupnorm((2,)), "each pixel"),
        "over the batch": (v.groupnorm((0, 2, 3, 4)), "the batch, too"),
        "over all": (v.groupnorm((1, 2, 3, 4)), "the whole sample"),
        "strided groups": (v.groupnorm(strided=True), "every G-th channel"),
        "G channels a group": (v.groupnorm(each=True), "G is taken for"),
        "without a side": (v.groupnorm((2, 3)), "leave out the width"),
    },
    "conv": {
        "no bias": (v.convolved(lambda x, w, b, s, p: v.conv(x, w, 0 * b, s, p)), "b is left out"),
        "pad twice": (v.convolved(lambda x, w, b, s, p: v.conv(x, w, b, s, 2 * p)), "pad is taken"),
        "no pad": (v.convolved(lambda x, w, b, s, p: v.conv(x, w, b, s, 0)), "not padded"),
        "no stride": (v.convolved(lambda x, w, b, s, p: v.conv(x, w, b, 1, p)), "taken as 1"),
        "one channel": (v.convolved(lambda x, w, b, s, p: v.conv(x[:, :1], w[:, :1], b, s, p)),
                        "first channel"),
        "one side flipped": (v.convolved(lambda x, w, b, s, p: v.conv(
            x, w[..., ::-1], b, s, p)), ""),
        "one size less": (v.convolved(lambda x, w, b, s, p: v.conv(x, w, b, s, p)[:, :, :-1]), ""),
    },
    "max_pool": {
        "sizes swapped": (v.pooled(sides=lambda h, w: (w, h)), "are swapped"),
        "windows swapped alone": (v.turned, "of the windows are swapped"),
        "square by height": (v.pooled(sides=lambda h, w: (h, h)), "pool_height is taken for both"),
        "square by width": (v.pooled(sides=lambda h, w: (w, w)), "pool_width is taken for both"),
        "mean": (v.pooled(np.mean), "it is the mean"),
        "no stride": (v.pooled(step=lambda s: 1), "stride is taken as 1"),
        "one size less": (lambda x, pool_param: (v.pooled()(x, pool_param)[0][..., :-1], None), ""),
    },
    "avg_pool": {
        "sum": (v.pooled(np.sum), "it is the sum"),
        "maximum": (v.pooled(np.max), "it is the maximum"),
        "sizes swapped": (v.pooled(np.mean, sides=lambda h, w: (w, h)), "are swapped"),
    },
    "softmax_loss": {
        "over N C": (v.loss(lambda x, y: v.softmax_parts(x, y).mean() / x.shape[1]), "N C"),
        "sign": (v.loss(lambda x, y: -v.softmax_parts(x, y).mean()), "sign"),
        "label forgotten": (v.loss(lambda x, y: np.log(np.exp(x).sum(axis=1)).mean()),
                            "not subtracted"),
        "other labels": (v.loss(lambda x, y: v.softmax_parts(x, (y + 1) % 6).mean()), ""),
    },
    "svm_loss": {
        "no clamp": (v.loss(lambda x, y: v.margins(x, y).sum() / len(x)), "not clamped"),
        "own margin": (v.loss(lambda x, y: np.maximum(v.margins(x, y, own=1.0), 0).sum() / len(x)),
                       "own margin"),
        "no margin": (v.loss(lambda x, y: np.maximum(v.margins(x, y, 0.0), 0).sum() / len(x)),
                      "margin of 1 is left out"),
    },
    "softmax_loss_vectorized": {
        "no penalty": (v.linear(lambda x, y: v.softmax_parts(x, y).mean(), lambda W, reg: 0.0),
                       "penalty of W is missing"),
        "twice the penalty": (v.linear(lambda x, y: v.softmax_parts(x, y).mean(),
                                       lambda W, reg: 2 * reg * np.sum(W * W)),
                              "2 reg sum(W * W)"),
        "without reg": (v.linear(lambda x, y: v.softmax_parts(x, y).mean(),
                                 lambda W, reg: np.sum(W * W)), "without reg"),
        "a third": (v.linear(lambda x, y: v.softmax_parts(x, y).mean(),
                             lambda W, reg: reg * np.sum(W * W) / 3), ""),
    },
    "svm_loss_naive": {
        "no clamp": (v.linear(lambda x, y: v.margins(x, y).sum() / len(x),
                              lambda W, reg: reg * np.sum(W * W)), "not clamped"),
    },
    "temporal_softmax_loss": {
        "no mask": (v.temporal(lambda parts, mask: parts.sum() / len(parts)), "mask is not used"),
        "mask inverted": (v.temporal(lambda parts, mask: (parts * ~mask).sum() / len(parts)),
                          "inverted"),
    },
    "mse_loss": {"not squared": (v.loss(lambda x, y: np.abs(x - y).mean()), "not squared")},
    "lstm_step": {
        "h without tanh": (v.lstm_step(hidden=lambda c: c), "h is o * c"),
        "candidate by the sigmoid": (v.lstm_step(candidate=expit), "through the sigmoid"),
    },
    "rnn": {
        "from zeros": (v.rnn(first=np.zeros_like), "from zeros"),
        "linear": (v.rnn(nonlinearity=lambda a: a), "tanh is missing"),
    },
    "gru_step": {"mixed twice": (lambda x, prev_h, Wx, Wh, b: (
        0.5 * v.gru_step()(x, prev_h, Wx, Wh, b)[0], None), "")},
    "word_embedding": {"shifted": (lambda x, W: (W[x - 1], None), "")},
    "affine": {
        "no bias": (lambda x, w, b: (x.reshape(len(x), -1) @ w, None), "b is left out"),
        "bias subtracted": (lambda x, w, b: (x.reshape(len(x), -1) @ w - b, None), "subtracted"),
    },
    "affine_relu": {"no bias": (lambda x, w, b: (
        np.maximum(x.reshape(len(x), -1) @ w, 0), None), "b is left out")},
    "temporal_affine": {"no bias": (lambda x, w, b: (x @ w, None), "b is left out")},
    "relu": {"abs": (v.out(np.abs), "absolute"),
             "clipped": (v.out(lambda x: np.clip(x, 0, 1)), "")},
    "sigmoid": {"sign": (v.out(lambda x: expit(-x)), "wrong sign")},
    "tanh": {"half": (v.out(lambda x: np.tanh(x / 2)), "tanh(x / 2)")},
    "leaky_relu": {"negative slope": (v.out(lambda x: np.where(x > 0, x, -0.1 * x)), "")},
    "softmax": {"over all": (v.out(lambda x: np.exp(x) / np.exp(x).sum()), "all rows together")},
    "elu": {"no 1": (v.out(lambda x: np.where(x > 0, x, np.exp(x))), "- 1 is missing")},
}
RIGHT = {
    "batchnorm": {
        "the course's": v.batchnorm(),
        "PyTorch's momentum": v.batchnorm(swapped, default=0.1),
        "the sample's running variance": v.batchnorm(lambda old, new, m, name: TRAIN(
            old, new * 4 / 3 if name == "var" else new, m, name)),
        "momentum 0.99": v.batchnorm(default=0.99),
        "momentum a half": v.batchnorm(default=0.5),
        "eps outside the root": v.batchnorm(std=lambda var, eps: np.sqrt(var) + eps),
        "a wide eps": v.batchnorm(eps=1e-3),
        "a wide eps outside": v.batchnorm(eps=1e-3, std=lambda var, eps: np.sqrt(var) + eps),
        "no eps": v.batchnorm(std=lambda var, eps: np.sqrt(var)),
        "in training alone": lambda x, gamma, beta, bn_param: v.batchnorm()(
            x, gamma, beta, bn_param) if bn_param["mode"] == "train" else None,
    },
    "bn": {
        "statistics under other names": v.batchnorm(key="moving_"),
        "statistics in the function": kept_in_the_function(),
        "statistics in the cache": in_the_cache,
        "a running root": a_running_root,
        "batches counted": batches_counted,
    },
    "spatial_batchnorm": {"the course's": v.batchnorm(), "PyTorch's": v.batchnorm(
        swapped, default=0.1)},
    "layernorm": {"the course's": v.layernorm(), "eps outside": v.layernorm(
        std=lambda var, eps: np.sqrt(var) + eps), "small eps": v.layernorm(eps=1e-8)},
    "spatial_groupnorm": {"the course's": v.groupnorm()},
    "conv": {
        "the course's": v.convolved(v.conv),
        "the kernel flipped": v.convolved(lambda x, w, b, s, p: v.conv(
            x, w[..., ::-1, ::-1], b, s, p)),
        "pad of both sides": v.convolved(lambda x, w, b, s, p: v.conv(x, w, b, s, p // 2)),
    },
    "max_pool": {
        "the course's": v.pooled(),
        "channels last": lambda x, pool_param: (np.moveaxis(v.pooled()(
            np.moveaxis(x, 3, 1), pool_param)[0], 1, 3), None),
    },
    "avg_pool": {"the course's": v.pooled(np.mean)},
    "pool": {"the mean, channels last": lambda A_prev, hparameters, mode="average": (
        np.moveaxis(v.pooled(np.mean)(np.moveaxis(A_prev, 3, 1), {
            **hparameters, "pool_height": hparameters["f"],
            "pool_width": hparameters["f"]})[0], 1, 3), None)},
    "softmax_loss": {
        "the mean": v.loss(lambda x, y: v.softmax_parts(x, y).mean()),
        "the sum": v.loss(lambda x, y: v.softmax_parts(x, y).sum()),
        "half the mean": v.loss(lambda x, y: v.softmax_parts(x, y).mean() / 2),
    },
    "svm_loss": {
        "the mean": v.loss(lambda x, y: np.maximum(v.margins(x, y), 0).sum() / len(x)),
        "the sum": v.loss(lambda x, y: np.maximum(v.margins(x, y), 0).sum()),
        "squared": v.loss(lambda x, y: (np.maximum(v.margins(x, y), 0)**2).sum() / len(x)),
    },
    "softmax_loss_vectorized": {
        f"{name}, {half:g} of the penalty": v.linear(data, lambda W, reg, half=half: (
            half * reg * np.sum(W * W)))
        for name, data in (("mean", lambda x, y: v.softmax_parts(x, y).mean()),
                           ("sum", lambda x, y: v.softmax_parts(x, y).sum()))
        for half in (1.0, 0.5)},
    "svm_loss_naive": {
        "the bias free": v.linear(lambda x, y: np.maximum(v.margins(x, y), 0).sum() / len(x),
                                  lambda W, reg: reg * np.sum(W[:-1]**2)),
        "penalty over 2 N": v.linear(lambda x, y: np.maximum(v.margins(x, y), 0).sum() / len(x),
                                     lambda W, reg: reg * np.sum(W * W) / 8),
    },
    "cross_entropy_loss": {
        "of scores": v.loss(lambda x, y: v.softmax_parts(x, y).mean()),
        "of probabilities": v.loss(lambda p, y: -np.log(np.clip(
            p, 1e-12, 1 - 1e-12)[np.arange(len(y)), y]).sum()),
    },
    "temporal_softmax_loss": {
        "over N": v.temporal(lambda parts, mask: (parts * mask).sum() / len(parts)),
        "over the mask": v.temporal(lambda parts, mask: (parts * mask).sum() / mask.sum()),
        "summed": v.temporal(lambda parts, mask: (parts * mask).sum()),
        "over N T": v.temporal(lambda parts, mask: (parts * mask).mean()),
    },
    "mse_loss": {
        "mean": v.loss(lambda x, y: ((x - y)**2).mean()),
        "half the sum over N": v.loss(lambda x, y: ((x - y)**2).sum() / len(x) / 2),
        "sum": v.loss(lambda x, y: ((x - y)**2).sum()),
    },
    "bce_loss": {
        "mean": v.loss(lambda x, y: -(y * np.log(x) + (1 - y) * np.log(1 - x)).mean()),
        "of logits": v.loss(lambda x, y: (np.logaddexp(0, x) - x * y).mean()),
        "clipped sum": v.loss(lambda x, y: -(y * np.log(x + 1e-12) + (1 - y) * np.log(
            1 - x + 1e-12)).sum()),
    },
    "lstm_step": {
        "the course's order": v.lstm_step(), "PyTorch's order": v.lstm_step("ifgo"),
        "TensorFlow's order and forget bias": v.lstm_step("igfo", forget=1.0),
        "another order": v.lstm_step("ogfi"),
    },
    "gru_step": {
        f"{order}, {before}, {kept}": v.gru_step(order, before, kept)
        for order, before, kept in (("rzn", False, True), ("zrn", True, False),
                                    ("nzr", True, True), ("znr", False, False))},
    "rnn": {"tanh": v.rnn(), "relu": v.rnn(nonlinearity=lambda a: np.maximum(a, 0))},
    "word_embedding": {"rows": lambda x, W: (W[x], None),
                       "times sqrt(D)": lambda x, W: (W[x] * np.sqrt(W.shape[1]), None)},
    "rmsnorm": {
        "from one": lambda x, gamma: (
            x / np.sqrt((x**2).mean(axis=1, keepdims=True) + 1e-6) * (1 + gamma), None),
        "published": lambda x, gamma, eps=1e-8: (
            x / np.sqrt((x**2).mean(axis=1, keepdims=True) + eps) * gamma, None)},
    "tanh": {"LeCun's": v.out(lambda x: 1.7159 * np.tanh(2 * x / 3)),
             "with its constants": lambda x, a=1.5, b=0.5: (a * np.tanh(b * x), None)},
    "affine": {"rows": lambda x, w, b: (x.reshape(len(x), -1) @ w + b, None)},
    "linear": {
        "w (M, D)": lambda x, w, b: (x @ w.T + b, None),
        "columns": lambda x, w, b: (w @ x + b, None) if b.ndim == 2 else 1 / 0,
    },
    "relu": {"maximum": v.out(lambda x: np.maximum(x, 0)),
             "with a slope": lambda x, alpha=0.0: (np.where(x > 0, x, alpha * x), None)},
    "leaky_relu": {"0.01": v.out(lambda x: np.where(x > 0, x, 0.01 * x)),
                   "0.3": lambda x, alpha=0.3: (np.where(x > 0, x, alpha * x), None)},
    "elu": {"1": v.out(lambda x: np.where(x > 0, x, np.exp(x) - 1)),
            "0.5": v.out(lambda x: np.where(x > 0, x, 0.5 * (np.exp(x) - 1)))},
    "selu": {"published": v.out(lambda x: 1.0507 * np.where(x > 0, x, 1.67326 * np.expm1(x)))},
    "gelu": {"exact": v.out(v.gelu), "by the sigmoid": v.out(lambda x: x * expit(1.702 * x)),
             "by tanh": v.out(lambda x: 0.5 * x * (1 + np.tanh(
                 np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))))},
    "swish": {"1": v.out(lambda x: x * expit(x)), "1.5": v.out(lambda x: x * expit(1.5 * x))},
    "hard_sigmoid": {"0.2": v.out(lambda x: np.clip(0.2 * x + 0.5, 0, 1)),
                     "1/6": v.out(lambda x: np.clip(x / 6 + 0.5, 0, 1))},
    "softmax": {"rows": v.out(lambda x: np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)),
                "columns": v.out(lambda x: np.exp(x) / np.exp(x).sum(axis=0)),
                "of a temperature": lambda x, T=2.0: (
                    np.exp(x / T) / np.exp(x / T).sum(axis=1, keepdims=True), None)},
}


def flat(table):
    return [pytest.param(name, entry, id=f"{name}: {what}")
            for name, entries in table.items() for what, entry in entries.items()]


@pytest.mark.parametrize(("name", "entry"), flat(WRONG))
def test_a_wrong_value_is_found_and_its_slip_named(name, entry):
    forward, slip = entry
    finding = v.finding_on(name, forward)
    assert finding is not None
    assert finding.code == "value-differs"
    assert slip in finding.message


@pytest.mark.parametrize(("name", "forward"), flat(RIGHT))
def test_a_right_value_passes_in_every_convention(name, forward):
    finding = v.finding_on(name, forward)
    assert finding is None, finding and finding.message


def test_every_name_with_a_wrong_value_has_a_right_twin():
    assert set(WRONG) - set(RIGHT) == {"affine_relu", "temporal_affine", "sigmoid"}
    assert sum(map(len, WRONG.values())) >= 40
    assert sum(map(len, RIGHT.values())) >= 40


def judged(name, forward, backward, **settings):
    return judge(Pair(name, name, forward, backward), Conventions(), **settings)


def double_relu(x):
    return 2 * np.maximum(x, 0), x


def test_a_wrong_value_comes_before_a_gradient_that_does_not_fit_it():
    judgement = judged("relu", double_relu, lambda dout, x: -dout * (x > 0))
    assert judgement.codes == ["value-differs", "scaled"]
    assert judgement.status == "failed"
    assert not judgement.gradient_right


def test_a_gradient_that_is_right_for_the_definition_is_no_slip_of_its_own():
    judgement = judged("relu", double_relu, lambda dout, x: dout * (x > 0))
    assert judgement.codes == ["value-differs"]
    assert "note: backward is right for the expected value: dx" in judgement.message
    assert judgement.report.findings[0].evidence["followed_by"][0].startswith("scaled in dx")
    assert not judgement.gradient_right


def test_a_gradient_that_fits_a_wrong_forward_is_right():
    judgement = judged("relu", double_relu, lambda dout, x: 2 * dout * (x > 0))
    assert judgement.codes == ["value-differs"]
    assert judgement.status == "failed"
    assert judgement.gradient_right
    assert judged("relu", double_relu, lambda dout, x: 2 * dout * (x > 0), values=False).passed


@pytest.mark.parametrize("name", ["blur", "relu2", "my_relu", "dropout_relu"])
def test_a_name_that_is_not_standard_has_no_value_to_keep(name):
    assert judged(name, double_relu, lambda dout, x: 2 * dout * (x > 0)).passed


def test_the_convention_is_noted_where_it_is_not_the_definition():
    finding, notes = v.said_of("leaky_relu", v.out(lambda x: np.where(x > 0, x, 0.2 * x)))
    assert finding is None
    assert notes == ("forward's value is right: slope 0.2",)
    assert v.said_of("softmax_loss", v.loss(lambda x, y: v.softmax_parts(x, y).sum()))[1] == (
        "forward's value is right: summed over the samples",)


@pytest.mark.parametrize("forward", [
    lambda x: (np.full_like(x, np.nan), x),  # another finding's
    lambda x: (np.maximum(x, 0).T, x),  # another layout's
    lambda x: (None, None),
    lambda x: 1 / 0,
    lambda x, slope: (x, slope),
], ids=["not finite", "another shape", "not written", "raises", "takes more"])
def test_what_cannot_be_compared_is_not_judged(forward):
    found = Example((np.array([[1.0, -1.0]]),), ("x",))
    assert Values(Pair("relu", "relu", forward, forward), "relu", found).finding() is None


def test_guessed_arguments_and_unknown_defaults_are_not_judged():
    found = Example((np.array([[1.0, -1.0]]),), ("x",), guessed=True)
    pair = Pair("relu", "relu", double_relu, double_relu)
    assert Values(pair, "relu", found).finding() is None
    args = (np.ones((2, 3)), np.ones((3, 4)), np.ones(4))
    known = Example(args, ("x", "w", "b"))

    def affine(x, w, b, gain=2.0):
        return gain * (x @ w + b), None

    def plain(x, w, b, verbose=False):
        return 2 * (x @ w + b), None

    assert Values(Pair("affine", "affine", affine, affine), "affine", known).finding() is None
    assert Values(Pair("affine", "affine", plain, plain), "affine", known).finding() is not None


def test_further_arguments_are_held_to_the_definition_as_well():
    def relu(x):
        return np.maximum(x, 0) + (len(x) == 1), x

    pair = Pair("relu", "relu", relu, relu)
    several, single = (Example((np.ones((rows, 2)),), ("x",)) for rows in (3, 1))
    assert value_at(pair, "relu", (several,)).finding is None
    finding, notes, _ = value_at(pair, "relu", (several, single))
    assert finding.where == ((0, 0),)
    assert notes == ("the value differs with x [1, 2]",)


def test_a_value_that_is_wrong_at_further_arguments_alone_fails_a_layer_that_passed():
    def tanh_forward(x):
        return np.tanh(x) * (1 if len(x) != 1 else 2), x

    def tanh_backward(dout, x):
        return dout * (1 - np.tanh(x)**2) * (1 if len(x) != 1 else 2)

    judgement = judged("tanh", tanh_forward, tanh_backward)
    assert judgement.codes == ["value-differs"]
    assert "note: the value differs with x [1, " in judgement.message


def test_a_loss_whose_logarithm_is_kept_finite_is_right_at_any_size_of_scores():
    def softmax_loss(x, y):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        own = (e / e.sum(axis=1, keepdims=True))[np.arange(len(y)), y]
        return -np.log(np.maximum(own, 1e-12)).mean(), 0 * x

    pair = Pair("softmax_loss", "softmax_loss", softmax_loss)
    x, y = np.random.default_rng(0).normal(size=(4, 6)), np.arange(4)
    for scale in (1.0, 30.0, 1e3):
        found = Example((scale * x, y), ("x", "y"))
        values = Values(pair, "softmax_loss", found)
        assert values.finding() is None
        assert bool(values.calls) == (scale == 1.0)


def test_equal_sizes_leave_every_form_of_a_product_open():
    x, w, b = np.random.default_rng(0).normal(size=(3, 5, 5))
    found = Example((x, w, b[0]), ("x", "w", "b"))
    forms = [lambda x, w, b: x @ w + b, lambda x, w, b: x @ w.T + b, lambda x, w, b: w @ x + b]
    for form in forms:
        assert finding_at(found, form) is None
    assert finding_at(found, lambda x, w, b: x @ w) is not None


def finding_at(found, form):
    def forward(x, w, b):
        return form(x, w, b), None

    return Values(Pair("linear", "linear", forward, forward), "linear", found).finding()


def test_a_finding_carries_what_was_got_expected_and_the_slip():
    finding = v.finding_on("svm_loss", v.loss(
        lambda x, y: np.maximum(v.margins(x, y, own=1.0), 0).sum() / len(x)))
    evidence = finding.evidence
    assert float(evidence["got"]) == pytest.approx(float(evidence["expected"]) + 1, abs=1e-4)
    assert evidence["slip"] == "the label's own margin of 1 is counted"
    assert finding.where == ()
    assert "Remedy: leave out j = y" in finding.message


@pytest.mark.slow
@pytest.mark.parametrize(("text", "edits", "told"), [
    (BATCHNORM, {"np.sqrt(var + eps)": "(np.sqrt(var) + eps)",
                 "gamma, std, train = cache": "gamma, std, train, root = cache",
                 "gamma, std, train)": "gamma, std, train, np.sqrt(var))",
                 "(dxhat * xhat).mean(axis=0)": "(dxhat * xhat).mean(axis=0) * std / root"},
     "eps stands outside the root"),
    (BATCHNORM, {'"momentum", 0.9': '"momentum", 0.1', "momentum * running": "keep * running",
                 "(1 - momentum)": "momentum", "keep": "(1 - momentum)"},
     "momentum is the share of the batch"),
    (BATCHNORM, {"(1 - momentum) * var": "(1 - momentum) * x.var(axis=0, ddof=1)"},
     "running_var is the sample's variance"),
    (CONV, {"conv_param = cache": "conv_param = cache\n    w = w[..., ::-1, ::-1]",
            "window, w,": "window, w[..., ::-1, ::-1],",
            "return dx, dw,": "return dx, dw[..., ::-1, ::-1],"},
     "the kernel flipped, as in mathematics"),
    (LEAKY_RELU, {"alpha": "slope"}, ""),
    (LEAKY_RELU, {"(x, alpha=0.01):": "(x):\n    alpha = 0.3"}, "slope 0.3"),
    (BATCHNORM, {}, ""),
])
def test_a_convention_of_others_stands_behind_the_verdict(tmp_path, text, edits, told):
    for old, new in edits.items():
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "homework.py").write_text(f"import numpy as np\n{text}")
    record = gradcheck.check_all(tmp_path / "homework.py")
    remarks = [line.strip() for line in as_text(record).splitlines() if "; " in line]
    assert remarks == ([f"passed; {told}"] if told else [])
    assert f"forward's value is right: {told}" in as_text(record, width=200, verbose=True) or (
        not told)


LINEAR = """
def {name}({args}{reg}):
    N, scores = len(X), X @ W
    margins = np.maximum({clamp}, scores - scores[np.arange(N), y][:, None] + 1)
    margins[np.arange(N), y] = 0
    binary = (margins > {clamp}) * 1.0
    binary[np.arange(N), y] -= binary.sum(axis=1)
    return margins.sum() / N + {half} * np.sum(W * W), X.T @ binary / N + 2 * {half} * W
"""


@pytest.mark.parametrize(("settings", "status", "told"), [
    ({}, "passed", ""),
    ({"half": "0.5 * reg"}, "passed", "passed; half the penalty"),
    ({"half": "3 * reg"}, "passed", "passed; the penalty is 3 reg sum(W * W)"),
    ({"reg": "", "half": "0.0"}, "passed", ""),
    ({"reg": "", "half": "0.037"}, "passed", ""),
    ({"args": "X, y, W"}, "passed", ""),
    ({"clamp": "-9.0"}, "failed", "the margins are not clamped at 0"),
    ({"half": "0 * reg"}, "failed", "the penalty of W is missing"),
])
@pytest.mark.parametrize("name", ["svm_loss", "hinge_loss", "my_svm_loss"])
def test_a_linear_classifier_s_loss_is_held_to_its_value_by_its_arguments(
        name, settings, status, told):
    usual = {"name": name, "args": "W, X, y", "reg": ", reg", "clamp": "0.0", "half": "reg"}
    record = checked("import numpy as np\n" + LINEAR.format(**{**usual, **settings}))
    assert record.items[0].status == status
    assert told in " ".join(as_text(record, width=300).split())
    assert told or "; " not in as_text(record)
