"""The notebook view of a report: a table of numbers and a heat map of the errors."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gradcheck.output.pointer import diff_of, pointer, sentence

if TYPE_CHECKING:
    from gradcheck.report import Report

MOST_CELLS = 64
ROUNDING = 1e-6
COLOURS = {"passed": "#1b7837", "warned": "#8c510a", "failed": "#b2182b",
           "inconclusive": "#8c510a"}


def heat_map(report: Report) -> str:
    """Return a report as HTML: verdict, findings, numbers, heat maps of 2-d arguments."""
    colour = COLOURS[report.status]
    parts = [
        f'<div><b>{html.escape(report.name)}: <span style="color:{colour}">{report.status}</span>'
        f"</b> ({report.checked} coordinates, {report.evaluations} forward calls)"
    ]
    parts += [
        f"<p><code>{html.escape(finding.code)}</code> "
        f"{html.escape(f'd{finding.argument}: ' if finding.argument else '')}"
        f"{html.escape(finding.message)}</p>"
        for finding in report.findings
    ]
    for repair in (entry.to_dict() for entry in report.repairs):
        lines = [*pointer(repair), sentence(repair), *diff_of(repair)]
        parts.append("<pre>" + html.escape("\n".join(lines)) + "</pre>")
    rows = "".join(
        _row("td", f"d{html.escape(entry.name)}", html.escape(entry.dtype) + str(list(entry.shape)),
             f"{entry.worst_error:.1e}", str(list(entry.worst_index)), f"{entry.analytic:.6g}",
             f"{entry.numeric:.6g} ± {entry.bound:.1e}")
        for entry in report.arguments
    )
    head = _row("th", "gradient", "array", "worst relative error", "at", "analytic",
                "numeric ± bound")
    parts.append(f"<table>{head}{rows}</table>")
    for entry in report.arguments:
        if entry.errors is not None and entry.errors.ndim == 2 and entry.errors.size:
            # what is right must not look alarming: its rounding errors are no picture of anything
            right = entry.worst_error <= ROUNDING
            errors = np.zeros_like(entry.errors) if right else entry.errors
            told = "rounding errors only" if right else (
                f"from 0 (white) to {errors.max():.2g} (dark)")
            parts.append(f"<p>|analytic − numeric| of d{html.escape(entry.name)}, {told}:</p>"
                         f"{_cells(errors)}")
    return "".join(parts) + "</div>"


def _row(tag: str, *cells: str) -> str:
    """Return a row of a table; its padding is its own, since a page may strip every style sheet."""
    style = "text-align:left;padding:0.2em 1em 0.2em 0"
    return "<tr>" + "".join(f'<{tag} style="{style}">{cell}</{tag}>' for cell in cells) + "</tr>"


def _cells(errors: NDArray[np.float64]) -> str:
    """Draw a matrix of errors as a table of coloured cells, block maxima where it is large."""
    shown = errors
    for axis in (0, 1):
        block = -(-shown.shape[axis] // MOST_CELLS)
        starts = np.arange(0, shown.shape[axis], block)
        shown = np.maximum.reduceat(shown, starts, axis=axis)
    finite = np.isfinite(shown)
    top = np.max(shown, where=finite, initial=0.0)
    level = np.where(finite, np.where(finite, shown, 0.0) / (top or 1.0), 1.0)
    rows = []
    style = "width:8px;height:8px;padding:0;background:rgba(8,48,107"
    for line in level:
        cells = "".join(f'<td style="{style},{value:.2f})"></td>' for value in line)
        rows.append(f"<tr>{cells}</tr>")
    return f'<table style="border-collapse:collapse;border:1px solid #999">{"".join(rows)}</table>'
