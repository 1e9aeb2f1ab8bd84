"""A layer class as a pair: constructed, given an input that it takes, seen as two functions."""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradcheck.examples.candidates import NoExampleError, candidates
from gradcheck.examples.constructors import constructor_values
from gradcheck.examples.standard import LAYERS
from gradcheck.target.classes import Functions, constructor_names, functions_of
from gradcheck.target.needs import need_of
from gradcheck.target.pairs import Pair
from gradcheck.target.passes import needed
from gradcheck.target.slots import is_learned
from gradcheck.target.unwritten import raised_by_a_gap

MOST_INPUTS = 24
Own = Callable[[np.random.Generator], Any]
# What a constructor may be handed as an array: Affine(W, b), BatchNormalization(gamma, beta).
ARRAYS = re.compile(r"[wWbBU]|[wW](eights?)?_?[xh]?|bias(es)?|gamma|beta|kernel|filters?")
# An input that is a state makes the class one step of a recurrence.
PREVIOUS = re.compile(r"(prev_?[hc]|[hc]_?prev)\w*")
ENDINGS = re.compile(r"_?(layer|module|op|node)$")
CALLED = {
    "convolution": "conv", "convolutional": "conv", "conv2dlayer": "conv", "conv2d": "conv",
    "batchnormalization": "batchnorm", "batchnorm1d": "batchnorm", "batchnorm2d":
    "spatial_batchnorm", "layernormalization": "layernorm", "fullyconnected": "linear", "fc":
    "linear", "pooling": "max_pool", "maxpooling": "max_pool", "averagepooling": "avg_pool",
    "averagepool": "avg_pool", "embedding": "word_embedding", "matmul": "matmul",
}


def pair_of_class(name: str, kind: type, own: Own | None = None) -> Pair:
    """Return a layer class as a pair of functions of its input and its parameters.

    Parameters
    ----------
    name : str
        The class's.
    kind : type
        With ``forward(self, x, ...)`` and ``backward(self, dout)``.
    own : callable, optional
        ``<Name>_example(rng)`` returns the layer and the arguments of its forward.

    Returns
    -------
    Pair
        Its example raises NoExampleError where the class could not be made, or takes no input that
        was tried.

    Examples
    --------
    >>> class Double:
    ...     def forward(self, x):
    ...         return 2 * x
    ...     def backward(self, dout):
    ...         return 2 * dout
    >>> pair = pair_of_class("Double", Double)
    >>> [np.shape(arg) for arg in pair.example(np.random.default_rng(0))]
    [(4, 6)]
    """
    try:
        found, inputs = _own_taken(own) if own is not None else _taken(name, kind)
    except Exception as error:
        if isinstance(error, NotImplementedError) or raised_by_a_gap(error):
            return _unwritten_pair(name, error)
        return refusing_pair(name, kind, error)

    def example(rng: np.random.Generator) -> tuple[Any, ...]:
        drawn = tuple(rng.standard_normal(value.shape).astype(value.dtype)
                      if _is_drawn(value) and own is None else value for value in inputs)
        return found.arguments(drawn)

    forward, backward = found.pair()
    learned = [name for name in found.unjudged if is_learned(name)]
    others = [name for name in found.unjudged if name not in learned]
    return Pair(name, name, forward, backward, example,
                remark=_told_of(others, "no gradient of {0} was found, so none was judged; keep it "
                                "as self.d{1}, or in self.grads['{1}']"),
                lacking=_told_of(learned, "not written yet: backward leaves no gradient of {0}. "
                                 "Remedy: keep it as self.d{1}, or in self.grads['{1}']"))


def _told_of(names: list[str], words: str) -> str:
    return words.format(" and ".join(names), names[0]) if names else ""


def _own_taken(own: Own) -> tuple[Functions, tuple[Any, ...]]:
    layer, *inputs = own(np.random.default_rng(0))
    return functions_of(layer, tuple(inputs)), tuple(inputs)


def _taken(name: str, kind: type) -> tuple[Functions, tuple[Any, ...]]:
    """Return a layer as functions, and the first inputs that it takes.

    Inputs that give gradients of their shapes come before others.
    """
    reasons, taken = [], []
    for settings, inputs in itertools.islice(_arguments(name, kind), MOST_INPUTS):
        try:
            found = functions_of(kind(*settings), inputs)
        except Exception as error:
            reasons.append(error)
        else:
            taken.append((found, inputs))
            if found.fits:
                break
    if taken:
        return taken[-1] if taken[-1][0].fits else taken[0]
    lacking = next((error for error in reasons if need_of(error)), None)
    raise lacking or (reasons[0] if reasons else NoExampleError("it takes no arguments"))


def _arguments(name: str, kind: type) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """Yield arguments for a constructor, and for forward, that fit together."""
    settings = constructor_names(kind)
    arrays = [name for name in settings if ARRAYS.fullmatch(name)]
    plain = [name for name in settings if name not in arrays]
    next(constructor_values(plain, np.zeros(1)))  # an unknown name is said before anything is tried
    inputs = needed(kind.forward)[1:]  # type: ignore[attr-defined]

    def together(*args: Any) -> None: ...

    together.__signature__ = inspect.Signature([  # type: ignore[attr-defined]
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        for name in dict.fromkeys((*inputs, *arrays))])
    called = standard_name(name)
    if any(map(PREVIOUS.fullmatch, inputs)):
        called += "_step"
    for example in candidates(called, together, np.random.default_rng(0)):
        drawn = dict(zip(example.names, example.args, strict=True))
        for known in constructor_values(plain, np.asarray(next(iter(drawn.values())))):
            yield (tuple(drawn[name] if name in arrays else known[name] for name in settings),
                   tuple(drawn[name] for name in inputs))


def standard_name(name: str) -> str:
    """Return the standard layer that a class is called like.

    >>> [standard_name(name) for name in ("ReLULayer", "Convolution", "LeakyReLU", "MyOwn")]
    ['relu', 'conv', 'leaky_relu', 'myown']
    """
    bare = ENDINGS.sub("", name.lower()).replace("_", "") or name.lower()
    return next((layer for layer in LAYERS if layer.replace("_", "") == bare),
                CALLED.get(bare, bare))


def _is_drawn(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _unwritten_pair(name: str, error: Exception) -> Pair:
    """Return a pair that stands for a class of which a part is not written."""
    def forward(x: Any) -> Any:
        raise NotImplementedError(str(error)) from error

    return Pair(name, name, forward, forward, lambda rng: (np.zeros(2),))


def refusing_pair(name: str, kind: Any, reason: Exception) -> Pair:
    """Return a pair that stands for a class that could not be tried; its example says why."""
    told = need_of(reason) or _how_to(name, kind, reason)

    def example(rng: np.random.Generator) -> Any:
        raise NoExampleError(told)

    return Pair(name, name, kind.forward, getattr(kind, "backward", kind.forward), example)


def _how_to(name: str, kind: type, error: Exception) -> str:
    parameters = ", ".join(inspect.signature(kind).parameters)
    inputs = needed(kind.forward)[1:]  # type: ignore[attr-defined]
    given = ", ".join(inputs) if len(inputs) > 1 else "rng.normal(size=(4, 6))"
    return (f"{name}({parameters}) could not be tried ({type(error).__name__}: {error})\n"
            "  Remedy: write beside it, with sizes that it takes,\n"
            f"      def {name}_example(rng):\n"
            f"          return {name}({parameters}), {given}")
