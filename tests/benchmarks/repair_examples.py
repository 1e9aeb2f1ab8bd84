"""The arguments of the layers of the benchmark, and slips that people ask about.

`EXAMPLES` makes the arguments of each: the first size is the one that it is checked at, the others
are those at which an edit is judged that never saw them.
"""

import numpy as np

from tests.benchmarks import repair_layers, repair_layers_of_windows


def function(name):
    """Return a function of the layers by its name."""
    for module in (repair_layers, repair_layers_of_windows):
        if hasattr(module, name):
            return getattr(module, name)
    raise LookupError(name)


def _normal(rng, *shape):
    return rng.standard_normal(shape)


def _distinct(rng, *shape):
    return 0.1 * rng.permutation(int(np.prod(shape))).reshape(shape) - 1.0


# Sizes of three examples: batch, features, units.
N, D, M = (4, 7, 9), (6, 5, 11), (5, 8, 3)
TABLES = {
    "D": "layernorm batchnorm paper_batchnorm",
    "": "relu masked_relu sigmoid tanh silu gelu softplus softmax log_softmax row_softmax l2norm "
        "cumsum difference",
}
EXAMPLES = {
    **dict.fromkeys(TABLES[""].split(), lambda r, k: (_normal(r, N[k], D[k]),)),
    **dict.fromkeys(TABLES["D"].split(), lambda r, k: (
        _normal(r, N[k], D[k]), _normal(r, D[k]), _normal(r, D[k]))),
    **dict.fromkeys(("affine", "affine_relu"), lambda r, k: (
        _normal(r, N[k], D[k]), _normal(r, D[k], M[k]), _normal(r, M[k]))),
    "flat_affine": lambda r, k: (_normal(r, N[k], 2, D[k]), _normal(r, 2 * D[k], M[k]),
                                 _normal(r, M[k])),
    "columns": lambda r, k: (_normal(r, D[k], N[k]), _normal(r, M[k], D[k]), _normal(r, M[k], 1)),
    "averaged": lambda r, k: (_normal(r, D[k], N[k]), _normal(r, M[k], D[k])),
    "leaky": lambda r, k: (_normal(r, N[k], D[k]), (0.1, 0.2, 0.05)[k]),
    "elu": lambda r, k: (_normal(r, N[k], D[k]), (0.7, 1.3, 0.4)[k]),
    "power": lambda r, k: (r.uniform(0.5, 2, (N[k], D[k])), (3, 5, 4)[k]),
    "reciprocal": lambda r, k: (_normal(r, N[k], D[k]), r.uniform(1, 2, (N[k], D[k]))),
    "dropout": lambda r, k: (_normal(r, 3 * N[k], D[k]), {"p": (0.3, 0.45, 0.2)[k], "seed": k}),
    "staged_batchnorm": lambda r, k: (_normal(r, N[k], D[k]), _normal(r, D[k]), _normal(r, D[k]),
                                      1e-3),
    "rmsnorm": lambda r, k: (_normal(r, N[k], D[k]), _normal(r, D[k])),
    "spatial_norm": lambda r, k: (_normal(r, N[k] % 5, D[k] % 7 + 1, 2, 3 + k), _normal(
        r, D[k] % 7 + 1), _normal(r, D[k] % 7 + 1)),
    "cosine": lambda r, k: (_normal(r, N[k], D[k]), _normal(r, N[k], D[k])),
    "rnn_step": lambda r, k: (_normal(r, N[k], D[k]), _normal(r, N[k], M[k]), _normal(
        r, D[k], M[k]), _normal(r, M[k], M[k]), _normal(r, M[k])),
    "rnn": lambda r, k: (_normal(r, N[k], 3 + k, D[k]), _normal(r, N[k], M[k]), _normal(
        r, D[k], M[k]), _normal(r, M[k], M[k])),
    "lstm_step": lambda r, k: (
        _normal(r, N[k], D[k]), _normal(r, N[k], M[k]), _normal(r, N[k], M[k]),
        _normal(r, D[k], 4 * M[k]), _normal(r, M[k], 4 * M[k]), _normal(r, 4 * M[k])),
    "embedding": lambda r, k: (r.integers(D[k], size=(N[k], 3)), _normal(r, D[k], M[k])),
    "attention": lambda r, k: (_normal(r, N[k], D[k]), _normal(r, M[k], D[k]), _normal(
        r, M[k], 2 + k)),
    "bilinear": lambda r, k: (_normal(r, N[k], D[k]), _normal(r, D[k], M[k]), _normal(
        r, N[k], M[k])),
    "conv1d": lambda r, k: (_normal(r, N[k] % 6, 3 + k, 7 + k), _normal(r, M[k], 3 + k, 4),
                            _normal(r, M[k])),
    "conv": lambda r, k: (
        _normal(r, 3 + k, 2, 7 + 2 * k, 6 + 2 * k), _normal(r, 5 - k, 2, 3, 4), _normal(r, 5 - k),
        {"stride": (2, 2, 1)[k], "pad": (1, 1, 2)[k]}),
    "max_pool": lambda r, k: (_distinct(r, 3 + k, 2, *((4, 6), (6, 9), (8, 4))[k]), (2, 3, 2)[k]),
    "avg_pool": lambda r, k: (_normal(r, 3 + k, 2, *((4, 6), (6, 9), (8, 4))[k]), (2, 3, 2)[k]),
    "global_pool": lambda r, k: (_normal(r, 3 + k, 4 + k, 2 + k, 5 + k),),
    "highway": lambda r, k: (_normal(r, N[k], D[k]), _normal(r, D[k], D[k]), _normal(
        r, D[k], D[k])),
    "two_layer": lambda r, k: (_normal(r, N[k], D[k]), _normal(r, D[k], M[k]), _normal(
        r, M[k]), _normal(r, M[k], 3 + k), _normal(r, 3 + k)),
    "bce": lambda r, k: (_normal(r, N[k], D[k]), r.integers(2, size=(N[k], D[k]))),
    **dict.fromkeys(("nll", "hinge"), lambda r, k: (_normal(r, N[k], D[k]), r.integers(
        D[k], size=N[k]))),
    "mse": lambda r, k: (_normal(r, N[k], D[k]), _normal(r, N[k], D[k])),
}

