"""One judge of gradient and contract: at which arguments, and what it says of what it finds."""

import numpy as np
import pytest

from gradcheck.mask_laws.conventions import Conventions
from gradcheck.target.judge import judge
from gradcheck.target.pairs import Pair
from tests.gradcheck.target.made import checked


def judged(name, forward, backward=None, **settings):
    pair = Pair(name, name, forward, backward)
    return judge(pair, Conventions(**settings))


def codes(judgement):
    return [finding.code for finding in judgement.report.findings]


def relu(x):
    return np.maximum(x, 0), x


def softmax_loss(x, y, forgotten=None):
    """cs231n's, but that from the `forgotten`-th sample of a class on its label counts nothing."""
    shifted = x - x.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    dx, loss = np.exp(logs), -np.mean(logs[np.arange(len(y)), y])
    dx[np.arange(len(y)), y] -= 1
    for label in set(y.tolist()):
        late = np.flatnonzero(y == label)[forgotten:] if forgotten else []
        dx[late, label] += 1
    return loss, dx / len(y)


def test_a_slip_from_the_third_sample_of_a_class_on_is_found():
    assert judged("softmax_loss", lambda x, y: softmax_loss(x, y)).passed
    judgement = judged("softmax_loss", lambda x, y: softmax_loss(x, y, 2))
    assert judgement.status == "failed"
    assert "found with other numbers, a label that repeats; at the first" in judgement.message


def batchnorm(x, gamma, beta, bn_param, leaves):
    """Leave in the cache of test mode what `leaves` makes of (xhat, gamma, std)."""
    mean, var = x.mean(axis=0), x.var(axis=0)
    train = bn_param["mode"] == "train"
    if not train:
        mean, var = bn_param["running_mean"], bn_param["running_var"]
    else:
        m = bn_param.get("momentum", 0.9)
        bn_param["running_mean"] = m * bn_param.get("running_mean", 0) + (1 - m) * mean
        bn_param["running_var"] = m * bn_param.get("running_var", 0) + (1 - m) * var
    std = np.sqrt(var + bn_param.get("eps", 1e-5))
    cache = ((x - mean) / std, gamma, std, train)
    return gamma * cache[0] + beta, cache if train else leaves(cache)


def batchnorm_back(dout, cache):
    xhat, gamma, std, train = cache
    dxhat = dout * gamma
    if train:
        dxhat = dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)
    return dxhat / std, (dout * xhat).sum(axis=0), dout.sum(axis=0)


@pytest.mark.parametrize(("leaves", "status"), [
    (lambda cache: cache, "passed"),
    (lambda cache: None, "passed"),  # cs231n's
    (lambda cache: cache[:3], "passed"),  # backward refuses it
    (lambda cache: (*cache[:3], True), "failed"),
])
def test_a_backward_is_right_in_test_mode_where_forward_leaves_a_cache_that_it_takes(
        leaves, status):
    judgement = judged("batchnorm", lambda x, gamma, beta, bn_param: batchnorm(
        x, gamma, beta, bn_param, leaves), batchnorm_back)
    assert judgement.status == status
    assert ("found in test mode; in train mode nothing" in judgement.message) == (
        status == "failed")


def dropped(x, param):
    mask = np.random.default_rng(param["seed"]).random(x.shape) >= param["p"]
    return x * mask / (1 - param["p"]), (mask, param["p"])


def test_a_dropout_block_is_right_where_nothing_is_dropped_too():
    assert codes(judged("dropout_of_my_own", dropped, lambda dout, cache: dout)) == [
        "mask-not-applied"]

    def backward(dout, cache):
        mask, p = cache
        return dout * mask / (1 - p) if p else 0 * dout

    judgement = judged("gaussian_dropout", dropped, backward)
    assert "found with other numbers, p = 0;" in judgement.message


def test_a_probability_of_keeping_is_no_matter_of_the_gradient():
    def forward(x, param):
        kept = np.random.default_rng(param["seed"]).random(x.shape) < param["p"]
        return x * (kept / np.float64(param["p"])), kept / np.float64(param["p"])

    with np.errstate(all="ignore"):
        assert judged("gaussian_dropout", forward, lambda dout, mask: dout * mask).passed


@pytest.mark.parametrize(("backward", "code", "right"), [
    (lambda dout, x: dout * (x > 0), None, True),
    (lambda dout, x: 2 * dout * (x > 0), "scaled", False),
    (lambda dout, x: np.multiply(dout, x > 0, out=dout), "dout-mutated", True),
    (lambda dout, x: (dout * (x > 0)).astype(np.float16), "lower-precision", True),
    (lambda dout, x: (dout * (x > 0)).astype(int), "lower-precision", False),
    (lambda dout, x: dout * dout * (x > 0), "nonlinear-in-dout", False),
    (lambda dout, x: np.random.default_rng().random(x.shape), "backward-impure", False),
    (lambda dout, x: (dout, dout), "wrong-shape", False),
])
def test_a_gradient_is_right_only_if_its_numbers_were_compared(backward, code, right):
    judgement = judged("relu", relu, backward)
    assert judgement.passed == (code is None)
    assert code is None or code in codes(judgement)
    assert judgement.gradient_right == right


