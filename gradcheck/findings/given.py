"""Halves of example programs that several findings share, and their right other halves."""

from gradcheck.findings.rule import layer

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
