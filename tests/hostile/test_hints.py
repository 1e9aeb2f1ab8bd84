"""What a submission can make of the second process, in which its line is looked for: nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gradcheck.grading import hints
from gradcheck.grading.remote import Judge
from gradcheck.output.record import Record
from gradcheck.output.render import FORMATS, render
from gradcheck.sandbox.sandbox import Sandbox
from tests.hostile.walls import ROOT, WALLS, course, started

__all__ = ["course"]  # a fixture

WRONG = """
import numpy as np
def relu_forward(x):
    return np.maximum(x, 0), x
def relu_backward(dout, x):
    return dout * (x < 0)
"""
# Runs where the tool is there: in the second process alone.
THERE = """
try:
    import gradcheck.target.hinting as tool
except ImportError:
    tool = None
if tool is not None:
"""
RIGHT_DIFF = (r'''"--- a\n+++ b\n@@ -6 +6 @@\n-    return dout * (x < 0)\n'''
              r'''+    return dout * (x > 0)\n"''')
FAKE = """
    def answer(module, request):
        return [{"file": "/etc/passwd", "line": %(line)s, "column": 12, "before": "dout",
                 "after": "LEAK", "diff": %(diff)s, "kind": %(kind)s, "words": "LEAK",
                 "arguments": ["LEAK IT"], "verified_at": 9, "text": "LEAK", "side": "LEAK",
                 "proof": "LEAK", "also": []}]
    tool.answer = answer
"""


def fake(line: object = 6, diff: str = "None", kind: str = "'sign'") -> str:
    return WRONG + THERE + FAKE % {"line": line, "diff": diff, "kind": kind}


LYING = {
    "prints": WRONG + THERE + "    print('LEAK')\n",
    "a line far away": fake(10**9),
    "a line that is no number": fake("'LEAK'"),
    "a kind of its own": fake(kind="'LEAK'"),
    "a diff that does not fit": fake(diff="'LEAK'"),
    "a diff that repairs nothing": fake(diff=RIGHT_DIFF.replace("x > 0)", "x < 0) # LEAK")),
    "a diff that spoils the rest": fake(diff=RIGHT_DIFF.replace(
        "return dout * (x > 0)", "raise SystemExit('LEAK')")),
    "a diff without end": fake(diff="'LEAK' * 10**7"),
    "another shape": WRONG + THERE + "    tool.answer = lambda *_: {'LEAK': ['LEAK'] * 10**5}\n",
    "no answer": WRONG + THERE + "    tool.answer = lambda *_: 1 / 0\n",
    "an object": WRONG + THERE + "    tool.answer = lambda *_: object()\n",
}
ENDING = {
    "exits": WRONG + THERE + "    import os\n    os._exit(0)\n",
    "exits when asked": WRONG + THERE + "    import os\n    tool.answer = lambda *_: os._exit(0)\n",
    "hangs": WRONG + THERE + "    import time\n    time.sleep(1000)\n",
    "hangs when asked": WRONG + THERE + "    def answer(*_):\n        while True: pass\n"
                        "    tool.answer = answer\n",
    "crashes": WRONG + THERE + "    import ctypes\n    ctypes.string_at(0)\n",
    "fills the memory": WRONG + THERE + "    x = []\n"
                        "    while True: x.append(bytearray(1 << 26))\n",
    "forges frames": WRONG + THERE + "    import os\n    for fd in range(3, 64):\n"
                     "        try: os.write(fd, b'GRAD' * 999)\n        except OSError: pass\n",
}


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge() as judge:
        yield judge


def graded(judge: Judge, folder: Path, source: str, level: int) -> Record:
    file = folder / "homework.py"
    file.write_text(source)
    return judge.record({"path": str(file), "timeout": 20.0, "seed": 1, "hints": level,
                         "memory": 512})


def outcome(record: Record) -> list[tuple[str, str, float | None]]:
    return [(item.name, item.status, item.points) for item in record.items]


WANTED = [("relu: value", "passed", 4.0), ("relu: gradient", "failed", 0.0),
          ("relu: contract", "failed", 0.0)]


def some(cases: dict[str, str], *quick: str) -> list[Any]:
    """Return the names of cases, most of them for those who have time."""
    return [name if name in quick else pytest.param(name, marks=pytest.mark.slow)
            for name in cases]


@pytest.mark.slow
@pytest.mark.parametrize("name", some(LYING, "prints", "a diff that spoils the rest", "an object"))
def test_what_a_submission_claims_of_its_line_is_not_told(
    tmp_path: Path, judge: Judge, name: str
) -> None:
    record = graded(judge, tmp_path, LYING[name], 3)
    assert outcome(record) == WANTED
    for shown in FORMATS:
        assert "LEAK" not in render(record, shown)


@pytest.mark.slow
def test_a_claim_that_holds_is_told_in_the_graders_own_words(
    tmp_path: Path, judge: Judge
) -> None:
    record = graded(judge, tmp_path, fake(diff=RIGHT_DIFF), 3)
    assert outcome(record) == WANTED
    (repair,) = record.items[1].details["repairs"]
    assert (repair["file"], repair["line"], repair["words"]) == (
        "homework.py", 6, "the opposite sign is wanted here")
    assert "LEAK" not in json.dumps(record.to_dict())


@pytest.mark.slow
@pytest.mark.parametrize("name", some(ENDING, "exits when asked"))
def test_the_end_of_the_second_process_changes_no_point(
    tmp_path: Path, judge: Judge, name: str
) -> None:
    began = time.monotonic()
    record = graded(judge, tmp_path, ENDING[name], 3)
    assert outcome(record) == WANTED
    assert (record.exit_code, record.fault) == (1, "")
    assert time.monotonic() - began < 60.0


@pytest.mark.parametrize("level", [0, 1])
def test_below_the_level_of_lines_there_is_no_second_process(
    tmp_path: Path, judge: Judge, level: int
) -> None:
    marked = WRONG + THERE + "    open('/tmp/LEAK', 'w')\n    print('LEAK')\n"
    record = graded(judge, tmp_path, marked + "else:\n    print('first')\n", level)
    assert record.output == "first\n"
    assert all("repairs" not in item.details for item in record.items)


READ = """
import numpy as np
def attempt(code):
    try: return "done: " + str(eval(code))
    except BaseException as error: return type(error).__name__
