"""Where time ran out before an edit was proved, that is said; where there is none to say, not."""

import pytest

from gradcheck.target.check import check_all

AFFINE = """
import numpy as np
def affine_forward(x, w, b): return x @ w + b, (x, w)
def affine_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis={axis})
"""


def advice(tmp_path, axis, **settings):
    (tmp_path / "homework.py").write_text(AFFINE.format(axis=axis))
    item, = check_all(str(tmp_path / "homework.py"), **settings).items
    return [text for text in item.advice if "--repair-seconds" in text]


def test_a_search_that_ran_out_of_time_says_so_and_what_allows_more(tmp_path):
    said, = advice(tmp_path, 1, repair_seconds=1e-9)
    assert said == ("no edit that makes it right was found within 1e-09 s; --repair-seconds "
                    "allows more")


@pytest.mark.parametrize(("axis", "settings"), [
    (0, {"repair_seconds": 1e-9}), (1, {"repair_seconds": 1e-9, "line": False}),
    (1, {"repair_seconds": 30}),
], ids=["right", "not looked for", "found in time"])
def test_where_time_was_not_what_lacked_nothing_is_said_of_it(axis, settings, tmp_path):
    assert advice(tmp_path, axis, **settings) == []
