"""Which statements a wrong gradient depends on: back from what is returned, through views."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

VIEWS = frozenset({"T", "reshape", "ravel", "transpose", "swapaxes", "view", "squeeze"})
BODIES = ("body", "orelse", "finalbody", "handlers")
AT, OWN, SHARED = -1, 0, 1


@dataclass(frozen=True)
class Step:
    """A statement, the names that it reads, writes and changes, and what decides whether it runs.

    A key or an attribute of a name is a name of its own, such as ``grads['W1']`` and ``self.dw``.
    """

    node: ast.stmt
    reads: frozenset[str]
    writes: frozenset[str]


def scores(tree: ast.FunctionDef, wanted: Sequence[str], failing: Iterable[int],
           value_first: bool = False) -> dict[ast.stmt, int]:
    r"""Return the statements that failing gradients depend on, 1 where right ones do as well.

    Parameters
    ----------
    tree : ast.FunctionDef
        The function.
    wanted : sequence of str
        The names of the arguments to differentiate, in the order of their gradients.
    failing : iterable of int
        The places of those whose gradients are wrong.
    value_first : bool
        Whether a value is returned before them, which is right.

    Examples
    --------
    >>> tree, = ast.parse("def f(dout, x):\n dx = dout\n dw = x\n return dx, dw").body
    >>> [(step.lineno, score) for step, score in scores(tree, ["x", "w"], [1]).items()]
    [(3, 0), (4, 1)]
    """
    steps, places = list(_steps(tree.body, frozenset())), set(failing)
    bad, good = set[str](), set[str]()
    bad.update(name for step in steps for name in step.writes if name.startswith("self."))
    returns = [node for node in ast.walk(tree) if isinstance(node, ast.Return) and node.value]
    found = [pair for node in returns for pair in _returned(
        node, wanted, int(value_first), steps)]
    for place, names in found:
        (bad if place is None or place in places else good).update(names)
    first, second = _closure(steps, bad), _closure(steps, good)
    own = {step.node: SHARED if step.node in second else OWN for step in steps
           if step.node in first}
    return {**own, **dict.fromkeys(returns, SHARED if good else OWN)}


def behind(tree: ast.FunctionDef, line: int) -> dict[ast.stmt, int]:
    r"""Return the statement at a line, where backward raises, and those that it depends on.

    >>> tree, = ast.parse("def f(dout, x):\n a = x\n b = dout\n return b + 1").body
    >>> [(step.lineno, score) for step, score in behind(tree, 4).items()]
    [(3, 0), (4, -1)]
    """
    steps = list(_steps(tree.body, frozenset()))
    at = [step for step in steps if step.node.lineno <= line <= (step.node.end_lineno or line)]
    found = _closure(steps, set(at[-1].reads if at else ()))
    return {**dict.fromkeys(found, OWN), **{step.node: AT for step in at[-1:]}}


def _returned(node: ast.Return, wanted: Sequence[str], before: int, steps: Sequence[Step]
              ) -> Iterator[tuple[int | None, set[str]]]:
    """Yield the place of each gradient that is returned, None for all of them, and its names."""
    value = node.value
    made = [step.node.value for step in steps if isinstance(step.node, ast.Assign)
            and getattr(value, "id", "") in step.writes and isinstance(step.node.value, ast.Tuple)]
    value = made[0] if len(made) == 1 else value  # a tuple that was given a name
    entries = value.elts if isinstance(value, ast.Tuple) else [value]
    if len(entries) == before + len(wanted):
        yield from ((place - before, _reads(entry)) for place, entry in enumerate(entries))
        return
    yield from ((-1, _reads(entry)) for entry in entries[:-1])
    written = set[str]().union(*(step.writes for step in steps))
    for place, argument in enumerate(wanted):  # a dict of them
        keys = {f"{getattr(entries[-1], 'id', '')}['{key}']" for key in (argument, f"d{argument}")}
        yield (place, keys & written) if keys & written else (None, _reads(entries[-1]))


def _steps(body: Sequence[ast.AST], tests: frozenset[str]) -> Iterator[Step]:
    """Yield the statements of a body, those inside others as well."""
    aliases = {node.targets[0].id: _root(node.value) for node in body if isinstance(
        node, ast.Assign) and isinstance(node.targets[0], ast.Name)}
    for node in body:
        own = [child for name, child in ast.iter_fields(node) if name not in BODIES]
        reads, writes = tests.union(*map(_reads, own)), _writes(node)
        if isinstance(node, ast.AugAssign) or any(isinstance(target, ast.Subscript)
                                                  for target in getattr(node, "targets", ())):
            writes |= {aliases[name] for name in writes if aliases.get(name)}
        if isinstance(node, ast.stmt):
            yield Step(node, reads, frozenset(writes))
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            for name in BODIES:
                yield from _steps(getattr(node, name, []), reads | writes)


def _closure(steps: Sequence[Step], names: set[str]) -> set[ast.stmt]:
    """Return the statements that names depend on."""
    found: set[ast.stmt] = set()
    while True:
        new = [step for step in steps if step.node not in found
               and any(_touches(written, name) for written in step.writes for name in names)]
        if not new:
            return found
        found |= {step.node for step in new}
        names = names.union(*(step.reads for step in new))


def _touches(written: str, name: str) -> bool:
    """Whether one is the other, or a part of it."""
    shorter, longer = sorted((written, name), key=len)
    return longer.startswith(shorter) and longer[len(shorter):][:1] in ("", "[", ".")


def _reads(node: object) -> set[str]:
    """Return the names in a part of a tree, an entry in the place of what it is an entry of."""
    if isinstance(node, list):
        return set[str]().union(*map(_reads, node))
    found = [child for child in ast.walk(node) if _name(child)] if isinstance(
        node, ast.AST) else []
    return {_name(child) for child in found} - {_name(child.value) for child in found
                                                if isinstance(child, ast.Subscript | ast.Attribute)}


def _writes(node: ast.AST) -> set[str]:
    """Return the names that a statement gives a value, or changes by a call."""
    targets = [*getattr(node, "targets", ()), getattr(node, "target", None)]
    found = {_root(child) for target in targets if target for child in ast.walk(target)
             if isinstance(getattr(child, "ctx", None), ast.Store)}
    if isinstance(node, ast.Expr):  # np.add.at(dx, ...), dx.fill(0), grads.update(...)
        found |= {child.id for child in ast.walk(node.value) if isinstance(child, ast.Name)}
    return (found | {getattr(node, "name", None) or ""}) - {""}


def _name(node: object) -> str:
    """Return 'x', "grads['W1']" or 'self.dw'; '' for what has no name of its own."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(
            node.slice.value, str) and isinstance(node.value, ast.Name):
        return f"{node.value.id}[{node.slice.value!r}]"
    if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "self":
        return f"self.{node.attr}"
    return ""


def _root(node: Any) -> str:
    """Return the name of what an expression is, a part or a view of; '' where it is none."""
    while not _name(node):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in VIEWS:
            node = node.func
        elif isinstance(node, ast.Subscript | ast.Starred | ast.Attribute):
            node = node.value
        else:
            return ""
    return _name(node)
