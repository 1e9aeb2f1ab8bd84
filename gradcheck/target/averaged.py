"""Gradients of parameters that are the mean over the samples, where the input's is none.

Some courses let dout hold each sample's own gradient, and leave the 1/N of the mean loss to the
weights. In cs231n's functions, whose loss divides by N, that is a slip. Samples that stand in
columns are written for those courses, and of a layer class nobody knows which loss it is for.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.examples.candidates import Example
from gradcheck.report import Finding, Report

MEANT = (
    "divided by N = {0}, the number of samples, while d{1} is not: right where dout holds each "
    "sample's own gradient and the mean's 1/N is left to the parameters, as some courses write "
    "it; {0} times too small where the loss has divided by N. Remedy: if it is meant so, a comment "
    "`# gradcheck: ignore[scaled]` on the def line says it; if not, drop the factor"
)
PER_SAMPLE = (
    "{0}, divided by N, would be right where dout holds each sample's own gradient and the "
    "mean's 1/N is left to the weights, as some courses write it; a comment "
    "`# gradcheck: ignore[scaled]` on the def line says that it is meant so"
)


def averaged(report: Report, found: Example) -> tuple[str, ...]:
    """Return the parameters whose gradients are means over the samples; () unless all are.

    Parameters
    ----------
    report : Report
        Of a layer at these arguments.
    found : Example
        The arguments; the first array of floats is the input, its first or last axis the samples.
    """
    names = tuple(str(finding.argument) for finding in report.findings)
    arrays = _arrays(found)
    if not names or not arrays or next(iter(arrays)) in names or (
            len(names) != len(report.arguments) - 1):
        return ()
    return names if all(_samples(finding, found) for finding in report.findings) else ()


def as_meant(report: Report, found: Example) -> Report:
    """Return a report that warns of means, as the layer may be meant so."""
    name = next(iter(_arrays(found)))
    return replace(report, findings=tuple(
        replace(finding, message=MEANT.format(_samples(finding, found), name),
                evidence={**finding.evidence, "fails": False}) for finding in report.findings))


def in_columns(report: Report, found: Example) -> bool:
    """Whether samples stand in the input's columns: the mean is over these, and a bias is one."""
    x, *others = _arrays(found).values()
    return x.ndim == 2 and any(arg.ndim == 2 and arg.shape[1] == 1 for arg in others) and all(
        _samples(finding, found) == x.shape[1] for finding in report.findings)


def _samples(finding: Finding, found: Example) -> int:
    """Return the number of samples that a finding's factor is one by; 0 where it is another."""
    x = next(iter(_arrays(found).values()))
    factor = finding.evidence.get("factor", 0.0) if finding.code == "scaled" else 0.0
    return next((size for size in (x.shape[0], x.shape[-1])
                 if math.isclose(factor * size, 1, rel_tol=1e-5)), 0)


def _arrays(found: Example) -> dict[str, NDArray[Any]]:
    """Return the arguments that are arrays of floats, the input first."""
    return {name: arg for name, arg in zip(found.names, found.args, strict=False)
            if isinstance(arg, np.ndarray) and arg.dtype.kind == "f" and arg.ndim}
