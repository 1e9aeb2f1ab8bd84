"""A target that has found the way to the checker's own process can end itself, and no more."""

from __future__ import annotations

import io
import json
import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gradcheck import check_all
from gradcheck.target import process
from gradcheck.target.process import Process
from gradcheck.target.remote import Remote
from gradcheck.target.settings import Settings
from gradcheck.target.sources import Source

DONE = '{"done": true}\n'
WAYS = {
    "no JSON": "b'hello\\n'",
    "nested too deeply": "b'[' * 10**6 + b'\\n'",
    "no object": "b'[]\\n'",
    "no UTF-8": "b'\\xff\\n'",
    "no item": "b'{}\\n'",
    "an item of nothing": "b'{\"item\": {}}\\n'",
    "a number beyond all": "b'{\"item\": ' + b'9' * 5000 + b'}\\n'",
}


class Answering(Process):
    """A process of which only the answer is there."""

    def __init__(self, answer: str) -> None:
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._left = process.MOST
        self._hand_on(io.StringIO(answer))

    def lines(self) -> Iterator[str | None]:
        """Yield what was handed on."""
        while not self._lines.empty():
            yield self._lines.get()


@pytest.mark.parametrize(("answer", "lines"), [
    (DONE, [DONE, None]),
    ("x" * 99, [None]),  # cut short
    ("x" * 100 + "\n" + DONE, [None]),
    (DONE * 50, [DONE] * 7 + [None]),
])
def test_no_more_is_taken_than_an_answer_can_be(
        monkeypatch: pytest.MonkeyPatch, answer: str, lines: list[str | None]) -> None:
    monkeypatch.setattr(process, "MOST", 100)
    assert list(Answering(answer).lines()) == lines


PLAN = {"entries": [["relu", "relu", "a.py", 1]], "notes": [], "names": ["relu"]}


class Told:
    """A process that replies the same to everything."""

    def __init__(self, replies: list[Any]) -> None:
        self.replies, self.printed = replies, self

    def ask(self, request: object, seconds: float) -> Iterator[Any]:
        """Yield the replies."""
        yield from self.replies

    def taken(self, who: str) -> str:
        """Return nothing."""
        return ""

    def end(self) -> None:
        """End nothing."""


@pytest.mark.parametrize("replies", [
    [], [PLAN, PLAN], [{}], [{**PLAN, "entries": 3}], [{**PLAN, "entries": [["relu"]]}],
    [{**PLAN, "entries": [["relu", "relu", "a.py", "one"]]}], [{**PLAN, "notes": None}],
    [{**PLAN, "names": 3}],
    [{"error": "no", "fault": "mine"}], [{"error": "no", "fault": []}], [{"error": "no"}],
], ids=json.dumps)
def test_a_plan_of_another_form_ends_the_import(
        monkeypatch: pytest.MonkeyPatch, replies: list[Any]) -> None:
    monkeypatch.setattr("gradcheck.target.remote.Process", lambda memory: Told(replies))
    from gradcheck.target.errors import TargetError

    with pytest.raises(TargetError, match="cannot be read"):
        Remote(Source("file", "a.py"), Settings()).load()


@pytest.mark.slow
@pytest.mark.parametrize("text", WAYS.values(), ids=WAYS)
def test_a_function_that_answers_in_our_place_is_an_error_and_the_next_is_judged(
        tmp_path: Path, text: str) -> None:
    file = tmp_path / "mal.py"
    file.write_text(f"""
import os
def mal_forward(x):
    os.write(91, {text})
    return 2 * x, None
def mal_backward(dout, cache): return 2 * dout
def right_forward(x): return 2 * x, None
def right_backward(dout, cache): return 2 * dout
""")
    record = check_all(str(file))
    assert [(item.name, item.status, item.fault) for item in record.items] == [
        ("mal", "error", ""), ("right", "passed", "")]
