"""The signature of a function as its author wrote it."""

from __future__ import annotations

import inspect
import re
from typing import Any

ADDRESS = re.compile(r" at 0x[0-9a-f]+")
WIDTH = 88


class Written(str):
    """An annotation that is shown as it stands in the source, without quotation marks."""

    def __repr__(self) -> str:
        return str(self)


def signature_of(name: str, obj: Any) -> str:
    """Return name and arguments, one a line where they are many; '' where nobody can know them.

    >>> def double(x: Array, *, times: int = 1) -> Array: ...
    >>> signature_of("double", double)
    'double(x: Array, *, times: int = 1) -> Array'
    """
    try:
        signature = inspect.signature(obj)
    except (TypeError, ValueError):
        return ""
    parameters = [parameter.replace(annotation=_written(parameter.annotation))
                  for parameter in signature.parameters.values() if parameter.name != "self"]
    returned = (inspect.Signature.empty if inspect.isclass(obj)
                else _written(signature.return_annotation))
    plain = signature.replace(parameters=parameters, return_annotation=returned)
    text = ADDRESS.sub("", f"{name}{plain}")
    return text if len(text) <= WIDTH else ADDRESS.sub("", _broken(name, plain))


def _written(annotation: Any) -> Any:
    return Written(annotation) if isinstance(annotation, str) else annotation


def _broken(name: str, signature: inspect.Signature) -> str:
    """Return a signature with a line for each parameter."""
    alone = str(signature.replace(return_annotation=inspect.Signature.empty))
    returned = str(signature.replace(parameters=[])).removeprefix("()")
    parts, depth, start = [], 0, 0
    inside = alone[1:-1]
    for index, letter in enumerate(inside):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            parts.append(inside[start:index].strip())
            start = index + 1
    parts.append(inside[start:].strip())
    return "\n".join([f"{name}(", *(f"    {part}," for part in parts), f"){returned}"])
