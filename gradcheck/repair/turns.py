"""Edits of how arrays lie: other axes, transposes, and operands in another order."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator

from gradcheck.repair.nodes import is_loaded, parsed, remade, replaced
from gradcheck.repair.sites import Site

MOST_AXES = 4
REDUCTIONS = ("sum", "mean", "max", "min", "var", "std", "prod", "argmax", "argmin", "cumsum",
              "amax", "squeeze", "expand_dims", "repeat")
# as NumPy says it, and as torch does
AXIS, KEPT = ("axis", "dim"), ("keepdims", "keepdim")


def axes(site: Site) -> Iterator[ast.AST]:
    """Yield it along another axis, several, or all."""
    node, dimensions = site.node, reduced(site)
    if dimensions is None:
        return
    given = [word for word in node.keywords if word.arg in AXIS]
    rest = [word for word in node.keywords if word.arg not in AXIS]
    place = int(_is_function(site))
    now = ([word.value for word in given] or node.args[place:] or [None])[0]
    called = given[0].arg if given else AXIS[0]
    several = (chosen for count in range(2, dimensions)
               for chosen in itertools.combinations(range(dimensions), count))
    for axis in map(str, (*range(dimensions), None, *several)):
        if axis != (ast.unparse(now) if now else "None"):
            words = [ast.keyword(called, parsed(axis))] if axis != "None" else []
            yield ast.Call(node.func, node.args if given else node.args[:place], [*words, *rest])


def reduced(site: Site) -> int | None:
    """Return how many axes there are of what a sum, a mean or a maximum is taken of."""
    node = site.node
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            and node.func.attr in REDUCTIONS):
        return None
    operand = node.args[0] if _is_function(site) and node.args else node.func.value
    shape = site.place.shape(operand)
    return min(len(shape), MOST_AXES) if shape is not None else None


def _is_function(site: Site) -> bool:
    """Whether it is np.sum(x), and not x.sum()."""
    return getattr(site.node.func.value, "id", None) == site.place.numpy


def keepdims(site: Site) -> Iterator[ast.AST]:
    """Yield it with the axis of length one kept, or dropped."""
    if reduced(site) is not None:
        words = site.node.keywords
        rest = [word for word in words if word.arg not in KEPT]
        called = KEPT[any(word.arg == AXIS[1] for word in rest)]
        kept = [ast.keyword(called, ast.Constant(True))] if len(rest) == len(words) else []
        yield remade(site.node, keywords=[*rest, *kept])


def transposes(site: Site) -> Iterator[ast.AST]:
    """Yield it with a transpose more, one less, or of other axes."""
    node = site.node
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value
    elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "transpose":
        yield from _permuted(site)
    elif is_loaded(node):
        dimensions = len(site.shape or ())
        if dimensions == 2:
            yield from site.made("_.T")
        elif 2 < dimensions < 5 and isinstance(node, ast.Name):
            order = [*range(dimensions - 2), dimensions - 1, dimensions - 2]
            yield from site.made(f"_.transpose({', '.join(map(str, order))})")
    if _product(node):
        left, right = _product(node)
        for first, second in ((_turned(left), _turned(right)), (_turned(right), _turned(left)),
                              (_turned(right), left), (right, _turned(left))):
            yield _with_operands(node, first, second)


def _permuted(site: Site) -> Iterator[ast.AST]:
    """Yield a transpose of other axes, or none."""
    node, own = site.node, site.node.args[int(_is_function(site)):]
    given = own[0].elts if own and isinstance(own[0], ast.Tuple | ast.List) else own
    if all(isinstance(axis, ast.Constant) for axis in given) and 2 < len(given) < 6:
        for order in itertools.permutations(given):
            if list(order) != list(given):
                new = list(order) if given is own else [ast.Tuple(list(order), ast.Load())]
                yield ast.Call(node.func, [*node.args[:len(node.args) - len(own)], *new], [])
    yield node.args[0] if _is_function(site) else node.func.value


def _turned(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return node.value
    return ast.Attribute(node, "T", ast.Load())


def _product(node: ast.AST) -> tuple[ast.expr, ...]:
    """Return the operands of a matrix product: a @ b, np.dot(a, b), a.dot(b)."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        return node.left, node.right
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in (
            "dot", "matmul") and 0 < len(node.args) < 3:
        return (node.func.value, *node.args)[-2:]
    return ()


def _with_operands(node: ast.expr, left: ast.expr, right: ast.expr) -> ast.expr:
    """Return a matrix product of others."""
    if isinstance(node, ast.BinOp):
        return ast.BinOp(left, node.op, right)
    assert isinstance(node, ast.Call)
    if len(node.args) == 2:
        return remade(node, args=[left, right])
    return remade(node, func=remade(node.func, value=left), args=[right])


def orders(site: Site) -> Iterator[ast.AST]:
    """Yield operands, arguments or returned values in another order."""
    node = site.node
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub | ast.Div | ast.MatMult):
        yield ast.BinOp(node.right, node.op, node.left)
    elif _product(node):
        yield _with_operands(node, *reversed(_product(node)))
    elif isinstance(node, ast.Call | ast.Tuple | ast.List):
        field = "args" if isinstance(node, ast.Call) else "elts"
        entries = getattr(node, field)
        for i, j in itertools.combinations(range(len(entries)), 2) if len(entries) < 10 else ():
            new = replaced(replaced(entries, i, entries[j]), j, entries[i])
            yield remade(node, **{field: new})
