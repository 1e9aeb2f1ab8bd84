"""What a submission's process tells: exceptions, warnings, signatures, what has changed."""

from __future__ import annotations

import inspect
import json
import os
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

MESSAGE_LIMIT = 2000
NAME_LIMIT = 100


def snapshot(value: Any) -> list[Any]:
    """Return what tells whether an argument was changed, one level deep."""
    if isinstance(value, dict):
        return [part for pair in value.items() for part in pair]
    if isinstance(value, list | tuple):
        return list(value)
    if hasattr(value, "tobytes"):
        return [value.shape, value.dtype.str, value.tobytes()]
    if hasattr(value, "bit_generator"):
        return [json.dumps(value.bit_generator.state, default=lambda array: array.tolist())]
    key = value.get_state(legacy=False)
    return [key["state"]["key"].tobytes(), key["state"]["pos"], key["has_gauss"], key["gauss"]]


def same(first: Sequence[Any], second: Sequence[Any]) -> bool:
    """Compare by identity, and by value where both are of one plain type of Python's own."""
    return len(first) == len(second) and all(
        a is b or (type(a) is type(b) and type(a) in (int, float, str, bytes, tuple, bool)
                   and a == b)
        for a, b in zip(first, second, strict=True)
    )


def describe(error: BaseException) -> dict[str, Any]:
    """Return an exception's types, message and traceback, whatever its own methods do."""
    types_ = [kind.__name__ for kind in type.mro(type(error)) if type(kind.__name__) is str]
    try:
        message = str(error)[:MESSAGE_LIMIT]
    except BaseException:
        message = "(its message cannot be read)"
    try:
        frames = traceback.extract_tb(error.__traceback__)
        harness = os.path.dirname(__file__)
        own = [frame for frame in frames if os.path.dirname(frame.filename) != harness]
        trace = "".join(traceback.format_list(own[-8:]))[-MESSAGE_LIMIT:]
        place = next((f"line {frame.lineno}, in {frame.name[:NAME_LIMIT]}" for frame in own[::-1]
                      if not os.path.isabs(frame.filename)
                      or Path(frame.filename).is_relative_to(Path.cwd())), "")
    except BaseException:
        trace = place = ""
    return {"types": types_[:20], "message": _valid(message), "trace": _valid(trace),
            "place": _valid(place)}


def _valid(text: str) -> str:
    return str.encode(text, "utf-8", "replace").decode("utf-8")


def warning(entry: Any) -> list[str]:
    """Return a warning's category and message."""
    try:
        return [entry.category.__name__, _valid(str(entry.message)[:MESSAGE_LIMIT])]
    except BaseException:
        return ["UserWarning", "a warning that cannot be read"]


def parameters(function: Callable[..., Any]) -> list[list[Any]] | None:
    """Return [name, kind, whether it has a default] for each parameter, or None."""
    try:
        parameters = inspect.signature(function).parameters.values()
        told = [[p.name, int(p.kind), p.default is not p.empty] for p in parameters][:50]
        return told if all(len(str(name)) <= NAME_LIMIT for name, *_ in told) else None
    except Exception:
        return None
