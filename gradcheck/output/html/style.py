"""How every page of ours looks: the palette in light and dark, and the style sheet made of it."""

from __future__ import annotations

from collections.abc import Mapping

LIGHT: Mapping[str, str] = {
    "paper": "#ffffff", "surface": "#f5f7f9", "line": "#cfd6dd",
    "ink": "#1a1f26", "soft": "#545d68", "link": "#0a50b5",
    "passed": "#0d6336", "passed-tint": "#e3f4e9",
    "failed": "#a81c15", "failed-tint": "#fdeae8",
    "warned": "#7a4700", "warned-tint": "#fff1d6",
    "neutral": "#4c5560", "neutral-tint": "#eaeef2",
    "keyword": "#7a1f7d", "string": "#0b5c45", "number": "#0a50b5", "comment": "#5b6470",
    "mark": "#ffe3ad", "unrun": "#e6e9ed", "added": "#d9f2e0", "removed": "#fbdedb",
    "series": "#0a50b5", "series-2": "#a34a00",
}
DARK: Mapping[str, str] = {
    "paper": "#14171b", "surface": "#1c2026", "line": "#3d4651",
    "ink": "#e6e9ed", "soft": "#a9b3be", "link": "#8fb8ff",
    "passed": "#74d397", "passed-tint": "#16301f",
    "failed": "#ff978e", "failed-tint": "#3d1a18",
    "warned": "#f3bd6b", "warned-tint": "#382a10",
    "neutral": "#b4bdc7", "neutral-tint": "#2a3038",
    "keyword": "#dda3e8", "string": "#86d3b5", "number": "#8fb8ff", "comment": "#a3adb8",
    "mark": "#4d3a0c", "unrun": "#2b3037", "added": "#173a24", "removed": "#4a1f1d",
    "series": "#8fb8ff", "series-2": "#ffae73",
}
STATUSES = ("passed", "warned", "failed", "neutral")
TEXTS = ("ink", "soft", "link")
CODE = ("ink", "keyword", "string", "number", "comment")
CODE_GROUNDS = ("surface", "mark", "unrun", "added", "removed")
# Every colour of text with a colour that it stands on: each pair has the contrast of WCAG's AA.
ON: tuple[tuple[str, str], ...] = (
    *((text, ground) for text in TEXTS for ground in ("paper", "surface")),
    *((status, ground) for status in STATUSES for ground in ("paper", "surface", f"{status}-tint")),
    *(("ink", f"{status}-tint") for status in STATUSES),
    *((text, ground) for text in CODE for ground in CODE_GROUNDS),
)
BASE = """
*{box-sizing:border-box}
html{color-scheme:light dark;-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0;background:var(--paper);color:var(--ink);
 font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
main,header,footer,nav{max-width:68rem;margin:0 auto;padding:0 1rem}
main{padding-bottom:3rem}
h1,h2,h3,h4{line-height:1.25;text-wrap:balance;overflow-wrap:anywhere}
h1{font-size:1.7rem;margin:1.5rem 0 .5rem}
h2{font-size:1.35rem;margin:2.5rem 0 .75rem}
h3{font-size:1.08rem;margin:1.75rem 0 .5rem}
h4{font-size:1rem;margin:1.25rem 0 .4rem}
p,ul,ol,dl{margin:.5rem 0 .75rem;max-width:46rem;overflow-wrap:anywhere}
a{color:var(--link);text-underline-offset:.15em}
a:hover{text-decoration-thickness:2px}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:3px}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:.5rem;background:var(--paper);padding:.5rem 1rem;z-index:1}
.anchor{color:var(--soft);text-decoration:none;margin-left:.4rem;font-weight:400}
.anchor:hover,.anchor:focus{color:var(--link)}
code,pre,.code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
code{font-size:.9em;overflow-wrap:anywhere}
pre{margin:.5rem 0 1rem;padding:.75rem 1rem;background:var(--surface);border:1px solid var(--line);
 border-radius:8px;overflow-x:auto;font-size:.85rem;line-height:1.5;tab-size:4}
pre code{font-size:inherit;overflow-wrap:normal}
.scroll{overflow-x:auto;max-width:100%;--ground:var(--paper)}
pre{--ground:var(--surface)}
pre,.scroll{--shade:color-mix(in srgb,var(--ink) 28%,transparent);background:
 linear-gradient(90deg,var(--ground) 45%,transparent) 0 0/2.4rem 100% no-repeat local,
 linear-gradient(270deg,var(--ground) 45%,transparent) 100% 0/2.4rem 100% no-repeat local,
 linear-gradient(90deg,var(--shade),transparent) 0 0/.8rem 100% no-repeat,
 linear-gradient(270deg,var(--shade),transparent) 100% 0/.8rem 100% no-repeat,var(--ground)}
table{border-collapse:collapse;margin:.5rem 0 1rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:.4rem 1rem .4rem 0;
 border-bottom:1px solid var(--line)}
th{font-weight:600;color:var(--soft);font-size:.9rem}
td.n,th.n{text-align:right}
details{margin:.5rem 0 1rem}
summary{cursor:pointer;font-weight:600;padding:.2rem 0}
figure{margin:0}
figcaption{color:var(--soft);font-size:.9rem}
svg{max-width:100%;height:auto}
.soft{color:var(--soft)}
.badge{display:inline-block;padding:.05rem .6rem;border-radius:999px;font-weight:600;
 font-size:.85rem;line-height:1.6;vertical-align:middle;white-space:nowrap;
 color:var(--neutral);background:var(--neutral-tint)}
.passed.badge{color:var(--passed);background:var(--passed-tint)}
.warned.badge,.inconclusive.badge{color:var(--warned);background:var(--warned-tint)}
.failed.badge,.error.badge{color:var(--failed);background:var(--failed-tint)}
.kw{color:var(--keyword)}.str{color:var(--string)}.num{color:var(--number)}
.com{color:var(--comment)}
@media (max-width:480px){h1{font-size:1.4rem}h2{font-size:1.2rem}
 th,td{padding-right:.7rem}}
@media print{:root{-webkit-print-color-adjust:exact;print-color-adjust:exact}
 body{font-size:10pt}pre{white-space:pre-wrap;overflow:visible}
 pre,.scroll{background:var(--ground)}
 .skip,.anchor{display:none}h2,h3,h4{break-after:avoid}figure,tr{break-inside:avoid}
 .scroll{overflow:visible}}
"""


def stylesheet(more: str = "") -> str:
    """Return the style sheet: the palette by the reader's theme, the base, and what a page adds.

    A printed page is light, whatever the screen is.

    Parameters
    ----------
    more : str
        Rules of the page's own, which find each colour as ``var(--name)``.

    Examples
    --------
    >>> stylesheet(".note{color:var(--soft)}").strip().endswith(".note{color:var(--soft)}")
    True
    """
    return (f":root{{{variables(LIGHT)}}}\n@media screen and (prefers-color-scheme:dark)"
            f"{{:root{{{variables(DARK)}}}}}{BASE}{more}")


def variables(palette: Mapping[str, str]) -> str:
    """Return a palette as custom properties.

    >>> variables({"ink": "#000000"})
    '--ink:#000000'
    """
    return ";".join(f"--{name}:{colour}" for name, colour in palette.items())
