"""Checks every layer and loss of a module, and records what was found."""

from __future__ import annotations

import contextlib
import copy
import difflib
import fnmatch
import functools
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np

from gradcheck.check import check_gradient, check_layer
from gradcheck.contract.outputs import joined
from gradcheck.examples.standard import LAYERS, Example, NoExampleError, example, others
from gradcheck.exceptions import reason_of
from gradcheck.grading.judge import Conventions
from gradcheck.grading.laws import LAWFUL
from gradcheck.mask_laws.implementation import DropoutImplementation, Probe
from gradcheck.output.record import Item, Record
from gradcheck.report import Report
from gradcheck.sandbox.sandbox import global_generator_restored
from gradcheck.target.laws import laws_item
from gradcheck.target.load import (
    OURS,
    Found,
    Pair,
    TargetError,
    TimedOut,
    find_pairs,
    interrupts_told_apart,
    loaded,
)

MASK_SEED = 123
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
    settings = {"seed": seed, "strict": strict, **vars(conventions)}
    try:
        with interrupts_told_apart(), _quiet(), loaded(target) as module:
            found = find_pairs(module)
            notes += _notes(found)
            for pair in _selected(target, module, found, only):
                running = f"{pair.name}: "
                items.extend(check_pair(pair, conventions, strict, seed))
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


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Send what the target prints to stderr, and keep its warnings and reseeding to itself."""
    with (contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings(),
          global_generator_restored()):
        warnings.simplefilter("ignore")
        yield


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
        if not fnmatch.filter(names, _bare(pattern)):
            close = difflib.get_close_matches(_bare(pattern), names, n=3)
            hint = f" Did you mean {' or '.join(close)}?" if close else ""
            raise NothingToCheckError(
                f"--only: got {pattern!r}; expected one of {', '.join(sorted(names))}.{hint}")
    return [pair for pair in found.pairs
            if not only or any(fnmatch.fnmatchcase(pair.name, _bare(p)) for p in only)]


def _bare(name: str) -> str:
    return name.removesuffix("_forward").removesuffix("_backward")


def check_pair(
    pair: Pair, conventions: Conventions, strict: bool, seed: int
) -> Iterator[Item]:
    """Yield the gradient's item, and for a plain dropout the laws' item, each when asked for."""
    item = functools.partial(Item, pair.name, pair.base)
    try:
        found = example(pair.base, pair.forward, np.random.default_rng(seed), pair.example)
    except NoExampleError as error:
        yield item("error", str(error))
        return
    except OURS:
        raise
    except BaseException as error:
        yield item("error", f"{pair.base}_example raised {reason_of(error)}")
        return
    yield _accepted_item(item, pair, found, conventions, seed)
    if pair.base in LAWFUL:
        if len(found.args) == 2 and isinstance(found.args[1], dict):
            yield laws_item(pair, conventions, strict)
        else:
            yield Item(f"{pair.name} laws", pair.base, "skipped", POSITIONAL.format(pair.name))
    elif "dropout" in pair.base and pair.base not in LAYERS:
        yield Item(f"{pair.name} laws", pair.base, "skipped", UNKNOWN.format(pair.name))


def _accepted_item(item: Callable[..., Item], pair: Pair, found: Example,
                   conventions: Conventions, seed: int) -> Item:
    """Check a pair at the first arguments that its forward takes, and say which it refuses."""
    first = _gradient_item(item, pair, found, conventions, seed)
    if first.passed or not _refuses(pair, found):
        return first
    tried = _shapes(found)
    if pair.example is None:
        for other in others(pair.base, pair.forward, np.random.default_rng(seed)):
            if not _refuses(pair, other):
                told = f"checked at {_shapes(other)}, as {pair.name}_forward refuses {tried}"
                again = _gradient_item(item, pair, other, conventions, seed)
                return replace(again, advice=(*again.advice, told))
    return replace(first, message=f"{first.message}\n  It was called with {tried}; if it takes "
                   f"others, a function {pair.base}_example(rng) beside it returns them as a tuple")


def _refuses(pair: Pair, found: Example) -> bool:
    """Whether forward raises at these arguments."""
    try:
        pair.forward(*copy.deepcopy(found.args))
    except OURS:
        raise
    except BaseException:
        return True
    return False


def _shapes(found: Example) -> str:
    return ", ".join(f"{name} {list(np.shape(arg))}" if isinstance(arg, np.ndarray)
                     else f"{name}={arg!r}"
                     for name, arg in zip(found.names, found.args, strict=True))


def _gradient_item(item: Callable[..., Item], pair: Pair, found: Example,
                   conventions: Conventions, seed: int) -> Item:
    """Check a pair at example arguments; whatever the target's own code raises is its failure."""
    dropout = any(isinstance(arg, dict) and "p" in arg for arg in found.args)
    if dropout and conventions.seeding is None:
        return item("skipped", "without control over the randomness no two calls have the same "
                    "mask, and there is nothing to differentiate; the mask laws still apply")
    if not any(isinstance(arg, np.ndarray) and arg.dtype.kind == "f" for arg in found.args):
        return item("error", f"none of the example arguments ({', '.join(found.names)}) is an "
                    "array of floats, so there is nothing to differentiate")
    try:
        report = _report(pair, found, conventions, seed)
        if report.passed and pair.example is None:  # a target's own arguments stand as they are
            report = _also_single(report, pair, found, conventions, seed)
    except SystemExit as error:
        return item("error", f"it called sys.exit({error.code!r})")
    except _WrongFormError as error:
        return item("failed", str(error))
    except (Exception, *OURS):
        raise
    except BaseException as error:
        return item("error", f"it raised {reason_of(error)}")
    return _item_of(item, pair, found, report)


