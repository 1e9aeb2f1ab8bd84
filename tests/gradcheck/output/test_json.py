"""What is written as JSON keeps to the schema in the package, and the schema asks for something."""

from __future__ import annotations

import copy
import json

import jsonschema
import pytest

from gradcheck.output.json import as_json, as_json_list
from gradcheck.output.record import STATUSES, Item, Record
from tests.gradcheck.output.records import EVERY, LAWFUL, RECORD, judged
from tests.gradcheck.output.schemas import valid_json


@pytest.fixture(scope="module")
def checked() -> Record:
    return judged()


def test_what_was_judged_keeps_to_the_schema(checked):
    record = valid_json(as_json(checked))
    found = {item["name"]: item for item in record["items"]}
    assert {name: item["status"] for name, item in found.items()} == {
        "relu": "passed", "affine": "failed", "tanh": "warned", "sigmoid": "todo",
        "elu": "failed"}
    report = found["affine"]["details"]["report"]
    assert (report["status"], report["verdict"]) == ("failed", "failed")
    assert [(entry["code"], entry["argument"]) for entry in report["findings"]] == [("scaled", "b")]
    assert found["affine"]["file"].endswith("records.py")
    assert found["affine"]["line"] > 1


@pytest.mark.parametrize("record", [
    EVERY, RECORD, Record("check", "m", (LAWFUL,)), Record("check", "m", error="no", fault="judge"),
    Record("check", "m", (Item("a", "a", "error", "no", fault="judge",
                               details={"traceback": "Traceback"}),)),
    Record("check", "m", (Item("a", "a", "failed", worst_error=float("nan"), uncovered=(3, 4)),)),
], ids=["every status", "graded", "laws", "not judged", "our own fault", "not a number"])
def test_every_kind_of_record_keeps_to_the_schema(record):
    assert valid_json(as_json(record))["schema"] == 1


def test_several_records_are_a_list():
    records = valid_json(as_json_list([RECORD, EVERY]))
    assert [record["target"] for record in records] == ["homework.py", "homework.py"]
    assert (records[0]["score"], records[0]["max_score"]) == (2.0, 10.0)
    assert [item["status"] for item in records[1]["items"]] == list(STATUSES)


def wrong(change):
    record = copy.deepcopy(json.loads(as_json(Record("check", "m", (LAWFUL,)))))
    change(record)
    return json.dumps(record)


@pytest.mark.parametrize("change", [
    lambda record: record.pop("items"),
    lambda record: record.update(schema=2),
    lambda record: record["items"][0].update(status="great"),
    lambda record: record["items"][0].pop("uncovered"),
    lambda record: record["items"][0].update(line="3"),
    lambda record: record["items"][0]["details"]["laws"][0].pop("status"),
    lambda record: record["items"][0]["details"].update(report={"status": "failed"}),
])
def test_what_breaks_the_schema_is_refused(change):
    with pytest.raises(jsonschema.ValidationError):
        valid_json(wrong(change))


def test_a_key_that_is_added_breaks_nothing():
    assert valid_json(wrong(lambda record: record["items"][0].update(new=1)))
