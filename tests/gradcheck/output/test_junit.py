"""JUnit XML counts what it lists."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from gradcheck.output.junit import as_junit
from tests.gradcheck.output.records import RECORD


def test_junit_counts_what_it_lists() -> None:
    (suite,) = ET.fromstring(as_junit(RECORD))
    assert [suite.get(k) for k in ("tests", "failures", "errors", "skipped")] == [
        "4", "1", "1", "1"]
    assert [child.tag for child in suite] == ["properties", *["testcase"] * 4, "system-out",
                                             "system-err"]
    assert [[child.tag for child in case] for case in suite.iter("testcase")] == [
        [], ["failure"], ["skipped"], ["error"]]
