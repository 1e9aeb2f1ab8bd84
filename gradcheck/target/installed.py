"""Where an installed module lies, found without importing anything."""

from __future__ import annotations

import contextlib
import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path


def spec_of(name: str, anywhere: bool = False) -> importlib.machinery.ModuleSpec | None:
    """Return where a module comes from, None where there is none of that name.

    What merely lies in the current folder is not installed, although Python looks there, too.

    Parameters
    ----------
    name : str
        A module's full name. Its packages are not imported, as importing runs their code.
    anywhere : bool
        Whether the current folder counts where Python looks there.

    Examples
    --------
    >>> spec_of("json.decoder").name, spec_of("no_such_module")
    ('json.decoder', None)
    """
    with contextlib.nullcontext() if anywhere else current_folder_left_out():
        top, *rest = name.split(".")
        try:
            spec = importlib.util.find_spec(top)
        except (ImportError, ValueError):
            return None
        for depth in range(len(rest)):
            folders = spec.submodule_search_locations if spec is not None else None
            if folders is None:
                return None
            below = ".".join([top, *rest[:depth + 1]])
            spec = importlib.machinery.PathFinder.find_spec(below, list(folders))
    return spec if spec is not None and spec.origin is not None else None


@contextlib.contextmanager
def current_folder_left_out() -> Iterator[None]:
    """Let imports not look into the current folder, where Python was started to look there."""
    before = list(sys.path)
    leave_out_current_folder()
    try:
        yield
    finally:
        sys.path[:] = before


def leave_out_current_folder() -> None:
    """Take the current folder off the path."""
    here = Path.cwd()
    sys.path[:] = [entry for entry in sys.path if entry and Path(entry).resolve() != here]
