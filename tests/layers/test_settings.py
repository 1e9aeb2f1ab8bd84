"""The dicts of the layers: read once, by `layers.settings` alone, and never looked at again."""

from __future__ import annotations

import ast
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest

import layers
from layers.settings import STORES, batchnorm_settings, cached_settings, dropout_settings

MODULES = sorted(Path(layers.__file__).parent.glob("*.py"))
SHARED_KEYS = {"p", "keep_prob", "mode", "store", "eps", "momentum", "running_mean", "running_var"}


def keys_read(path: Path) -> set[str]:
    """Return the constant keys that a module reads, as d["key"] or d.get("key", ...)."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        key = None
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            key = node.slice
        elif (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
              and node.func.attr == "get" and node.args):
            key = node.args[0]
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            found.add(key.value)
    return found


def test_the_search_for_keys_finds_those_of_the_settings():
    [path] = [path for path in MODULES if path.name == "settings.py"]
    assert {"p", "mode", "store", "shared_axes"} <= keys_read(path)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_other_module_reads_a_key_that_layers_share(path):
    if path.name != "settings.py":
        assert not keys_read(path) & SHARED_KEYS


def test_settings_are_frozen_and_hold_a_copy():
    param = {"p": 0.5, "mode": "train"}
    settings = dropout_settings(param)
    param.update(p=0.9, mode="test", store="seed")
    assert (settings.p, settings.mode, settings.store) == (0.5, "train", "mask")
    with pytest.raises(FrozenInstanceError):
        settings.mode = "test"


@pytest.mark.parametrize("store", STORES)
def test_a_cache_is_read_as_the_settings_that_made_it(store):
    param = {"p": 0.25, "mode": "train", "store": store, "seed": 3}
    _, (kept, _) = layers.dropout_forward(np.ones((2, 3)), param)
    found = cached_settings(kept)
    assert found is not None
    assert (found.p, found.mode, found.store) == (0.25, "train", store)


@pytest.mark.parametrize("param", [
    {"mode": "train"}, {"p": 0.5}, {"p": 0.5, "mode": "eval"},
    {"p": 0.5, "mode": "train", "store": "nowhere"},
    {"p": 0.5, "mode": "train", "store": "seed", "shape": (2,), "units": (2,)},
])
def test_a_dict_that_no_forward_put_into_a_cache_is_none(param):
    assert cached_settings(param) is None


def test_the_averages_of_batchnorm_start_at_zero_in_the_precision_that_it_computes_in():
    settings = batchnorm_settings({"mode": "train"}, np.ones((4, 2), np.float16))
    assert settings.running_mean.dtype == settings.running_var.dtype == np.float32
    assert not settings.running_mean.any()
