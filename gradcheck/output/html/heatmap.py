"""A gradient as a map: analytic beside numeric in one scale, and where they differ.

The pictures are SVG whose colours are attributes, so that they hold where a style sheet is taken
away; the classes beside them let a page have other colours in the dark.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradcheck.output.html.layout import Layout
from gradcheck.output.html.markup import index, number, number_of, text
from gradcheck.output.html.scale import HALF, colour, ink_on, level, top_of

WRITTEN_DIGITS, WRITTEN_CHARACTERS = 3, 6
DIFFERENCE = "analytic \u2212 numeric, where they disagree"
FIGURE = "display:inline-block;vertical-align:top;margin:0 1.5em 1em 0;max-width:100%"
Number = list[float]


@dataclass(frozen=True)
class Gradients:
    """What is drawn of one argument, as a record's grid has it."""

    layout: Layout
    block: tuple[int, ...]
    analytic: Number
    numeric: Number
    states: str

    @classmethod
    def of(cls, grid: Mapping[str, Any]) -> Gradients:
        """Return a grid, its numbers unpacked; what was not computed is NaN."""
        states = str(grid["states"])
        analytic, numeric = ([number_of(value) for value in grid[key]]
                             for key in ("analytic", "numeric"))
        return cls(Layout(tuple(grid["shape"])), tuple(grid["block"]), analytic,
                   [math.nan if state == "-" else value
                    for value, state in zip(numeric, states, strict=True)], states)

    @property
    def is_wrong(self) -> bool:
        """Whether some coordinate is."""
        return "x" in self.states

    @property
    def differences(self) -> Number:
        """Analytic minus numeric where they disagree; zero where they do not."""
        return [one - other if state == "x" and one != other else 0.0
                for one, other, state in zip(self.analytic, self.numeric, self.states,
                                             strict=True)]


def maps(grid: Mapping[str, Any], label: str, worst: Sequence[int] = ()) -> str:
    """Return the maps of one argument's gradients; of a right one a single map.

    Parameters
    ----------
    grid : mapping
        As `gradcheck.grid.Grid.to_dict` returns it.
    label : str
        What the gradient is called.
    worst : sequence of int
        The coordinate that is framed.

    Examples
    --------
    >>> grid = {"shape": [2], "block": [1], "states": ".x", "analytic": [1.0, 2.0],
    ...         "numeric": [1.0, -2.0], "bound": [0.0, 0.0]}
    >>> maps(grid, "dx").count("<figure")
    3
    """
    found = Gradients.of(grid)
    place = _place(worst, found)
    top = top_of([*found.analytic, *(found.numeric if found.is_wrong else ())])
    drawn = [("analytic: from your backward", found.analytic, top)]
    if found.is_wrong:
        differences = found.differences
        drawn += [("numeric: from steps of your forward", found.numeric, top),
                  (DIFFERENCE, differences, top_of(differences))]
    figures = "".join(_figure(title, label, values, most, found, place)
                      for title, values, most in drawn)
    return f'<div class="maps">{figures}</div>{_remarks(found)}'


def _place(worst: Sequence[int], found: Gradients) -> int:
    """Return the cell that shows a coordinate; -1 where there is none."""
    shape, flat = found.layout.shape, 0
    if len(worst) != len(shape):
        return -1
    for where, size, width in zip(worst, shape, found.block, strict=True):
        flat = flat * size + int(where) // width
    return flat


def _figure(title: str, label: str, values: Number, top: float, found: Gradients, place: int
            ) -> str:
    """Return one map with its title and its scale."""
    states = ""
    if values is found.numeric:
        states = found.states.replace("x", " ").replace(".", " ")
    if title == DIFFERENCE:
        wrong, count, states = found.states.count("x"), len(found.states), found.states
        told = f"{label}: where analytic and numeric disagree, {wrong} of {count} cells"
    else:
        told = f"{label}: {title}, from {_least(values)} to {_most(values)}"
    return (f'<figure style="{FIGURE}"><figcaption>{text(title)}</figcaption>'
            f"{picture(values, top, found.layout, told, place, states)}{legend(top, values)}"
            "</figure>")


def _least(values: Number) -> str:
    return number(min((value for value in values if math.isfinite(value)), default=math.nan))


def _most(values: Number) -> str:
    return number(max((value for value in values if math.isfinite(value)), default=math.nan))


def picture(values: Number, top: float, layout: Layout, told: str, place: int = -1,
            states: str = "") -> str:
    """Return values as coloured cells, with their numbers where there is room.

    Cells of one colour are one path, which keeps a page with many maps small. Of `states`, one
    letter a cell, a dash marks a value that is not there, a full stop one that is left blank.
    """
    (width, height), (wide, high) = layout.size, layout.cell
    by_level: dict[int, list[str]] = {}
    writing = []
    for value, (x, y), state in zip(values, layout.places(), states or " " * len(values),
                                    strict=True):
        at = HALF if state == "-" else level(value, top)
        by_level.setdefault(at, []).append(f"M{x:g} {y:g}h{wide:g}v{high:g}h{-wide:g}z")
        if layout.is_written or not math.isfinite(value):
            writing.append(_written(value, state, at, x + wide / 2, y + high / 2, layout))
    cells = "".join(f'<path class="v{at}" fill="{colour(at)}" d="{"".join(paths)}"/>'
                    for at, paths in sorted(by_level.items()))
    labels = "".join(f'<text x="{x:g}" y="{y:g}" font-size="9" fill="currentColor">'
                     f"{text(label)}</text>" for x, y, label in layout.labels())
    framed = _frame(list(layout.places())[place], layout.cell) if 0 <= place < len(values) else ""
    grid = "".join(_lines(x, y, layout) for x, y in layout.corners())
    return (f'<svg role="img" aria-label="{text(told)}" width="{width + 3:g}" '
            f'height="{height + 3:g}" viewBox="-1.5 -1.5 {width + 3:g} {height + 3:g}" '
            f'style="max-width:100%;height:auto;display:block" font-family="sans-serif">'
            f"{cells}{grid}{''.join(writing)}{labels}{framed}</svg>")


