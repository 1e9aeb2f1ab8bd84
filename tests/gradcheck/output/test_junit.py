"""JUnit XML keeps to its XSD and counts what it lists."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
import xmlschema

from gradcheck.output.junit import as_junit, as_junit_suites
from gradcheck.output.record import Record
from tests.gradcheck.output.records import EVERY, RECORD
from tests.gradcheck.output.schemas import valid_junit


def test_junit_counts_what_it_lists() -> None:
    (suite,) = ET.fromstring(as_junit(RECORD))
    assert [suite.get(k) for k in ("tests", "failures", "errors", "skipped")] == [
        "4", "1", "1", "1"]
    assert [child.tag for child in suite] == ["properties", *["testcase"] * 4, "system-out",
                                             "system-err"]
    assert [[child.tag for child in case] for case in suite.iter("testcase")] == [
        [], ["failure"], ["skipped"], ["error"]]


def test_every_status_has_its_tag():
    (suite,) = ET.fromstring(valid_junit(as_junit(EVERY)))
    assert {case.get("name"): [child.tag for child in case] for case in suite.iter("testcase")} == {
        "passed": [], "warned": ["system-out"], "failed": ["failure"],
        "inconclusive": ["failure"], "todo": ["failure"], "skipped": ["skipped"],
        "error": ["error"]}
    assert [suite.get(k) for k in ("tests", "failures", "errors", "skipped")] == [
        "7", "3", "1", "1"]


def test_several_records_are_a_suite_each_and_what_was_not_judged_is_an_error():
    text = valid_junit(as_junit_suites([RECORD, Record("check", "m", error="no", fault="target")]))
    suites = ET.fromstring(text).findall("testsuite")
    assert [suite.get("id") for suite in suites] == ["0", "1"]
    assert suites[1].get("errors") == "1"
    assert [case.findtext("error") for case in suites[1].iter("testcase")] == ["no"]


def test_the_xsd_refuses_what_is_not_junit():
    with pytest.raises(xmlschema.XMLSchemaValidationError):
        valid_junit(as_junit(RECORD).replace("failures=", "failed="))
