"""Explanations of the contract: what must hold before any number is compared."""

from gradcheck.findings.explained import layer

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

CONTRACT = (
    RELU_BACKWARD.explain(
        "input-mutated",
        """Forward or backward writes into an array that belongs to the caller. Other users of that
        array (the loss, the next layer, the optimizer) then compute with other numbers.""",
        "An argument's bytes differ before and after the call.",
        """
        def relu_forward(x):
            x[x < 0] = 0
            return x, x
        """, """
        def relu_forward(x):
            return np.maximum(x, 0), x
        """),
    RELU.explain(
        "dout-mutated",
        """Backward uses dout as its scratch space. Where two branches meet, the other branch gets
        the spoiled array.""",
        "The gradient is right; dout's bytes differ after the call.",
        """
        def relu_backward(dout, x):
            dout[x <= 0] = 0
            return dout
        """, RELU_RIGHT),
    TANH.explain(
        "cache-mutated",
        """Backward changes what forward stored. A second backward through the same cache, as in a
        gradient check or a higher-order method, gives another result.""",
        "An array in the cache differs after backward.",
        """
        def tanh_backward(dout, out):
            out *= out
            return dout * (1 - out)
        """, TANH_RIGHT),
    TANH.explain(
        "backward-impure",
        """Two calls of backward with the same dout and cache differ, and the cache is untouched:
        backward keeps a state of its own, such as an accumulator that is never reset.""",
        "The second call is larger by the first, or differs at random.",
        """
        total = np.zeros((4, 6))

        def tanh_backward(dout, out):
            global total
            total = total + dout * (1 - out**2)
            return total
        """, TANH_RIGHT),
    TANH.explain(
        "nonlinear-in-dout",
        """A backward pass is a product of dout with the Jacobian, so it is linear in dout.
        Clipping, normalizing, masking by dout's sign and adding weight decay do not belong in
        it.""",
        "backward(d1 + 2 d2) differs from backward(d1) + 2 backward(d2).",
        """
        def tanh_backward(dout, out):
            return np.clip(dout * (1 - out**2), -0.1, 0.1)
        """, TANH_RIGHT),
    TANH.explain(
        "dout-ignored",
        """Backward returns the local derivative and leaves the upstream gradient out: right only
        as the last layer of a net.""",
        "The result is the same whatever dout is.",
        """
        def tanh_backward(dout, out):
            return 1 - out**2
        """, TANH_RIGHT),
    NOISE.explain(
        "forward-nondeterministic",
        """Two forward calls at the same arguments give different outputs, so there is no
        derivative to compare with. Draw from a seed in the arguments.""",
        "The outputs of two equal calls differ.",
        """
        def noise_forward(x):
            return x + np.random.default_rng().normal(size=x.shape), None
        """, """
        def noise_forward(x):
            return x + np.random.default_rng(0).normal(size=x.shape), None
        """),
    DROPOUT.explain(
        "mask-resampled",
        """Backward draws a mask of its own. It is right on average and wrong every time: gradients
        flow to units that were dropped, and not to units that were kept.""",
        "Two backward calls drop different elements.",
        """
        def dropout_backward(dout, cache):
            mask, p = cache
            return dout * (np.random.default_rng().random(mask.shape) >= p) / (1 - p)
        """, """
        def dropout_backward(dout, cache):
            mask, p = cache
            return dout * mask
        """),
    AFFINE.explain(
        "wrong-shape",
        """A gradient lacks its argument's shape, or there are too few of them. An update
        w -= lr * dw would then broadcast, silently.""",
        "The shapes differ; often an axis was kept, lost, or not summed over.",
        """
        def affine_backward(dout, cache):
            x, w = cache
            return dout @ w.T, x.T @ dout, dout.sum(axis=0, keepdims=True)
        """, AFFINE_RIGHT),
    TANH.explain(
        "lower-precision",
        """The gradient has a narrower dtype than its argument, so digits are lost on the way back.
        Buffers made with a fixed dtype are the usual cause.""",
        "float64 goes in, float32 comes out; errors are near 1e-7 everywhere.",
        """
        def tanh_backward(dout, out):
            return (dout * (1 - out**2)).astype(np.float32)
        """, TANH_RIGHT),
    SIGMOID.explain(
        "non-finite",
        """The gradient has an inf or NaN where forward is smooth: an overflow of exp, a log of 0,
        or a division by 0 in the formula of backward.""",
        "NaN or inf at extreme inputs, right numbers elsewhere.",
        """
        def sigmoid_backward(dout, x):
            with np.errstate(all="ignore"):
                e = np.exp(-x)
                return dout * e / (1 + e) ** 2
        """, """
        def sigmoid_backward(dout, x):
            return dout * (1 - np.tanh(x / 2) ** 2) / 4
        """),
    AFFINE.explain(
        "raises",
        """Forward or backward raises an exception at valid arguments. The message quotes it; a
        cache unpacked in another order than it was packed is the usual cause.""",
        "There are no numbers.",
        """
        def affine_backward(dout, cache):
            x, w, b = cache
            return dout @ w.T, x.T @ dout, dout.sum(axis=0)
        """, AFFINE_RIGHT),
)
