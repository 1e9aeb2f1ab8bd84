"""``pytest --gradcheck-target=homework.py`` runs the checks of `gradcheck check` as tests.

One test a layer, one a law of a dropout. Loading the plugin imports nothing but pytest; without the
option it does nothing.
"""

from __future__ import annotations

import contextlib
import unittest
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from gradcheck.mask_laws.conventions import Conventions
    from gradcheck.target.pairs import Pair

STACK = pytest.StashKey[contextlib.ExitStack]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("gradcheck", "gradients and dropout masks of layers")
    group.addoption("--gradcheck-target", action="append", default=[], metavar="TARGET",
                    help="a module or a Python file whose layers are checked; may be repeated")
    group.addoption("--gradcheck-p-is", choices=("drop", "keep"), default="drop",
                    help="what a dropout's p is the probability of (default: drop)")
    group.addoption("--gradcheck-scaling", choices=("inverted", "vanilla"), default="inverted",
                    help="where a dropout scales (default: inverted, while training)")
    group.addoption("--gradcheck-seeding", choices=("seed", "rng", "global", "none"),
                    default="seed", help="what governs a dropout's mask (default: seed)")


def pytest_configure(config: pytest.Config) -> None:
    """Keep the targets imported until the end of the run."""
    config.stash[STACK] = contextlib.ExitStack()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Forget the targets."""
    if STACK in config.stash:
        config.stash[STACK].close()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Add the tests of every target, before -k and -m choose among all of them."""
    for target in session.config.getoption("--gradcheck-target"):
        collector = Target.from_parent(session, name=target, nodeid=target)
        items.extend(collector.collect())


class Target(pytest.Collector):
    """The layers of one target."""

    def collect(self) -> Iterator[Check]:
        """Import the target and yield its checks; a failed import is one failing test."""
        from gradcheck.target.load import TargetError, loaded
        from gradcheck.target.pairs import find_pairs

        try:
            module = self.config.stash[STACK].enter_context(loaded(self.name))
        except TargetError as error:
            yield self._check("import", _raising(error), None)
            return
        pairs = find_pairs(module).pairs
        if not pairs:
            yield self._check("import", _raising(TargetError(
                f"{self.name}: there is no layer in it. Remedy: define functions called "
                "<name>_forward and <name>_backward.")), None)
        for pair in pairs:
            yield from self._checks_of(pair)

    def _checks_of(self, pair: Pair) -> Iterator[Check]:
        from gradcheck.mask_laws.conventions import LAWFUL
        from gradcheck.mask_laws.run import dropout_checks

        conventions = self._conventions()
        yield self._check(pair.name, partial(_check_gradient, pair, conventions), pair)
        if pair.base in LAWFUL and pair.backward is not None:
            for law, check in dropout_checks(conventions.implementation(pair)):
                yield self._check(f"{pair.name}: {law}", check, pair)

    def _conventions(self) -> Conventions:
        from gradcheck.mask_laws.conventions import Conventions

        flags = ("--gradcheck-p-is", "--gradcheck-scaling", "--gradcheck-seeding")
        return Conventions.of_flags(*map(self.config.getoption, flags))

    def _check(self, name: str, check: Callable[..., None], pair: Pair | None) -> Check:
        item: Check = Check.from_parent(self, name=name)
        item.check, item.pair = check, pair
        return item


class Check(pytest.Item):
    """One layer's gradients, or one law of a dropout."""

    check: Callable[..., None]
    pair: Pair | None

    def runtest(self) -> None:
        """Run the check."""
        try:
            self.check()
        except unittest.SkipTest as reason:
            pytest.skip(str(reason))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *args: Any) -> Any:
        """Show what was found; a traceback only for exceptions of another kind."""
        from gradcheck.target.load import TargetError

        if isinstance(excinfo.value, AssertionError | TargetError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, *args)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return where the layer's forward is defined."""
        code = getattr(self.pair.forward, "__code__", None) if self.pair else None
        line = code.co_firstlineno - 1 if code else None
        return (code.co_filename if code else self.path), line, f"gradcheck {self.name}"


def _check_gradient(pair: Pair, conventions: Conventions) -> None:
    from gradcheck.generators import global_generators_restored
    from gradcheck.target.exceptions import interrupts_told_apart
    from gradcheck.target.judge import judge

    with interrupts_told_apart(), global_generators_restored():
        judgement = judge(pair, conventions)
    if judgement.status in ("skipped", "inconclusive"):
        pytest.skip(judgement.message)
    if not judgement.passed:
        raise AssertionError(judgement.message)


def _raising(error: Exception) -> Callable[..., None]:
    def check() -> None:
        raise error

    return check
