"""Checkpoints: a nested dict of arrays and numbers in one npz file, without pickle."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from layers.arguments import refuse

_SEPARATOR = "/"


def _flatten(state: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, np.ndarray]]:
    for key, value in state.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}{_SEPARATOR}")
            continue
        array = np.asarray(value)
        if array.dtype.hasobject:
            refuse(f"{prefix}{key}", value, "an array, a number or a string",
                   "keep Python objects out of what a checkpoint stores", TypeError)
        yield f"{prefix}{key}", array


def save_state(path: str | Path, state: Mapping[str, Any]) -> None:
    """Write `state` to `path`; a kill leaves the old file or the new one, never half of it.

    Parameters
    ----------
    path : path
        Taken as it is; no suffix is added.
    state : dict of str to array, number, string or dict of the same kind

    Raises
    ------
    TypeError
        If a value would need pickle.
    """
    path = Path(path)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with open(partial, "wb") as file:
            np.savez(file, **dict(_flatten(state)))  # type: ignore[arg-type]
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def load_state(path: str | Path) -> dict[str, Any]:
    """Read what `save_state` wrote; scalars come back as Python scalars.

    Raises
    ------
    FileNotFoundError
    ValueError
        If the file is not an npz file, is damaged, or would need pickle.
    """
    state: dict[str, Any] = {}
    with open(path, "rb") as raw:
        try:
            with np.load(raw, allow_pickle=False) as file:
                for name in file.files:
                    *groups, key = name.split(_SEPARATOR)
                    array, node = file[name], state
                    for group in groups:
                        node = node.setdefault(group, {})
                    node[key] = array.item() if array.ndim == 0 else array
        except Exception as error:  # a wrong byte can raise anything in zipfile, zlib and NumPy
            raise damaged(path, error) from error
    return state


def damaged(path: str | Path, reason: object) -> ValueError:
    """Return the error that refuses a file which is no whole checkpoint."""
    return ValueError(
        f"checkpoint: got {str(path)!r} ({reason}); expected a whole npz file without pickled "
        "objects, as a Solver writes it. Remedy: resume from another checkpoint."
    )


def rng_state(rng: object) -> str:
    """Return the state of a Generator or RandomState as JSON text; '' for anything else."""
    if isinstance(rng, np.random.Generator):
        state: Any = rng.bit_generator.state
    elif isinstance(rng, np.random.RandomState):
        state = rng.get_state(legacy=False)
    else:
        return ""
    return json.dumps(state, default=lambda value: np.asarray(value).tolist())


def restore_rng(rng: object, text: str) -> None:
    """Put a Generator or RandomState back into the state that `rng_state` described.

    Raises
    ------
    ValueError
        If the checkpoint was made with another kind of generator, or with none.
    """
    if not isinstance(rng, np.random.Generator | np.random.RandomState):
        return
    if not text:
        refuse("rng", "a checkpoint without its state", "one made with an rng",
               "leave rng away, as in the run that wrote the checkpoint")
    state = json.loads(text)
    if isinstance(rng, np.random.Generator):
        rng.bit_generator.state = state
    else:
        rng.set_state(state)
