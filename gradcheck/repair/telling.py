"""Edits as reports tell them, and the quiet in which they are tried."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator, Sequence

import numpy as np

from gradcheck.generators import global_generators_restored
from gradcheck.repair import text
from gradcheck.repair.code import Source
from gradcheck.repair.diffs import unified
from gradcheck.repair.sites import Change, Site
from gradcheck.repaired import OtherPlace, Repair


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Keep what edited code prints, warns of and draws to itself."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()), \
            warnings.catch_warnings(), np.errstate(all="ignore"), global_generators_restored():
        warnings.simplefilter("ignore")
        yield


def only_place(source: Source, site: Site, kind: str, words: str, arguments: tuple[str, ...]
               ) -> Repair:
    """Return a line without an edit: a suspect, or what could not be proved."""
    (line, column), _ = text.position(source, site.node)
    return Repair(
        file=source.file, line=line + 1, column=column + 1,
        before=text.segment(source, site.node), after="", diff=None, kind=kind,
        arguments=arguments, verified_at=0, words=words,
        text=source.lines[line].rstrip("\n"))


def told(source: Source, changes: Sequence[Change], arguments: tuple[str, ...], verified: int,
         side: str = "backward") -> Repair | None:
    """Return edits as a report tells them; None where they cannot be written."""
    with contextlib.ExitStack() as stack:
        for entry in changes:
            stack.enter_context(entry.applied())
        lines = text.edited(source, changes)
    if lines is None:
        return None
    first, *also = dict.fromkeys(_places(source, changes))
    return Repair(
        file=source.file, line=first.line, column=first.column, before=first.before,
        after=first.after, diff=unified(source.file, source.lines, lines),
        kind=changes[0].kind.name, arguments=arguments, verified_at=verified, words=first.words,
        text=first.text, side=side,
        also=tuple(sorted(also, key=lambda place: (place.line, place.column))))


def _places(source: Source, changes: Sequence[Change]) -> Iterator[OtherPlace]:
    """Yield every place that is edited, as a report tells it."""
    for change in changes:
        for site, new in change.parts:
            (line, column), before, after = text.shown(source, site, new)
            yield OtherPlace(line + 1, column + 1, before, after,
                             change.kind.said(site, before, after), source.lines[line].rstrip("\n"))
