"""A forward that computes another value than the layer of its name; its backward fits it."""

import numpy as np

from gradcheck.mask_laws.conventions import Conventions
from gradcheck.target.judge import judge
from gradcheck.target.pairs import Pair
from tests.gradcheck.findings.cases import PASSED, Cases, randn

CASES = Cases("value-differs")


def judged(what, name, forward, backward=None, code=None):
    """Register a layer that is judged under a standard name."""
    CASES.add(what, (randn(1),), lambda: judge(
        Pair(name, name, forward, backward), Conventions()).report, code)


def hinge(own):
    """Return the course's SVM loss, which counts `own` for the label."""
    def svm_loss(x, y):
        rows = np.arange(len(x))
        margins = np.maximum(0, x - x[rows, y][:, None] + 1)
        margins[rows, y] = own
        dx = (margins > 0) * (np.arange(x.shape[1]) != y[:, None]) / len(x)
        dx[rows, y] -= dx.sum(axis=1)
        return margins.sum() / len(x), dx

    return svm_loss


def batchnorm(share):
    """Return a batchnorm_forward that takes a share of the batch into its statistics."""
    def forward(x, gamma, beta, bn_param):
        m, eps = bn_param.get("momentum", 0.9), bn_param.get("eps", 1e-5)
        mean, var = x.mean(axis=0), x.var(axis=0)
        running = {"mean": bn_param.get("running_mean", np.zeros_like(mean)),
                   "var": bn_param.get("running_var", np.zeros_like(var))}
        if bn_param["mode"] == "test":
            std = np.sqrt(running["var"] + eps)
            return gamma * (x - running["mean"]) / std + beta, None
        for name, new in (("mean", mean), ("var", var)):
            bn_param[f"running_{name}"] = (1 - share(m)) * running[name] + share(m) * new
        std = np.sqrt(var + eps)
        xhat = (x - mean) / std
        return gamma * xhat + beta, (xhat, gamma, std)

    return forward


def batchnorm_backward(dout, cache):
    xhat, gamma, std = cache
    dxhat = dout * gamma
    dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / std
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


def pool(order):
    """Return a max_pool_forward whose window has these sides."""
    def forward(x, pool_param):
        sides = [pool_param[f"pool_{side}"] for side in order]
        s = pool_param["stride"]
        height, width = ((size - side) // s + 1 for size, side in zip(
            x.shape[2:], sides, strict=True))
        out, places = np.zeros((*x.shape[:2], height, width)), []
        for i, j in np.ndindex(height, width):
            part = (..., slice(i * s, i * s + sides[0]), slice(j * s, j * s + sides[1]))
            out[..., i, j] = x[part].max(axis=(2, 3))
            places.append((i, j, part))
        return out, (x, out, places)

    return forward


def pool_backward(dout, cache):
    x, out, places = cache
    dx = np.zeros_like(x)
    for i, j, part in places:
        largest = x[part] == out[..., i:i + 1, j:j + 1]
        share = largest / largest.sum(axis=(2, 3), keepdims=True)
        dx[part] += share * dout[..., i:i + 1, j:j + 1]
    return dx


judged("hinge_counts_the_label", "svm_loss", hinge(1.0))
judged("hinge", "svm_loss", hinge(0.0), code=PASSED)
judged("relu_is_the_absolute_value", "relu", lambda x: (np.abs(x), x),
       lambda dout, x: dout * np.sign(x))
judged("relu", "relu", lambda x: (np.maximum(x, 0), x), lambda dout, x: dout * (x > 0), PASSED)
judged("batchnorm_swaps_its_momentum", "batchnorm", batchnorm(lambda m: m), batchnorm_backward)
judged("batchnorm_never_updates", "batchnorm", batchnorm(lambda m: 0.0), batchnorm_backward)
judged("batchnorm", "batchnorm", batchnorm(lambda m: 1 - m), batchnorm_backward, PASSED)
judged("pool_swaps_its_sides", "max_pool", pool(("width", "height")), pool_backward)
judged("pool", "max_pool", pool(("height", "width")), pool_backward, PASSED)

test_first_code, test_right = CASES.tests()
