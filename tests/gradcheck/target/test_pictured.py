"""What a page draws is in the record where it is asked for, and nowhere else."""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
import pytest

from gradcheck import check_all
from gradcheck.output.json import as_json
from gradcheck.target.pictured import MOST_CHARACTERS, sources_of
from tests.gradcheck.output.schemas import valid_json


def halved_forward(x):
    if x.ndim > 9:
        x = -x
    return x**3, x


def halved_backward(dout, x):
    return 1.5 * x**2 * dout


def half_example(rng):
    return (rng.normal(size=(3, 2, 2, 4)),)


@pytest.fixture(scope="module")
def item():
    [found] = valid_json(as_json(check_all((halved_forward, halved_backward),
                                           detailed=True, line=False)))["items"]
    return found


def test_the_source_has_its_file_and_line_numbers(item):
    forward, backward = item["details"]["sources"]
    assert forward["name"] == "halved_forward"
    assert forward["file"].endswith("test_pictured.py")
    assert forward["line"] + 5 < backward["line"]
    assert backward["text"].endswith("return 1.5 * x**2 * dout\n")


def test_the_lines_that_never_ran_are_known_of_a_layer_that_failed(item):
    forward = item["details"]["sources"][0]
    assert item["status"] == "failed"
    assert item["details"]["unrun"] == [forward["line"] + 2]
    assert item["uncovered"] == []


def test_the_examples_are_named_and_both_gradients_are_there(item):
    [example], [entry] = item["details"]["examples"], item["details"]["report"]["arguments"]
    assert example.startswith("x [")
    assert entry["grid"]["shape"] == entry["shape"]
    one, other = (np.array(entry["grid"][name]) for name in ("analytic", "numeric"))
    np.testing.assert_allclose(one, other / 2, rtol=1e-4)
    assert set(entry["grid"]["states"]) == {"x"}


def test_the_error_falls_with_the_step_and_rises_again(item):
    [entry] = item["details"]["report"]["arguments"]
    steps, central, _ = np.array(entry["steps"]).T
    error = np.abs(central - entry["numeric"])
    assert np.all(np.diff(steps) < 0)
    assert min(error) < 1e-3 * min(error[0], error[-1])


def test_nothing_of_it_is_recorded_where_nobody_asks():
    [found] = check_all((halved_forward, halved_backward), line=False).items
    assert not {"sources", "examples", "unrun"} & set(found.details)
    assert "grid" not in found.details["report"]["arguments"][0]


def test_a_notebook_asks_for_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    record = check_all((halved_forward, halved_backward), line=False)
    assert "<svg" in record._repr_html_()
    asked = check_all((halved_forward, halved_backward), detailed=False, line=False)
    assert "<svg" not in asked._repr_html_()


def single_forward(x, w):
    return x @ w, (x, w)


def single_backward(dout, cache):
    x, w = cache
    scale = 1.0
    if len(x) == 1:
        scale = 2.0
    return scale * dout @ w.T, x.T @ dout


def test_where_a_layer_is_wrong_at_another_example_that_one_is_shown():
    [found] = check_all({"dense_forward": single_forward, "dense_backward": single_backward},
                        detailed=True, imported=True, line=False).items
    assert found.status == "failed"
    first, second = found.details["examples"]
    assert "wrong here" not in first
    assert second.startswith("x [1, ")
    assert second.endswith("(wrong here)")
    assert found.details["unrun"] == []


def test_what_is_judged_is_the_same_with_and_without():
    plain, detailed = (check_all((halved_forward, halved_backward), detailed=detailed,
                                  line=False).items[0]
                       for detailed in (False, True))
    assert plain.message == detailed.message
    assert (plain.status, plain.evaluations) == (detailed.status, detailed.evaluations)


class Double:
    def forward(self, x):
        return 2 * x

    def backward(self, dout):
        return 2 * dout


def test_of_a_class_the_methods_are_told_each_once():
    found = list(sources_of([Double.forward, Double.backward, Double, Double.forward]))
    assert [source["name"] for source in found] == ["forward", "backward"]
    assert [source["name"] for source in sources_of([Double])] == ["Double"]


def test_a_long_source_is_cut_and_what_has_none_is_left_out():
    code = "def long():\n" + "    x = 1\n" * MOST_CHARACTERS
    names: dict = {}
    exec(compile(code, "<nowhere>", "exec"), names)
    assert list(sources_of([names["long"], abs])) == []
