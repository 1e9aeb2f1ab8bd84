"""Whether code is not written yet: it ends in None, NotImplementedError, or stumbles over a None.

A course's skeleton says ``out, cache = None, None``, leaves a gap, and goes on: ``out =
out.astype(x.dtype)``. What that raises is no slip either.
"""

from __future__ import annotations

import ast
import copy
import inspect
import re
import textwrap
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np

from gradcheck.contract.protocol import in_one_form
from gradcheck.exceptions.words import reason_and_place
from gradcheck.numeric.evaluator import ForwardError
from gradcheck.target.blocks import NotPythonError
from gradcheck.target.exceptions import OURS

OF_BACKWARD = ("not written yet: backward ", "not written yet: the gradient ")
OURS_IN = str(Path(__file__).parents[1])
NONE = re.compile(r"NoneType|\bNone\b")


def is_nothing(returned: Any) -> bool:
    """Whether a value is None or ``...``, or holds nothing else.

    >>> is_nothing((None, [...])), is_nothing(()), is_nothing((None, 0))
    (True, False, False)
    >>> is_nothing(np.array(None))
    True
    """
    if isinstance(returned, np.ndarray) and returned.dtype.kind == "O":
        returned = returned.ravel().tolist()
    return returned is None or returned is Ellipsis or (
        isinstance(returned, tuple | list) and bool(returned)
        and all(map(is_nothing, returned)))


def of_backward(gap: str) -> bool:
    """Whether what is not written yet is the backward, or a loss's gradient, alone.

    >>> of_backward("not written yet: backward returns None")
    True
    """
    return gap.startswith(OF_BACKWARD)


def is_skeleton_of_a_loss(returned: Any) -> bool:
    """Whether a loss is zero with a gradient of zeros, which is what the course's skeleton says.

    >>> is_skeleton_of_a_loss((0.0, np.zeros(3))), is_skeleton_of_a_loss((0.0, np.ones(3)))
    (True, False)
    """
    return isinstance(returned, tuple) and len(returned) >= 2 and all(
        isinstance(entry, int | float | np.ndarray | np.number) and not np.any(entry)
        for entry in returned)


def gap_of_loss(loss: Callable[..., Any], args: Sequence[Any]) -> str | None:
    """Return what of a loss is not written; '' for nothing, None where it raises something else.

    >>> gap_of_loss(lambda x: None, [1.0])
    'not written yet: it returns None'
    """
    try:
        returned = loss(*copy.deepcopy(args))
    except OURS:
        raise
    except BaseException as error:
        return _told("it", error)
    if is_nothing(returned[:-1] if isinstance(returned, tuple) else returned):
        return "not written yet: it returns None"
    if isinstance(returned, tuple) and len(returned) > 1 and is_nothing(returned[1:]):
        return "not written yet: the gradient is None"
    skeleton = "not written yet: the loss is zero, with a gradient of zeros"
    return skeleton if is_skeleton_of_a_loss(returned) else ""


def gap_of_layer(forward: Callable[..., Any], backward: Callable[..., Any], args: Sequence[Any],
                 names: Sequence[str]) -> str | None:
    """Return what of a layer is not written; '' for nothing, None where forward refuses.

    >>> gap_of_layer(lambda x: (x, x), lambda dout, cache: None, [np.ones(2)], ["x"])
    'not written yet: backward returns None'
    """
    wrt = [i for i, arg in enumerate(args)
           if isinstance(arg, np.ndarray) and arg.dtype.kind == "f"]
    adapted, adapted_backward = in_one_form(forward, backward, names, wrt, args)
    try:
        with np.errstate(all="ignore"):
            returned = adapted(*copy.deepcopy(args))
    except OURS:
        raise
    except ForwardError:
        return ""  # one of several outputs is there
    except BaseException as error:
        return _told("forward", error)
    if is_nothing(returned[:-1] if isinstance(returned, tuple) else returned):
        return "not written yet: forward returns None"
    if not isinstance(returned, tuple) or len(returned) != 2:
        return ""
    try:
        with np.errstate(all="ignore"):
            gradients = adapted_backward(np.ones(np.shape(returned[0])), returned[1])
    except OURS:
        raise
    except BaseException as error:
        return _told("backward", error) or ""
    return "not written yet: backward returns None" if is_nothing(gradients) else ""


def without_return(function: Callable[..., Any]) -> bool:
    """Whether a function computes something and returns nothing: its return was forgotten.

    Examples
    --------
    >>> def forward(x):
    ...     out = 2 * x
    >>> def skeleton(x):
    ...     out = None
    >>> without_return(forward), without_return(skeleton)
    (True, False)
    """
    code = getattr(inspect.unwrap(function), "__code__", None)
    body = _function(code) if code is not None else None
    if body is None or any(isinstance(node, ast.Return | ast.Yield) and node.value is not None
                           for node in ast.walk(body)):
        return False
    return any(isinstance(node, ast.Assign) and not (
        isinstance(node.value, ast.Constant) or _holds_only_none(node.value))
        for node in ast.walk(body))


