"""The colours of a map: from below zero to above it, told apart also by the colour-blind."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

HALF = 8  # levels on either side of zero
ENDS = ("#1b5fae", "#b5540a")  # blue below zero, orange above
MIDDLES: Mapping[str, str] = {"light": "#f1f3f5", "dark": "#262c33"}
DARK_ENDS = ("#6db3ff", "#ffa04d")
BLACK, WHITE = "#000000", "#ffffff"


def level(value: float, top: float) -> int:
    """Return the level of a value, from 0 to 16; 8 is zero.

    Zero alone has the colour of zero: what is small has the one beside it. What is not finite has
    the colour of the largest.

    Examples
    --------
    >>> level(0.0, 2.0), level(2.0, 2.0), level(-1e-9, 2.0), level(float("nan"), 2.0)
    (8, 16, 7, 16)
    """
    if not value:
        return HALF
    share = min(abs(value) / top, 1.0) if math.isfinite(value) and top > 0 else 1.0
    steps = max(1, math.ceil(HALF * share))
    return HALF - steps if value < 0 else HALF + steps


def top_of(values: Iterable[float]) -> float:
    """Return the largest finite size; 0 where there is none.

    Examples
    --------
    >>> top_of([1.0, -3.0, float("nan")])
    3.0
    """
    return max((abs(value) for value in values if math.isfinite(value)), default=0.0)


def colour(place: int, theme: str = "light") -> str:
    """Return the colour of a level.

    Examples
    --------
    >>> colour(0), colour(8), colour(16)
    ('#1b5fae', '#f1f3f5', '#b5540a')
    """
    ends = ENDS if theme == "light" else DARK_ENDS
    end, middle = ends[place > HALF], MIDDLES[theme]
    share = (abs(place - HALF) / HALF) ** 0.85
    parts = [round((1 - share) * int(middle[i:i + 2], 16) + share * int(end[i:i + 2], 16))
             for i in (1, 3, 5)]
    return "#" + "".join(f"{part:02x}" for part in parts)


def ink_on(ground: str) -> str:
    """Return black or white, whichever is easier to read on a colour.

    Examples
    --------
    >>> ink_on("#ffffff"), ink_on("#1b5fae")
    ('#000000', '#ffffff')
    """
    return BLACK if luminance(ground) > 0.179 else WHITE


def luminance(shade: str) -> float:
    """Return the relative luminance of a colour, as WCAG defines it.

    Examples
    --------
    >>> luminance("#000000"), round(luminance("#ffffff"), 6)
    (0.0, 1.0)
    """
    parts = [int(shade[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
                        for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def rules() -> str:
    """Return the rules that give the levels their colours in the dark."""
    levels = range(2 * HALF + 1)
    dark = "".join(f".v{i}{{fill:{colour(i, 'dark')}}}.w{i}{{fill:{ink_on(colour(i, 'dark'))}}}"
                   for i in levels)
    return f"@media screen and (prefers-color-scheme:dark){{{dark}}}"
