"""Laws of the dropout objects."""

from __future__ import annotations

import numpy as np
import pytest

from layers import Dropout, DropoutLayer


def test_the_mask_is_none_before_the_first_forward_and_in_test_mode():
    layer = DropoutLayer(0.5)
    assert layer.mask is None
    layer.forward(np.ones(4))
    assert layer.mask.dtype == bool
    layer.forward(np.ones(4), training=False)
    assert layer.mask is None


def test_forward_and_backward_use_the_mask_of_the_last_forward():
    layer = DropoutLayer(0.5)
    x, grad = np.arange(1.0, 101.0), np.linspace(-1, 1, 100)
    for _ in range(3):
        out = layer.forward(x)
        np.testing.assert_array_equal(out, 2 * x * layer.mask)
        np.testing.assert_array_equal(layer.backward(grad), 2 * grad * layer.mask)


def test_each_training_forward_draws_a_new_mask():
    for layer in (DropoutLayer(0.5), Dropout(0.5)):
        masks = {layer.forward(np.ones(200), True).tobytes() for _ in range(5)}
        assert len(masks) == 5


def test_inference_passes_x_and_its_gradient_through():
    x = np.array([1.0, np.nan, -0.0])
    for layer in (DropoutLayer(0.9), Dropout(0.9)):
        assert layer.forward(x, False) is x
        np.testing.assert_array_equal(layer.backward(x), x)


def test_two_objects_with_one_seed_draw_one_sequence():
    x = np.ones(300)
    first, second, other = Dropout(0.5, seed=3), Dropout(0.5, seed=3), Dropout(0.5, seed=4)
    sequence = [first.forward(x, True) for _ in range(3)]
    np.testing.assert_array_equal(sequence, [second.forward(x, True) for _ in range(3)])
    assert not np.array_equal(sequence[0], other.forward(x, True))
    fresh = [Dropout(0.5, seed=None).forward(x, True) for _ in range(2)]
    assert not np.array_equal(*fresh)


def test_the_global_seed_governs_the_layer_without_one():
    state = np.random.get_state()
    try:
        outs = []
        for _ in range(2):
            np.random.seed(7)
            outs.append(DropoutLayer(0.5).forward(np.ones(100)))
    finally:
        np.random.set_state(state)
    np.testing.assert_array_equal(*outs)


@pytest.mark.parametrize("make", [DropoutLayer, Dropout])
@pytest.mark.parametrize("p", [1.0, -0.1, 1.5, float("nan"), "0.5", None, np.array([0.5])])
def test_a_wrong_p_is_refused_at_once(make, p):
    with pytest.raises((ValueError, TypeError), match="p is the probability of dropping"):
        make(p)


@pytest.mark.parametrize("make", [DropoutLayer, Dropout])
def test_backward_before_forward_and_of_another_shape_is_refused(make):
    layer = make(0.5)
    with pytest.raises(ValueError, match="forward"):
        layer.backward(np.ones(3))
    layer.forward(np.ones(3), True)
    with pytest.raises(ValueError, match=r"dout: got .* expected shape \(3,\)"):
        layer.backward(np.ones(4))


@pytest.mark.parametrize("make", [DropoutLayer, Dropout])
def test_backward_of_another_shape_is_refused_after_inference_too(make):
    layer = make(0.5)
    layer.forward(np.ones((3, 4)), False)
    with pytest.raises(ValueError, match=r"dout: got .*\(7,\); expected shape \(3, 4\)"):
        layer.backward(np.ones(7))


@pytest.mark.parametrize(("make", "name"), [(DropoutLayer, "training"), (Dropout, "train")])
@pytest.mark.parametrize("flag", ["test", "train", 1, 0, None, 0.0, np.ones(2, bool)])
def test_only_a_bool_says_whether_to_train(make, name, flag):
    layer = make(0.5)
    with pytest.raises(TypeError, match=rf"^{name}: got .* expected True or False. Remedy: "):
        layer.forward(np.ones(3), flag)
    assert layer.forward(np.ones(3), np.bool_(False)).sum() == 3


@pytest.mark.parametrize("seed", [-1, 1.5, "0", True])
def test_a_wrong_seed_is_refused(seed):
    with pytest.raises((ValueError, TypeError), match="seed: got"):
        Dropout(0.5, seed=seed)