def _holds_only_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Tuple) and all(
        isinstance(entry, ast.Constant) for entry in value.elts)


def _told(who: str, error: BaseException) -> str | None:
    """Return what an exception that a gap raised says; None for another one."""
    if not raised_by_a_gap(error):
        return None
    if isinstance(error, NotPythonError):
        return f"not written yet: {who} could not be read; {error}"
    if isinstance(error, NotImplementedError):
        return f"not written yet: {who} raises NotImplementedError"
    return f"not written yet: {who} goes on with a None, {reason_and_place(error)}"


def raised_by_a_gap(error: BaseException) -> bool:
    """Whether an exception comes of code that is not written: its own, or what that calls.

    A None that a dict or a default gave is no gap.

    Examples
    --------
    >>> def skeleton(x):
    ...     out = None
    ...     return out.astype(x)
    >>> try:
    ...     skeleton(int)
    ... except AttributeError as error:
    ...     print(raised_by_a_gap(error))
    True
    """
    if isinstance(error, NotImplementedError):
        return True
    told = NONE.search(str(error)) is not None
    if not isinstance(error, AttributeError | TypeError | ValueError) or not (
            told or isinstance(error, ValueError)):  # NumPy's matmul takes None for an array
        return False
    frames = [(frame, line) for frame, line in traceback.walk_tb(error.__traceback__)
              if not frame.f_code.co_filename.startswith(OURS_IN)]
    for frame, line in reversed(frames):
        origins = set(_origins(frame, line, told))
        if origins != {"argument"}:
            return "gap" in origins
        told = False  # the frame that called gave the None: it has it under a name
    return False


def _origins(frame: FrameType, line: int, told: bool) -> Iterator[str]:
    """Yield where the Nones come from that a frame's line looks at: argument, gap, or elsewhere.

    Where none has a name, and the exception has `told` of one, a call in the line returned it.
    """
    nodes = list(_looked_at(frame.f_code, line))
    names = {node.id for node in nodes if isinstance(node, ast.Name)
             and isinstance(node.ctx, ast.Load)}
    empty = [name for name in names if is_nothing(frame.f_locals.get(name, 0))]
    for name in empty:
        yield _origin(name, frame.f_code)
    if any(map(_is_literal_gap, nodes)):
        yield "gap"
    if told and not empty and any(map(_is_plain_call, nodes)):
        yield "gap"


def _origin(name: str, code: CodeType) -> str:
    """Return how a function came by a None: what its text assigns decides."""
    function = _function(code)
    values = [value for node in ast.walk(function) for value in _assigned(node, name)
              ] if function is not None else []
    if any((isinstance(value, ast.Constant) and value.value is None) or _is_plain_call(value)
           for value in values):
        return "gap"
    if values:
        return "elsewhere"
    return "argument" if name in code.co_varnames[:code.co_argcount] else "elsewhere"


def _assigned(node: ast.AST, name: str) -> Iterator[ast.expr]:
    """Yield what a statement assigns to a name, entry by entry where both sides are tuples."""
    if not isinstance(node, ast.Assign):
        return
    for target in node.targets:
        if isinstance(target, ast.Name) and target.id == name:
            yield node.value
        elif isinstance(target, ast.Tuple | ast.List):
            values = node.value.elts if isinstance(node.value, ast.Tuple) and (
                len(node.value.elts) == len(target.elts)) else [node.value] * len(target.elts)
            for entry, value in zip(target.elts, values, strict=True):
                if isinstance(entry, ast.Name) and entry.id == name:
                    yield value


def _is_literal_gap(node: ast.AST) -> bool:
    """Whether a None stands where a value was to be written: ``(x, w) = None``, ``range(None)``."""
    values = [node.value] if isinstance(node, ast.Assign) else node.args if isinstance(
        node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range" else []
    return any(isinstance(value, ast.Constant) and value.value is None for value in values)


def _is_plain_call(node: ast.AST) -> bool:
    """Whether an expression calls a function by its name: no method, such as a dict's get."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


def _function(code: CodeType) -> ast.FunctionDef | None:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(code)))
    except (OSError, TypeError, SyntaxError, IndexError):
        return None
    return next((node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)), None)


def _looked_at(code: CodeType, line: int) -> Iterator[ast.AST]:
    """Yield what the statement at a line consists of; of one with a body, its head alone."""
    function = _function(code)
    wanted = line - code.co_firstlineno + 1
    inside = [node for node in ast.walk(function) if isinstance(node, ast.stmt)
              and node.lineno <= wanted <= (node.end_lineno or node.lineno)
              ] if function is not None else []
    for statement in inside[-1:]:  # the walk goes from the outside in
        yield from ast.walk(getattr(statement, "test", getattr(statement, "iter", statement)))
