"""Wrong arguments of the gradient checker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck import check_gradient, check_layer, check_net, numerical_gradient
from nets import TwoLayerNet
from tests.bad_input import BadCall

NAN = float("nan")


def forward(x: Any, w: Any) -> Any:
    return x * w, (x, w)


def backward(dout: Any, cache: Any) -> Any:
    x, w = cache
    return dout * w, dout * x


def of_layer(name: str, error: type[Exception], *words: str, forward: Any = forward,
             backward: Any = backward, x: Any = None, w: Any = None, **options: Any) -> BadCall:
    """One row: a right call of check_layer with one argument replaced."""
    arguments = [np.ones(3) if value is None else value for value in (x, w)]
    return BadCall(f"check_layer: {name}", lambda *args: check_layer(*args, **options),
                   lambda: (forward, backward, *arguments), error, words)


def of_gradient(name: str, error: type[Exception], *words: str, f: Any = np.sum,
                grad: Any = np.ones_like, x: Any = None, **options: Any) -> BadCall:
    """One row: a right call of check_gradient with one argument replaced."""
    return BadCall(f"check_gradient: {name}", lambda *args: check_gradient(*args, **options),
                   lambda: (f, grad, np.ones(3) if x is None else x), error, words)


class Without:
    """A net that lacks something."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Without)

    __hash__ = object.__hash__


def loss(X: Any, y: Any) -> Any:
    return 0.0, {}


def of_net(name: str, error: type[Exception], *words: str, net: Any) -> BadCall:
    """One row: check_net with a wrong net."""
    return BadCall(f"check_net: {name}", check_net,
                   lambda: (net, np.ones((2, 4)), np.zeros(2, int)), error, words)


def of_numeric(name: str, error: type[Exception], *words: str, f: Callable[..., Any] = np.sum,
               x: Any = None) -> BadCall:
    """One row: numerical_gradient with a wrong f or x."""
    return BadCall(f"numerical_gradient: {name}", numerical_gradient,
                   lambda: (f, np.ones(3) if x is None else x), error, words)


WORKERS = [(0, ValueError), (-2, ValueError), (True, TypeError), (1.5, TypeError),
           ("2", TypeError)]

CASES = [
    of_layer("forward is None", TypeError, "forward", "function", forward=0),
    of_layer("backward is an array", TypeError, "backward", "function", backward=np.ones(3)),
    of_layer("no floating array", TypeError, "args", "astype", x=np.ones(3, int), w=[1.0]),
    of_layer("x holds NaN", ValueError, "x", "finite", x=np.array([1.0, NAN, 2.0])),
    of_layer("w holds inf", ValueError, "w", "finite", w=np.array([1.0, np.inf, 2.0])),
    of_layer("wrt names an integer array", TypeError, "w", "floating", w=np.ones(3, int), wrt=1),
    of_layer("wrt names a complex array", TypeError, "x", "floating", x=np.ones(3, complex),
             wrt=(0,)),
    of_layer("wrt past the end", ValueError, "wrt", "from 0 to 1", wrt=2),
    of_layer("wrt negative", ValueError, "wrt", wrt=-1),
    of_layer("wrt a name", ValueError, "wrt", wrt="x"),
    of_layer("wrt a bool", ValueError, "wrt", wrt=(True,)),
    of_layer("wrt a fraction", ValueError, "wrt", wrt=(0.5,)),
    of_layer("dout of another shape", ValueError, "dout", "(3,)", dout=np.ones(4)),
    of_layer("dout of integers", ValueError, "dout", "floating", dout=np.ones(3, int)),
    of_layer("dout a list", ValueError, "dout", dout=[1.0, 1.0, 1.0]),
    *(of_layer(f"workers {workers!r}", error, "workers", "map-like", workers=workers)
      for workers, error in WORKERS),
    of_gradient("f is a number", TypeError, "f", "scalar", f=3.0),
    of_gradient("x of integers", TypeError, "x", "float64", x=np.ones(3, int)),
    of_gradient("x a list", TypeError, "x", "floating array", x=[1.0]),
    of_gradient("x a dict with a list", TypeError, "w", "floating array", x={"w": [1.0]}),
    of_gradient("x an empty dict", ValueError, "x", "at least one", x={}),
    of_gradient("x holds NaN", ValueError, "x", "finite", x=np.array([NAN])),
    of_gradient("x a dict with inf", ValueError, "b", "finite", x={"b": np.array([np.inf])}),
    *(of_gradient(f"workers {workers!r}", error, "workers", workers=workers)
      for workers, error in WORKERS),
    of_net("a dict", TypeError, "net", "params", net={"params": {}}),
    of_net("without params", TypeError, "net", "params", net=Without(loss=loss)),
    of_net("without loss", TypeError, "net", "loss", net=Without(params={"w": np.ones(2)})),
    of_net("no params", ValueError, "params", "at least one", net=Without(params={}, loss=loss)),
    of_net("params of integers", TypeError, "w", "floating",
           net=Without(params={"w": np.ones(2, int)}, loss=loss)),
    of_net("params hold NaN", ValueError, "w", "finite",
           net=Without(params={"w": np.array([NAN])}, loss=loss)),
    of_net("the class", TypeError, "net", "the net itself", net=TwoLayerNet),
    of_numeric("x of integers", TypeError, "x", "float64", x=np.ones(3, int)),
    of_numeric("x a list", TypeError, "x", "floating array", x=[1.0]),
    of_numeric("x a number", TypeError, "x", "floating array", x=1.0),
    of_numeric("f returns an array", TypeError, "f", "np.sum", f=np.square),
    of_numeric("f returns None", TypeError, "f", "real scalar", f=lambda x: None),
]
