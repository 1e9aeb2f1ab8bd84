"""What a function lacked when it raised: a package, an extension, a neighbour, another framework.

None of these is a slip of the function's, and so none of them is held against it.
"""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Iterator
from types import FrameType, FunctionType, ModuleType

from gradcheck.sandbox.absent import Absent, AbsentError
from gradcheck.target.guarded import Attempt, missing_names

FRAMEWORKS = frozenset({"torch", "tensorflow", "jax", "keras", "mxnet", "paddle", "theano", "cupy"})
OF_ARRAYS = re.compile(r"numpy\.(ndarray|float\d+)\b")
OF_NONE = re.compile(r"NoneType")


def need_of(error: BaseException) -> str:
    """Return what a function lacked that is not its own; '' where the exception is about itself.

    Examples
    --------
    >>> need_of(AbsentError("torch.cat could not be imported", name="torch"))
    'it needs torch, which could not be imported'
    >>> need_of(ValueError("no"))
    ''
    """
    if isinstance(error, AbsentError | ModuleNotFoundError):
        return _told(str(error.name))
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    attempt = _attempt(error, frames[-1]) if frames else None
    if attempt is not None:
        return _told(attempt.module.lstrip("."))
    if OF_ARRAYS.search(str(error)) and isinstance(error, AttributeError | TypeError):
        framework = next((name for frame in frames for name in _frameworks(frame)), "")
        if framework:
            return f"it takes {framework}'s tensors, and only functions of arrays are judged"
    return ""


def _told(module: str) -> str:
    return f"it needs {module}, which could not be imported"


def _attempt(error: BaseException, frame: FrameType) -> Attempt | None:
    """Return the import that would have given a name which is not there, or is None."""
    module = sys.modules.get(str(frame.f_globals.get("__name__")))
    if module is None or vars(module) is not frame.f_globals:
        return None
    if isinstance(error, NameError) and not isinstance(error, UnboundLocalError):
        missing = missing_names(module)
        return missing.get(str(error.name), missing.get("*"))
    if isinstance(error, AttributeError | TypeError) and OF_NONE.search(str(error)):
        missing = missing_names(module)
        return next((missing[name] for name in frame.f_code.co_names if name in missing), None)
    return None


def _frameworks(frame: FrameType) -> Iterator[str]:
    """Yield the frameworks that a function's module has imported, or tried to."""
    for value in frame.f_globals.values():
        if isinstance(value, ModuleType | Absent):
            name = value.__name__
        elif isinstance(value, FunctionType | type):
            name = str(value.__module__)
        else:
            continue
        top = name.partition(".")[0]
        if top in FRAMEWORKS:
            yield top
