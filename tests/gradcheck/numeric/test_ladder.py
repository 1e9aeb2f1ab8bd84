"""numerical_gradient bounds its own error, and is not fooled by complex steps or kinks."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck import numerical_gradient
from gradcheck.numeric.ladder import Slopes, complex_step, ladder, step_lengths
from tests.layers.layer_laws import law

SMOOTH = {
    "x**5": (lambda x: x**5, lambda x: 5 * x**4),
    "x**2": (lambda x: x**2, lambda x: 2 * x),
    "sin 50x": (lambda x: np.sin(50 * x), lambda x: 50 * np.cos(50 * x)),
    "exp 20x": (lambda x: np.exp(20 * x), lambda x: 20 * np.exp(20 * x)),
    "tanh": (np.tanh, lambda x: np.cosh(x) ** -2.0),
    "1/(1 + x^2)": (lambda x: 1 / (1 + x**2), lambda x: -2 * x / (1 + x**2) ** 2),
    "x sin x": (lambda x: x * np.sin(x), lambda x: np.sin(x) + x * np.cos(x)),
    "log1p x^2": (lambda x: np.log1p(x**2), lambda x: 2 * x / (1 + x**2)),
    "arctan 3x": (lambda x: np.arctan(3 * x), lambda x: 3 / (1 + 9 * x**2)),
    "exp -x^2": (lambda x: np.exp(-(x**2)), lambda x: -2 * x * np.exp(-(x**2))),
}
functions = st.sampled_from(sorted(SMOOTH))
moderate = st.floats(-2, 2, allow_subnormal=False).filter(lambda v: v == 0 or abs(v) > 1e-3)


def real_only(f):
    """Forbid the complex step, so that only the ladder is left."""
    def g(x):
        if np.iscomplexobj(x):
            raise TypeError("real arrays only")
        return f(x)
    return g


def summed(name, weights):
    return lambda x: np.sum(weights * SMOOTH[name][0](x))


@law
@given(functions, st.lists(moderate, min_size=1, max_size=4), st.booleans())
def test_the_true_derivative_lies_within_the_bound(name, values, only_real):
    x = np.array(values)
    weights = np.arange(1.0, x.size + 1)
    f = summed(name, weights)
    value, bound = numerical_gradient(real_only(f) if only_real else f, x)
    exact = weights * SMOOTH[name][1](x)
    rounding = 4 * np.finfo(float).eps * np.abs(exact)
    assert np.all(np.abs(value - exact) <= bound + rounding), (value - exact, bound)


@law
@given(functions, moderate.filter(bool))
def test_the_bound_is_tight_where_one_smooth_term_is_differentiated(name, number):
    f, derivative = SMOOTH[name]
    value, bound = numerical_gradient(real_only(lambda x: f(x[0])), np.array([number]))
    size = np.abs(derivative(number)) + np.abs(f(number))
    assert bound[0] <= 1e-6 * size
    assert np.abs(value[0] - derivative(number)) <= 1e-8 * size


@pytest.mark.parametrize("scale", 10.0 ** np.arange(-8, 7, 2))
@pytest.mark.parametrize("only_real", [False, True])
def test_a_power_is_differentiated_at_every_scale(scale, only_real):
    x = scale * np.array([0.5, -1.0, 2.0])
    f = real_only(lambda x: np.sum(x**5)) if only_real else lambda x: np.sum(x**5)
    value, bound = numerical_gradient(f, x)
    assert np.all(np.abs(value - 5 * x**4) <= bound + 1e-15 * scale**4)
    assert np.all(bound <= 1e-4 * 5 * np.max(x**4))


@pytest.mark.parametrize(("f", "derivative"), [
    (lambda x: np.sum(np.abs(x)), np.sign),
    (lambda x: np.var(x), lambda x: 2 * (x - x.mean()) / x.size),
    (lambda x: np.std(x), lambda x: (x - x.mean()) / x.size / x.std()),
    (lambda x: np.linalg.norm(x), lambda x: x / np.linalg.norm(x)),
    (lambda x: np.real(np.vdot(x, x)), lambda x: 2 * x),
    (lambda x: np.vdot(x, x), lambda x: 2 * x),
    (lambda x: np.sum(x * np.sign(x.real)), np.sign),
    (lambda x: np.sum(x * np.conj(x)), lambda x: 2 * x),
    (lambda x: np.sum(np.maximum(x, 0) ** 2), lambda x: 2 * np.maximum(x, 0)),
    (lambda x: np.sum(x.astype(float) ** 2), lambda x: 2 * x),
], ids=["abs", "var", "std", "norm", "real vdot", "vdot", "sign", "conj", "maximum", "astype"])
def test_functions_that_a_complex_step_gets_silently_wrong_come_out_right(f, derivative):
    x = np.array([0.3, -1.2, 0.7, 2.0])
    value, bound = numerical_gradient(f, x)
    np.testing.assert_allclose(value, derivative(x), rtol=1e-8, atol=1e-9)
    assert np.all(np.abs(value - derivative(x)) <= bound + 1e-14)


def test_a_complex_step_is_exact_where_the_function_is_analytic():
    x = np.array([0.4, 1.1, -2.3])
    direction = np.array([0.0, 1.0, 0.0])
    slope = complex_step(lambda z: np.sum(np.exp(3 * z) / z), x, direction)
    exact = np.exp(3 * 1.1) * (3 / 1.1 - 1 / 1.1**2)
    assert float(slope) == pytest.approx(exact, rel=4e-16)


def test_a_complex_step_gives_a_bound_that_no_difference_reaches():
    x = np.array([0.4, 1.1, -2.3])
    f = lambda z: np.sum(np.exp(3 * z) / z)  # noqa: E731
    _, with_complex = numerical_gradient(f, x)
    _, without = numerical_gradient(real_only(f), x)
    assert np.all(with_complex < without)


@pytest.mark.parametrize("f", [
    lambda z: np.sum(z.astype(float)),      # drops the imaginary part with a ComplexWarning
    lambda z: np.sum(np.abs(z)),            # real
    lambda z: np.sum(z) if z.dtype == float else 1 / 0,
    lambda z: np.float64(3.0),
    lambda z: np.sum(z) * complex(0, np.inf),
], ids=["astype", "abs", "raises", "constant", "not finite"])
def test_a_complex_step_is_refused_where_the_imaginary_part_does_not_come_back(f):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert complex_step(f, np.array([1.0, 2.0]), np.array([1.0, 0.0])) is None


@pytest.mark.parametrize("where", [0.0, 1e-6, -1e-6, 1e-7, -1e-7, 1e-9, -1e-9])
@pytest.mark.parametrize(("f", "low", "high"), [
    (lambda x: np.sum(np.maximum(x, 0)), 0.0, 1.0),
    (lambda x: np.sum(np.abs(x)), -1.0, 1.0),
    (lambda x: np.sum(np.where(x > 0, x, 0.1 * x)), 0.1, 1.0),
], ids=["relu", "abs", "leaky relu"])
def test_beside_a_kink_the_bound_holds_the_true_slope_and_never_leaves_the_two(f, low, high, where):
    x = np.array([where, 1.0, -1.0])
    value, bound = numerical_gradient(f, x)
    true = {0.0: (low, high)}.get(where, (high, high) if where > 0 else (low, low))
    assert value[0] - bound[0] <= true[0] + 2e-5
    assert value[0] + bound[0] >= true[1] - 2e-5
    assert value[0] - bound[0] >= low - 2e-5
    assert value[0] + bound[0] <= high + 2e-5
    np.testing.assert_allclose(value[1:], [high, low], atol=1e-9)


def test_at_a_tie_of_maxima_the_bound_reaches_to_both_slopes():
    value, bound = numerical_gradient(lambda x: np.max(x), np.array([1.0, 1.0, 0.0]))
    np.testing.assert_allclose(value, [0.5, 0.5, 0.0], atol=2e-5)
    np.testing.assert_allclose(bound, [0.5, 0.5, 0.0], atol=2e-5)


def test_a_kink_far_away_does_not_widen_the_bound():
    value, bound = numerical_gradient(lambda x: np.sum(np.abs(x) ** 1.0), np.array([0.01, 1.0]))
    np.testing.assert_allclose(value, [1.0, 1.0], rtol=1e-10)
    assert np.all(bound < 1e-8)


def test_noise_widens_the_bound_beyond_the_noise():
    rng = np.random.default_rng(0)
    f = real_only(lambda x: np.sum(x**2) + 1e-6 * rng.standard_normal())
    value, bound = numerical_gradient(f, np.array([1.0, 2.0]))
    assert np.all(np.abs(value - [2.0, 4.0]) <= bound)
    assert np.all(bound > 1e-8)


def test_x_is_not_mutated_even_by_a_function_that_writes_into_its_argument():
    x = np.array([1.0, 2.0])
    x.flags.writeable = False

    def f(z):
        z *= z
        return np.sum(z)

    value, _ = numerical_gradient(f, x)
    np.testing.assert_array_equal(x, [1.0, 2.0])
    np.testing.assert_allclose(value, [2.0, 4.0])


def test_the_exceptions_of_f_come_through():
    class Mine(Exception):
        pass

    def f(x):
        raise Mine("from f")

    with pytest.raises(Mine, match="from f"):
        numerical_gradient(f, np.ones(2))


@pytest.mark.parametrize("x", [np.ones(3, int), np.ones(3, bool), np.ones(3, complex),
                               [1.0, 2.0], 1.0, None, np.array(["a"])])
def test_what_is_not_a_floating_array_is_refused(x):
    with pytest.raises(TypeError, match=r"x: got .* expected a floating array\. Remedy: "):
        numerical_gradient(np.sum, x)


@pytest.mark.parametrize("f", [lambda x: x, lambda x: x.astype(complex).sum(), lambda x: None,
                               lambda x: "loss"])
def test_what_is_not_a_real_scalar_is_refused(f):
    with pytest.raises(TypeError, match=r"f: got .* a real scalar. Remedy: "):
        numerical_gradient(f, np.ones(3))


@pytest.mark.parametrize("result", [lambda s: float(s), lambda s: np.array([[s]]),
                                    lambda s: np.array(s)])
def test_every_form_of_a_real_scalar_is_taken(result):
    value, _ = numerical_gradient(lambda x: result(np.sum(np.real(x))), np.ones(2))
    np.testing.assert_allclose(value, [1.0, 1.0], rtol=1e-3)


@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 3), (2, 0, 3), (1, 2, 1)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_result_is_float64_of_the_shape_of_x(shape, dtype):
    value, bound = numerical_gradient(lambda x: np.sum(x * x), np.ones(shape, dtype))
    assert value.shape == bound.shape == shape
    assert value.dtype == bound.dtype == np.float64
    np.testing.assert_allclose(value, 2.0)


def test_f_sees_float64_whatever_the_dtype_of_x():
    seen = set()

    def f(x):
        seen.add(x.dtype)
        return np.sum(x.real)

    numerical_gradient(f, np.ones(2, np.float16))
    assert seen <= {np.dtype(np.float64), np.dtype(np.complex128)}


@law
@given(st.lists(st.floats(-1e6, 1e6), min_size=0, max_size=6))
def test_steps_are_positive_and_scale_with_x(values):
    x = np.array(values)
    lengths = step_lengths(x, 2.0**-52)
    assert np.all(lengths > 0)
    if np.any(x) and np.max(np.abs(x)) > 1e-100:
        np.testing.assert_allclose(step_lengths(8 * x, 2.0**-52), 8 * lengths, rtol=1e-12)


def test_the_ladder_ends_as_soon_as_it_is_told_that_it_may():
    calls = []

    def slopes(s):
        calls.append(s)
        value = np.array([1.0 + 1e-3 * s**2])
        return Slopes(value, value, value, np.array([1e-16]), np.array([s]))

    ladder(slopes, lambda value, bound: True)
    early = len(calls)
    calls.clear()
    estimate = ladder(slopes)
    assert early < len(calls)
    assert abs(estimate.value[0] - 1.0) <= estimate.bound[0] <= 1e-10
    assert calls == sorted(calls, reverse=True)
