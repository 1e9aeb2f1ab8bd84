"""Laws of convolution."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.signal import correlate

import gradcheck
from layers import conv_backward, conv_forward
from layers.windows import BLOCK
from tests.layers.layer_laws import Layer, every_law, law, same_bits, seeds

PARAMS = {
    "padded": ((2, 3, 5, 4), (4, 3, 3, 3), {"stride": 1, "pad": 1}),
    "strided": ((3, 2, 7, 6), (2, 2, 3, 2), {"stride": 2, "pad": 0}),
    "oblong": ((2, 1, 6, 5), (3, 1, 2, 3), {"stride": (2, 1), "pad": (1, 0)}),
    "pointwise": ((2, 3, 2, 3), (4, 3, 1, 1), {"stride": 1, "pad": 0}),
    "whole": ((2, 2, 3, 4), (3, 2, 3, 4), {"stride": 3, "pad": 0}),
}


def made(x, w, conv_param):
    return lambda rng: (rng.normal(size=x), rng.normal(size=w), rng.normal(size=w[0]),
                        dict(conv_param))


@every_law(*(Layer(conv_forward, conv_backward, made(*case)) for case in PARAMS.values()))
def test_convolution_obeys_the_common_law(layer, assert_law):
    assert_law(layer)


def looped(x, w, b, stride, pad):
    """The definition, element by element."""
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    height, width = w.shape[2:]
    rows, columns = ((a - k) // stride + 1 for a, k in zip(x.shape[2:], w.shape[2:], strict=True))
    out = np.zeros((len(x), len(w), rows, columns))
    for n, f, i, j in np.ndindex(out.shape):
        i0, j0 = i * stride, j * stride
        out[n, f, i, j] = (w[f] * x[n, :, i0:i0 + height, j0:j0 + width]).sum() + b[f]
    return out


@law
@given(seeds, st.integers(0, 3), st.integers(1, 3), st.integers(1, 3), st.integers(0, 2),
       st.tuples(st.integers(1, 3), st.integers(1, 3)),
       st.tuples(st.integers(1, 3), st.integers(1, 3)))
def test_convolution_is_its_definition(seed, n, channels, stride, pad, kernel, counts):
    rng = np.random.default_rng(seed)
    size = [(count - 1) * stride + k - 2 * pad for count, k in zip(counts, kernel, strict=True)]
    assume(min(size) > 0)
    x, w, b = (rng.normal(size=shape) for shape in ((n, channels, *size), (2, channels, *kernel),
                                                    (2,)))
    out, cache = conv_forward(x, w, b, {"stride": stride, "pad": pad})
    np.testing.assert_allclose(out, looped(x, w, b, stride, pad), atol=1e-12)
    dx, dw, db = conv_backward(out, cache)
    # <dout, conv(x)> is linear in x and in w: its gradients give the same number back.
    exact = float((out * (out - b[:, None, None])).sum())
    for gradient, value in ((dx, x), (dw, w)):
        assert float((gradient * value).sum()) == pytest.approx(exact, rel=1e-9, abs=1e-9)
    np.testing.assert_allclose(db, out.sum(axis=(0, 2, 3)), atol=1e-12)


def test_convolution_is_scipys_correlation():
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 3, 6, 7)), rng.normal(size=(4, 3, 3, 2))
    out, _ = conv_forward(x, w, np.zeros(4), {"stride": 1, "pad": 0})
    for n, f in np.ndindex(2, 4):
        np.testing.assert_allclose(out[n, f], correlate(x[n], w[f], "valid")[0], atol=1e-12)


@law
@given(seeds, st.integers(0, 2), st.integers(0, 2))
def test_a_shifted_image_gives_a_shifted_output(seed, down, right):
    rng = np.random.default_rng(seed)
    x, w, b = rng.normal(size=(1, 2, 4, 4)), rng.normal(size=(3, 2, 3, 3)), rng.normal(size=3)
    around = np.zeros((1, 2, 12, 12))
    around[:, :, 3 + down:7 + down, 3 + right:7 + right] = x
    param = {"stride": 1, "pad": 0}
    full, _ = conv_forward(np.pad(x, ((0, 0), (0, 0), (2, 2), (2, 2))), w, b, param)
    moved, _ = conv_forward(around, w, b, param)
    np.testing.assert_allclose(moved[:, :, 1 + down:7 + down, 1 + right:7 + right], full,
                               atol=1e-12)


@pytest.mark.parametrize("case", PARAMS.values(), ids=PARAMS)
def test_convolution_agrees_with_pytorch(case):
    torch = pytest.importorskip("torch", reason="torch is an optional peer")
    x, w, b, param = made(*case)(np.random.default_rng(3))
    peers = [torch.tensor(a, requires_grad=True) for a in (x, w, b)]
    peer = torch.nn.functional.conv2d(*peers, stride=param["stride"], padding=param["pad"])
    out, cache = conv_forward(x, w, b, param)
    np.testing.assert_allclose(out, peer.detach().numpy(), atol=1e-12)
    dout = np.random.default_rng(4).normal(size=out.shape)
    peer.backward(torch.tensor(dout))
    for gradient, expected in zip(conv_backward(dout, cache), peers, strict=True):
        np.testing.assert_allclose(gradient, expected.grad.numpy(), atol=1e-11)


def test_blocks_of_images_are_the_images_one_by_one():
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(7, 8, 32, 32)), rng.normal(size=(2, 8, 3, 3)), rng.normal(size=2)
    assert BLOCK < 8 * 9 * 32 * 32 * 2
    param = {"stride": 1, "pad": 1}
    out, cache = conv_forward(x, w, b, param)
    dx, dw, _ = conv_backward(out, cache)
    single = [conv_forward(x[i:i + 1], w, b, param) for i in range(len(x))]
    np.testing.assert_allclose(out, np.concatenate([each for each, _ in single]), atol=1e-11)
    gradients = [conv_backward(each, own) for each, own in single]
    np.testing.assert_allclose(dx, np.concatenate([g[0] for g in gradients]), atol=1e-9)
    np.testing.assert_allclose(dw, sum(g[1] for g in gradients), rtol=1e-9, atol=1e-7)


def test_integer_biases_are_floats_of_xs_dtype():
    x, w = np.ones((1, 1, 2, 2), np.float32), np.ones((2, 1, 1, 1), np.float32)
    out, cache = conv_forward(x, w, np.array([0, 128]), {"stride": 1, "pad": 0})
    assert out[0, :, 0, 0].tolist() == [1, 129]
    assert [g.dtype for g in conv_backward(out, cache)] == [np.float32] * 3


def test_changing_the_dict_after_forward_changes_nothing():
    param = {"stride": 1, "pad": 1}
    out, cache = conv_forward(np.ones((1, 1, 3, 3)), np.ones((1, 1, 3, 3)), np.zeros(1), param)
    before = conv_backward(out, cache)
    param.update(stride=3, pad=0)
    assert same_bits(conv_backward(out, cache), before)


def test_nan_in_an_image_stays_in_the_windows_that_see_it():
    x = np.zeros((2, 1, 5, 5))
    x[0, 0, 0, 0] = np.nan
    out, _ = conv_forward(x, np.ones((1, 1, 3, 3)), np.zeros(1), {"stride": 1, "pad": 1})
    assert np.isnan(out[0, 0, :2, :2]).all()
    assert np.isfinite(out[1]).all()
    assert np.isfinite(out[0, 0, 2:]).all()


def test_the_checker_calls_a_convolution_once_a_doubling_more_often():
    """No two samples share an element of out, which is proved by bisection: log2(N) calls."""
    calls = {}
    for n in (4, 64):
        args = made((n, 2, 4, 4), (2, 2, 3, 3), {"stride": 1, "pad": 1})(np.random.default_rng(0))
        report = gradcheck.check_layer(conv_forward, conv_backward, *args)
        assert report.passed
        calls[n] = report.evaluations
    assert calls[64] <= calls[4] + 4
