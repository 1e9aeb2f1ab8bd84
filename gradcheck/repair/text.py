"""A change as text: what stands in the source before and after."""

from __future__ import annotations

import ast
import difflib
import io
import itertools
import tokenize
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gradcheck.repair.code import Source
from gradcheck.repair.sites import Change, Site

HOLE = "__part_{}__"
SHORT = 40
COMPOUND = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.IfExp, ast.BoolOp)


@dataclass(frozen=True)
class Replacement:
    """A stretch of a file, from (line, column) to (line, column), both from 0, and its text."""

    start: tuple[int, int]
    end: tuple[int, int]
    text: str


def edited(source: Source, changes: Iterable[Change]) -> list[str] | None:
    """Return a file's lines with the changes in them; None where they cannot be written."""
    replacements = [_replacement(source, site, new) for change in changes
                    for site, new in change.parts]
    if any(entry is None for entry in replacements):
        return None
    lines = list(source.lines)
    for entry in sorted(filter(None, replacements), key=lambda entry: entry.start, reverse=True):
        (first, left), (last, right) = entry.start, entry.end
        text = lines[first][:left] + entry.text + lines[last][right:]
        lines[first:last + 1] = text.splitlines(keepends=True)
    return lines


def shown(source: Source, lines: Sequence[str], site: Site, new: Any
          ) -> tuple[tuple[int, int], str, str]:
    """Return where an edit begins, what it replaces, and what stands there then.

    That is the expression that is edited; of one that is long, the words that change.
    """
    start, _ = position(source, site.node)
    before = segment(source, site.node)
    if isinstance(new, ast.Pass):
        return start, before, ""
    if isinstance(new, list):
        return start, before, "\n".join(before if entry is site.node else _text(source, entry)
                                        for entry in new)
    after = merged(before, _text(source, new))
    if "\n" not in before and len(before) <= SHORT:
        return start, before, after
    old, words = _tokens(before), _tokens(after)
    matcher = difflib.SequenceMatcher(None, [word for word, _ in old], [word for word, _ in words],
                                      autojunk=False)
    changed = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    if len(changed) != 1 or changed[0][0] != "replace" or len(old) < 2:
        return start, before, after
    _, i, j, k, m = changed[0]
    skipped = "".join(gap + word for word, gap in old[:i]) + old[i][1]
    line = start[0] + skipped.count("\n")
    column = len(skipped.rpartition("\n")[2]) + (0 if "\n" in skipped else start[1])
    return (line, column), _joined(old[i:j]), _joined(words[k:m])


def _joined(words: Sequence[tuple[str, str]]) -> str:
    return "".join(gap + word for word, gap in words).strip()


def position(source: Source, node: Any) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return where a node begins and ends, in characters."""
    first, last = node.lineno - 1, node.end_lineno - 1
    return ((first, _character(source.lines[first], node.col_offset)),
            (last, _character(source.lines[last], node.end_col_offset)))


def segment(source: Source, node: Any) -> str:
    """Return a node's own text."""
    (first, left), (last, right) = position(source, node)
    if first == last:
        return source.lines[first][left:right]
    return "".join([source.lines[first][left:], *source.lines[first + 1:last],
                    source.lines[last][:right]])


def _character(line: str, offset: int) -> int:
    """Return a column in characters; the parser counts bytes."""
    return len(line.encode()[:offset].decode(errors="ignore"))


def _replacement(source: Source, site: Site, new: Any) -> Replacement | None:
    start, end = position(source, site.node)
    if isinstance(new, list):
        margin = source.lines[start[0]][:start[1]]
        if margin.strip():
            return None
        texts = [segment(source, entry) if entry is site.node else _text(source, entry)
                 for entry in new]
        return Replacement(start, end, f"\n{margin}".join(texts))
    if isinstance(new, ast.Pass):
        alone = isinstance(site.holder, list) and len(site.holder) == 1
        whole = not source.lines[start[0]][:start[1]].strip() and not (
            source.lines[end[0]][end[1]:].strip())
        if whole and not alone:
            return Replacement((start[0], 0), (end[0], len(source.lines[end[0]])), "")
        return Replacement(start, end, "pass")
    if isinstance(new, ast.Tuple) and not segment(source, site.node).startswith("("):
        text = _text(source, new).removeprefix("(").removesuffix(")")
        return Replacement(start, end, merged(segment(source, site.node), text))
    text = merged(segment(source, site.node), _text(source, new))
    if isinstance(new, COMPOUND) and _binds(site, new) and not _enclosed(source, start, end):
        text = f"({text})"
    return Replacement(start, end, text)


def merged(before: str, after: str) -> str:
    r"""Return the new text with the author's own line breaks and parentheses, where it may be.

    >>> merged("a\n + b  +  c", "a - b + c")
    'a\n - b  +  c'
    """
    wanted = _dumped(f"({after})")
    pieces = _pieces(_tokens(before), _tokens(after))
    if not pieces or not wanted:
        return after
    for place, (own, other) in enumerate(pieces):  # what need not change stays
        kept = [*pieces[:place], (own, own), *pieces[place + 1:]]
        if own != other and _dumped(_whole(kept)) == wanted:
            pieces = kept
    return _whole(pieces)[1:-1].strip() if _dumped(_whole(pieces)) == wanted else after


