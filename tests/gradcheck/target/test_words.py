"""What a student reads: how much of it there is, and in whose words."""

import re

import pytest

from gradcheck import check_all
from gradcheck.output.text import as_text
from tests.gradcheck.messages import complaints

DROPOUT = """
import numpy as np


def dropout_forward(x, dropout_param):
    p, mode = dropout_param["p"], dropout_param["mode"]
    if "seed" in dropout_param:
        np.random.seed(dropout_param["seed"])
    mask, out = None, x
    if mode == "train":
        mask = (np.random.rand(*x.shape) >= p) / (1 - p)
        out = x * mask
    return out.astype(x.dtype, copy=False), (dropout_param, mask)


def dropout_backward(dout, cache):
    dropout_param, mask = cache
    return dout * mask if dropout_param["mode"] == "train" else dout
"""
RATE = "(np.random.rand(*x.shape) >= p) / (1 - p)"


def checked(tmp_path, text, **settings):
    path = tmp_path / "homework.py"
    path.write_text(text)
    return check_all(str(path), line=False, **settings)


def lines_of(record):
    """Return what is said of the layers, with their rows."""
    shown = as_text(record).splitlines()
    return shown[2:shown.index("")]


@pytest.mark.slow
def test_a_usual_right_dropout_prints_three_lines(tmp_path):
    lines = lines_of(checked(tmp_path, DROPOUT))
    assert len(lines) == 3
    assert re.search(r"advice: .*\(\d more: --advice\)$", lines[2])


@pytest.mark.slow
def test_a_dropout_for_rows_alone_is_judged_at_rows_and_says_so_in_a_line(tmp_path):
    rows = DROPOUT.replace("mask, out = None, x", "(N, D), mask, out = x.shape, None, x")
    lines = lines_of(checked(tmp_path, rows))
    assert "advice: judged at 2-D arrays, as forward refuses 1-D ones" in lines[2]
    assert len(lines) == 3


def test_a_wrong_dropout_has_ten_lines_at_most(tmp_path):
    lines = lines_of(checked(tmp_path, DROPOUT.replace("*x.shape", "1, *x.shape[1:]")))
    assert len(lines) <= 10
    assert "draw the mask with the shape of x" in " ".join(" ".join(lines).split())


@pytest.mark.slow
def test_the_other_convention_is_proposed_once_at_the_top_and_only_if_another_is_set(tmp_path):
    keeps = DROPOUT.replace(RATE, "(np.random.rand(*x.shape) < p) / p")
    laws = checked(tmp_path, keeps, p_is="drop").items[1]
    assert laws.message.splitlines()[0].endswith("pass --p-is keep (from Python p_is='keep')")
    assert laws.message.count("--p-is") == 1
    assert checked(tmp_path, keeps, p_is="keep").passed


@pytest.mark.slow
@pytest.mark.parametrize(("wrong", "words"), [
    ("(np.random.rand(*x.shape) < p)", "the division by p is missing"),
    ("(np.random.rand(*x.shape) < p) / p**2", "the division by p happens twice"),
])
def test_under_keep_laws_speak_of_keeping(tmp_path, wrong, words):
    laws = checked(tmp_path, DROPOUT.replace(RATE, wrong), p_is="keep").items[1]
    assert words in laws.message
    assert "1 - p" not in laws.message


def test_a_forgotten_return_is_told_as_one(tmp_path):
    text = ("def relu_forward(x):\n    out = x * (x > 0)\n\n\n"
            "def relu_backward(dout, x):\n    return dout * (x > 0)\n")
    record = checked(tmp_path, text)
    assert record.items[0].status == "todo"
    assert "relu_forward ends without return" in str(record)
    assert "(out, cache)" in " ".join(str(record).split())


def test_an_exception_is_shown_with_file_line_and_code(tmp_path):
    text = ("import numpy as np\n\n\ndef relu_forward(x):\n    out = np.maximum(x, 0)\n"
            "    return uot, x\n\n\ndef relu_backward(dout, x):\n    return dout * (x > 0)\n")
    shown = str(checked(tmp_path, text))
    assert re.search(r'File ".*homework\.py", line 6, in relu_forward\n +return uot, x\n', shown)
    assert "write out, if that is what uot means" in " ".join(shown.split())


def test_a_loss_that_raises_is_shown_so_too(tmp_path):
    text = "def softmax_loss(x, y):\n    loss = 1 / (3 // 4)\n    return loss, x\n"
    item, = checked(tmp_path, text).items
    assert 'line 2, in softmax_loss\n    loss = 1 / (3 // 4)' in item.message
    assert "`3 // 4` is 0 there" in item.message
    assert not complaints([item.message.partition("\n")[0]])
