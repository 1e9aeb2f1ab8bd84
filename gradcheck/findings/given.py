"""Halves of example programs that several findings share, and their right other halves."""

from gradcheck.findings.rule import layer
from gradcheck.program import Given

RNG = "x = np.random.default_rng(0).normal(size=(4, 6))"

TANH = layer("tanh", f"""
    {RNG}

    def tanh_forward(x):
        out = np.tanh(x)
        return out, out
    """, "x")
TANH_RIGHT = """
    def tanh_backward(dout, out):
        return dout * (1 - out**2)
    """
RELU = layer("relu", f"""
    {RNG}

    def relu_forward(x):
        return np.maximum(x, 0), x
    """, "x")
RELU_RIGHT = """
    def relu_backward(dout, x):
        return dout * (x > 0)
    """
RELU_BACKWARD = layer("relu", f"""
    {RNG}
{RELU_RIGHT}""", "x")
NOISE = layer("noise", f"""
    {RNG}

    def noise_backward(dout, cache):
        return dout.copy()
    """, "x")
DROPOUT = layer("dropout", f"""
    {RNG}

    def dropout_forward(x, dropout_param):
        rng = np.random.default_rng(dropout_param["seed"])
        mask = (rng.random(x.shape) >= dropout_param["p"]) / (1 - dropout_param["p"])
        return x * mask, (mask, dropout_param["p"])
    """, 'x, {"p": 0.4, "seed": 3}')
AFFINE = layer("affine", """
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(4, 6)), rng.normal(size=(6, 5)), rng.normal(size=5)

    def affine_forward(x, w, b):
        return x @ w + b, (x, w)
    """, "x, w, b")
AFFINE_RIGHT = """
    def affine_backward(dout, cache):
        x, w = cache
        return dout @ w.T, x.T @ dout, dout.sum(axis=0)
    """
SIGMOID = layer("sigmoid", """
    x = np.array([-800.0, -2.0, 0.5, 3.0])

    def sigmoid_forward(x):
        return 0.5 * (1 + np.tanh(x / 2)), x
    """, "x")
HINGE = Given("", 'check_all({"svm_loss": svm_loss}, imported=True)', "record")
LEAKY_RELU = layer("leaky_relu", f"""
    {RNG}

    def leaky_relu_forward(x):
        return np.where(x > 0, x, 0.1 * x), x
    """, "x")
DROPOUT_RIGHT = """
    def dropout_backward(dout, cache):
        mask, p = cache
        return dout * mask
    """
SQUARE = layer("affine", """
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(4, 5)), rng.normal(size=(5, 5)), rng.normal(size=5)

    def affine_forward(x, w, b):
        return x @ w + b, (x, w)
    """, "x, w, b")
SCALE = layer("scale", """
    rng = np.random.default_rng(0)
    x, gamma = rng.normal(size=(5, 5)), rng.normal(size=5)

    def scale_forward(x, gamma):
        return x * gamma, (x, gamma)
    """, "x, gamma")
SCALE_SHIFT = layer("shift", """
    rng = np.random.default_rng(0)
    x, gamma, beta = rng.normal(size=(4, 6)), rng.normal(size=6), rng.normal(size=6)

    def shift_forward(x, gamma, beta):
        return x * gamma + beta, (x, gamma)
    """, "x, gamma, beta")
SORT = layer("sort", f"""
    {RNG}

    def sort_forward(x):
        order = np.argsort(x, axis=0)
        return np.take_along_axis(x, order, axis=0), order
    """, "x")
TWO_LAYERS = layer("mlp", """
    rng = np.random.default_rng(0)
    x, w1, w2 = rng.normal(size=(6, 4)), rng.normal(size=(4, 5)), rng.normal(size=(5, 3))

    def mlp_forward(x, w1, w2):
        a = x @ w1
        h = np.maximum(a, 0)
        return h @ w2, (x, w1, w2, a, h)
    """, "x, w1, w2")
RNN = layer("rnn_step", """
    rng = np.random.default_rng(0)
    x, h = rng.normal(size=(4, 3)), rng.normal(size=(4, 5))
    wx, wh = rng.normal(size=(3, 5)), rng.normal(size=(5, 5))

    def rnn_step_forward(x, h, wx, wh):
        out = np.tanh(x @ wx + h @ wh)
        return out, (x, h, wx, wh, out)
    """, "x, h, wx, wh")
