"""Explanations of gradients that are wrong as a whole."""

from gradcheck.findings.explained import layer
from gradcheck.findings.explained_contract import (
    AFFINE,
    AFFINE_RIGHT,
    DROPOUT,
    RNG,
    TANH,
    TANH_RIGHT,
)
from gradcheck.findings.explained_masks import DROPOUT_RIGHT

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

GRADIENT = (
    AFFINE.explain(
        "zero-gradient",
        """A gradient is zero everywhere although the output depends on the argument: it was
        allocated and never filled, or lost in an integer.""",
        "analytic = 0 at every coordinate, numeric is not.",
        """
        def affine_backward(dout, cache):
            x, w = cache
            return dout @ w.T, x.T @ dout, np.zeros(w.shape[1])
        """, AFFINE_RIGHT),
    TANH.explain(
        "sign-flipped",
        """The gradient has the right size and the wrong sign: training goes uphill. A minus of the
        formula was lost or doubled.""",
        "analytic = -numeric everywhere.",
        """
        def tanh_backward(dout, out):
            return dout * (out**2 - 1)
        """, TANH_RIGHT),
    DROPOUT.explain(
        "scaled",
        """The gradient is right up to one constant factor. Where the factor fits a number of the
        layer (1 - p, N, a size, 2), the finding names it: that is the one to look for.""",
        "analytic / numeric is the same number everywhere.",
        """
        def dropout_backward(dout, cache):
            mask, p = cache
            return dout * (mask > 0)
        """, DROPOUT_RIGHT),
    SQUARE.explain(
        "transposed",
        """The gradient is that of the transposed matrix. With a square matrix the shapes do not
        tell; check at pairwise distinct sizes.""",
        "analytic.T = numeric.",
        """
        def affine_backward(dout, cache):
            x, w = cache
            return dout @ w.T, dout.T @ x, dout.sum(axis=0)
        """, AFFINE_RIGHT),
    SCALE_SHIFT.explain(
        "outputs-swapped",
        """Backward returns its gradients in another order than forward takes its arguments. Where
        two arguments have one shape, nothing complains.""",
        "The gradient of one argument equals the numeric gradient of another.",
        """
        def shift_backward(dout, cache):
            x, gamma = cache
            return dout * gamma, dout.sum(axis=0), (dout * x).sum(axis=0)
        """, """
        def shift_backward(dout, cache):
            x, gamma = cache
            return dout * gamma, (dout * x).sum(axis=0), dout.sum(axis=0)
        """),
    SCALE.explain(
        "wrong-axis-sum",
        """A parameter that was broadcast gets its gradient by a sum over the axes that it was
        broadcast along; here the sum is over another axis.""",
        "Summing the products along the other axis gives the numeric gradient.",
        """
        def scale_backward(dout, cache):
            x, gamma = cache
            return dout * gamma, (dout * x).sum(axis=1)
        """, """
        def scale_backward(dout, cache):
            x, gamma = cache
            return dout * gamma, (dout * x).sum(axis=0)
        """),
    AFFINE.explain(
        "batch-reversed",
        """The gradients of the samples come back in reverse order, as after a loop that runs
        backwards through time or the batch and appends.""",
        "analytic[::-1] = numeric.",
        """
        def affine_backward(dout, cache):
            x, w = cache
            return (dout @ w.T)[::-1].copy(), x.T @ dout, dout.sum(axis=0)
        """, AFFINE_RIGHT),
    AFFINE.explain(
        "isolated-elements",
        """Nearly all coordinates are right and a few single ones are not: an index that is special
        (a corner, the first, the last), a value written over.""",
        "A handful of wrong coordinates among many right ones; their places are listed.",
        """
        def affine_backward(dout, cache):
            x, w = cache
            dw = x.T @ dout
            dw[0, 0] += 1.5 * dout[0, 0]
            return dout @ w.T, dw, dout.sum(axis=0)
        """, AFFINE_RIGHT),
    SORT.explain(
        "elements-exchanged",
        """The right numbers stand at the wrong places: a permutation was applied where its inverse
        belongs, or a reshape in another order.""",
        "The sorted values of both gradients agree.",
        """
        def sort_backward(dout, order):
            return np.take_along_axis(dout, order, axis=0)
        """, """
        def sort_backward(dout, order):
            dx = np.empty_like(dout)
            np.put_along_axis(dx, order, dout, axis=0)
            return dx
        """),
    AFFINE.explain(
        "samples-ignored",
        """Some samples of the batch take no part in the gradient: a loop ends early, or assigns
        where it should add.""",
        "The gradient over a part of the batch equals the analytic one.",
        """
        def affine_backward(dout, cache):
            x, w = cache
            return dout @ w.T, x[:-1].T @ dout[:-1], dout.sum(axis=0)
        """, AFFINE_RIGHT),
    TWO_LAYERS.explain(
        "wrong-cached-value",
        """Backward uses another array of the cache than the formula asks for: the value before the
        activation instead of the one after it.""",
        "Exchanging one cached array for another gives the numeric gradient.",
        """
        def mlp_backward(dout, cache):
            x, w1, w2, a, h = cache
            da = (dout @ w2.T) * (a > 0)
            return da @ w1.T, x.T @ da, a.T @ dout
        """, """
        def mlp_backward(dout, cache):
            x, w1, w2, a, h = cache
            da = (dout @ w2.T) * (a > 0)
            return da @ w1.T, x.T @ da, h.T @ dout
        """),
    SQUARE.explain(
        "missing-transpose",
        """A matrix product uses w where the chain rule asks for its transpose. With a square matrix
        the product exists all the same.""",
        "dout @ w equals the analytic gradient, dout @ w.T the numeric one.",
        """
        def affine_backward(dout, cache):
            x, w = cache
            return dout @ w, x.T @ dout, dout.sum(axis=0)
        """, AFFINE_RIGHT),
)

UNEXPLAINED = (
    RNN.explain(
        "unexplained",
        """The numbers disagree and no hypothesis of the checker fits, so it does not guess. Derive
        the formula again for the smallest case, and check the steps of backward one by one.""",
        "Wrong nearly everywhere, without a common factor, sign or pattern.",
        """
        def rnn_step_backward(dout, cache):
            x, h, wx, wh, out = cache
            return dout @ wx.T, dout @ wh.T, x.T @ dout, h.T @ dout
        """, """
        def rnn_step_backward(dout, cache):
            x, h, wx, wh, out = cache
            da = dout * (1 - out**2)
            return da @ wx.T, da @ wh.T, x.T @ da, h.T @ da
        """),
)
