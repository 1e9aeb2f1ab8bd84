"""Laws of max pooling and average pooling."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers import avg_pool_backward, avg_pool_forward, max_pool_backward, max_pool_forward
from tests.layers.layer_laws import Layer, every_law, law, seeds

PARAMS = {
    "tiles": ((2, 3, 4, 6), {"pool_height": 2, "pool_width": 2, "stride": 2}),
    "overlaps": ((2, 2, 5, 4), {"pool_height": 3, "pool_width": 2, "stride": 1}),
    "leaves gaps": ((2, 1, 5, 7), {"pool_height": 2, "pool_width": 1, "stride": 3}),
    "padded": ((2, 2, 4, 5), {"pool_height": 2, "pool_width": 3, "stride": (2, 1), "pad": 1}),
    "whole": ((2, 2, 3, 4), {"pool_height": 3, "pool_width": 4, "stride": 1}),
}


def distinct(shape, param):
    """Numbers that are at least 0.1 apart, so that no difference changes which is the largest."""
    return lambda rng: (0.1 * rng.permutation(np.prod(shape)).reshape(shape), dict(param))


@every_law(*(Layer(forward, backward, distinct(*case)) for case in PARAMS.values()
             for forward, backward in ((max_pool_forward, max_pool_backward),
                                       (avg_pool_forward, avg_pool_backward))))
def test_pooling_obeys_the_common_law(layer, assert_law):
    assert_law(layer)


def windows_of(x, height, width, stride):
    rows, columns = ((a - k) // stride + 1
                     for a, k in zip(x.shape[2:], (height, width), strict=True))
    for i, j in np.ndindex(rows, columns):
        yield i, j, slice(i * stride, i * stride + height), slice(j * stride, j * stride + width)


@law
@given(seeds, st.integers(0, 3), st.integers(1, 3), st.tuples(*[st.integers(1, 3)] * 2),
       st.tuples(*[st.integers(1, 3)] * 2), st.integers(1, 9))
def test_pooling_is_its_definition_and_the_first_of_equal_maxima_gets_the_gradient(
        seed, n, stride, kernel, counts, values):
    rng = np.random.default_rng(seed)
    height, width = kernel
    size = [(count - 1) * stride + k for count, k in zip(counts, kernel, strict=True)]
    x = rng.integers(values, size=(n, 2, *size)).astype(float)  # with ties
    param = {"pool_height": height, "pool_width": width, "stride": stride}
    largest, cache = max_pool_forward(x, param)
    mean, mean_cache = avg_pool_forward(x, param)
    dout = rng.normal(size=largest.shape)
    expected, spread = np.zeros_like(x), np.zeros_like(x)
    for i, j, rows, columns in windows_of(x, height, width, stride):
        seen = x[:, :, rows, columns]
        np.testing.assert_array_equal(largest[:, :, i, j], seen.max(axis=(2, 3)))
        np.testing.assert_allclose(mean[:, :, i, j], seen.mean(axis=(2, 3)), atol=1e-12)
        spread[:, :, rows, columns] += dout[:, :, i, j, None, None] / (height * width)
        for sample, channel in np.ndindex(x.shape[:2]):
            first = np.unravel_index(seen[sample, channel].argmax(), kernel)
            expected[sample, channel, rows, columns][first] += dout[sample, channel, i, j]
    np.testing.assert_allclose(max_pool_backward(dout, cache), expected, atol=1e-12)
    np.testing.assert_allclose(avg_pool_backward(dout, mean_cache), spread, atol=1e-12)


@pytest.mark.parametrize("case", PARAMS.values(), ids=PARAMS)
def test_pooling_agrees_with_pytorch(case):
    torch = pytest.importorskip("torch", reason="torch is an optional peer")
    shape, param = case
    x = np.random.default_rng(3).integers(5, size=shape).astype(float)
    settings = ((param["pool_height"], param["pool_width"]), param["stride"], param.get("pad", 0))
    for forward, backward, peer in (
            (max_pool_forward, max_pool_backward, torch.nn.functional.max_pool2d),
            (avg_pool_forward, avg_pool_backward, torch.nn.functional.avg_pool2d)):
        tensor = torch.tensor(x, requires_grad=True)
        expected = peer(tensor, *settings)
        out, cache = forward(x, param)
        np.testing.assert_allclose(out, expected.detach().numpy(), atol=1e-12)
        dout = np.random.default_rng(4).normal(size=out.shape)
        expected.backward(torch.tensor(dout))
        np.testing.assert_allclose(backward(dout, cache), tensor.grad.numpy(), atol=1e-12)


def test_a_lower_place_gets_no_gradient_even_where_dout_is_infinite():
    x = np.array([1.0, 2.0, 4.0, 3.0]).reshape(1, 1, 1, 4)
    _, cache = max_pool_forward(x, {"pool_height": 1, "pool_width": 2, "stride": 2})
    dx = max_pool_backward(np.array([np.inf, np.nan]).reshape(1, 1, 1, 2), cache)
    np.testing.assert_array_equal(dx.ravel(), [0, np.inf, np.nan, 0])


def test_nan_in_a_window_comes_out_as_nan():
    x = np.array([1.0, np.nan, 4.0, 3.0]).reshape(1, 1, 1, 4)
    out, _ = max_pool_forward(x, {"pool_height": 1, "pool_width": 2, "stride": 2})
    np.testing.assert_array_equal(out.ravel(), [np.nan, 4.0])


def test_padding_is_never_the_largest():
    out, _ = max_pool_forward(np.full((1, 1, 2, 2), -5.0),
                              {"pool_height": 2, "pool_width": 2, "stride": 2, "pad": 1})
    assert (out == -5).all()


def test_large_batches_in_several_blocks_are_the_samples_one_by_one():
    x = np.random.default_rng(0).normal(size=(9, 8, 64, 64)).astype(np.float32)
    param = {"pool_height": 2, "pool_width": 2, "stride": 2}
    out, cache = max_pool_forward(x, param)
    dx = max_pool_backward(out, cache)
    for i in range(len(x)):
        single, own = max_pool_forward(x[i:i + 1], param)
        np.testing.assert_array_equal(out[i:i + 1], single)
        np.testing.assert_array_equal(dx[i:i + 1], max_pool_backward(single, own))
