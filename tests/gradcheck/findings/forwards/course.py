"""Layers in the forms of course solutions: loops, dicts, staged formulas, whole sequences.

What `slips` or a keyword changes in a right backward is where learners slip in that form.
"""

from __future__ import annotations

import functools

import numpy as np

from tests.gradcheck.findings.cases import PASSED, backward_of, randn, spread
from tests.gradcheck.findings.forwards.losses import cross_entropy, softmax


def as_methods(forward, backward):
    """Return forward and backward as those of a class, which keeps its cache to itself."""
    kept = [None]

    @functools.wraps(forward)
    def remembering(*args):
        out, kept[0] = forward(*args)
        return out, None

    remembering.backward = lambda dout, _: forward.backward(dout, kept[0])
    return remembering, lambda dout, _: spread(backward)(dout, kept[0])


X, Y = 1.5 * randn(7, 4), np.array([2, 0, 1, 2, 2, 0, 1])


def softmax_of_weights(reg):
    """The softmax loss of an affine model's weights, with reg * sum(W * W)."""
    def loss(W):
        scores = X @ W
        scores = scores - scores.max(axis=1, keepdims=True)
        p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        return -np.log(p[np.arange(len(Y)), Y]).sum() / len(Y) + reg * np.sum(W * W)
    return loss


def looped_softmax(reg, *, label=1.0, divide=True, decay=2.0, labels=Y):
    """Its gradient, sample by sample and class by class."""
    def gradient(W):
        dW = np.zeros_like(W)
        for i in range(len(X)):
            scores = X[i] @ W
            p = np.exp(scores - scores.max())
            p /= p.sum()
            for j in range(W.shape[1]):
                dW[:, j] += (p[j] - label * (j == labels[i])) * X[i]
        return (dW / len(X) if divide else dW) + decay * reg * W
    return gradient


def svm_of_weights(reg):
    """The hinge loss of an affine model's weights, with reg * sum(W * W)."""
    def loss(W):
        scores = X @ W
        margins = np.maximum(0, scores - scores[np.arange(len(Y)), Y][:, None] + 1)
        margins[np.arange(len(Y)), Y] = 0
        return margins.sum() / len(Y) + reg * np.sum(W * W)
    return loss


def looped_svm(reg, *, label=lambda count: count, divide=True, decay=2.0, delta=1.0):
    """Its gradient; the label's column gets -label(count) for `count` violated margins."""
    def gradient(W):
        dW = np.zeros_like(W)
        for i in range(len(X)):
            scores, count = X[i] @ W, 0
            for j in range(W.shape[1]):
                if j != Y[i] and scores[j] - scores[Y[i]] + delta > 0:
                    dW[:, j] += X[i]
                    count += 1
            dW[:, Y[i]] -= label(count) * X[i]
        return (dW / len(X) if divide else dW) + decay * reg * W
    return gradient


def decayed(cases, name, decay):
    """Register gradients of both with `decay * reg * W`, reg told or not, and right ones."""
    for loss, gradient in ((softmax_of_weights, looped_softmax), (svm_of_weights, looped_svm)):
        for constants in ({"reg": 0.1}, {}):
            cases.gradient(name, loss(0.1), gradient(0.1, decay=decay), randn(4, 3),
                           constants=constants)
        cases.gradient("weights_decayed", loss(0.1), gradient(0.1), randn(4, 3), code=PASSED)


def looped_cross_entropy(*, label=1.0, divide=True, labels=lambda y: y):
    """A backward of cross_entropy, sample by sample."""
    def backward(dout, probs, y):
        dx = np.zeros_like(probs)
        for i in range(len(y)):
            dx[i] = probs[i]
            dx[i, labels(y)[i]] -= label
        return dout * dx / (len(y) if divide else 1)
    return backward


def looped_hinge(label):
    """A backward of hinge; the label gets -label(count) for `count` violated margins."""
    def backward(dout, margins, y):
        dx = np.zeros_like(margins)
        for i, j in zip(*np.nonzero(margins > 0), strict=True):
            dx[i, j] = 1
        for i in range(len(y)):
            dx[i, y[i]] -= label(dx[i].sum())
        return dout * dx / len(y)
    return backward


def temporal_loss(x, y, mask):
    """Cross-entropy of a captioning model: the steps that are padding count nothing."""
    probs, _ = softmax(x)
    return -np.sum(np.log(probs[np.arange(len(y)), y]) * mask) / len(y), (probs, y, mask)


backward_of(temporal_loss)(lambda dout, probs, y, mask: (
    mask[:, None] * cross_entropy.backward(dout, (probs, y))))


CAPTIONS = (randn(7, 4), np.array([0, 3, 1, 1, 2, 0, 3]), np.array([1.0, 1, 0, 1, 0, 2, 1]))


