"""What the sandbox says is in plain words, read from its sources: most of it is rare to provoke."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import gradcheck.sandbox
from tests.gradcheck.messages import complaints

ROOM = Path(gradcheck.sandbox.__file__).parent


def sentences(path: Path) -> Iterator[str]:
    """Yield the texts of a module that are no docstrings, what is put into them as a word."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bodies = [node.body for node in ast.walk(tree)
              if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)]
    left_out = {id(body[0].value) for body in bodies if isinstance(body[0], ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            left_out |= {id(part) for part in ast.walk(node) if part is not node}
    for node in ast.walk(tree):
        if id(node) not in left_out and isinstance(node, ast.JoinedStr | ast.Constant):
            text = _text(node)
            if " " in text.strip() and not text.isupper():
                yield text


def _text(node: ast.JoinedStr | ast.Constant) -> str:
    if isinstance(node, ast.Constant):
        return node.value.replace("{why}", "it") if isinstance(node.value, str) else ""
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "it"
                   for part in node.values)


@pytest.mark.parametrize("path", sorted(ROOM.glob("*.py")), ids=lambda path: path.stem)
def test_what_the_sandbox_says_is_in_plain_words(path):
    assert not complaints(sentences(path))


def test_there_is_something_to_read():
    said = [text for path in ROOM.glob("*.py") for text in sentences(path)]
    assert len(said) > 40
    assert any("Remedy: check the spelling" in text for text in said)
