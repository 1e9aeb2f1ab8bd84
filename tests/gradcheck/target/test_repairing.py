"""The command points at the line of what fails, within its time; the edit is told where asked."""

from __future__ import annotations

import pytest

from gradcheck.cli import main
from gradcheck.target.check import check_all

HOMEWORK = """\
import numpy as np


def affine_forward(x, w, b):
    return x.reshape(len(x), -1) @ w + b, (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.mean(axis=0)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, x):
    return dout * (x > 0)


def softmax_loss(x, y):
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(len(y)), y]).mean()
    p[np.arange(len(y)), y] -= 1
    return loss, p


class Dense:
    def __init__(self, n_in, n_out):
        self.W, self.b = np.ones((n_in, n_out)), np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T + 1
"""
LINES = {"affine": 10, "softmax_loss": 26, "Dense": 40}


@pytest.fixture
def homework(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "homework.py").write_text(HOMEWORK)
    return "homework.py"


def repairs(record):
    return {item.name: item.details["report"]["repairs"] for item in record.items}


def test_layers_losses_and_classes_have_the_line_of_their_slip(homework):
    found = repairs(check_all(homework, repair_seconds=30))
    assert found["relu"] == []
    assert {name: [entry["line"] for entry in found[name]] for name in LINES} == {
        name: [line] for name, line in LINES.items()}
    assert all(entry["diff"] is None for entries in found.values() for entry in entries)


def test_repair_tells_the_edit_and_patch_writes_it(homework, tmp_path, capsys):
    assert main(["check", homework, "--only", "affine", "--repair", "--patch", "p.diff",
                 "--repair-seconds", "30"]) == 1
    shown = capsys.readouterr().out
    assert "homework.py:10: return" in shown
    assert "dout.sum(axis=0)" in (tmp_path / "p.diff").read_text()
    assert (tmp_path / "p.diff").read_text() in shown
    assert (tmp_path / "homework.py").read_text() == HOMEWORK


@pytest.mark.parametrize("flags", [["--no-line"], ["--repair-seconds", "1e-9"]])
def test_the_stage_can_be_switched_off_or_be_short(homework, capsys, flags):
    main(["check", homework, "--only", "affine", *flags])
    assert "^" not in capsys.readouterr().out


def test_the_project_may_say_the_same(homework, tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.gradcheck]\nline = false\n")
    assert not any(repairs(check_all(homework)).values())


def test_without_a_patch_to_write_the_file_is_empty(homework, tmp_path):
    main(["check", homework, "--only", "relu", "--patch", "p.diff"])
    assert (tmp_path / "p.diff").read_text() == ""


def test_the_edits_are_listed(capsys):
    assert main(["explain", "--edits"]) == 0
    assert "dout * mask / (1 - p)" in capsys.readouterr().out


CROP = """
import numpy as np


def pad2d_forward(x, w, pad):
    H, W = x.shape[2:]
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    return w * xp, (xp, w, pad)


def pad2d_backward(dout, cache):
    xp, w, pad = cache
    dxp = w * dout
    dx = dxp{}
    return dx, (dout * xp).sum()


def pad2d_example(rng):
    for pad in (1, 0):
        yield rng.standard_normal((2, 3, 5, 4)), np.array(1.7), pad
"""


@pytest.mark.parametrize("wrong", ["[:, :, pad:-pad, pad:-pad]", "[..., pad:-pad, pad:-pad]"])
def test_a_crop_that_is_empty_without_padding_is_counted_from_the_front(tmp_path, wrong):
    file = tmp_path / "crop.py"
    file.write_text(CROP.replace("{}", wrong))
    (item,) = check_all(str(file), repair=True).items
    (repair,) = item.details["report"]["repairs"]
    first, second = ("-2", "-1") if "..." in wrong else ("2", "3")
    assert f"pad:dxp.shape[{first}] - pad, pad:dxp.shape[{second}] - pad" in repair["after"]


CACHED = """
import numpy as np


def dropout_forward(x, dropout_param):
    p, mode = dropout_param["p"], dropout_param["mode"]
    if "seed" in dropout_param:
        np.random.seed(dropout_param["seed"])
    mask = None
    out = x
    if mode == "train":
        mask = np.random.rand(*x.shape) >= p
        out = x * mask / (1 - p)
    cache = (dropout_param, mask)
    return out, cache


def dropout_backward(dout, cache):
    dropout_param, mask = cache
    return dout * mask if dropout_param["mode"] == "train" else dout
"""


def test_no_edit_spoils_test_mode(tmp_path):
    """Scaling the mask where it is cached would repair training, and raise where there is none."""
    file = tmp_path / "cached.py"
    file.write_text(CACHED)
    item = check_all(str(file), only=["dropout"], repair=True).items[0]
    (repair,) = item.details["report"]["repairs"]
    assert "mask / (1 - dropout_param['p'])" in repair["after"]
    assert repair["line"] == 20
