"""Checkpoints: a nested dict of arrays and numbers in one npz file, without pickle."""

from __future__ import annotations

import contextlib
import errno
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
    OSError
        If the file cannot be written: the disk is full, the folder read-only.
    """
    path, arrays = Path(path), dict(_flatten(state))
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with open(partial, "wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())  # or a cut of power leaves the new name with nothing in it
        os.replace(partial, path)
    except OSError as error:
        raise OSError(error.errno, f"checkpoint: {str(path)!r} cannot be written "
                      f"({error.strerror or error}). The run is kept: model.params hold its last "
                      "step, best_params its best. Remedy: make room or set another "
                      "checkpoint_name, then call train() again") from error
    finally:
        with contextlib.suppress(OSError):
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


def newest_first(path: str | Path) -> list[Path]:
    """Return the checkpoints that a path stands for: a file, all of a folder, or of a prefix.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    path = Path(path)
    if path.is_file():
        return [path]
    folder, prefix = (path, "") if path.is_dir() else (path.parent, f"{path.name}_")
    found = [file for file in folder.glob("*.npz") if file.name.startswith(prefix)]
    if not found:
        raise FileNotFoundError(
            errno.ENOENT, f"checkpoint: no file, and no {prefix}*.npz in {str(folder)!r}. Remedy: "
            "pass a checkpoint, its folder, or the checkpoint_name that wrote it", str(path))
    return sorted(found, key=lambda file: (file.stat().st_mtime_ns, file.name), reverse=True)


def rng_state(rng: object) -> str:
    """Return the state of a Generator or RandomState as JSON text; '' for anything else."""
    if isinstance(rng, np.random.Generator):
        state: Any = rng.bit_generator.state
    elif isinstance(rng, np.random.RandomState):
        state = rng.get_state(legacy=False)
    else:
        return ""
    import json  # few runs have a checkpoint

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
    import json  # few runs have a checkpoint

    state = json.loads(text)
    if isinstance(rng, np.random.Generator):
        rng.bit_generator.state = state
    else:
        rng.set_state(state)
