"""What grade cannot judge is told in one line; what it can keeps its points."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.cli import main
from gradcheck.grading.grade import grade_file

CLASSES = """
class ReLU:
    def forward(self, x):
        return x
    def backward(self, dout):
        return dout
"""
HANGS = """
import numpy as np
def relu_forward(x): return np.maximum(x, 0), x
def relu_backward(dout, x):
    while True: pass
"""


def write(folder: Path, text: str, name: str = "homework.py") -> Path:
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(("text", "words"), [
    (CLASSES, "this file has classes ReLU: not graded. Remedy: `gradcheck check"),
    ("print 'no'", "importing it raised SyntaxError"),
])
def test_a_file_of_which_nothing_is_judged_is_told_without_a_table(
        tmp_path, capsys, text, words):
    assert main(["grade", str(write(tmp_path, text))]) != 0
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err


def test_a_file_of_classes_earns_nothing_of_what_could_be_had(tmp_path):
    record = grade_file(write(tmp_path, CLASSES))
    assert (record.score, record.max_score > 0, record.exit_code) == (0.0, True, 1)


def test_a_notebook_is_refused_with_what_judges_it(tmp_path):
    path = write(tmp_path, '{"cells": []}', "hw.ipynb")
    with pytest.raises(ValueError, match=r"got a notebook; expected a Python file\."):
        grade_file(path)


@pytest.mark.slow
def test_a_backward_that_hangs_costs_its_own_points_and_not_those_of_the_value(tmp_path):
    record = grade_file(write(tmp_path, HANGS), timeout=10.0)
    assert {item.name: item.status for item in record.items} == {
        "relu: value": "passed", "relu: gradient": "error", "relu: contract": "error"}
    assert record.score == 4.0
    assert "the 2 s allowed, a part of the 10 s in all" in record.items[1].message
