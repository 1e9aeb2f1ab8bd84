"""Example arguments for the field's standard layer names, as data.

Every entry names the parameters of `<name>_forward` (or of `<name>_loss`) in their usual order
with a recipe for each. Sizes in one entry are pairwise distinct where the layer allows it, so
that a factor of 1/N cannot be mistaken for 1/D, nor one axis for another.
"""

from __future__ import annotations

import copy
import inspect
import itertools
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.examples.inference import designs_for

Recipe = Callable[[np.random.Generator], Any]
Entry = Mapping[str, Any]
Fitted = list[tuple[str, Any]]


class _Missing:
    """The kind of MISSING: no recipe is known for a parameter."""


MISSING = _Missing()


class NoExampleError(LookupError):
    """There are no example arguments for a layer; the message says what to write."""


@dataclass(frozen=True)
class Example:
    """Arguments of one call, and whether they were guessed from the parameters' names."""

    args: tuple[Any, ...]
    names: tuple[str, ...]
    guessed: bool = False


def normal(*shape: int) -> Recipe:
    """Return a recipe for a standard normal array."""
    return lambda rng: rng.standard_normal(shape)


def uniform(low: float, high: float, *shape: int) -> Recipe:
    """Return a recipe for a uniform array."""
    return lambda rng: rng.uniform(low, high, shape)


def integers(below: int, *shape: int) -> Recipe:
    """Return a recipe for an array of labels 0 ... below - 1."""
    return lambda rng: rng.integers(below, size=shape)


def coins(dtype: type, *shape: int) -> Recipe:
    """Return a recipe for an array of zeros and ones."""
    return lambda rng: rng.integers(2, size=shape).astype(dtype)


def spread(*shape: int) -> Recipe:
    """Return a recipe for distinct values at least 0.1 apart, so that no maximum is nearly tied."""
    return lambda rng: 0.1 * rng.permutation(int(np.prod(shape))).reshape(shape) - 1.0


def _each(names: str, entry: Entry) -> dict[str, Entry]:
    """Return the same entry under several names."""
    return dict.fromkeys(names.split(), entry)


DROPOUT = {"mode": "train", "p": 0.3, "seed": 123}
TRAIN = {"mode": "train"}
CONV = {"stride": 2, "pad": 1}
POOL = {"pool_height": 2, "pool_width": 3, "stride": 2}

X = {"x": normal(4, 6)}
AFFINE = {"x": normal(4, 2, 3), "w": normal(6, 5), "b": normal(5)}
NORM = {"x": normal(4, 6), "gamma": normal(6), "beta": normal(6)}
AFFINE_NORM = {**AFFINE, "gamma": normal(5), "beta": normal(5)}
IMAGES = {"x": normal(3, 2, 7, 6)}
KERNEL = {"w": normal(5, 2, 3, 4), "b": normal(5)}
SPATIAL_NORM = {"x": normal(3, 6, 2, 5), "gamma": normal(6), "beta": normal(6)}
GROUP_NORM = {**SPATIAL_NORM, "G": 2, "gn_param": {}}
POOLED = {"x": spread(3, 2, 8, 7), "pool_param": POOL}
DROPPED = {"x": normal(7, 5), "dropout_param": DROPOUT}
WEIGHTS_RNN = {"Wx": normal(4, 5), "Wh": normal(5, 5), "b": normal(5)}
WEIGHTS_LSTM = {"Wx": normal(4, 20), "Wh": normal(5, 20), "b": normal(20)}
CLASSES = {"x": normal(4, 6), "y": integers(6, 4)}
LINEAR_CLASSIFIER = {"W": normal(6, 5), "X": normal(4, 6), "y": integers(5, 4), "reg": 0.3}

ELEMENTWISE = (
    "relu leaky_relu sigmoid tanh gelu elu selu celu softplus softsign silu swish mish relu6 "
    "hard_sigmoid hardsigmoid hard_tanh hardtanh hard_swish hardswish log_sigmoid logsigmoid "
    "square cube abs sin cos exp identity softmax log_softmax logsoftmax l2_normalize"
)

