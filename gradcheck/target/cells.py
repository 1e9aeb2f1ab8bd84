"""Recurrent layers with their parameters in a dict, and their samples in columns.

A course that very many have taken writes ``rnn_cell_forward(xt, a_prev, parameters)``, with Wax,
Waa, ba and the rest in ``parameters``, and a backward that returns a dict, dWax among it. The
prediction that forward returns besides has no gradient there. Such a pair is judged as functions
of every array, those of the dict included.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradcheck.contract.protocol import UPSTREAM, parameters_of
from gradcheck.target.exceptions import OURS
from gradcheck.target.pairs import Pair

PARAMETERS = ("parameters", "params")
# Letters are sizes: x inputs, a state, y predictions, m samples, T steps, c state and inputs.
SIZES = ({"x": 3, "a": 5, "y": 2, "m": 4, "T": 3, "c": 8, "1": 1},
         {"x": 4, "a": 3, "y": 2, "m": 1, "T": 2, "c": 7, "1": 1})
INPUTS = {"xt": "xm", "x": "xmT", "a_prev": "am", "c_prev": "am", "a0": "am"}
ARRAYS = {"rnn": {"Wax": "ax", "Waa": "aa", "Wya": "ya", "ba": "a1", "by": "y1"},
          "lstm": {**{f"W{gate}": "ac" for gate in "fiuco"}, "Wy": "ya", "by": "y1",
                   **{f"b{gate}": "a1" for gate in "fiuco"}}}


def apart(pair: Pair) -> Pair:
    """Return a pair as functions of the arrays in its dict, if it is such a layer and runs so.

    Examples
    --------
    >>> def rnn_cell_forward(xt, a_prev, parameters):
    ...     a_next = parameters["Wax"] @ xt + parameters["Waa"] @ a_prev + parameters["ba"]
    ...     return a_next, parameters["Wya"] @ a_next, (xt, a_prev, parameters)
    >>> def rnn_cell_backward(da_next, cache):
    ...     xt, a_prev, parameters = cache
    ...     return {"dxt": parameters["Wax"].T @ da_next, "dWax": da_next @ xt.T}
    >>> pair = apart(Pair("rnn_cell", "rnn_cell", rnn_cell_forward, rnn_cell_backward))
    >>> list(inspect.signature(pair.forward).parameters)
    ['xt', 'Wax']
    """
    *inputs, last = parameters_of(pair.forward) or [""]
    kind = next((kind for kind in ARRAYS if pair.base.startswith(kind)), "")
    if pair.example is not None or pair.backward is None or not inputs or (
            not kind or last not in PARAMETERS or not INPUTS.keys() >= set(inputs)):
        return pair
    shapes = {**{name: INPUTS[name] for name in inputs}, **ARRAYS[kind]}
    cell = _Cell(pair.forward, pair.backward, tuple(inputs), shapes)
    try:
        with np.errstate(all="ignore"):
            judged = cell.with_gradient(np.random.default_rng(0))
    except OURS:
        raise
    except Exception:
        return pair
    return replace(judged.pair(pair.name), base=f"{pair.base}_of_a_dict") if judged else pair


@dataclass(frozen=True)
class _Cell:
    """A recurrent layer's functions, the shapes of its arrays, and those that have gradients."""

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    inputs: tuple[str, ...]
    shapes: Mapping[str, str]
    names: tuple[str, ...] = ()

    def with_gradient(self, rng: np.random.Generator) -> _Cell | None:
        """Return the cell with the names of the arrays that its backward has a gradient of."""
        args = self.drawn(rng, SIZES[0])
        *outs, cache = self.run(args)
        returned = self.backward(*map(np.ones_like, outs), cache)
        names = tuple(name for name in self.shapes if isinstance(returned, Mapping)
                      and f"d{name}" in returned)
        return replace(self, names=names) if outs and names else None

    def drawn(self, rng: np.random.Generator, sizes: Mapping[str, int]) -> dict[str, Any]:
        """Return arrays of these sizes under their names."""
        return {name: rng.standard_normal([sizes[letter] for letter in shape])
                for name, shape in self.shapes.items()}

    def run(self, arrays: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the outputs that backward takes gradients of, and the cache."""
        held = {name: value for name, value in arrays.items() if name not in self.inputs}
        *outs, cache = self.forward(*(arrays[name] for name in self.inputs), held)
        wanted = list(filter(UPSTREAM.fullmatch, parameters_of(self.backward)))
        return (*outs[:len(wanted)], cache)

    def pair(self, name: str) -> Pair:
        """Return it as a pair of functions of the arrays that have gradients."""
        def forward(*args: Any) -> Any:
            sizes = next((sizes for sizes in SIZES if sizes["a"] in np.shape(args[-1])), SIZES[0])
            others = self.drawn(np.random.default_rng(1), sizes)
            return self.run({**others, **dict(zip(self.names, args, strict=True))})

        def backward(*douts_and_cache: Any) -> Any:
            returned = self.backward(*douts_and_cache)
            return tuple(returned.get(f"d{name}") for name in self.names)

        def example(rng: np.random.Generator) -> Iterator[tuple[Any, ...]]:
            for sizes in SIZES:
                arrays = self.drawn(rng, sizes)
                yield tuple(arrays[name] for name in self.names)

        forward.__name__, backward.__name__ = self.forward.__name__, self.backward.__name__
        forward.__signature__ = inspect.Signature([  # type: ignore[attr-defined]
            inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD)
            for name in self.names])
        return Pair(name, name, forward, backward, example, remark=(
            "what forward predicts besides was not judged: backward takes no gradient of it"))
