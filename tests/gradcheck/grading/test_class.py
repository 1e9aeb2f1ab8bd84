"""A class of thirty with its teacher's reference for conv and LSTM is graded right to the point."""

from pathlib import Path

import pytest

from gradcheck.grading.grade import grade_folder

SOLUTION = (Path(__file__).parent / "solution.py").read_text()
VALUE, GRADIENT, CONTRACT = 4, 4, 2
ALL = VALUE + GRADIENT + CONTRACT

# What a student wrote in the place of what; the points of conv and of lstm_step.
STUDENTS = [
    ([], ALL, ALL),
    ([("def sigmoid(x):\n    return 1 / (1 + np.exp(-x))",
       "def sigmoid(x):\n    return 0.5 * (1 + np.tanh(x / 2))")], ALL, ALL),
    ([("dxp[window] += ", "dxp[window] = ")], VALUE, ALL),
    ([("dw += ", "dw = ")], VALUE, ALL),
    ([("dout.sum(axis=(0, 2, 3))", "dout.sum(axis=(0, 2, 3)) / len(dout)")], VALUE, ALL),
    ([("dout.sum(axis=(0, 2, 3))", "dout.sum(axis=(0, 1, 2))")], VALUE, ALL),
    ([("return dx, dw, ", "return -dx, dw, ")], VALUE, ALL),
    ([("return dx, dw, ", "return dx, 2 * dw, ")], VALUE, ALL),
    ([("return dx, dw, ", "return dxp, dw, ")], VALUE, ALL),
    ([("[1, 2, 3])) + b", "[1, 2, 3]))")], 0, ALL),
    ([("return out, (xp", "return 2 * out, (xp")], 0, ALL),
    ([("np.tensordot(patch, w, ", "np.tensordot(patch, w[..., ::-1], ")], 0, ALL),
    ([("def conv_backward", "def conv_backwards")], 0, ALL),
    ([("return out, (xp, w, s, p)", "raise NotImplementedError")], 0, ALL),
    ([("    xp, w, s, p = cache\n", "    xp, w, s, p = cache\n    dout *= 1.0 + 1e-300\n"),
      ("dout.sum(axis=(0, 2, 3))", "dout.sum(axis=(0, 2, 3))\n")], ALL, ALL),
    ([("    xp, w, s, p = cache\n", "    xp, w, s, p = cache\n    dout *= 2\n    dout /= 2\n"
       "    dout[0] += 1\n    dout = dout.copy()\n    dout[0] -= 1\n")], VALUE + GRADIENT, ALL),
    ([("dnext_h * o * (1 - t ** 2)", "dnext_h * o * (1 - t)")], ALL, VALUE),
    ([("dc = dnext_c + dnext_h", "dc = dnext_h")], ALL, VALUE),
    ([("dc * g * i * (1 - i)", "dc * g * i")], ALL, VALUE),
    ([("dc * prev_c * f * (1 - f)", "dc * f * (1 - f)")], ALL, VALUE),
    ([("dc * i * (1 - g ** 2)", "dc * i * g * (1 - g)")], ALL, VALUE),
    ([("da @ Wh.T, dc * f", "da @ Wh.T, dc")], ALL, VALUE),
    ([("x.T @ da, prev_h.T @ da", "prev_h.T @ da, x.T @ da")], ALL, VALUE),
    ([("da.sum(axis=0)", "da.mean(axis=0)")], ALL, VALUE),
    ([("c = f * prev_c + i * g", "c = i * prev_c + f * g")], ALL, 0),
    ([("return o * t, c, (", "return o * c, c, (")], ALL, 0),
    ([("return o * t, c, (", "return o * t, t, (")], ALL, 0),
    ([("dnext_h, dnext_c, cache):\n", "dnext_h, dnext_c, cache):\n    import os\n"
       "    os._exit(0)\n")], ALL, VALUE),
    ([("dxp[window] += ", "dxp[window] = "), ("da.sum(axis=0)", "da.mean(axis=0)")], VALUE, VALUE),
    ([("import numpy as np", "import nunpy as np")], 0, 0),
]


def as_changed(changes):
    source = SOLUTION
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    return source


@pytest.mark.slow
def test_a_class_of_thirty_is_graded_right_to_the_point(tmp_path):
    assert len(STUDENTS) == 30
    folder, solution = tmp_path / "class", tmp_path / "solution.py"
    folder.mkdir()
    solution.write_text(SOLUTION)
    for number, (changes, *_) in enumerate(STUDENTS):
        (folder / f"student{number:02}.py").write_text(as_changed(changes))
    records = grade_folder(folder, reference=solution, only=["conv", "lstm_step"], workers=2,
                           progress=False)
    graded = {}
    for record in records:
        points = {"conv": 0.0, "lstm_step": 0.0}
        for item in record.items:
            points[item.group] += item.points
        graded[Path(record.target).stem] = (points["conv"], points["lstm_step"], record.max_score)
    assert graded == {f"student{number:02}": (conv, lstm, 2 * ALL)
                      for number, (_, conv, lstm) in enumerate(STUDENTS)}
