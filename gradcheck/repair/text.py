"""A change as text: what stands in the source before and after."""

from __future__ import annotations

import ast
import difflib
import io
import itertools
import tokenize
from collections.abc import Iterable, Sequence
from typing import Any

from gradcheck.repair.code import Source
from gradcheck.repair.sites import Change, Site

SHORT = 40
COMPOUND = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.IfExp, ast.BoolOp)
Words = list[tuple[str, str]]


def edited(source: Source, changes: Iterable[Change]) -> list[str] | None:
    """Return a file's lines with the changes in them; None where they cannot be written.

    With the author's own line breaks if it may be, and with parentheses if it must be.
    """
    parts = _outermost([part for change in changes for part in change.parts])
    for own, held in itertools.product((True, False), repeat=2):
        lines = _written(source, parts, own, not held)
        if _is_faithful(source, lines):
            return lines
    return None


def _outermost(parts: Sequence[tuple[Site, Any]]) -> list[tuple[Site, Any]]:
    """Return the parts of an edit without those that stand in what another one puts there."""
    inside = [{child for entry in (new if isinstance(new, list) else [new])
               for child in ast.walk(entry)} for _, new in parts]
    return [part for i, part in enumerate(parts) if not any(
        part[1] in held for j, held in enumerate(inside) if i != j and not isinstance(
            part[1], list))]


def _written(source: Source, parts: Iterable[tuple[Site, Any]], own: bool, held: bool
             ) -> list[str]:
    lines = list(source.lines)
    for site, new in sorted(parts, key=lambda part: position(source, part[0].node), reverse=True):
        (first, left), (last, right) = position(source, site.node)
        before, margin = segment(source, site.node), lines[first][:left]
        if isinstance(new, list):
            text = f"\n{margin}".join(before if entry is site.node else ast.unparse(entry)
                                      for entry in new)
        else:
            text = merged(before, _unparsed(before, new)) if own else _unparsed(before, new)
            text = f"({text})" if held and isinstance(new, COMPOUND) else text
        text = margin + text + lines[last][right:]
        lines[first:last + 1] = io.StringIO(text).readlines()
    return lines


def _unparsed(before: str, new: ast.AST) -> str:
    """Return the text of new source, a tuple in parentheses only where it has some already."""
    text = ast.unparse(new)
    if isinstance(new, ast.Tuple) and not before.startswith("("):
        return text.removeprefix("(").removesuffix(")")
    return text


def shown(source: Source, site: Site, new: Any) -> tuple[tuple[int, int], str, str]:
    """Return where an edit begins, what it replaces, and what stands there then.

    That is the expression that is edited; of one that is long, the words that change.
    """
    start, before = position(source, site.node)[0], segment(source, site.node)
    if isinstance(new, list):
        return start, before, "\n".join(before if entry is site.node else ast.unparse(entry)
                                        for entry in new)
    after = _unparsed(before, new)
    pieces = _merged(before, after)
    changed = [i for i, (own, other) in enumerate(pieces) if own != other]
    if len(before) > SHORT and len(changed) == 1 and all(
            part.strip() for part in pieces[changed[0]]):
        own, other = pieces[changed[0]]
        skipped = "".join(piece for piece, _ in pieces[:changed[0]])
        skipped += own[:len(own) - len(own.lstrip())]
        line = start[0] + skipped.count("\n")
        column = len(skipped.rpartition("\n")[2]) + (0 if "\n" in skipped else start[1])
        return (line, column), own.strip(), other.strip()
    return start, before, merged(before, after)


def position(source: Source, node: Any) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return where a node begins and ends, in characters."""
    first, last = node.lineno - 1, node.end_lineno - 1
    return ((first, _character(source.lines[first], node.col_offset)),
            (last, _character(source.lines[last], node.end_col_offset)))


def segment(source: Source, node: Any) -> str:
    """Return a node's own text."""
    (first, left), (last, right) = position(source, node)
    lines = [*source.lines[first:last], source.lines[last][:right]]
    return "".join([lines[0][left:], *lines[1:]])


def _character(line: str, offset: int) -> int:
    """Return a column in characters; the parser counts bytes."""
    return len(line.encode()[:offset].decode(errors="ignore"))


def merged(before: str, after: str) -> str:
    r"""Return the new text with the author's own line breaks and parentheses, where it may be.

    >>> merged("a\n + (b  +  c)", "a - (b + c)")
    'a\n - (b  +  c)'
    """
    pieces = _merged(before, after)
    return "".join(other for _, other in pieces).strip() if pieces else after


def _merged(before: str, after: str) -> Words:
    """Return stretches of the text, each with what stands there then; none where it may not be."""
    wanted = _dumped(after)
    pieces = _pieces(_tokens(before), _tokens(after))
    if not wanted or _dumped("".join(other for _, other in pieces)) != wanted:
        return []
    changed = [i for i, (own, other) in enumerate(pieces) if own != other]
    for places in itertools.combinations_with_replacement(changed[:8], 2):  # a pair of parentheses
        kept = [(own, own if i in places else other) for i, (own, other) in enumerate(pieces)]
        if _dumped("".join(other for _, other in kept)) == wanted:
            pieces = kept  # what need not change stays
    return pieces


def _pieces(old: Words, new: Words) -> Words:
    """Return stretches of the old words, each with what stands there then."""
    pieces: Words = []
    matcher = difflib.SequenceMatcher(None, [word for word, _ in old], [word for word, _ in new],
                                      autojunk=False)
    for what, i, j, k, m in matcher.get_opcodes():
        words = list(old[i:j])
        if what == "equal" and j - i > 1 and old[i][0] in ("+", "-"):  # a sign, or an operator now
            words[1] = (old[i + 1][0], new[k + 1][1])
        own, other = ("".join(gap + word for word, gap in part) for part in (words, new[k:m]))
        if what == "equal":
            if pieces and "\n" not in old[i][1]:
                own = new[k][1] + own.lstrip()
            other = own
        elif what == "replace" and old[i][1] and new[k][1]:
            other = old[i][1] + other.lstrip()
        pieces.append((own, other))
    return pieces


def _tokens(text: str) -> Words:
    """Return the words of an expression, each with the white space before it."""
    found, end = [], 0
    lines = list(itertools.accumulate((len(line) for line in io.StringIO(text)), initial=0))
    try:
        for token in tokenize.generate_tokens(io.StringIO(f"({text})").readline):
            start = lines[token.start[0] - 1] + token.start[1] - (token.start[0] == 1)
            if token.string.strip() and 0 <= start < len(text):
                found.append((token.string, text[end:start]))
                end = start + len(token.string)
    except (tokenize.TokenError, IndexError, SyntaxError):
        return []
    return found


def _dumped(text: str) -> str:
    try:
        return ast.dump(ast.parse(f"({text})"))
    except SyntaxError:
        return ""


def _is_faithful(source: Source, lines: Sequence[str]) -> bool:
    """Whether the edited text says what the tree says as it now stands."""
    try:
        whole = ast.parse("".join(lines))
    except (SyntaxError, ValueError):
        return False
    name = source.tree.name
    wanted = [ast.dump(node) for node in source.tree.body if not _is_added(node)]
    return any(
        wanted == [ast.dump(entry) for entry in node.body] for node in ast.walk(whole)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name) or any(
        wanted == [ast.dump(ast.Return(node.body))] for node in ast.walk(whole)
        if name == "<lambda>" and isinstance(node, ast.Lambda))


def _is_added(node: ast.stmt) -> bool:
    """Whether a statement only keeps free names in the code."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Constant) and (
        node.test.value is False)