def _pieces(old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]]
            ) -> list[tuple[str, str]]:
    """Return stretches of the old words, each with what stands there then."""
    pieces: list[tuple[str, str]] = []
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


def _whole(pieces: Sequence[tuple[str, str]]) -> str:
    return "(" + "".join(piece for _, piece in pieces) + ")"


def _tokens(text: str) -> list[tuple[str, str]]:
    """Return the words of an expression, each with the white space before it."""
    found, end = [], 0
    lines = list(itertools.accumulate((len(line) for line in text.splitlines(True)), initial=0))
    try:
        for token in tokenize.generate_tokens(io.StringIO(f"({text})").readline):
            start = lines[token.start[0] - 1] + token.start[1] - (token.start[0] == 1)
            if token.string.strip() and 0 <= start < len(text):
                found.append((token.string, text[end:start]))
                end = start + len(token.string)
    except (tokenize.TokenError, IndexError, SyntaxError):
        return []
    return found


def _binds(site: Site, new: ast.AST) -> bool:
    """Whether a new operator needs parentheses where it comes to stand."""
    if not isinstance(site.parent, ast.BinOp | ast.UnaryOp | ast.Compare | ast.Attribute
                      | ast.Subscript | ast.Call | ast.BoolOp):
        return False
    if isinstance(site.parent, ast.Call) and site.node is not site.parent.func:
        return False
    if isinstance(site.parent, ast.Subscript) and site.node is not site.parent.value:
        return False
    inner = ast.Name(HOLE.format("x"), ast.Load())
    parent: Any = _with(site.parent, site.node, inner)
    whole = ast.unparse(_with(site.parent, site.node, new))
    return ast.unparse(parent).replace(inner.id, ast.unparse(new)) != whole


def _enclosed(source: Source, start: tuple[int, int], end: tuple[int, int]) -> bool:
    """Whether the author has put parentheses around a stretch himself."""
    before = "".join([*source.lines[:start[0]], source.lines[start[0]][:start[1]]]).rstrip()
    after = "".join([source.lines[end[0]][end[1]:], *source.lines[end[0] + 1:]]).lstrip()
    return before.endswith("(") and after.startswith(")")


def is_faithful(source: Source, lines: Sequence[str]) -> bool:
    """Whether the edited text says what the tree says as it now stands."""
    try:
        whole = ast.parse("".join(lines))
    except (SyntaxError, ValueError):
        return False
    body = [node for node in source.tree.body if hasattr(node, "lineno") and not _is_added(node)]
    wanted = list(map(ast.dump, body))
    return any(wanted == [ast.dump(entry) for entry in node.body] for node in ast.walk(whole)
               if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
               and node.name == source.tree.name) or (
        source.tree.name == "<lambda>" and any(
            wanted == [ast.dump(ast.Return(node.body))] for node in ast.walk(whole)
            if isinstance(node, ast.Lambda)))


def _is_added(node: ast.stmt) -> bool:
    """Whether a statement only keeps free names in the code."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Constant) and (
        node.test.value is False)


def _with(parent: ast.AST, old: ast.AST, new: ast.AST) -> Any:
    fields: dict[str, Any] = {}
    for name, value in ast.iter_fields(parent):
        if isinstance(value, list):
            fields[name] = [new if entry is old else entry for entry in value]
        else:
            fields[name] = new if value is old else value
    return type(parent)(**fields)


def _text(source: Source, new: Any) -> str:
    """Return the text of a new node, with the author's own text for what is his."""
    if isinstance(new, ast.Tuple) and any(isinstance(entry, ast.Slice) for entry in new.elts):
        return ", ".join(map(ast.unparse, new.elts))  # an index, which is no expression by itself
    kept: list[ast.AST] = []
    plain = ast.unparse(ast.fix_missing_locations(_with_holes(new, kept)))
    wanted = ast.dump(ast.parse(ast.unparse(new)))
    for form in ("{}", "({})"):
        text = plain
        for place, node in enumerate(kept):
            own = segment(source, node)
            text = text.replace(HOLE.format(place), form.format(own) if isinstance(
                node, COMPOUND) else own)
        if _dumped(text) == wanted:
            return text
    return ast.unparse(new)


def _dumped(text: str) -> str:
    try:
        return ast.dump(ast.parse(text))
    except SyntaxError:
        return ""


def _with_holes(node: Any, kept: list[ast.AST]) -> Any:
    """Return a tree in which each part that is the author's is a name for it."""
    if isinstance(node, ast.expr) and not getattr(node, "is_new", False) and hasattr(
            node, "lineno"):
        context = getattr(node, "ctx", ast.Load())
        if isinstance(node, ast.Tuple | ast.Slice | ast.Starred):
            return node
        kept.append(node)
        return ast.Name(HOLE.format(len(kept) - 1), context)
    if isinstance(node, list):
        return [_with_holes(entry, kept) for entry in node]
    if not isinstance(node, ast.AST):
        return node
    return type(node)(**{name: _with_holes(value, kept) for name, value in ast.iter_fields(node)})

