"""A search for a line in a submission's own process: asked for a layer, answered in JSON's types.

The process that runs it holds neither the reference nor the definitions of values; what it answers
has been in the submission's hands, and is proved by whoever asked, or not shown.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any

from gradcheck.mask_laws.conventions import LAWFUL, Conventions
from gradcheck.repaired import Repair
from gradcheck.target.judge import judge
from gradcheck.target.pairs import Pair, find_pairs
from gradcheck.target.repairing import with_repairs


def answer(module: ModuleType, request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what would repair a layer of a module.

    Parameters
    ----------
    module : ModuleType
        The submission.
    request : mapping
        The `name` of a layer, the laws of the mask that it was found to have `broken`, its
        `conventions`, the `seed` that draws arguments, and the `seconds` that it may take.

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
    """Return the edits of a gradient that is wrong, or of a mask where it is right."""
    end = time.monotonic() + request["seconds"]
    conventions = Conventions(**request["conventions"])
    judgement = judge(pair, conventions, request["seed"], values=False)
    found = with_repairs(judgement, pair, conventions, request["seed"],
                         max(0.0, end - time.monotonic()), told=True)
    if found.report is not None and found.report.repairs:
        return found.report.repairs
    if pair.name not in LAWFUL or not judgement.gradient_right or judgement.example is None:
        return ()
    from gradcheck.target.mask_repairing import mask_repairs  # with hypothesis, for these alone

    return mask_repairs(conventions.implementation(pair), judgement.example, request["broken"],
                        request["ignored"], max(0.0, end - time.monotonic()))
