"""Every breach that is reported has a sentence, and every sentence is some breach's."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import gradcheck
from gradcheck import check_layer
from gradcheck.contract.breach import Breach
from gradcheck.findings.registry import rules
from gradcheck.findings.told import told

ROOM = Path(gradcheck.__file__).parent
REPORTS = ("add", "note_exception", "Breach")
CODES = {"CODE": "value-differs"}


def reported() -> Iterator[tuple[str, str]]:
    """Yield the (code, how) of every breach in the sources that report any."""
    for path in [*(ROOM / "contract").glob("*.py"), *(ROOM / "target").glob("*.py"),
                 ROOM / "run/session.py"]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for call in ast.walk(tree):
            if isinstance(call, ast.Call):
                yield from _reported_by(call, tree)
    for path in (ROOM / "findings").glob("*/*.py"):  # a rule's own, which the rule's code names
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and name_of(call) == "breach":
                yield from ((path.stem.replace("_", "-"), how) for how in literals(call.args[1]))


def _reported_by(call: ast.Call, tree: ast.AST) -> Iterator[tuple[str, str]]:
    name = name_of(call)
    if name == "unstable":
        yield from ((name, how) for how in literals(call.args[0]))
    if name not in REPORTS or len(call.args) < 2:
        return
    named = CODES.get(getattr(call.args[0], "id", ""))
    codes = ["raises"] if name == "note_exception" else (
        [named] if named else literals(call.args[0]))
    hows = call.args[1]
    for how in literals(hows) or assigned(tree, getattr(hows, "id", "")):
        yield from ((code, how) for code in codes)


def name_of(call: ast.Call) -> str:
    """Return the last part of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def assigned(tree: ast.AST, name: str) -> list[str]:
    """Return the strings that a name may stand for."""
    return [word for node in ast.walk(tree) if isinstance(node, ast.Assign)
            and name in [getattr(target, "id", "") for target in node.targets]
            for word in literals(node.value)]


def literals(node: ast.AST) -> list[str]:
    return [child.value for child in ast.walk(node)
            if isinstance(child, ast.Constant) and isinstance(child.value, str)]


def test_every_breach_has_a_sentence_and_every_sentence_is_some_breachs():
    sentences = {(code, how) for code, rule in rules().items() for how in rule.breaches}
    assert set(reported()) == sentences


def test_a_breach_is_told_with_its_facts_as_evidence_and_lists_by_their_first_entries():
    changed = [f"cache[{i}]" for i in range(5)]
    finding = told(Breach("cache-mutated", "written", facts={"changed": changed}))
    assert finding.message == ("backward changed cache[0], cache[1], cache[2], so a second "
                               "backward sees other values. Remedy: copy before writing.")
    assert finding.to_dict()["evidence"] == {"changed": changed}


def raises_with_a_remedy(dout, x):
    raise ValueError("p: got 2; expected p < 1. Remedy: pass 1 - p.")


@pytest.mark.parametrize(("backward", "remedies"), [
    (raises_with_a_remedy, ["pass 1 - p"]), (lambda dout, x: 1 / 0, ["divide by what cannot be 0"]),
])
def test_an_exception_that_brings_a_remedy_gets_no_second_one(backward, remedies):
    message = check_layer(lambda x: (x * x, x), backward, np.ones(3)).findings[0].message
    assert message.count("Remedy: ") == len(remedies)
    assert remedies[0] in message
