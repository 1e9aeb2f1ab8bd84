"""Normalizations in test mode whose backward is that of training mode."""

import numpy as np

from tests.gradcheck.findings.cases import Cases, backward_of, f32, randn

CASES = Cases("training-formula")


def statistics(size):
    return {"mean": randn(size, seed=3), "var": np.linspace(0.5, 2, size)}


def by_running(x, gamma, beta, param):
    """Normalize the channels on the second axis by running statistics; cache (xhat, gamma, std)."""
    shape = (-1, *(1,) * (x.ndim - 2))
    mean, var = (param[name].astype(x.dtype).reshape(shape) for name in ("mean", "var"))
    std = np.sqrt(var + 1e-5)
    xhat = (x - mean) / std
    return gamma.reshape(shape) * xhat + beta.reshape(shape), (xhat, gamma.reshape(shape), std)


def backward(trained):
    """The backward with, or without, the terms through mean and variance."""
    def run(dout, cache):
        xhat, gamma, std = cache
        axes = (0, *range(2, dout.ndim))
        dx = dout * gamma
        if trained:
            dx = dx - dx.mean(axes, keepdims=True) - xhat * (dx * xhat).mean(axes, keepdims=True)
        return dx / std, (dout * xhat).sum(axes), dout.sum(axes)
    return run


backward_of(by_running)(backward(False))
FLAT = randn(6, 5), randn(5), randn(5, seed=1), statistics(5)
SINGLE = (*(arg.astype(f32) for arg in FLAT[:3]), statistics(5))
IMAGES = randn(3, 4, 2, 3), randn(4), randn(4, seed=1), statistics(4)
CASES.wrong("batchnorm_in_test_mode", by_running, backward(True), *FLAT, more=[SINGLE])
CASES.wrong("spatial_batchnorm_in_test_mode", by_running, backward(True), *IMAGES)

test_first_code, test_right = CASES.tests()