def _also_single(double: Report, pair: Pair, found: Example, conventions: Conventions,
                 seed: int) -> Report:
    """Check again at float32; return the report at float64 unless there is a finding.

    The work of both is counted. A coordinate that float32 leaves undecided was decided at float64,
    and a forward may refuse float32.
    """
    cast = replace(found, args=tuple(
        arg.astype(np.float32) if isinstance(arg, np.ndarray) and arg.dtype.kind == "f" else arg
        for arg in found.args))
    try:
        single = _report(pair, cast, conventions, seed)
    except _WrongFormError:
        if _refuses(pair, cast):
            return double
        raise
    told = double
    if single.findings and not _refuses(pair, cast):
        told = replace(single, notes=(*single.notes, "found with the arguments cast to float32; "
                                      "at float64 nothing is wrong"))
    return replace(told, checked=double.checked + single.checked,
                   evaluations=double.evaluations + single.evaluations,
                   seconds=double.seconds + single.seconds)


def _item_of(item: Callable[..., Item], pair: Pair, found: Example, report: Report) -> Item:
    advice: tuple[str, ...] = ()
    if found.guessed:
        advice = (f"checked at guessed arguments ({_shapes(found)}); a function "
                  f"{pair.name}_example(rng) that returns a tuple of arguments chooses them",)
    return item(
        report.verdict, "" if report.passed else "\n".join(_told(report)),
        seconds=report.seconds, arguments=tuple(entry.name for entry in report.arguments),
        worst_error=_worst(report), evaluations=report.evaluations, advice=advice,
        details={"report": report.to_dict()},
    )


def _worst(report: Report) -> float | None:
    """Return the worst relative error of the gradients that are not zero within their bound."""
    return max((entry.worst_error for entry in report.arguments
                if max(abs(entry.analytic), abs(entry.numeric)) > entry.bound
                or entry.error > entry.bound), default=0.0 if report.arguments else None)


def _told(report: Report) -> Iterator[str]:
    """Yield the paragraphs that say what is wrong: each finding, where, and where to read on."""
    for finding in report.findings:
        yield str(finding)
        places = ", ".join(str(list(index)) for index in finding.where[:5])
        more = " ..." if len(finding.where) > 5 else ""
        yield (f"  at {places}{more}; " if places else "  ") + f"gradcheck explain {finding.code}"
    guilty = {finding.argument for finding in report.findings}
    for entry in report.arguments:
        if entry.name in guilty or not report.findings:
            yield f"  {entry}"
    for note in report.notes:
        yield f"  note: {note}"


class _WrongFormError(Exception):
    """A loss does not return (loss, dx)."""


def _report(pair: Pair, found: Example, conventions: Conventions, seed: int) -> Report:
    """Run the gradient check of a layer or a loss."""
    if not pair.is_loss:
        assert pair.backward is not None
        args = _in_convention(found.args, conventions)
        forward, backward = joined(_repeatable(pair.forward, conventions), pair.backward)
        return check_layer(forward, backward, *args, seed=seed, name=pair.name)
    place = next(i for i, arg in enumerate(found.args)
                 if isinstance(arg, np.ndarray) and arg.dtype.kind == "f")

    name = found.names[place]

    def call(x: Any) -> Any:
        args = copy.deepcopy(found.args)
        return pair.forward(*args[:place], x, *args[place + 1:])

    try:
        returned = call(found.args[place].copy())
    except Exception as error:
        raise _WrongFormError(f"{pair.name} raised {reason_of(error)}") from error
    if not isinstance(returned, tuple | list) or len(returned) < 2:
        raise _WrongFormError(
            f"{pair.name}: got {type(returned).__name__}; expected the pair (loss, "
            f"d{name}). Remedy: return both, as cs231n's losses do")
    # As a dict, so that the report calls the argument by its name.
    return check_gradient(
        lambda named: call(named[name])[0], lambda named: {name: call(named[name])[1]},
        {name: found.args[place]}, seed=seed, name=pair.name)


def _in_convention(args: tuple[Any, ...], conventions: Conventions) -> tuple[Any, ...]:
    """Return the arguments with p as the probability that the target takes it for."""
    if conventions.p_is == "drop":
        return args
    return tuple({**arg, "p": 1 - arg["p"]} if isinstance(arg, dict) and "p" in arg else arg
                 for arg in args)


def _repeatable(forward: Callable[..., Any], conventions: Conventions) -> Callable[..., Any]:
    """Return `forward` with the same mask at every call, whatever it draws from."""
    if conventions.seeding == "seed":
        return forward

    probe = Probe(DropoutImplementation(forward, forward, seeding=conventions.seeding))

    @functools.wraps(forward)
    def repeated(*args: Any) -> Any:
        return forward(*(_seeded(probe, arg) for arg in args))

    return repeated


def _seeded(probe: Probe, arg: Any) -> Any:
    """Return a dropout's dict with the mask's randomness in it; anything else as it is."""
    if not isinstance(arg, dict) or "p" not in arg:
        return arg
    own = {key: value for key, value in arg.items() if key != "seed"}
    return {**probe.param(arg["p"], arg.get("mode"), MASK_SEED), **own}