LAYERS: dict[str, Entry] = {
    **_each(ELEMENTWISE, X),
    **_each("log sqrt reciprocal", {"x": uniform(0.5, 3.0, 4, 6)}),
    "flatten": {"x": normal(4, 2, 3)},
    "prelu": {"x": normal(4, 6), "alpha": uniform(0.1, 0.4, 6)},
    **_each("affine affine_relu affine_sigmoid affine_tanh", AFFINE),
    **_each("linear dense fc fully_connected", {**AFFINE, "x": normal(4, 6)}),
    "affine_bn_relu": {**AFFINE_NORM, "bn_param": TRAIN},
    "affine_batchnorm_relu": {**AFFINE_NORM, "bn_param": TRAIN},
    "affine_ln_relu": {**AFFINE_NORM, "ln_param": {}},
    "affine_layernorm_relu": {**AFFINE_NORM, "ln_param": {}},
    "affine_dropout": {**AFFINE, "dropout_param": DROPOUT},
    "affine_relu_dropout": {**AFFINE, "dropout_param": DROPOUT},
    "affine_bn_relu_dropout": {**AFFINE_NORM, "bn_param": TRAIN, "dropout_param": DROPOUT},
    "affine_ln_relu_dropout": {**AFFINE_NORM, "ln_param": {}, "dropout_param": DROPOUT},
    **_each("batchnorm batch_norm", {**NORM, "bn_param": TRAIN}),
    **_each("layernorm layer_norm", {**NORM, "ln_param": {}}),
    **_each("rmsnorm rms_norm", {"x": normal(4, 6), "gamma": normal(6)}),
    "spatial_batchnorm": {**SPATIAL_NORM, "bn_param": TRAIN},
    **_each("instancenorm instance_norm", {**SPATIAL_NORM, "in_param": {}}),
    **_each("groupnorm group_norm", GROUP_NORM),
    "spatial_groupnorm": {**GROUP_NORM, "gamma": normal(1, 6, 1, 1), "beta": normal(1, 6, 1, 1)},
    **_each("conv conv2d conv_relu", {**IMAGES, **KERNEL, "conv_param": CONV}),
    "conv_bn_relu": {**IMAGES, **KERNEL, "gamma": normal(5), "beta": normal(5),
                     "conv_param": CONV, "bn_param": TRAIN},
    "conv_relu_pool": {"x": normal(3, 2, 7, 8), "w": normal(5, 2, 3, 3), "b": normal(5),
                       "conv_param": {"stride": 1, "pad": 1},
                       "pool_param": {"pool_height": 3, "pool_width": 2, "stride": 2}},
    **_each("max_pool maxpool max_pool2d", POOLED),
    **_each("avg_pool avgpool avg_pool2d mean_pool", POOLED),
    **_each("dropout inverted_dropout vanilla_dropout gaussian_dropout alpha_dropout", DROPPED),
    **_each("spatial_dropout dropout2d feature_alpha_dropout",
            {**DROPPED, "x": normal(3, 4, 2, 5)}),
    "dropout1d": {**DROPPED, "x": normal(3, 4, 5)},
    "dropout3d": {**DROPPED, "x": normal(3, 4, 2, 5, 6)},
    **_each("locked_dropout variational_dropout", {**DROPPED, "x": normal(3, 6, 5)}),
    **_each("stochastic_depth drop_path", {**DROPPED, "x": normal(7, 3, 2)}),
    "dropblock": {"x": normal(2, 3, 7, 8), "dropout_param": {**DROPOUT, "block_size": 3}},
    **_each("dropconnect_affine dropconnect", {**AFFINE, "dropout_param": DROPOUT}),
    "rnn_step": {"x": normal(3, 4), "prev_h": normal(3, 5), **WEIGHTS_RNN},
    "rnn": {"x": normal(3, 2, 4), "h0": normal(3, 5), **WEIGHTS_RNN},
    "lstm_step": {"x": normal(3, 4), "prev_h": normal(3, 5), "prev_c": normal(3, 5),
                  **WEIGHTS_LSTM},
    "lstm": {"x": normal(3, 2, 4), "h0": normal(3, 5), **WEIGHTS_LSTM},
    "word_embedding": {"x": integers(7, 4, 3), "W": normal(7, 5)},
    "temporal_affine": {"x": normal(3, 2, 4), "w": normal(4, 5), "b": normal(5)},
}

# What to try next, in this order, where a forward refuses the arguments above.
FLAT = {"x": normal(4, 6)}
WEIGHTS_BY_ROW = {"x": normal(4, 6), "w": normal(5, 6)}
OTHERWISE: dict[str, tuple[Entry, ...]] = {
    name: (FLAT, WEIGHTS_BY_ROW) for name, entry in LAYERS.items()
    if "w" in entry and "conv_param" not in entry and not name.startswith("temporal")
}

