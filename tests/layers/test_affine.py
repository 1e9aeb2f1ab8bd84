"""Laws of the affine layer."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from layers import affine_backward, affine_forward
from tests.layers.layer_laws import Layer, every_law, law, seeds

AFFINE = Layer(affine_forward, affine_backward,
               lambda rng: (rng.normal(size=(4, 2, 3)), rng.normal(size=(6, 5)),
                            rng.normal(size=5)))


@every_law(AFFINE)
def test_affine_obeys_the_common_law(layer, assert_law):
    assert_law(layer)


def test_forward_is_the_published_example_of_cs231n():
    x = np.linspace(-0.1, 0.5, num=2 * 120).reshape(2, 4, 5, 6)
    w = np.linspace(-0.2, 0.3, num=120 * 3).reshape(120, 3)
    out, _ = affine_forward(x, w, np.linspace(-0.3, 0.1, num=3))
    expected = [[1.49834967, 1.70660132, 1.91485297], [3.25553199, 3.5141327, 3.77273342]]
    np.testing.assert_allclose(out, expected, atol=1e-8)


@law
@given(seeds, st.integers(0, 6), st.integers(0, 5), st.integers(0, 4))
def test_permuting_the_batch_permutes_out_and_dx_and_leaves_dw_and_db(seed, n, d, m):
    rng = np.random.default_rng(seed)
    x, w, b, dout = (rng.normal(size=s) for s in ((n, d), (d, m), m, (n, m)))
    order = rng.permutation(n)
    out, cache = affine_forward(x, w, b)
    permuted, permuted_cache = affine_forward(x[order], w, b)
    np.testing.assert_allclose(permuted, out[order], atol=1e-12)
    dx, dw, db = affine_backward(dout, cache)
    dx_permuted, dw_permuted, db_permuted = affine_backward(dout[order], permuted_cache)
    np.testing.assert_allclose(dx_permuted, dx[order], atol=1e-12)
    np.testing.assert_allclose(dw_permuted, dw, atol=1e-12)
    np.testing.assert_allclose(db_permuted, db, atol=1e-12)


@law
@given(seeds)
def test_backward_is_the_adjoint_of_the_linear_map(seed):
    """<x @ w, dout> = <x, dx> = <w, dw>: the layer is linear in x and in w."""
    rng = np.random.default_rng(seed)
    x, w, dout = (rng.normal(size=s) for s in ((3, 4), (4, 5), (3, 5)))
    out, cache = affine_forward(x, w, np.zeros(5))
    dx, dw, _ = affine_backward(dout, cache)
    inner = (out * dout).sum()
    np.testing.assert_allclose([(x * dx).sum(), (w * dw).sum()], inner, rtol=1e-10, atol=1e-10)


def test_an_empty_batch_gives_empty_out_and_zero_gradients():
    out, cache = affine_forward(np.ones((0, 2, 3)), np.ones((6, 4)), np.ones(4))
    assert out.shape == (0, 4)
    dx, dw, db = affine_backward(out, cache)
    assert dx.shape == (0, 2, 3)
    assert not dw.any()
    assert not db.any()


def test_data_may_hold_inf_and_nan_and_only_their_rows_suffer():
    x = np.array([[np.inf, -np.inf], [np.nan, 1.0], [1.0, 2.0]])
    out, cache = affine_forward(x, np.ones((2, 2)), np.zeros(2))
    assert np.isnan(out[:2]).all()
    np.testing.assert_array_equal(out[2], 3.0)
    affine_backward(out, cache)


def test_float16_sums_do_not_stall():
    n = 4096  # a float16 sum of ones stops at 2048
    out, cache = affine_forward(np.ones((n, 1), np.float16), np.ones((1, 2), np.float16),
                                np.zeros(2, np.float16))
    _, dw, db = affine_backward(out, cache)
    assert dw.tolist() == [[n, n]]
    assert db.tolist() == [n, n]


def test_of_mixed_dtypes_each_result_takes_that_of_its_own_argument():
    x, w, b = np.ones((2, 3), np.float32), np.ones((3, 4)), np.ones(4, np.float16)
    out, cache = affine_forward(x, w, b)
    gradients = affine_backward(out, cache)
    assert out.dtype == np.float32
    assert [g.dtype for g in gradients] == [np.float32, np.float64, np.float16]
