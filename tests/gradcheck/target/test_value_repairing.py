"""Edits of a forward whose value is not the one of its name."""

import pytest

from gradcheck import check_all

SIGMOID = """
import numpy as np
def sigmoid_forward(x):
    out = 1 / (1 + np.exp({exponent}))
    return out, out
def sigmoid_backward(dout, out):
    return {sign}dout * out * (1 - out)
"""
LSTM = """
import numpy as np
def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    a = x @ Wx + prev_h @ Wh + b
    i, f, o, g = np.split(a, 4, axis=1)
    i, f, o, g = 1 / (1 + np.exp(-i)), 1 / (1 + np.exp(-f)), 1 / (1 + np.exp(-o)), np.tanh(g)
    c = prev_c + i * g
    return o * np.tanh(c), c, (x, prev_h, prev_c, Wx, Wh, i, f, o, g, c)
def lstm_step_backward(dh, dc, cache):
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, c = cache
    dc = dc + dh * o * (1 - np.tanh(c)**2)
    gates = [dc * g * i * (1 - i), 0 * f, dh * np.tanh(c) * o * (1 - o), dc * i * (1 - g**2)]
    da = np.hstack(gates)
    return da @ Wx.T, da @ Wh.T, dc, x.T @ da, prev_h.T @ da, da.sum(axis=0)
"""

STATISTICS = """
import numpy as np
def batchnorm_forward(x, gamma, beta, bn_param):
    m, eps = bn_param.get("momentum", 0.9), 1e-5
    mean, var = bn_param.get("running_mean", 0 * beta), bn_param.get("running_var", 0 * beta)
    if bn_param["mode"] == "test":
        return gamma * (x - mean) / np.sqrt(var + eps) + beta, None
    mu, own = x.mean(0), x.var(0)
    bn_param["running_mean"] = m * mean + (1 - m) * mu
    bn_param["running_var"] = m * var + (1 - m) * np.sqrt(own)
    xhat = (x - mu) / np.sqrt(own + eps)
    return gamma * xhat + beta, (xhat, own + eps, gamma)
def batchnorm_backward(dout, cache):
    xhat, own, gamma = cache
    dgamma = np.sum(dout * xhat, 0)
    dx = gamma / np.sqrt(own) * (dout - np.mean(dout, 0) - xhat * dgamma / len(dout))
    return dx, dgamma, np.sum(dout, 0)
"""


def repairs_of(text, tmp_path):
    path = tmp_path / "homework.py"
    path.write_text(text)
    item, = check_all(path, repair=True, repair_seconds=30.0, timeout=300.0).items
    assert item.details["report"]["findings"][0]["code"] == "value-differs"
    return item.details["report"].get("repairs", [])


def test_a_forward_that_is_wrong_alone_is_repaired_and_backward_left_as_it_is(tmp_path):
    repair, = repairs_of(SIGMOID.format(exponent="x", sign=""), tmp_path)
    assert repair["line"] == 4
    assert "+    out = 1 / (1 + np.exp(-x))" in repair["diff"]
    assert repair["verified_at"] >= 1


@pytest.mark.slow
def test_of_a_pair_that_agrees_on_a_wrong_value_the_line_is_told_and_no_edit(tmp_path):
    repair, = repairs_of(SIGMOID.format(exponent="x", sign="-"), tmp_path)
    assert (repair["line"], repair["diff"]) == (4, None)


def test_statistics_that_are_nan_or_of_another_shape_are_not_right(tmp_path):
    repair, = repairs_of(STATISTICS, tmp_path)
    assert repair["line"] == 10
    assert "(1 - m) * own\n" in repair["diff"]
    assert repair["verified_at"] >= 1


@pytest.mark.slow
def test_an_edit_that_does_not_run_is_not_right(tmp_path):
    assert all(repair["line"] != 4 for repair in repairs_of(LSTM, tmp_path))
