"""Parameters in a file: what a net learnt, in npz, without pickle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from layers.arguments import Array, refuse
from nets.checkpoint import load_state, save_state
from nets.training_state import put_statistics, running_statistics


class Saved:
    """A net whose parameters, and running averages where it has any, can be saved and loaded.

    Attributes
    ----------
    params : dict of str to ndarray
    bn_params : list of dict
        The dicts of its batch normalizations; a net without any need not have the attribute.

    Examples
    --------
    >>> import tempfile
    >>> net, other = Saved(), Saved()
    >>> net.params, other.params = {"W": np.ones((2, 1))}, {"W": np.zeros((2, 1))}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     net.save(f"{folder}/net.npz")
    ...     other.load(f"{folder}/net.npz")
    >>> other.params["W"].T
    array([[1., 1.]])
    """

    params: dict[str, Array]
    bn_params: list[dict[str, Any]]

    def save(self, path: str | Path) -> None:
        """Write the parameters to an npz file; a kill leaves the old file or the new one."""
        save_state(path, {"params": self.params, "averages": running_statistics(self)})

    def load(self, path: str | Path) -> None:
        """Read what `save` wrote for a net of the same make; nothing changes where it does not fit.

        Raises
        ------
        FileNotFoundError
        ValueError
            If the file is no whole npz file, would need pickle, or is of another net.
        """
        state = load_state(path)
        found = state.get("params", {})
        if set(found) != set(self.params):
            refuse("path", f"a file with the parameters {sorted(found)}", f"{sorted(self.params)}",
                   "build the net as it was when it was saved")
        for name, value in self.params.items():
            if not np.issubdtype(np.asarray(found[name]).dtype, np.floating) or (
                    np.shape(found[name]) != value.shape):
                refuse(f"path, {name}", found[name], f"floats of shape {value.shape}",
                       "build the net as it was when it was saved")
        self.params.update({name: np.asarray(found[name]).astype(value.dtype)
                            for name, value in self.params.items()})
        put_statistics(self, state.get("averages", {}))
