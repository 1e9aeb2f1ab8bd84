"""SARIF 2.1.0, the format in which code hosts and editors take what a checker found."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from gradcheck.output.plain import clean, dump
from gradcheck.output.problems import Problem, problems
from gradcheck.output.record import Record

HUNK = re.compile(r"@@ -(\d+)")
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# What the rules mean that are a status: where no finding names the cause.
STATUS_RULES = {
    "failed": "The layer is wrong; the message says where and how.",
    "inconclusive": "The numbers of the example cannot decide whether the gradient is right. A "
    "function <name>_example(rng) beside the layer chooses others.",
    "warned": "The numbers are right, and something else is to be mended.",
    "todo": "The function is not written yet. It returns None, raises NotImplementedError, or goes "
    "on with a None, at every example; -v says where.",
    "skipped": "The gradient was judged at no example. The message says what to write, or what the "
    "function needs.",
    "error": "No judgement was possible: time, memory, a crash, or a failing import.",
}


def as_sarif(records: Sequence[Record], rules: Mapping[str, str] | None = None) -> str:
    """Return the records as one SARIF log with one run.

    Parameters
    ----------
    records : sequence of Record
        One a target.
    rules : mapping, optional
        What each code of a finding and each law means; its first sentence is the rule's short
        description. A code that is not among them is described by its name.

    Returns
    -------
    str
        A result's fingerprint is made of its file, layer and rule: it stays when lines move.

    Examples
    --------
    >>> import json
    >>> from gradcheck.output.record import Item
    >>> item = Item("relu", "relu", "failed", "no", file="homework.py", line=3)
    >>> log = json.loads(as_sarif([Record("check", "homework.py", (item,))]))
    >>> log["runs"][0]["results"][0]["ruleId"]
    'failed'
    """
    found = [problem for record in records for problem in problems(record)]
    used = list(dict.fromkeys(problem.rule for problem in found))
    meanings = {**STATUS_RULES, **(rules or {})}
    driver = {"name": "gradcheck", **_version(),
              "rules": [_rule(rule, meanings.get(rule, rule)) for rule in used]}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints",
           "invocations": [_invocation(record) for record in records],
           "results": [_result(problem, used.index(problem.rule)) for problem in found]}
    return dump({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _version() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version  # slow to import

    try:
        return {"semanticVersion": version("maskgrad")}
    except PackageNotFoundError:
        return {}


def _rule(code: str, meaning: str) -> dict[str, Any]:
    first, _, _ = meaning.partition(". ")
    return {"id": code, "shortDescription": {"text": clean(first)},
            "fullDescription": {"text": clean(meaning)}, "help": {"text": clean(meaning)}}


def _invocation(record: Record) -> dict[str, Any]:
    """Say whether a target was judged to its end, and what was noted on the whole."""
    notes = [{"level": "note", "message": {"text": clean(note)}} for note in record.notes]
    return {"executionSuccessful": not record.error, "toolExecutionNotifications": notes}


def _result(problem: Problem, rule: int) -> dict[str, Any]:
    uri = _uri(problem.file)
    told = "\0".join((uri, problem.rule, problem.title))
    result: dict[str, Any] = {
        "ruleId": problem.rule, "ruleIndex": rule, "level": problem.level,
        "message": {"text": f"{problem.title}\n{problem.text}"},
        "partialFingerprints": {"gradcheck/v1": hashlib.sha256(told.encode()).hexdigest()},
    }
    if uri:
        place: dict[str, Any] = {"artifactLocation": {"uri": uri}}
        if problem.line:
            place["region"] = {"startLine": problem.line, **_columns(problem)}
        result["locations"] = [{"physicalLocation": place}]
        if problem.diff:
            result["fixes"] = [{
                "description": {"text": problem.text.splitlines()[-1]},
                "artifactChanges": [{"artifactLocation": {"uri": uri},
                                     "replacements": list(_replacements(problem.diff))}]}]
    return result


def _columns(problem: Problem) -> dict[str, int]:
    return {"startColumn": problem.column, "endColumn": max(
        problem.end_column, problem.column + 1)} if problem.column else {}


def _replacements(diff: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield what a unified diff replaces: runs of lines, and what comes in their place."""
    line, gone, new, added = 0, 0, list[str](), False
    for text in (*diff[2:], "@@ -0"):
        if text[:1] in "+-" and text[:1]:
            gone += text[0] == "-"
            new += [f"{text[1:]}\n"] if text[0] == "+" else []
            added = text[0] == "+"
            continue
        if text.startswith("\\"):  # no newline at the end of the line above
            new = [*new[:-1], new[-1].rstrip("\r\n")] if added else new
            continue
        if gone or new:
            yield {"deletedRegion": {"startLine": line, "startColumn": 1, "endLine": line + gone,
                                     "endColumn": 1},
                   "insertedContent": {"text": "".join(new)}}
        header = HUNK.match(text)
        line = int(header[1]) if header else line + gone + 1
        gone, new = 0, []


def _uri(file: str) -> str:
    """Return a path as a URI reference, relative where the path is."""
    path = PurePath(file)
    if not file or path.is_absolute():
        return path.as_uri() if file else ""
    return quote(path.as_posix())
