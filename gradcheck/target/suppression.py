"""Findings that do not count: in ``# gradcheck: ignore[CODE]`` on a def line, or in --ignore."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

from gradcheck.target.judge import Judgement
from gradcheck.target.settings import WrongSettingError

COMMENT = re.compile(r"#\s*gradcheck:\s*ignore\[([\w\s,-]+)\]")


def ignored_codes(sources: Sequence[Callable[..., Any]], everywhere: Collection[str]
                  ) -> frozenset[str]:
    """Return the codes that do not count for a layer: those for all, and those on its def lines."""
    return frozenset(everywhere).union(*map(_on_def_line, sources))


def refuse_unknown(codes: Collection[str]) -> None:
    """Raise WrongSettingError for a code that neither a finding nor a law has."""
    if not codes:
        return
    from gradcheck.findings.registry import rules
    from gradcheck.mask_laws.registry import LAWS

    known = [*rules(), *(law.name for law in LAWS)]
    for code in codes:
        if code not in known:
            close = difflib.get_close_matches(code, known, n=2)
            hint = f"did you mean {' or '.join(close)}?" if close else (
                "`gradcheck explain` lists the codes.")
            raise WrongSettingError(f"ignore: got {code!r}; expected the code of a finding or the "
                                    f"name of a law. Remedy: {hint}")


def _on_def_line(function: Callable[..., Any]) -> set[str]:
    """Return the codes in a comment between a function's decorators and its body."""
    try:
        lines, _ = inspect.getsourcelines(inspect.unwrap(function))
    except (OSError, TypeError):
        return set()
    codes: set[str] = set()
    for line in lines:
        codes |= {code.strip() for found in COMMENT.finditer(line)
                  for code in found[1].split(",")}
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
