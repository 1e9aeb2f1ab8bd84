"""The table of points says how a class is judged, and each result says so."""

import pytest

from gradcheck.grading.asked import references
from gradcheck.grading.file import judge_file
from gradcheck.grading.grade import grade_file
from gradcheck.grading.judge import judge_layer
from gradcheck.mask_laws.conventions import Conventions
from gradcheck.target.pairs import find_pairs
from tests.gradcheck.target.made import module_of

KEEPS = """
import numpy as np
def affine_relu_dropout_forward(x, w, b, dropout_param):
    p, mode, seed = dropout_param['p'], dropout_param['mode'], dropout_param['seed']
    a = x.reshape(len(x), -1) @ w + b
    mask = np.ones(a.shape)
    if mode == 'train':
        mask = (np.random.default_rng(seed).random(a.shape) < p) / p
    return np.maximum(a, 0) * mask, (x, w, a, mask)
def affine_relu_dropout_backward(dout, cache):
    x, w, a, mask = cache
    d = dout * mask * (a > 0)
    return (d @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ d, d.sum(axis=0)
"""
NEAR = """
import numpy as np
def tanh_forward(x): return np.tanh(x) * (1 + 1e-4), x
def tanh_backward(dout, x): return dout * (1 - np.tanh(x) ** 2) * (1 + 1e-4)
"""


def handed_in(tmp_path, source):
    file = tmp_path / "homework.py"
    file.write_text(source)
    return file


@pytest.mark.slow
def test_a_table_holds_the_conventions_of_the_class_and_each_result_shows_it(tmp_path):
    table = {"affine_relu_dropout": 10, "p_is": "keep"}
    record = grade_file(handed_in(tmp_path, KEEPS), points=table, seed=1)
    assert record.score == 10.0
    assert record.settings["p_is"] == "keep"
    assert record.to_dict()["settings"]["points"] == table
    other = judge_file(handed_in(tmp_path, KEEPS), points={"affine_relu_dropout": 10}, seed=1)
    assert other.score < 10.0


def test_a_table_says_how_far_values_may_be_off(tmp_path):
    file = handed_in(tmp_path, NEAR)
    assert judge_file(file, points={"tanh": 10}).score == 0.0
    assert judge_file(file, points={"tanh": 10, "rtol": 1e-3}).score == 10.0
    assert judge_file(file, points={"tanh": 10, "rtol": 1e-5}).score == 0.0


@pytest.mark.parametrize(("entry", "told"), [
    ({"p_is": "kept"}, "p_is"), ({"scaling": 3}, "scaling"), ({"rtol": "0.1"}, "rtol"),
    ({"rtol": 2}, "rtol"),
])
def test_a_table_with_no_such_convention_is_refused(tmp_path, entry, told):
    with pytest.raises(ValueError, match=f"points: .*{told}"):
        grade_file(handed_in(tmp_path, NEAR), points={"tanh": 10, **entry})



NORMALIZED = """
import numpy as np
def batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param.get('eps', 1e-5), bn_param.get('momentum', 0.9)
    N, D = x.shape
    mean = bn_param.get('running_mean', np.zeros(D, x.dtype))
    var = bn_param.get('running_var', np.zeros(D, x.dtype))
    if bn_param['mode'] == 'test':
        std = np.sqrt(var + eps)
        return gamma * (x - mean) / std + beta, (x, (x - mean) / std, gamma, std, None)
    mu, v = x.mean(axis=0), x.var(axis=0, ddof={ddof})
    std = {std}
    xhat = (x - mu) / std
    bn_param['running_mean'] = momentum * mean + (1 - momentum) * mu
    bn_param['running_var'] = momentum * var + (1 - momentum) * x.var(axis=0, ddof={written})
    return gamma * xhat + beta, (x, xhat, gamma, std, {root})
def batchnorm_backward(dout, cache):
    x, xhat, gamma, std, root = cache
    g = dout * gamma
    if root is None:
        return g / std, (dout * xhat).sum(axis=0), dout.sum(axis=0)
    n, c = len(x) - {ddof}, x - x.mean(axis=0)
    dstd = -(g * c).sum(axis=0) / std**2
    dx = (g - g.mean(axis=0)) / std + dstd * c / (n * root)
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)
"""
OUTSIDE = NORMALIZED.format(ddof=0, std="np.sqrt(v) + eps", written=0, root="np.sqrt(v)")
UNBIASED = NORMALIZED.format(ddof=1, std="np.sqrt(v + eps)", written=1, root="std")
AS_TORCH = NORMALIZED.format(ddof=0, std="np.sqrt(v + eps)", written=1, root="std")
SUMMED = """
import numpy as np
def softmax_loss(x, y):
    z = x - x.max(axis=1, keepdims=True)
    logs = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    p, loss = np.exp(logs), -logs[np.arange(len(y)), y].sum()
    p[np.arange(len(y)), y] -= 1
    return loss, p
"""


@pytest.mark.parametrize(("source", "layer", "named"), [
    (OUTSIDE, "batchnorm", "eps outside the root"),
    (UNBIASED, "batchnorm", "unbiased variance"),
    (AS_TORCH, "batchnorm", "unbiased variance"),
    (SUMMED, "softmax_loss", "summed over the samples"),
], ids=["eps outside", "unbiased", "as torch keeps it", "a sum"])
def test_a_convention_that_is_accepted_earns_what_the_definition_does(source, layer, named):
    assert next(verdict.status for verdict in verdicts(source, layer)) == "failed"
    value, gradient, contract = verdicts(source, layer, [named])
    assert (value.status, gradient.status, contract.status) == ("passed",) * 3, contract.message
    assert value.advice == (f"accepted in a convention of its own: {named}",)


def verdicts(source, layer, accepted=()):
    pair, = find_pairs(module_of(source)).pairs
    return list(judge_layer(pair, references()[layer], Conventions(), 1, accepted=accepted))


def test_what_is_accepted_is_no_licence():
    wrong = SUMMED.replace("return loss, p", "return loss, 2 * p")
    told = verdicts(wrong, "softmax_loss", ["summed over the samples"])
    assert [verdict.status for verdict in told] == ["passed", "failed", "failed"]


@pytest.mark.slow
def test_a_result_shows_what_the_table_accepts(tmp_path):
    table = {"accept": ["summed over the samples"], "softmax_loss": 10}
    record = judge_file(handed_in(tmp_path, SUMMED), points=table, seed=1)
    assert record.score == 10.0, str(record)
    assert record.to_dict()["settings"]["points"] == table


def test_a_convention_that_does_not_exist_is_refused_with_those_that_do(tmp_path):
    with pytest.raises(ValueError, match="eps outside the root"):
        grade_file(handed_in(tmp_path, NEAR), points={"batchnorm": {"accept": ["eps outside"]}})
