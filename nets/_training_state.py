"""What a checkpoint of a Solver must hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .checkpoint import damaged, load_state
from .optim import UPDATE_RULES, check_config

_KINDS: dict[str, type] = {
    "update_rule": str,
    "epoch": int,
    "iteration": int,
    "best_val_acc": float,
    "loss_history": np.ndarray,
    "train_acc_history": np.ndarray,
    "val_acc_history": np.ndarray,
    "params": dict,
    "best_params": dict,
    "optim": dict,
    "rng": str,
    "model_rng": str,
}


def load_training_state(path: str | Path) -> dict[str, Any]:
    """Read a Solver's checkpoint; ValueError, naming the file, if anything in it is amiss."""
    state = {"statistics": {}, "best_statistics": {}, **load_state(path)}
    try:
        fault = next(_faults(state), None)
    except (TypeError, ValueError) as error:  # of check_config
        raise damaged(path, error) from error
    if fault is not None:
        raise damaged(path, fault)
    return state


def _faults(state: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong, first what the later checks rely on."""
    for key, kind in _KINDS.items():
        if not isinstance(state.get(key), kind):
            yield f"{key!r} is missing or no {kind.__name__}"
    if state["update_rule"] not in UPDATE_RULES:
        yield f"the update rule {state['update_rule']!r} is unknown"
    if min(state["epoch"], state["iteration"]) < 0 or not 0 <= state["best_val_acc"] <= 1:
        yield "a count is negative, or an accuracy outside 0 ... 1"
    for key in ("loss_history", "train_acc_history", "val_acc_history"):
        if state[key].ndim != 1 or state[key].dtype.kind != "f":
            yield f"{key!r} is no list of floats"
    params = state["params"]
    for group in ("params", "best_params", "optim"):
        if state[group].keys() != params.keys():
            yield f"{group!r} names other parameters than 'params'"
    for name, w in params.items():
        if not (_finite(w) and _finite(state["best_params"][name], np.shape(w))):
            yield f"the parameter {name!r} is no array of finite numbers"
        yield from _config_faults(name, state["optim"][name], state["update_rule"], np.shape(w))
    for group in ("statistics", "best_statistics"):
        if not isinstance(state[group], dict):
            yield f"{group!r} is no dict"
        for values in state[group].values():
            if not (isinstance(values, dict) and values.keys() == {"running_mean", "running_var"}
                    and all(map(_finite, values.values()))):
                yield f"{group!r} holds no running mean and variance of finite numbers"


def _config_faults(name: str, config: Any, rule: str, shape: tuple[int, ...]) -> Iterator[str]:
    check_config(rule, config)
    if "learning_rate" not in config:
        yield f"the learning rate of {name!r} is missing"
    for key in ("velocity", "cache", "m", "v"):
        if key in config and not _finite(config[key], shape):
            yield f"the state {key!r} of {name!r} is no array of finite numbers"
    if not isinstance(config.get("t", 0), int) or config.get("t", 0) < 0:
        yield f"the step number 't' of {name!r} is no whole number >= 0"


def _finite(value: object, shape: tuple[int, ...] | None = None) -> bool:
    """Say whether this is a floating array without NaN and inf, of `shape` where it is given."""
    return (isinstance(value, np.ndarray) and value.dtype.kind == "f"
            and bool(np.isfinite(value).all()) and shape in (None, value.shape))
