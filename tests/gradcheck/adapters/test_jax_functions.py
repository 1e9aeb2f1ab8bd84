"""Functions of JAX's as pairs: with rules and without, behind jit, of several outputs."""

from __future__ import annotations

import numpy as np
import pytest

import gradcheck
from gradcheck.adapters import jax_function
from tests.gradcheck.adapters import jax_cases
from tests.gradcheck.adapters.jax_cases import jax, jnp

X = np.random.default_rng(0).normal(size=(3, 4))


def check(function, *args, **settings):
    return gradcheck.check_layer(*jax_function(function), *args, progress=False, **settings)


def test_a_function_without_a_rule_and_of_several_outputs_passes():
    assert check(lambda x, w: (jnp.tanh(x @ w), x * 2), X, X.T.copy()).passed


def test_a_rule_behind_jit_is_judged_by_what_jax_makes_of_it():
    assert check(jax.jit(jax_cases.right_sine), X, X + 1).passed
    assert not check(jax.jit(jax_cases.wrong_sine), X, X + 1).passed


def test_double_precision_is_switched_on_and_off_again():
    forward, _ = jax_function(jnp.tanh)
    assert forward(X)[0].dtype == np.float64
    assert jnp.ones(2).dtype == np.float32


def test_the_direct_way_and_jax_own_agree():
    forward, backward = jax_function(jax_cases.right_root)
    out, cache = forward(X)
    with jax.enable_x64(True):
        expected, = jax.vjp(jax_cases.right_root, jnp.array(X))[1](jnp.array(out))
    assert np.allclose(backward(out, cache), expected, rtol=1e-12)


def test_a_gradient_of_another_shape_is_told_in_the_words_of_jax():
    ruled, = jax_cases.with_rules(jax_cases.square, jax_cases.square_fwd,
                                  lambda x, g: (jnp.sum(g * x, axis=0),))
    report = check(ruled, X)
    assert report.findings[0].code == "raises"


def test_a_rule_that_is_not_linear_in_its_tangents_is_not_right():
    @jax.custom_jvp
    def absolute(x):
        return jnp.abs(x)

    @absolute.defjvp
    def absolute_jvp(primals, tangents):
        return jnp.abs(primals[0]), jnp.abs(tangents[0]) * jnp.sign(primals[0]) ** 2

    assert check(absolute, X).status == "failed"


def test_none_is_a_gradient_of_zeros_unless_it_is_left_out():
    ruled, = jax_cases.with_rules(jax_cases.sine_times, jax_cases.sine_times_fwd,
                                  lambda kept, g: (kept[0] * g * kept[2], None))
    assert check(ruled, X, X + 1).findings[0].code == "zero-gradient"
    forward, backward = jax_function(ruled, as_declared=True)
    assert gradcheck.check_layer(forward, backward, X, X + 1, progress=False).passed


@pytest.mark.parametrize("x", [X.astype(np.float16), X + 1j])
def test_half_and_complex_arguments_are_refused(x):
    with pytest.raises(TypeError, match="Remedy"):
        check(jnp.sin, x)


def test_the_second_order_of_a_rule():
    assert check(jax_cases.right_sine, X, X + 1, order=2).passed


def test_a_right_rule_in_single_precision_is_right():
    assert check(jax_cases.right_sine, X.astype(np.float32), X.astype(np.float32)).passed
