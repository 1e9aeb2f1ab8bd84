"""A layer of the course that lacks what the reference takes besides, such as dropout."""

from gradcheck.grading.file import judge_file

RNN_STEP = """
import numpy as np
def rnn_step_forward(x, prev_h, Wx, Wh, b):
    out = np.tanh(x @ Wx + prev_h @ Wh + b)
    return out, (x, prev_h, Wx, Wh, out)
def rnn_step_backward(dout, cache):
    x, prev_h, Wx, Wh, out = cache
    da = dout * (1 - out ** 2)
    return da @ Wx.T, da @ Wh.T, x.T @ da, prev_h.T @ da, da.sum(axis=0)
"""


def test_it_earns_full_marks_and_hears_nothing_of_what_it_does_not_take(tmp_path):
    file = tmp_path / "homework.py"
    file.write_text(RNN_STEP)
    record = judge_file(file, seed=0)
    assert record.score == record.max_score > 0
    assert not any("dropout" in line for item in record.items for line in item.advice)
