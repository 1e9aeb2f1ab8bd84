"""A SARIF log keeps to the standard's schema, and its results to its rules."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import jsonschema
import pytest
from hypothesis import given, settings

from gradcheck.output.record import Item, Record
from gradcheck.output.sarif import _replacements, as_sarif
from tests.gradcheck.output.records import EVERY, LAWFUL, RECORD, RECORDS, judged
from tests.gradcheck.output.schemas import valid_sarif


def run_of(*records, rules=None):
    (run,) = valid_sarif(as_sarif(records, rules))["runs"]
    return run


def places(run):
    return [result["locations"][0]["physicalLocation"] for result in run["results"]]


def test_every_status_has_its_level_and_its_line():
    run = run_of(EVERY)
    assert [(result["ruleId"], result["level"]) for result in run["results"]] == [
        ("warned", "warning"), ("failed", "error"), ("inconclusive", "error"), ("todo", "note"),
        ("skipped", "note"), ("error", "error")]
    assert [place["region"]["startLine"] for place in places(run)] == [2, 3, 4, 5, 6, 7]
    assert {place["artifactLocation"]["uri"] for place in places(run)} == {"homework.py"}


def test_what_was_judged_names_the_finding_and_says_what_it_means():
    run = run_of(judged(), rules={"scaled": "Off by a factor. Look for N."})
    driver = run["tool"]["driver"]
    rules = {rule["id"]: rule for rule in driver["rules"]}
    assert list(rules) == ["scaled", "dout-mutated", "todo", "raises"]
    assert rules["scaled"]["shortDescription"]["text"] == "Off by a factor"
    assert rules["scaled"]["help"]["text"] == "Off by a factor. Look for N."
    assert rules["todo"]["help"]["text"].startswith("The function is not written yet.")
    assert (driver["name"], driver["semanticVersion"].count(".")) == ("gradcheck", 2)


def test_each_result_points_at_its_rule():
    run = run_of(EVERY, Record("check", "m", (LAWFUL,)), RECORD)
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    assert len({rule["id"] for rule in rules}) == len(rules)


def test_a_fingerprint_stays_when_lines_move_and_differs_between_layers():
    def marks(*items):
        return [result["partialFingerprints"] for result in run_of(
            Record("check", "m", items))["results"]]

    relu, moved, tanh = (Item(name, name, "failed", f"at line {line}", file="a.py", line=line)
                         for name, line in (("relu", 3), ("relu", 30), ("tanh", 3)))
    assert marks(relu) == marks(moved)
    assert marks(relu) != marks(tanh)


@pytest.mark.parametrize("file", ["a b#1?.py", "a:b.py", "ü/%41.py", "../up.py"])
def test_a_path_is_a_relative_reference_that_leads_back_to_it(file):
    (place,) = places(run_of(Record("check", "m", (Item("a", "a", "failed", file=file),))))
    uri = place["artifactLocation"]["uri"]
    assert uri.isascii()
    assert urlsplit(uri)[:2] == ("", "")
    assert unquote(urlsplit(uri).path) == file


def test_a_path_from_elsewhere_is_a_whole_uri():
    file = str(Path("elsewhere").absolute().parent.parent / "other folder" / "a.py")
    (place,) = places(run_of(Record("check", "m", (Item("a", "a", "failed", file=file),))))
    assert place["artifactLocation"]["uri"] == Path(file).as_uri()


def test_notes_and_an_end_before_the_end_are_told_of_the_invocation():
    run = run_of(RECORD, Record("check", "m.py", error="no", fault="target"))
    assert [entry["executionSuccessful"] for entry in run["invocations"]] == [True, False]
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"] == "a note"
    assert run["results"][-1]["message"]["text"] == "m.py was not judged\nno"


@settings(max_examples=40, deadline=None)
@given(RECORDS)
def test_whatever_the_texts_the_log_keeps_to_the_schema(record):
    for place in run_of(record)["results"]:
        for location in place.get("locations", ()):
            assert location["physicalLocation"]["artifactLocation"]["uri"].isascii()


def test_the_schema_refuses_what_is_not_sarif():
    with pytest.raises(jsonschema.ValidationError):
        valid_sarif(as_sarif([EVERY]).replace('"ruleIndex": 0', '"ruleIndex": "0"'))


def test_a_fix_of_a_last_line_without_an_end_is_one_replacement_without_one():
    diff = ["--- a/a.py", "+++ b/a.py", "@@ -3 +3 @@", "-x = 1", "\\ No newline at end of file",
            "+x = 2", "\\ No newline at end of file"]
    replacement, = _replacements(diff)
    assert replacement["deletedRegion"]["startLine"] == 3
    assert replacement["insertedContent"]["text"] == "x = 2"
