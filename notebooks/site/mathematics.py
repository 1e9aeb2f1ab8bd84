"""Formulae in LaTeX as MathML, which browsers draw without a script."""

from __future__ import annotations

import re

from latex2mathml.converter import convert

# The converter takes an upright word for a product of its letters; as a text it stays one word.
UPRIGHT = re.compile(r"\\mathrm(?=\{[A-Za-z]+\})")


def mathml(formula: str, display: bool = False) -> str:
    r"""Return a formula as MathML.

    >>> mathml(r"\mathrm{dx}").partition("<mrow>")[2]
    '<mtext>dx</mtext></mrow></math>'
    >>> mathml(r"\frac12", display=True).count("<mfrac>")
    1
    """
    plain = UPRIGHT.sub(r"\\text", " ".join(formula.split()))
    return convert(plain, display="block" if display else "inline")