def paper_batchnorm(x, gamma, beta, bn_param):
    """Batchnorm as in its paper; cache (x, mu, var, eps, gamma, xhat)."""
    mu, var, eps = x.mean(axis=0), x.var(axis=0), bn_param["eps"]
    xhat = (x - mu) / np.sqrt(var + eps)
    return gamma * xhat + beta, (x, mu, var, eps, gamma, xhat)


def paper_slip(*, half=0.5, two=2.0, power=-1.5, mean=1.0, use_gamma=True, use_eps=True):
    def backward(dout, x, mu, var, eps, gamma, xhat):
        n, eps = len(x), eps if use_eps else 0.0
        dxhat = dout * gamma if use_gamma else dout
        dvar = np.sum(dxhat * (x - mu), axis=0) * -half * (var + eps) ** power
        dmu = -np.sum(dxhat, axis=0) / np.sqrt(var + eps) + dvar * np.mean(-2 * (x - mu), axis=0)
        dx = dxhat / np.sqrt(var + eps) + dvar * two * (x - mu) / n + mean * dmu / n
        return dx, np.sum(dout * xhat, axis=0), np.sum(dout, axis=0)
    return backward


def batchnorm_in_one_line(dout, x, mu, var, eps, gamma, xhat):
    dx = (1.0 / len(x)) * gamma * (var + eps) ** -0.5 * (
        len(x) * dout - np.sum(dout, axis=0) - xhat * np.sum(dout * xhat, axis=0))
    return dx, np.sum(dout * xhat, axis=0), np.sum(dout, axis=0)


def batchnorm_by_means(dout, x, mu, var, eps, gamma, xhat):
    std = np.sqrt(var + eps)
    dx = gamma * ((dout - np.mean(dout, axis=0)) / std
                  - (x - mu) * np.mean(dout * (x - mu), axis=0) / std**3)
    return dx, np.sum(dout * xhat, axis=0), np.sum(dout, axis=0)


def transposed_layernorm(x, gamma, beta, ln_param):
    """Layernorm as batchnorm of the transpose; the cache is a dict, its arrays transposed."""
    x = x.T
    mu, std = x.mean(axis=0), np.sqrt(x.var(axis=0) + ln_param.get("eps", 1e-5))
    xhat = (x - mu) / std
    return gamma * xhat.T + beta, {"xhat": xhat, "std": std, "gamma": gamma}


def transposed_slip(*, first=1.0, last=1.0, std_power=1, use_gamma=True, axis=0):
    def backward(dout, cache):
        xhat, std, gamma = cache["xhat"], cache["std"], cache["gamma"]
        dxhat = (dout * gamma if use_gamma else dout).T
        d = len(dxhat)
        dx = 1.0 / d / std**std_power * (
            d * dxhat - first * np.sum(dxhat, axis=axis)
            - last * xhat * np.sum(dxhat * xhat, axis=axis))
        return dx.T, np.sum(dout * xhat.T, axis=0), np.sum(dout, axis=0)
    return backward


def looped_conv(x, w, b, conv_param):
    """Convolution in four loops; cache (x, w, b, conv_param)."""
    pad, stride = conv_param["pad"], conv_param["stride"]
    n, f, hh, ww = len(x), len(w), w.shape[2], w.shape[3]
    padded = np.pad(x, ((0,), (0,), (pad,), (pad,)), mode="constant")
    height = 1 + (x.shape[2] + 2 * pad - hh) // stride
    width = 1 + (x.shape[3] + 2 * pad - ww) // stride
    out = np.zeros((n, f, height, width), dtype=x.dtype)
    for i in range(height):
        for j in range(width):
            window = padded[:, :, i * stride:i * stride + hh, j * stride:j * stride + ww]
            for k in range(f):
                out[:, k, i, j] = np.sum(window * w[k], axis=(1, 2, 3)) + b[k]
    return out, (x, w, b, conv_param)


def looped_conv_slip(*, add=True, dw_stride=None, crop=slice, turn=lambda kernel: kernel,
                     db=lambda dout: dout.sum(axis=(0, 2, 3))):
    def backward(dout, x, w, b, conv_param):
        pad, stride, (hh, ww) = conv_param["pad"], conv_param["stride"], w.shape[2:]
        padded = np.pad(x, ((0,), (0,), (pad,), (pad,)), mode="constant")
        dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
        for n, f, i, j in np.ndindex(dout.shape):
            rows, columns = slice(i * stride, i * stride + hh), slice(j * stride, j * stride + ww)
            old = dpadded[n, :, rows, columns] if add else 0
            dpadded[n, :, rows, columns] = old + turn(w[f]) * dout[n, f, i, j]
            s = dw_stride or stride
            dw[f] += padded[n, :, i * s:i * s + hh, j * s:j * s + ww] * dout[n, f, i, j]
        rows, columns = (crop(pad, pad + size) for size in x.shape[2:])
        return dpadded[:, :, rows, columns], dw, db(dout)
    return backward


