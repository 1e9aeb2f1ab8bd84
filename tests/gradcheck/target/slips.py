"""Right layers in the course's form, and slips in them that one example does not show."""

from __future__ import annotations

from typing import NamedTuple

HEAD = "import numpy as np\n"

AFFINE = """
def affine_forward(x, w, b):
    return x.reshape(len(x), -1) @ w + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    rows = x.reshape(len(x), -1)
    return (dout @ w.T).reshape(x.shape), rows.T @ dout, dout.sum(axis=0)
"""
RELU = """
def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, x):
    return dout * (x > 0)
"""
LEAKY_RELU = """
def leaky_relu_forward(x, alpha=0.01):
    return np.where(x > 0, x, alpha * x), (x, alpha)


def leaky_relu_backward(dout, cache):
    x, alpha = cache
    return dout * np.where(x > 0, 1, alpha)
"""
SIGMOID = """
def sigmoid_forward(x):
    out = 1 / (1 + np.exp(-x))
    return out, out


def sigmoid_backward(dout, out):
    return dout * out * (1 - out)
"""
TANH = """
def tanh_forward(x):
    out = np.tanh(x)
    return out, out


def tanh_backward(dout, out):
    return dout * (1 - out ** 2)
"""
SOFTPLUS = """
def softplus_forward(x):
    return np.logaddexp(0, x), x


def softplus_backward(dout, x):
    return dout / (1 + np.exp(-x))
"""
SOFTMAX = """
def softmax_forward(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    out = e / e.sum(axis=1, keepdims=True)
    return out, out


def softmax_backward(dout, out):
    return out * (dout - (dout * out).sum(axis=1, keepdims=True))
"""
CONV = """
def conv_forward(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    rows, columns = 1 + (H + 2 * pad - HH) // stride, 1 + (W + 2 * pad - WW) // stride
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.zeros((N, F, rows, columns), dtype=x.dtype)
    for i in range(rows):
        for j in range(columns):
            window = padded[:, :, i * stride:i * stride + HH, j * stride:j * stride + WW]
            out[:, :, i, j] = np.tensordot(window, w, axes=([1, 2, 3], [1, 2, 3])) + b
    return out, (x, w, conv_param)


def conv_backward(dout, cache):
    x, w, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dxp, dw = np.zeros_like(padded), np.zeros_like(w)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            rows, columns = slice(i * stride, i * stride + HH), slice(j * stride, j * stride + WW)
            dw += np.tensordot(dout[:, :, i, j], padded[:, :, rows, columns], axes=(0, 0))
            dxp[:, :, rows, columns] += np.tensordot(dout[:, :, i, j], w, axes=(1, 0))
    dx = dxp[:, :, pad:pad + H, pad:pad + W]
    return dx, dw, dout.sum(axis=(0, 2, 3))
"""
MAX_POOL = """
def max_pool_forward(x, pool_param):
    height, width, stride = (pool_param[k] for k in ("pool_height", "pool_width", "stride"))
    N, C, H, W = x.shape
    out = np.zeros((N, C, 1 + (H - height) // stride, 1 + (W - width) // stride), x.dtype)
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            window = x[:, :, i * stride:i * stride + height, j * stride:j * stride + width]
            out[:, :, i, j] = window.max(axis=(2, 3))
    return out, (x, pool_param)


def max_pool_backward(dout, cache):
    x, pool_param = cache
    height, width, stride = (pool_param[k] for k in ("pool_height", "pool_width", "stride"))
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dout.shape):
        window = x[n, c, i * stride:i * stride + height, j * stride:j * stride + width]
        best = np.unravel_index(window.argmax(), window.shape)
        dx[n, c, i * stride + best[0], j * stride + best[1]] += dout[n, c, i, j]
    return dx
"""
BATCHNORM = """
def batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1], dtype=x.dtype))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1], dtype=x.dtype))
    train = bn_param["mode"] == "train"
    if train:
        mean, var = x.mean(axis=0), x.var(axis=0)
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var
    else:
        mean, var = running_mean, running_var
    std = np.sqrt(var + eps)
    xhat = (x - mean) / std
    bn_param["running_mean"], bn_param["running_var"] = running_mean, running_var
    return gamma * xhat + beta, (xhat, gamma, std, train)


def batchnorm_backward(dout, cache):
    xhat, gamma, std, train = cache
    dxhat = dout * gamma
    if train:
        dxhat = dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)
    return dxhat / std, (dout * xhat).sum(axis=0), dout.sum(axis=0)
"""
LAYERNORM = """
def layernorm_forward(x, gamma, beta, ln_param):
    mean = x.mean(axis=1, keepdims=True)
    std = np.sqrt(x.var(axis=1, keepdims=True) + ln_param.get("eps", 1e-5))
    xhat = (x - mean) / std
    return gamma * xhat + beta, (xhat, gamma, std)


def layernorm_backward(dout, cache):
    xhat, gamma, std = cache
    d = dout * gamma
    d = d - d.mean(axis=1, keepdims=True) - xhat * (d * xhat).mean(axis=1, keepdims=True)
    return d / std, (dout * xhat).sum(axis=0), dout.sum(axis=0)
"""
SOFTMAX_LOSS = """
def softmax_loss(x, y):
    N = x.shape[0]
    shifted = x - x.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    dx = np.exp(logs)
    dx[np.arange(N), y] -= 1
    return -logs[np.arange(N), y].sum() / N, dx / N
"""
SVM_LOSS = """
def svm_loss(x, y):
    N = x.shape[0]
    margins = np.maximum(0, x - x[np.arange(N), y][:, None] + 1)
    margins[np.arange(N), y] = 0
    dx = (margins > 0) * 1.0
    dx[np.arange(N), y] -= dx.sum(axis=1)
    return margins.sum() / N, dx / N
"""
LINEAR_SVM = """
def svm_loss_vectorized(W, X, y, reg):
    N, scores = len(X), X @ W
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, None] + 1)
    margins[np.arange(N), y] = 0
    binary = (margins > 0) * 1.0
    binary[np.arange(N), y] -= binary.sum(axis=1)
    return margins.sum() / N + reg * np.sum(W * W), X.T @ binary / N + 2 * reg * W
"""
EMBEDDING = """
def word_embedding_forward(x, W):
    return W[x], (x, W.shape)


def word_embedding_backward(dout, cache):
    x, shape = cache
    dW = np.zeros(shape, dtype=dout.dtype)
    np.add.at(dW, x, dout)
    return dW
"""