# Slips that people ask about, as they write them: the layer, what stands there, what they wrote.
KNOWN = (
    ("affine", "dout @ w.T", "dout @ w"), ("affine", "x.T @ dout", "dout.T @ x"),
    ("affine", "dout.sum(axis=0)", "dout.sum(axis=1)"), ("affine", "dout.sum(axis=0)", "dout"),
    ("affine", "dout.sum(axis=0)", "dout.mean(axis=0)"), ("affine", "x.T @ dout", "x @ dout"),
    ("flat_affine", "x.reshape(N, -1).T", "x.reshape(-1, N)"),
    ("flat_affine", "np.sum(dout, axis=0)", "np.sum(dout)"),
    ("flat_affine", ".reshape(x.shape)", ""), ("columns", "dZ @ A.T", "dZ @ A.T / m"),
    ("columns", ", keepdims=True", ""), ("columns", "W.T @ dZ", "W @ dZ"),
    ("averaged", "1 / m * np.dot(dZ, A.T)", "np.dot(dZ, A.T)"),
    ("relu", "cache <= 0", "cache < 0.5"), ("relu", "cache <= 0", "dout <= 0"),
    ("relu", "dx[cache <= 0] = 0", "dx[cache >= 0] = 0"),
    ("masked_relu", "dout * mask", "dout"), ("masked_relu", "dout * mask", "dout * ~mask"),
    ("leaky", "slope * dout", "0 * dout"), ("leaky", "x > 0", "dout > 0"),
    ("leaky", "slope * dout", "dout / slope"), ("elu", "out + alpha", "out"),
    ("elu", "out + alpha", "alpha * out"), ("sigmoid", "s * (1 - s)", "(1 - s)"),
    ("sigmoid", "dA * s * (1 - s)", "s * (1 - s)"), ("tanh", "1 - t ** 2", "1 - t"),
    ("tanh", "1 - t ** 2", "1 + t ** 2"), ("silu", "s + x * ds", "s + ds"),
    ("silu", "s + x * ds", "x * ds"), ("gelu", "3 * 0.044715", "0.044715"),
    ("gelu", "0.5 * x * dt", "x * dt"), ("softplus", "np.exp(-x)", "np.exp(x)"),
    ("power", "n * x ** (n - 1)", "x ** (n - 1)"), ("power", "x ** (n - 1)", "x ** n"),
    ("reciprocal", "-dout * x / y ** 2", "dout * x / y ** 2"),
    ("reciprocal", "y ** 2", "y"), ("dropout", " / (1 - p)", ""),
    ("dropout", "/ (1 - p)", "* (1 - p)"), ("dropout", "/ (1 - p)", "/ p"),
    ("dropout", "dout * mask", "dout"), ("softmax", "y * (dout - inner)", "y * (1 - y) * dout"),
    ("softmax", "axis=1", "axis=0"), ("log_softmax", "p * total", "p"),
    ("batchnorm", "N * dxhat -", "dxhat -"), ("batchnorm", "(N * std)", "std"),
    ("batchnorm", "dxhat = dout * gamma", "dxhat = dout"),
    ("batchnorm", "- xhat * np.sum", "- np.sum"),
    ("batchnorm", "np.sum(dout * xhat, axis=0)", "np.sum(dout * xhat)"),
    ("staged_batchnorm", "-1. / (sqrtvar ** 2)", "-1. / sqrtvar"),
    ("staged_batchnorm", "0.5 * 1.", "1."), ("staged_batchnorm", "2 * xmu * dsq", "xmu * dsq"),
    ("staged_batchnorm", "dxmu1 + dxmu2, axis=0)", "dxmu1, axis=0)"),
    ("paper_batchnorm", "inv ** 3", "inv"), ("paper_batchnorm", "+ dmean / m", ""),
    ("layernorm", "axis=1", "axis=0"), ("rnn_step", "1 - n * n", "1 - n"),
    ("rnn_step", "h.T.dot(da)", "n.T.dot(da)"), ("rnn", " + dprev)", ")"),
    ("rnn", "dWh += before", "dWh = before"), ("attention", " / np.sqrt(d)", ""),
    ("attention", "a * (da - np.sum(da * a, axis=1, keepdims=True))", "da"),
    ("embedding", "np.add.at(dW, idx, dout)", "dW[idx] = dout"),
    ("embedding", "np.add.at(dW, idx, dout)", "dW[idx] += dout"),
    ("conv", "dw += np", "dw = np"), ("conv", "i * stride, j * stride", "i, j"),
    ("conv", "pad:pad + H", "pad:-pad"), ("conv", "s:s + WW] += np", "s:s + WW] = np"),
    ("max_pool", "axis=(2, 3), keepdims", "axis=(0, 1), keepdims"), ("avg_pool", "k ** 2", "k"),
    ("global_pool", "(H * W)", "(N * H * W)"), ("hinge", "-= count", "= -1"),
    ("nll", "-= 1", "+= 1"), ("mse", "2 * (x - y)", "(x - y)"), ("mse", "(x - y)", "(y - x)"),
)
