"""Checks every layer and loss of a module, and records what was found."""

from __future__ import annotations

import difflib
import fnmatch
import time
import traceback
from collections.abc import Iterator, Sequence
from types import ModuleType

from gradcheck.examples.standard import LAYERS
from gradcheck.mask_laws.conventions import LAWFUL, Conventions
from gradcheck.output.record import Item, Record
from gradcheck.target.exceptions import TimedOut, interrupts_told_apart
from gradcheck.target.judge import judge
from gradcheck.target.laws import laws_item
from gradcheck.target.load import TargetError, loaded
from gradcheck.target.pairs import Found, Pair, bare, find_pairs
from gradcheck.target.quiet import quiet

POSITIONAL = (
    "the mask laws were not run: they call {0}_forward(x, dropout_param), with p and mode in a "
    "dict. Remedy: take them so, or hand gradcheck.check_dropout a forward that unpacks the dict"
)
UNKNOWN = (
    "the mask laws were not run: they are for dropout_forward and vanilla_dropout_forward. Remedy: "
    "if {0} draws a unit at a time, call gradcheck.check_dropout(({0}_forward, {0}_backward))"
)


class NothingToCheckError(ValueError):
    """A target has no layer, or none of the wanted names."""


def check_target(
    target: str,
    *,
    only: Sequence[str] = (),
    conventions: Conventions = Conventions(),  # noqa: B008  (frozen)
    strict: bool = False,
    seed: int = 0,
) -> Record:
    """Check every layer and loss of a module or file.

    Parameters
    ----------
    target : str
        A module's name or a file's path, see `gradcheck.target.load.loaded`.
    only : sequence of str
        Names or patterns (``affine*``) of the layers to check; all of them by default.
    conventions : Conventions
        How dropout layers take p, scale, and draw.
    strict : bool
        Hold dropout also to the laws beyond common practice.
    seed : int
        Draws the example arguments, and the checks' directions.

    Returns
    -------
    Record
        An item for each layer, and one for the mask laws of each plain dropout. A target that
        cannot be imported, or time that runs out, is in the record's error.

    Raises
    ------
    NothingToCheckError
        The target has no layer, or `only` matches none.

    Examples
    --------
    >>> record = check_target("layers", only=["affine", "relu"])
    >>> [(item.name, item.status) for item in record.items]
    [('relu', 'passed'), ('affine', 'passed')]
    """
    started = time.perf_counter()
    items: list[Item] = []
    notes: list[str] = []
    error, fault, running = "", "", ""
    settings = {"seed": seed, "strict": strict, **conventions.to_dict()}
    try:
        with interrupts_told_apart(), quiet(), loaded(target) as module:
            found = find_pairs(module)
            notes += _notes(found)
            for pair in _selected(target, module, found, only):
                running = f"{pair.name}: "
                items.extend(judge_pair(pair, conventions, strict, seed))
    except TargetError as reason:
        error, fault = str(reason), "target"
    except TimedOut as reason:
        error, fault = f"{running}{reason}", "target"
    except NothingToCheckError:
        raise
    except Exception:
        error = "gradcheck itself failed, which is not the target's fault:\n" + (
            traceback.format_exc(limit=-6))
        fault = "judge"
    return Record("check", target, tuple(items), error=error, fault=fault,
                  seconds=time.perf_counter() - started, notes=tuple(notes), settings=settings)


def _notes(found: Found) -> list[str]:
    return [f"{name} has no {_partner(name)}, so it was not checked" for name in found.unpaired]


def _partner(name: str) -> str:
    forward = "_forward" in name
    return name.replace("_forward" if forward else "_backward",
                        "_backward" if forward else "_forward")


def _selected(target: str, module: ModuleType, found: Found, only: Sequence[str]) -> list[Pair]:
    """Return the pairs that `only` names, in the module's order."""
    if not found.pairs:
        raise NothingToCheckError(
            f"{target}: got {len(vars(module))} names, none of them a layer; expected functions "
            "<name>_forward and <name>_backward, or <name>_loss. Remedy: name them so."
            + "".join(f"\n{note}" for note in _notes(found)))
    names = [pair.name for pair in found.pairs]
    for pattern in only:
        if not fnmatch.filter(names, bare(pattern)):
            close = difflib.get_close_matches(bare(pattern), names, n=3)
            hint = f" Did you mean {' or '.join(close)}?" if close else ""
            raise NothingToCheckError(
                f"--only: got {pattern!r}; expected one of {', '.join(sorted(names))}.{hint}")
    return [pair for pair in found.pairs
            if not only or any(fnmatch.fnmatchcase(pair.name, bare(p)) for p in only)]


def judge_pair(
    pair: Pair, conventions: Conventions, strict: bool, seed: int
) -> Iterator[Item]:
    """Yield the gradient's item, and for a plain dropout the laws' item, each when asked for."""
    judgement = judge(pair, conventions, seed)
    yield judgement.item(pair.name, pair.base)
    if judgement.example is None:
        return
    args = judgement.example.args
    if pair.base in LAWFUL:
        if len(args) == 2 and isinstance(args[1], dict):
            yield laws_item(pair, conventions, strict)
        else:
            yield Item(f"{pair.name} laws", pair.base, "skipped", POSITIONAL.format(pair.name))
    elif "dropout" in pair.base and pair.base not in LAYERS:
        yield Item(f"{pair.name} laws", pair.base, "skipped", UNKNOWN.format(pair.name))
