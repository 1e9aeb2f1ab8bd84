"""A file `layers.py` in the working folder comes before the package of that name: say so."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def check_layers() -> None:
    """Raise ImportError if `layers` is another module than the package that `nets` is built on."""
    found = find_spec("layers")
    folders = [] if found is None else list(found.submodule_search_locations or ())
    if any((Path(folder) / "masks.py").exists() for folder in folders):
        return
    got = "no such module" if found is None else found.origin or " and ".join(folders)
    raise ImportError(
        f"layers: got {got}; expected the package `layers` of maskgrad, which `nets` imports. "
        "Remedy: rename that file or folder, or run from another folder.", name="layers",
        path=None if found is None else found.origin,
    )
