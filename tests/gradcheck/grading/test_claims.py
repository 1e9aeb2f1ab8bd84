"""What a submission's process claims of its line: nothing that cannot be, and none of its words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gradcheck.grading.claims import ClaimError, applied, claims, lines_of

LINES = ["def f(dout, x):\n", "    return dout * (x < 0)\n"]
DIFF = "--- a\n+++ b\n@@ -1,2 +1,2 @@\n {}+    return dout * (x > 0)\n".format(
    LINES[0] + "-" + LINES[1])
TOLD: dict[str, Any] = {
    "file": "a.py", "line": 2, "column": 20, "before": "x < 0", "after": "x > 0", "diff": DIFF,
    "kind": "comparison", "words": "another comparison is wanted here", "arguments": ["x"],
    "verified_at": 3, "text": "whatever", "side": "backward", "also": []}


def claimed(**more: Any) -> list[Any]:
    return list(claims([{**TOLD, **more}], Path("a.py"), LINES))


def test_an_edit_that_fits_is_taken_with_the_files_own_text() -> None:
    (claim,) = claimed()
    assert claim.edited == LINES[0] + "    return dout * (x > 0)\n"
    assert claim.repair.text == LINES[1].rstrip("\n")
    assert (claim.repair.before, claim.repair.after) == ("x < 0", "x > 0")
    assert claim.repair.verified_at == 0
    assert claim.repair.only_line().diff is None


@pytest.mark.parametrize("more", [
    {"line": 3}, {"line": 0}, {"line": -1}, {"line": True}, {"line": "2"}, {"line": 10**30},
    {"line": None}, {"column": 0}, {"column": 99}, {"before": 7}, {"before": "x" * 10**5},
    {"kind": "a hint"}, {"kind": []}, {"kind": "suspect"}, {"diff": 5}, {"diff": "x" * 10**5},
    {"diff": ""}, {"diff": DIFF.replace("-    return", "-    yield")},
    {"diff": DIFF.replace("@@ -1,2", "@@ -9,2")}, {"diff": "\n\n+" + "\n+".join("x" * 40)},
    {"diff": "\n\n@@ -1 +1 @@\n!"}, {"also": 3}, {"also": [{"line": 9}]},
], ids=lambda more: str(more)[:40])
def test_what_cannot_be_is_left_out(more: dict[str, Any]) -> None:
    assert claimed(**more) == []


@pytest.mark.parametrize("told", [None, 5, "x", {}, [None], [[]], [{}], [5] * 10**4])
def test_what_is_no_list_of_repairs_claims_nothing(told: Any) -> None:
    assert list(claims(told, Path("a.py"), LINES)) == []


def test_words_come_from_the_table_of_edits() -> None:
    (claim,) = claimed(words="write return dout * (x > 0)")
    assert claim.repair.words == "another comparison is wanted here"


def test_a_text_that_is_not_there_is_replaced_by_the_line() -> None:
    (claim,) = claimed(before="write x > 0", after="the answer is 42", side="?", arguments=["a b"])
    assert (claim.repair.column, claim.repair.before) == (5, LINES[1].strip())
    assert (claim.repair.after, claim.repair.side, claim.repair.arguments) == ("", "backward", ())


def test_the_diff_that_is_shown_is_made_of_the_two_texts() -> None:
    (claim,) = claimed(diff=DIFF.replace("--- a\n+++ b", "write x > 0\nsee above"))
    assert claim.repair.diff.startswith("--- a/a.py\n+++ b/a.py\n@@ ")


def test_a_suspect_has_neither_edit_nor_words() -> None:
    (claim,) = claimed(kind="suspect", diff=None, words="write x > 0", after="x > 0")
    assert (claim.edited, claim.repair.words, claim.repair.after) == (None, "", "")


@pytest.mark.parametrize(("lines", "diff", "want"), [
    (["a\n", "b"], "@@ -2 +2 @@\n-b\n\\ No newline at end of file\n+c", ["a\n", "c\n"]),
    (["a\n", "b\n"], "@@ -1,0 +2 @@\n+x", ["a\n", "x\n", "b\n"]),
    (["a\n", "b\n"], "@@ -2 +1,0 @@\n-b", ["a\n"]),
    (["a\n", "b\n", "c\n"], "@@ -1 +1 @@\n-a\n+A\n@@ -3 +3 @@\n-c\n+C", ["A\n", "b\n", "C\n"]),
    (["a\n"], "@@ -1 +1 @@\n-a\r\n+b\r", ["b\n"]),
])
def test_a_diff_is_applied(lines: list[str], diff: str, want: list[str]) -> None:
    assert applied(lines, f"---\n+++\n{diff}\n") == want


def test_hunks_do_not_go_back() -> None:
    with pytest.raises(ClaimError):
        applied(["a\n", "b\n"], "\n\n@@ -2 +2 @@\n-b\n+c\n@@ -1 +1 @@\n-a\n+b\n")


def test_a_file_that_is_no_text_has_no_lines(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"\xef\xbb\xbfx = 1\r\ny = '\x0c'\rz")
    assert lines_of(tmp_path / "a.py") == ["x = 1\n", "y = '\x0c'\n", "z"]
    (tmp_path / "b.py").write_bytes(b"\xff")
    with pytest.raises(ClaimError):
        lines_of(tmp_path / "b.py")
