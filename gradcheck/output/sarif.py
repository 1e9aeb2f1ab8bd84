"""SARIF 2.1.0, the format in which code hosts and editors take what a checker found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from gradcheck.output.problems import Problem, problems
from gradcheck.output.record import Record

SEMANTIC = "1.0.0"  # of the rules and their names
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(records: Sequence[Record]) -> str:
    """Return the records as one SARIF log with one run.

    Parameters
    ----------
    records : sequence of Record
        One a target.

    Examples
    --------
    >>> from gradcheck.output.record import Item
    >>> item = Item("relu", "relu", "failed", "no", file="homework.py", line=3)
    >>> log = json.loads(as_sarif([Record("check", "homework.py", (item,))]))
    >>> log["runs"][0]["results"][0]["ruleId"]
    'failed'
    """
    found = [problem for record in records for problem in problems(record)]
    rules = list(dict.fromkeys(problem.rule for problem in found))
    driver = {
        "name": "gradcheck", "semanticVersion": SEMANTIC,
        "rules": [{"id": rule, "shortDescription": {"text": rule},
                   "help": {"text": f"gradcheck explain {rule}"}} for rule in rules],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints",
           "results": [_result(problem, rules.index(problem.rule)) for problem in found]}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _result(problem: Problem, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": problem.rule, "ruleIndex": rule, "level": problem.level,
        "message": {"text": f"{problem.title}\n{problem.text}"},
    }
    if problem.file:
        place: dict[str, Any] = {
            "artifactLocation": {"uri": PurePath(problem.file).as_posix().replace(" ", "%20")}}
        if problem.line:
            place["region"] = {"startLine": problem.line}
        result["locations"] = [{"physicalLocation": place}]
    return result
