"""A student's page tells what the hints allow, and never the reference."""

from __future__ import annotations

import json

import pytest

from gradcheck.cli import main
from gradcheck.grading.pictured import with_sources
from gradcheck.output.record import Item
from tests.gradcheck.output.html.records import Balanced
from tests.gradcheck.output.schemas import valid_json

SUBMISSION = """
import numpy as np


def tanh_forward(x):
    return np.tanh(x), x


def tanh_backward(dout, x):
    return dout * (1 - np.tanh(x))
"""
SOLUTION = SUBMISSION.replace("np.tanh(x))", "np.tanh(x) ** 2)  # the teacher's secret")


def test_the_first_item_of_a_layer_has_its_source():
    items = [Item("tanh: value", "tanh", "passed"), Item("tanh: gradient", "tanh", "failed")]
    first, second = with_sources(items, SUBMISSION.encode(), "a.py")
    assert [(entry["name"], entry["line"]) for entry in first.details["sources"]] == [
        ("tanh_forward", 5), ("tanh_backward", 9)]
    assert second == items[1]


@pytest.mark.parametrize("text", [b"def (", b"\xff\xfe", b"", b"x = " + b"(" * 5000, b"\x00"])
def test_a_text_that_is_no_program_has_no_source(text):
    items = [Item("tanh: value", "tanh", "failed")]
    assert with_sources(items, text, "a.py") == items
    assert with_sources([], text, "a.py") == []


@pytest.fixture
def files(tmp_path):
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "a b.py").write_text(SUBMISSION)
    (tmp_path / "solution.py").write_text(SOLUTION)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(("hints", "told", "untold"), [
    (0, [], ["Remedy", "your backward", "l suspect", "np.tanh(x)"]),
    (1, ["is wrong<", "np.tanh(x)"], ["<div class=\"edit\">", "l suspect"]),
    (2, ["is wrong<", "l suspect"], ["l added"]),
    (3, ["l suspect", "l added"], [])])
def test_a_page_tells_no_more_than_the_hints_allow(files, hints, told, untold):
    page = files / "page.html"
    code = main(["grade", str(files / "class" / "a b.py"), "--only", "tanh", "--hints", str(hints),
                 "--reference", str(files / "solution.py"), "--html", str(page),
                 "-o", str(files / "out.txt")])
    Balanced(page.read_text(encoding="utf-8"))
    body = page.read_text(encoding="utf-8").partition("</style>")[2]
    assert code == 1
    assert [words for words in told if words not in body] == []
    assert [words for words in untold if words in body] == []
    assert "secret" not in body


@pytest.mark.slow
def test_a_class_has_a_page_that_leads_to_each_student_s(files, monkeypatch):
    monkeypatch.chdir(files)
    assert main(["grade", "class", "--only", "tanh", "--html", "class.html"]) == 1
    links = Balanced((files / "class.html").read_text(encoding="utf-8")).values("href")
    assert "class.results/a%20b/report.html" in links
    page = files / "class.results" / "a b" / "report.html"
    assert "a b.py" in page.read_text(encoding="utf-8")
    record = valid_json(page.with_name("results.json").read_text(encoding="utf-8"))
    assert "grid" in json.dumps(record)


@pytest.mark.slow
def test_without_a_page_no_student_gets_one(files):
    assert main(["grade", str(files / "class"), "--only", "tanh"]) == 1
    assert not list(files.rglob("report.html"))
    assert "grid" not in (files / "class.results" / "results.jsonl").read_text()


@pytest.mark.slow
def test_a_page_that_cannot_be_written_is_a_usage_error(files, capsys):
    assert main(["check", str(files / "class" / "a b.py"), "--html", str(files / "no" / "x")]) == 2
    assert "--html:" in capsys.readouterr().err
