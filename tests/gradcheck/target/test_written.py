"""The line of what writes into an argument."""

import numpy as np
import pytest

from gradcheck import check_all
from gradcheck.output.pointer import repairs_in, shown
from gradcheck.target.written import line_of_write


def masked(x, y):
    """Write into x in its second line."""
    y = y + 1
    x[x < 0] = 0
    return x


def scaled(x, y):
    z = x * 2
    np.multiply(y, 2, out=y)
    return z


@pytest.mark.parametrize(("function", "name", "line"), [
    (masked, "x", 3), (masked, "y", 0), (scaled, "y", 2), (scaled, "x", 0), (np.sum, "x", 0)])
def test_the_first_statement_that_writes_into_an_argument_is_found(function, name, line):
    expected = function.__code__.co_firstlineno + line if line else 0
    assert line_of_write(function, name) == expected


RELU = """
import numpy as np
def relu_forward(x):
    mask = x > 0
    x *= mask
    return x, mask
def relu_backward(dout, mask):
    return dout * mask
"""


def test_what_forward_wrote_into_is_shown_at_its_line(tmp_path):
    path = tmp_path / "homework.py"
    path.write_text(RELU)
    item, = check_all(path, timeout=300.0).items
    assert (item.status, item.line) == ("warned", 5)
    pointed, said, _ = next(shown(repairs_in(item.details)))
    assert pointed[0].endswith("homework.py:5: x *= mask")
    assert said == "this changes x (seen by running it line by line)"
    item, = check_all(path, timeout=300.0, line=False).items
    assert not list(repairs_in(item.details))
