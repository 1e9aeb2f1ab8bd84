"""Every breach of the contract has its code, alone, and what is allowed raises none."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest

from gradcheck import check_gradient, check_layer
from gradcheck.contract.mutation import differences, same_bits, snapshot

X = np.random.default_rng(0).standard_normal((4, 5))


def codes(forward, backward, *args, **options):
    return [finding.code for finding in check_layer(forward, backward, *args, **options).findings]


def square(x):
    return x * x, x


def square_backward(dout, x):
    return 2 * dout * x


def writes_dout(dout, x):
    dout *= 2 * x
    return dout


def writes_view_of_dout(dout, x):
    flat = dout.reshape(-1)
    flat[0] = 2 * flat[0]
    flat[0] = flat[0] / 2 + 1
    out = 2 * dout * x
    out.reshape(-1)[0] = 2 * (flat[0] - 1) * x.reshape(-1)[0]
    return out


def writes_x_through_the_cache(dout, x):
    dx = 2 * dout * x
    x += 1
    return dx


def pops_the_cache(dout, cache):
    return 2 * dout * cache.pop("x")


def replaces_in_the_cache(dout, cache):
    dx = 2 * dout * cache["x"]
    cache["x"] = cache["x"] + 1
    return dx


class Accumulates:
    def __init__(self):
        self.total = 0.0

    def __call__(self, dout, x):
        self.total = self.total + 2 * dout * x
        return self.total


def resamples(dout, cache):
    return dout * (np.random.random(dout.shape) > 0.5) * 2


def seeded_mask(x):
    return x * (np.random.default_rng(3).random(x.shape) > 0.5) * 2, None


BREACHES = {
    "dout-mutated": (square, writes_dout),
    "dout-mutated through a view": (square, writes_view_of_dout),
    "cache-mutated": (square, writes_x_through_the_cache),
    "cache-mutated by pop": (lambda x: (x * x, {"x": x}), pops_the_cache),
    "cache-mutated by an entry": (lambda x: (x * x, {"x": x}), replaces_in_the_cache),
    "backward-impure": (square, Accumulates()),
    "mask-resampled": (seeded_mask, resamples),
    "nonlinear-in-dout by a clip": (square, lambda d, x: 2 * x * np.clip(d, -0.5, 0.5)),
    "nonlinear-in-dout by a constant": (square, lambda d, x: 2 * x * d + 1e-3),
    "nonlinear-in-dout by abs": (square, lambda d, x: 2 * x * np.abs(d)),
    "dout-ignored": (square, lambda d, x: 2 * x),
    "forward-nondeterministic": (lambda x: (x * np.random.random(x.shape), x), lambda d, x: d),
    "wrong-shape by transposing": (lambda x: (np.tanh(x) @ np.ones((5, 3)), x),
                                   lambda d, x: np.arange(20.0).reshape(5, 4) * d.sum()),
    "wrong-shape by None": (square, lambda d, x: None),
    "wrong-shape by two gradients": (square, lambda d, x: (2 * d * x, d)),
    "lower-precision": (square, lambda d, x: (2 * d * x).astype(np.float32)),
    "non-finite": (square, lambda d, x: np.where(x == X[1, 2], np.inf, 2 * d * x)),
    "raises": (square, lambda d, x: 1 / 0),
}


@pytest.mark.parametrize("name", BREACHES)
def test_each_breach_is_found_under_its_own_code(name):
    forward, backward = BREACHES[name]
    assert codes(forward, backward, X)[0] == name.split()[0]


@pytest.mark.parametrize("name", [name for name in BREACHES if name.split()[0] in {
    "dout-mutated", "cache-mutated", "backward-impure", "nonlinear-in-dout", "dout-ignored",
    "forward-nondeterministic", "mask-resampled", "raises"}])
def test_a_breach_of_an_else_right_layer_is_the_only_finding(name):
    forward, backward = BREACHES[name]
    assert codes(forward, backward, X) == [name.split()[0]]


def writes_x(x):
    x *= x
    return x, None


def writes_param(x, param):
    param["p"] = 0.7
    return x * x, x


def writes_list(x, list_):
    list_.append(1)
    return x * x, x


@pytest.mark.parametrize(("forward", "args", "argument"), [
    (writes_param, (X, {"p": 0.5}), "param"),
    (writes_list, (X, [0]), "list_"),
], ids=["dict", "list"])
def test_a_forward_that_changes_an_argument_is_told_which(forward, args, argument):
    report = check_layer(forward, square_backward, *args)
    assert [(f.code, f.argument) for f in report.findings] == [("input-mutated", argument)]


def test_a_forward_that_overwrites_x_is_found_out_and_its_numbers_still_compared():
    def forward(x):
        kept = x.copy()
        x *= x
        return x, kept

    assert codes(forward, square_backward, X) == ["input-mutated"]
    assert codes(forward, lambda d, x: d * x, X) == ["input-mutated", "scaled"]


class Remembers:
    """A layer that keeps its input on itself and spoils it in backward."""

    def forward(self, x):
        self.x = x
        return x * x, None

    def backward(self, dout, cache):
        dx = 2 * dout * self.x
        self.x += 1
        return dx


def test_a_backward_that_writes_into_an_input_it_remembers_is_found():
    layer = Remembers()
    found = check_layer(layer.forward, layer.backward, X).findings
    assert {finding.code for finding in found} <= {"input-mutated", "backward-impure"}
    assert found


def running(x, bn_param):
    mean = x.mean(axis=0)
    bn_param["running_mean"] = 0.9 * bn_param.get("running_mean", 0) + 0.1 * mean
    bn_param["running_var"] = x.var(axis=0)
    bn_param["num_batches_tracked"] = bn_param.get("num_batches_tracked", 0) + 1
    return x - mean, None


def running_backward(dout, cache):
    return dout - dout.mean(axis=0)


@pytest.mark.parametrize("param", [{}, {"running_mean": np.zeros(5), "running_var": np.ones(5)}])
def test_running_statistics_may_be_written_into_a_parameter_dict(param):
    before = deepcopy(param)
    assert check_layer(running, running_backward, X, param).passed
    assert before.keys() == param.keys()
    assert all(same_bits(before[key], param[key]) for key in before)


@pytest.mark.parametrize("make", [
    lambda: np.random.default_rng(5), lambda: np.random.RandomState(5),
    lambda: np.random.Generator(np.random.MT19937(5)),
], ids=["Generator", "RandomState", "MT19937"])
def test_a_generator_in_a_parameter_dict_repeats_and_is_not_advanced(make):
    def forward(x, param):
        mask = param["rng"].uniform(size=x.shape) > 0.5
        return x * mask, mask

    param = {"rng": make()}
    assert check_layer(forward, lambda d, mask: d * mask, X, param).passed
    assert param["rng"].uniform() == make().uniform()


class Boom(Exception):
    pass


def explode(x, w, param):
    x[...], w[...] = 0.0, 0.0
    param["p"] = 1
    raise Boom("no")


def everything(x, w, param):
    x += 1
    w *= 2
    param["new"] = 1
    return x @ w, (x, w)


def everything_backward(dout, cache):
    x, w = cache
    dout += 1
    x -= 1
    w[...] = 0
    return dout @ w.T, x.T @ dout


@pytest.mark.parametrize(("forward", "backward"), [
    (explode, square_backward), (everything, everything_backward),
    (everything, lambda d, c: 1 / 0), (lambda x, w, param: None, square_backward),
])
def test_the_callers_arguments_stay_bit_for_bit_whatever_the_functions_do(forward, backward):
    args = X.copy(), np.random.default_rng(1).standard_normal((5, 3)), {"p": 0.5, "a": np.ones(2)}
    dout = np.ones((4, 3))
    before = snapshot((args, dout), "")
    report = check_layer(forward, backward, *args, dout=dout)
    assert not report.passed
    assert differences(before, snapshot((args, dout), "")) == []


def test_exceptions_of_forward_and_backward_become_a_finding_with_their_text():
    report = check_layer(explode, square_backward, X, np.ones((5, 2)), {})
    assert [f.code for f in report.findings] == ["raises"]
    assert "Boom: no" in report.findings[0].message
    assert report.findings[0].evidence["exception"] == "Boom"


def test_a_layer_that_refuses_float64_is_told_so():
    def forward(x):
        if x.dtype != np.float32:
            raise TypeError("float32 only")
        return x * x, x

    report = check_layer(forward, square_backward, X.astype(np.float32))
    assert [f.code for f in report.findings] == ["raises"]
    assert "float32 only" in report.findings[0].message


@pytest.mark.parametrize("returned", [None, np.ones(3), (np.ones(3),), (np.ones(3, int), None)])
def test_a_forward_that_does_not_return_out_and_cache_is_told_so(returned):
    report = check_layer(lambda x: returned, square_backward, X)
    assert [f.code for f in report.findings] == ["raises"]
    assert "(out, cache)" in report.findings[0].message


def test_an_output_that_overflows_is_non_finite():
    assert codes(lambda x: (np.exp(1000 * np.abs(x)), x), square_backward, X) == ["non-finite"]


def test_the_global_generator_is_left_where_it_was_found():
    np.random.seed(11)
    before = np.random.get_state()
    check_layer(square, square_backward, X)
    check_layer(square, lambda d, x: d * x, X)
    after = np.random.get_state()
    assert before[2:] == after[2:]
    np.testing.assert_array_equal(before[1], after[1])


def test_a_gradient_of_mere_rounding_errors_does_not_ignore_dout():
    """A bias before a normalization has the gradient 0, and rounding leaves the same one bit."""
    def forward(x, b):
        return x * x + 0 * b, x

    def backward(dout, x):
        return 2 * dout * x, np.full(5, 2.0**-60)

    assert "dout-ignored" not in codes(forward, backward, X, np.ones(5))


def test_a_linear_backward_in_single_precision_is_not_called_nonlinear():
    x = X.astype(np.float32)
    w = np.random.default_rng(2).standard_normal((5, 300)).astype(np.float32)
    report = check_layer(lambda x, w: (x @ w, (x, w)), lambda d, c: (d @ c[1].T, c[0].T @ d), x, w)
    assert report.passed, str(report)


@pytest.mark.parametrize("mask", [True, [True, False, False]])
def test_what_is_masked_holds_no_value(mask):
    x = np.array([0.3, 0.5, -0.7])
    masked = lambda values: np.ma.masked_array(values, mask)  # noqa: E731
    for report in (check_layer(lambda x: (np.sin(x), x), lambda d, x: masked(d * np.cos(x)), x),
                   check_gradient(lambda x: np.sum(np.sin(x)), lambda x: masked(np.cos(x)), x),
                   check_gradient(lambda x: np.sum(np.sin(x)), masked(np.cos(x)), x)):
        assert [found.code for found in report.findings] == ["wrong-shape"], str(report)
        assert "masked" in report.findings[0].message


def test_a_masked_array_without_a_masked_element_is_an_array():
    x = np.array([0.3, 0.5, -0.7])
    assert check_layer(lambda x: (np.sin(x), x), lambda d, x: np.ma.masked_array(d * np.cos(x)),
                       x).passed


@pytest.mark.parametrize("factor", [1.0, -1.0])
def test_long_doubles_are_values_whatever_their_padding_holds(factor):
    x = np.linspace(-1, 1, 5)

    def backward(dout, x):
        np.full(5, np.longdouble(np.pi)).copy()  # leaves other padding in the memory
        return (factor * dout * np.cos(x)).astype(np.longdouble)

    report = check_layer(lambda x: (np.sin(x), x), backward, x)
    assert [found.code for found in report.findings] == ["sign-flipped"] * (factor < 0)
    scalar = check_gradient(lambda x: np.sum(np.sin(x)),
                            lambda x: factor * np.cos(x.astype(np.longdouble)), x)
    assert [found.code for found in scalar.findings] == ["sign-flipped"] * (factor < 0)
