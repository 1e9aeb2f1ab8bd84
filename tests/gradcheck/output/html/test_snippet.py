"""The line in a notebook: underlined where its carets point, the edit below, no style sheet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.output.html.snippet import snippet
from tests.gradcheck.output.html.records import REPAIR, Balanced

DIFF = ("--- a/a.py\n+++ b/a.py\n@@ -1,4 +1,4 @@\n def f(x):\n-    return x\n+    return 2 * x\n"
        " \n \n")
LINE = {**REPAIR, "file": "a.py", "line": 2, "column": 12, "before": "x", "after": "2 * x",
        "text": "    return x", "diff": DIFF, "also": []}


def spans(html):
    """Return the style and the text of each span."""
    return [part.partition('"')[0::2] for part in html.split('<span style="')[1:]]


def test_what_the_carets_point_at_is_underlined_whatever_type_a_notebook_takes():
    found = snippet({"repairs": [LINE]})
    assert "a.py:2: return <span style=\"border-bottom" in found
    assert spans(found)[0][1].startswith(">x</span></pre>")
    assert "^" not in found


def test_an_edit_has_a_ground_for_what_goes_and_what_comes_and_no_heads():
    found = spans(snippet({"report": {"repairs": [LINE]}}).rpartition("<pre")[2])
    assert [text.partition("\n")[0] for _, text in found] == [
        "> def f(x):", ">-    return x", ">+    return 2 * x"]
    grounds = [style.partition("background:")[2] for style, _ in found]
    assert (grounds[0], len(set(grounds))) == ("", 3)


def test_every_element_brings_its_own_looks():
    page = Balanced(snippet({"repairs": [LINE]}))
    assert {tag for tag in page.tags if tag != "code"} == {
        tag for tag, name, _ in page.attributes if name == "style"}
    assert not page.values("class")


@pytest.mark.parametrize("found", [{}, {"repairs": []}, {"report": {}}])
def test_nothing_is_shown_where_no_line_is_known(found):
    assert snippet(found) == ""


@given(st.text(min_size=1), st.integers(1, 40))
def test_a_line_is_text_and_never_markup(text, column):
    page = Balanced(snippet({"repairs": [{**LINE, "text": text, "column": column}]}))
    assert set(page.tags) <= {"pre", "p", "code", "span"}
