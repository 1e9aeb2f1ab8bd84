"""Layers whose functions are not called forward and backward both: relu beside relu_backward.

In use are ``relu`` with ``relu_backward``, where relu returns its output and a cache, and
``forward_relu`` with ``backward_relu``. A step of a whole net is called so, too: its backward takes
the labels, and it is none of these.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gradcheck.contract.protocol import INPUTS, OUTPUTS, UPSTREAM, parameters_of
from gradcheck.target.names import CHARACTER, LABELS

Function = Callable[..., Any]

BACKWARD = re.compile(rf"(?P<base>{CHARACTER}+?)_backward")
PREFIXED = re.compile(rf"(?P<way>forward|backward)_(?P<base>{CHARACTER}+)")


def under_usual_names(names: Mapping[str, Function]) -> dict[str, str]:
    """Return what would usually be called otherwise: its usual name, and the one that it has.

    Parameters
    ----------
    names : mapping of str to callable
        The functions of a module by their names.

    Examples
    --------
    >>> def relu(Z): return Z * (Z > 0), Z
    >>> def relu_backward(dA, cache): return dA * (cache > 0)
    >>> under_usual_names({"relu": relu, "relu_backward": relu_backward})
    {'relu_forward': 'relu'}
    """
    return {**dict(_plain(names)), **dict(_prefixed(names))}


def is_step_of_a_net(forward: Function, backward: Function) -> bool:
    """Whether a backward takes labels that forward knows nothing of, and no upstream gradient.

    >>> is_step_of_a_net(lambda X, parameters: None, lambda AL, Y, caches: None)
    True
    """
    wanted = parameters_of(backward)
    return not any(map(UPSTREAM.fullmatch, wanted)) and any(
        LABELS.fullmatch(name) and name not in parameters_of(forward) for name in wanted[1:])


def _plain(names: Mapping[str, Function]) -> Iterator[tuple[str, str]]:
    """Yield each function that is called as its backward is, without that ending."""
    for name, backward in names.items():
        match = BACKWARD.fullmatch(name)
        if match and match["base"] in names and f"{match['base']}_forward" not in names and (
                _go_together(names[match["base"]], backward)):
            yield f"{match['base']}_forward", match["base"]


def _prefixed(names: Mapping[str, Function]) -> Iterator[tuple[str, str]]:
    """Yield the functions whose names begin with forward and backward."""
    for name, backward in names.items():
        match = PREFIXED.fullmatch(name)
        if match is None or match["way"] == "forward" or not _is_backward(backward):
            continue
        usual = [f"{match['base']}_{way}" for way in ("forward", "backward")]
        if f"forward_{match['base']}" in names and not any(map(names.__contains__, usual)):
            yield usual[0], f"forward_{match['base']}"
            yield usual[1], name


def _go_together(function: Function, backward: Function) -> bool:
    """Whether a function leaves what its backward takes: a cache, or arguments of its own."""
    inputs, wanted = parameters_of(function), parameters_of(backward)
    if not inputs or not _is_backward(backward):
        return False
    known = {*inputs, *OUTPUTS, *(INPUTS - {"cache"} if len(inputs) == 1 else ())}
    return returns_a_cache(function) or known.issuperset(wanted[1:])


def _is_backward(function: Function) -> bool:
    """Whether a function takes an upstream gradient first, something else, and no labels."""
    wanted = parameters_of(function)
    return len(wanted) > 1 and UPSTREAM.fullmatch(wanted[0]) is not None and not any(
        LABELS.fullmatch(name) for name in wanted if name not in OUTPUTS)


def returns_a_cache(function: Function) -> bool:
    """Whether every return of a function's is of several values, as its source says.

    >>> def twice(x):
    ...     return 2 * x
    >>> returns_a_cache(twice)
    False
    """
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function))))
    except (OSError, TypeError, ValueError, SyntaxError, RecursionError):
        return False
    if not isinstance(tree.body[0], ast.FunctionDef):
        return False
    returned = [node.value for node in _own_nodes(tree.body[0]) if isinstance(node, ast.Return)]
    return bool(returned) and all(
        isinstance(value, ast.Tuple) and len(value.elts) > 1 for value in returned)


def _own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """Yield what stands in a function, and in none that it defines."""
    for node in ast.iter_child_nodes(function):
        if not isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            yield node
            yield from _own_nodes(node)
