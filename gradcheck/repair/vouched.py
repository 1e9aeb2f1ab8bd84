"""Constants that the power rule vouches for, and where the factor is missing then.

In `-0.5 * (var + eps) ** -1.5` the constant and the exponent are the derivative of a power. An
edit of the constant may make every gradient right, but it is no slip of that line: a term further
down lacks the factor.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any

from gradcheck.repair import edits
from gradcheck.repair.nodes import number
from gradcheck.repair.sites import Change, Site
from gradcheck.repair.values import scaled

# How much less natural an edit of such a constant is.
LESS_NATURAL = 0.8
CHAIN = (ast.Mult, ast.Div)


def is_vouched(change: Change) -> bool:
    """Return whether an edit changes the constant of a derivative of a power, which is right."""
    site = change.first
    value = getattr(site.node, "value", None)
    if change.kind.name != "constant" or not isinstance(value, int | float):
        return False
    top: Any = site.node
    for above in site.parents:
        if not isinstance(above, ast.UnaryOp) and not (
                isinstance(above, ast.BinOp) and isinstance(above.op, CHAIN)):
            break
        top = above
    return top is not site.node and any(_is_derived(factor, abs(value)) for factor in _factors(top))


def lacking(change: Change, sites: Sequence[Site]) -> Iterator[Change]:
    """Yield the edits that give what a vouched constant lacks to a later term, the last first."""
    own, new = change.first.node, change.parts[0][1]
    if not isinstance(new, ast.Constant) or not own.value or not new.value:
        return
    factor = number(new.value / own.value)
    kind = edits.BY_NAME["factor"]
    for site in reversed(sites):
        if site.statement.lineno > change.first.statement.lineno and _is_term(site):
            yield Change(kind, ((site, scaled(site.node, ast.unparse(factor))),), change.cost)


def _factors(node: ast.expr) -> Iterator[ast.expr]:
    """Yield what is multiplied in a product, and what it is divided by as its power -1."""
    if isinstance(node, ast.UnaryOp):
        yield from _factors(node.operand)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        yield from (*_factors(node.left), *_factors(node.right))
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        yield from (*_factors(node.left), ast.BinOp(node.right, ast.Pow(), ast.Constant(-1)))
    else:
        yield node


def _is_derived(factor: ast.expr, constant: float) -> bool:
    """Whether a factor is a power by one less than a constant, or than its negative."""
    if not isinstance(factor, ast.BinOp) or not isinstance(factor.op, ast.Pow):
        return False
    try:
        exponent = ast.literal_eval(factor.right)
    except ValueError:
        return False
    if "sqrt" in ast.unparse(getattr(factor.left, "func", ast.Constant(""))):
        exponent /= 2
    return isinstance(exponent, int | float) and exponent + 1 in (constant, -constant)


def _is_term(site: Site) -> bool:
    """Whether a site is a product that is added or assigned."""
    node, above = site.node, site.parent
    added = isinstance(above, ast.BinOp) and isinstance(above.op, ast.Add | ast.Sub)
    return isinstance(node, ast.BinOp) and isinstance(node.op, CHAIN) and (added or site.is_value)
