"""Edits of how arrays lie: other axes, transposes, and operands in another order."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator

from gradcheck.repair.atoms import parsed
from gradcheck.repair.sites import Site

MOST_AXES = 4
# as NumPy says it, and as torch does
AXIS, KEPT = ("axis", "dim"), ("keepdims", "keepdim")


def axes(site: Site) -> Iterator[ast.AST]:
    """Yield it along another axis, several, or all."""
    node = site.node
    dimensions = reduced(site)
    if dimensions is None:
        return
    given = next((word for word in node.keywords if word.arg in AXIS), None)
    rest = [word for word in node.keywords if word.arg not in AXIS]
    called = given.arg if given else AXIS[0]
    place = 1 if _is_function(site) else 0
    args = node.args if given is not None else node.args[:place]
    now = given.value if given else node.args[place] if len(node.args) > place else None
    text = ast.unparse(now) if now is not None else "None"
    for axis in _axis_texts(dimensions):
        if axis != text:
            words = [ast.keyword(called, parsed(axis))] if axis != "None" else []
            yield ast.Call(node.func, list(args), [*words, *rest])


def _axis_texts(dimensions: int) -> Iterator[str]:
    yield from map(str, range(dimensions))
    yield "None"
    for count in range(2, dimensions):
        for chosen in itertools.combinations(range(dimensions), count):
            yield f"({', '.join(map(str, chosen))})"


def reduced(site: Site) -> int | None:
    """Return how many axes there are of what a sum, a mean or a maximum is taken of."""
    node = site.node
    reductions = ("sum", "mean", "max", "min", "var", "std", "prod", "argmax", "argmin", "cumsum",
                  "amax", "squeeze", "expand_dims")
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            and node.func.attr in reductions):
        return None
    operand = node.args[0] if _is_function(site) and node.args else node.func.value
    shape = site.place.shape(operand)
    return min(len(shape), MOST_AXES) if shape is not None else None


def _is_function(site: Site) -> bool:
    """Whether it is np.sum(x), and not x.sum()."""
    func = site.node.func
    return isinstance(func.value, ast.Name) and func.value.id == site.place.numpy


def keepdims(site: Site) -> Iterator[ast.AST]:
    """Yield it with the axis of length one kept, or dropped."""
    node = site.node
    if reduced(site) is None:
        return
    rest = [word for word in node.keywords if word.arg not in KEPT]
    if len(rest) == len(node.keywords):
        called = KEPT[any(word.arg == AXIS[1] for word in rest)]
        rest = [*rest, ast.keyword(called, ast.Constant(True))]
    yield ast.Call(node.func, node.args, rest)


def transposes(site: Site) -> Iterator[ast.AST]:
    """Yield it with a transpose more, one less, or of other axes."""
    node = site.node
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and (
            node.func.attr == "transpose"):
        yield from _permuted(site)
    elif isinstance(node, ast.expr) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        yield from _transposed(node, len(site.place.shape(node) or ()))
    if isinstance(node, ast.BinOp | ast.Call) and _product(node):
        left, right = _product(node)  # type: ignore[misc]
        for first, second in ((_turned(left), _turned(right)), (_turned(right), _turned(left))):
            yield _with_operands(node, first, second)
        yield _with_operands(node, _turned(right), left)
        yield _with_operands(node, right, _turned(left))


def _transposed(node: ast.expr, dimensions: int) -> Iterator[ast.AST]:
    """Yield a matrix with its axes exchanged, or the matrices of a stack."""
    if dimensions == 2:
        yield ast.Attribute(node, "T", ast.Load())
    elif 2 < dimensions < 5 and isinstance(node, ast.Name):
        order = [*range(dimensions - 2), dimensions - 1, dimensions - 2]
        yield ast.Call(ast.Attribute(node, "transpose", ast.Load()),
                       [parsed(str(axis)) for axis in order], [])


def _permuted(site: Site) -> Iterator[ast.AST]:
    node = site.node
    function = _is_function(site)
    args = node.args[function:]
    axes_of = args[0].elts if args and isinstance(args[0], ast.Tuple | ast.List) else args
    if all(isinstance(axis, ast.Constant) for axis in axes_of) and 2 < len(axes_of) < 6:
        for order in itertools.permutations(axes_of):
            if list(order) != list(axes_of):
                new: list[ast.expr] = list(order)
                if axes_of is not args:
                    new = [ast.Tuple(new, ast.Load())]
                yield ast.Call(node.func, [*node.args[:function], *new], [])
    yield node.args[0] if function else node.func.value


def _turned(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return node.value
    return ast.Attribute(node, "T", ast.Load())


def _product(node: ast.expr) -> tuple[ast.expr, ast.expr] | None:
    """Return the operands of a matrix product: a @ b, np.dot(a, b), a.dot(b)."""
    if isinstance(node, ast.BinOp):
        return (node.left, node.right) if isinstance(node.op, ast.MatMult) else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in (
            "dot", "matmul"):
        if len(node.args) == 2:
            return node.args[0], node.args[1]
        if len(node.args) == 1:
            return node.func.value, node.args[0]
    return None


def _with_operands(node: ast.expr, left: ast.expr, right: ast.expr) -> ast.expr:
    if isinstance(node, ast.BinOp):
        return ast.BinOp(left, node.op, right)
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Attribute)
    if len(node.args) == 2:
        return ast.Call(node.func, [left, right], node.keywords)
    return ast.Call(ast.Attribute(left, node.func.attr, ast.Load()), [right], node.keywords)


def orders(site: Site) -> Iterator[ast.AST]:
    """Yield operands, arguments or returned values in another order."""
    node = site.node
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub | ast.Div | ast.MatMult):
        yield ast.BinOp(node.right, node.op, node.left)
    elif isinstance(node, ast.Call) and _product(node):
        left, right = _product(node)  # type: ignore[misc]
        yield _with_operands(node, right, left)
    elif isinstance(node, ast.Call) and len(node.args) > 1:
        for i, j in itertools.combinations(range(len(node.args)), 2):
            yield ast.Call(node.func, _exchanged(node.args, i, j), node.keywords)
    elif isinstance(node, ast.Tuple | ast.List) and 2 <= len(node.elts) <= 9:
        for i, j in itertools.combinations(range(len(node.elts)), 2):
            yield type(node)(_exchanged(node.elts, i, j), node.ctx)


def _exchanged(entries: list[ast.expr], i: int, j: int) -> list[ast.expr]:
    new = list(entries)
    new[i], new[j] = new[j], new[i]
    return new
