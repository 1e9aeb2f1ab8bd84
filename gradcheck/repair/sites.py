"""Places of a tree that can be edited, what is known of their values, and changes of them."""

from __future__ import annotations

import ast
import builtins
import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradcheck.foreign import as_array, is_namespace
from gradcheck.repair.code import Source
from gradcheck.repair.nodes import filled
from gradcheck.repair.trace import Run
from gradcheck.repair.where import Known, Where, is_pure

LEFT_ALONE = (ast.While, ast.Assert, ast.Raise, ast.Import, ast.ImportFrom, ast.FunctionDef,
              ast.ClassDef, ast.Global, ast.Nonlocal, ast.Delete, ast.With)


@dataclass(eq=False)
class Site:
    """A node of a tree, where it hangs, and the statement around it.

    Attributes
    ----------
    holder, key
        The node's parent and the name of the field, or the list that holds it and its index.
    node : ast.AST
        The node.
    statement : ast.stmt
        The statement that it belongs to.
    parents : tuple of ast.AST
        The nodes between them, the innermost first.
    place : Where
        What is known where it stands.
    is_nested : bool
        Whether it is no statement of the function's own body.
    """

    holder: Any
    key: Any
    node: Any
    statement: ast.stmt
    parents: tuple[ast.AST, ...]
    place: Where
    is_nested: bool = True

    @property
    def parent(self) -> ast.AST:
        """The node above."""
        return self.parents[0] if self.parents else self.statement

    @property
    def shape(self) -> tuple[int, ...] | None:
        """The shape of what it is worth, None for what is no number or array."""
        return self.place.shape(self.node)

    def made(self, *templates: str, **parts: ast.expr) -> Iterator[Any]:
        """Yield templates with the node as `_`, and with NumPy under the name that it has here."""
        alias = self.place.numpy
        for template in templates:
            if alias or "np." not in template:
                yield filled(template, _=self.node, np=ast.Name(alias, ast.Load()), **parts)

    @property
    def is_value(self) -> bool:
        """Whether it is all that a statement assigns or returns, or an element of it."""
        above = [node for node in self.parents
                 if not isinstance(node, ast.Tuple | ast.IfExp | ast.Dict)]
        return not above and isinstance(self.statement, ast.Assign | ast.AugAssign | ast.Return)


def sites_of(source: Source, run: Run, scores: Mapping[ast.stmt, int],
             known: Known | None = None) -> Iterator[Site]:
    """Yield the places of a function that matter, its statements and what is in them."""
    alias = _alias(run.names)
    known = replace(known or Known(), unused=_unused(source.tree),
                    undefined=_undefined(source.tree, run.names))
    above = Where({}, run.names, alias, known=known)
    for site in _of_body(source.tree.body, run, scores, above):
        site.is_nested = site.holder is not source.tree.body
        yield site


def _alias(names: Mapping[str, Any]) -> str:
    """Return the name of NumPy, or of the framework that stands for it; '' where there is none."""
    found = [name for name, value in names.items() if is_namespace(value)]
    plain = [name for name in found if names[name] is np]
    foreign = [name for name in found if names[name] is not np]
    return next(iter([*foreign, *plain]), "")


def _unused(tree: ast.FunctionDef) -> frozenset[str]:
    """Return the names that are given a value and never read; in a loop, for its next round."""
    found = {arg.arg for arg in tree.args.args} - _named(tree, ast.Load)
    for node in ast.walk(tree):
        if node is tree or isinstance(node, ast.For | ast.While):
            found |= _named(node, ast.Store) - _named(node, ast.Load)
    return frozenset(found)


def _undefined(tree: ast.FunctionDef, names: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names that are read and never given a value, in order."""
    held = {arg.arg for arg in ast.walk(tree.args) if isinstance(arg, ast.arg)}
    known = {*held, *names, *vars(builtins), *_named(tree, ast.Store)}
    return tuple(sorted(_named(tree, ast.Load) - known))


def _named(tree: ast.AST, context: type[ast.expr_context]) -> set[str]:
    return {node.id for node in ast.walk(tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, context)}


def _of_body(body: list[ast.stmt], run: Run, scores: Mapping[ast.stmt, int], above: Where
             ) -> Iterator[Site]:
    for index, node in enumerate(body):
        scope = run.scope_of(node.lineno, _own_end(node)) if hasattr(node, "lineno") else None
        if scope is None or isinstance(node, LEFT_ALONE):
            continue
        if node in scores:
            where = replace(above, scope=scope, score=scores[node], values={}, atoms={},
                            index=tuple(_indices(node, above.index)))
            _remember(node, where, run)
            yield Site(body, index, node, node, (), where)
            if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
                yield from _inside(node, node, (), where)
        inner = replace(above, index=(*above.index, node.target.id)) if isinstance(
            node, ast.For) and isinstance(node.target, ast.Name) else above
        for name in ("body", "orelse", "finalbody"):
            yield from _of_body(getattr(node, name, []), run, scores, inner)


def _indices(node: ast.stmt, loops: tuple[str, ...]) -> Iterator[str]:
    """Yield the indices that a statement writes at, and those of the loops around it."""
    if loops:
        yield ", ".join(loops)
    for target in getattr(node, "targets", [getattr(node, "target", None)]):
        if isinstance(target, ast.Subscript) and is_pure(target.slice):
            yield ast.unparse(target.slice).removeprefix("(").removesuffix(")")


def _remember(node: ast.stmt, where: Where, run: Run) -> None:
    """Note what an assignment gave that is not to be computed again, such as a drawn mask."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and not is_pure(
            node.value):
        where.values[node.value] = as_array(run.end.get(node.targets[0].id))