"""
REFUSED = ["__import__('layers')", "__import__('nets')", "__import__('gradcheck.reference.table')",
           "__import__('gradcheck.grading.judge')",
           *(f"open({str(ROOT / place)!r}).read()" for place in (
               "layers/affine.py", "gradcheck/reference/table.py", "gradcheck/grading/judge.py"))]


@pytest.mark.parametrize("wall", WALLS[:2])
def test_the_second_process_reads_the_tool_and_no_answers(
    course: Path, monkeypatch: pytest.MonkeyPatch, wall: str
) -> None:
    (course / "bob.py").write_text(READ)
    with hints.copied() as tools, started(course / "bob.py", wall, monkeypatch,
                                          tools=(tools,)) as sandbox:
        attempt: Any = sandbox.functions["attempt"]
        if attempt("__import__('gradcheck').__name__") != "done: gradcheck":
            pytest.skip("the folders of pytest are closed to other users")
        assert attempt("__import__('gradcheck.target.hinting').__name__") == "done: gradcheck"
        for code in REFUSED:
            assert not attempt(code).startswith("done"), code
        assert not attempt(f"open({tools + '/gradcheck/check.py'!r}, 'w')").startswith("done")
        assert not attempt("__import__('os').fork()").startswith("done")


def test_a_tool_answers_what_is_no_more_than_jsons_types(course: Path) -> None:
    (course / "bob.py").write_text(WRONG)
    with hints.copied() as tools, Sandbox(course / "bob.py", 60.0, tools=(tools,)) as sandbox:
        found = sandbox.use(hints.TOOL, {"name": "relu", "broken": [], "ignored": [], "seed": 1,
                                         "seconds": 3.0, "conventions": {}, "values": []}, 30.0)
    assert found[0]["text"] == "    return dout * (x < 0)"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["exits when asked"])
def test_that_nothing_was_found_is_noted_without_the_submissions_words(
    tmp_path: Path, judge: Judge, name: str
) -> None:
    record = graded(judge, tmp_path, ENDING[name], 2)
    assert [note for note in record.notes if "no line" in note] == [
        "no line was found for relu: the process that looks for it ended (exit code 0)"]
