"""Laws of the word embedding, of the affine layer at every step, and of softmax as a layer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

import layers as L
from tests.layers.layer_laws import DTYPES, Layer, every_law, law, seeds

WORDS = np.array([[2, 0, 2, 6], [1, 2, 2, 0]])


def looked_up(W):
    return L.word_embedding_forward(WORDS, W)


def pair(name):
    return getattr(L, f"{name}_forward"), getattr(L, f"{name}_backward")


def along(name, axis):
    forward, backward = pair(name)
    return Layer(lambda x: forward(x, axis), backward, lambda rng: (rng.normal(size=(3, 4, 2)),))


@every_law(
    Layer(looked_up, L.word_embedding_backward, lambda rng: (rng.normal(size=(7, 3)),)),
    Layer(*pair("temporal_affine"), lambda rng: (
        rng.normal(size=(3, 2, 4)), rng.normal(size=(4, 5)), rng.normal(size=5))),
    *(along(name, axis) for name in ("softmax", "log_softmax") for axis in (0, 1, -1)))
def test_the_layers_obey_the_common_law(layer, assert_law):
    assert_law(layer)


@law
@given(seeds, st.integers(0, 40), st.integers(1, 5), st.integers(0, 3))
def test_every_word_gets_the_sum_of_its_gradients(seed, words, V, D):
    rng = np.random.default_rng(seed)
    x, W, dout = rng.integers(V, size=words), rng.normal(size=(V, D)), rng.normal(size=(words, D))
    out, cache = L.word_embedding_forward(x, W)
    dW, expected = L.word_embedding_backward(dout, cache), np.zeros((V, D))
    for word, gradient in zip(x, dout, strict=True):
        expected[word] += gradient
    np.testing.assert_array_equal(out, W[x])
    np.testing.assert_allclose(dW, expected, atol=1e-13)
    np.testing.assert_allclose((dW * W).sum(), (dout * out).sum(), atol=1e-11)  # the adjoint


def test_float16_sums_of_one_word_do_not_stall():
    _, cache = L.word_embedding_forward(np.zeros(4096, int), np.zeros((2, 1), np.float16))
    dW = L.word_embedding_backward(np.ones((4096, 1), np.float16), cache)
    assert dW.tolist() == [[4096], [0]]


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int32, np.uint64])
def test_words_may_be_integers_of_any_kind_and_changed_afterwards(kind):
    x = np.array([2, 0], kind)
    out, cache = L.word_embedding_forward(x, np.eye(3))
    x[:] = 1
    np.testing.assert_array_equal(out, np.eye(3)[[2, 0]])
    assert L.word_embedding_backward(np.ones((2, 3)), cache).sum(axis=1).tolist() == [3, 0, 3]


def test_temporal_affine_is_affine_at_every_step():
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(3, 2, 4)), rng.normal(size=(4, 5)), rng.normal(size=5)
    out, _ = L.temporal_affine_forward(x, w, b)
    for t in range(2):
        np.testing.assert_allclose(out[:, t], L.affine_forward(x[:, t], w, b)[0], atol=1e-14)


@law
@given(seeds, st.sampled_from([0, 1, 2, -1, -3]), st.floats(-1e3, 1e3))
def test_softmax_is_scipys_and_a_shift_changes_nothing(seed, axis, shift):
    x = 3 * np.random.default_rng(seed).normal(size=(3, 1, 4))
    out, _ = L.softmax_forward(x, axis)
    np.testing.assert_allclose(out, special.softmax(x, axis=axis), atol=1e-15)
    np.testing.assert_allclose(L.softmax_forward(x + shift, axis)[0], out, atol=1e-12)
    np.testing.assert_allclose(L.log_softmax_forward(x, axis)[0],
                               special.log_softmax(x, axis=axis), atol=1e-13)


@law
@given(seeds)
def test_log_softmax_and_nll_are_the_softmax_loss(seed):
    rng = np.random.default_rng(seed)
    x, y = 3 * rng.normal(size=(4, 5)), rng.integers(5, size=4)
    logs, cache = L.log_softmax_forward(x)
    loss, dlogs = L.nll_loss(logs, y)
    expected, dx = L.softmax_loss(x, y)
    assert loss == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(L.log_softmax_backward(dlogs, cache), dx, atol=1e-14)


@pytest.mark.parametrize("dtype", DTYPES)
def test_scores_of_ten_thousand_neither_overflow_nor_vanish(dtype):
    x = np.array([[1e4, 0, -1e4]], dtype)
    np.testing.assert_array_equal(L.softmax_forward(x)[0], [[1, 0, 0]])
    np.testing.assert_array_equal(L.log_softmax_forward(x)[0], [[0, -1e4, -2e4]])