def _written(value: float, state: str, at: int, x: float, y: float, layout: Layout) -> str:
    """Return the number in a cell; of what is not finite a sign, where there is no room for it."""
    if state == "-" and math.isnan(value):
        shown = "\u00b7"
    elif layout.is_written:
        shown = "" if state == "." else _fitting(value)
    else:
        shown = "!"
    if not shown:
        return ""
    size = 11 if layout.is_written else min(layout.cell[1], 9)
    ink = ink_on(colour(at))
    return (f'<text class="w{at}" x="{x:g}" y="{y + 0.35 * size:g}" font-size="{size:g}" '
            f'text-anchor="middle" fill="{ink}">{text(shown)}</text>')


def _fitting(value: float) -> str:
    """Return a number that fits into a cell."""
    for digits in range(WRITTEN_DIGITS, 0, -1):
        shown = number(value, digits)
        if len(shown) <= WRITTEN_CHARACTERS:
            return shown
    return number(f"{value:.0e}", 1).replace("e\u22120", "e\u2212").replace("e+0", "e")


def _lines(x: float, y: float, layout: Layout) -> str:
    """Return the border of a tile, and lines between cells that hold numbers."""
    wide, high = layout.cell
    width, height = layout.columns * wide, layout.rows * high
    inner = ""
    if layout.is_written:
        inner = "".join([f"M{x:g} {y + row * high:g}h{width:g}" for row in range(1, layout.rows)] +
                        [f"M{x + column * wide:g} {y:g}v{height:g}"
                         for column in range(1, layout.columns)])
    return (f'<path d="M{x:g} {y:g}h{width:g}v{height:g}h{-width:g}z{inner}" fill="none" '
            'stroke="#8a949e" stroke-width="0.6"/>')


def _frame(corner: tuple[float, float], cell: tuple[float, float]) -> str:
    (x, y), (wide, high) = corner, cell
    return (f'<rect class="worst" x="{x:g}" y="{y:g}" width="{wide:g}" height="{high:g}" '
            'fill="none" stroke="currentColor" stroke-width="2"/>')


def legend(top: float, values: Number) -> str:
    """Return the scale: which colour stands for which value."""
    if not top:
        told = "no finite value" if any(value for value in values) else "all zero"
        return f'<p class="legend" style="font-size:85%;margin:.2em 0">{told}</p>'
    step, count = 9, 2 * HALF + 1
    bars = "".join(f'<rect class="v{i}" x="{i * step}" y="0" width="{step}" height="8" '
                   f'fill="{colour(i)}"/>' for i in range(count))
    ends = "".join(f'<text x="{x}" y="19" font-size="10" fill="currentColor" '
                   f'text-anchor="{where}">{text(number(value))}</text>'
                   for x, where, value in ((0, "start", -top), (count * step / 2, "middle", 0.0),
                                           (count * step, "end", top)))
    told = f"colours from {number(-top)}, blue, over zero to {number(top)}, orange"
    return (f'<svg role="img" aria-label="{told}" width="{count * step}" height="22" '
            f'viewBox="0 0 {count * step} 22" style="max-width:100%;display:block;margin:.3em 0" '
            f'font-family="sans-serif">{bars}{ends}</svg>')


def _remarks(found: Gradients) -> str:
    """Say what cannot be seen: that cells stand for blocks, and what has no number."""
    said = []
    if any(width > 1 for width in found.block):
        block = " \u00d7 ".join(map(str, found.block))
        said.append(f"a cell shows the worst of a block of {block} coordinates")
    if "-" in found.states:
        said.append("a dot: compared along random directions, not one by one")
    if "?" in found.states:
        said.append(f"{found.states.count('?')} cells are undecided")
    if not all(map(math.isfinite, [*found.analytic, *(
            value for value, state in zip(found.numeric, found.states, strict=True)
            if state != "-")])):
        said.append("nan and inf are written, or marked with !")
    return f'<p class="soft">{text("; ".join(said))}.</p>' if said else ""


def where_worst(argument: Mapping[str, Any]) -> str:
    """Return the two values at the worst coordinate as a sentence."""
    at = f" at {index(argument['worst_index'])}" if argument["worst_index"] else ""
    return (f"{at}: analytic {number(argument['analytic'], 6)}, numeric "
            f"{number(argument['numeric'], 6)} \u00b1 {number(argument['bound'], 2)}")
