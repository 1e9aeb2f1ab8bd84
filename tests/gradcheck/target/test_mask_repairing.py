"""A dropout whose gradient is right and whose mask is wrong has the line, with laws as judges."""

from __future__ import annotations

import pytest

from gradcheck.target.check import check_all

DROPOUT = """\
import numpy as np


def dropout_forward(x, dropout_param):
    p, mask = dropout_param["p"], None
    out = x
    if dropout_param["mode"] == "train":
        rng = np.random.default_rng(dropout_param.get("seed"))
        mask = (rng.random(x.shape) >= p) / (1 - p)
        out = (x * mask).astype(x.dtype)
    return out, (dropout_param, mask)


def dropout_backward(dout, cache):
    dropout_param, mask = cache
    return dout if mask is None else (dout * mask).astype(dout.dtype)
"""
SLIPS = {
    "inverted": (">= p", "< p"),
    "no scale": (" / (1 - p)", ""),
    "kept share for dropped": ("/ (1 - p)", "/ p"),
}


def repairs(tmp_path, before, after):
    (tmp_path / "homework.py").write_text(DROPOUT.replace(before, after))
    record = check_all(tmp_path / "homework.py", repair=True, p_is="drop", repair_seconds=30.0)
    gradient, laws = record.items
    assert gradient.status == "passed"
    assert laws.status == "failed"
    return laws.details["repairs"]


@pytest.mark.slow
@pytest.mark.parametrize("slip", SLIPS)
def test_a_mask_that_breaks_laws_is_repaired_in_forward(tmp_path, slip):
    repair, = repairs(tmp_path, *SLIPS[slip])
    assert repair["side"] == "mask"
    assert repair["line"] == 9
    assert repair["diff"].count("\n+") == 2


@pytest.mark.slow
def test_a_wrong_test_mode_is_repaired_in_forward_and_backward_is_left_alone(tmp_path):
    wrong = DROPOUT.replace("    out = x\n", "    out = x * (1 - p)\n")
    (tmp_path / "homework.py").write_text(wrong)
    record = check_all(tmp_path / "homework.py", repair=True, p_is="drop", repair_seconds=30.0)
    gradient, laws = record.items
    assert (gradient.status, gradient.details["report"]["repairs"]) == ("failed", [])
    repair, = laws.details["repairs"]
    assert (repair["side"], repair["line"], repair["after"]) == ("mask", 6, "x")
