"""The table of points says how a class is judged, and each result says so."""

import pytest

from gradcheck.grading.file import judge_file
from gradcheck.grading.grade import grade_file

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
