"""A teacher's own solution as the reference: loaded, given examples, checked before it judges.

It is loaded by the process that judges and never by the one that a submission runs in.
"""

from __future__ import annotations

import functools
import itertools
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gradcheck.examples.candidates import Example, NoExampleError
from gradcheck.generators import global_generators_restored
from gradcheck.grading.afresh import evaluated
from gradcheck.mask_laws.conventions import LAWFUL, Conventions
from gradcheck.output.record import Record
from gradcheck.sandbox import surroundings
from gradcheck.target.at_arguments import candidates_for
from gradcheck.target.check import check_sources
from gradcheck.target.errors import NoneWantedError, NothingToCheckError, TargetError
from gradcheck.target.importing import import_file
from gradcheck.target.pairs import Pair, find_pairs
from gradcheck.target.remote import Deadline
from gradcheck.target.repeatable import repeatable
from gradcheck.target.sources import sources_of
from gradcheck.target.trial import Args, drops, floating, in_convention
from gradcheck.target.wanted import Wanted

MOST_CANDIDATES, MOST_OWN, TIMES = 24, 24, 3
EXPECTED = "a Python file with the layers' pairs, such as conv_forward and conv_backward"
NO_EXAMPLE = ("reference: {name} of {path} takes none of the arguments that its parameters' names "
              "suggest. Remedy: write beside it def {base}_example(rng), which returns a tuple of "
              "arguments")
WRONG = ("reference: {path} does not pass the check, so no submission was judged by it. Remedy: "
         "correct it; `gradcheck check {path}` shows more, and --ignore CODE lets pass what is "
         "meant so\n{report}")
EXPOSED = ("reference: {path} lies where {own} may read it. Remedy: move it to a folder in which "
           "there is no submission and no package")


class WrongReferenceError(ValueError):
    """The teacher's solution cannot be a reference; the message has its report."""


def teachers_pairs(path: str, conventions: Conventions) -> dict[str, Pair]:
    """Return a solution's layers and losses by name, as the package's own would be.

    Parameters
    ----------
    path : str
        Its file.
    conventions : Conventions
        In which it takes its dropout's settings; the pairs take `layers`' own.

    Raises
    ------
    WrongReferenceError
        It cannot be loaded, holds no pair, or a pair has no example.
    """
    # a file that has changed is another one
    return dict(_loaded(path, Path(path).stat().st_mtime_ns if Path(path).is_file() else 0,
                        conventions))


@functools.lru_cache(maxsize=4)
def _loaded(path: str, changed: int, conventions: Conventions) -> Mapping[str, Pair]:
    file = Path(path)
    if not file.is_file() or file.suffix != ".py":
        raise WrongReferenceError(f"reference: got {path}; expected {EXPECTED}. Remedy: name "
                                  "the solution's file.")
    before = list(sys.path)
    try:
        with global_generators_restored():
            found = find_pairs(import_file(file).module)
    except TargetError as error:
        raise WrongReferenceError(f"reference: {error}") from None
    finally:
        sys.path[:] = before  # where a submission may read follows from it
    if not found.pairs:
        raise WrongReferenceError(f"reference: {path} has no pair and no loss; expected "
                                  f"{EXPECTED}. Remedy: name the solution's file.")
    return {pair.name: pair if pair.name in LAWFUL
            else _with_example(as_ours(pair, conventions), path) for pair in found.pairs}


def as_ours(pair: Pair, conventions: Conventions) -> Pair:
    """Return a pair that takes p, and the mask's seed, as `layers` does, and scales as it does."""
    if conventions == Conventions():
        return pair

    @functools.wraps(pair.forward)
    def forward(*args: Any) -> Any:
        given = next((arg for arg in args if drops(arg)), None)
        if given is None:
            return pair.forward(*args)
        seeded = repeatable(pair.forward, conventions, given.get("seed", 0))
        returned = seeded(*in_convention(args, conventions))
        if conventions.scaling != "vanilla" or not isinstance(returned, tuple):
            return returned
        return returned[0] / (1 - given["p"]), *returned[1:]

    return replace(pair, forward=forward)