def test_a_broken_contract_hides_no_gradient_that_is_wrong_elsewhere():
    def backward(dout, x):
        wrong = dout.dtype != np.float64
        dout *= x > 0
        return dout + wrong

    judgement = judged("relu", relu, backward)
    assert "dout-mutated" in codes(judgement)
    assert not judgement.gradient_right
    assert "found with the arguments cast to float32" in judgement.message
    assert "nothing is wrong" not in judgement.message


def test_a_contract_broken_at_float32_hides_no_gradient_that_is_wrong_in_test_mode():
    def forward(x, gamma, beta, bn_param):
        return batchnorm(x, gamma, beta, bn_param, lambda cache: (*cache[:3], True))

    def backward(dout, cache):
        gradients = batchnorm_back(dout, cache)
        if dout.dtype == np.float32:
            dout *= 2
        return gradients

    judgement = judged("batchnorm", forward, backward)
    assert codes(judgement)[-1] == "dout-mutated"
    assert not judgement.gradient_right
    assert "found with the arguments cast to float32" in judgement.message
    assert "found in test mode" in judgement.message


def test_the_arguments_of_another_pair_stand_in_for_an_example_of_the_targets_own():
    pair = Pair("relu", "relu", relu, lambda dout, x: dout * (x > 0),
                example=lambda rng: np.ones((1, 1)))
    assert judge(pair, Conventions()).report.arguments[0].shape == (1, 1)
    like = Pair("relu", "relu", lambda x: x)
    assert judge(pair, Conventions(), like=like).report.arguments[0].shape == (4, 6)


def test_an_example_of_the_targets_own_stands_as_it_is():
    pair = Pair("relu", "relu", relu, lambda dout, x: dout * (x > 0),
                example=lambda rng: rng.normal(size=(2, 3)))
    assert judge(pair, Conventions()).report.checked == 6


def test_without_control_over_the_mask_there_is_nothing_to_differentiate():
    assert judged("gaussian_dropout", dropped, dropped, seeding=None).status == "skipped"


def test_arrays_in_a_dict_are_told_not_to_be_judged():
    item, = checked("""
import numpy as np
def dense_forward(x, params):
    return x @ params["W"], (x, params)
def dense_backward(dout, cache):
    x, params = cache
    return dout @ params["W"].T, {"W": x.T @ dout}
def dense_example(rng):
    return rng.normal(size=(4, 6)), {"W": rng.normal(size=(6, 5))}
""").items
    assert item.status == "passed"
    assert any("the arrays in params were not differentiated" in text for text in item.advice)


def test_where_guessed_shapes_do_not_fit_what_to_write_comes_before_what_came_of_them():
    def forward(x, u):
        return x @ u + u[0] * np.sum(u), (x, u)

    def backward(dout, cache):
        _, u = cache
        return np.outer(dout, u), np.zeros((2, 2))

    judgement = judge(Pair("blend", "blend", forward, backward), Conventions())
    assert judgement.status == "skipped"
    first, remedy, *_ = judgement.message.splitlines()
    assert first.startswith("not judged: shapes were guessed (x [")
    assert remedy.startswith("  Remedy: write beside it")
    assert "def blend_example(rng):" in judgement.message.partition("note: with them")[0]
    assert judgement.item("blend", "blend").arguments == ("x", "u")


def conv(x, w, b, conv_param):
    """Take a kernel's height for its width; of other layouts it takes some by accident."""
    pad, stride = conv_param["pad"], conv_param["stride"]
    (N, _, H, W), (F, _, HH, WW) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    rows, columns = 1 + (H + 2 * pad - HH) // stride, 1 + (W + 2 * pad - WW) // stride
    out = np.array([[[[
        np.sum(padded[n, :, i:i + HH, j:j + HH] * w[f]) + b[f]
        for j in range(0, columns * stride, stride)] for i in range(0, rows * stride, stride)]
        for f in range(F)] for n in range(N)])
    return out, (x, w, b)


def test_a_layout_that_is_taken_by_accident_accuses_nobody():
    judgement = judged("conv", conv, lambda dout, cache: (
        *map(np.zeros_like, cache[:2]), np.zeros(len(cache[1]))))
    assert codes(judgement) == ["raises"]
    assert "could not be broadcast together with shapes (2,3,3) (2,3,4)" in judgement.message


def conv_of_images_in_the_last_axis(A_prev, W, b, hparameters):
    stride, out = hparameters["stride"], np.zeros((len(A_prev), W.shape[-1]))
    for c in range(W.shape[-1]):
        out[0, c] = (A_prev[0, :3, :3] * W[..., c]).sum() + float(stride) + b[:, :, :, c]
    return out, (A_prev, W, b)


def test_a_layer_of_another_layout_is_told_what_it_raises_in_its_own():
    judgement = judged("conv", conv_of_images_in_the_last_axis, lambda dout, cache: cache)
    assert judgement.status == "failed"
    assert "setting an array element" in judgement.message
    assert "b [1, 1, 1, 6]" in judgement.message
