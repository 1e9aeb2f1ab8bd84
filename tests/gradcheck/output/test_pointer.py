"""The line of a slip is shown in every format, with a caret that stands under the expression."""

from __future__ import annotations

import json

import jsonschema
import pytest

from gradcheck.output.json import as_json
from gradcheck.output.pointer import diff_of, patch, pointer, sentence, shown
from gradcheck.output.record import Item, Record
from gradcheck.output.render import FORMATS, render
from tests.gradcheck.output.records import REPORT
from tests.gradcheck.output.schemas import valid_json, valid_sarif

REPAIR = {
    "file": "homework.py", "line": 15, "column": 12, "before": "dout * mask",
    "after": "dout * mask / (1 - p)", "kind": "factor", "arguments": ["x"], "verified_at": 3,
    "words": "a factor is missing here", "text": "    return dout * mask", "side": "backward",
    "diff": "--- a/x/homework.py\n+++ b/x/homework.py\n@@ -14,2 +14,2 @@\n     p = 0.5\n"
            "-    return dout * mask\n+    return dout * mask / (1 - p)\n"}
FINDING = {"code": "scaled", "argument": "x", "where": [[0, 1]], "message": "0.5 x numeric",
           "evidence": {}}


def record_with(**changed):
    report = {**REPORT, "findings": [FINDING], "repairs": [{**REPAIR, **changed}]}
    item = Item("dropout", "dropout", "failed", "scaled in dx", details={"report": report},
                file="homework.py", line=13)
    return Record("check", "homework.py", (item,))


def test_the_caret_stands_under_the_expression():
    line, carets = pointer(REPAIR)
    assert line[carets.index("^"):][:carets.count("^")] == "dout * mask"


ALSO = {"line": 17, "column": 5, "before": "dx", "after": "dy", "words": "another variable",
        "text": "    dx = 2"}


def test_each_line_that_is_edited_has_its_caret():
    lines = pointer({**REPAIR, "also": [ALSO]})
    assert [line.partition(": ")[2] for line in lines[::2]] == ["return dout * mask", "dx = 2"]
    assert lines[3][lines[2].index("dx"):] == "^^"


def test_two_edits_of_one_line_have_both_their_carets_under_it():
    also = {**ALSO, "line": 15, "column": 5, "before": "return", "text": REPAIR["text"]}
    line, carets = pointer({**REPAIR, "also": [also]})
    assert carets[line.index("return"):] == "^^^^^^ ^^^^^^^^^^^"


def test_what_is_wrong_in_each_line_is_said_in_one_sentence():
    said = sentence({**REPAIR, "also": [ALSO, {**ALSO, **{
        key: REPAIR[key] for key in ("before", "after", "words")}}]})
    assert "; and in line 17: another variable: `dy` for `dx`; and in line 17: the same (" in said


def test_json_with_several_places_keeps_to_its_schema():
    valid_json(as_json(record_with(also=[ALSO])))
    with pytest.raises(jsonschema.ValidationError):
        valid_json(as_json(record_with(also=[{**ALSO, "line": "17"}])))


def test_the_caret_of_an_expression_on_several_lines_ends_with_the_first():
    line, carets = pointer({**REPAIR, "before": "dout * mask\n  + more lines than there are"})
    assert len(carets) == len(line)


def test_the_text_shows_the_line_and_how_to_see_the_edit():
    shown = render(record_with(diff=None, after=""))
    assert "homework.py:15: return dout * mask\n" in shown
    assert "here; `gradcheck check --repair` shows the edit (right at 3 other" in shown
    assert "+    return" not in shown


def test_the_text_shows_a_diff_that_stands_at_the_margin():
    assert "\n--- a/homework.py\n+++ b/homework.py\n@@ -14,2 +14,2 @@\n" in render(record_with())


