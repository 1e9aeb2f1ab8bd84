"""Forward computes another value than the layer of its name."""

from __future__ import annotations

from gradcheck.findings.given import HINGE
from gradcheck.findings.rule import Message, Rule

MENDED = "compare forward with {told}; --no-values is for a convention of your own"

RULE = Rule(
    code="value-differs",
    tier=None,
    meaning="""Forward's output, the running statistics that it writes back or its output in test
        mode are not those of the standard layer whose name it has. No gradient check sees that: a
        backward that fits a wrong forward is right. Conventions that are in use are accepted.""",
    sign="Three significant digits of the value are not those of the formula of that name.",
    given=HINGE,
    wrong="""
        def svm_loss(x, y):
            rows = np.arange(len(x))
            margins = np.maximum(0, x - x[rows, y][:, None] + 1)
            dx = (margins > 0) / len(x)
            dx[rows, y] -= dx.sum(axis=1)
            return margins.sum() / len(x), dx
        """,
    right="""
        def svm_loss(x, y):
            rows = np.arange(len(x))
            margins = np.maximum(0, x - x[rows, y][:, None] + 1)
            margins[rows, y] = 0
            dx = (margins > 0) / len(x)
            dx[rows, y] -= dx.sum(axis=1)
            return margins.sum() / len(x), dx
        """,
    breaches={
        "value": Message("{place} is {got}{mode}; expected {expected}, {told} ({count})", MENDED),
        "slip": Message("{place} is {got}{mode}; expected {expected}: {slip}", "{remedy}"),
        "shape": Message("{what} has shape {got}{mode}; expected {expected}, {told}", MENDED),
        "statistic": Message("{place} is {got} after a call in train mode; expected {expected}: "
                             "{slip}", "{remedy}"),
        "frozen": Message("{what} is changed by a call in test mode: {place} is {got}; it was "
                          "{expected}", "update the running statistics in train mode alone"),
    },
)
