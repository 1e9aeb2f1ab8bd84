"""``pytest --gradcheck-target=homework.py`` runs the checks of `gradcheck check` as tests.

One test a layer, one a law of a dropout. The target is imported and judged in a process of its own,
which can neither end the run of the tests nor pass for one that has answered. Loading the plugin
imports nothing but pytest; without the option it does nothing.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from gradcheck.output.record import Item as Judged
    from gradcheck.target.remote import Listed, Remote
    from gradcheck.target.sources import Source
    from gradcheck.target.wanted import Wanted

OPENED = pytest.StashKey[list["Remote"]]()


class GradcheckWarning(UserWarning):
    """A gradient is right, and something else is not as it should be."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("gradcheck", "gradients and dropout masks of layers")
    group.addoption("--gradcheck-target", action="append", default=[], metavar="TARGET",
                    help="a file, folder, package, notebook or module whose layers are checked; "
                    "may be repeated")
    group.addoption("--gradcheck-p-is", choices=("drop", "keep"),
                    help="what a dropout's p is the probability of (default: drop)")
    group.addoption("--gradcheck-scaling", choices=("inverted", "vanilla"),
                    help="where a dropout scales (default: inverted, while training)")
    group.addoption("--gradcheck-seeding", choices=("seed", "rng", "global", "none"),
                    help="what governs a dropout's mask (default: seed)")


def pytest_configure(config: pytest.Config) -> None:
    """Have a list of the targets' processes."""
    config.stash[OPENED] = []


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the targets' processes."""
    for remote in config.stash.get(OPENED, []):
        remote.close()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Add the tests of every target, before -k and -m choose among all of them."""
    for target in session.config.getoption("--gradcheck-target"):
        collector = Target.from_parent(session, name=target, nodeid=target)
        items.extend(collector.collect())


class Target(pytest.Collector):
    """The layers of one target."""

    def collect(self) -> Iterator[Check]:
        """Have the target imported and yield its checks; what cannot be is one failing test."""
        from gradcheck.target.errors import NothingToCheckError, TargetError
        from gradcheck.target.remote import OurFaultError
        from gradcheck.target.settings import WrongSettingError
        from gradcheck.target.sources import sources_of
        from gradcheck.target.wanted import Wanted

        found, reasons, wanted = False, list[str](), Wanted()
        try:
            sources = sources_of(self.name)
        except (TargetError, NothingToCheckError) as error:
            yield Check.failing(self, "target", str(error))
            return
        for source in sources:
            try:
                yield from self._of_source(source, wanted, several=len(sources) > 1)
                found = True
            except NothingToCheckError as error:
                reasons.append(str(error))
            except (TargetError, WrongSettingError, OurFaultError) as error:
                yield Check.failing(self, "import", str(error))
                found = wanted.unread = True
        if wanted.unfound or not found:
            yield Check.failing(self, "import", wanted.unfound or reasons[0])

    def _of_source(self, source: Source, wanted: Wanted, several: bool) -> Iterator[Check]:
        """Yield the checks of one file."""
        from gradcheck.mask_laws.conventions import LAWFUL
        from gradcheck.target.remote import Deadline, Remote

        remote = Remote.of(source, self._given(), Deadline(None))
        self.config.stash[OPENED].append(remote)
        remote.load()
        wanted.meet(remote.only, remote.names, source.where)
        for place, entry in enumerate(remote.entries):
            label = f"{source.where}: {entry.name}" if several else entry.name
            yield Check.of(self, label, remote, place)
            if entry.base in LAWFUL:
                for law in _law_names(remote):
                    yield Check.of(self, f"{label}: {law}", remote, place, law)

    def _given(self) -> dict[str, Any]:
        """Return the conventions that options name."""
        named = {name: self.config.getoption(f"--gradcheck-{name.replace('_', '-')}")
                 for name in ("p_is", "scaling", "seeding")}
        return {name: value for name, value in named.items() if value is not None}


def _law_names(remote: Remote) -> list[str]:
    from gradcheck.target.laws import law_names

    return law_names(remote.settings.strict)


def _headline(item: Judged) -> str:
    """Return what a summary says in a line: the findings by code and argument, or the status."""
    from gradcheck.output.problems import problems
    from gradcheck.output.record import Record

    return ", ".join(problem.title.removeprefix(f"{item.name}: ")
                     for problem in problems(Record("check", "", (item,))))


class CheckFailure(Exception):
    """What a check found, in words that need no traceback."""


class Check(pytest.Item):
    """One layer's gradients, or one law of a dropout."""

    remote: Remote | None = None
    place: int = 0
    part: str = "gradient"
    reason: str = ""

    @classmethod
    def of(cls, parent: Target, name: str, remote: Remote, place: int, part: str = "gradient"
           ) -> Check:
        """Return a check that asks the target's process."""
        item: Check = cls.from_parent(parent, name=name)
        item.remote, item.place, item.part = remote, place, part
        return item

    @classmethod
    def failing(cls, parent: Target, name: str, reason: str) -> Check:
        """Return a check that fails for this reason."""
        item: Check = cls.from_parent(parent, name=name)
        item.reason = reason
        return item

    @property
    def entry(self) -> Listed | None:
        """What is checked."""
        return self.remote.entries[self.place] if self.remote is not None else None

    def runtest(self) -> None:
        """Ask the target's process; anything but a pass that came back from there fails."""
        from gradcheck.output.pointer import repairs_in, told

        if self.remote is None:
            raise CheckFailure(self.reason)
        found = self.remote.items(self.place, self.part)
        for printed in self.remote.printed[-1:]:
            self.add_report_section("call", "stdout", printed.text)
        if len(found) != 1:
            raise CheckFailure(f"got {len(found)} answers; expected one")
        item = found[0]
        lines = [line for repair in repairs_in(item.details) for line in told(repair)]
        said = "\n".join(filter(None, [item.message, *lines, item.details.get("traceback", ""),
                                       *(f"advice: {text}" for text in item.advice)]))
        if item.status == "skipped":
            raise pytest.skip.Exception(said, _use_item_location=True)
        if item.status == "warned":
            warnings.warn_explicit(GradcheckWarning(f"{item.name}: {said}"), None,
                                   item.file or str(self.path), item.line)
        elif item.status != "passed":
            raise CheckFailure(f"{_headline(item)}\n{said}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *args: Any) -> Any:
        """Show what was found; a traceback only for exceptions of another kind."""
        if isinstance(excinfo.value, CheckFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo, *args)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return where the layer is defined."""
        if self.entry is None or not self.entry.file:
            return self.path, None, f"gradcheck {self.name}"
        return self.entry.file, max(0, self.entry.line - 1), f"gradcheck {self.name}"