def test_what_is_wanted_is_said_with_what_stands_there_where_the_edit_is_told_and_short():
    assert sentence(REPAIR).startswith(
        "a factor is missing here: `dout * mask / (1 - p)` for `dout * mask` (")
    assert "`" not in sentence({**REPAIR, "diff": None})
    assert "`" not in sentence({**REPAIR, "after": "dout * mask\n / (1 - p)"})
    assert "`" not in sentence({**REPAIR, "after": "dout * mask / (1 - p)" * 2})


def test_an_edit_of_forward_begins_with_its_condition():
    said = sentence({**REPAIR, "side": "forward", "words": "another variable is wanted here"})
    assert said.startswith("if forward is what is wrong, another variable is wanted here: `")


def test_of_a_suspect_no_more_is_said_than_is_known():
    assert sentence({**REPAIR, "verified_at": 0, "kind": "suspect"}) == (
        "the slip may be here: another value of this would make every gradient right; "
        "no edit was proved")


def test_an_edit_that_is_not_proved_is_told_as_a_guess_of_its_kind():
    assert sentence({**REPAIR, "verified_at": 0, "diff": None}) == (
        "perhaps a factor is missing here; no edit was proved")


def test_where_no_edit_was_proved_none_is_offered():
    assert "--repair" not in render(record_with(verified_at=0, diff=None))


def test_every_format_names_the_line():
    lined = {name: "15" in render(record_with(), name) for name in FORMATS}
    assert all(lined[name] for name in ("text", "json", "junit", "github", "sarif")), lined


def test_json_holds_the_repair_and_keeps_to_its_schema():
    told = json.loads(as_json(record_with()))
    valid_json(as_json(record_with()))
    assert told["items"][0]["details"]["report"]["repairs"][0]["line"] == 15


def test_sarif_points_at_the_expression_and_carries_the_fix():
    result, = valid_sarif(render(record_with(), "sarif"))["runs"][0]["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 15, "startColumn": 12, "endColumn": 23}
    change, = result["fixes"][0]["artifactChanges"]
    replacement, = change["replacements"]
    assert replacement["deletedRegion"]["startLine"] == 15
    assert replacement["insertedContent"]["text"] == "    return dout * mask / (1 - p)\n"


def test_without_a_diff_sarif_has_no_fix():
    result, = valid_sarif(render(record_with(diff=None), "sarif"))["runs"][0]["results"]
    assert "fixes" not in result


def test_a_github_annotation_has_the_column():
    assert "file=homework.py,line=15,col=12," in render(record_with(), "github")


def test_a_patch_holds_the_edits_of_all_layers():
    assert patch([record_with(), record_with(diff=None)]) == "\n".join(diff_of(REPAIR)) + "\n"


def test_of_several_suspects_one_sentence_is_said_below_their_lines():
    suspect = {**REPAIR, "verified_at": 0, "kind": "suspect", "diff": None}
    (pointed, said, diff), = shown([suspect, {**suspect, "line": 9}])
    assert [line.partition(" ")[0] for line in pointed[::2]] == [
        "homework.py:15:", "homework.py:9:"]
    assert said == ("the slip may be at one of these places: another value there would make every "
                    "gradient right; no edit was proved")
    assert diff == []


def test_what_a_judge_found_of_an_edit_is_said_in_place_of_how_it_was_proved():
    told = {**REPAIR, "verified_at": 0, "proof": "with the edit, all of relu passes"}
    assert sentence({**told, "diff": None}) == f"{REPAIR['words']} ({told['proof']})"


def test_a_value_that_backward_agrees_with_is_no_half_of_a_mend_and_promises_no_edit():
    (_, said, _), = shown([{**REPAIR, "diff": None, "after": "", "side": "value-alone"}])
    assert said == (f"{REPAIR['words']} for the value; backward agrees with forward as it is, so "
                    "mend both")


def test_of_a_value_that_is_wrong_nothing_is_left_open():
    assert sentence({**REPAIR, "diff": None, "side": "value"}).startswith(REPAIR["words"])
