"""Edits of where arrays are looked at: bounds, indices, windows, other reshapes."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from gradcheck.repair.atoms import arrays, scalars
from gradcheck.repair.nodes import filled, number, parsed, remade, replaced
from gradcheck.repair.sites import Site

MOST_NUMBERS = 8


def bounds(site: Site) -> Iterator[ast.AST]:
    """Yield other bounds of a slice or a range, other offsets of an index."""
    node = site.node
    name = getattr(getattr(node, "func", None), "id", "")
    if isinstance(node, ast.Subscript):
        yield from (remade(node, slice=index) for index in _indices(site, node.slice))
    elif name == "range":
        yield from (remade(node, args=replaced(node.args, place, new))
                    for place, arg in enumerate(node.args) for new in _moved(site, arg))
        yield from site.made("reversed(_)")
    elif name == "reversed":
        yield node.args[0]


def ends(site: Site) -> Iterator[ast.AST]:
    """Yield an index whose ends are counted from the front: x[p:-p] is empty where p is 0.

    Where the end is a number, one of the whole numbers in scope may be meant as well.
    """
    node = site.node
    if not (isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name | ast.Attribute)):
        return
    entries = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    for by in (None, *_whole(site)):
        made = [_from_the_front(node.value, entries, place, by) for place in range(len(entries))]
        if any(new is not old for new, old in zip(made, entries, strict=True)):
            yield remade(node, slice=ast.Tuple(made, ast.Load()) if len(made) > 1 else made[0])


def _from_the_front(array: ast.expr, entries: Sequence[ast.expr], place: int,
                    by: ast.expr | None) -> ast.expr:
    """Return an entry of an index; of a slice `a:-b` one with the end `size - b`."""
    entry = entries[place]
    if not (isinstance(entry, ast.Slice) and isinstance(entry.upper, ast.UnaryOp)
            and isinstance(entry.upper.op, ast.USub)):
        return entry
    off = entry.upper.operand
    if by is not None and not isinstance(off, ast.Constant):
        return entry
    before = [getattr(other, "value", 0) for other in entries[:place]]
    axis = place - len(entries) if ... in before else place - before.count(None)
    upper = filled(f"array.shape[{axis}] - by", array=array, by=by or off)
    return ast.Slice(by or entry.lower, upper, entry.step)


def _whole(site: Site) -> list[ast.expr]:
    """Return the names in scope of whole numbers."""
    return [parsed(name) for name, value in site.place.scope.items()
            if isinstance(value, int | np.integer) and not isinstance(value, bool)]


def _indices(site: Site, index: ast.expr) -> Iterator[ast.expr]:
    if isinstance(index, ast.Tuple):
        for place, entry in enumerate(index.elts):
            yield from (remade(index, elts=replaced(index.elts, place, new))
                        for new in _indices(site, entry))
        yield from _together(site, index)
    elif isinstance(index, ast.Slice):
        yield from (remade(index, lower=lower) for lower in _bound(site, index.lower))
        yield from (remade(index, upper=upper) for upper in _bound(site, index.upper))
        yield from _windows(site, index)
        yield remade(index, step=number(-1) if index.step is None else None)
        if index.lower is index.upper is index.step is None:
            yield from _whole_numbers(site, 1)
    elif not (isinstance(index, ast.Constant) and not isinstance(index.value, int)):
        yield from _moved(site, index)
        yield from _whole_numbers(site, 0)


def _together(site: Site, index: ast.Tuple) -> Iterator[ast.expr]:
    """Yield an index of which all windows are moved alike."""
    bounded = [isinstance(entry, ast.Slice) and bool(entry.lower or entry.upper)
               for entry in index.elts]
    moved = [_windows(site, entry) if isinstance(entry, ast.Slice) and has_bound else (
        itertools.repeat(entry)) for entry, has_bound in zip(index.elts, bounded, strict=True)]
    yield from (remade(index, elts=list(made))
                for made in (zip(*moved, strict=False) if any(bounded) else ()))


def _whole_numbers(site: Site, dimensions: int) -> Iterator[ast.expr]:
    """Yield the arrays of whole numbers, which may be indices."""
    yield from (atom.node for atom in arrays(site.place)
                if atom.value.dtype.kind in "iu" and atom.value.ndim == dimensions)


def _windows(site: Site, index: ast.Slice) -> Iterator[ast.Slice]:
    """Yield a slice that lies elsewhere: both its ends moved, or its first one scaled in both."""
    lower, upper = index.lower, index.upper
    for by in _whole(site):
        start = filled("a * b", a=lower, b=by) if lower else by
        yield remade(index, lower=start, upper=_restarted(upper, lower, start))
        if upper is None:
            yield remade(index, lower=by, upper=filled("-b", b=by))
    if lower is not None and upper is not None:
        yield remade(index, upper=filled("a + b", a=lower, b=upper))


def _restarted(node: ast.expr | None, old: ast.expr | None, new: ast.expr) -> ast.expr | None:
    """Return an end with another start in it, or counted from the start."""
    if node is None or old is None:
        return node and filled("a + b", a=new, b=node)
    if isinstance(node, ast.BinOp):
        left, right = (_restarted(part, old, new) for part in (node.left, node.right))
        return remade(node, left=left, right=right)
    return new if ast.unparse(node) == ast.unparse(old) else node


def _bound(site: Site, bound: ast.expr | None) -> Iterator[ast.expr | None]:
    if bound is not None:
        yield from _moved(site, bound)
        yield None
        return
    for by in (*_whole(site), number(1)):
        yield from (by, filled("-b", b=by))


def _moved(site: Site, node: ast.expr) -> Iterator[ast.expr]:
    """Yield an index one further, one less, or times or plus a whole number in scope."""
    if site.place.shape(node) not in ((), None):
        return
    yield from (filled("_ + 1", _=node), filled("_ - 1", _=node))
    for atom in scalars(site.place)[:MOST_NUMBERS]:
        if isinstance(atom.value, int | np.integer) and "." not in atom.text:
            yield from (filled(text, _=node, a=atom.node) for text in ("_ * a", "_ + a", "_ - a"))


def shapes(site: Site) -> Iterator[ast.AST]:
    """Yield other orders of a reshape, or a transpose instead of one."""
    node = site.node
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            and node.func.attr == "reshape"):
        return
    args = node.args[0].elts if len(node.args) == 1 and isinstance(
        node.args[0], ast.Tuple) else node.args
    base = node.func.value
    for order in itertools.islice(itertools.permutations(args), 1, 24):
        yield remade(node, args=[ast.Tuple(list(order), ast.Load())])
    yield filled("b.T", b=base)
    shape = site.place.shape(base) or ()
    for axes in itertools.permutations(range(len(shape))) if 2 < len(shape) < 6 else ():
        turned = filled(f"b.transpose({', '.join(map(str, axes))})", b=base)
        yield remade(node, func=remade(node.func, value=turned))
    yield from (remade(node, args=[filled("a.shape", a=atom.node)]) for atom in arrays(site.place))
