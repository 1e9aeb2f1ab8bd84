"""What the layers, and the nets on top of them, ask of their arguments."""

from __future__ import annotations

import re

import numpy as np
import pytest

from layers import arguments
from layers.arguments import flag, floating, integer, operands, probability, scalar
from layers.precision import cast, widen
from layers.refusals import describe
from layers.settings import required

REFUSALS = {
    "a list": (lambda: floating("x", [1.0]), TypeError),
    "a masked array": (lambda: floating("x", np.ma.ones(2)), TypeError),
    "too many axes": (lambda: floating("x", np.ones((2, 2)), ndim=1), ValueError),
    "NaN in a parameter": (lambda: arguments.parameter("w", np.array([np.nan]), 1), ValueError),
    "another shape": (lambda: arguments.same_shape("dout", np.ones(2), (3,), "x"), ValueError),
    "no cache": (lambda: arguments.cached(None, (object,), "relu_forward"), TypeError),
    "a bool for a number": (lambda: scalar("eps", True, "a number", "pass one"), TypeError),
    "NaN for a number": (lambda: scalar("eps", np.nan, "a number", "pass one"), ValueError),
    "a float for an integer": (lambda: integer("n", 2.0, "an integer", "pass one"), TypeError),
    "a word for a bool": (lambda: flag("training", "test"), TypeError),
    "a probability of 1": (lambda: probability("p", 1.0), ValueError),
    "another word": (lambda: arguments.one_of("mode", "tset", ("train", "test")), ValueError),
    "a missing key": (lambda: required("param", {"q": 1}, "p"), KeyError),
}


@pytest.mark.parametrize(("call", "error"), REFUSALS.values(), ids=REFUSALS)
def test_every_refusal_says_what_was_got_what_was_expected_and_the_remedy(call, error):
    with pytest.raises(error) as caught:
        call()
    text = str(caught.value)
    assert re.match(r"\w+.*: (got .*; expected .*|the key .*; got .*)\. Remedy: .+\.$", text), text


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floating_arrays_of_every_size_are_returned_as_they_are(dtype):
    x = np.ones((2, 3), dtype)
    assert floating("x", x, ndim=2) is x


def test_a_numpy_scalar_counts_as_a_0_d_array():
    assert floating("x", np.float32(1.5)).shape == ()


def test_a_long_value_is_cut_in_the_message():
    assert describe("a" * 100) == f"'{'a' * 56}... (str)"


def test_half_precision_is_computed_in_single_and_handed_over_in_half():
    x, dout = operands(np.ones(2, np.float16), np.ones(2, np.float16), "relu_forward")
    assert x.dtype == dout.dtype == np.float32
    assert cast(x, np.float16).dtype == np.float16
    double = np.ones(2)
    assert widen(double) is double
