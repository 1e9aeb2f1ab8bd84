"""The page holds what the record says, where others can link to it, and asks for nothing."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import pytest

from gradcheck.output.html.overview import as_overview
from gradcheck.output.html.page import as_page
from gradcheck.output.record import STATUSES, Item, Record
from tests.gradcheck.output.html.records import CHECKED, FAILED, REPAIR, SOURCE, Balanced


@pytest.fixture(scope="module")
def page():
    return as_page([CHECKED])


def test_the_page_is_balanced_and_has_one_title_landmarks_and_a_language(page):
    found = Balanced(page)
    for tag in ("html", "main", "footer", "h1", "title"):
        assert found.tags.count(tag) == 1
    assert ("html", "lang", "en") in found.attributes


def test_nothing_is_loaded_from_elsewhere_and_no_script_runs(page):
    found = Balanced(page)
    assert "script" not in found.tags
    policy = next(value for value in found.values("content") if "default-src" in value)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert not [name for _, name, _ in found.attributes if name.startswith("on")]
    outside = [value for name in ("href", "src", "action") for value in found.values(name)
               if not value.startswith(("#", "data:"))]
    assert not outside
    assert "url(" not in page
    assert "@import" not in page


def test_every_layer_and_gradient_has_an_id_that_a_teacher_can_link_to(page):
    identities = Balanced(page).values("id")
    assert {"dropout", "dropout-dx", "relu", "dropout-L2"} <= set(identities)
    assert len(identities) == len(set(identities))


def test_every_link_inside_the_page_leads_somewhere(page):
    found = Balanced(page)
    links = [link[1:] for link in found.values("href") if link.startswith("#")]
    assert links
    assert set(links) <= set(found.values("id"))


def test_headings_go_down_one_level_at_a_time(page):
    levels = [int(tag[1]) for tag in Balanced(page).tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(below <= above + 1 for above, below in itertools.pairwise(levels))


def test_every_picture_says_what_it_shows_and_what_scrolls_can_be_reached(page):
    found = Balanced(page)
    assert found.tags.count("svg") == len([1 for tag, name, _ in found.attributes
                                           if tag == "svg" and name == "aria-label"])
    scrolling = sum(value.startswith(("source code", "scroll")) for value in found.values("class"))
    assert scrolling == found.values("tabindex").count("0")


def test_the_message_the_line_the_examples_and_the_advice_are_there(page):
    text = " ".join("".join(Balanced(page).texts).split())
    for words in ("analytic = 0.7 x numeric", "Remedy: compare the factors", "a factor is missing",
                  "gradcheck explain scaled", "x [2, 3], p=0.3", "keep p below 1",
                  "line 1 never ran", "errors below 1e−09 of dx would not show"):
        assert words in text


def test_the_suspect_line_is_marked_and_the_line_that_never_ran_is_shaded(page):
    assert '<mark><span class="kw">' not in page
    assert re.search(r'class="l suspect" id="dropout-L2".*<mark>dout \* mask</mark>', page)
    assert re.search(r'class="l unrun" id="relu-L1" title="never ran"', page)


def test_an_edit_is_shown_only_where_the_record_tells_it():
    told = {**REPAIR, "diff": "--- a/hw.py\n+++ b/hw.py\n@@ -2 +2 @@\n-old\n+new\n",
            "after": "dout"}
    details = {**FAILED.details, "report": {**FAILED.details["report"], "repairs": [told]}}
    shown = as_page([replace(CHECKED, items=(replace(FAILED, details=details),))])
    assert 'class="l added">+new' in shown
    assert 'class="l removed">-old' in shown
    assert "l added" not in as_page([CHECKED]).partition("</style>")[2]


def with_details(**changes):
    return as_page([replace(CHECKED, items=(replace(
        FAILED, details={**FAILED.details, **changes}),))])


def test_the_steps_are_drawn_open_for_the_first_wrong_gradient_and_folded_for_the_others():
    [first] = FAILED.details["report"]["arguments"]
    page = with_details(report={**FAILED.details["report"], "arguments": [
        {**first, "name": name} for name in "xwb"]})
    assert page.count('<figure class="curve">') == 3
    assert page.count("<h4>Is the step length to blame?</h4>") == 1
    assert page.count("<details><summary>Is the step length to blame?</summary><figure") == 2
    parts = ("<h4>Is the step", 'id="dropout-dw"', "<details><summary>Is the step")
    order = [page.index(part) for part in parts]
    assert order == sorted(order)
    assert "details-content" not in page  # on paper what is folded on the screen stays folded


def test_a_printed_page_keeps_its_colours_and_what_belongs_together():
    style = as_page([CHECKED]).partition("</style>")[0]
    printed = "".join(re.findall(r"@media print\{((?:[^{}]*\{[^{}]*\})*)", style))
    assert ":root{-webkit-print-color-adjust:exact;print-color-adjust:exact}" in printed
    together = ",".join(re.findall(r"([^{}]*)\{break-inside:avoid\}", printed))
    assert {".edit", "pre.diff", ".source.short", ".l"} <= set(map(str.strip, together.split(",")))


def test_a_short_function_is_kept_on_one_page_and_a_long_one_may_break():
    def page(lines):
        return with_details(sources=[{"name": "f", "file": "a.py", "line": 1, "cut": False,
                                      "text": "def f():\n" + "    x = 1\n" * (lines - 1)}])

    assert 'class="source code short"' in page(24)
    assert 'class="source code"' in page(25)


def test_the_line_of_a_layer_that_is_warned_of_is_open_and_its_gradients_are_folded():
    write = {"file": "a.py", "line": 2, "column": 5, "before": "x *= 2", "text": "    x *= 2",
             "kind": "write", "arguments": ["x"], "words": "this changes x", "verified_at": 0,
             "diff": None, "after": "", "side": "backward"}
    details = {**FAILED.details, "report": {**FAILED.details["report"], "repairs": [write]},
               "sources": [{"name": "f", "file": "a.py", "line": 1, "cut": False,
                            "text": "def f(x):\n    x *= 2\n"}]}
    item = replace(FAILED, status="warned", details=details)
    page = as_page([replace(CHECKED, items=(item,))])
    open_ = re.sub(r"<details>.*?</details>", "", page, flags=re.DOTALL)
    assert "this changes x (seen by running it line by line)" in open_
    assert 'class="l suspect"' in open_
    assert "<details><summary>Gradients</summary>" in page
    assert "Source and gradients" not in page


def test_a_law_that_is_told_above_is_only_named_below():
    kept, dtype = "rate: kept half of the units", "dtype: out is float64"
    laws = [{"name": message.partition(":")[0], "status": "failed", "message": message}
            for message in (kept, dtype)]
    item = replace(FAILED, message=kept, details={**FAILED.details, "laws": laws})
    page = as_page([replace(CHECKED, items=(item,))])
    assert page.count("kept half of the units") == page.count("out is float64") == 1
    assert {"dropout-rate", "dropout-dtype"} <= set(Balanced(page).values("id"))


def test_code_wraps_on_every_width():
    style = as_page([CHECKED]).partition("</style>")[0]
    wide = re.sub(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", style)
    assert re.search(r"\.l\{[^}]*white-space:pre-wrap;overflow-wrap:anywhere", wide)
    assert "max-content;min-width" not in style


def test_every_status_has_a_section():
    items = tuple(Item(status, status, status, "so") for status in STATUSES)
    found = Balanced(as_page([Record("check", "a.py", items)]))
    assert set(STATUSES) <= set(found.values("id"))


def test_several_targets_stand_below_each_other_with_ids_of_their_own():
    found = Balanced(as_page([CHECKED, replace(CHECKED, target="other.py", path="other.py")]))
    assert {"dropout", "dropout-2", "other.py", "dropout-2-dx"} <= set(found.values("id"))


def graded(*parts, target="class/ann.py", **changes):
    items = tuple(Item(f"relu: {name}", "relu", status, message, 2.0 * (status == "passed"), 2.0)
                  for name, status, message in parts)
    return Record("grade", target, items, path=target, **changes)


WRONG = graded(("value", "passed", ""), ("gradient", "failed", "scaled in dx: half"),
               ("contract", "failed", "counts once the gradient is right"))


def test_a_grade_has_a_section_a_layer_with_its_points_and_what_follows_in_a_line():
    found = Balanced(as_page([WRONG]))
    text = " ".join("".join(found.texts).split())
    assert {"relu", "relu-gradient"} <= set(found.values("id"))
    for words in ("2 of 6 points", "passed: value", "contract: counts once the gradient is right"):
        assert words in text


def test_what_many_parts_say_alike_is_said_once():
    every = [(str(part), "failed", "it is missing") for part in range(9)]
    page = as_page([graded(*every, ("value", "passed", ""))])
    assert page.count("it is missing") == 1
    assert "the same of: 1, 2, 3" in page
    page = as_page([graded(*every)])
    assert page.count("it is missing") == 1
    assert "relu: all 9 laws" in page
    assert "0 of 18 points" in page
    assert "the same of" not in page


@pytest.mark.parametrize("law", ["rate", "rate_at_extreme_p", "dout-mutated"])
def test_the_name_of_what_is_wrong_stands_out_however_it_is_written(law):
    assert f"<strong>{law}</strong>: " in as_page([graded((law, "failed", f"{law}: it is so"))])


def test_the_class_page_leads_to_each_student_and_counts_what_was_found():
    right = graded(("value", "passed", ""), target="class/bob/hw.py")
    page = as_overview([WRONG, right], ["ann", "bob/hw"],
                       ["../out/ann/report.html", "../out/bob/h w/report.html"], "class")
    found = Balanced(page)
    assert [link for link in found.values("href") if link.endswith("report.html")] == [
        "../out/ann/report.html", "../out/bob/h%20w/report.html"]
    text = " ".join("".join(found.texts).split())
    for words in ("2 submissions, 1 with nothing wrong", "1 of 2", "gradient 1"):
        assert words in text
    assert "script" not in found.tags


def test_counts_are_not_broken_across_lines():
    style = as_page([CHECKED]).partition("</style>")[0]
    assert "td.n{white-space:nowrap}" in style
    assert '<td class="n">1 of 1</td>' in as_overview([graded(("value", "passed", ""))], ["ann"],
                                                      ["a.html"], "class")


def test_a_class_that_cannot_be_judged_has_a_page_all_the_same():
    broken = Record("grade", "class/<b>.py", error="no <i>such</i> file", fault="target")
    found = Balanced(as_overview([broken], ["<b>"], ["b/report.html"], "class"))
    assert "i" not in found.tags
    assert "no <i>such</i> file" in "".join(found.texts)


def test_a_long_docstring_is_folded_away_and_the_suspect_line_is_linked():
    text = 'def f(x):\n    """\n    a\n\n    b\n    """\n    return x\n'
    repair = {**REPAIR, "line": 7, "before": "x", "text": "    return x"}
    details = {**FAILED.details, "sources": [{**SOURCE, "text": text}],
               "report": {**FAILED.details["report"], "repairs": [repair]}}
    page = as_page([replace(CHECKED, items=(replace(FAILED, details=details),))])
    folded = page.partition("lines 2\u20136: docstring</summary>")[2].partition("</details>")[0]
    assert folded.count('class="l"') == 5
    assert '<a href="#dropout-L7">line 7</a>' in page
    assert 'class="l suspect" id="dropout-L7"' in page


def test_a_line_of_another_file_is_shown_and_marks_none_of_this_one():
    elsewhere = {**REPAIR, "file": "helpers.py", "text": "    return 2 * mask", "before": "2"}
    details = {**FAILED.details, "report": {**FAILED.details["report"], "repairs": [elsewhere]}}
    page = as_page([replace(CHECKED, items=(replace(FAILED, details=details),))])
    assert "l suspect\" id" not in page
    assert "helpers.py:2: return 2 * mask" in page


@pytest.mark.parametrize(("statuses", "head"), [
    (("passed", "passed"), "passed"), (("passed", "warned"), "warned"),
    (("warned", "failed"), "failed")])
def test_the_verdict_of_a_whole_is_no_better_than_that_of_any_layer(statuses, head):
    items = tuple(Item(f"f{place}", "f", status) for place, status in enumerate(statuses))
    lead = as_page([Record("check", "a.py", items)]).partition('<p class="lead">')[2]
    assert lead.startswith(f'<span class="badge {head}">{head}</span>')
