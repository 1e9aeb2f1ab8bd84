"""Proxies of a submission's functions, and its exceptions and warnings on the judge's side."""

from __future__ import annotations

import ast
import builtins
import contextlib
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.sandbox.wire import Decoder, Opaque, refuse_loops, set_generator_state

NAME_LIMIT = 100
STEERING = ("StopIteration", "StopAsyncIteration")
Call = Callable[[str, tuple[Any, ...]], Any]


class SubmissionError(Exception):
    """The submission raised; a subclass of the exception's built-in type too.

    `trace` and `place` tell of the submission's own lines.
    """

    trace: str = ""
    place: str = ""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


def proxy(call: Call, name: str, parameters: Any) -> Callable[..., Any]:
    """Return a function that evaluates the submission's function of that name."""
    def function(*args: Any) -> Any:
        return call(name, args)

    function.__name__ = function.__qualname__ = name
    signature = _signature(parameters)
    if signature is not None:
        function.__signature__ = signature  # type: ignore[attr-defined]
    return function


def bounded(name: Any) -> str:
    """Return a name of the submission's as it is, if no pattern can take long on it.

    >>> bounded("relu_forward")
    'relu_forward'
    """
    if type(name) is not str or len(name) > NAME_LIMIT or not name.isidentifier():
        raise ValueError(f"a name is no identifier of at most {NAME_LIMIT} characters")
    return name


def _signature(parameters: Any) -> inspect.Signature | None:
    if parameters is None:
        return None
    return inspect.Signature([
        inspect.Parameter(bounded(name), inspect._ParameterKind(kind),
                          default=None if default is True else inspect.Parameter.empty)
        for name, kind, default in parameters
    ])


def accept(reply: Any, arrays: list[Any], known: list[Any]) -> tuple[Any, list[list[Any]]]:
    """Return the value of a reply, and what calls were seen; make its changes to what we know.

    Parameters
    ----------
    reply : dict
        What the submission's process tells: nothing of it is sure.
    arrays : list of ndarray
        Those of its frame.
    known : list of objects
        The containers and arrays that it was sent.
    """
    decoder = Decoder(arrays, known)
    value = decoder.decode(reply["value"])
    changes = [(known[index], decoder.decode(tree)) for index, tree in reply["changes"]]
    for target, new in changes:
        overwrite(target, new)
    refuse_loops([target for target, _ in changes], (), set())
    if reply["state"] is not None:
        np.random.set_state(decoder.decode(reply["state"]))  # noqa: NPY002
    for category, message in reply["warnings"]:
        if not isinstance(category, str) or not isinstance(message, str):
            raise TypeError("a malformed warning")
    return value, [list(map(decoder.decode, call)) for call in reply["calls"]]


def overwrite(target: Any, new: Any) -> None:
    """Give `target` the contents of `new`, in place."""
    if type(target) is not type(new):
        raise TypeError(f"{type(target).__name__} cannot become {type(new).__name__}")
    if isinstance(target, np.ndarray):
        if target.shape != new.shape or target.dtype != new.dtype:
            raise TypeError("an argument was given another shape or dtype")
        writeable = target.flags.writeable
        if not writeable:
            raise TypeError("a read-only argument was overwritten")
        target[...] = new
    elif isinstance(target, dict):
        target.clear()
        target.update(new)
    elif isinstance(target, list):
        target[:] = new
    elif isinstance(target, np.random.Generator | np.random.RandomState):
        set_generator_state(target, new)


def refuse_objects(name: str, value: Any) -> None:
    """Refuse a value that holds anything but arrays of numbers where arrays are expected."""
    entries = value if isinstance(value, tuple | list) else [value]
    # What forward keeps in its cache is its own business.
    judged = entries[:1] if name.partition("_forward")[1] else entries
    for entry in judged:
        if isinstance(entry, Opaque):
            raise _error_class("TypeError")(
                f"{name} returned an object of type {entry.type_name}; expected a plain NumPy "
                "array of numbers")


def warning_class(name: str) -> type[Warning]:
    """Return the category of that name, of Python or NumPy."""
    found = getattr(builtins, name, None) or getattr(np.exceptions, name, None)
    if isinstance(found, type) and issubclass(found, Warning):
        return found
    return UserWarning


_classes: dict[tuple[str, str], type[SubmissionError]] = {}


def _error_class(*names: str) -> type[SubmissionError]:
    """Return a SubmissionError called `names[0]`, mixed with the first built-in among `names`."""
    shown = names[0] if names and names[0].isidentifier() and len(_classes) < 200 else "Exception"
    name, kind = next(((name, kind) for name in names
                       if (kind := _plain_exception(name)) is not None), ("Exception", Exception))
    if (shown, name) not in _classes:
        bases = (SubmissionError,) if kind is Exception else (SubmissionError, kind)
        _classes[shown, name] = type(shown, bases, {"__module__": "builtins"})
    return _classes[shown, name]


def _plain_exception(name: str) -> type[Exception] | None:
    """Return the built-in exception of a name, if it takes a message and steers no iteration."""
    kind = getattr(builtins, name, None)
    if not isinstance(kind, type) or not issubclass(kind, Exception) or name in STEERING:
        return None
    with contextlib.suppress(TypeError):  # one that wants more, such as an ExceptionGroup
        kind("")
        return kind
    return None


def remote_error(body: Any) -> SubmissionError:
    """Return the exception that a reply tells of."""
    try:
        names = [str(name)[:100] for name in body["types"]]
        message, trace, place = (str(body[name])[:2000] for name in ("message", "trace", "place"))
    except (KeyError, TypeError):
        names, message, trace, place = [], "an exception that cannot be read", "", ""
    if names[:1] == ["KeyError"]:
        with contextlib.suppress(ValueError, SyntaxError, MemoryError, RecursionError):
            message = ast.literal_eval(message)
    error = _error_class(*names)(message)
    error.trace, error.place = trace, place
    return error
