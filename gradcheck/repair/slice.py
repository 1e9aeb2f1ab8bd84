"""Which statements a wrong gradient depends on: back from what is returned, through views."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

VIEWS = frozenset({"T", "reshape", "ravel", "transpose", "swapaxes", "view", "squeeze"})
OWN, SHARED = 0, 1


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
    steps = list(_steps(tree.body, frozenset()))
    places = set(failing)
    bad, good = set[str](), set[str]()
    returns = [node for node in ast.walk(tree) if isinstance(node, ast.Return) and node.value]
    found = [pair for node in returns
             for pair in _elements(node, wanted, int(value_first), steps)]
    for place, names in (*found, *_attributes(wanted, steps)):
        (bad if place is None or place in places else good).update(names)
    first, second = _closure(steps, bad), _closure(steps, good)
    own = {step.node: SHARED if step.node in second else OWN for step in steps
           if step.node in first}
    return {**own, **dict.fromkeys(returns, SHARED if good else OWN)}


def _elements(node: ast.Return, wanted: Sequence[str], offset: int, steps: Sequence[Step]
              ) -> Iterator[tuple[int | None, set[str]]]:
    """Yield the place of each gradient that is returned, None for all of them, and its names."""
    value = node.value
    assert value is not None
    if isinstance(value, ast.Name):  # a tuple that was given a name
        made = [step.node.value for step in steps if isinstance(step.node, ast.Assign)
                and value.id in step.writes and isinstance(step.node.value, ast.Tuple)]
        value = made[0] if len(made) == 1 else value
    entries = value.elts if isinstance(value, ast.Tuple) else [value]
    if len(entries) == len(wanted) + offset:
        yield from ((place - offset, _reads(entry)) for place, entry in enumerate(entries))
    elif isinstance(entries[-1], ast.Name) and len(entries) == 1 + offset:
        yield from ((place - offset, _reads(entry)) for place, entry in enumerate(entries[:-1]))
        yield from _keyed(entries[-1].id, wanted, steps)
    else:
        yield None, _reads(value)


def _attributes(wanted: Sequence[str], steps: Sequence[Step]
                ) -> Iterator[tuple[int | None, set[str]]]:
    """Yield what is left in the object itself, by the argument that it is called after."""
    for name in set().union(*(step.writes for step in steps)):
        if name.startswith("self."):
            own = name.removeprefix("self.")
            yield next((i for i, argument in enumerate(wanted) if own in (
                f"d{argument}", f"grad_{argument}", f"{argument}_grad")), None), {name}


def _keyed(name: str, wanted: Sequence[str], steps: Sequence[Step]
           ) -> Iterator[tuple[int | None, set[str]]]:
    """Yield the gradients in a dict by their keys; all of it where a key is not to be read."""
    written = set().union(*(step.writes for step in steps))
    for place, argument in enumerate(wanted):
        keys = {f"{name}['{key}']" for key in (argument, f"d{argument}")} & written
        if not keys:
            yield None, {name}
            return
        yield place, keys


def _steps(body: Sequence[ast.stmt], tests: frozenset[str]) -> Iterator[Step]:
    """Yield the statements of a body, those inside others as well."""
    aliases = _aliases(body)
    for node in body:
        own = [child for name, child in ast.iter_fields(node)
               if name not in ("body", "orelse", "finalbody", "handlers")]
        reads = set(tests).union(*map(_reads, own)) if own else set(tests)
        writes = _writes(node)
        changed = {aliases[name] for name in writes if name in aliases and _changes(node)}
        yield Step(node, frozenset(reads), frozenset(writes | changed))
        inner = [child for name in ("body", "orelse", "finalbody")
                 for child in getattr(node, name, [])]
        inner += [child for handler in getattr(node, "handlers", []) for child in handler.body]
        if inner and not isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield from _steps(inner, frozenset(reads | writes))


def _aliases(body: Sequence[ast.stmt]) -> dict[str, str]:
    """Return the names that are views of others: what is written into them is in those, too."""
    found = {}
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            root = _viewed(node.value)
            if root and root != node.targets[0].id:
                found[node.targets[0].id] = root
    return found


def _viewed(node: ast.expr) -> str:
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Call):
            node = node.func
            if not isinstance(node, ast.Attribute) or node.attr not in VIEWS:
                return ""
        if isinstance(node, ast.Subscript) or (
                isinstance(node, ast.Attribute) and node.attr in VIEWS):
            node = node.value
        else:
            return ""
    return node.id


def _changes(node: ast.stmt) -> bool:
    """Whether a statement writes into something, and does not only name it."""
    return isinstance(node, ast.AugAssign) or (isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Subscript) for target in node.targets))


def _closure(steps: Sequence[Step], names: set[str]) -> set[ast.stmt]:
    """Return the statements that names depend on."""
    found: set[ast.stmt] = set()
    while True:
        new = [step for step in steps if step.node not in found
               and any(_touches(written, name) for written in step.writes for name in names)]
        if not new:
            return found
        found.update(step.node for step in new)
        names = names.union(*(step.reads for step in new))


def _touches(written: str, name: str) -> bool:
    if written == name:
        return True
    shorter, longer = sorted((written, name), key=len)
    return longer.startswith(shorter) and longer[len(shorter)] in "[."


def _reads(node: object) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(_reads, node))
    if not isinstance(node, ast.AST):
        return set()
    return {_name(child) for child in ast.walk(node)
            if isinstance(child, ast.Name | ast.Subscript | ast.Attribute)} - {""} - {
                child.value.id for child in ast.walk(node)
                if isinstance(child, ast.Subscript | ast.Attribute)
                and isinstance(child.value, ast.Name) and _name(child)}


def _writes(node: ast.stmt) -> set[str]:
    targets = [child for name in ("targets", "target") for child in _listed(
        getattr(node, name, []))]
    found = set()
    for child in [entry for target in targets for entry in ast.walk(target)]:
        if isinstance(child, ast.Name | ast.Subscript | ast.Attribute) and isinstance(
                child.ctx, ast.Store):
            found.add(_name(child) or _root(child))
    if isinstance(node, ast.Expr):  # np.add.at(dx, ...), dx.fill(0), grads.update(...)
        found |= {child.id for child in ast.walk(node.value) if isinstance(child, ast.Name)}
    if isinstance(node, ast.FunctionDef):
        found.add(node.name)
    return found


def _listed(value: object) -> list[ast.expr]:
    return value if isinstance(value, list) else [value]  # type: ignore[list-item]


def _name(node: ast.expr) -> str:
    """Return 'x', "grads['W1']" or 'self.dw'; '' for what has no name of its own."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(
            node.slice.value, str) and isinstance(node.value, ast.Name):
        return f"{node.value.id}[{node.slice.value!r}]"
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and (
            node.value.id == "self"):
        return f"self.{node.attr}"
    return ""


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Subscript | ast.Attribute | ast.Starred):
        if _name(node):
            return _name(node)
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
