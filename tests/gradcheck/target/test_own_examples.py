"""What is said where arguments do not fit: which they were, and what to write, once."""

from __future__ import annotations

import pytest

from tests.gradcheck.target.made import checked

BLEND = """
import numpy as np
def blend_forward(foo, bar, mixing):
    W = mixing.reshape(3, 2)
    return foo @ W + bar, (foo, W)
def blend_backward(dout, cache):
    foo, W = cache
    return dout @ W.T, dout.sum(axis=0), (foo.T @ dout).reshape(-1)
"""


def test_at_guessed_arguments_the_remedy_is_to_choose_them_and_not_to_accept_them():
    item, = checked(BLEND).items
    assert item.status == "skipped"
    assert "accept these arguments" not in item.message
    # the guess at which it came furthest
    assert "with foo [6, 1], bar [6, 1], mixing [6, 1] it raised ValueError: matmul" in item.message
    assert item.message.endswith(
        "return rng.normal(size=...), rng.normal(size=...), rng.normal(size=...)")


@pytest.mark.parametrize(("example", "status", "words"), [
    ("(rng): return rng.normal(size=(4, 3)), rng.normal(size=2), rng.normal(size=6)", "passed", ""),
    ("(rng): return rng.normal(size=(4, 5)), rng.normal(size=2), rng.normal(size=6)", "failed",
     "blend_example returned foo [4, 5], bar [2], mixing [6], which forward does not take: "),
    ("(rng): return rng.normal(size=(4, 3)), rng.normal(size=2)", "failed",
     "missing 1 required positional argument: 'mixing'"),
    ("(rng): return [rng.normal(size=(4, 3)), rng.normal(size=2)]", "skipped",
     "its example returned a list; expected a tuple of arguments. Remedy: return a tuple"),
    ("(): return 1, 2, 3", "skipped", "Remedy: write def blend_example(rng), which is called"),
    ("(rng): return ones(3)", "skipped", "name 'ones' is not defined (line 10"),
])
def test_an_example_of_ones_own_that_does_not_fit_is_told_what_it_returned(example, status, words):
    item, = checked(f"{BLEND}\ndef blend_example{example}\n").items
    assert item.status == status
    assert words in item.message
    assert "beside it returns" not in item.message
    assert "array(" not in item.message


def test_a_block_of_images_with_a_name_of_its_own_is_guessed_as_one():
    item, = checked("""
from layers import conv_bn_relu_backward, conv_bn_relu_forward, max_pool_backward, max_pool_forward
def sandwich_forward(x, w, b, gamma, beta, conv_param, bn_param, pool_param):
    out, inner = conv_bn_relu_forward(x, w, b, gamma, beta, conv_param, bn_param)
    out, cache = max_pool_forward(out, pool_param)
    return out, (inner, cache)
def sandwich_backward(dout, caches):
    return conv_bn_relu_backward(max_pool_backward(dout, caches[1]), caches[0])
""").items
    assert item.status == "passed"
