"""Values for the parameters of a layer class's constructor, by their usual names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from gradcheck.examples.inference import SIZES

INPUTS, OUTPUTS, CHANNELS = SIZES["D"], SIZES["M"], SIZES["C"]


def initializer(seed: int, row: bool = False) -> Callable[..., Any]:
    """Return a function that draws a parameter of a shape, given as numbers or as a tuple.

    >>> initializer(0)(2, 3).shape, initializer(0)((2, 3)).shape, initializer(0, True)(3).shape
    ((2, 3), (2, 3), (1, 3))
    """
    rng = np.random.default_rng(seed)

    def draw(*shape: Any) -> Any:
        sizes = np.ravel(shape[0] if len(shape) == 1 else shape).tolist()
        return rng.standard_normal((1, *sizes) if row and len(sizes) == 1 else sizes)

    return draw


RECIPES: tuple[tuple[str, Any], ...] = (
    (r"(n_|num_)?(in|input)_?(channels?|depth|ch)|channels|n_channels|num_channels|C", CHANNELS),
    (r"(n_|num_)?(out|output)_?(channels?|depth|ch)|depth", OUTPUTS),
    (r"(n_|num_)?(in|input|inputs)(_?(features|size|dim|dims|channels|units))?|n_in|in_dim|fan_in|"
     r"(input_?)?shape|length|num_features|normalized_shape|features|dim|d|D|size|n_features|"
     r"embed_dim|d_model|num_inputs|n_inputs|(n_|num_)?(vocab|vocabulary|embeddings|tokens|words)(_?size)?|V",
     INPUTS),
    (r"(n_|num_)?(out|output|outputs)(_?(features|size|dim|dims|channels|units))?|n_out|out_dim|"
     r"fan_out|units|hidden(_?(size|dim|units))?|n_hidden|num_hidden|num_classes|n_classes|M|H|"
     r"(n_|num_)(neurons|units|nodes|outputs)|neurons|nodes|"
     r"(word_?)?(emb(edding)?|vec)_?(dim|size)", OUTPUTS),
    (r"p|p_drop|drop_?prob|dropout(_?(rate|p|prob|ratio))?|rate|drop_rate|probability", 0.3),
    (r"keep_?prob|p_keep|keep(_rate|_ratio)?", 0.7),
    (r"kernel(_?size)?|filter_?size|k|ksize", 3), (r"num_filters|n_filters|filters", 3),
    (r"pool(_?size)?|pool_(height|width|h|w)|(up|down)_?(sampl\w+_)?factor|scale_factor", 2),
    (r"stride|dilation", 1), (r"pad(ding)?", 1),
    (r"eps(ilon)?", 1e-5), (r"momentum", 0.9), (r"alpha|slope|negative_slope", 0.1),
    (r"lr|learning_rate|eta", 0.1), (r"seed|random_state", 0), (r"axis", -1),
    (r"groups|num_heads|n_heads|heads", 2),
    (r"(weight_|init_)?(scale|std|stddev)|std_init|sigma", 0.5),
    (r"reg|lambda_?|lam|l2|weight_decay", 0.1), (r"bias|use_bias|training|train", True),
    (r"stateful|verbose|debug", False), (r"activation", "relu"),
    (r"rng|generator", np.random.default_rng),
    (r"\w*init(ializer)?_?(fn|func|function)|\w*_initializer", initializer),
    (r"name|layer_name", "layer"),
    # by their beginnings and ends, behind all that are known as a whole
    (r"(in|input)_?[a-z]+|[a-z]+_(in|input)", INPUTS),
    (r"(out|output|hidden)_?[a-z]+|[a-z]+_(out|output)", OUTPUTS),
)
# A function of one element, and the derivative that stands beside it.
FUNCTION = re.compile(r"\w*(activation|func)\w*|fn?|act")
DERIVATIVE = re.compile(r"\w*(prime|deriv(ative)?|grad(ient)?)\w*|d_?(activation|func|f)\w*")
# A name for the input's shape, which some take with the samples, some without, some as its length.
SHAPE = re.compile(r"(in(put)?_?)?(shape|dims?)|X?_?shape")
# What draws a bias, which some keep as a row.
BIAS_DRAWN = re.compile(r"b(ias)?_init\w*")


def constructor_value(name: str) -> Any:
    """Return the value for a constructor's parameter.

    Raises
    ------
    LookupError
        The name is not known.

    Examples
    --------
    >>> constructor_value("in_features"), constructor_value("n_out"), constructor_value("p")
    (6, 5, 0.3)
    >>> constructor_value("in_num"), constructor_value("n_units"), constructor_value("init_std")
    (6, 5, 0.5)
    """
    for pattern, value in RECIPES:
        if re.fullmatch(pattern, name):
            return value(0) if callable(value) else value
    raise LookupError(f"no value is known for {name}")


def constructor_values(names: Sequence[str], x: np.ndarray[Any, Any]) -> Iterator[dict[str, Any]]:
    """Yield values for a constructor's parameters, the likeliest first, for the input x.

    Raises
    ------
    LookupError
        A name is not known.

    Examples
    --------
    >>> list(constructor_values(["input_shape", "n_out"], np.zeros((4, 6))))
    [{'input_shape': 6, 'n_out': 5}, {'input_shape': (4, 6), 'n_out': 5}, \
{'input_shape': (6,), 'n_out': 5}]
    """
    shapes = [name for name in names if SHAPE.fullmatch(name)]
    known = _function_and_derivative(names)
    known |= {name: constructor_value(name) for name in names if name not in known}
    yield known
    for shape in (x.shape, x.shape[1:]) if shapes else ():
        yield {**known, **dict.fromkeys(shapes, shape)}
    if drawn := [name for name in names if BIAS_DRAWN.fullmatch(name)]:
        yield {**known, **dict.fromkeys(drawn, initializer(1, row=True))}


def _function_and_derivative(names: Sequence[str]) -> dict[str, Any]:
    """Return the hyperbolic tangent and its derivative for two names that ask for such a pair.

    >>> list(_function_and_derivative(["activation", "activation_prime"]))
    ['activation', 'activation_prime']
    >>> _function_and_derivative(["activation"])
    {}
    """
    derivative = next((name for name in names if DERIVATIVE.fullmatch(name)), None)
    function = next((name for name in names if FUNCTION.fullmatch(name) and name != derivative),
                    None)
    if derivative is None or function is None:
        return {}
    return {function: np.tanh, derivative: lambda x: 1 - np.tanh(x) ** 2}
