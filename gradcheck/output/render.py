"""The formats of a record by name. Each is a function of the record; none computes a verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from gradcheck.output.github import as_github
from gradcheck.output.gradescope import as_gradescope
from gradcheck.output.json import as_json, as_json_list
from gradcheck.output.junit import as_junit, as_junit_suites
from gradcheck.output.prairielearn import as_prairielearn
from gradcheck.output.record import Record
from gradcheck.output.sarif import as_sarif
from gradcheck.output.text import as_text

FORMATS: dict[str, Callable[[Record], str]] = {
    "text": as_text,
    "json": as_json,
    "junit": as_junit,
    "github": lambda record: as_github([record]),
    "sarif": lambda record: as_sarif([record]),
    "gradescope": as_gradescope,
    "prairielearn": as_prairielearn,
}
# The formats in which several records are one document.
TOGETHER: dict[str, Callable[[Sequence[Record]], str]] = {
    "json": as_json_list,
    "junit": as_junit_suites,
    "github": as_github,
    "sarif": as_sarif,
}


class OneRecordError(ValueError):
    """Several records are to be written in a format that holds one."""


def render_all(records: Sequence[Record], format: str = "text", *, color: bool = False,
               width: int = 100, verbose: bool = False, advice: bool = False,
               rules: Mapping[str, str] | None = None) -> str:
    """Return several records in one of the formats: one document, or texts below each other.

    Parameters
    ----------
    records : sequence of Record
        One a target.
    format, color, width, verbose, advice, rules
        Those of `render`.

    Raises
    ------
    OneRecordError
        The format holds one target's record only.

    Examples
    --------
    >>> print(render_all([Record("check", "a.py"), Record("check", "b.py")]), end="")
    a.py: 0 judged in 0.0 s
    <BLANKLINE>
    b.py: 0 judged in 0.0 s
    """
    if format == "sarif":
        return as_sarif(records, rules)
    if format in TOGETHER:
        return TOGETHER[format](records)
    if format != "text":
        raise OneRecordError(f"format: got {format!r} for {len(records)} targets; expected one of "
                             f"text, {', '.join(TOGETHER)}. Remedy: check them one at a time.")
    return "\n".join(as_text(record, color, width, verbose, advice) for record in records)


def render(record: Record, format: str = "text", *, color: bool = False, width: int = 100,
           verbose: bool = False, advice: bool = False,
           rules: Mapping[str, str] | None = None) -> str:
    """Return `record` in one of `FORMATS`.

    Parameters
    ----------
    record : Record
        What was judged.
    format : str
        One of `FORMATS`.
    color, width, verbose, advice
        The text's: see `as_text`.
    rules : mapping, optional
        SARIF's: what the codes mean.

    Examples
    --------
    >>> from gradcheck.output.record import Item
    >>> record = Record("check", "homework.py", (Item("relu", "relu", "passed"),), seconds=0.25)
    >>> print(render(record))
    name  verdict
    relu  passed
    <BLANKLINE>
    homework.py: 1 passed in 0.2 s
    <BLANKLINE>
    """
    if format not in FORMATS:
        raise ValueError(f"format: got {format!r}; expected one of {', '.join(FORMATS)}. "
                         "Remedy: pass one of these words.")
    if format == "text":
        return as_text(record, color, width, verbose, advice)
    if format == "sarif":
        return as_sarif([record], rules)
    return FORMATS[format](record)
