"""A wrong forward and the gradient that is wrong for it are one slip, and told once."""

import pytest

from .made import checked

SUBTRACTED = """
import numpy as np
def affine_forward(x, w, b): return x.reshape(len(x), -1) @ w - b, (x, w, b)
def affine_backward(dout, cache):
    x, w, b = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, {db}
"""
# What backward is written in is itself wrong, so that it is right for no definition.
OFF_CENTRE = """
import numpy as np
def layernorm_forward(x, gamma, beta, ln_param):
    mu, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    std = np.sqrt(var + ln_param.get("eps", 1e-5))
    xhat = (x + mu) / std
    return gamma * xhat + beta, (xhat, gamma, std)
def layernorm_backward(dout, cache):
    xhat, gamma, std = cache
    d = dout * gamma
    dx = (d - d.mean(axis=1, keepdims=True)
          - xhat * (d * xhat).mean(axis=1, keepdims=True)) / std
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)
"""
LOSS = """
import numpy as np
def mse_loss(x, y):
    diff = x + y
    return np.mean(diff ** 2), 2 * (x - y) / x.size
"""
DROPOUT = """
import numpy as np
def dropout_forward(x, param):
    if param["mode"] == "test":
        return x, None
    mask = (np.random.default_rng(param.get("seed")).random(x.shape) >= param["p"]) / (
        1 - param["p"])
    mask = mask.astype(x.dtype)
    return x * mask, mask
def dropout_backward(dout, mask):
    return dout if mask is None else {dx}
"""


def codes(text, **settings):
    item, = checked(text, **settings).items
    return [finding["code"] for finding in item.details["report"]["findings"]], item


@pytest.mark.parametrize("text", [SUBTRACTED.format(db="dout.sum(axis=0)"), LOSS],
                         ids=["a layer", "a loss"])
def test_a_backward_that_is_right_for_the_definition_is_told_behind_the_value(text):
    found, item = codes(text, line=False)
    assert found == ["value-differs"]
    assert "so mend forward alone" in item.message


def test_a_slip_of_backwards_own_stays():
    found, _ = codes(SUBTRACTED.format(db="2 * dout.sum(axis=0)"), line=False)
    assert found == ["value-differs", "scaled"]


@pytest.mark.slow  # a search for seconds
def test_an_edit_of_forward_that_makes_both_right_shows_that_it_is_one_slip():
    found, item = codes(OFF_CENTRE)
    assert found == ["value-differs"]
    assert "one slip made both wrong" in item.message


def test_laws_that_a_wrong_gradient_breaks_are_told_in_a_line():
    _, laws = checked(DROPOUT.format(dx="2 * dout * mask"), line=False).items
    assert laws.status == "failed"
    assert laws.message == ("the slip in the gradient above breaks backward_uses_forward_mask, "
                            "too; no law of the mask itself is broken")


def test_laws_of_the_mask_itself_are_told_whatever_the_gradient_is():
    text = DROPOUT.format(dx="2 * dout * mask").replace(">=", "<")
    _, laws = checked(text, line=False, p_is="drop").items
    assert "rate" in laws.message
    assert "no law of the mask itself" not in laws.message