def _own_end(node: ast.stmt) -> int:
    """Return the last line of a statement without those inside it."""
    body = getattr(node, "body", None)
    return max(node.lineno, body[0].lineno - 1) if body else node.end_lineno or node.lineno


def _inside(node: ast.AST, statement: ast.stmt, parents: tuple[ast.AST, ...], where: Where
            ) -> Iterator[Site]:
    """Yield the expressions below a node."""
    for name, value in ast.iter_fields(node):
        if name in ("body", "orelse", "finalbody", "handlers") and not isinstance(node, ast.IfExp):
            continue
        held = ((value, i, entry) for i, entry in enumerate(value)) if isinstance(
            value, list) else [(node, name, value)]
        for holder, key, child in held:
            if not isinstance(child, ast.expr | ast.keyword | ast.Slice):
                continue
            if isinstance(child, ast.Call) and _is_left_alone(child):
                continue
            if isinstance(child, ast.expr):
                yield Site(holder, key, child, statement, parents, where)
            if not isinstance(child, ast.Lambda | ast.JoinedStr):
                yield from _inside(child, statement, (child, *parents), where)


def _is_left_alone(call: ast.Call) -> bool:
    """Whether what a call does must not be tried with other arguments."""
    return any(isinstance(node, ast.Attribute) and node.attr in ("as_strided", "random")
               for node in ast.walk(call.func)) or (
        isinstance(call.func, ast.Name) and call.func.id in ("as_strided", "print", "open"))


@dataclass(eq=False)
class Change:
    """One edit: what stands at some places instead.

    Attributes
    ----------
    kind : Kind
        Whose edit it is.
    parts : tuple of (Site, new)
        Each place and its new node; a list of statements in the place of one.
    cost : float
        The less natural, the more.
    """

    kind: Any
    parts: tuple[tuple[Site, Any], ...]
    cost: float = 0.0

    @property
    def first(self) -> Site:
        """The place that is shown."""
        return self.parts[0][0]

    def copied(self) -> Change:
        """Return the change with nodes of its own, in which a second one may be made."""
        parts = ((site, copy.deepcopy(new, {id(site.node): site.node})) for site, new in self.parts)
        return replace(self, parts=tuple(parts))

    def after(self, first: Change) -> Change | None:
        """Return the change as it is made in a tree in which another one was made; None if not.

        What that one put in the place of a node may hold the same nodes, and elsewhere.
        """
        parts = []
        for site, new in self.parts:
            for other, made in first.parts:
                if site.node in ast.walk(other.node):
                    spot = None if isinstance(made, list) else _found_in(made, site.node)
                    if spot is None or site.node is other.node:
                        return None
                    site = replace(site, holder=spot[0], key=spot[1])
            parts.append((site, new))
        return replace(self, parts=tuple(parts))

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Have the tree changed."""
        done = []
        try:
            for site, new in self.parts:
                for entry in new if isinstance(new, list) else [new]:
                    placed(entry, site.node)
                done.append(_put(site, new))
            yield
        finally:
            for undo in reversed(done):
                undo()


def _found_in(tree: ast.AST, wanted: ast.AST) -> tuple[Any, Any] | None:
    """Return what holds a node in a tree, and where; None where it is not in it."""
    for node in ast.walk(tree):
        for name, value in ast.iter_fields(node):
            if value is wanted:
                return node, name
            if isinstance(value, list) and any(entry is wanted for entry in value):
                return value, 0
    return None


def _put(site: Site, new: Any) -> Any:
    holder, key, old = site.holder, site.key, site.node
    if isinstance(new, list):
        # an edit before this one may have moved it
        index = next(i for i, entry in enumerate(holder) if entry is old)
        holder[index:index + 1] = new
        return lambda: holder.__setitem__(slice(index, index + len(new)), [old])
    if isinstance(holder, list):
        index = next((i for i, entry in enumerate(holder) if entry is old), key)
        holder[index] = new
        return lambda: holder.__setitem__(index, old)
    setattr(holder, key, new)
    return lambda: setattr(holder, key, old)


def placed(new: ast.AST, old: ast.AST) -> None:
    """Give new nodes the position of the old one; parts of the old tree keep theirs."""
    if hasattr(new, "lineno"):
        return
    if isinstance(new, ast.expr | ast.stmt | ast.keyword):
        new.lineno, new.col_offset = old.lineno, old.col_offset  # type: ignore[attr-defined]
        new.end_lineno = getattr(old, "end_lineno", None)
        new.end_col_offset = getattr(old, "end_col_offset", None)
        new.is_new = True  # type: ignore[union-attr]
    for child in ast.iter_child_nodes(new):
        placed(child, old)
