"""Which functions two runs judge otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain

from .run import ENDS, Outcome

ABSENT = "absent"
Verdicts = dict[tuple[str, str], str]


def comparison(old: Sequence[Outcome], new: Sequence[Outcome]) -> str:
    """Return every function whose status or first code changed, and counts of the kinds of change.

    A function that one run does not have stands as its file's end there (`does not load ->
    passed`), or as absent where that file was judged without it.
    """
    changes = list(_changes(old, new))
    kinds = Counter(f"{before} -> {after}" for *_, before, after in changes)
    return "\n".join([
        *(f"{file}: {name}: {before} -> {after}" for file, name, before, after in changes),
        "", f"{len(changes)} changes",
        *(f"{count:8}  {kind}" for kind, count in kinds.most_common()),
    ]).lstrip("\n")


def _changes(old: Sequence[Outcome], new: Sequence[Outcome]
             ) -> Iterator[tuple[str, str, str, str]]:
    """Yield (file, function, old verdict, new verdict) of all that differ."""
    before, after = _verdicts(old), _verdicts(new)
    ends_before, ends_after = _ends(old), _ends(new)
    for file, name in dict.fromkeys(chain(after, before)):
        was = before.get((file, name), ends_before.get(file, ABSENT))
        now = after.get((file, name), ends_after.get(file, ABSENT))
        if was != now:
            yield file, name, was, now
    for file in dict.fromkeys(chain(ends_after, ends_before)):
        was, now = ends_before.get(file, ABSENT), ends_after.get(file, ABSENT)
        if was != now and not any(file == key[0] for key in chain(after, before)):
            yield file, "(the file)", was, now


def _verdicts(outcomes: Sequence[Outcome]) -> Verdicts:
    return {(outcome.file, function.name): function.verdict
            for outcome in outcomes for function in outcome.functions}


def _ends(outcomes: Sequence[Outcome]) -> dict[str, str]:
    """Return how each file ended; one that loads lacks only what it does not define."""
    return {outcome.file: ABSENT if outcome.end == ENDS[0] else outcome.end
            for outcome in outcomes}