LOSSES: dict[str, Entry] = {
    **_each("softmax_loss svm_loss cross_entropy_loss hinge_loss", CLASSES),
    **_each("svm_loss_naive svm_loss_vectorized softmax_loss_naive softmax_loss_vectorized",
            LINEAR_CLASSIFIER),
    **_each("mse_loss l2_loss l1_loss mae_loss huber_loss smooth_l1_loss",
            {"x": normal(4, 6), "y": normal(4, 6)}),
    **_each("bce_loss binary_cross_entropy_loss",
            {"x": uniform(0.1, 0.9, 4, 6), "y": coins(float, 4, 6)}),
    **_each("bce_with_logits_loss sigmoid_loss logistic_loss",
            {"x": normal(4, 6), "y": coins(float, 4, 6)}),
    "temporal_softmax_loss": {"x": normal(3, 2, 5), "y": integers(5, 3, 2),
                              "mask": coins(bool, 3, 2)},
}

ALIASES = {
    **dict.fromkeys(("X", "z", "Z", "a", "A", "A_prev", "inputs", "input", "inp"), "x"),
    **dict.fromkeys(("W", "weight", "weights"), "w"),
    **dict.fromkeys(("Y", "t", "labels", "target", "targets", "y_true"), "y"),
    "bias": "b",
    **dict.fromkeys(("p_drop", "drop_prob", "dropout_rate", "rate"), "p"),
    **dict.fromkeys(("p_keep", "keep"), "keep_prob"),
    **dict.fromkeys(("train", "is_training"), "training"),
}

GUESSES: Entry = {
    "bn_param": TRAIN, "ln_param": {}, "gn_param": {}, "dropout_param": DROPOUT,
    "conv_param": CONV, "pool_param": POOL, "param": DROPOUT,
    "p": 0.3, "keep_prob": 0.7, "training": True, "mode": "train", "seed": 123,
    "alpha": 0.1, "slope": 0.1, "negative_slope": 0.1, "eps": 1e-5, "epsilon": 1e-5,
    "momentum": 0.9, "axis": -1, "stride": 1, "pad": 1, "padding": 1, "reg": 0.3,
    "activation": "relu", "G": 2, "groups": 2, "num_heads": 2, "n_heads": 2, "temperature": 2.0,
}


def candidates(
    name: str,
    forward: Callable[..., Any],
    rng: np.random.Generator,
    own: Callable[[np.random.Generator], Any] | None = None,
) -> Iterator[Example]:
    """Yield arguments for calls of `forward`, the likeliest first.

    Parameters
    ----------
    name : str
        The layer's name without `_forward`, or a loss with its `_loss`.
    forward : callable
        Its signature decides which of the example's arguments are passed.
    rng : np.random.Generator
        Draws the arrays.
    own : callable, optional
        The layer's own ``<name>_example(rng)``, which returns a tuple of arguments or yields
        several; no others are tried then.

    Yields
    ------
    Example
        Those of the standard layer of that name; then, as guesses, what the parameters' names
        say, in several layouts.

    Raises
    ------
    NoExampleError
        Forward has no parameter that an argument could be found for.

    Examples
    --------
    >>> found = candidates("affine", lambda x, w, b: None, np.random.default_rng(0))
    >>> [[array.shape for array in example.args] for example, _ in zip(found, range(3))]
    [[(4, 2, 3), (6, 5), (5,)], [(4, 6), (6, 5), (5,)], [(4, 6), (5, 6), (5,)]]
    """
    parameters = _positional(forward)
    if own is not None:
        yield from _own(own(rng), parameters)
        return
    entry = LOSSES.get(name, LAYERS.get(name))
    for changed in ({}, *OTHERWISE.get(name, ())) if entry is not None else ():
        fitted = _fit({**(entry or {}), **changed}, parameters)
        if fitted is not None:
            yield Example(tuple(_make(recipe, rng) for _, recipe in fitted),
                          tuple(parameter for parameter, _ in fitted))
    yield from _guessed(name, entry or {}, parameters, rng)


def _own(returned: Any, parameters: list[inspect.Parameter]) -> Iterator[Example]:
    """Yield what a layer's own example function returned, or yields."""
    several = returned if isinstance(returned, Iterator) else [returned]
    for args in several:
        args = args if isinstance(args, tuple) else (args,)
        yield Example(args, _names(parameters, len(args)))


