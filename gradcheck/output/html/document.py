"""A whole document: one file that asks for nothing else, in which no script runs."""

from __future__ import annotations

from gradcheck.output.html.markup import text
from gradcheck.output.html.scale import rules
from gradcheck.output.html.style import stylesheet

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
PAGE = """
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);
 white-space:nowrap}
.lead{font-size:1.05rem}
.facts{color:var(--soft);font-size:.92rem;margin:.25rem 0 .75rem;max-width:none}
.layer{border-top:1px solid var(--line);margin-top:2.25rem}
.layer h2{margin-top:1.5rem}.layer .layer{border:0;margin-top:1rem}
.said{border-left:4px solid var(--neutral);background:var(--neutral-tint);
 padding:.7rem 1rem;border-radius:0 8px 8px 0;margin:.75rem 0 1.25rem;max-width:52rem}
.failed>.said,.error>.said{border-color:var(--failed);background:var(--failed-tint)}
.warned>.said,.inconclusive>.said{border-color:var(--warned);background:var(--warned-tint)}
.said p{margin:.2rem 0;max-width:none}
.said .what{font-size:1.05rem}
.said .remedy{margin-top:.5rem}.said .what:not(:first-child){margin-top:1rem}
.said .aside{font-size:.88rem;margin-top:.5rem}
.said pre{background:none;border:0;padding:.25rem 0;margin:.25rem 0}
.sources{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));
 gap:0 1.25rem}
.sources>div{min-width:0}.sources{align-items:start}
.sources .facts{margin:.5rem 0 .25rem}
.source,pre.diff{padding:.6rem 0;max-height:44rem;overflow:auto}
.source{margin:.25rem 0 1rem;background:var(--surface);border:1px solid var(--line);
 border-radius:8px;font-size:.85rem;line-height:1.5}
.lines,pre.diff code{display:block}
.lines details{margin:0}
.lines summary{color:var(--soft);font-weight:400;padding:0 1rem 0 .9rem}
.l{display:block;position:relative;white-space:pre-wrap;overflow-wrap:anywhere;
 padding:0 1rem 0 1.6rem;text-indent:-1.1rem}
.source .l{padding-left:6em;text-indent:-5.5em}
.l .no{display:inline-block;min-width:4.2em;padding-right:.5em;text-align:right;text-indent:0;
 white-space:pre;color:var(--soft);user-select:none}
.l.suspect{background:var(--mark)}
.l.suspect .no,.l.unrun .no{color:var(--ink)}
.l.unrun{background:var(--unrun)}
.l mark{background:none;color:inherit;border-bottom:2px solid var(--failed);font-weight:700}
.l.added{background:var(--added)}.l.removed{background:var(--removed)}
.key{display:inline-block;padding:0 .35rem;border-radius:3px;color:var(--ink)}
.key.suspect{background:var(--mark)}.key.unrun{background:var(--unrun)}
.maps{margin:.5rem 0}
.maps figcaption{margin-bottom:.35rem;color:var(--ink);font-weight:600;font-size:.88rem}
.curve{margin:.5rem 0 1rem;max-width:46rem}
.s-series{stroke:var(--series)}.s-series-2{stroke:var(--series-2)}
.m-series{fill:var(--series)}.m-series-2{fill:var(--series-2)}
.extent{display:grid;grid-template-columns:minmax(9rem,max-content) 1fr;gap:.3rem 1.25rem;
 font-size:.92rem;max-width:60rem}
.extent dt{color:var(--soft)}.extent dd{margin:0;min-width:0;overflow-wrap:anywhere}
.extent ol,.extent details{margin:0}.extent ol{padding-left:1.4rem}
.laws,.advice{padding-left:1.2rem}.laws li,.advice li{margin:.35rem 0}
.advice{font-size:.94rem}
td.n{white-space:nowrap}
td code{overflow-wrap:normal}.share{white-space:nowrap}.share svg{max-width:none}
.verdicts th[scope=row]{color:inherit;font-weight:500;font-size:1rem}
footer{color:var(--soft);font-size:.85rem;padding-bottom:2rem}
@media (max-width:480px){.wide{display:none}.extent{grid-template-columns:1fr;gap:0}
 .extent dd{margin-bottom:.6rem}}
@media print{.source,pre.diff{max-height:none;overflow:visible}
 .source,pre.diff,.said{-webkit-box-decoration-break:clone;box-decoration-break:clone}
 .said,.edit,pre.diff,.source.short,.l{break-inside:avoid}
 .facts,.maps figcaption{break-after:avoid}
 .maps figure{max-width:31%!important;margin-right:2%!important}
 .curve svg{max-width:22rem}.key a{color:inherit}}
"""


def document(title: str, main: str, footer: str = "") -> str:
    """Return a page.

    Parameters
    ----------
    title : str
        What the window is called.
    main, footer : str
        Its content, as HTML.

    Examples
    --------
    >>> document("homework.py", "<p>all is well</p>").count("<script")
    0
    """
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="referrer" '
        'content="no-referrer"><link rel="icon" href="data:,">'
        f"<title>{text(title)}</title><style>{stylesheet(PAGE + rules())}</style></head>"
        f'<body><a class="skip" href="#content">Skip to the content</a>'
        f'<main id="content">{main}</main><footer>{footer}</footer></body></html>\n')