class Slip(NamedTuple):
    """A right layer, what is written in it instead of what, and what is said of that."""

    name: str
    right: str
    old: str
    new: str
    status: str
    code: str
    where: str


SLIPS = (
    Slip("conv_crop", CONV, "dxp[:, :, pad:pad + H, pad:pad + W]", "dxp[:, :, pad:-pad, pad:-pad]",
         "failed", "padding-crop", "with pad = 0, stride = 1"),
    Slip("conv_crop_by_constant", CONV, "dxp[:, :, pad:pad + H, pad:pad + W]",
         "dxp[:, :, 1:-1, 1:-1]", "failed", "wrong-shape", "with pad = 0, stride = 1"),
    Slip("conv_stride_of_dx", CONV, "dxp[:, :, rows, columns] +=",
         "dxp[:, :, i * 2:i * 2 + HH, j * 2:j * 2 + WW] +=", "failed", "raises",
         "with pad = 0, stride = 1"),
    Slip("pool_square_only", MAX_POOL, "dx[n, c, i * stride + best[0], j * stride + best[1]]",
         "dx[n, c, i * stride + best[0] % 2, j * stride + best[1]]", "failed", "square-only",
         "with windows higher than wide"),
    Slip("pool_backward_swaps", MAX_POOL, """    x, pool_param = cache
    height, width, stride =""", """    x, pool_param = cache
    width, height, stride =""", "failed", "square-only", ""),
    Slip("pool_backward_by_height", MAX_POOL, "    dx = np.zeros_like(x)",
         "    width = height\n    dx = np.zeros_like(x)", "failed", "square-only", ""),
    Slip("pool_swaps", MAX_POOL, '("pool_height", "pool_width", "stride")',
         '("pool_width", "pool_height", "stride")', "failed", "value-differs", "are swapped"),
    Slip("pool_by_height", MAX_POOL, '("pool_height", "pool_width", "stride")',
         '("pool_height", "pool_height", "stride")', "failed", "value-differs",
         "pool_height is taken for both sides"),
    Slip("pool_does_not_overlap", MAX_POOL, "+= dout[n, c, i, j]",
         "+= dout[n, c, i, j] * (stride > 1 or j % 2)", "failed", "", "with stride = 1"),
    Slip("pool_ties", MAX_POOL, """
        best = np.unravel_index(window.argmax(), window.shape)
        dx[n, c, i * stride + best[0], j * stride + best[1]] += dout[n, c, i, j]
""", """
        rows, columns = np.nonzero(window == window.max())
        dx[n, c, i * stride + rows, j * stride + columns] += dout[n, c, i, j]
""", "failed", "pool-spread", "with ties"),
    Slip("affine_squeeze", AFFINE, "return x.reshape(len(x), -1) @ w + b, (x, w)",
         "return np.squeeze(x.reshape(len(x), -1) @ w + b), (x, w)", "failed", "single-sample",
         "with N = 1"),
    Slip("affine_batch_of_four", AFFINE, "dout.sum(axis=0)", "dout[:4].sum(axis=0)", "failed",
         "fixed-batch-size", "with N = 40"),
    Slip("affine_more_than_sixteen", AFFINE, "rows.T @ dout", "rows[:16].T @ dout[:16]", "failed",
         "fixed-batch-size", "with N = 40"),
    Slip("affine_buffer", AFFINE, "(dout @ w.T).reshape(x.shape)",
         "np.matmul(dout, w.T, out=BUFFER.setdefault(len(x), 0.0 * rows)).reshape(x.shape)",
         "failed", "backward-impure", ""),
    Slip("relu_nonzero_dout", RELU, "return dout * (x > 0)",
         "return np.where(dout == 0, 1.0, dout) * (x > 0)", "failed", "", "with zeros in dout"),
    Slip("relu_flat_view", RELU, "return dout * (x > 0)",
         "dx = dout * 1\n    dout.ravel()[(x <= 0).ravel()] = 0\n    return dout", "failed",
         "", "that are not contiguous"),
    Slip("relu_bytes", RELU, "return dout * (x > 0)", """
    flat = np.lib.stride_tricks.as_strided(dout, (dout.size,), (dout.itemsize,))
    return flat.reshape(dout.shape) * (x > 0)""", "failed", "", "that are not contiguous"),
    Slip("relu_saturates", RELU, "return dout * (x > 0)", "return dout * (x > 0) * (x < 100)",
         "failed", "", "with x times 1e3"),
    Slip("relu_divides", RELU, "return dout * (x > 0)", "return dout * np.maximum(x, 0) / x",
         "failed", "unstable", "at zeros"),
    Slip("sigmoid_overflows", SIGMOID, "1 / (1 + np.exp(-x))", "np.exp(x) / (1 + np.exp(x))",
         "failed", "unstable", "with x times 1e3"),
    Slip("softplus_overflows", SOFTPLUS, "np.logaddexp(0, x)", "np.log(1 + np.exp(x))", "failed",
         "unstable", "with x times 1e3"),
    Slip("tanh_overflows", TANH, "np.tanh(x)",
         "(np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))", "failed", "unstable",
         "with x times 1e3"),
    Slip("softmax_overflows", SOFTMAX, "np.exp(x - x.max(axis=1, keepdims=True))", "np.exp(x)",
         "failed", "unstable", "with x times 1e3"),
    Slip("softmax_global_maximum", SOFTMAX, "x.max(axis=1, keepdims=True)", "x.max()", "failed",
         "unstable", "with x times 1e3"),
    Slip("softmax_loss_overflows", SOFTMAX_LOSS, "x - x.max(axis=1, keepdims=True)", "x",
         "failed", "unstable", "with x times 1e3"),
    Slip("softmax_loss_log_of_zero", SOFTMAX_LOSS, "-logs[np.arange(N), y].sum() / N",
         "-np.log(np.exp(logs)[np.arange(N), y]).sum() / N", "warned", "unstable",
         "with x times 1e3"),
    Slip("softmax_loss_third_sample", SOFTMAX_LOSS, "dx[np.arange(N), y] -= 1", """
    for label in set(y.tolist()):
        dx[np.flatnonzero(y == label)[:2], label] -= 1""", "failed", "",
         "with other numbers, a label that repeats"),
    Slip("softmax_loss_repeated_labels", SOFTMAX_LOSS, "dx[np.arange(N), y] -= 1", """
    dx[np.unique(y, return_index=True)[1], np.unique(y)] -= 1""", "failed", "",
         "a label that repeats"),
    Slip("softmax_loss_squeezes", SOFTMAX_LOSS, "dx / N", "np.squeeze(dx / N)", "failed",
         "single-sample", "with N = 1"),
    Slip("svm_loss_margins_above_ties", SVM_LOSS, "dx.sum(axis=1)",
         "np.array([len(set(row[row > 0])) for row in margins])", "failed", "",
         "with ties among the scores"),
    Slip("svm_without_reg", LINEAR_SVM, "+ reg * np.sum(W * W), X.T @ binary / N + 2 * reg * W",
         ", X.T @ binary / N", "failed", "value-differs", "setting-ignored"),
    Slip("leaky_relu_constant_slope", LEAKY_RELU,
         "return np.where(x > 0, x, alpha * x), (x, alpha)",
         "return np.where(x > 0, x, 0.01 * x), (x, 0.01)", "failed", "setting-ignored", ""),
    Slip("affine_squeezes_dx", AFFINE, "(dout @ w.T).reshape(x.shape)",
         "np.squeeze((dout @ w.T).reshape(x.shape))", "failed", "single-sample", "with N = 1"),
    Slip("affine_mean_of_four", AFFINE, "dout.sum(axis=0)", "4 * dout.mean(axis=0)", "failed",
         "fixed-batch-size", "with N = 1"),
    Slip("embedding_squeezes", EMBEDDING, "return W[x], (x, W.shape)",
         "return np.squeeze(W[x]), (x, W.shape)", "failed", "single-sample", "N = 1"),
    Slip("embedding_adds_once", EMBEDDING, "np.add.at(dW, x, dout)", "dW[x] += dout", "failed", "",
         ""),
    Slip("batchnorm_variance", BATCHNORM, "x.var(axis=0)",
         "(x ** 2).mean(axis=0) - x.mean(axis=0) ** 2", "failed", "unstable",
         "with x near 1e3 in float32"),
    Slip("layernorm_variance", LAYERNORM, "x.var(axis=1, keepdims=True)",
         "(x ** 2).mean(axis=1, keepdims=True) - mean ** 2", "failed", "unstable",
         "with x near 1e3 in float32"),
    Slip("batchnorm_eps_constant", BATCHNORM, "std = np.sqrt(var + eps)",
         "std = np.sqrt(var + 1e-5)", "warned", "setting-ignored", ""),
    Slip("batchnorm_running_never", BATCHNORM, """
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var
""", "\n", "failed", "value-differs", "it is not updated"),
    Slip("batchnorm_test_mode_backward", BATCHNORM, "(xhat, gamma, std, train)",
         "(xhat, gamma, std, True)", "failed", "training-formula", "in test mode"),
    Slip("batchnorm_eps_in_backward", BATCHNORM, "(xhat, gamma, std, train)",
         "(xhat, gamma, np.sqrt(var + 1e-5), train)", "failed", "", "with eps = 0.1"),
    Slip("batchnorm_single", BATCHNORM, "return dxhat / std,", "return dxhat / std * "
         "(1 + (dout.dtype == np.float32)),", "failed", "", "with the arguments cast to float32"),
)
