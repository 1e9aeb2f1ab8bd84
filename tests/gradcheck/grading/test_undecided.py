"""What differences cannot decide, the reference's gradient at the same inputs does."""

import numpy as np
import pytest

from gradcheck.examples.candidates import Example
from gradcheck.grading.undecided import TOLD, by_reference
from gradcheck.target.judgement import Judgement
from gradcheck.target.pairs import Pair


def forward(x, w):
    return 1e18 + np.tanh(x) @ w, (x, w)


def backward(dout, cache):
    x, w = cache
    return dout @ w.T * (1 - np.tanh(x) ** 2), np.tanh(x).T @ dout


def raises(dout, cache):
    raise KeyError("w")


REFERENCE = Pair("affine", "affine", forward, backward)
X, W = np.random.default_rng(0).standard_normal((2, 3, 3))
EXAMPLE = Example((X, W), ("x", "w"))
OPEN = Judgement("inconclusive", "dx: 9 of 9 coordinates are undecided", example=EXAMPLE)


def judged(by, judgement=OPEN):
    return by_reference(judgement, Pair("affine", "affine", forward, by), REFERENCE)


def test_a_gradient_that_is_the_references_passes():
    judgement = judged(lambda dout, cache: list(backward(dout, cache)))
    assert (judgement.status, judgement.gradient_right, judgement.message) == ("passed", True, "")
    assert TOLD in judgement.advice


@pytest.mark.parametrize(("wrong", "told"), [
    (lambda dout, cache: tuple(-entry for entry in backward(dout, cache)), "dx["),
    (lambda dout, cache: (backward(dout, cache)[0], 1.01 * backward(dout, cache)[1]),
     "dw["),
    (lambda dout, cache: backward(dout, cache)[:1], "dw is None"),
    (raises, "KeyError"),
])
def test_one_that_is_not_fails(wrong, told):
    judgement = judged(wrong)
    assert judgement.status == "failed"
    assert not judgement.gradient_right
    assert told in judgement.message


@pytest.mark.parametrize("judgement", [
    Judgement("failed", "scaled", example=EXAMPLE), Judgement("inconclusive"),
    Judgement("inconclusive", example=Example((X, {"p": 0.3, "mode": "train"}), ("x", "param"))),
])
def test_what_is_decided_or_random_is_left_as_it_is(judgement):
    assert judged(backward, judgement) is judgement
