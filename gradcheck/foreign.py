"""Arrays of other frameworks, told by what they can do: nothing of theirs is imported here."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

# what stands for NumPy in a file that is written for another framework
NAMESPACES = ("numpy", "torch", "jax.numpy", "autograd.numpy")
KEPT = (int, float, str, bool, type(None), np.ndarray, np.generic, tuple, list, dict)


def as_array(value: Any) -> Any:
    """Return a tensor of torch's or an array of jax's as NumPy's, and anything else as it is.

    >>> as_array(0.5), as_array(np.ones(2))
    (0.5, array([1., 1.]))
    """
    if isinstance(value, KEPT):
        return value
    home = type(value).__module__.partition(".")[0]
    try:
        if home == "torch" and hasattr(value, "detach"):
            return value.detach().cpu().numpy()
        if home == "jaxlib" and hasattr(value, "__array__"):
            return np.asarray(value)
    except (RuntimeError, TypeError, ValueError):  # it lies elsewhere, or has a dtype of its own
        return value
    return value


def moved(value: Any, move: Any) -> Any:
    """Return a value plus an array or a number, in the value's own framework.

    >>> moved(np.ones(2), np.array([0.5, 0.0]))
    array([1.5, 1. ])
    """
    if hasattr(value, "new_tensor") and isinstance(move, np.ndarray):
        return value + value.new_tensor(move)
    return value + move


def uncompiled(function: Any) -> Any:
    """Return the Python function that numba compiled, and anything else as it is.

    >>> uncompiled(len) is len
    True
    """
    return getattr(function, "py_func", function)


def is_namespace(value: Any) -> bool:
    """Whether a module is NumPy, or has its functions under their names.

    >>> is_namespace(np), is_namespace(np.linalg)
    (True, False)
    """
    return isinstance(value, ModuleType) and value.__name__ in NAMESPACES


def derived_from(value: Any, module: str, name: str) -> bool:
    """Whether a class is derived from another one, which is not imported for that.

    >>> derived_from(bool, "builtins", "int"), derived_from(3, "builtins", "int")
    (True, False)
    """
    return isinstance(value, type) and any(
        base.__module__ == module and base.__name__ == name for base in value.__mro__[1:])
