"""What a Solver asks of its model, its data and its keywords."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from layers.arguments import refuse, scalar
from nets.arguments import checked_rng, labels, samples, whole
from nets.hyperparameters import check_config
from nets.optim import UPDATE_RULES

DATA_KEYS = ("X_train", "y_train", "X_val", "y_val")

# Every keyword of Solver and its default.
DEFAULTS: dict[str, Any] = {
    "update_rule": "sgd",
    "optim_config": {},
    "lr_decay": 1.0,
    "batch_size": 100,
    "num_epochs": 10,
    "num_train_samples": 1000,
    "num_val_samples": None,
    "checkpoint_name": None,
    "print_every": 10,
    "verbose": True,
    "rng": None,
    "callback": None,
}
_COUNTS = ("batch_size", "num_epochs", "num_train_samples", "num_val_samples", "print_every")


def check_data(data: object) -> None:
    """Refuse data that are no four arrays, one integer label for each sample."""
    if not isinstance(data, Mapping):
        refuse("data", data, f"a dict with the keys {DATA_KEYS}", "pass such a dict", TypeError)
    missing = [key for key in DATA_KEYS if key not in data]
    if missing:
        refuse("data", f"the keys {sorted(map(str, data))}", f"{', '.join(missing)} among them",
               "pass training and validation samples and labels")
    for part in ("train", "val"):
        X = samples(data[f"X_{part}"], f"X_{part}")
        if not isinstance(data[f"y_{part}"], np.ndarray):
            refuse(f"y_{part}", data[f"y_{part}"], "an array of integer labels",
                   f"pass np.asarray(y_{part})", TypeError)
        labels(data[f"y_{part}"], None, len(X), f"y_{part}", f"X_{part}")


def check_model(model: object) -> None:
    """Refuse what has neither parameters nor a loss."""
    if not (isinstance(getattr(model, "params", None), Mapping)
            and callable(getattr(model, "loss", None))):
        refuse("model", model, "an object with a dict `params` and a method `loss(X, y)`",
               "pass a net, for example nets.TwoLayerNet()", TypeError)


def checked_options(model: object, data: object, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return all keywords of a Solver with their values; refuse those, or data, that do not fit."""
    check_model(model)
    check_data(data)
    check_options(options)
    return {**DEFAULTS, **options}


def check_options(options: Mapping[str, Any]) -> None:
    """Refuse unknown keywords, and values of a wrong kind or out of range."""
    unknown = sorted(set(options) - set(DEFAULTS))
    if unknown:
        refuse("Solver", f"the unknown keyword {', '.join(unknown)}",
               f"keywords among {', '.join(DEFAULTS)}", "correct the spelling")
    given = {**DEFAULTS, **options}
    if not isinstance(given["update_rule"], str) or given["update_rule"] not in UPDATE_RULES:
        refuse("update_rule", given["update_rule"], " or ".join(map(repr, UPDATE_RULES)),
               "pass the name of one of the rules in nets.optim")
    check_config(given["update_rule"], given["optim_config"])
    if given["callback"] is not None and not callable(given["callback"]):
        refuse("callback", given["callback"], "a function of the solver", "pass callback=f, and "
               "let f(solver) raise StopIteration to stop", TypeError)
    scalar("lr_decay", given["lr_decay"], "a number with 0 < lr_decay <= 1",
           "1.0 keeps the learning rate", 0.0, 1.0, low_open=True)
    for name in _COUNTS:
        if not (given[name] is None and name.endswith("_samples")):
            whole(name, given[name], low=1)
    checked_rng(given["rng"])
    name = given["checkpoint_name"]
    if name is None:
        return
    if not isinstance(name, str | os.PathLike) or not str(name):
        refuse("checkpoint_name", name, "a path without suffix, or None",
               "pass for example 'run'", ValueError if name == "" else TypeError)
    if not Path(name).parent.is_dir():
        refuse("checkpoint_name", str(name), "a path in a folder that exists",
               f"create {str(Path(name).parent)!r} first")


def warn_of_a_fixed_mask(model: Any) -> bool:
    """Warn of a model whose dropout seed is fixed; return whether it is."""
    param = getattr(model, "dropout_param", None) or {}
    if param.get("seed") is None:
        return False
    warnings.warn(
        f"the model's dropout seed is fixed (seed={param['seed']}): every step trains the same "
        "subnetwork. Leave seed away, or delete model.dropout_param['seed'], to train; a "
        "fixed seed is for gradient checks.",
        UserWarning, stacklevel=3,
    )
    return True
