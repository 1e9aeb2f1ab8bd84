"""Laws of the losses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck import eval_numerical_gradient, rel_error
from layers import mse_loss, softmax_loss, svm_loss
from tests.layers.layer_laws import DTYPES, law, seeds

CLASSIFIERS = (softmax_loss, svm_loss)
classifiers = pytest.mark.parametrize("loss", CLASSIFIERS, ids=lambda f: f.__name__)
sizes = st.tuples(st.integers(1, 8), st.integers(1, 6))


def scores_and_labels(seed, size, scale=3.0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=size) * scale, rng.integers(0, size[1], size[0])


@classifiers
@pytest.mark.parametrize("size", [(5, 3), (1, 4), (6, 1), (4, 7)])
def test_dx_of_a_classifier_is_the_derivative_of_its_loss(loss, size):
    x, y = scores_and_labels(231, size)
    numeric = eval_numerical_gradient(lambda v: loss(v, y)[0], x.copy(), verbose=False)
    dx = loss(x, y)[1]
    assert min(rel_error(dx, numeric), np.abs(dx - numeric).max()) < 1e-7


@pytest.mark.parametrize("shape", [(), (5,), (4, 3), (2, 3, 2)])
def test_dx_of_mse_is_the_derivative_of_its_loss(shape):
    x, y = np.random.default_rng(231).normal(size=(2, *shape))
    x, y = np.array(x), np.array(y)
    numeric = eval_numerical_gradient(lambda v: mse_loss(v, y)[0], x.copy(), verbose=False)
    dx = mse_loss(x, y)[1]
    assert dx.shape == shape
    assert rel_error(dx, numeric) < 1e-7


@law
@given(seeds, sizes, st.floats(-1e3, 1e3))
def test_softmax_is_invariant_under_a_shift_of_all_scores_and_dx_sums_to_zero(seed, size, shift):
    x, y = scores_and_labels(seed, size)
    loss, dx = softmax_loss(x, y)
    shifted_loss, shifted_dx = softmax_loss(x + shift, y)
    assert loss >= 0
    assert shifted_loss == pytest.approx(loss, abs=1e-10)
    np.testing.assert_allclose(shifted_dx, dx, atol=1e-12)
    np.testing.assert_allclose(dx.sum(axis=1), 0, atol=1e-15)


@law
@given(seeds, sizes, st.sampled_from(CLASSIFIERS))
def test_permuting_samples_or_renaming_classes_leaves_the_loss(seed, size, loss):
    x, y = scores_and_labels(seed, size)
    rng = np.random.default_rng(seed)
    rows, names = rng.permutation(size[0]), rng.permutation(size[1])
    value, dx = loss(x, y)
    permuted_value, permuted_dx = loss(x[rows][:, names], np.argsort(names)[y[rows]])
    assert permuted_value == pytest.approx(value, rel=1e-12, abs=1e-14)
    np.testing.assert_allclose(permuted_dx, dx[rows][:, names], atol=1e-14)


@law
@given(seeds, sizes)
def test_a_batch_is_the_mean_of_its_samples(seed, size):
    x, y = scores_and_labels(seed, size)
    for loss in CLASSIFIERS:
        value, dx = loss(x, y)
        apart = [loss(x[i:i + 1], y[i:i + 1]) for i in range(size[0])]
        assert value == pytest.approx(np.mean([one for one, _ in apart]), rel=1e-12, abs=1e-14)
        rows = np.concatenate([row for _, row in apart])
        np.testing.assert_allclose(dx, rows / size[0], atol=1e-14)


@law
@given(seeds, st.floats(0.1, 10))
def test_mse_is_symmetric_and_quadratic_in_the_error(seed, scale):
    x, y = np.random.default_rng(seed).normal(size=(2, 4, 3))
    loss, dx = mse_loss(x, y)
    swapped, minus_dx = mse_loss(y, x)
    assert swapped == loss
    np.testing.assert_array_equal(minus_dx, -dx)
    assert mse_loss(scale * x, scale * y)[0] == pytest.approx(scale**2 * loss)


@pytest.mark.parametrize("dtype", DTYPES)
def test_softmax_is_stable_at_scores_of_ten_thousand(dtype):
    x = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 0]], dtype)
    loss, dx = softmax_loss(x, np.array([0, 0]))
    assert loss == pytest.approx(1e4)
    np.testing.assert_array_equal(dx, [[0, 0, 0], [-0.5, 0.5, 0]])


def test_a_small_loss_keeps_its_digits():
    loss, dx = softmax_loss(np.array([[0.0, -30.0]]), np.array([0]))
    assert loss == pytest.approx(np.log1p(np.exp(-30.0)), rel=1e-2)
    assert dx[0, 1] == pytest.approx(np.exp(-30.0), rel=1e-10)


def test_equal_scores_cost_the_logarithm_of_the_number_of_classes_and_all_margins():
    x, y = np.zeros((6, 10)), np.arange(6)
    assert softmax_loss(x, y)[0] == pytest.approx(np.log(10))
    assert svm_loss(x, y)[0] == 9.0


def test_minus_infinity_excludes_a_class():
    loss, dx = softmax_loss(np.array([[0.0, 0.0, -np.inf]]), np.array([0]))
    assert loss == pytest.approx(np.log(2))
    assert dx.tolist() == [[-0.5, 0.5, 0.0]]


def test_nan_scores_give_a_nan_loss_without_a_warning():
    x = np.array([[np.nan, 0.0], [np.inf, np.inf]])
    assert np.isnan(softmax_loss(x, np.array([0, 1]))[0])
    assert np.isnan(svm_loss(x, np.array([0, 1]))[0])
    assert np.isnan(mse_loss(x, np.zeros((2, 2)))[0])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("label_dtype", [np.int8, np.uint8, np.int64, np.uint64])
def test_loss_is_a_float_and_dx_has_the_dtype_of_x_whatever_the_integer_of_y(dtype, label_dtype):
    x, y = scores_and_labels(0, (5, 3))
    for loss in CLASSIFIERS:
        expected, reference = loss(x.astype(dtype).astype(np.float64), y)
        value, dx = loss(x.astype(dtype), y.astype(label_dtype))
        assert type(value) is float
        assert dx.dtype == dtype
        eps = float(np.finfo(np.promote_types(dtype, np.float32)).eps)
        assert value == pytest.approx(expected, rel=20 * eps)
        np.testing.assert_allclose(dx, reference, atol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
def test_mse_of_any_dtype_is_a_float_and_its_dx_has_the_dtype_of_x(dtype):
    x = np.full((3, 3), 300, dtype)  # 300^2 is beyond float16
    loss, dx = mse_loss(x, np.zeros_like(x))
    assert loss == pytest.approx(90000)
    assert dx.dtype == dtype


@classifiers
def test_neither_scores_nor_labels_are_written(loss):
    x, y = scores_and_labels(1, (4, 3))
    x.flags.writeable = y.flags.writeable = False
    first, second = loss(x, y), loss(x, y)
    assert first[0] == second[0]
    assert first[1].tobytes() == second[1].tobytes()


def test_losses_agree_with_pytorch():
    torch = pytest.importorskip("torch", reason="torch is an optional peer")
    x, y = scores_and_labels(2, (6, 4))
    target = np.random.default_rng(0).normal(size=x.shape)
    functional = torch.nn.functional
    for ours, theirs, labels in (
        (softmax_loss, functional.cross_entropy, y),
        (mse_loss, functional.mse_loss, target),
    ):
        peer_x = torch.tensor(x, requires_grad=True)
        peer = theirs(peer_x, torch.tensor(labels))
        peer.backward()
        loss, dx = ours(x, labels)
        assert loss == pytest.approx(peer.item(), rel=1e-12)
        np.testing.assert_allclose(dx, peer_x.grad.numpy(), rtol=1e-10, atol=1e-15)
    # PyTorch divides its hinge loss by the number of classes as well.
    peer = functional.multi_margin_loss(torch.tensor(x), torch.tensor(y))
    assert svm_loss(x, y)[0] == pytest.approx(4 * peer.item(), rel=1e-12)
