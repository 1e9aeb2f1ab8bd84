"""Our packages under the module names of cs231n, as an edition of it means its arguments."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

import gradcheck
import layers
import nets.captioning
import nets.convolutional
import nets.data
import nets.fully_connected
import nets.optim
import nets.solver
from tests.course import captioning, pictures
from tests.course.editions import EDITIONS, Edition

# Which of our modules provide the names of each cs231n module. There, fc_net re-exports layers.
MODULES: dict[str, tuple[types.ModuleType, ...]] = {
    "cs231n": (),
    "cs231n.layers": (layers,),
    "cs231n.layer_utils": (layers,),
    "cs231n.classifiers": (),
    "cs231n.classifiers.cnn": (layers, nets.convolutional),
    "cs231n.classifiers.fc_net": (layers, nets.fully_connected),
    "cs231n.classifiers.rnn": (layers, nets.captioning),
    "cs231n.rnn_layers": (layers,),
    "cs231n.captioning_solver": (captioning,),
    "cs231n.coco_utils": (captioning,),
    "cs231n.image_utils": (captioning,),
    "cs231n.data_utils": (nets.data,),
    "cs231n.fast_layers": (),
    "cs231n.gradient_check": (gradcheck,),
    "cs231n.optim": (nets.optim,),
    "cs231n.solver": (nets.solver,),
}
# The course has two of each, of which one is called naive and the other fast.
OF_TWO = ("conv_forward", "conv_backward", "max_pool_forward", "max_pool_backward")
SIZES = {"train": 200, "val": 50, "test": 50}


def modules(
    edition: Edition = EDITIONS["2016-2017"], data: Callable[..., Any] | None = None
) -> dict[str, types.ModuleType]:
    """Return the modules by their names, with what the edition means otherwise in its own way.

    `data` stands in for `get_CIFAR10_data`; None leaves ours, which reads the images.
    """
    own: dict[str, Any] = {}
    if edition.p_is == "keep":
        own["dropout_forward"] = dropout_that_keeps
    if edition.net:
        own["FullyConnectedNet"] = partial(nets.fully_connected.FullyConnectedNet, **edition.net)
    if data is not None:
        own["get_CIFAR10_data"] = data
    made = {}
    for name, sources in MODULES.items():
        made[name] = types.ModuleType(name)
        for source in sources:
            public = getattr(source, "__all__", [n for n in vars(source) if n[0] != "_"])
            vars(made[name]).update({n: own.get(n, getattr(source, n)) for n in public})
    for name in OF_TWO:
        setattr(made["cs231n.layers"], f"{name}_naive", getattr(layers, name))
        setattr(made["cs231n.fast_layers"], f"{name}_fast", getattr(layers, name))
    return {**made, **pictures.modules()}


@contextmanager
def standing_in(
    edition: Edition = EDITIONS["2016-2017"], data: Callable[..., Any] | None = None
) -> Iterator[None]:
    """Put the modules into `sys.modules` for a while."""
    names = modules(edition, data)
    before = {name: sys.modules.get(name) for name in names}
    sys.modules.update(names)
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def dropout_that_keeps(x: Any, dropout_param: Mapping[str, Any]) -> Any:
    """Call `layers.dropout_forward` with a p that is the probability of keeping."""
    param = dict(dropout_param)
    if "p" in param:
        param["keep_prob"] = param.pop("p")
    return layers.dropout_forward(x, param)


def images(*_: Any, **__: Any) -> dict[str, Any]:
    """Return what takes CIFAR-10's place: noisy pictures of ten patterns, of its shapes.

    Small, so that a notebook takes a minute; a slice of 4,000 images is one of all.
    """
    rng = np.random.default_rng(0)
    patterns = rng.normal(0, 25, (10, 3, 32, 32))
    data = {}
    for part, size in SIZES.items():
        y = rng.integers(10, size=size)
        data[f"X_{part}"] = patterns[y] + rng.normal(0, 60, (size, 3, 32, 32))
        data[f"y_{part}"] = y
    return data
