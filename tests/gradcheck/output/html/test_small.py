"""A report and a record in a notebook: valid HTML without tables, whatever the names in it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gradcheck import Finding, check_gradient, check_layer
from gradcheck.dropout_checks import check_dropout
from gradcheck.output.plain import clean
from gradcheck.output.record import STATUSES, Record
from gradcheck.report import ArgumentReport, Report
from tests.gradcheck.output.html.records import CHECKED, Balanced
from tests.gradcheck.output.records import EVERY, RECORD, RECORDS
from tests.layers.layer_laws import law

TAGS = {"div", "b", "p", "pre", "code", "bdi", "strong", "details", "summary", "figure", "h4",
        "figcaption", "span", "svg", "path", "rect", "text", "circle"}


def argument(name="x", **changes):
    return ArgumentReport(**{
        "name": name, "shape": (3, 4), "dtype": "float64", "checked": 12, "worst_index": (1, 2),
        "analytic": 1.5, "numeric": 1.0, "error": 0.5, "bound": 1e-9, "worst_error": 0.25,
        **changes})


def report(*arguments, findings=(), **changes):
    return Report(**{"passed": not findings, "inconclusive": False, "findings": tuple(findings),
                     "checked": 12, "evaluations": 9, "seconds": 0.25,
                     "arguments": tuple(arguments), **changes})


def shown(made):
    page = Balanced(made._repr_html_())
    assert set(page.tags) <= TAGS
    return page


@pytest.mark.parametrize("made", [
    report(argument()), report(), report(argument(), findings=[Finding("scaled", None, (), "so")]),
    report(argument(), passed=False, inconclusive=True),
    report(argument(shape=(), worst_index=())),
    report(argument(analytic=np.nan, error=np.inf, numeric=-np.inf)),
])
def test_every_report_is_balanced_html_that_names_its_verdict(made):
    assert made.status in shown(made).texts


names = st.text(min_size=1, max_size=20) | st.sampled_from(
    ["<script>alert(1)</script>", "a & b", "</div></p>", '"><img src=x>', "<b>", "'"])


@law
@given(names, names, names)
def test_names_and_messages_appear_as_text_and_never_as_markup(layer, name, message):
    tags, plain = (shown(report(
        argument(told[0]), name=told[1],
        findings=[Finding("scaled", told[0], ((0,),), told[2])])).tags
        for told in ((name, layer, message), ("x", "relu", "told")))
    assert set(tags) == set(plain)


@pytest.mark.parametrize(("shape", "wrong"), [((3, 4), True), ((5,), True), ((2, 3, 2, 2), True),
                                              ((), True), ((3, 4), False), ((5,), False)])
def test_what_is_wrong_has_maps_whatever_its_shape_and_what_is_right_has_none(shape, wrong):
    factor = 3 if wrong else 2
    made = check_layer(lambda x: (x * x, x), lambda d, x: factor * d * x, np.full(shape, 2.0))
    assert shown(made).tags.count("figcaption") >= 3 * wrong
    assert ("svg" in shown(made).tags) is wrong


def test_no_table_lends_itself_to_a_notebook_s_stripes_and_no_columns_can_run_together():
    made = check_layer(lambda x: (x * x, x), lambda d, x: d * x, np.ones(3))
    assert "table" not in shown(made).tags
    text = "".join(shown(made).texts)
    assert "dx float64[3] · worst relative error" in text


def test_a_report_of_a_gradient_with_keys_has_a_line_for_each():
    params = {"W<1>": np.ones((2, 2)), "b": np.ones(2)}
    made = check_gradient(lambda p: np.sum(p["W<1>"]) + np.sum(p["b"]),
                          {"W<1>": np.ones((2, 2)), "b": np.ones(2)}, params)
    assert {"dW<1>", "db"} <= set(shown(made).texts)


def test_every_status_is_shown_with_what_is_said():
    page = shown(EVERY)
    assert [text for text in page.texts if text in STATUSES][::2] == list(STATUSES)
    assert [text for text in page.texts if text.startswith("it is ")] == [
        f"it is {status}" for status in STATUSES if status != "passed"]


def test_points_notes_and_advice_are_shown():
    text = "".join(shown(RECORD).texts)
    for words in ("2 of 10 points", "note: a note", "mind the mask"):
        assert words in text


def test_a_record_with_gradients_shows_the_maps_of_the_wrong_one():
    page = shown(CHECKED)
    assert page.tags.count("figcaption") == 4


def test_a_broken_dropout_shows_a_result_and_not_the_way_to_it():
    def forward(x, param):
        if param["mode"] == "test":
            return x, None
        mask = np.random.default_rng(param.get("seed")).random(x.shape) >= param["p"]
        return (x * mask).astype(x.dtype), mask

    def backward(dout, mask):
        return dout if mask is None else (dout * mask).astype(dout.dtype)

    results = check_dropout((forward, backward), on_fail=None)
    assert isinstance(results, list)
    page = shown(results)
    broken = [result.name for result in results if result.status == "failed"]
    assert broken
    assert f"{len(broken)} of {len(results)} laws" in "".join(page.texts)
    assert set(broken) <= set(page.texts)
    error = next(result.error for result in results if result.error is not None)
    assert "".join(error._render_traceback_()).startswith(f"DropoutLawError: {broken[0]}: ")


@settings(max_examples=60, deadline=None)
@given(RECORDS)
@example(Record("check", "m", error="x" * 9000))
def test_texts_appear_as_text_and_never_as_markup(record):
    page = shown(record)
    text = "".join(page.texts)
    for item in record.items:
        assert clean(item.status) in text
