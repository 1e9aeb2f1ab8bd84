"""A search for a line in a submission's own process: asked for a layer, answered in JSON's types.

The process that runs it holds neither the reference nor the definitions of values; what it answers
has been in the submission's hands, and is proved by whoever asked, or not shown.
"""

from __future__ import annotations

import copy
import itertools
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np

from gradcheck.equal import unlike_reference
from gradcheck.mask_laws.conventions import LAWFUL, Conventions
from gradcheck.repair.judged import repairs_by
from gradcheck.repaired import Repair
from gradcheck.target.judge import judge
from gradcheck.target.pairs import Pair, find_pairs
from gradcheck.target.repairing import drops_in_test_mode, with_repairs


def answer(module: ModuleType, request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what would repair a layer of a module.

    Parameters
    ----------
    module : ModuleType
        The submission.
    request : mapping
        The `name` of a layer, the parts or laws of the mask that it was found to have `broken`,
        those that are `ignored`, its `conventions`, the `seed` that draws arguments, the `seconds`
        that it may take, and where its value is wrong, right `values` with their arguments.

    Examples
    --------
    >>> answer(ModuleType("homework"), {"name": "relu"})
    []
    """
    pairs = [pair for pair in find_pairs(module, imported=True).pairs
             if pair.name == request["name"]]
    return [repair.to_dict() for pair in pairs[:1]
            for repair in _repairs(replace(pair, example=None), request)]


def _repairs(pair: Pair, request: Mapping[str, Any]) -> tuple[Repair, ...]:
    """Return the edits of a value, a gradient, or a mask that is wrong."""
    end = time.monotonic() + request["seconds"]
    of_value = _of_value(pair, request["values"], request["seconds"] / 2)
    conventions = Conventions(**request["conventions"])
    judgement = judge(pair, conventions, request["seed"], values=False)
    found = with_repairs(judgement, pair, conventions, request["seed"],
                         max(0.0, end - time.monotonic()), told=True)
    if found.report is not None and found.report.repairs:
        return (*of_value, *found.report.repairs)
    if pair.name not in LAWFUL or judgement.example is None or not (
            judgement.gradient_right or drops_in_test_mode(judgement, pair, conventions)):
        return of_value
    from gradcheck.target.mask_repairing import mask_repairs  # with hypothesis, for these alone

    return mask_repairs(conventions.implementation(pair), judgement.example, request["broken"],
                        request["ignored"], max(0.0, end - time.monotonic()))


def _of_value(pair: Pair, values: Sequence[tuple[Sequence[Any], Any]], seconds: float
              ) -> tuple[Repair, ...]:
    """Return the edit of forward with which it gives the values that were asked for."""

    def out(args: Sequence[Any]) -> Any:
        return np.asarray(pair.forward(*copy.deepcopy(args))[0])

    def right(args: Sequence[Any], want: Any) -> bool:
        try:
            got = out(args)
        except Exception:
            return False
        return got.shape == np.shape(want) and not np.any(unlike_reference(got, np.asarray(want)))

    wrong = next((args for args, want in values if not right(args, want)), None)
    if wrong is None:
        return ()
    return repairs_by(lambda: out(wrong), [lambda: all(itertools.starmap(right, values))],
                      side="value", verified=len(values) - 1, seconds=seconds)
