"""The items of one pair: its gradient and contract, and the laws of its mask."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from gradcheck.output.record import Item
from gradcheck.target.exceptions import OURS
from gradcheck.target.judge import Judgement, judge
from gradcheck.target.laws import LAWFUL, laws_item
from gradcheck.target.pairs import Pair
from gradcheck.target.settings import Settings
from gradcheck.target.suppression import ignored_codes, without_ignored

POSITIONAL = (
    "the mask laws were not run: they call {0}_forward(x, dropout_param), with p and mode in a "
    "dict. Take them so, or hand gradcheck.check_dropout a forward that unpacks the dict"
)
UNKNOWN = (
    "the mask laws were not run: they are for dropout_forward and vanilla_dropout_forward. If {0} "
    "draws a unit at a time, call gradcheck.check_dropout(({0}_forward, {0}_backward))"
)
OUR_FRAMES = 12


def items_of(pair: Pair, settings: Settings) -> Iterator[Item]:
    """Yield the items of a pair, each when it is known.

    An exception of the checker's own is an item with the status `error`, and the rest goes on.

    Examples
    --------
    >>> def relu(x): return x * (x > 0), x
    >>> pair = Pair("relu", "relu", relu, lambda dout, x: dout * (x > 0))
    >>> [item.status for item in items_of(pair, Settings())]
    ['passed']
    """
    file, line = pair.place
    place = {"file": _as_named(file), "line": line}
    codes = ignored_codes(pair, settings.ignore)
    try:
        judgement = without_ignored(judge(pair, settings.conventions, settings.seed), codes)
        yield replace(_with_laws_note(judgement, pair).item(pair.name, pair.base), **place)
    except OURS:
        raise
    except Exception as error:
        yield _our_fault(pair, error, place)
        return
    if _is_lawful(pair, judgement):
        try:
            yield replace(laws_item(pair, settings, codes), **place)
        except OURS:
            raise
        except Exception as error:
            yield replace(_our_fault(pair, error, place), name=f"{pair.name} laws")


def _is_lawful(pair: Pair, judgement: Judgement) -> bool:
    """Whether the laws apply: a dropout that is written, and takes its settings in a dict."""
    found = judgement.example
    return (pair.base in LAWFUL and pair.backward is not None and judgement.status != "todo"
            and found is not None and len(found.args) == 2 and isinstance(found.args[1], dict))


def _with_laws_note(judgement: Judgement, pair: Pair) -> Judgement:
    """Return a judgement that says why a dropout's mask was not held to the laws."""
    if judgement.example is None or "dropout" not in pair.base or judgement.status == "todo":
        return judgement
    if pair.base in LAWFUL:
        note = "" if _is_lawful(pair, judgement) else POSITIONAL.format(pair.name)
    else:
        note = "" if _is_standard(pair) else UNKNOWN.format(pair.name)
    return replace(judgement, advice=(*judgement.advice, note)) if note else judgement


def _is_standard(pair: Pair) -> bool:
    from gradcheck.examples.standard import LAYERS

    return pair.base in LAYERS


def _our_fault(pair: Pair, error: Exception, place: dict[str, object]) -> Item:
    """Return the item for what the checker itself could not do."""
    trace = "".join(traceback.format_exception(*sys.exc_info(), limit=-OUR_FRAMES))
    return Item(pair.name, pair.base, "error", "gradcheck itself failed, which is not the "
                f"target's fault: {type(error).__name__}: {error}", fault="judge",
                details={"traceback": trace}, **place)  # type: ignore[arg-type]


def _as_named(file: str) -> str:
    """Return a file's path from the current folder, where it lies below it."""
    try:
        path = Path(file).resolve()
        return os.path.relpath(path) if file and path.is_relative_to(Path.cwd()) else file
    except (OSError, ValueError):
        return file
