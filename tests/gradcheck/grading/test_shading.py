"""What a submission's process tells of its lines shades its page, and can do nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gradcheck.cli import main
from gradcheck.grading import shading
from gradcheck.grading.apart import ApartError
from gradcheck.target.unrun import answer
from tests.gradcheck.target.made import module_of

TEXT = """
import numpy as np
def relu_forward(x, slow=None):
    if x.size > 10**9:
        out = x
    else:
        out = np.maximum(x, 0)
    return out, x
def relu_backward(dout, x):
    for i in range(0 * len(x)):
        dout = dout + i
    return 2 * dout * (x > 0)
"""
UNRUN = [5, 11]
ASKED = {"name": "relu",
         "conventions": {"p_is": "drop", "scaling": "inverted", "seeding": "seed"}}
SOURCE = {"name": "relu_forward", "file": "a.py", "line": 3, "text": "a\nb\nc\n", "cut": False}


def record(*statuses: str, **details: Any) -> dict[str, Any]:
    items = [{"name": f"relu: {place}", "group": "relu", "status": status, "message": "",
              "details": {} if place else details} for place, status in enumerate(statuses)]
    return {"items": items, "settings": ASKED["conventions"]}


def test_the_tool_tells_the_lines_that_no_example_reaches():
    assert answer(module_of(TEXT), ASKED) == UNRUN
    assert answer(module_of(TEXT.replace("relu", "mine")), ASKED) == []
    raising = TEXT.replace("out = np.maximum(x, 0)", "raise ValueError('no')")
    assert answer(module_of(raising), ASKED) == []


@pytest.mark.parametrize(("told", "unrun"), [
    ([4, 3], [3, 4]), ([2, 6, -1, 10**30], None), (["3", True, 3.0, None, [3], {}], None),
    ({"3": 3}, None), ("345", None), (None, None), (list(range(10**5)), [3, 4, 5])])
def test_only_lines_of_the_layers_own_source_are_shaded_whatever_is_told(monkeypatch, told, unrun):
    monkeypatch.setattr(shading, "apart", lambda *_: {"relu": told, "other": [1]})
    before = record("failed", "passed", sources=[SOURCE])
    after = shading.with_shades(before, {}, 0)
    details = {"sources": [SOURCE]} if unrun is None else {"sources": [SOURCE], "unrun": unrun}
    assert after == record("failed", "passed", **details)
    assert before == record("failed", "passed", sources=[SOURCE])


@pytest.mark.parametrize(("statuses", "details"), [
    (("failed",), {}), (("todo",), {"sources": [SOURCE]}),
    (("failed", "error"), {"sources": [SOURCE]})])
def test_nothing_is_asked_where_there_is_no_source_or_nothing_ran_to_its_end(
        monkeypatch, statuses, details):
    monkeypatch.setattr(shading, "apart", None)
    assert shading.with_shades(record(*statuses, **details), {}, 0) == record(*statuses, **details)


def test_a_process_that_does_not_answer_leaves_the_record_as_it_is(monkeypatch):
    def silent(*_):
        raise ApartError(None)

    monkeypatch.setattr(shading, "apart", silent)
    before = record("failed", sources=[SOURCE])
    assert shading.with_shades(before, {}, 0) == before


@pytest.mark.slow
@pytest.mark.parametrize("lie", ["", "import sys; sys.gettrace = lambda: 1\n"])
def test_a_graded_page_shades_what_never_ran_and_the_points_are_the_same(tmp_path: Path, lie: str):
    file, page, out = (tmp_path / name for name in ("hw.py", "page.html", "out.json"))
    file.write_text(TEXT + lie)
    given = [str(file), "--only", "relu", "--seed", "1", "--format", "json", "-o", str(out)]
    assert main(["grade", *given]) == 1
    plain = json.loads(out.read_text())
    assert main(["grade", *given, "--html", str(page)]) == 1
    shaded = json.loads(out.read_text())
    assert [(item["status"], item["points"]) for item in shaded["items"]] == [
        (item["status"], item["points"]) for item in plain["items"]]
    assert shaded["items"][0]["details"].get("unrun", []) == ([] if lie else UNRUN)
    assert page.read_text().count('class="l unrun"') == (0 if lie else len(UNRUN))
