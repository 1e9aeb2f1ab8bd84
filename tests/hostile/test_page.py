"""A page is made of what submissions wrote: nothing of it is markup, hides, moves or grows."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from gradcheck.cli import main
from gradcheck.output.html.overview import as_overview
from gradcheck.output.html.page import as_page
from gradcheck.output.record import Item, Record
from tests.gradcheck.output.html.records import (
    CHECKED,
    FAILED,
    REPAIR,
    SOURCE,
    Balanced,
    argument,
    grid,
    report,
)
from tests.gradcheck.output.records import RECORDS

EVIL = ["</style><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onfocus='a",
        "</title></head><body onload=a>", "]]><!--", "a\x00\x1b[31mb\x07", "a\u202eb\u2066c\u200fd",
        "javascript:alert(1)", "&lt;b&gt;", "x" * 900_000, "\ud800", "a\r\nb\u2028c", "{{7*7}}", ""]
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069"
                    "\ud800-\udfff]")
TAGS = {"html", "head", "meta", "link", "title", "style", "body", "main", "footer", "section", "a",
        "h1", "h2", "h3", "h4", "p", "ul", "ol", "li", "dl", "dt", "dd", "div", "span", "b", "bdi",
        "strong", "code", "pre", "mark", "table", "thead", "tbody", "tr", "th", "td", "details",
        "summary", "figure", "figcaption", "svg", "path", "rect", "circle", "text"}
LARGEST = 400_000  # bytes: what is long is cut, wherever it stands


def harmless(page: str) -> Balanced:
    """Parse a page, and hold it to what no record may break."""
    found = Balanced(page)
    assert set(found.tags) <= TAGS
    assert [found.tags.count(tag) for tag in ("style", "title", "body", "main")] == [1, 1, 1, 1]
    assert not [name for _, name, _ in found.attributes if name.startswith("on")]
    assert all(value.startswith(("#", "data:")) or value.endswith("report.html")
               for name in ("href", "src") for value in found.values(name))
    assert not HIDDEN.search(page)
    assert len(found.values("id")) == len(set(found.values("id")))
    assert len(page.encode()) < LARGEST
    return found


def everywhere(evil: str) -> Record:
    """Return a record that says something wherever a target has a hand in it."""
    bad = argument(grid([[float("nan"), float("inf")]], [[1.0, float("-inf")]]), evil,
                   steps=[["nan", "inf", 0.0], *([10.0**-k, "inf", 0.0] for k in range(5))],
                   analytic="nan", numeric="-inf", bound="inf", error="nan", dtype=evil,
                   worst_error="nan", coarseness="nan")
    finding = {"code": "scaled", "argument": evil, "where": [], "message": evil, "evidence": {}}
    item = replace(
        FAILED, name=evil, group=evil, message=f"scaled in d{evil}: {evil}\n  note: {evil}",
        advice=(evil,), arguments=(evil,), file=evil, details={
            "report": report(bad, findings=[finding], repairs=[
                {**REPAIR, "file": evil, "before": evil, "text": evil, "words": evil}]),
            "sources": [{**SOURCE, "name": evil, "file": evil, "text": f"def f(x):\n    {evil}"}],
            "examples": [evil], "unrun": [1], "uncovered": evil, "not_run": [evil],
            "laws": [{"name": evil, "status": status, "message": evil}
                     for status in ("failed", "passed", "advice")],
            "printed": {"lines": 3, "first": [evil]}, "convention": evil})
    right = replace(item, name=f"{evil}2", status="passed", uncovered=(1,))
    return Record("check", evil, (item, right), error=evil, fault="target", output=evil,
                  notes=(evil,), path=evil)


@pytest.mark.parametrize("evil", EVIL, ids=[repr(text[:12]) for text in EVIL])
def test_no_text_of_a_target_breaks_out_of_its_place(evil: str) -> None:
    record = everywhere(evil)
    harmless(as_page([record]))
    harmless(as_page([replace(record, kind="grade")]))
    place = evil[:99].encode("utf-8", "replace").decode()  # no file has half a character
    harmless(as_overview([record], [evil], [f"{place}/report.html"], evil))
    shown = record._repr_html_()
    assert not HIDDEN.search(shown)
    assert not {"script", "img"} & set(Balanced(shown).tags)


@settings(max_examples=40, deadline=None)
@given(RECORDS)
def test_any_record_at_all_is_a_harmless_page(record: Record) -> None:
    assert "main" in harmless(as_page([record])).tags


def test_a_gradient_of_nothing_but_nan_has_a_page() -> None:
    drawn = grid([[float("nan")] * 3] * 2, [[float("nan")] * 3] * 2, [["x", "?", "-"]] * 2)
    item = replace(FAILED, details={"report": report(argument(drawn))})
    assert "undecided" in as_page([replace(CHECKED, items=(item,))])


HOSTILE = '''
import sys
import numpy as np
print("</style><script>alert(1)</script>\\x1b[31m\\u202e")


def relu_forward(x, _="</pre><img src=x onerror=alert(1)>"):  # </code> \\u202e
    sys.stdout.write("<b>" * 9)
    return np.where(x > 0, x, 0.0), x


def relu_backward(dout, x):
    return np.where(x > 0, np.nan, dout)  # "><script>


def naïve_forward(x):
    raise ValueError("</div>" * 99 + "'\\">")


def naïve_backward(dout, x):
    return dout
'''


@pytest.mark.slow
def test_a_hostile_file_has_a_harmless_page(tmp_path: Path) -> None:
    file, page = tmp_path / "<b>home.py", tmp_path / "page.html"
    file.write_text(HOSTILE, encoding="utf-8")
    assert main(["check", str(file), "--html", str(page), "-o", str(tmp_path / "out.txt")]) == 1
    text = "".join(harmless(page.read_text(encoding="utf-8")).texts)
    assert "<img src=x onerror=alert(1)>" in text
    assert "relu" in text


def test_a_part_of_no_layer_has_a_page() -> None:
    harmless(as_page([Record("grade", "a.py", (Item("", "", "failed", ""),))]))
