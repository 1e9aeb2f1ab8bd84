"""The frameworks themselves: imported when they are asked for, and by nobody who is not."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from gradcheck.arguments import Array

Pair = tuple[Callable[..., Any], Callable[..., Any]]


class PeerMissing(ImportError):
    """A framework is not installed, or not in a form that can be differentiated."""


def peer(name: str) -> Any:
    """Import a framework's module, or raise PeerMissing."""
    if name == "keras":
        # Keras wants a backend before its first import; NumPy's is the one always there.
        os.environ.setdefault("KERAS_BACKEND", "numpy")
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise PeerMissing(f"{name} cannot be imported ({error}). Remedy: pip install {package}, "
                          "or pip install 'maskgrad[peers]'.") from error


def double_precision(jax: Any) -> AbstractContextManager[Any]:
    """Let JAX keep float64 inside a with block, leaving its global setting alone."""
    here = jax if hasattr(jax, "enable_x64") else importlib.import_module("jax.experimental")
    context: AbstractContextManager[Any] = here.enable_x64(True)
    return context


def one_or_tuple(gradients: Sequence[Array]) -> Any:
    """Return the only gradient, or all of them as a tuple."""
    return gradients[0] if len(gradients) == 1 else tuple(gradients)
