"""Cells of which a part is IPython's, or no Python at all, cost nothing but that part."""

import json

from gradcheck import check_all

RIGHT = ("def double_forward(x):\n    return 2 * x, None\n"
         "def double_backward(dout, cache):\n    return 2 * dout\n")
RELU = "def relu_forward(x):\n    return x * (x > 0), x\n"


def checked(tmp_path, *cells):
    path = tmp_path / "homework.ipynb"
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": cell}
                                          for cell in cells]}))
    record = check_all(path)
    return {item.name: item for item in record.items}, " ".join(record.notes)


LINES = (
    "files = !ls data", "spent = %timeit -o sum([])", "!pip install x", "if True:\n    !ls",
    "for i in range(2):\n    %time sum([])", "double_forward?", "%matplotlib inline",
    "label = ('%d'\n    % 3)", "a, b = !ls",
)


def test_ipythons_lines_cost_no_definition_in_their_cell(tmp_path):
    letters = "abcdefghi"
    items, notes = checked(tmp_path, *(f"{line}\n{RIGHT}".replace("double", f"double_{letter}")
                                       for line, letter in zip(LINES, letters, strict=True)))
    assert {name: item.status for name, item in items.items()} == {
        f"double_{letter}": "passed" for letter in letters}
    assert "code cell" not in notes


UNREADABLE = {
    "empty": "def relu_backward(dout, x):\n    # YOUR CODE HERE\n",
    "no_end_of_its_head": "def relu_backward(dout, x:\n    return dout\n",
    "a_slip": "def relu_backward(dout, x, eps=(1, 2)):\n    return dout * * x\n",
    "decorated": "@decorated\ndef relu_backward(dout, x):\n    return (dout\n",
}


def test_a_function_that_cannot_be_read_is_not_written_yet(tmp_path):
    cells = [f"{RELU}{backward}{RIGHT}".replace("relu", f"relu_{name}").replace(
        "double", f"double_{name}") for name, backward in UNREADABLE.items()]
    items, notes = checked(tmp_path, "X = 3", *cells)
    assert len(items) == 2 * len(UNREADABLE)
    for cell, name in enumerate(UNREADABLE, 2):
        assert items[f"double_{name}"].status == "passed"
        assert items[f"relu_{name}"].status == "todo"
        told = f"code cell {cell}, line "
        assert f"backward could not be read; {told}" in items[f"relu_{name}"].message
        assert told in notes


def test_a_first_line_that_cannot_be_read_costs_itself_alone(tmp_path):
    items, notes = checked(tmp_path, f"   x = 1\n{RIGHT}")
    assert items["double"].status == "passed"
    assert "code cell 1, line 1: unexpected indent" in notes


def test_neither_half_can_be_read(tmp_path):
    items, _ = checked(tmp_path, RIGHT, "def relu_forward(x):\n    # YOUR CODE HERE\n\n"
                       "def relu_backward(dout, cache):\n    # YOUR CODE HERE")
    assert items["double"].status == "passed"
    assert items["relu"].status == "todo"
    assert "code cell 2, line 3" in items["relu"].message


def test_a_later_cell_that_can_be_read_counts(tmp_path):
    items, _ = checked(tmp_path, "def double_forward(x):\n", RIGHT)
    assert items["double"].status == "passed"


def test_a_class_that_cannot_be_read_is_not_written_yet(tmp_path):
    items, _ = checked(tmp_path, RIGHT, "class Cube:\n    def forward(self, x):\n"
                       "    def backward(self, dout):\n        return dout\n")
    assert items["Cube"].status == "todo"
    assert "code cell 2" in items["Cube"].message