def looped_pool(x, pool_param):
    """Max pooling with pool_param's pool_height, pool_width and stride; cache (x, pool_param)."""
    hh, ww, s = (pool_param[key] for key in ("pool_height", "pool_width", "stride"))
    out = np.zeros((*x.shape[:2], 1 + (x.shape[2] - hh) // s, 1 + (x.shape[3] - ww) // s), x.dtype)
    for i, j in np.ndindex(out.shape[2:]):
        out[:, :, i, j] = x[:, :, i * s:i * s + hh, j * s:j * s + ww].max(axis=(2, 3))
    return out, (x, pool_param)


def looped_pool_slip(*, share=lambda window: window == window.max(), add=True):
    """A backward of looped_pool: each element of a window gets its share of dout."""
    def backward(dout, cache):
        x, pool_param = cache
        hh, ww, s = (pool_param[key] for key in ("pool_height", "pool_width", "stride"))
        dx = np.zeros_like(x)
        for n, c, i, j in np.ndindex(dout.shape):
            rows, columns = slice(i * s, i * s + hh), slice(j * s, j * s + ww)
            part = share(x[n, c, rows, columns]) * dout[n, c, i, j]
            dx[n, c, rows, columns] = part + add * dx[n, c, rows, columns]
        return dx
    return backward


def hot(place):
    """A share that gives all to the row and column place(flat index of the maximum, window)."""
    def share(window):
        shares = np.zeros_like(window)
        shares[place(window.argmax(), window)] = 1
        return shares
    return share


def pool_args(*shape, height=2, width=2, stride=2, dtype=np.float64):
    return randn(*shape, dtype=dtype), {"pool_height": height, "pool_width": width,
                                        "stride": stride}


def course_dropout(x, dropout_param):
    """Dropout whose p keeps, seeded globally as in the course; cache (dropout_param, mask)."""
    p, state = dropout_param["p"], np.random.get_state()
    np.random.seed(dropout_param["seed"])
    mask = (np.random.rand(*x.shape) < p) / p if dropout_param["mode"] == "train" else None
    np.random.set_state(state)
    out = x if mask is None else x * mask
    return out.astype(x.dtype, copy=False), (dropout_param, mask)


@backward_of(course_dropout)
def course_dropout_backward(dout, dropout_param, mask):
    return dout * mask if dropout_param["mode"] == "train" else dout


def keep(p, mode="train"):
    return {"p": p, "mode": mode, "seed": 123}


def redrawn(dropout_param, like):
    """The draws of course_dropout, from the same seed again."""
    return np.random.RandomState(dropout_param["seed"]).rand(*like.shape)


def rnn(x, h0, Wx, Wh, b):
    """A vanilla RNN over x (N, T, D); the cache is a list of (x, prev_h, Wx, Wh, next_h)."""
    h, cache, prev_h = np.zeros((*x.shape[:2], len(b)), x.dtype), [], h0
    for t in range(x.shape[1]):
        h[:, t] = np.tanh(x[:, t] @ Wx + prev_h @ Wh + b)
        cache.append((x[:, t], prev_h, Wx, Wh, h[:, t]))
        prev_h = h[:, t]
    return h, cache


@backward_of(rnn)
def rnn_backward(dh, cache):
    dx = np.zeros((*dh.shape[:2], len(cache[0][2])), dh.dtype)
    dWx, dWh, db, dprev_h = 0.0, 0.0, 0.0, 0.0
    for t in reversed(range(len(cache))):
        x, prev_h, Wx, Wh, next_h = cache[t]
        da = (dh[:, t] + dprev_h) * (1 - next_h**2)
        dx[:, t], dprev_h = da @ Wx.T, da @ Wh.T
        dWx, dWh, db = dWx + x.T @ da, dWh + prev_h.T @ da, db + da.sum(axis=0)
    return dx, dprev_h, dWx, dWh, db


def rnn_args(n, t, d, h, dtype=np.float64):
    return tuple(array.astype(dtype) for array in (
        randn(n, t, d), randn(n, h), 0.7 * randn(d, h), 0.7 * randn(h, h), randn(h)))


for layer, slip in ((paper_batchnorm, paper_slip), (transposed_layernorm, transposed_slip),
                    (looped_conv, looped_conv_slip), (looped_pool, looped_pool_slip)):
    backward_of(layer)(slip())
