"""Every call of forward is counted and sees fresh arguments at float64."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.numeric.evaluator import Evaluator, ForwardError, fresh, output_of, upcast


def test_every_call_gets_fresh_copies_of_live_objects():
    def forward(x, param):
        param["calls"] = param.get("calls", 0) + 1
        return x * param["rng"].random(x.shape) * param["calls"], None

    param = {"rng": np.random.default_rng(0)}
    evaluator = Evaluator(forward, (np.ones(4), param))
    np.testing.assert_array_equal(evaluator.out(), evaluator.out())
    assert "calls" not in param
    assert param["rng"].random() == np.random.default_rng(0).random()


def test_evaluations_are_counted_but_for_those_whose_caller_counts():
    evaluator = Evaluator(lambda x: (x, None), (np.ones(2),))
    evaluator.out()
    evaluator.call()
    evaluator.uncounted()
    assert evaluator.count == 2


def test_a_forward_that_writes_into_its_argument_is_given_copies_once_that_is_known():
    def forward(x):
        x *= 2
        return x, None

    evaluator = Evaluator(forward, (np.ones(3),))
    evaluator.protect = True
    np.testing.assert_array_equal(evaluator.out(), evaluator.out())


def test_upcasting_reaches_into_containers_and_copies():
    x = np.ones(2, np.float32)
    original = {"a": [x, 3], "b": (np.arange(2), "text"), "c": np.float32(1.5)}
    up = upcast(original)
    assert up["a"][0].dtype == np.float64
    assert up["b"][0].dtype == np.arange(2).dtype
    up["a"][0][0] = up["b"][0][0] = 7
    assert x[0] == 1
    assert original["b"][0][0] == 0


def test_a_fresh_value_shares_no_state_with_the_original():
    rng = np.random.default_rng(0)
    copied = fresh({"rng": rng, "p": 0.5})
    copied["rng"].random()
    copied["p"] = 0.1
    assert rng.random() == np.random.default_rng(0).random()
    assert fresh("text") == "text"


@pytest.mark.parametrize(("returned", "words"), [
    (np.ones(2), "an ndarray"), ((np.ones(2),), "a tuple of 1"), (None, "a NoneType"),
    ((np.ones(2), 1, 2), "a tuple of 3"), ((np.ones(2, int), None), "dtype int"),
    (([1.0], None), "a list"), (("out", None), "a str"), ((np.ones(2, complex), None), "complex"),
    ((None, None), "a NoneType"), ((3, None), "an int"),
])
def test_what_is_not_an_output_and_a_cache_is_named(returned, words):
    with pytest.raises(ForwardError, match=words):
        output_of(returned)


@pytest.mark.parametrize("out", [1.5, np.float32(1.5), np.array(1.5)])
def test_a_scalar_output_is_an_array_without_axes(out):
    assert output_of((out, None)).shape == ()
