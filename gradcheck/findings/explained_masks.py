"""Explanations of masks and piecewise functions."""

from gradcheck.findings.explained import layer
from gradcheck.findings.explained_contract import DROPOUT, RELU, RELU_RIGHT, RNG

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

MASKS = (
    RELU.explain(
        "mask-not-applied",
        """Forward drops or bends some elements and backward passes dout on at all of them.""",
        "Right where forward passes, nonzero where forward is flat.",
        """
        def relu_backward(dout, x):
            return dout.copy()
        """, RELU_RIGHT),
    DROPOUT.explain(
        "mask-inverted",
        """Backward passes dout on exactly where forward dropped, and stops it where forward kept:
        the comparison is the wrong way round on one of the two sides.""",
        "Zero where the numeric gradient is not, and the other way round.",
        """
        def dropout_backward(dout, cache):
            mask, p = cache
            return dout * (mask == 0) / (1 - p)
        """, DROPOUT_RIGHT),
    DROPOUT.explain(
        "mask-shifted",
        """Backward uses forward's mask displaced by some places along an axis, as an index that is
        off by one does.""",
        "Rolling the analytic gradient's pattern by a few places gives the numeric one's.",
        """
        def dropout_backward(dout, cache):
            mask, p = cache
            return dout * np.roll(mask, 1, axis=1)
        """, DROPOUT_RIGHT),
    DROPOUT.explain(
        "mask-mismatch",
        """Backward uses another mask than forward did, and always the same: drawn from another
        seed, or of another sample.""",
        "The kept elements agree about as often as two independent masks do.",
        """
        def dropout_backward(dout, cache):
            mask, p = cache
            return dout * (np.random.default_rng(8).random(mask.shape) >= p) / (1 - p)
        """, DROPOUT_RIGHT),
    RELU.explain(
        "wrong-threshold",
        """Backward compares with another number than forward. Only inputs between the two
        thresholds get a wrong gradient, so few inputs may show it.""",
        "The wrong elements are those whose input lies in one interval.",
        """
        def relu_backward(dout, x):
            return dout * (x > 0.5)
        """, RELU_RIGHT),
    LEAKY_RELU.explain(
        "negative-slope-lost",
        """Backward is that of relu: the small slope for negative inputs is missing, and the units
        that it should keep alive get no gradient.""",
        "Right where x > 0, zero where the numeric gradient is the slope times dout.",
        """
        def leaky_relu_backward(dout, x):
            return dout * (x > 0)
        """, """
        def leaky_relu_backward(dout, x):
            return np.where(x > 0, dout, 0.1 * dout)
        """),
    RELU.explain(
        "value-used-as-mask",
        """Backward multiplies by the value itself where it should by a mask of zeros and ones:
        out instead of out > 0.""",
        "analytic / numeric is the value of the input or output, element by element.",
        """
        def relu_backward(dout, x):
            return dout * np.maximum(x, 0)
        """, RELU_RIGHT),
)
