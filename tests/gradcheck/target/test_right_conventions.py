"""Right layers in conventions of their own: further examples must not accuse them."""

import pytest

from tests.gradcheck.target.made import checked

CHANNELS_LAST = """
def conv_forward(A_prev, W, b, hparameters):
    stride, pad = hparameters["stride"], hparameters["pad"]
    m, h, w, c = A_prev.shape
    f, _, _, n = W.shape
    rows, columns = (h - f + 2 * pad) // stride + 1, (w - f + 2 * pad) // stride + 1
    Z = np.zeros((m, rows, columns, n))
    P = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    for i, j, k in np.ndindex(rows, columns, n):
        window = P[:, i * stride:i * stride + f, j * stride:j * stride + f]
        Z[:, i, j, k] = (window * W[..., k]).sum(axis=(1, 2, 3)) + float(b[0, 0, 0, k])
    return Z, (A_prev, W, b, hparameters)


def conv_backward(dZ, cache):
    A_prev, W, b, hparameters = cache
    stride, pad = hparameters["stride"], hparameters["pad"]
    m, h, w, c = A_prev.shape
    f, _, _, n = W.shape
    P = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    dP, dW, db = np.zeros_like(P), np.zeros_like(W), np.zeros_like(b)
    for i, j, k in np.ndindex(*dZ.shape[1:]):
        d = dZ[:, i, j, k][:, None, None, None]
        rows, columns = slice(i * stride, i * stride + f), slice(j * stride, j * stride + f)
        dP[:, rows, columns] += W[..., k] * d
        dW[..., k] += (P[:, rows, columns] * d).sum(axis=0)
        db[..., k] += d.sum()
    return dP[:, pad:pad + h, pad:pad + w], dW, db
"""
BY_STRIDES = """
def conv_forward_strides(x, w, b, conv_param):
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    stride, pad = conv_param["stride"], conv_param["pad"]
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), mode="constant")
    H += 2 * pad
    W += 2 * pad
    oh, ow = (H - HH) // stride + 1, (W - WW) // stride + 1
    strides = x.itemsize * np.array((H * W, W, 1, C * H * W, stride * W, stride))
    cols = np.lib.stride_tricks.as_strided(xp, shape=(C, HH, WW, N, oh, ow), strides=strides)
    cols = np.ascontiguousarray(cols)
    cols.shape = (C * HH * WW, N * oh * ow)
    res = w.reshape(F, -1).dot(cols) + b.reshape(-1, 1)
    res.shape = (F, N, oh, ow)
    return np.ascontiguousarray(res.transpose(1, 0, 2, 3)), (x, w, b, conv_param, cols)


def conv_backward_strides(dout, cache):
    x, w, b, conv_param, cols = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    oh, ow = dout.shape[2:]
    rows = dout.transpose(1, 0, 2, 3).reshape(F, -1)
    dw = rows.dot(cols.T).reshape(w.shape)
    dc = w.reshape(F, -1).T.dot(rows).reshape(C, HH, WW, N, oh, ow)
    dxp = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=dc.dtype)
    for i, j in np.ndindex(HH, WW):
        dxp[:, :, i:i + stride * oh:stride, j:j + stride * ow:stride] += dc[:, i, j].swapaxes(0, 1)
    return dxp[:, :, pad:pad + H, pad:pad + W], dw, np.sum(dout, axis=(0, 2, 3))
"""
BY_RESHAPING = """
def max_pool_forward_reshape(x, pool_param):
    N, C, H, W = x.shape
    high, wide, stride = (pool_param[k] for k in ("pool_height", "pool_width", "stride"))
    assert high == wide == stride, "Invalid pool params"
    assert H % high == 0 and W % wide == 0
    blocks = x.reshape(N, C, H // high, high, W // wide, wide)
    out = blocks.max(axis=3).max(axis=4)
    return out, (x, blocks, out)


def max_pool_backward_reshape(dout, cache):
    x, blocks, out = cache
    mask = blocks == out[:, :, :, np.newaxis, :, np.newaxis]
    d = np.where(mask, dout[:, :, :, np.newaxis, :, np.newaxis], 0)
    return (d / np.sum(mask, axis=(3, 5), keepdims=True)).reshape(x.shape)
"""
SELU = """
A, S = 1.6732632423543772, 1.0507009873554805


def selu_forward(x):
    return S * np.where(x > 0, x, A * np.expm1(np.minimum(x, 0))), x


def selu_backward(dout, x):
    return dout * S * np.where(x > 0, 1, A * np.exp(np.minimum(x, 0)))
"""
ELU = """
def elu_forward(x, alpha=1.0):
    out = np.where(x >= 0, x, alpha * (np.exp(np.minimum(x, 0)) - 1))
    return out, (x, out, alpha)


def elu_backward(dout, cache):
    x, out, alpha = cache
    return dout * np.where(x >= 0, 1, out + alpha)
"""
KINKS = """
def relu_forward(x): return (np.abs(x) + x) / 2, x
def relu_backward(dout, x): return dout * (np.sign(x) + 1) / 2
def abs_forward(x): return np.abs(x), np.sign(x)
def abs_backward(dout, sign): return dout * sign
def hardtanh_forward(x): return np.clip(x, -1, 1), x
def hardtanh_backward(dout, x): return dout * ((x > -1) & (x < 1))
def relu6_forward(x): return np.minimum(np.maximum(x, 0), 6), x
def relu6_backward(dout, x): return dout * ((x >= 0) & (x <= 6))
"""
CLIPPED = """
def sigmoid_forward(x):
    out = 1 / (1 + np.exp(-np.clip(x, -500, 500)))
    return out, out


def sigmoid_backward(dout, out):
    return dout * out * (1 - out)


def softmax_loss(x, y):
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(len(y)), y] + 1e-12).mean()
    dx = p.copy()
    dx[np.arange(len(y)), y] -= 1
    return loss, dx / len(y)


def cross_entropy_loss(x, y):
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    dx = p.copy()
    dx[np.arange(len(y)), y] -= 1
    return -np.log(np.clip(p[np.arange(len(y)), y], 1e-15, 1)).sum(), dx
"""
COLUMNS = """
def linear_forward(X, W, b):
    return W @ X + b, (X, W)


def linear_backward(dout, cache):
    X, W = cache
    return W.T @ dout, dout @ X.T, dout.sum(axis=1, keepdims=True)
"""
IN_PLACE_STATISTICS = """
def batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    mean = bn_param.get("running_mean", np.zeros(x.shape[1], dtype=x.dtype))
    var = bn_param.get("running_var", np.zeros(x.shape[1], dtype=x.dtype))
    if bn_param["mode"] != "train":
        return gamma * (x - mean) / np.sqrt(var + eps) + beta, None
    xhat = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)
    for kept, new in ((mean, x.mean(axis=0)), (var, x.var(axis=0))):
        kept *= momentum
        kept += (1 - momentum) * new
    bn_param["running_mean"], bn_param["running_var"] = mean, var
    return gamma * xhat + beta, (xhat, gamma, x.var(axis=0) + eps)


def batchnorm_backward(dout, cache):
    xhat, gamma, var = cache
    d = dout * gamma
    d = d - d.mean(axis=0) - xhat * (d * xhat).mean(axis=0)
    return d / np.sqrt(var), (dout * xhat).sum(axis=0), dout.sum(axis=0)
"""
REFUSING = """
def relu_forward(x):
    if len(x) < 2: raise ValueError("one sample")
    return np.maximum(0, x), x


def relu_backward(dout, x):
    if not dout.flags.c_contiguous: raise ValueError("contiguous")
    return dout * (x > 0)
"""


