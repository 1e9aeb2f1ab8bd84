"""A report in a notebook is valid HTML, whatever the names in it, with a map of 2-d errors."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck import Finding, check_gradient, check_layer
from gradcheck.output.html.maps import MOST_CELLS
from gradcheck.report import ArgumentReport, Report
from tests.layers.layer_laws import law


class Balanced(HTMLParser):
    """Takes note of every tag and text, and refuses a closing tag that does not match."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.texts = [], [], []
        self.feed(text)
        self.close()
        assert self.open == [], f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.append(tag)
        assert len(dict(attrs)) == len(attrs)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def argument(errors=None, name="x", **changes):
    return ArgumentReport(**{
        "name": name, "shape": (3, 4), "dtype": "float64", "checked": 12, "worst_index": (1, 2),
        "analytic": 1.5, "numeric": 1.0, "error": 0.5, "bound": 1e-9, "worst_error": 0.25,
        "errors": errors, **changes})


def report(*arguments, findings=(), **changes):
    return Report(**{"passed": not findings, "inconclusive": False, "findings": tuple(findings),
                     "checked": 12, "evaluations": 9, "seconds": 0.25,
                     "arguments": tuple(arguments), **changes})


def cells(html):
    """Return the opacities of the cells, row by row."""
    rows = re.findall(r"<tr>((?:<td style=[^>]*></td>)+)</tr>", html)
    return [[float(value) for value in re.findall(r"107,([\d.]+)\)", row)] for row in rows]


@pytest.mark.parametrize("made", [
    report(argument()), report(argument(np.eye(3)), argument(np.zeros((2, 2)), "w")),
    report(), report(argument(), findings=[Finding("scaled", None, (), "text")]),
    report(argument(np.zeros((0, 3)))), report(argument(), passed=False, inconclusive=True),
    report(argument(shape=(), worst_index=())),
])
def test_every_report_is_balanced_html_that_names_its_verdict(made):
    page = Balanced(made._repr_html_())
    assert made.status in page.texts
    assert page.tags[0] == "div"
    assert page.tags.count("div") == 1


names = st.text(min_size=1, max_size=20) | st.sampled_from(
    ["<script>alert(1)</script>", "a & b", "</td></table>", '"><img src=x>', "<b>", "'"])


@law
@given(names, names, names)
def test_names_and_messages_appear_as_text_and_never_as_markup(layer, name, message):
    made = report(argument(np.eye(2), name), name=layer,
                  findings=[Finding("scaled", name, ((0,),), message)])
    page = Balanced(made._repr_html_())
    assert set(page.tags) <= {"div", "b", "span", "p", "code", "table", "tr", "th", "td"}
    text = "".join(page.texts)
    for part in (layer, name, message):
        assert part.replace("\r\n", "\n").replace("\r", "\n") in text.replace(
            "\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize(("shape", "maps"), [((3, 4), 1), ((5,), 0), ((2, 3, 2), 0), ((), 0)])
def test_only_a_matrix_gets_a_heat_map(shape, maps):
    made = check_layer(lambda x: (x * x, x), lambda d, x: d * x, np.ones(shape))
    page = Balanced(made._repr_html_())
    assert page.tags.count("table") == 1 + maps


def test_the_darkest_cell_is_the_wrong_element():
    def backward(dout, x):
        dx = 2 * dout * x
        dx[1, 2] += dout[1, 2]
        return dx

    made = check_layer(lambda x: (x * x, x), backward, np.full((3, 4), 2.0))
    grid = np.array(cells(made._repr_html_()))
    expected = np.zeros((3, 4))
    expected[1, 2] = 1.0
    np.testing.assert_array_equal(grid, expected)


def test_a_large_matrix_is_shown_by_the_worst_of_each_block():
    errors = np.zeros((300, 129))
    errors[299, 128] = 2.0
    grid = np.array(cells(report(argument(errors))._repr_html_()))
    assert max(grid.shape) <= MOST_CELLS
    assert grid[-1, -1] == 1.0
    assert grid.sum() == 1.0


@pytest.mark.parametrize("bad", [np.inf, np.nan])
def test_errors_that_are_not_finite_are_dark_and_raise_no_warning(bad):
    errors = np.array([[0.0, 1.0], [bad, 0.0]])
    page = report(argument(errors, error=bad, worst_error=bad, analytic=bad))._repr_html_()
    Balanced(page)
    grid = np.array(cells(page))
    assert grid[1, 0] == 1.0
    assert grid[0, 0] == grid[1, 1] == 0.0


def test_a_matrix_without_errors_is_white():
    grid = np.array(cells(report(argument(np.zeros((2, 3))))._repr_html_()))
    np.testing.assert_array_equal(grid, np.zeros((2, 3)))


def test_a_report_of_a_gradient_with_keys_has_a_row_for_each():
    params = {"W<1>": np.ones((2, 2)), "b": np.ones(2)}
    made = check_gradient(lambda p: np.sum(p["W<1>"]) + np.sum(p["b"]),
                          {"W<1>": np.ones((2, 2)), "b": np.ones(2)}, params)
    page = Balanced(made._repr_html_())
    assert "dW<1>" in page.texts
    assert "db" in page.texts
