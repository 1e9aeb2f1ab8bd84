"""Explanations of windows: convolution in one dimension, and the maximum of each row."""

from gradcheck.findings.explained import Given, layer

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


def _conv(old: str, new: str) -> str:
    assert old in CONV_RIGHT
    return CONV_RIGHT.replace(old, new)


WINDOWS = (
    CONV.explain(
        "overlap-overwritten",
        """An input that several windows read gets the sum of their gradients; backward assigns, so
        that only the last window's remains. Embeddings with repeated rows lose them likewise.""",
        "Right where one window reads, too small or other where several do.",
        _conv("+= dout", "= dout"), CONV_RIGHT),
    UNPADDED.explain(
        "window-misplaced",
        """Backward writes a window's gradient to another place than forward read it from: a stride
        or an offset is missing, or an index is off by one.""",
        "The gradient looks displaced along an axis of the image or signal.",
        _conv("""range(dout.shape[1]):
            dpadded[:, t:t + len(w)]""", """range(dout.shape[1] - 1):
            dpadded[:, t + 1:t + 1 + len(w)]"""), CONV_RIGHT),
    CONV.explain(
        "kernel-flipped",
        """Forward correlates and backward uses the kernel reversed (or the other way round): the
        flip of the textbook's convolution, applied twice or not at all.""",
        "Replacing w by w[::-1] gives the numeric gradient.",
        _conv("* w\n", "* w[::-1]\n"), CONV_RIGHT),
    CONV.explain(
        "padding-crop",
        """The gradient of the padded array has to lose the padding at both ends; backward cuts at
        one end only, which gives the right shape and displaced numbers.""",
        "The gradient is the numeric one displaced by the padding.",
        _conv("dpadded[:, pad:pad + x.shape[1]]", "dpadded[:, :x.shape[1]]"), CONV_RIGHT),
    ROW_MAX.explain(
        "pool-spread",
        """The maximum depends on one element of its window; backward gives all of them a share, as
        a mean would.""",
        "Nonzero where the numeric gradient is zero, the same within each window.",
        """
        def row_max_backward(dout, x):
            return np.repeat(dout[:, None], x.shape[1], axis=1) / x.shape[1]
        """, ROW_MAX_RIGHT),
    ROW_MAX.explain(
        "pool-misrouted",
        """One element of each window gets the gradient, and it is not the maximum.""",
        "The same numbers in each window, at another place.",
        ROW_MAX_RIGHT.replace("argmax", "argmin"), ROW_MAX_RIGHT),
)
