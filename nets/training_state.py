"""What a checkpoint of a Solver holds: taken from a run, checked, and put back."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from layers.arguments import refuse
from nets.checkpoint import damaged, load_state, newest_first, restore_rng, rng_state
from nets.fingerprint import check_fingerprint
from nets.hyperparameters import check_config
from nets.optim import UPDATE_RULES

if TYPE_CHECKING:
    from nets.solver import Solver

_KINDS: dict[str, type] = {
    "fingerprint": dict,
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


def training_state(solver: Solver) -> dict[str, Any]:
    """Return what `nets.checkpoint.save_state` writes, so that `restore` can go on from there."""
    return {
        "fingerprint": solver.fingerprint,
        "epoch": solver.epoch,
        "iteration": solver.iteration,
        "best_val_acc": solver.best_val_acc,
        "loss_history": np.asarray(solver.loss_history),
        "train_acc_history": np.asarray(solver.train_acc_history),
        "val_acc_history": np.asarray(solver.val_acc_history),
        "params": solver.model.params,
        "best_params": solver.best_params,
        "optim": solver.optim_configs,
        "statistics": running_statistics(solver.model),
        "best_statistics": solver.best_statistics,
        "rng": rng_state(solver.rng),
        "model_rng": rng_state(getattr(solver.model, "rng", None)),
    }


def restore(solver: Solver, path: str | Path) -> None:
    """Put a solver and its model where a checkpoint left them; see `Solver.resume`."""
    path, state = _newest_good(path)
    _check_that_it_fits(solver, state, path)
    try:
        restore_rng(solver.rng, state["rng"])
        restore_rng(getattr(solver.model, "rng", None), state["model_rng"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise damaged(path, error) from error
    solver.epoch, solver.iteration = state["epoch"], state["iteration"]
    solver.best_val_acc = state["best_val_acc"]
    solver.best_params = dict(state["best_params"])
    solver.loss_history = state["loss_history"].tolist()
    solver.train_acc_history = state["train_acc_history"].tolist()
    solver.val_acc_history = state["val_acc_history"].tolist()
    solver.model.params.update(state["params"])
    solver.optim_configs = {name: dict(state["optim"][name]) for name in solver.model.params}
    solver.best_statistics = state["best_statistics"]
    put_statistics(solver.model, state["statistics"])


def _newest_good(path: str | Path) -> tuple[Path, dict[str, Any]]:
    """Return the newest checkpoint of a folder or prefix that is whole, or the file itself."""
    *files, oldest = newest_first(path)
    for file in files:
        try:
            return file, load_training_state(file)
        except ValueError as error:
            warnings.warn(f"{error} It is passed over for an older one.", stacklevel=4)
    return oldest, load_training_state(oldest)


def _check_that_it_fits(solver: Solver, state: Mapping[str, Any], path: str | Path) -> None:
    """Refuse the state of another model, of other options or data."""
    shapes = {name: w.shape for name, w in solver.model.params.items()}
    saved = {name: w.shape for name, w in state["params"].items()}
    if shapes != saved:
        refuse("checkpoint", f"parameters of shapes {saved}", f"{shapes}, those of the model",
               "build the model as in the run that wrote the checkpoint")
    check_fingerprint(solver.fingerprint, state["fingerprint"])
    layers = {str(i) for i in range(len(getattr(solver.model, "bn_params", [])))}
    if not {*state["statistics"], *state["best_statistics"]} <= layers:
        raise damaged(path, "statistics of a layer that the model has not")


def running_statistics(model: Any) -> dict[str, dict[str, Any]]:
    """Copy batchnorm's running statistics out of a model, by the layer's number."""
    return {
        str(i): {key: np.copy(param[key]) for key in ("running_mean", "running_var")}
        for i, param in enumerate(getattr(model, "bn_params", []))
        if "running_mean" in param
    }


def put_statistics(model: Any, statistics: Mapping[str, Mapping[str, Any]]) -> None:
    """Copy into a model what `running_statistics` returned."""
    for i, values in statistics.items():
        model.bn_params[int(i)].update({key: np.copy(v) for key, v in values.items()})


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
    yield from _history_faults(state)
    yield from _parameter_faults(state)
    for group in ("statistics", "best_statistics"):
        yield from _statistics_faults(group, state[group])


def _history_faults(state: Mapping[str, Any]) -> Iterator[str]:
    if state["fingerprint"].get("update_rule") not in UPDATE_RULES:
        yield f"the update rule {state['fingerprint'].get('update_rule')!r} is unknown"
    if min(state["epoch"], state["iteration"]) < 0 or not 0 <= state["best_val_acc"] <= 1:
        yield "a count is negative, or an accuracy outside 0 ... 1"
    for key in ("loss_history", "train_acc_history", "val_acc_history"):
        if state[key].ndim != 1 or state[key].dtype.kind != "f":
            yield f"{key!r} is no list of floats"


def _parameter_faults(state: Mapping[str, Any]) -> Iterator[str]:
    params = state["params"]
    for group in ("params", "best_params", "optim"):
        if state[group].keys() != params.keys():
            yield f"{group!r} names other parameters than 'params'"
    for name, w in params.items():
        if not (_finite(w) and _finite(state["best_params"][name], np.shape(w))):
            yield f"the parameter {name!r} is no array of finite numbers"
        yield from _config_faults(name, state["optim"][name],
                                  state["fingerprint"]["update_rule"], np.shape(w))


def _statistics_faults(group: str, statistics: Any) -> Iterator[str]:
    if not isinstance(statistics, dict):
        yield f"{group!r} is no dict"
    for values in statistics.values():
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
