"""The grammar of edits: one table, in tiers of what they cost to try."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gradcheck.repair import bounds, grows, swaps, turns
from gradcheck.repair.sites import Change, Site

MOST_SITES = 6
LEVELS = {"any": ast.AST, "expression": ast.expr, "value": ast.expr, "statement": ast.stmt}
# How much less natural an edit inside an expression is that is for what a statement assigns.
INSIDE = 0.2
# What a deletion takes away, by what it takes it from.
TOO_MUCH: dict[type, str] = {
    **dict.fromkeys((ast.Mult, ast.Div, ast.MatMult), "there is a factor too many here"),
    **dict.fromkeys((ast.Add, ast.Sub), "there is a term too many here"),
    ast.Subscript: "there is an index too many here"}


@dataclass(frozen=True)
class Kind:
    """One kind of edit.

    Attributes
    ----------
    name : str
        Its name in reports.
    tier : int
        When it is tried; those of a lower one before.
    words : str
        What is wrong where it repairs.
    before, after : str
        An example.
    make : callable
        Yields what may stand in the place of a node.
    level : str
        Which places it is for, one of `LEVELS`; one for a 'value' is tried a tier later inside of
        what a statement assigns or returns.
    cost : float
        How unnatural it is, compared with others that repair as well.
    more, less : str
        What is wrong where the edit makes the text longer, or shorter, if that says more.
    """

    name: str
    tier: int
    words: str
    before: str
    after: str
    make: Callable[[Site], Iterator[Any]]
    level: str = "expression"
    cost: float = 1.0
    more: str = ""
    less: str = ""

    def changes(self, site: Site, tier: int | None = None) -> Iterator[Change]:
        """Yield the edits of this kind at one place, those of its own tier by default."""
        inside = self.level == "value" and not site.is_value
        fits = isinstance(site.node, LEVELS[self.level])
        if fits and (self.tier if tier is None else tier) == self.tier + inside:
            for new in self.make(site):
                yield Change(self, ((site, new),), self.cost + INSIDE * inside)

    def said(self, site: Site, before: str, after: str) -> str:
        """Return what is wrong at a place where an edit of this kind repairs it."""
        if self.make is grows.deletions:
            return TOO_MUCH.get(type(getattr(site.node, "op", site.node)), self.words)
        grown = len(after) - len(before)
        return (self.more if grown > 0 else self.less if grown < 0 else "") or self.words


KINDS = (
    Kind("operator", 0, "another operator is wanted here", "dout + mask", "dout * mask",
         swaps.operators, "any"),
    Kind("sign", 0, "the opposite sign is wanted here", "dout * x", "-(dout * x)", swaps.signs,
         cost=1.2),
    Kind("name", 0, "another variable is wanted here", "dout * x", "dout * y", swaps.names),
    Kind("constant", 0, "another constant is wanted here", "3 * x", "2 * x", swaps.constants),
    Kind("comparison", 0, "another comparison is wanted here", "x < 0", "x > 0",
         swaps.comparisons),
    Kind("axis", 0, "another axis is wanted here", "dout.sum(axis=1)", "dout.sum(axis=0)",
         turns.axes),
    Kind("keepdims", 0, "another keepdims is wanted here", "x.mean(axis=0)",
         "x.mean(axis=0, keepdims=True)", turns.keepdims, more="keepdims=True is missing here",
         less="keepdims is too much here"),
    Kind("transpose", 0, "another transpose is wanted here", "dout @ w", "dout @ w.T",
         turns.transposes, more="a transpose is missing here",
         less="there is a transpose too many here"),
    Kind("order", 0, "another order is wanted here", "dout @ x.T", "x.T @ dout", turns.orders),
    Kind("function", 0, "another function is wanted here", "np.minimum(x, 0)", "np.maximum(x, 0)",
         swaps.functions),
    Kind("deletion", 1, "something is too much here", "dout * mask * p", "dout * mask",
         grows.deletions, cost=0.9),
    Kind("slope", 1, "the derivative of a tanh or a sigmoid is missing here", "dout * c",
         "dout * c * (1 - out ** 2)", grows.slopes, cost=1.5),
    Kind("setting", 0, "a number stands here for a setting", "np.pad(x, ((1, 1), (1, 1)))",
         "np.pad(x, ((pad, pad), (pad, pad)))", swaps.settings),
    Kind("exponent", 1, "another exponent is wanted here", "x ** 3", "x ** 2", swaps.exponents),
    Kind("other-name", 1, "another variable is wanted here", "slope * slope", "slope * dout",
         swaps.other_names),
    Kind("unpacking", 1, "the cache is not unpacked", "dx = dout * x", "x, w = cache; ...",
         grows.unpackings, "statement"),
    Kind("definition", 1, "a name is not defined", "return dx", "dx = np.zeros_like(x); ...",
         grows.definitions, "statement", 1.8),
    Kind("scatter", 1, "an index that stands twice has to count twice", "dw[idx] += dout",
         "np.add.at(dw, idx, dout)", grows.scattered, "statement"),
    Kind("unread", 0, "a name that is never read is missing here", "dh * o", "dh * o + dc",
         grows.unread, cost=1.3),
    Kind("borrowed", 0, "something is missing here", "var ** -1.5", "(var + eps) ** -1.5",
         grows.borrowed, cost=1.4),
    Kind("end", 0, "an end that is counted from the back is empty at 0", "dx[p:-p]",
         "dx[p:dx.shape[0] - p]", bounds.ends, cost=1.1),
    Kind("share", 2, "the maximum alone has the gradient, and what is tied one share of it",
         "x == top", "(x == top) / np.sum(x == top, axis=1, keepdims=True)", grows.shares,
         cost=1.4),
    Kind("wider", 1, "an array is wanted here", "np.where(pos, dout, slope)",
         "np.where(pos, dout, slope * dout)", grows.wider, cost=1.5),
    Kind("bounds", 1, "another bound or index is wanted here", "dx[1:]", "dx[:-1]", bounds.bounds),
    Kind("shape", 1, "another reshape is wanted here", "x.reshape(-1, n)", "x.reshape(n, -1).T",
         bounds.shapes),
    Kind("factor", 2, "a factor is missing here", "dout * mask", "dout * mask / (1 - p)",
         grows.scalar_factors, "value", 1.5),
    Kind("array-factor", 2, "a factor is missing here", "dout", "dout * mask",
         grows.array_factors, "value", 1.6),
    Kind("term", 2, "a term is missing here", "dw", "dw + reg * w", grows.terms, "value", 2.0),
    Kind("call", 2, "a call is missing here", "dout", "np.sum(dout, axis=0)", grows.calls,
         "value", 1.7),
)
TIERS = range(4)
BY_NAME = {kind.name: kind for kind in KINDS}
# What a finding lets one try first.
STEERED = {
    "sign-flipped": ("sign", "operator"), "transposed": ("transpose", "order"),
    "missing-transpose": ("transpose", "shape"), "wrong-axis-sum": ("axis", "transpose"),
    "outputs-swapped": ("order",), "mask-inverted": ("sign", "comparison"),
    "wrong-threshold": ("constant", "comparison"), "wrong-shape": ("axis", "keepdims", "transpose"),
    "wrong-cached-value": ("name",), "scaled": ("constant", "operator"),
    "mask-mismatch": ("name", "comparison"), "raises": ("order", "transpose", "keepdims"),
    "padding-crop": ("end",),
}


def changes(sites: Sequence[Site], tier: int, codes: Sequence[str]) -> Iterator[Change]:
    """Yield the edits of a tier, those that the findings name and the nearest lines first."""
    first = [name for code in codes for name in STEERED.get(code, ())]
    kinds = sorted(KINDS, key=lambda kind: kind.name not in first)
    for score in sorted({site.place.score for site in sites}):
        near = [site for site in sites if site.place.score == score]
        for kind in kinds:
            for site in near if kind.tier <= tier <= kind.tier + 1 else ():
                yield from kind.changes(site, tier)


def statements_of(tree: ast.FunctionDef) -> list[ast.stmt]:
    """Return the statements of a function, those inside others as well."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and node is not tree]


def everywhere(sites: Sequence[Site]) -> Iterator[Change]:
    """Yield one edit at all the places where the same expression stands.

    A name for another everywhere; a bound at both ends of every slice.
    """
    groups: dict[str, list[Site]] = {}
    for site in sites:
        if isinstance(site.node, ast.expr) and not isinstance(site.node, ast.Constant):
            groups.setdefault(ast.unparse(site.node), []).append(site)
    for group in groups.values():
        if not 1 < len(group) <= MOST_SITES:
            continue
        for name in ("name", "axis", "transpose", "keepdims", "comparison", "operator",
                     "deletion", "exponent", "bounds"):
            kind = BY_NAME[name]
            made = [list(kind.changes(site)) for site in group]
            for together in zip(*made, strict=False):
                yield Change(kind, tuple(part for change in together for part in change.parts),
                             kind.cost + 0.3)