@pytest.mark.parametrize("text", [
    CHANNELS_LAST, BY_STRIDES, BY_RESHAPING, SELU, ELU, KINKS, CLIPPED, COLUMNS,
    IN_PLACE_STATISTICS, REFUSING,
], ids=["channels_last", "by_strides", "by_reshaping", "selu", "elu", "kinks", "clipped", "columns",
        "in_place_statistics", "refusing"])
def test_a_right_layer_passes_in_its_own_convention(text):
    items = checked(f"import numpy as np\n{text}").items
    assert [(item.name, item.status, item.message) for item in items] == [
        (item.name, "passed", "") for item in items]


LAYERNORM = """
def layernorm_forward(x, gamma, beta, eps=1e-5):
    std = np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) / std
    return gamma * xhat + beta, (xhat, gamma, std)


def layernorm_backward(dout, cache):
    xhat, gamma, std = cache
    d = dout * gamma
    dx = (d - d.mean(axis=-1, keepdims=True)
          - xhat * (d * xhat).mean(axis=-1, keepdims=True)) / std
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)
"""


def test_a_setting_may_be_a_keyword_in_the_place_of_a_dict():
    item, = checked(f"import numpy as np\n{LAYERNORM}").items
    assert item.status == "passed", item.message


def test_the_order_of_memory_is_not_the_order_of_elements():
    text = """
import numpy as np
def relu_forward(x): return np.maximum(x, 0), x
def relu_backward(dout, x): return (dout.ravel({order}) * (x > 0).ravel()).reshape(x.shape)
"""
    assert [checked(text.format(order=order)).items[0].status for order in ("", "'K'")
            ] == ["passed", "failed"]
