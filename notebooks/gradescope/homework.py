# ruff: noqa: F841 - names that the student will use
"""The homework: fill in the functions.

Check it with `gradcheck check homework.py`, and grade it as the autograder does with
`gradcheck grade --points points.toml homework.py`.
"""

import numpy as np


def affine_forward(x, w, b):
    """Return out of shape (N, M), and the cache."""
    # YOUR CODE HERE
    raise NotImplementedError()


def affine_backward(dout, cache):
    """Return dx, dw, db, in the shapes of x, w, b."""
    # YOUR CODE HERE
    raise NotImplementedError()


def relu_forward(x):
    """Return max(x, 0), and the cache."""
    # YOUR CODE HERE
    raise NotImplementedError()


def relu_backward(dout, cache):
    """Return dx."""
    # YOUR CODE HERE
    raise NotImplementedError()


def batchnorm_forward(x, gamma, beta, bn_param):
    """Return out of the shape of x (N, D), and the cache.

    bn_param holds 'mode', and may hold 'eps' (1e-5), 'momentum' (0.9), 'running_mean' and
    'running_var', both of shape (D,); in mode 'train' the last two are written back.
    """
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1], x.dtype))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1], x.dtype))
    # YOUR CODE HERE
    raise NotImplementedError()


def batchnorm_backward(dout, cache):
    """Return dx, dgamma, dbeta, in mode 'train'."""
    # YOUR CODE HERE
    raise NotImplementedError()


def softmax_loss(x, y):
    """Return the loss, a scalar, and its gradient dx."""
    # YOUR CODE HERE
    raise NotImplementedError()


def dropout_forward(x, param):
    """Return out, of the shape and dtype of x, and the cache."""
    p, mode = param["p"], param["mode"]
    # YOUR CODE HERE
    raise NotImplementedError()


def dropout_backward(dout, cache):
    """Return dx, of the shape and dtype of dout."""
    # YOUR CODE HERE
    raise NotImplementedError()


def vanilla_dropout_forward(x, param):
    """Return out, of the shape and dtype of x, and the cache."""
    p, mode = param["p"], param["mode"]
    # YOUR CODE HERE
    raise NotImplementedError()


def vanilla_dropout_backward(dout, cache):
    """Return dx, of the shape and dtype of dout."""
    # YOUR CODE HERE
    raise NotImplementedError()
