"""Rules of JAX's that are wrong, each beside its right twin."""

from __future__ import annotations

import functools

import pytest

from tests.gradcheck.adapters.cases import Case, normal

jax = pytest.importorskip("jax", reason="jax is not installed: pip install 'maskgrad[peers]'")
jnp = jax.numpy


def with_rules(function, forward, *backwards, nondiff=()):
    """Return a function with each of several rules for its backward."""
    made = []
    for backward in backwards:
        ruled = jax.custom_vjp(function, nondiff_argnums=nondiff)
        ruled.defvjp(forward, backward)
        ruled.__name__ = backward.__name__.removesuffix("_bwd")
        made.append(ruled)
    return made


def sine_times(x, y):
    return jnp.sin(x) * y


def sine_times_fwd(x, y):
    return sine_times(x, y), (jnp.cos(x), jnp.sin(x), y)


def sine_times_bwd(residuals, g):
    cosine, sine, y = residuals
    return cosine * g * y, sine * g


def sine_times_negated_bwd(residuals, g):
    cosine, sine, y = residuals
    return cosine * g * y, -sine * g


right_sine, wrong_sine = with_rules(sine_times, sine_times_fwd, sine_times_bwd,
                                    sine_times_negated_bwd)


def square(x):
    return x ** 2


def square_fwd(x):
    return x ** 2, x


def square_bwd(x, g):
    return (2 * g * x,)


def square_halved_bwd(x, g):
    return (g * x,)


right_square, wrong_square = with_rules(square, square_fwd, square_bwd, square_halved_bwd)


def logsumexp(x):
    top = jnp.max(x, axis=-1, keepdims=True)
    return jnp.log(jnp.sum(jnp.exp(x - top), axis=-1)) + top[..., 0]


def logsumexp_fwd(x):
    out = logsumexp(x)
    return out, (x, out)


def logsumexp_bwd(residuals, g):
    x, out = residuals
    return (jnp.exp(x - out[:, None]) * g[:, None],)


def logsumexp_without_g_bwd(residuals, g):
    x, out = residuals
    return (jnp.exp(x - out[:, None]),)


right_sum, wrong_sum = with_rules(logsumexp, logsumexp_fwd, logsumexp_bwd, logsumexp_without_g_bwd)


def matmul_scaled(x, w, scale):
    return scale * (x @ w)


def matmul_scaled_fwd(x, w, scale):
    return matmul_scaled(x, w, scale), (x, w)


def matmul_scaled_bwd(scale, residuals, g):
    x, w = residuals
    return scale * (g @ w.T), scale * (x.T @ g)


def matmul_unscaled_bwd(scale, residuals, g):
    x, w = residuals
    return scale * (g @ w.T), x.T @ g


right_matmul, wrong_matmul = with_rules(
    matmul_scaled, lambda x, w, scale: matmul_scaled_fwd(x, w, scale), matmul_scaled_bwd,
    matmul_unscaled_bwd, nondiff=(2,))


def soft_root(x):
    return jnp.sqrt(x * x + 1)


@jax.custom_jvp
def right_root(x):
    return soft_root(x)


@right_root.defjvp
def right_root_jvp(primals, tangents):
    x, = primals
    dx, = tangents
    out = soft_root(x)
    return out, x / out * dx


@jax.custom_jvp
def wrong_root(x):
    return soft_root(x)


@wrong_root.defjvp
def wrong_root_jvp(primals, tangents):
    x, = primals
    dx, = tangents
    out = soft_root(x)
    return out, 0.5 * x / out * dx


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def right_power(x, alpha):
    return jnp.sign(x) * jnp.abs(x) ** alpha


@right_power.defjvp
def right_power_jvp(alpha, primals, tangents):
    x, = primals
    dx, = tangents
    return right_power(x, alpha), alpha * jnp.abs(x) ** (alpha - 1) * dx


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def wrong_power(x, alpha):
    return jnp.sign(x) * jnp.abs(x) ** alpha


@wrong_power.defjvp
def wrong_power_jvp(alpha, primals, tangents):
    x, = primals
    dx, = tangents
    return wrong_power(x, alpha), alpha * jnp.sign(x) * jnp.abs(x) ** (alpha - 1) * dx


def smooth(x):
    return jnp.log1p(jnp.exp(x))


def smooth_fwd(x):
    return smooth(x), x


def smooth_other_fwd(x):
    return jnp.log(1 + 2 * jnp.exp(x)), x


def smooth_bwd(x, g):
    return (g * jax.nn.sigmoid(x),)


(right_smooth,) = with_rules(smooth, smooth_fwd, smooth_bwd)
(wrong_smooth,) = with_rules(smooth, smooth_other_fwd, smooth_bwd)


ISSUES = "https://github.com/{}"
CASES = [
    Case(wrong_sine, right_sine, normal((3, 4), (3, 4)), "sign-flipped", "y",
         ISSUES.format("jax-ml/jax/issues/3213"), "-sine * g"),
    Case(wrong_square, right_square, normal((3, 4)), "scaled", "x",
         ISSUES.format("jax-ml/jax/pull/29485"), "return (g * x,)"),
    Case(wrong_sum, right_sum, normal((3, 4)), "dout-ignored", "x",
         ISSUES.format("pytorch/pytorch/issues/995")),
    Case(wrong_matmul, right_matmul, normal((3, 4), (4, 2), more=(2.5,)), "scaled", "w",
         ISSUES.format("unslothai/unsloth/pull/4550"), "return scale * (g @ w.T), x.T @ g"),
    Case(wrong_root, right_root, normal((3, 4)), "scaled", "x",
         ISSUES.format("jax-ml/jax/issues/4802"), "0.5 * x / out * dx"),
    Case(wrong_power, right_power, normal((3, 4), more=(3.0,)), "unexplained", "x",
         ISSUES.format("jax-ml/jax/issues/6024"), "alpha * jnp.sign(x)"),
    Case(wrong_smooth, right_smooth, normal((3, 4)), "raises", None,
         ISSUES.format("google/jaxopt/issues/141"), "jnp.log(1 + 2 * jnp.exp(x))"),
]