BATCHNORM = layer("batchnorm", """
    eps = 0.1  # large, so that forgetting it shows
    rng = np.random.default_rng(0)
    x, gamma, beta = rng.normal(size=(7, 5)), rng.normal(size=5), rng.normal(size=5)

    def batchnorm_forward(x, gamma, beta):
        mean, var = x.mean(axis=0), x.var(axis=0)
        std = np.sqrt(var + eps)
        xhat = (x - mean) / std
        return gamma * xhat + beta, (x, xhat, mean, std, gamma)
    """, "x, gamma, beta")
BATCHNORM_RIGHT = """
    def batchnorm_backward(dout, cache):
        x, xhat, mean, std, gamma = cache
        dxhat = dout * gamma
        dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / std
        return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)
    """
SCORES = """
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(4, 6)), np.array([2, 0, 5, 2])
    """
SOFTMAX_LOSS = Given(SCORES, "check_gradient(lambda x: softmax_loss(x, y)[0], "
                     "lambda x: softmax_loss(x, y)[1], x)")
SOFTMAX_LOSS_RIGHT = """
    def softmax_loss(x, y):
        rows = np.arange(len(x))
        e = np.exp(x - x.max(axis=1, keepdims=True))
        probs = e / e.sum(axis=1, keepdims=True)
        loss = -np.log(probs[rows, y]).mean()
        dx = probs.copy()
        dx[rows, y] -= 1
        return loss, dx / len(x)
    """
SVM_LOSS = Given(SCORES, "check_gradient(lambda x: svm_loss(x, y)[0], "
                 "lambda x: svm_loss(x, y)[1], x)")
SVM_LOSS_RIGHT = """
    def svm_loss(x, y):
        rows = np.arange(len(x))
        margins = np.maximum(0, x - x[rows, y][:, None] + 1)
        margins[rows, y] = 0
        dx = (margins > 0).astype(float)
        dx[rows, y] = -dx.sum(axis=1)
        return margins.sum() / len(x), dx / len(x)
    """
SOFTMAX = layer("softmax", """
    x = np.random.default_rng(0).normal(size=(4, 6))

    def softmax_forward(x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        out = e / e.sum(axis=1, keepdims=True)
        return out, out
    """, "x")
NET = Given(f"""{SCORES}{SOFTMAX_LOSS_RIGHT}""", "check_net(Net(), x, y)")
NET_RIGHT = """
    class Net:
        def __init__(self):
            self.reg = 0.1
            rng = np.random.default_rng(1)
            self.params = {"W1": rng.normal(size=(6, 7)), "b1": rng.normal(size=7)}

        def loss(self, X, y):
            W, b = self.params["W1"], self.params["b1"]
            loss, dscores = softmax_loss(X @ W + b, y)
            loss += 0.5 * self.reg * np.sum(W**2)
            dW = X.T @ dscores + self.reg * W
            db = dscores.sum(axis=0)
            return loss, {"W1": dW, "b1": db}
    """
CONV = layer("conv", """
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 9)), rng.normal(size=3)

    def windows_of(x, width, pad):
        padded = np.pad(x, ((0, 0), (pad, pad)))
        return np.lib.stride_tricks.sliding_window_view(padded, width, axis=1)

    def conv_forward(x, w, conv_param):
        return windows_of(x, len(w), conv_param["pad"]) @ w, (x, w, conv_param["pad"])
    """, 'x, w, {"pad": 1}')
UNPADDED = Given(CONV.source, CONV.call.replace('"pad": 1', '"pad": 0'))
CONV_RIGHT = """
    def conv_backward(dout, cache):
        x, w, pad = cache
        dpadded = np.zeros((len(x), x.shape[1] + 2 * pad))
        for t in range(dout.shape[1]):
            dpadded[:, t:t + len(w)] += dout[:, t, None] * w
        dw = np.einsum("nt,ntk->k", dout, windows_of(x, len(w), pad))
        return dpadded[:, pad:pad + x.shape[1]], dw
    """
ROW_MAX = layer("row_max", """
    x = np.random.default_rng(0).normal(size=(5, 7))

    def row_max_forward(x):
        return x.max(axis=1), x
    """, "x")
ROW_MAX_RIGHT = """
    def row_max_backward(dout, x):
        dx = np.zeros_like(x)
        dx[np.arange(len(x)), x.argmax(axis=1)] = dout
        return dx
    """


def slipped(right: str, old: str, new: str) -> str:
    """Return a right half with one slip in it.

    >>> slipped("dx = dout * gamma", " * gamma", "")
    'dx = dout'
    """
    assert old in right, f"{old!r} does not occur in the right half"
    return right.replace(old, new)

LEAKY_SLOPE = Given("""
    def leaky_relu_backward(dout, cache):
        x, alpha = cache
        return dout * np.where(x > 0, 1, alpha)
    """, "check_all((leaky_relu_forward, leaky_relu_backward))", "record")
