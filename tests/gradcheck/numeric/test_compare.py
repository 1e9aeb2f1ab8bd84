"""Each coordinate is held to a tolerance of its own; right layers pass, small errors do not."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import layers
from gradcheck import check_gradient, check_layer
from gradcheck.numeric.compare import compare
from gradcheck.numeric.dependence import Alignment
from gradcheck.numeric.differences import Problem, natural_scale
from gradcheck.numeric.evaluator import Evaluator
from tests.layers.layer_laws import law, seeds


def problem(forward, x, dout=None, workers=None):
    evaluator = Evaluator(forward, (x,))
    origin = evaluator.out()
    return Problem(evaluator, origin, np.ones(origin.shape) if dout is None else dout, workers)


def cubed(x):
    return x**3, x


X = np.random.default_rng(0).standard_normal((5, 6))


def test_numbers_are_the_numeric_gradient_within_the_bound():
    dout = np.random.default_rng(1).standard_normal(X.shape)
    exact = 3 * dout * X**2
    found = compare(problem(cubed, X, dout), 0, "x", exact)
    assert not np.any(found.failed | found.undecided)
    assert np.all(np.abs(found.numeric - exact) <= found.bound + 1e-15)
    assert found.coordinates == X.size


@law
@given(seeds, st.integers(0, 29), st.floats(-6, 0))
def test_a_coordinate_off_by_a_millionth_of_the_gradient_fails_alone(seed, flat, exponent):
    where = np.unravel_index(flat, X.shape)
    exact = 3 * X**2
    wrong = exact.copy()
    wrong[where] += 10**exponent * np.sqrt(np.mean(exact**2))
    found = compare(problem(cubed, X), 0, "x", wrong)
    assert list(map(tuple, np.argwhere(found.failed))) == [where]


@law
@given(st.integers(0, 29))
def test_rounding_of_the_analytic_gradient_fails_nothing(flat):
    where = np.unravel_index(flat, X.shape)
    exact = 3 * X**2
    exact[where] *= 1 + 1e-13
    assert not np.any(compare(problem(cubed, X), 0, "x", exact).failed)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_an_analytic_value_that_is_not_finite_fails(bad):
    wrong = 3 * X**2
    wrong[1, 2] = bad
    with np.errstate(all="ignore"):
        found = compare(problem(cubed, X), 0, "x", wrong)
    assert list(map(tuple, np.argwhere(found.failed))) == [(1, 2)]


@pytest.mark.parametrize("chunk", [1, 7, 2**18])
def test_the_size_of_a_chunk_changes_nothing(chunk, monkeypatch):
    mixing = lambda x: (np.tanh(x @ np.ones((6, 4)) @ np.ones((4, 6))) * np.sum(x), x)  # noqa: E731
    expected = compare(problem(mixing, X), 0, "x", np.zeros_like(X))
    monkeypatch.setattr("gradcheck.numeric.differences.CHUNK", chunk)
    found = compare(problem(mixing, X), 0, "x", np.zeros_like(X))
    np.testing.assert_array_equal(found.numeric, expected.numeric)
    np.testing.assert_array_equal(found.failed, expected.failed)


def test_workers_get_lists_and_their_evaluations_are_counted():
    sizes = []

    def workers(function, items):
        assert type(items) is list
        sizes.append(len(items))
        return map(function, items)

    whole = problem(lambda x: (np.sum(x**3), x), X, np.ones(()), workers)
    before = whole.evaluator.count
    compare(whole, 0, "x", 3 * X**2, Alignment(X.shape, (), ()))
    assert sum(sizes) == X.size
    assert whole.evaluator.count - before == 2 * X.size


@pytest.mark.parametrize(("x", "backward"), [
    (np.array([1e-7, 1e6, 3.0, 1e-3]), lambda d, x: d / x),
    (np.array([1e-12, 1.0]), lambda d, x: d / x),
])
def test_elements_far_below_the_others_have_steps_of_their_own(x, backward):
    report = check_layer(lambda x: (np.log(x), x), backward, x)
    assert report.passed, str(report)
    wrong = check_layer(lambda x: (np.log(x), x), lambda d, x: 1.01 * backward(d, x), x)
    assert wrong.findings


def test_an_elementwise_layer_takes_few_evaluations_whatever_its_size():
    costs = {n: check_layer(*_relu(), np.random.default_rng(0).standard_normal(n)).evaluations
             for n in (64, 4096, 65536)}
    assert costs[65536] - costs[4096] <= 8
    assert costs[65536] <= 50


def _relu():
    return layers.relu_forward, layers.relu_backward


def test_an_affine_layer_takes_evaluations_by_its_width_and_not_by_its_batch():
    def cost(samples, width, units):
        rng = np.random.default_rng(0)
        args = [rng.standard_normal(shape) for shape in ((samples, width), (width, units), units)]
        report = check_layer(layers.affine_forward, layers.affine_backward, *args)
        assert report.passed
        return report.evaluations

    assert cost(30, 8, 40) <= 2 * (8 + 8 + 1) + 45
    assert cost(300, 8, 40) - cost(30, 8, 40) <= 8


@law
@given(seeds)
def test_the_natural_scale_grows_with_dout_and_out(seed):
    rng = np.random.default_rng(seed)
    out, dout, x = (rng.standard_normal((3, 4)) for _ in range(3))
    base = natural_scale(out, dout, x)
    assert base.shape == x.shape
    np.testing.assert_allclose(natural_scale(2 * out, dout, x), 2 * base)
    np.testing.assert_allclose(natural_scale(out, 4 * dout, x), 4 * base)


SIZES = st.integers(1, 6)


def random_case(name, seed):
    """Arguments of a right layer at a random shape, scale and dtype."""
    rng = np.random.default_rng(seed)
    dtype = rng.choice([np.float64, np.float32])
    samples, width, units = (int(n) for n in rng.integers(1, 7, 3))
    scale = 10.0 ** rng.uniform(-4, 4)

    def draw(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(dtype)

    x = draw(samples, width, scale=scale)
    dropout = {"p": float(rng.choice([0.0, 0.3, 0.9])), "mode": "train", "seed": seed}
    vectors = draw(width), draw(width)
    return {
        "affine": (x, draw(width, units), draw(units)),
        "affine_relu": (x, draw(width, units), draw(units)),
        "dropout": (x, dropout), "vanilla_dropout": (x, dropout),
        "batchnorm": (x, *vectors, {"mode": "train"}), "layernorm": (x, *vectors, {}),
        "affine_relu_dropout": (x, draw(width, units), draw(units), dropout),
    }.get(name, (x,))


@pytest.mark.parametrize("name", [
    "relu", "leaky_relu", "elu", "sigmoid", "tanh", "gelu", "silu", "softplus", "affine",
    "affine_relu", "dropout", "vanilla_dropout", "batchnorm", "layernorm", "affine_relu_dropout"])
@pytest.mark.parametrize("first", [0, 10])
def test_right_layers_pass_at_random_shapes_scales_and_dtypes(name, first):
    forward, backward = (getattr(layers, f"{name}_{way}") for way in ("forward", "backward"))
    for seed in range(first, first + 10):
        report = check_layer(forward, backward, *random_case(name, seed), progress=False)
        assert report.passed, (seed, str(report))


def test_the_differences_at_every_step_are_recorded_where_a_coordinate_is_wrong():
    def backward(dout, x):
        dx = 3 * dout * x**2
        dx[2, 1] *= 1.001
        return dx

    x = 1 + X**2
    entry = check_layer(cubed, backward, x, dout=np.ones(x.shape)).arguments[0]
    assert entry.worst_index == (2, 1)
    steps, values, bounds = np.array(entry.steps).T
    assert np.all(np.diff(steps) < 0)
    assert np.all(bounds > 0)
    # (f(x + h) - f(x - h)) / 2h of x^3 is 3 x^2 + h^2
    np.testing.assert_allclose(values - 3 * x[2, 1]**2, steps**2, atol=2 * np.max(bounds))
    assert entry.to_dict()["steps"] == [list(rung) for rung in entry.steps]


def test_no_step_is_recorded_where_all_is_right():
    report = check_layer(cubed, lambda d, x: 3 * d * x**2, X)
    assert report.arguments[0].steps == ()


@pytest.mark.parametrize("offset", [1e6, 1e10, 1e14])
@pytest.mark.parametrize("factor", [-1.0, 0.5, 1.0])
def test_a_large_value_in_front_of_a_gradient_lets_no_wrong_one_pass(offset, factor):
    report = check_gradient(lambda x: offset + np.sum(np.sin(x)), lambda x: factor * np.cos(x),
                            np.array([1e-5]))
    assert not report.passed or factor == 1


def test_a_gradient_that_is_zero_in_effect_passes_whatever_the_size_of_its_terms():
    x = 1e3 * X
    report = check_layer(lambda x, b: layers.batchnorm_forward(x + b, np.ones(6), np.zeros(6),
                                                               {"mode": "train"}),
                         lambda dout, cache: (dx := layers.batchnorm_backward(dout, cache)[0],
                                              dx.sum(axis=0)), x, np.arange(6.0))
    assert report.passed, str(report)
    # db is nothing but rounding
    assert np.abs(report.arguments[1].analytic) < 1e-12


def test_a_slope_at_a_kink_may_be_that_of_a_curved_side():
    """A one-sided difference of exp(x) - 1 at 0 is a little less than 1, however short."""
    def elu(x):
        return np.where(x > 0, x, 2 * np.expm1(np.minimum(x, 0))), x

    def backward(dout, x, slope=2.0):
        return dout * np.where(x > 0, 1, slope * np.exp(np.minimum(x, 0)))

    x = np.array([[0.0, 1.0, -1.0, 0.0]])
    assert check_layer(elu, backward, x, progress=False).passed
    assert not check_layer(elu, partial(backward, slope=2.01), x[:, [0, 3]], progress=False).passed