def _guessed(name: str, entry: Entry, parameters: list[inspect.Parameter],
             rng: np.random.Generator) -> Iterator[Example]:
    """Yield arguments by the parameters' names alone; those with a default keep it."""
    required = [p.name for p in parameters if p.default is p.empty]
    if not required:
        raise NoExampleError(f"no argument of {name} has to be given\n  Remedy: write beside it\n"
                             f"{textwrap.indent(_how_to(name, parameters), '      ')}")
    known = {**GUESSES, **_known(entry)}
    settings = {p: value for p in required
                if not callable(value := _setting(known, p, name)) and value is not MISSING}
    arrays = [p for p in required if p not in settings]
    for values in designs_for(arrays, rng, labelled=name.endswith("_loss")):
        drawn = dict(zip(arrays, values, strict=True))
        yield Example(tuple(drawn[p] if p in drawn else copy.deepcopy(settings[p])
                            for p in required), tuple(required), guessed=True)


def _make(recipe: Any, rng: np.random.Generator) -> Any:
    """Return a fresh value: draw a recipe, copy anything else."""
    return recipe(rng) if callable(recipe) else copy.deepcopy(recipe)


def _positional(forward: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the parameters that a positional argument can fill."""
    try:
        parameters = inspect.signature(forward).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def _names(parameters: list[inspect.Parameter], count: int) -> tuple[str, ...]:
    """Return the parameters' names, as many as there are arguments."""
    known = [p.name for p in parameters[:count]]
    return (*known, *(f"args[{i}]" for i in range(len(known), count)))


def _lookup(known: Entry, name: str) -> Any:
    """Return the recipe for a parameter, under its own name or the usual one; else MISSING."""
    return known.get(name, known.get(ALIASES.get(name, name), MISSING))


def _known(entry: Entry) -> dict[str, Any]:
    """Return an entry's recipes together with the single settings of its dicts."""
    settings = [value for value in entry.values() if isinstance(value, Mapping)]
    return {**{k: v for setting in settings for k, v in setting.items()}, **entry}


def _fit(entry: Entry, parameters: list[inspect.Parameter]) -> Fitted | None:
    """Return (parameter, recipe) for every argument to pass, or None where the entry does not fit.

    Parameters are matched by name where all of them are known, otherwise by position. Settings
    may be single parameters (stride, pad) instead of a dict, or missing.
    """
    known = _known(entry)
    fitted = [(p.name, _lookup(known, p.name) if p.default is p.empty else
               known.get(p.name, MISSING)) for p in parameters]
    required = [p.name for p in parameters if p.default is p.empty]
    run = list(itertools.takewhile(lambda pair: pair[1] is not MISSING, fitted))
    if len(run) >= len(required):
        return run
    recipes = list(entry.values())
    while len(recipes) > len(required) and isinstance(recipes[-1], Mapping):
        recipes.pop()
    fits = len(recipes) == len(required) and not any(
        isinstance(recipe, Mapping) and not isinstance(_lookup(GUESSES, name), _Missing | Mapping)
        for name, recipe in zip(required, recipes, strict=True)
    )
    return list(zip(required, recipes, strict=True)) if fits else None


def _setting(known: Entry, parameter: str, name: str) -> Any:
    """Return the value for a parameter that is a setting; a dict of some kind by its ending."""
    found = _lookup(known, parameter)
    if found is MISSING and parameter.endswith(("param", "params", "config", "settings",
                                                "options")):
        return DROPOUT if "drop" in name else TRAIN
    return found


def how_to(name: str, forward: Callable[..., Any]) -> str:
    """Return what a reader would write beside a layer, so that it is judged at his arguments.

    >>> print(how_to("blur", lambda image, sigma: None))
    def blur_example(rng):
        return rng.normal(size=(4, 6)), rng.normal(size=(4, 6))
    """
    return _how_to(name, _positional(forward))


def _how_to(name: str, parameters: list[inspect.Parameter]) -> str:
    required = [p.name for p in parameters if p.default is p.empty]
    suggested = [_suggestion(parameter, "drop" in name) for parameter in required]
    return (f"def {name}_example(rng):\n"
            f"    return {', '.join(suggested) or 'rng.normal(size=(4, 6))'}")


def _suggestion(parameter: str, drops: bool) -> str:
    """Return an expression that a reader would write for a parameter."""
    usual = ALIASES.get(parameter, parameter)
    if usual in GUESSES and not callable(GUESSES[usual]):
        return repr(GUESSES[usual])
    if drops and parameter.endswith(("param", "params", "config", "settings", "options")):
        return repr(DROPOUT)
    if usual == "y":
        return "rng.integers(6, size=4)"
    if parameter.endswith("param"):
        return '{"mode": "train"}'
    return "rng.normal(size=(4, 6))"
