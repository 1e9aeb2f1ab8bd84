"""check_layer, check_gradient and check_net: what they accept, select, record and leave alone."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import layers
from gradcheck import GradientError, Report, check_gradient, check_layer, check_net
from nets import FullyConnectedNet, TwoLayerNet
from tests.layers.layer_laws import DTYPES, anything_floating, law, same_bits, seeds


def randn(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def multiply(x, w):
    return x * w, (x, w)


def multiply_backward(dout, cache):
    x, w = cache
    return dout * w, dout * x


def scale(x, scale_param):
    keep = 1 - scale_param["p"]
    return x / keep, keep


def scale_backward(dout, keep):
    return dout / keep


def codes(report):
    return [finding.code for finding in report.findings]


# check_layer: which arguments

def test_the_floating_arrays_are_differentiated_in_order():
    report = check_layer(lambda a, n, b, s: (a * b * s, (a, b, s)),
                         lambda d, c: (d * c[1] * c[2], d * c[0] * c[2]),
                         randn(3), np.arange(3), randn(3, seed=1), 2.0)
    assert report.passed, str(report)
    assert [entry.name for entry in report.arguments] == ["a", "b"]


@pytest.mark.parametrize(("wrt", "place"), [(0, 0), (1, 1), ((1,), 1), ([np.int64(0)], 0)])
def test_wrt_selects_what_backward_returns(wrt, place):
    report = check_layer(multiply, lambda d, c: multiply_backward(d, c)[place], randn(3),
                         randn(3, seed=1), wrt=wrt)
    assert report.passed, str(report)
    assert [entry.name for entry in report.arguments] == ["xw"[place]]


def test_gradients_come_in_the_order_of_wrt():
    swapped = lambda d, c: multiply_backward(d, c)[::-1]  # noqa: E731
    args = randn(3), randn(3, seed=1)
    assert check_layer(multiply, swapped, *args, wrt=(1, 0)).passed
    assert set(codes(check_layer(multiply, swapped, *args))) == {"outputs-swapped"}


def test_a_list_of_gradients_is_as_good_as_a_tuple():
    assert check_layer(multiply, lambda d, c: list(multiply_backward(d, c)), randn(3),
                       randn(3, seed=1)).passed


@pytest.mark.parametrize(("name", "label"), [(None, "multiply"), ("mine", "mine")])
def test_the_report_is_called_after_forward_or_as_it_is_told(name, label):
    report = check_layer(multiply, multiply_backward, randn(3), randn(3), name=name)
    assert report.name == label
    assert str(report).startswith(f"{label}: passed")


def test_dout_as_given_is_what_multiplies():
    seen = []

    def backward(dout, cache):
        seen.append(dout.copy())
        return multiply_backward(dout, cache)

    dout = randn(3, seed=9)
    assert check_layer(multiply, backward, randn(3), randn(3), dout=dout).passed
    np.testing.assert_array_equal(seen[0], dout)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_a_dout_that_would_pass_any_backward_or_none_is_refused(value):
    with pytest.raises(ValueError, match="dout"):
        check_layer(multiply, multiply_backward, randn(3), randn(3), dout=np.full(3, value))


@pytest.mark.parametrize("returned", [lambda dx: {"y": dx}, lambda dx: ((dx,),), lambda dx: "dx",
                                      lambda dx: iter([dx])])
def test_what_is_no_array_nor_a_tuple_of_them_is_a_wrong_shape(returned):
    report = check_layer(lambda x: (x * x, x), lambda dout, x: returned(2 * dout * x), randn(3))
    assert report.findings[0].code == "wrong-shape"


def test_an_exception_whose_message_cannot_be_read_is_still_a_finding():
    class EvilError(Exception):
        def __str__(self):
            raise RuntimeError

    def forward(x):
        raise EvilError

    assert check_layer(forward, lambda dout, x: dout, randn(3)).findings[0].code == "raises"


@pytest.mark.parametrize("layer_args", [
    ({"constants": {"q": 0.35}}, 0.35, "q"), ({"constants": {"keep": 0.8}}, 0.8, "keep"),
    ({"constants": {"p": 0.3}}, 0.7, "1 - p"), ({"constants": {"p": 0.3}}, 1 / 0.7, "1/(1 - p)"),
    ({}, 7.0, "N"), ({}, 1 / 7, "1/N"), ({}, 2.0, "2"), ({}, 0.5, "1/2"),
], ids=lambda entry: f"{entry[1]:.4g} is {entry[2]}")
def test_constants_and_sizes_give_a_wrong_factor_its_name(layer_args):
    options, factor, name = layer_args
    report = check_layer(lambda x: (x**3, x), lambda d, x: 3 * factor * d * x**2, randn(7, 11),
                         **options)
    assert codes(report) == ["scaled"]
    assert report.findings[0].evidence["factor"] == pytest.approx(factor, rel=1e-6)
    assert report.findings[0].evidence["name"] == name


def test_numbers_in_dicts_among_the_arguments_give_names_without_being_asked():
    report = check_layer(scale, lambda d, keep: d, randn(7, 11), {"p": 0.3})
    assert codes(report) == ["scaled"]
    assert report.findings[0].evidence["name"] == "1 - p"


# check_layer: every kind of array

@law
@given(anything_floating)
def test_arrays_of_any_shape_and_floating_dtype_are_checked_in_every_coordinate(x):
    report = check_layer(lambda x: (x * x, x), lambda d, x: 2 * d * x, x)
    assert report.status == ("passed" if x.size else "inconclusive"), str(report)
    assert report.checked == x.size


@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 2, 2)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_of_empty_arrays_nothing_is_compared_and_nothing_passed(shape, dtype):
    report = check_layer(lambda x: (x * x, x), lambda d, x: 2 * d * x, np.zeros(shape, dtype))
    assert report.status == "inconclusive"
    assert "nothing was compared" in str(report)
    assert report.checked == 0


def test_an_empty_array_among_others_leaves_the_verdict_to_them():
    report = check_layer(lambda x, w: (x.sum() + w * w, w),
                         lambda d, w: (np.zeros((0, 3)), 2 * d * w), randn(0, 3), randn(3))
    assert report.passed, str(report)
    assert report.checked == 3


@law
@given(hnp.array_shapes(min_dims=0, max_dims=3, min_side=1, max_side=5), seeds,
       st.sampled_from(DTYPES))
def test_a_tenfold_gradient_fails_at_any_shape_and_dtype(shape, seed, dtype):
    x = np.asarray(1 + np.random.default_rng(seed).random(shape)).astype(dtype)
    report = check_layer(lambda x: (x * x, x), lambda d, x: (20 * d * x).astype(x.dtype), x)
    assert not report.passed
    assert not report.inconclusive
    assert codes(report) == ["scaled"]


def read_only(x):
    x.flags.writeable = False
    return x


@pytest.mark.parametrize("x", [
    np.asfortranarray(randn(4, 5)), randn(8, 10)[::2, ::-2], randn(5, 4).T, read_only(randn(4, 5)),
    np.broadcast_to(randn(5), (4, 5)), randn(4, 5).astype(">f8"), randn(4, 5).astype(">f4"),
], ids=["Fortran", "strided", "transposed", "read-only", "broadcast", "swapped bytes",
        "swapped bytes in single precision"])
def test_arrays_of_any_layout_are_checked_and_left_alone(x):
    before = x.copy()
    report = check_layer(lambda x: (np.tanh(x), np.tanh(x)), lambda d, t: d * (1 - t * t), x)
    assert report.passed, str(report)
    np.testing.assert_array_equal(x, before)


def test_a_memory_map_is_checked_and_its_file_left_alone(tmp_path):
    path = tmp_path / "x.bin"
    randn(4, 5).tofile(path)
    before = path.read_bytes()
    for mode in ("r", "r+", "c"):
        x = np.memmap(path, np.float64, mode, shape=(4, 5))
        assert check_layer(lambda x: (x * x, x), lambda d, x: 2 * d * x, x).passed
        del x
    assert path.read_bytes() == before


def test_nothing_the_checker_is_given_is_mutated():
    args = randn(4, 3), randn(3, 2), randn(2), {"p": 0.5, "mode": "train", "seed": 0}
    constants, dout = {"p": 0.5}, randn(4, 2)
    before = deepcopy((args, constants, dout))
    for backward in (layers.affine_relu_dropout_backward, lambda d, c: 1 / 0,
                     lambda d, c: (np.zeros((4, 3)),) * 3):
        check_layer(layers.affine_relu_dropout_forward, backward, *args, dout=dout,
                    constants=constants)
        assert same_bits((args, constants, dout), before)


# check_layer: determinism and what is recorded

def frozen(report: Report) -> Report:
    return replace(report, seconds=0.0)


@pytest.mark.parametrize("backward", [multiply_backward,
                                      lambda d, c: (d * c[1], 1.1 * d * c[0] + 0.1 * d[::-1])])
def test_the_same_seed_gives_the_same_report(backward):
    args = randn(6, 7), randn(6, 7, seed=1)
    first, second = (check_layer(multiply, backward, *args, seed=5) for _ in range(2))
    assert frozen(first) == frozen(second)
    assert frozen(first).to_dict() == frozen(second).to_dict()


def test_another_seed_draws_another_dout():
    seen = []

    def backward(dout, x):
        seen.append(dout.copy())
        return 2 * dout * x

    for seed in (0, 1):
        check_layer(lambda x: (x * x, x), backward, randn(5), seed=seed)
    assert not any(np.array_equal(seen[0], other) for other in seen[len(seen) // 2:])


def test_evaluations_are_the_calls_of_forward():
    calls = [0]

    def forward(x):
        calls[0] += 1
        return x * x, x

    for backward in (lambda d, x: 2 * d * x, lambda d, x: d * x, lambda d, x: 2 * d * x**3):
        calls[0] = 0
        report = check_layer(forward, backward, randn(6, 7))
        assert report.evaluations == calls[0]


def test_the_numbers_of_the_worst_coordinate_are_recorded():
    def backward(dout, x):
        dx = 2 * dout * x
        dx[2, 1] += 0.5 * dout[2, 1]
        return dx

    dout = np.ones((4, 3))
    x = randn(4, 3)
    report = check_layer(lambda x: (x * x, x), backward, x, dout=dout)
    entry = report.arguments[0]
    assert entry.worst_index == (2, 1)
    assert entry.shape == (4, 3)
    assert entry.dtype == "float64"
    assert entry.numeric == pytest.approx(2 * x[2, 1], abs=1e-8)
    assert entry.analytic == pytest.approx(2 * x[2, 1] + 0.5)
    assert entry.error == pytest.approx(0.5, abs=1e-8)
    assert entry.bound < 1e-6
    assert report.findings[0].where[0] == (2, 1)


@pytest.mark.parametrize("dtype", DTYPES)
def test_one_wrong_element_is_located_at_every_dtype(dtype):
    def backward(dout, x):
        dx = (2 * dout * x).astype(x.dtype)
        dx[5, 3] += dout[5, 3]
        return dx

    report = check_layer(lambda x: (x * x, x), backward, randn(8, 6).astype(dtype))
    assert codes(report) == ["isolated-elements"]
    assert report.findings[0].where == ((5, 3),)


def test_a_failed_report_raises_an_assertion_error_with_its_text():
    report = check_layer(lambda x: (x * x, x), lambda d, x: d * x, randn(3))
    with pytest.raises(GradientError) as caught:
        report.raise_if_failed()
    assert isinstance(caught.value, AssertionError)
    assert str(caught.value) == str(report)


def test_a_passed_report_raises_nothing():
    check_layer(lambda x: (x * x, x), lambda d, x: 2 * d * x, randn(3)).raise_if_failed()


def noisy(x):
    """A parabola and, from a hash of the last bits of x, a tenth of its value as noise."""
    bits = np.ascontiguousarray(x).view(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    bits ^= bits >> np.uint64(29)
    bits *= np.uint64(0xBF58476D1CE4E5B9)
    return x * x * (1 + 0.1 * (bits >> np.uint64(11)) * 2.0**-53), x


def test_a_function_too_noisy_for_finite_differences_is_inconclusive():
    report = check_layer(noisy, lambda d, x: 2 * d * x, 1 + np.abs(randn(4)))
    assert report.inconclusive
    assert not report.passed
    assert codes(report) == []
    assert report.status == "inconclusive"
    assert "undecided" in str(report)
    with pytest.raises(GradientError, match="undecided"):
        report.raise_if_failed()


def test_reports_are_frozen():
    report = check_layer(multiply, multiply_backward, randn(3), randn(3))
    with pytest.raises(FrozenInstanceError):
        report.passed = False


# whatever backward returns

RETURNED = {
    "minus": lambda g: -g, "zero": lambda g: 0 * g, "NaN": lambda g: g * np.nan,
    "transposed": lambda g: g.T.copy(), "flat": np.ravel, "list": lambda g: g.tolist(),
    "integers": lambda g: g.astype(int), "complex": lambda g: g.astype(complex),
    "half precision": lambda g: g.astype(np.float16), "None": lambda g: None,
    "text": lambda g: "x", "nothing": lambda g: (), "objects": lambda g: g.astype(object),
    "bools": lambda g: g > 0, "masked": np.ma.masked_array, "rolled": lambda g: np.roll(g, 1),
}


@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 2), (2, 0, 2), (4, 3, 2)], ids=str)
@pytest.mark.parametrize("dtype", [np.float64, np.float16])
@pytest.mark.parametrize("returned", RETURNED)
def test_whatever_backward_returns_there_is_a_report_and_no_warning(shape, dtype, returned):
    x = randn(*shape) if shape else np.asarray(0.7)
    report = check_layer(lambda x: (x * x, x), lambda d, x: RETURNED[returned](
        np.asarray(2 * d * x).astype(dtype)), x.astype(dtype))
    assert f"{report.status}" in str(report)
    assert report._repr_html_()
    if returned in {"text", "None", "complex", "nothing", "objects"}:
        assert not report.passed


# kinks

NEAR = [0.0, 1e-6, -1e-6, 1e-7, -1e-7, 1e-9, -1e-9, 3e-8, 0.7, -0.4, 1.3, -2.0]


@pytest.mark.parametrize(("forward", "backward"), [
    (lambda x: (np.maximum(x, 0), x), lambda d, x: d * (x > 0)),
    (lambda x: (np.maximum(x, 0), x), lambda d, x: d * (x >= 0)),
    (lambda x: (np.maximum(x, 0), x), lambda d, x: d * np.heaviside(x, 0.5)),
    (lambda x: (np.abs(x), x), lambda d, x: d * np.sign(x)),
    (lambda x: (np.where(x > 0, x, 0.1 * x), x), lambda d, x: d * np.where(x > 0, 1, 0.1)),
    (lambda x: (np.clip(x, 0, 0.7), x), lambda d, x: d * ((x > 0) & (x < 0.7))),
], ids=["relu", "closed relu", "half relu", "abs", "leaky relu", "clip"])
def test_a_right_gradient_passes_at_and_beside_a_kink(forward, backward):
    report = check_layer(forward, backward, np.array(NEAR))
    assert report.passed, str(report)


@pytest.mark.parametrize("wrong", [
    lambda d, x: d, lambda d, x: d * (x < 0), lambda d, x: d * (x > 0.8),
    lambda d, x: np.zeros_like(d), lambda d, x: d * np.where(x == 0, 2.0, x > 0),
    lambda d, x: d * np.where(x == 0, -1.0, x > 0), lambda d, x: d * (x > -0.5),
], ids=["no mask", "inverted", "threshold", "zero", "2 at the kink", "-1 at the kink",
        "low threshold"])
def test_a_wrong_gradient_fails_beside_a_kink(wrong):
    report = check_layer(lambda x: (np.maximum(x, 0), x), wrong, np.array(NEAR))
    assert report.findings


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_tied_maxima_may_share_the_gradient_in_any_way(share):
    def backward(dout, x):
        dx = np.zeros_like(x)
        dx[:, 0], dx[:, 1] = share * dout, (1 - share) * dout
        return dx

    x = np.array([[1.0, 1.0, 0.0], [2.0, 2.0, -1.0]])
    report = check_layer(lambda x: (x.max(axis=1), x), backward, x)
    assert report.passed, str(report)


def test_tied_maxima_may_not_both_take_the_gradient():
    def backward(dout, x):
        return (x == x.max(axis=1, keepdims=True)) * dout[:, np.newaxis]

    x = np.array([[1.0, 1.0, 0.0], [2.0, 2.0, -1.0]])
    assert check_layer(lambda x: (x.max(axis=1), x), backward, x).findings


# check_gradient

def test_a_gradient_may_be_an_array_or_a_function():
    x = randn(3, 4)
    assert check_gradient(lambda x: np.sum(x**3), 3 * x**2, x).passed
    assert check_gradient(lambda x: np.sum(x**3), lambda x: 3 * x**2, x).passed
    assert codes(check_gradient(lambda x: np.sum(x**3), x**2, x)) == ["scaled"]


def quadratic(params):
    return np.sum(params["w"] ** 2) + 3 * np.sum(params["b"])


def quadratic_gradient(params):
    return {"b": np.full_like(params["b"], 3.0), "w": 2 * params["w"]}


def test_dicts_of_arrays_are_checked_by_key_whatever_the_order():
    params = {"w": randn(3, 4), "b": randn(4)}
    for grad in (quadratic_gradient, quadratic_gradient(params)):
        report = check_gradient(quadratic, grad, params)
        assert report.passed, str(report)
        assert {entry.name for entry in report.arguments} == {"w", "b"}
        assert report.checked == 16
    wrong = {**quadratic_gradient(params), "b": np.full(4, -3.0)}
    report = check_gradient(quadratic, wrong, params)
    assert [(f.code, f.argument) for f in report.findings] == [("sign-flipped", "b")]


def test_additional_keys_of_a_gradient_do_no_harm():
    params = {"w": randn(3)}
    assert check_gradient(lambda p: np.sum(p["w"] ** 2),
                          lambda p: {"w": 2 * p["w"], "other": 1}, params).passed


def test_functions_get_copies_that_they_cannot_spoil_x_through():
    x = randn(4)
    before = x.copy()

    def f(z):
        value = np.sum(z * z)
        z[...] = 0
        return value

    def grad(z):
        z *= 2
        return z

    report = check_gradient(f, grad, x)
    np.testing.assert_array_equal(x, before)
    assert codes(report) == ["input-mutated"]


@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 0), (2, 3, 2)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_gradients_of_arrays_of_any_shape_and_dtype_are_checked(shape, dtype):
    x = np.full(shape, 0.5, dtype)
    report = check_gradient(lambda x: np.sum(x * x), lambda x: 2 * x, x)
    assert report.status == ("passed" if x.size else "inconclusive"), str(report)
    assert report.checked == x.size


@pytest.mark.parametrize("f", [
    lambda x: float(np.sum(x)), lambda x: np.sum(x, keepdims=True), lambda x: np.sum(x)[()],
])
def test_every_form_of_a_real_scalar_is_taken(f):
    assert check_gradient(f, np.ones((3, 3)), np.ones((3, 3))).passed


def test_a_gradient_of_another_shape_is_a_wrong_shape():
    report = check_gradient(lambda x: np.sum(x), np.ones(4), np.ones(3))
    assert codes(report) == ["wrong-shape"]


def test_an_exception_of_f_becomes_a_finding():
    report = check_gradient(lambda x: 1 / 0, np.ones(3), np.ones(3))
    assert codes(report) == ["raises"]
    assert "ZeroDivisionError" in report.findings[0].message


# check_net

def digits(classes=3, features=6, samples=5, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((samples, features)), rng.integers(0, classes, samples)


def small_net(**options):
    options = {"input_dim": 6, "num_classes": 3, "reg": 0.3, "dtype": np.float64,
               "weight_scale": 0.3, "rng": np.random.default_rng(1), **options}
    return FullyConnectedNet([7, 5], **options)


NETS = {
    "two layers": lambda: TwoLayerNet(6, 7, 3, reg=0.3),
    "plain": small_net,
    "float32": lambda: small_net(dtype=np.float32),
    "dropout": lambda: small_net(dropout=0.4, seed=5),
    "batchnorm": lambda: small_net(normalization="batchnorm"),
    "layernorm": lambda: small_net(normalization="layernorm"),
    "everything": lambda: small_net(normalization="batchnorm", dropout=0.3, seed=2),
    "no regularization": lambda: small_net(reg=0.0),
}


@pytest.mark.parametrize("name", NETS)
def test_a_right_net_passes_and_is_left_as_it_was(name):
    np.random.seed(0)
    net, (X, y) = NETS[name](), digits()
    before, batch = deepcopy(vars(net)), deepcopy((X, y))
    report = check_net(net, X, y)
    assert report.passed, str(report)
    assert {entry.name for entry in report.arguments} == set(net.params)
    assert report.checked == sum(value.size for value in net.params.values())
    assert vars(net).keys() == before.keys()
    for key in before:
        if key != "rng":
            assert same_bits(vars(net)[key], before[key]), key
    assert same_bits((X, y), batch)


class Spoiled:
    """A net whose gradients are changed before they are returned."""

    def __init__(self, change, **options):
        self.inner, self.change = small_net(**options), change
        self.params, self.reg = self.inner.params, self.inner.reg

    def loss(self, X, y=None):
        self.inner.params = self.params
        self.inner.dtype = np.float64
        loss, grads = self.inner.loss(X, y)
        return loss, self.change(dict(grads), self.params, self.reg)


def on(key, rule):
    def change(grads, params, reg):
        return {**grads, key: rule(grads[key], params[key], reg)}
    return change


@pytest.mark.parametrize(("key", "rule", "code"), [
    ("W1", lambda g, w, reg: g - reg * w, "regularization-missing"),
    ("W3", lambda g, w, reg: g - reg * w, "regularization-missing"),
    ("W2", lambda g, w, reg: g + reg * w, "regularization-doubled"),
    ("W2", lambda g, w, reg: g - 0.5 * reg * w, "regularization-halved"),
    ("W2", lambda g, w, reg: g - 2 * reg * w, "regularization-sign"),
    ("b2", lambda g, b, reg: g + reg * b, "regularization-on-bias"),
    ("W2", lambda g, w, reg: -g, "sign-flipped"),
    ("b1", lambda g, b, reg: 0 * g, "zero-gradient"),
    ("W1", lambda g, w, reg: 2 * g, "scaled"),
])
def test_a_slip_in_one_gradient_of_a_net_is_named_there_and_nowhere_else(key, rule, code):
    X, y = digits()
    report = check_net(Spoiled(on(key, rule)), X, y)
    assert [(f.code, f.argument) for f in report.findings] == [(code, key)]


def test_a_loss_that_is_a_mean_with_gradients_of_the_sum_is_not_normalized():
    X, y = digits(samples=11)
    spoiled = Spoiled(lambda grads, params, reg: {k: 11 * g for k, g in grads.items()}, reg=0.0)
    report = check_net(spoiled, X, y)
    assert set(codes(report)) == {"not-normalized"}


def test_a_gradient_that_a_net_does_not_return_is_a_finding():
    X, y = digits()

    def change(grads, params, reg):
        del grads["W2"]
        return grads

    report = check_net(Spoiled(change), X, y)
    assert codes(report) == ["raises"]
    assert "W2" in report.findings[0].message


def test_an_exception_of_a_nets_loss_becomes_a_finding():
    report = check_net(small_net(), randn(5, 4), np.zeros(5, int))
    assert codes(report) == ["raises"]


class Unseeded(Spoiled):
    """A net that draws its dropout mask from NumPy's global generator."""

    def loss(self, X, y=None):
        return super().loss(X * (np.random.random(X.shape) > 0.5), y)


def test_a_net_whose_dropout_is_not_seeded_is_nondeterministic():
    X, y = digits()
    report = check_net(Unseeded(lambda grads, params, reg: grads), X, y)
    assert codes(report) == ["forward-nondeterministic"]


def test_a_generator_that_a_net_holds_draws_the_same_mask_in_every_call():
    X, y = digits()
    net = small_net(dropout=0.5)
    assert check_net(net, X, y).passed
