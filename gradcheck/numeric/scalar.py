"""Scalar functions and whole nets as layers: a forward with a 0-d output, and its backward."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.arguments import refuse
from gradcheck.numeric.evaluator import fresh

Array = NDArray[Any]
JITTER = 0.1


@dataclass(frozen=True)
class ScalarFunction:
    """``f(x)`` and its gradient, x one array or a dict of them; picklable if they are."""

    f: Callable[[Any], Any]
    grad: Any
    names: tuple[str, ...]
    single: bool

    def _pack(self, values: Sequence[Array]) -> Any:
        return values[0] if self.single else dict(zip(self.names, values, strict=True))

    def forward(self, *values: Array) -> tuple[np.float64, tuple[Array, ...]]:
        """Return f at these arrays, and the arrays."""
        kept = tuple(value.copy() for value in values)
        return real_scalar("f", self.f(self._pack(values))), kept

    def backward(self, dout: Array, values: Sequence[Array]) -> tuple[Any, ...]:
        """Return the gradients in the order of the names."""
        grad = self.grad
        if callable(grad):
            grad = grad(self._pack([value.copy() for value in values]))
        return ordered_gradients(grad, self.names, self.single)


@dataclass(frozen=True)
class NetLoss:
    """A net's loss as a function of its parameters, each call on a net as fresh as the first."""

    net: Any
    names: tuple[str, ...]
    batch: tuple[Any, ...]
    spares: dict[str, np.random.Generator] = field(default_factory=dict, compare=False)

    def forward(self, *values: Array) -> tuple[np.float64, Any]:
        """Return the loss at these parameters, and the gradients that it computed with it."""
        net = copy.copy(self.net)
        for key, value in vars(self.net).items():
            if key != "params":
                setattr(net, key, self._fresh(key, value))
        net.params = dict(zip(self.names, values, strict=True))
        lent = {key: value for key, value in vars(net).items()
                if type(value) is np.random.Generator}
        returned = net.loss(*map(fresh, self.batch))
        self.spares.update(lent)
        if not isinstance(returned, tuple) or len(returned) != 2:
            refuse("net.loss(X, y)", returned, "the pair (loss, grads)", "return both", TypeError)
        return real_scalar("net.loss(X, y)", returned[0]), returned[1]

    def _fresh(self, key: str, value: Any) -> Any:
        """Return a copy of what a net holds; a generator's serves until it is drawn from.

        To copy one takes a third of the time of a small net's loss.
        """
        if type(value) is not np.random.Generator or not isinstance(
                value.bit_generator, np.random.PCG64):
            return fresh(value)
        spare = self.spares.pop(key, None)  # for no other thread meanwhile
        return copy.deepcopy(value) if spare is None or _state(spare) != _state(value) else spare

    def backward(self, dout: Array, grads: Any) -> tuple[Any, ...]:
        """Return the gradients in the order of the names."""
        return ordered_gradients(grads, self.names, single=False)


def _state(generator: np.random.Generator) -> tuple[Any, int]:
    """Return what the next numbers of a generator depend on, and those of its children."""
    bits = generator.bit_generator
    return bits.state, getattr(bits.seed_seq, "n_children_spawned", 0)


def named_arrays(name: str, x: Any) -> tuple[tuple[str, ...], list[Array]]:
    """Return names and arrays of x, an array or a dict; refuse what cannot be differentiated."""
    entries = dict(x) if isinstance(x, Mapping) else {name: x}
    if not entries:
        refuse(name, x, "at least one array", "pass the arrays to differentiate")
    for key, value in entries.items():
        if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
            refuse(str(key), value, "a floating array", "convert it with .astype(np.float64)",
                   TypeError)
        if not np.all(np.isfinite(value)):
            refuse(str(key), "inf or NaN in it", "finite numbers",
                   "check the gradient where the function is finite")
    return tuple(map(str, entries)), list(entries.values())


def ordered_gradients(grads: Any, names: Sequence[str], single: bool) -> tuple[Any, ...]:
    """Return gradients in the order of the names."""
    if single:
        return (_plain(grads),)
    if not isinstance(grads, Mapping):
        refuse("grad", grads, f"a dict with the keys {list(names)}", "return one array a key",
               TypeError)
    missing = [key for key in names if key not in grads]
    if missing:
        refuse("grad", f"the keys {sorted(map(str, grads))}", f"also {missing}",
               "return a gradient for every array")
    return tuple(_plain(grads[key]) for key in names)


def _plain(gradient: Any) -> Array:
    """Return an array; what is masked stays so, since it holds no value."""
    return gradient if np.ma.is_masked(gradient) else np.asarray(gradient)


def real_scalar(name: str, value: Any) -> np.float64:
    """Return a real scalar as float64; refuse arrays of more than one element."""
    array = np.asarray(value)
    if array.size != 1 or array.dtype.kind not in "fiu":
        refuse(name, f"a result of dtype {array.dtype} and shape {array.shape}", "a real scalar",
               "reduce it, for example with np.sum", TypeError)
    return np.float64(array.reshape(()))


def off_constant(array: Array, rng: np.random.Generator) -> Array:
    """Move a parameter that is one constant throughout, so that its own value shows.

    At a bias of zero, a gradient that wrongly regularizes the bias is right by accident.
    """
    array = array.astype(np.float64)
    if array.size and np.all(array == array.flat[0]):
        return np.asarray(array + JITTER * rng.standard_normal(array.shape))
    return array
