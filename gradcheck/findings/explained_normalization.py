"""Explanations of normalization layers, on a batchnorm without its running averages."""

from gradcheck.findings.explained import layer

EPS = 0.1
BATCHNORM = layer("batchnorm", f"""
    eps = {EPS}  # large, so that forgetting it shows
    rng = np.random.default_rng(0)
    x, gamma, beta = rng.normal(size=(7, 5)), rng.normal(size=5), rng.normal(size=5)

    def batchnorm_forward(x, gamma, beta):
        mean, var = x.mean(axis=0), x.var(axis=0)
        std = np.sqrt(var + eps)
        xhat = (x - mean) / std
        return gamma * xhat + beta, (x, xhat, mean, std, gamma)
    """, "x, gamma, beta")
RIGHT = """
    def batchnorm_backward(dout, cache):
        x, xhat, mean, std, gamma = cache
        dxhat = dout * gamma
        dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / std
        return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)
    """


def _with(old: str, new: str) -> str:
    assert old in RIGHT
    return RIGHT.replace(old, new)


NORMALIZATION = (
    BATCHNORM.explain(
        "mean-constant",
        """Backward treats the mean as a constant, but moving one sample moves the mean of all. The
        term -dxhat.mean is missing.""",
        "The gradient no longer sums to zero over the batch.",
        _with("dxhat - dxhat.mean(axis=0) - ", "dxhat - "), RIGHT),
    BATCHNORM.explain(
        "variance-constant",
        """Backward treats the variance as a constant. The term -xhat * mean(dxhat * xhat) is
        missing.""",
        "The gradient keeps a part along xhat, where the numeric one has none.",
        _with(" - xhat * (dxhat * xhat).mean(axis=0)", ""), RIGHT),
    BATCHNORM.explain(
        "statistics-constant",
        """Backward treats mean and variance as constants, as is right at test time only.""",
        "analytic = dout * gamma / std, element by element.",
        _with("(dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0))", "dxhat"),
        RIGHT),
    BATCHNORM.explain(
        "variance-term-scaled",
        """The way through the variance has a wrong constant: the 2 of the square's derivative is
        lost or doubled, or the term is divided by N - 1.""",
        "The error is a multiple of xhat * mean(dxhat * xhat).",
        _with(" - xhat * (", " - 2 * xhat * ("), RIGHT),
    BATCHNORM.explain(
        "gamma-missing",
        """dout reaches x through the scale gamma; backward leaves it out of dx.""",
        "analytic / numeric is 1 / gamma, the same within each feature.",
        _with("dxhat = dout * gamma", "dxhat = dout"), RIGHT),
    BATCHNORM.explain(
        "eps-missing",
        """Backward divides by the standard deviation without eps, forward with it. It shows where
        the variance is small.""",
        "A factor near 1 for each feature, the further from 1 the smaller its variance.",
        _with("x, xhat, mean, std, gamma = cache",
              "x, xhat, mean, std, gamma = cache\n        std = np.sqrt(x.var(axis=0))"), RIGHT),
    BATCHNORM.explain(
        "uses-x-not-xhat",
        """The gradient of gamma multiplies dout by the raw input instead of the normalized one.""",
        "dgamma = sum(dout * x).",
        _with("(dout * xhat).sum", "(dout * x).sum"), RIGHT),
    BATCHNORM.explain(
        "divided-by-std-twice",
        """The gradient is divided by the standard deviation once too often: in dxhat and at the
        end.""",
        "analytic / numeric is 1 / std, the same within each feature.",
        _with("/ std\n", "/ std**2\n"), RIGHT),
)
