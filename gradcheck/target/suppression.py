"""Findings that do not count: in ``# gradcheck: ignore[CODE]`` on a def line, or in --ignore."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from gradcheck.target.codes import hint, known_codes
from gradcheck.target.judge import Judgement
from gradcheck.target.settings import WrongSettingError
from gradcheck.target.sources import as_named

COMMENT = re.compile(r"#\s*gradcheck:\s*ignore\[([\w\s,-]+)\]")


def ignored_codes(sources: Sequence[Callable[..., Any]], everywhere: Collection[str]
                  ) -> frozenset[str]:
    """Return the codes that do not count for a layer: those for all, and those on its def lines."""
    return frozenset(everywhere).union(code for source in sources
                                       for code, _ in _on_def_line(source))


def unknown_notes(sources: Sequence[Callable[..., Any]]) -> Iterator[str]:
    """Yield a note for each code on a def line that neither a finding nor a law has."""
    for source in sources:
        for code, line in _on_def_line(source):
            if code not in known_codes():
                file = as_named(inspect.getfile(inspect.unwrap(source)))
                yield f"{file}:{line}: ignore[{code}]: there is no such code; {hint(code)}"


def refuse_unknown(codes: Collection[str]) -> None:
    """Raise WrongSettingError for a code that neither a finding nor a law has."""
    for code in codes:
        if code not in known_codes():
            raise WrongSettingError(f"ignore: got {code!r}; expected the code of a finding or the "
                                    f"name of a law. Remedy: {hint(code)}")


def _on_def_line(function: Callable[..., Any]) -> list[tuple[str, int]]:
    """Return the codes in comments between a function's decorators and its body, with lines."""
    try:
        lines, first = inspect.getsourcelines(inspect.unwrap(function))
    except (OSError, TypeError):
        return []
    codes: list[tuple[str, int]] = []
    for number, line in enumerate(lines, first):
        codes += [(code.strip(), number) for found in COMMENT.finditer(line)
                  for code in found[1].split(",")]
        if line.rstrip().partition("#")[0].rstrip().endswith(":"):
            break
    return codes


def without_ignored(judgement: Judgement, codes: Collection[str]) -> Judgement:
    """Return a judgement without the findings that do not count."""
    if judgement.report is None:
        return judgement
    report = judgement.report.without(codes)
    ignored = tuple(finding.code for finding in judgement.report.findings
                    if finding.code in codes)
    if not ignored:
        return judgement
    status = report.status
    if status == "passed" and not report.arguments:
        status = "skipped"  # what was ignored was the reason why no number was compared
    return replace(judgement, report=report, status=status, ignored=ignored,
                   gradient_right=judgement.gradient_right or status in ("passed", "warned"),
                   message="" if status == "passed" else "\n".join(report.paragraphs()))
