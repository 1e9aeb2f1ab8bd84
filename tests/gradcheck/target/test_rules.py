"""Custom gradients of frameworks in a file: found, named, skipped where a framework is missing."""

from __future__ import annotations

import importlib.abc
import sys
from types import ModuleType

import pytest

import gradcheck
from gradcheck.target.importing import import_file
from gradcheck.target.rules import custom_rules

OF_TORCH = '''
import torch
from torch.autograd import Function


class Scaled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, alpha):
        ctx.alpha = alpha
        return x * alpha

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output, None


class _Squared(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x ** 2

    @staticmethod
    def backward(ctx, grad_output):
        x, = ctx.saved_tensors
        return 2 * x * grad_output


squared = _Squared.apply
squared_loss = _Squared.apply


def squared_example(rng):
    return (torch.from_numpy(rng.normal(size=(2, 3))),)
'''
OF_JAX = '''
import functools
import jax
import jax.numpy as jnp


@jax.custom_vjp
def sine_times(x, y):
    return jnp.sin(x) * y


def sine_times_forward(x, y):
    return sine_times(x, y), (jnp.cos(x), jnp.sin(x), y)


def sine_times_backward(kept, g):
    cosine, sine, y = kept
    return cosine * g * y, -sine * g


sine_times.defvjp(sine_times_forward, sine_times_backward)


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def power(x, n):
    return x ** n


@power.defjvp
def power_jvp(n, primals, tangents):
    return primals[0] ** n, n * primals[0] ** (n - 1) * tangents[0]


def power_example(rng):
    return rng.uniform(1, 2, size=(2, 3)), 3
'''
NEEDS = "not judged: it needs {}, which could not be imported"


class Missing(importlib.abc.MetaPathFinder):
    """A finder that has a package missing."""

    def __init__(self, package):
        self.package = package

    def find_spec(self, fullname, path=None, target=None):
        if fullname.partition(".")[0] == self.package:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


def loaded(tmp_path, text):
    path = tmp_path / f"rules_{abs(hash(text))}.py"
    path.write_text(text, encoding="utf-8")
    return import_file(path).module


def judged(module):
    return {item.name: item for item in gradcheck.check_all(module, line=False).items}


def test_a_module_without_custom_gradients_has_none():
    module = ModuleType("homework")
    module.pair = (1, 2)
    assert not list(custom_rules(module))


@pytest.mark.parametrize(("text", "package", "names"), [
    (OF_TORCH, "torch", {"Scaled", "_Squared"}), (OF_JAX, "jax", {"sine_times", "power"})])
def test_without_the_framework_every_one_is_skipped_with_the_reason(tmp_path, monkeypatch, text,
                                                                    package, names):
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Missing(package), *sys.meta_path])
    items = judged(loaded(tmp_path, text))
    assert set(items) == names
    assert {item.status for item in items.values()} == {"skipped"}
    assert {item.message for item in items.values()} == {NEEDS.format(package)}


def test_functions_of_torch_are_found_once_and_judged(tmp_path):
    pytest.importorskip("torch", reason="torch is not installed: pip install 'maskgrad[peers]'")
    items = judged(loaded(tmp_path, OF_TORCH))
    assert {name: item.status for name, item in items.items()} == {
        "Scaled": "failed", "_Squared": "passed"}
    assert items["Scaled"].line == 12
    [finding] = items["Scaled"].details["report"]["findings"]
    assert finding["code"] == "scaled"


@pytest.mark.slow
def test_a_function_of_torch_is_found_in_its_line(tmp_path):
    pytest.importorskip("torch", reason="torch is not installed: pip install 'maskgrad[peers]'")
    module = loaded(tmp_path, OF_TORCH)
    item = gradcheck.check_all(module, only=["Scaled"], repair_seconds=60.0).items[0]
    [repair] = item.details["report"]["repairs"]
    assert repair["line"] == 14


def test_rules_of_jax_are_found_and_their_functions_are_no_pair_besides(tmp_path):
    pytest.importorskip("jax", reason="jax is not installed: pip install 'maskgrad[peers]'")
    items = judged(loaded(tmp_path, OF_JAX))
    assert {name: item.status for name, item in items.items()} == {
        "sine_times": "failed", "power": "passed"}
    [finding] = items["sine_times"].details["report"]["findings"]
    assert (finding["code"], finding["argument"]) == ("sign-flipped", "y")
