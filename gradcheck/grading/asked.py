"""Which layers count for points, and the references that they are held to."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence

from gradcheck.grading.points import LAYER_POINTS, Points, share_out
from gradcheck.grading.reference import reference_layers
from gradcheck.grading.teacher import teachers_pairs
from gradcheck.mask_laws.conventions import LAWFUL, Conventions
from gradcheck.target.laws import law_names
from gradcheck.target.names import bare
from gradcheck.target.pairs import Pair, find_pairs


class WrongSettingError(Exception):
    """The user asked for something that cannot be; not a fault of ours."""


def references(own: str | None = None, conventions: Conventions | None = None) -> dict[str, Pair]:
    """Return the reference's layers and losses by name.

    Parameters
    ----------
    own : str, optional
        A teacher's solution: what it defines stands in the place of ours.
    conventions : Conventions, optional
        In which that solution takes its dropout's settings.

    Raises
    ------
    WrongReferenceError
        The solution cannot be a reference.
    """
    ours = {pair.name: pair for pair in find_pairs(reference_layers()).pairs}
    return ours if own is None else ours | teachers_pairs(own, conventions or Conventions())


def asked_for(table: Points | None, only: Sequence[str] | None,
              known: Mapping[str, Pair] | None = None, own: Sequence[str] = ()
              ) -> list[str] | None:
    """Return the names and patterns that count, or None for whatever the file has.

    Parameters
    ----------
    table : mapping or None
        The points: what it names counts.
    only : sequence of str or None
        Names and patterns among these.
    known : mapping, optional
        The references by name.
    own : sequence of str
        The names of a teacher's solution, which count where there is no table.

    Raises WrongSettingError for a name or a part of a layer that does not exist.
    """
    known = references() if known is None else known
    asked = list(table or own)
    if only is not None:
        names = [bare(entry) for entry in only]
        asked = chosen(names, asked, known) if asked else names
    unknown = [entry for entry in asked if not fnmatch.filter(known, entry)]
    if unknown:
        raise WrongSettingError(
            f"layers: got {unknown}, for which there is no reference; expected any of "
            f"{', '.join(sorted(known))}. Remedy: correct the names.")
    for name, section in (table or {}).items():
        try:
            share_out(section, parts_of(name))
        except ValueError as error:
            raise WrongSettingError(str(error)) from None
    return asked or None


def chosen(asked: Sequence[str] | None, there: Sequence[str], known: Mapping[str, Pair]) -> (
        list[str]):
    """Return the layers that names and patterns stand for.

    A name stands for itself, a pattern for what matches it among the layers that are there; else
    among all that are known.
    """
    if asked is None:
        return list(there)
    found = [[entry] if entry in known else fnmatch.filter(there, entry)
             or fnmatch.filter(known, entry) or [entry] for entry in asked]
    return list(dict.fromkeys(name for names in found for name in names))


def parts_of(name: str) -> list[str]:
    """Return what is judged about a layer."""
    return law_names() if name in LAWFUL else list(LAYER_POINTS)
