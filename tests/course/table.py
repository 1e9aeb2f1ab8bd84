"""The tables of a run: a notebook a line, and what did not go as its text says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.course.run import FAILED, RAN, SKIPPED, STOPPED, Outcome

HEAD = ("| repository | edition | notebook | cells | ran | errors | worst | theirs | over |",
        "|---|---|---|---|---|---|---|---|---|")

CELLS_HEAD = ("| repository | notebook | cell | errors of | worst |", "|---|---|---|---|---|")


@dataclass(frozen=True)
class Notebook:
    """A notebook of a repository, what its cells did, and the errors that its owner saw."""

    repository: str
    edition: str
    name: str
    outcomes: Sequence[Outcome]
    stored: Sequence[tuple[str, float]] = ()

    def count(self, status: str) -> int:
        """How many cells ended so."""
        return sum(outcome.status == status for outcome in self.outcomes)

    @property
    def row(self) -> str:
        """A line of the table."""
        errors = [outcome for outcome in self.outcomes if outcome.errors]
        worst = max(errors, key=lambda outcome: outcome.worst, default=None)
        theirs = max((value for _, value in self.stored), default=None)
        over = sum(not outcome.within for outcome in self.outcomes)
        return (f"| {self.repository} | {self.edition} | {self.name} | "
                f"{len(self.outcomes) - self.count(SKIPPED)} | {self.count(RAN)} | "
                f"{sum(len(outcome.errors) for outcome in errors)} | {_worst(worst)} | "
                f"{'-' if theirs is None else format(theirs, '.1e')} | {over} |")

    @property
    def cells(self) -> Iterator[str]:
        """Yield a line for each cell that printed errors: the worst, and what its text states."""
        for outcome in self.outcomes:
            if outcome.errors:
                names = ", ".join(name.replace(" error", "") for name, _ in outcome.errors)
                yield (f"| {self.repository} | {self.name} | {outcome.place} | {names} | "
                       f"{_worst(outcome)} |")

    def told(self) -> Iterator[str]:
        """Yield a line for each cell that did not end, or printed more than its text states."""
        for outcome in self.outcomes:
            where = f"{self.repository}, {self.name}, cell {outcome.place}"
            if outcome.status in (FAILED, STOPPED):
                yield f"{where}: {outcome.status}: {outcome.message.splitlines()[0]}"
            elif not outcome.within:
                name, value = max(outcome.errors, key=lambda error: error[1])
                yield f"{where}: {name} {value:.1e}, stated {outcome.stated:.0e}"


def _worst(outcome: Outcome | None) -> str:
    if outcome is None:
        return "-"
    stated = "nothing" if outcome.stated is None else f"{outcome.stated:.0e}"
    return f"{outcome.worst:.1e} (stated: {stated})"


def cells_table(notebooks: Sequence[Notebook]) -> str:
    """Return a table with a line for each cell that printed errors."""
    return "\n".join([*CELLS_HEAD, *(line for notebook in notebooks for line in notebook.cells)])


def table(notebooks: Sequence[Notebook]) -> str:
    """Return the table, what went otherwise, and the sums.

    Cells that prepare a machine of Colab's are not counted. `errors` is how many were printed,
    `theirs` the worst that stands in the notebook, from its owner's own layers, and `over` how
    many cells printed more than ten times what their text states.
    """
    ends = Counter(outcome.status for notebook in notebooks for outcome in notebook.outcomes)
    return "\n".join([
        *HEAD, *(notebook.row for notebook in notebooks), "",
        *(line for notebook in notebooks for line in notebook.told()), "",
        ", ".join(f"{ends[status]} {status}" for status in (RAN, FAILED, STOPPED, SKIPPED)),
    ])
