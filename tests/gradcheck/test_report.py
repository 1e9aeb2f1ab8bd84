"""Reports read as text, keep as JSON, and stay as they were made."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck import Finding, GradientError, Report, check_layer
from gradcheck.report import ArgumentReport
from tests.layers.layer_laws import law

NUMBERS = {
    "name": "x", "shape": (3, 4), "dtype": "float64", "checked": 12, "worst_index": (1, 2),
    "analytic": 1.5, "numeric": 1.0, "error": 0.5, "bound": 1e-9, "worst_error": 0.25,
}
FINDING = Finding("scaled", "x", ((1, 2), (0, 0)), "what. Remedy: this.", {"factor": 1.5})


def report(**changes):
    whole = {"passed": False, "inconclusive": False, "findings": (FINDING,), "checked": 12,
             "evaluations": 9, "seconds": 0.25, "arguments": (ArgumentReport(**NUMBERS),),
             "notes": ("by the way",), "name": "affine"}
    return Report(**{**whole, **changes})


PASSED = report(passed=True, findings=(), notes=())
UNDECIDED = report(inconclusive=True, findings=())


def test_the_text_says_what_where_how_much_why_and_where_to_read_on():
    text = str(report())
    assert text.splitlines()[0] == "affine: failed (12 coordinates, 9 forward calls, 0.25 s)"
    for part in ("dx float64[3, 4]", "at [1, 2]", "analytic 1.5", "numeric 1 ± 1.0e-09",
                 "scaled in dx: what. Remedy: this.", "at [1, 2], [0, 0]",
                 "gradcheck explain scaled", "note: by the way"):
        assert part in text


def test_lines_of_findings_are_at_most_a_hundred_wide():
    long = Finding("scaled", "x", ((1, 2),) * 20, "word " * 200, {})
    assert max(map(len, str(report(findings=(long,), arguments=())).splitlines())) <= 100


def test_a_finding_about_the_whole_layer_names_no_argument():
    whole = Finding("dout-mutated", None, (), "what. Remedy: this.")
    assert str(whole).startswith("dout-mutated: what")
    assert "gradcheck explain dout-mutated" in str(report(findings=(whole,)))


def test_more_than_five_places_are_cut_off_with_dots():
    where = tuple((i,) for i in range(9))
    text = str(report(findings=(Finding("scaled", "x", where, "what", {}),)))
    assert "[4] ..." in text
    assert "[5]" not in text


MANNERS = Finding("dout-mutated", None, (), "what. Remedy: this.")
NARROW = Finding("lower-precision", "x", (), "what. Remedy: this.")


@pytest.mark.parametrize(("made", "status", "raises"), [
    (report(), "failed", True), (PASSED, "passed", False), (UNDECIDED, "inconclusive", True),
    (report(inconclusive=True), "failed", True),
    (report(findings=(MANNERS,)), "warned", False), (report(findings=(NARROW,)), "warned", False),
    (report(findings=(MANNERS, FINDING)), "failed", True),
    (report(findings=(MANNERS,), inconclusive=True), "inconclusive", True),
    (report(findings=(MANNERS,), checked=0, arguments=()), "inconclusive", True),
    (report(findings=(NARROW,), arguments=()), "failed", True),
])
def test_a_status_is_one_of_four_and_what_is_right_does_not_raise(made, status, raises):
    assert made.status == status
    assert status in str(made).splitlines()[0]
    if not raises:
        made.raise_if_failed()
        return
    with pytest.raises(GradientError) as caught:
        made.raise_if_failed()
    assert str(caught.value) == str(made)


def test_without_a_finding_the_others_decide():
    both = report(findings=(MANNERS, FINDING))
    assert both.without({"scaled"}).status == "warned"
    assert both.without({"scaled", "dout-mutated"}).status == "passed"
    assert both.without({"raises"}) == both


def test_the_dict_has_the_keys_of_the_interface():
    record = report().to_dict()
    assert {"passed", "inconclusive", "findings", "checked", "evaluations",
            "seconds"} <= record.keys()
    assert record["findings"] == [{
        "code": "scaled", "argument": "x", "where": [[1, 2], [0, 0]],
        "message": "what. Remedy: this.", "evidence": {"factor": 1.5}}]
    assert record["arguments"][0]["worst_index"] == [1, 2]
    assert json.loads(json.dumps(record, allow_nan=False)) == record


evidence = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    | st.floats().map(np.float64) | st.floats(width=32).map(np.float32)
    | st.integers(0, 9).map(np.int64) | st.booleans().map(np.bool_)
    | st.lists(st.floats(), max_size=3).map(np.array) | st.complex_numbers(),
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple)
    | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3),
    max_leaves=8)


@law
@given(st.dictionaries(st.text(max_size=3), evidence, max_size=3), st.floats(), st.floats())
def test_whatever_was_found_goes_through_strict_json(found, error, bound):
    finding = Finding("scaled", "x", ((0,),), "text", found)
    entry = ArgumentReport(**{**NUMBERS, "error": error, "bound": bound, "worst_error": error})
    record = report(findings=(finding,), arguments=(entry,)).to_dict()
    assert json.loads(json.dumps(record, allow_nan=False)) == record


@law
@given(st.floats(), st.floats(), st.floats())
def test_every_number_can_be_written_as_text(analytic, numeric, error):
    entry = ArgumentReport(**{**NUMBERS, "analytic": analytic, "numeric": numeric, "error": error,
                              "worst_error": error})
    assert "dx" in str(report(arguments=(entry,)))


@pytest.mark.parametrize("made", [report(), FINDING, ArgumentReport(**NUMBERS)],
                         ids=["Report", "Finding", "ArgumentReport"])
def test_records_cannot_be_changed(made):
    for entry in fields(made):
        with pytest.raises(FrozenInstanceError):
            setattr(made, entry.name, None)


def test_equal_records_are_equal():
    assert report() == report()
    assert report() != report(seconds=1.0)


def test_the_worst_error_is_the_largest_of_the_arguments_and_nan_without_any():
    two = (ArgumentReport(**NUMBERS), ArgumentReport(**{**NUMBERS, "worst_error": 0.75}))
    assert report(arguments=two).worst_error == 0.75
    assert np.isnan(report(arguments=()).worst_error)


def test_an_argument_compared_along_directions_says_so():
    entry = ArgumentReport(**{**NUMBERS, "error": 0.0, "directions": 2})
    assert "along 2 random directions" in str(entry)
    assert "worst_index" not in str(entry)


def test_a_real_failing_report_reads_well_in_every_form():
    x = np.random.default_rng(0).standard_normal((3, 4))
    made = check_layer(lambda x: (x**2, x), lambda d, x: d * x, x)
    kept = json.loads(json.dumps(made.to_dict(), allow_nan=False))
    assert kept["findings"][0]["code"] == "scaled"
    assert "0.50000 x numeric" in str(made)
    assert made._repr_html_().startswith("<div")
