"""The gradient of a normalization in test mode by the formula of training."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradcheck.findings.given import slipped
from gradcheck.findings.rule import Clue, Evidence, Rule, Tier, layer
from gradcheck.findings.view import Array, View

STEP = 1e-6


def as_in_training(view: View) -> Evidence:
    """Whether the gradient lacks its mean and its part along xhat, which statistics would take.

    In training mode they are no part of the true gradient either, so that nothing is wrong there.
    """
    n = view.n
    if not view.complete or n.ndim < 2 or n.shape != view.case.out.shape:
        return None
    for xhat in _gains(view):
        for channel in (1, n.ndim - 1):
            axes = tuple(axis for axis in range(n.ndim) if axis != channel)
            mean, product = (values.mean(axis=axes, keepdims=True) for values in (n, n * xhat))
            if view.agrees(n - mean - xhat * product):
                return {"axes": list(axes)}
    return None


def _gains(view: View) -> Iterator[Array]:
    """Yield what a vector multiplies in the output: xhat, if the vector is gamma."""
    for position, arg in enumerate(view.case.args):
        if position != view.position and isinstance(arg, np.ndarray) and arg.dtype.kind == "f":
            ends = (view.case.problem.evaluator.out(position, arg + sign * STEP)
                    for sign in (1, -1))
            above, below = ends
            yield (above - below) / (2 * STEP)


RIGHT = """
    def batchnorm_backward(dout, cache):
        xhat, gamma, std, mode = cache
        dx = dout * gamma
        if mode == "train":
            dx = dx - dx.mean(axis=0) - xhat * (dx * xhat).mean(axis=0)
        return dx / std, (dout * xhat).sum(axis=0), dout.sum(axis=0)
    """

RULE = Rule(
    code="training-formula",
    tier=Tier.FORM,
    meaning="""In test mode backward differentiates through the mean and the variance, which are
        constants there: it uses the formula of training.""",
    sign="analytic = numeric - mean(numeric) - xhat mean(numeric xhat), over the batch.",
    given=layer("batchnorm", """
        rng = np.random.default_rng(0)
        x, gamma, beta = rng.normal(size=(4, 6)), rng.normal(size=6), rng.normal(size=6)
        param = {"mode": "test", "mean": rng.normal(size=6), "var": np.linspace(1, 2, 6)}

        def batchnorm_forward(x, gamma, beta, param):
            test = param["mode"] == "test"
            mean, var = (param["mean"], param["var"]) if test else (x.mean(axis=0), x.var(axis=0))
            std = np.sqrt(var + 1e-5)
            xhat = (x - mean) / std
            return gamma * xhat + beta, (xhat, gamma, std, param["mode"])
        """, "x, gamma, beta, param"),
    wrong=slipped(RIGHT, 'if mode == "train"', "if True"),
    right=RIGHT,
    clues=(
        Clue(as_in_training,
             "the gradient goes through the mean and the variance (axes {axes}), which are "
             "constants here: it is that of training mode, in test mode",
             "put the mode into the cache; in test mode dx is dout * gamma / sqrt(running_var + "
             "eps)"),
    ),
)
