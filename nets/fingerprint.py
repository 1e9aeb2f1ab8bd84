"""What a run is a run of: the options and data that a checkpoint may only be resumed with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from layers.arguments import Array, refuse
from layers.settings import p_of
from nets.solver_arguments import DATA_KEYS

if TYPE_CHECKING:
    from nets.solver import Solver

_SAME_OPTIONS = "pass what the run that wrote the checkpoint was given, or start a new run"
_SAME_DATA = "load the data of the run that wrote the checkpoint, or start a new run"


def fingerprint(solver: Solver) -> dict[str, Any]:
    """Return everything that decides what the next step of a run is, beside its state.

    `num_epochs` is not in it: a run may be resumed to train longer.

    Examples
    --------
    >>> from nets import Solver, TwoLayerNet
    >>> data = {f'X_{part}': np.zeros((2, 4)) for part in ('train', 'val')}
    >>> data |= {f'y_{part}': np.zeros(2, dtype=int) for part in ('train', 'val')}
    >>> found = fingerprint(Solver(TwoLayerNet(4, 3, 2), data, batch_size=2))
    >>> found['batch_size'], found['dtype'], found['X_val']
    (2, 'float64', 'float64 (2, 4) c3cce9a0')
    """
    import json  # few runs have a checkpoint

    model = solver.model
    noise = getattr(model, "dropout_param", None)
    return {
        "update_rule": solver.update_rule_name,
        "optim_config": json.dumps(solver.optim_config, sort_keys=True, default=float),
        "lr_decay": solver.lr_decay,
        "batch_size": solver.batch_size,
        "num_train_samples": solver.num_train_samples or 0,
        "num_val_samples": solver.num_val_samples or 0,
        "dtype": ", ".join(sorted({str(w.dtype) for w in model.params.values()})),
        "reg": float(getattr(model, "reg", 0.0)),
        "dropout": p_of(noise) if noise else 0.0,
        "input_dropout": float(getattr(model, "input_dropout", 0.0)),
        **{key: described(getattr(solver, key)) for key in DATA_KEYS},
    }


def described(array: Array) -> str:
    """Return dtype, shape and the first bytes of the hash of an array's values.

    Examples
    --------
    >>> described(np.arange(3.0)) == described(np.arange(6.0)[:3])
    True
    """
    import hashlib  # few runs have a checkpoint

    digest = hashlib.blake2b(digest_size=4)
    for row in np.array_split(array, max(1, array.nbytes >> 24)):  # of 16 MiB: a view is copied
        digest.update(np.ascontiguousarray(row).data.cast("B") if row.size else b"")
    return f"{array.dtype} {array.shape} {digest.hexdigest()}"


def check_fingerprint(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> None:
    """Refuse, by its name, the first option or array that differs from the checkpoint's.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> check_fingerprint({"batch_size": 50}, {"batch_size": 100})
    Traceback (most recent call last):
    ValueError: batch_size: got 50 (int); expected 100, that of the checkpoint. ...
    """
    for key, expected in theirs.items():
        if key in ours and ours[key] != expected:
            remedy = _SAME_DATA if key in DATA_KEYS else _SAME_OPTIONS
            refuse(key, ours[key], f"{expected!r}, that of the checkpoint", remedy)
