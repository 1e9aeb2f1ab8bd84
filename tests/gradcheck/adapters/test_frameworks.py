"""Frameworks as dropouts and as (forward, backward) pairs; each is skipped where it is missing."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import gradcheck
from gradcheck.adapters.frameworks import (
    PEERS,
    PeerMissing,
    dropout_named,
    keras_pair,
    peer,
)
from gradcheck.adapters.jax_functions import jax_function
from gradcheck.adapters.torch_functions import torch_function
from gradcheck.cli import main
from gradcheck.mask_laws.run import LAWS, check_dropout, dropout_checks

# What the frameworks themselves deprecate while they are imported is not our business.
pytestmark = pytest.mark.filterwarnings("ignore")

QUICK = ("values", "test_mode", "seed_repeats", "backward_uses_forward_mask",
         "backward_where_x_is_zero", "interleaved_forwards")


def framework(name):
    try:
        return dropout_named(name)
    except PeerMissing as reason:
        pytest.skip(str(reason))


def module(name):
    try:
        return peer(name)
    except PeerMissing as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize("name", PEERS)
def test_frameworks_keep_the_laws_of_a_single_call(name):
    laws = dict(dropout_checks(framework(name)))
    for law in QUICK:
        laws[law]()


@pytest.mark.slow
@pytest.mark.parametrize("name", PEERS)
def test_frameworks_keep_every_common_law(name):
    check_dropout(framework(name))


def test_torch_lets_nan_through_where_a_unit_is_dropped():
    with pytest.raises(AssertionError, match="a dropped unit is nan"):
        dict(dropout_checks(framework("torch"), strict=True))["dropped_are_positive_zero"]()


def test_torch_functions_pass_check_layer():
    torch = module("torch")
    rng = np.random.default_rng(0)
    args = rng.normal(size=(4, 5)), rng.normal(size=(5, 3)), rng.normal(size=3)
    report = gradcheck.check_layer(*torch_function(lambda x, w, b: torch.tanh(x @ w + b)), *args)
    assert report.passed


def test_a_wrong_torch_gradient_is_found():
    torch = module("torch")
    forward, backward = torch_function(torch.tanh)
    report = gradcheck.check_layer(forward, lambda dout, cache: 2 * backward(dout, cache),
                                   np.linspace(-1, 1, 7))
    assert not report.passed


def test_integer_arguments_of_a_torch_function_have_no_gradient():
    torch = module("torch")
    forward, backward = torch_function(lambda x, y: torch.nn.functional.cross_entropy(x, y))
    out, cache = forward(np.eye(3), np.array([0, 1, 2]))
    assert backward(np.ones_like(out), cache).shape == (3, 3)


def test_jax_functions_pass_check_layer_in_double_precision():
    jax = module("jax")
    rng = np.random.default_rng(1)
    forward, backward = jax_function(lambda x, w: jax.numpy.tanh(x @ w))
    args = rng.normal(size=(4, 5)), rng.normal(size=(5, 3))
    assert forward(*args)[0].dtype == np.float64
    assert gradcheck.check_layer(forward, backward, *args).passed


def test_keras_on_numpy_says_why_it_has_no_gradient():
    keras = module("keras")
    if keras.backend.backend() != "numpy":
        pytest.skip("Keras runs on another backend")
    with pytest.raises(PeerMissing, match="KERAS_BACKEND"):
        keras_pair(keras.ops.tanh)


@pytest.mark.parametrize("name", PEERS)
def test_a_missing_framework_is_named_with_its_remedy(name, monkeypatch):
    for missing in {name, name.partition(".")[0], "jax"}:
        monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(PeerMissing, match="pip install"):
        dropout_named(name)


@pytest.mark.slow
def test_the_conformance_table_has_a_row_for_every_law(capsys):
    assert main(["conformance", "layers"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("| law | layers |")
    assert "| rate | yes |" in printed
    assert printed.count("| yes |") == len(LAWS)


def test_the_conformance_table_says_what_is_missing(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    assert main(["conformance", "torch"]) == 2
    assert "torch was skipped: torch cannot be imported" in capsys.readouterr().err
