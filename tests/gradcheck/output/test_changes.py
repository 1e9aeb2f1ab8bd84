"""What is said to have changed between two judgements."""

import pytest

from gradcheck.output.changes import changes
from gradcheck.output.record import Item, Record


def item(status, *codes, laws=()):
    findings = [{"code": code, "argument": "w", "message": "no"} for code in codes]
    broken = [{"name": law, "status": "failed", "message": "no"} for law in laws]
    return Item("affine", "affine", status, "no", details={
        "report": {"findings": findings}, "laws": broken})


@pytest.mark.parametrize(("before", "after", "told"), [
    ([item("passed")], [item("passed")], []),
    ([item("failed", "scaled")], [item("failed", "scaled")], []),
    ([item("failed", "scaled")], [item("passed")], ["affine: failed -> passed"]),
    ([item("todo")], [item("failed", "scaled")], ["affine: todo -> failed: scaled in dw"]),
    ([item("failed", "scaled")], [item("failed", "transposed")],
     ["affine: still failed, now transposed in dw; no more scaled in dw"]),
    ([item("failed", "scaled", "transposed")], [item("failed", "scaled")],
     ["affine: still failed, no more transposed in dw"]),
    ([item("failed", laws=["rate"])], [item("failed", laws=["rate", "values"])],
     ["affine: still failed, now values"]),
    ([], [item("warned", "dout-mutated")], ["affine: is new, warned: dout-mutated in dw"]),
    ([item("passed")], [], ["affine: is not there any more"]),
])
def test_what_became_of_a_function(before, after, told):
    found = changes([Record("check", "a.py", tuple(before))], [Record("check", "a.py",
                                                                      tuple(after))])
    assert [text for text, _ in found] == told
    assert [status for _, status in found] == [*(entry.status for entry in after)][:len(found)] or (
        not after)


def test_functions_of_several_files_are_told_with_their_files():
    right, wrong = item("passed"), item("failed")
    before = [Record("check", "a.py", (right,)), Record("check", "b.py", (right,))]
    after = [Record("check", "a.py", (right,)), Record("check", "b.py", (wrong,))]
    assert changes(before, after) == [("b.py: affine: passed -> failed", "failed")]


def test_a_hostile_name_stays_on_its_line():
    [(text, _)] = changes([], [Record("check", "a.py", (Item("a\nb\x1b[31m", "a", "passed"),))])
    assert "\n" not in text
    assert "\x1b" not in text
