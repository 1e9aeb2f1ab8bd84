"""The line at which a batch normalization takes the batch's statistics in test mode."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.examples.candidates import Example
from gradcheck.mask_laws.conventions import Conventions
from gradcheck.output.pointer import repairs_in, sentence
from gradcheck.target.pairs import find_pairs
from gradcheck.target.seen import lines_of_batch
from gradcheck.target.trial import Trial
from tests.gradcheck.target.made import checked, module_of

HEAD = """
import numpy as np
def batchnorm_backward(dout, cache):
    xhat, gamma, std = cache
    dxhat = dout * gamma
    dx = (dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).mean(0)) / std
    return dx, (dout * xhat).sum(0), dout.sum(0)
def batchnorm_forward(x, gamma, beta, bn_param):
    mu, var = x.mean(axis=0), x.var(axis=0)
    eps = bn_param.get("eps", 1e-5)
    old = bn_param.get("running_mean", 0 * mu), bn_param.get("running_var", 0 * var)
"""
KEPT = """
    if bn_param["mode"] == "train":
        bn_param["running_mean"] = 0.9 * old[0] + 0.1 * mu
        bn_param["running_var"] = 0.9 * old[1] + 0.1 * var
    return out, (xhat, gamma, np.sqrt(var + eps))
"""
SHARED = "    xhat = (x - mu) / np.sqrt(var + eps)\n    out = gamma * xhat + beta\n"
STEPWISE = """
    centred = x - mu
    xhat = centred / np.sqrt(var + eps)
    out = gamma * xhat + beta
"""
BRANCHES = """
    if bn_param["mode"] == "train":
        xhat = (x - mu) / np.sqrt(var + eps)
        out = gamma * xhat + beta
    else:
        xhat = (x - x.mean(axis=0)) / np.sqrt(old[1] * 0 + var + eps)
        out = gamma * xhat + beta
"""
TRANSPOSED = "    xhat = ((x.T - mu[:, None]) / np.sqrt(var[:, None] + eps)).T\n" + (
    SHARED.partition("\n")[2])


def lines(body):
    """Return the line that is told of a forward with this body, as text."""
    pair, = find_pairs(module_of(HEAD + body + KEPT)).pairs
    rng = np.random.default_rng(0)
    args = rng.normal(size=(4, 3)), rng.normal(size=3), rng.normal(size=3), {"mode": "train"}
    found = lines_of_batch(Trial(pair, Conventions(), 0),
                           Example(args, ("x", "gamma", "beta", "bn_param")))
    return [repair.before for repair in found]


@pytest.mark.parametrize(("body", "line"), [
    (SHARED, "xhat = (x - mu) / np.sqrt(var + eps)"), (STEPWISE, "centred = x - mu"),
    (BRANCHES, "xhat = (x - x.mean(axis=0)) / np.sqrt(old[1] * 0 + var + eps)"),
    (TRANSPOSED, "xhat = ((x.T - mu[:, None]) / np.sqrt(var[:, None] + eps)).T"),
])
def test_the_line_that_centres_by_the_batch_in_test_mode_is_told(body, line):
    assert lines(body) == [line]


def test_where_no_name_holds_it_no_line_is_told():
    assert lines("    return gamma * (x - mu) / np.sqrt(var + eps) + beta, None\n") == []


@pytest.mark.slow
def test_a_batchnorm_that_forgets_test_mode_points_at_its_line():
    item, = checked(HEAD + SHARED + KEPT, repair_seconds=0.5).items
    repair, = repairs_in(item.details)
    assert (item.status, repair["kind"], repair["before"]) == (
        "failed", "statistics", "xhat = (x - mu) / np.sqrt(var + eps)")
    assert sentence(repair).endswith("are wanted there (seen by running it line by line)")
