"""A record as JUnit XML."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import datetime, timezone

from gradcheck.output.parts import explanation, output_of
from gradcheck.output.plain import OUTPUT_LIMIT, clean, one_line
from gradcheck.output.record import Record

TAGS = {"failed": "failure", "inconclusive": "failure", "todo": "failure", "error": "error",
        "skipped": "skipped"}


def as_junit(record: Record) -> str:
    """Return JUnit XML as Jenkins' and pytest's schema has it (junit-10.xsd)."""
    return as_junit_suites([record])


def as_junit_suites(records: Sequence[Record]) -> str:
    """Return several records as one document with a suite each."""
    root = ET.Element("testsuites")
    for place, record in enumerate(records):
        root.append(_suite(record, place))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(record: Record, place: int) -> ET.Element:
    """Return a record as one suite."""
    tags = [TAGS.get(item.status) for item in record.items]
    suite = ET.Element("testsuite", {
        "name": one_line(f"gradcheck {record.kind} {record.target}"),
        "package": "gradcheck", "id": str(place), "hostname": "localhost",
        "timestamp": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S"),
        "tests": str(len(tags) + bool(record.error)), "failures": str(tags.count("failure")),
        "errors": str(tags.count("error") + bool(record.error)),
        "skipped": str(tags.count("skipped")), "time": f"{record.seconds:.3f}",
    })
    ET.SubElement(suite, "properties")
    for item in record.items:
        _testcase(suite, item.group, item.name, item.seconds, item.status, explanation(item))
    if record.error:
        _testcase(suite, record.kind, record.target, 0.0, "error", clean(record.error))
    ET.SubElement(suite, "system-out").text = output_of(record)
    ET.SubElement(suite, "system-err").text = clean("\n".join(record.notes), OUTPUT_LIMIT)
    return suite


def _testcase(
    suite: ET.Element, group: str, name: str, seconds: float, status: str, text: str
) -> None:
    case = ET.SubElement(suite, "testcase", {
        "classname": one_line(group), "name": one_line(name), "time": f"{seconds:.3f}"})
    tag = TAGS.get(status)
    if status == "warned":
        ET.SubElement(case, "system-out").text = text
    if tag:
        first = one_line(text.partition("\n")[0])
        attributes = {"message": first} if tag == "skipped" else {"type": status, "message": first}
        ET.SubElement(case, tag, attributes).text = text
