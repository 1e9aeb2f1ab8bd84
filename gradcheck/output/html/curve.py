"""The error of the difference quotient against the step length, at one coordinate."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gradcheck.output.html.markup import details, index, number, number_of, text

WIDTH, HEIGHT = 420.0, 280.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 12.0, 46.0, 42.0
LEAST_POINTS, MOST_LABELS = 4, 7
FINEST = 2.0**-53  # of the gradient: what is no distance at all is drawn there
SUPERSCRIPTS = str.maketrans("-0123456789", "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077"
                                            "\u2078\u2079")
YOURS, NUMERIC = "series-2", "series"
COLOURS = {YOURS: "#a34a00", NUMERIC: "#0a50b5"}
TITLE = "Is the step length to blame?"
STUCK = 30.0  # times nearer comes the numeric value than the analytic one
Point = tuple[float, float]


def curve(argument: Mapping[str, Any], folded: bool = False) -> str:
    """Return the picture with a caption; '' where too few steps are known.

    Parameters
    ----------
    argument : mapping
        As `gradcheck.report.ArgumentReport.to_dict` returns it.
    folded : bool
        Whether it is folded away until it is asked for.
    """
    steps = [(number_of(step), number_of(central)) for step, central, _ in argument["steps"]]
    steps = [(step, central) for step, central in steps
             if step > 0 and math.isfinite(central)]
    yours, numeric = number_of(argument["analytic"]), number_of(argument["numeric"])
    if len(steps) < LEAST_POINTS or not math.isfinite(numeric):
        return ""
    floor = FINEST * max(abs(numeric), abs(yours) if math.isfinite(yours) else 0.0, 1e-280)
    known = [(step, max(abs(central - numeric), floor)) for step, central in steps]
    series = {NUMERIC: known}
    wrong = number_of(argument["error"]) > number_of(argument["bound"])
    if math.isfinite(yours) and wrong:
        series = {YOURS: [(step, max(abs(central - yours), floor)) for step, central in steps],
                  **series}
    told = _told(series, argument)
    figure = (f'<figure class="curve">{_picture(series, told)}'
              f"<figcaption>{text(told)}</figcaption></figure>")
    return details(TITLE, figure) if folded else f"<h4>{TITLE}</h4>{figure}"


def _told(series: Mapping[str, Sequence[Point]], argument: Mapping[str, Any]) -> str:
    """Return what the picture shows as a sentence."""
    at = f"d{argument['name']}{index(argument['worst_index'])}"
    best = min(error for _, error in series[NUMERIC])
    if YOURS not in series:
        return (f"At {at} the difference quotient comes within {number(best, 2)} of the numeric "
                "value. A wide step errs by truncation, a narrow one by rounding.")
    nearest = min(error for _, error in series[YOURS])
    if nearest > STUCK * best:
        return (f"At {at}, whatever the step, the difference quotient stays {number(nearest, 2)} "
                "or more away from your value: no step length is to blame. From the numeric value "
                f"it is {number(best, 2)} away at best.")
    return (f"At {at} the difference quotient comes within {number(nearest, 2)} of your value, and "
            f"within {number(best, 2)} of the numeric one.")


def _picture(series: Mapping[str, Sequence[Point]], told: str) -> str:
    """Return the curves over logarithmic axes."""
    xs, ys = ([math.log10(point[axis]) for points in series.values() for point in points]
              for axis in (0, 1))
    across = _Axis(min(xs), max(xs), LEFT, WIDTH - RIGHT)
    up = _Axis(min(ys), max(ys), HEIGHT - BOTTOM, TOP)
    grid = "".join([*_vertical(across), *_horizontal(up)])
    curves = "".join(_curve(name, points, across, up) for name, points in series.items())
    return (f'<svg role="img" aria-label="{text(told)}" width="{WIDTH:g}" height="{HEIGHT:g}" '
            f'viewBox="0 0 {WIDTH:g} {HEIGHT:g}" style="max-width:100%;height:auto" '
            f'font-family="sans-serif" font-size="11">{grid}{curves}{_key(series)}'
            f'<text x="{(LEFT + WIDTH - RIGHT) / 2:g}" y="{HEIGHT - 8:g}" text-anchor="middle" '
            'fill="currentColor">step length h</text></svg>')


class _Axis:
    """A logarithmic axis in decades, from a place of the picture to another."""

    def __init__(self, least: float, most: float, start: float, end: float) -> None:
        self.least, self.most = math.floor(least), max(math.ceil(most), math.floor(least) + 1)
        self.start, self.end = start, end

    def __call__(self, exponent: float) -> float:
        share = (exponent - self.least) / (self.most - self.least)
        return round(self.start + share * (self.end - self.start), 1)

    @property
    def ticks(self) -> range:
        """Some of the decades."""
        return range(self.least, self.most + 1, -(-(self.most - self.least) // MOST_LABELS))


def _power(exponent: int) -> str:
    """Return a power of ten.

    >>> _power(-3)
    '10⁻³'
    """
    return "1" if not exponent else f"10{str(exponent).translate(SUPERSCRIPTS)}"


def _vertical(axis: _Axis) -> Iterator[str]:
    for tick in axis.ticks:
        yield _line(axis(tick), TOP, axis(tick), HEIGHT - BOTTOM)
        yield (f'<text x="{axis(tick):g}" y="{HEIGHT - BOTTOM + 15:g}" text-anchor="middle" '
               f'fill="currentColor">{_power(tick)}</text>')


def _horizontal(axis: _Axis) -> Iterator[str]:
    for tick in axis.ticks:
        yield _line(LEFT, axis(tick), WIDTH - RIGHT, axis(tick))
        yield (f'<text x="{LEFT - 6:g}" y="{axis(tick) + 4:g}" text-anchor="end" '
               f'fill="currentColor">{_power(tick)}</text>')


def _line(x: float, y: float, right: float, low: float) -> str:
    return (f'<path d="M{x:g} {y:g}L{right:g} {low:g}" stroke="currentColor" '
            'stroke-opacity="0.16" fill="none"/>')


def _curve(name: str, points: Sequence[Point], across: _Axis, up: _Axis) -> str:
    """Return one curve; its marks tell it apart where colours do not."""
    places = [(across(math.log10(x)), up(math.log10(y))) for x, y in points]
    path = "M" + "L".join(f"{x:g} {y:g}" for x, y in places)
    marks = "".join(_mark(name, x, y) for x, y in places)
    return (f'<path class="s-{name}" d="{path}" fill="none" stroke="{COLOURS[name]}" '
            f'stroke-width="1.8"/>{marks}')


def _mark(name: str, x: float, y: float) -> str:
    if name == NUMERIC:
        return f'<circle class="m-{name}" cx="{x:g}" cy="{y:g}" r="2.6" fill="{COLOURS[name]}"/>'
    return (f'<rect class="m-{name}" x="{x - 2.6:g}" y="{y - 2.6:g}" width="5.2" height="5.2" '
            f'fill="{COLOURS[name]}"/>')


def _key(series: Mapping[str, Sequence[Point]]) -> str:
    """Return which curve is which."""
    words = {NUMERIC: "|difference quotient \u2212 numeric value|",
             YOURS: "|difference quotient \u2212 your analytic value|"}
    lines = []
    for row, name in enumerate(series):
        y = 10 + 16 * row
        lines.append(_mark(name, LEFT + 4, y) + f'<text x="{LEFT + 14:g}" y="{y + 4:g}" '
                     f'fill="currentColor">{words[name]}</text>')
    return "".join(lines)
