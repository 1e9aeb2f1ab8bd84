"""Settings that a target reads under keys of its own."""

from gradcheck.output.pointer import repairs_in
from tests.gradcheck.target.made import checked

POOLED = """
import numpy as np
def max_pool_forward(x, pool_param):
    h, w, stride = (pool_param[key] for key in ("height", "width", "pool_stride"))
    windows = np.lib.stride_tricks.sliding_window_view(x, (h, w), axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    return windows.max(axis=(4, 5)), (x, windows, pool_param)
def max_pool_backward(dout, cache):
    x, windows, pool_param = cache
    h, w, stride = (pool_param[key] for key in ("height", "width", "pool_stride"))
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dout.shape):
        row, column = divmod(windows[n, c, i, j].argmax(), w)
        dx[n, c, i * stride + row, j * stride + column] {} dout[n, c, i, j]
    return dx
"""


def test_a_layer_that_calls_its_settings_otherwise_is_given_them_so():
    item, = checked(POOLED.format("+=")).items
    assert item.status == "passed"
    assert "it reads 'height' and 'width' and 'pool_stride', and was given that" in item.advice[0]


def test_its_slip_is_found_and_named_and_repaired_all_the_same():
    item, = checked(POOLED.format("=")).items
    assert item.status == "failed"
    assert "overlap-overwritten" in item.message
    assert [repair["line"] for repair in repairs_in(item.details)] == [14]


def test_a_key_that_nobody_knows_stays_missing():
    item, = checked(POOLED.format("+=").replace("pool_stride", "strid")).items
    assert item.status == "failed"
    assert "KeyError: 'strid'" in item.message