def _with_example(pair: Pair, path: str) -> Pair:
    """Return a pair with an example, unless the first arguments for its name will do."""
    place = next((place for place, example in enumerate(_candidates(pair, 0))
                  if _is_taken(pair, example)), None)
    if place is None:
        raise WrongReferenceError(NO_EXAMPLE.format(name=pair.name, path=path, base=pair.base))
    first = next(candidates_for(replace(pair, example=None), 0)) if pair.example is None else None
    if first is not None and place == 0 and not first.guessed:
        return pair
    return replace(pair, example=_drawing(pair, place))


def _candidates(pair: Pair, seed: int) -> list[Example]:
    try:
        return list(itertools.islice(candidates_for(pair, seed), MOST_CANDIDATES))
    except NoExampleError:
        return []


def _drawing(pair: Pair, place: int) -> Callable[[np.random.Generator], Iterator[Args]]:
    """Return what draws a pair's examples: all of its own, or those at one place, several times.

    A single one would be a single number for each coordinate.
    """
    count = 1 if pair.example is None else MOST_OWN

    def draw(rng: np.random.Generator) -> Iterator[Args]:
        for _ in range(TIMES):
            seed = int(rng.integers(2**32))
            found = itertools.islice(candidates_for(pair, seed), place, place + count)
            yield from (example.args for example in found)

    return draw


def _is_taken(pair: Pair, example: Example) -> bool:
    """Whether forward takes arguments, and backward gives each a gradient of its shape."""
    if not any(map(floating, example.args)):
        return False
    try:
        with np.errstate(all="ignore"), global_generators_restored():
            value, _, gradients = evaluated(pair, example.args, example.names)
    except Exception:  # the solution's refusal, of whatever kind
        return False
    shapes = {name: arg.shape for name, arg in zip(example.names, example.args, strict=False)
              if floating(arg)}
    return (np.size(value) > 0 and bool(np.all(np.isfinite(value))) and bool(gradients)
            and all(np.shape(gradient) == shapes[name] for name, gradient in gradients.items()))


def refuse_exposed(path: str, own: Path) -> None:
    """Raise WrongReferenceError where a submission may read a solution.

    Parameters
    ----------
    path : str
        The solution's file.
    own : Path
        The submission's file, or the folder that is its own.
    """
    home = own.resolve()
    if surroundings.within([os.path.realpath(path)], [str(home), *surroundings.readable(home)]):
        raise WrongReferenceError(EXPOSED.format(path=path, own=own))


def check_reference(path: str | os.PathLike[str], names: Sequence[str] | None,
                    settings: Mapping[str, Any]) -> None:
    """Hold a solution to what `gradcheck check` asks of any.

    Parameters
    ----------
    path : path-like
        Its file.
    names : sequence of str, optional
        The names or patterns that count; by default all that it defines.
    settings : mapping
        The class's conventions, and what is ignored.

    Raises
    ------
    WrongReferenceError
        A layer of it does not pass; the message has the report.
    """
    file = Path(path)
    if not file.is_file() or file.suffix != ".py":
        raise WrongReferenceError(f"reference: got {path}; expected {EXPECTED}. Remedy: name the "
                                  "solution's file.")
    known = {name: settings[name] for name in ("p_is", "scaling", "seeding", "ignore")
             if settings.get(name) is not None}
    asked = {"only": tuple(names or ()), "line": False, **known}
    try:  # what it has not, the package's own may be the reference for
        record, = check_sources(sources_of(str(file)), asked, Deadline(None), wanted=Wanted())
    except NoneWantedError:
        return
    except NothingToCheckError as error:
        raise WrongReferenceError(f"reference: {error}") from None
    wrong = tuple(item for item in record.items if not item.passed)
    if wrong or record.error:
        shown = Record("check", record.target, wrong, error=record.error, fault=record.fault)
        raise WrongReferenceError(WRONG.format(path=path, report=str(shown)))
