"""The line that writes into what belongs to the caller, found by running a layer line by line.

Nothing is guessed: what is not to change is compared after every line, and the line behind which it
is another for the first time is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np

from gradcheck.contract.layer import Layer
from gradcheck.contract.mutation import differences, snapshot
from gradcheck.numeric.evaluator import output_of
from gradcheck.repair.steps import Line, Steps, pointing
from gradcheck.repair.telling import undisturbed
from gradcheck.repaired import WRITE, Repair
from gradcheck.report import Finding

DOUT, CACHE, INPUT = "dout-mutated", "cache-mutated", "input-mutated"
WRITES = frozenset({DOUT, CACHE, INPUT})


@dataclass(frozen=True)
class Written:
    """What is written into: its name, by which function, and the paths that change."""

    name: str
    by: str
    changed: tuple[str, ...]


def lines_of_writes(layer: Layer, findings: Iterable[Finding]) -> tuple[Repair, ...]:
    """Return the lines at which a layer writes into what is its caller's, one for each of these.

    Parameters
    ----------
    layer : Layer
        At the arguments at which it was seen to.
    findings : iterable of Finding
        Those of other codes are passed over.
    """
    written = list(_written(findings))
    found: dict[Line, list[str]] = {}
    with undisturbed():
        for by in ("forward", "backward"):
            for entry, line in _lines(layer, by, [each for each in written if each.by == by]):
                found.setdefault(line, []).append(entry.name)
    return tuple(pointing(line, WRITE, tuple(names), f"this changes {' and '.join(names)}")
                 for line, names in found.items())


def _written(findings: Iterable[Finding]) -> Iterator[Written]:
    for finding in findings:
        changed = tuple(finding.evidence.get("changed", ()))
        if finding.code == INPUT:
            yield Written(str(finding.argument), str(finding.evidence.get("by")), changed)
        elif finding.code in WRITES:
            yield Written(finding.code.removesuffix("-mutated"), "backward", changed)


def _lines(layer: Layer, by: str, written: list[Written]) -> Iterator[tuple[Written, Line]]:
    """Run one function, or forward and then backward, and yield where each of these is changed."""
    if not written:
        return
    args = layer.copies()
    held = dict(zip(layer.names, args, strict=True))
    if by == "forward":
        found = _changes(held, written, lambda: layer.forward(*args))
    else:
        returned = layer.forward(*args)
        out = output_of(returned)
        dout = np.asarray(np.random.default_rng(0).standard_normal(out.shape)).astype(out.dtype)
        found = _changes({**held, "dout": dout, "cache": returned[1]}, written,
                         lambda: layer.backward(dout, returned[1]))
    yield from found.items()


def _changes(values: Mapping[str, Any], written: Iterable[Written], call: Callable[[], Any]
             ) -> dict[Written, Line]:
    """Return behind which line of a call each of these values is changed first."""
    before = {entry: _state(entry, values) for entry in written if entry.name in values}
    found: dict[Written, Line] = {}

    def look(line: Line, frame: FrameType | None) -> bool:
        for entry in [entry for entry in before if differences(before[entry],
                                                               _state(entry, values))]:
            del before[entry]
            found[entry] = line
        return bool(before)

    Steps(look).run(call)
    return found


def _state(entry: Written, values: Mapping[str, Any]) -> dict[str, Any]:
    state = snapshot(values[entry.name], entry.name)
    return {path: leaf for path, leaf in state.items()
            if not entry.changed or path in entry.changed}
