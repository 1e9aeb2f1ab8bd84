"""The inputs that a layer class takes, found by trying one after the other."""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.examples.candidates import LABELLED, Example, NoExampleError, candidates
from gradcheck.examples.constructors import constructor_values
from gradcheck.examples.inference import SIZES
from gradcheck.examples.standard import LAYERS, LOSSES
from gradcheck.target.classes import (
    BackwardRaisedError,
    Functions,
    constructor_names,
    functions_of,
)
from gradcheck.target.needs import need_of
from gradcheck.target.passes import needed, takes_its_inputs_again
from gradcheck.target.unwritten import raised_by_a_gap

Args = tuple[Any, ...]
Rng = np.random.Generator

MOST_INPUTS = 24
# What a constructor may be handed as an array: Affine(W, b), BatchNormalization(gamma, beta).
ARRAYS = re.compile(r"[wWbBU]|[wW](eights?)?_?[xh]?|bias(es)?|gamma|beta|kernel|filters?")
KERNEL = re.compile(r"kernel|filters?")
# An input that is a state makes the class one step of a recurrence.
PREVIOUS = re.compile(r"(prev_?[hc]|[hc]_?prev)\w*")
INDICES = re.compile(r"(\w+_)?(idxs?|inds?|index|indices|indexes|ids?|tokens?|words?)")
VOCABULARY = re.compile(r"\w*(vocab|embeddings)\w*|V")
INDEX_SHAPES = ((4, 3), (4,))
BEGINNING = re.compile(r"^(loss|criterion|activation|layer)_")
VARIANT = re.compile(r"_(stride\d*|dilat(ed|ion)|v?\d+|naive|fast|numpy|np|im2col|vectorized)$")
ENDINGS = re.compile(r"_?(layer|module|op|node)$")
CALLED = {
    "convolution": "conv", "convolutional": "conv", "conv2dlayer": "conv", "conv2d": "conv",
    "batchnormalization": "batchnorm", "batchnorm1d": "batchnorm", "batchnorm2d":
    "spatial_batchnorm", "layernormalization": "layernorm", "fullyconnected": "linear", "fc":
    "linear", "pooling": "max_pool", "maxpooling": "max_pool", "averagepooling": "avg_pool",
    "averagepool": "avg_pool", "meanpool2d": "avg_pool", "embedding": "word_embedding",
    "matmul": "matmul",
    "meansquarederror": "mse_loss", "meanabsoluteerror": "mae_loss",
    "binarycrossentropywithlogits": "bce_with_logits_loss",
}


@dataclass(frozen=True)
class Taken:
    """A layer as functions, and the inputs that it was tried with.

    Attributes
    ----------
    functions : Functions
        The layer.
    inputs : tuple
        Arguments of its forward.
    redrawn : callable
        Returns others of the same kind for a random generator.
    """

    functions: Functions
    inputs: Args
    redrawn: Callable[[Rng], Args]


def taken_by(name: str, kind: type) -> Taken:
    """Construct a layer and return the first inputs that it takes.

    Inputs that give finite outputs, and gradients of their shapes, come before others.

    Raises
    ------
    Exception
        What the class raises at the first inputs, where it takes none; NoExampleError where it has
        none to take.

    Examples
    --------
    >>> class Embedding:
    ...     def __init__(self, vocab_size, embedding_dim):
    ...         self.table = np.ones((vocab_size, embedding_dim))
    ...     def forward(self, idx):
    ...         self.idx = idx
    ...         return self.table[idx]
    ...     def backward(self, dout):
    ...         self.d_table = np.zeros_like(self.table)
    ...         np.add.at(self.d_table, self.idx, dout)
    >>> taken_by("Embedding", Embedding).inputs[0].dtype.kind
    'i'
    """
    search = _Search(name, kind)
    if takes_indices(name, kind):
        search.run(_as_indices)
    if takes_its_inputs_again(kind):
        search.run(_as_probabilities)  # of others it may clip what is none
    if not search.fits:
        search.run(_as_they_are)
    if not search.fits and LABELLED.search(name.lower()):
        search.run(_as_probabilities)
    if not search.taken and search.raising:
        search.run(_as_one_sample)
    if not search.taken and not search.raising and any(
            isinstance(error, IndexError) for error in search.reasons):
        search.run(_as_indices)
    return search.best()


def takes_indices(name: str, kind: type) -> bool:
    """Whether the names of a class say that its one input is an array of indices.

    >>> class Table:
    ...     def forward(self, word_ids): ...
    >>> takes_indices("Table", Table)
    True
    """
    inputs = needed(kind.forward)[1:]  # type: ignore[attr-defined]
    return len(inputs) == 1 and (
        INDICES.fullmatch(inputs[0]) is not None or "embedding" in name.lower()
        or any(map(VOCABULARY.fullmatch, constructor_names(kind))))


@dataclass
class _Search:
    """The layers that could be made and run, and why others could not."""

    name: str
    kind: type
    reasons: list[BaseException] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    raising: list[Taken] = field(default_factory=list)

    @property
    def fits(self) -> bool:
        """Whether the last inputs are as good as any."""
        return bool(self.taken) and self.taken[-1].functions.fits

    def run(self, change: Callable[[Example, Rng], Iterator[Example]]) -> None:
        """Try inputs, each changed in one way, until some fit."""
        def tried(rng: Rng) -> Iterator[tuple[Args, Args]]:
            return itertools.islice(_arguments(self.name, self.kind, rng, change), MOST_INPUTS)

        def at(place: int) -> Callable[[Rng], Args]:
            return lambda rng: next(itertools.islice(tried(rng), place, None))[1]

        for place, (settings, inputs) in enumerate(tried(np.random.default_rng(0))):
            try:
                found = functions_of(self.kind(*settings), inputs)
            except BackwardRaisedError as error:
                self.reasons.append(error.__cause__ or error)
                self.raising.append(Taken(error.functions, inputs, at(place)))
            except Exception as error:
                self.reasons.append(error)
            else:
                if self.raising and gives_a_number(found, inputs) and not gives_a_number(
                        self.raising[0].functions, self.raising[0].inputs):
                    continue  # where every shape is that of a number, no slip in one could show
                self.taken.append(Taken(found, inputs, at(place)))
                if found.fits:
                    return

    def best(self) -> Taken:
        """Return the first that fits, or else the first that runs; raise where there is none.

        A backward that raises wherever forward runs has a slip, unless it wants something else.
        """
        if self.taken:
            return self.taken[-1] if self.fits else self.taken[0]
        if self.raising and not isinstance(self.reasons[0], TypeError | NotImplementedError) and (
                not raised_by_a_gap(self.reasons[0])):
            return self.raising[0]
        lacking = next((error for error in self.reasons if need_of(error)), None)
        raise lacking or (self.reasons[0] if self.reasons
                          else NoExampleError("it takes no arguments"))


def gives_a_number(found: Functions, inputs: Args) -> bool:
    """Whether a layer's output is a single number."""
    return np.ndim(found.forward(*found.arguments(inputs))[0]) == 0


def _as_one_sample(example: Example, rng: Rng) -> Iterator[Example]:
    """Yield the example with the first row of each array alone, as some layers are for one."""
    if all(isinstance(arg, np.ndarray) and arg.ndim == 2 for arg in example.args):
        yield replace(example, args=tuple(arg[:1] for arg in example.args))


def _as_they_are(example: Example, rng: Rng) -> Iterator[Example]:
    yield example


def _as_indices(example: Example, rng: Rng) -> Iterator[Example]:
    """Yield the example with indices for its first argument, some of which come up twice."""
    if isinstance(example.args[0], np.ndarray):
        for shape in INDEX_SHAPES:
            yield replace(example, args=(rng.integers(SIZES["M"], size=shape), *example.args[1:]))


def _as_probabilities(example: Example, rng: Rng) -> Iterator[Example]:
    """Yield the example with probabilities for its first argument, a row adding up to 1."""
    first = example.args[0]
    if isinstance(first, np.ndarray) and first.dtype.kind == "f" and first.ndim:
        exps: NDArray[Any] = np.exp(first)
        yield replace(example, args=(exps / exps.sum(axis=-1, keepdims=True), *example.args[1:]))


def _arguments(name: str, kind: type, rng: Rng,
               change: Callable[[Example, Rng], Iterator[Example]]) -> Iterator[tuple[Args, Args]]:
    """Yield arguments for a constructor, and for forward, that fit together."""
    settings = constructor_names(kind)
    arrays = _handed_as_arrays(name, settings)
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
    elif called not in (*LAYERS, *LOSSES) and (
            takes_its_inputs_again(kind) or not needed(kind.backward)[1:]):  # type: ignore[attr-defined]
        called += "_loss"  # backward starts from 1: what comes second are labels
    for example in itertools.chain.from_iterable(
            change(found, rng) for found in candidates(called, together, rng)):
        drawn = dict(zip(example.names, example.args, strict=True))
        for known in constructor_values(plain, np.asarray(next(iter(drawn.values())))):
            yield (tuple(drawn[name] if name in arrays else known[name] for name in settings),
                   tuple(drawn[name] for name in inputs))


def _handed_as_arrays(name: str, settings: Sequence[str]) -> list[str]:
    """Return which of a constructor's parameters are arrays; a pooling's kernel is a size.

    >>> _handed_as_arrays("Conv", ["W", "b", "stride"]), _handed_as_arrays("Pool", ["kernel"])
    (['W', 'b'], [])
    """
    sized = "pool" in name.lower() or any(other.endswith("size") for other in settings)
    return [parameter for parameter in settings if ARRAYS.fullmatch(parameter)
            and not (sized and KERNEL.fullmatch(parameter))]


def standard_name(name: str) -> str:
    """Return the standard layer or loss that a class is called like.

    >>> [standard_name(name) for name in ("ReLULayer", "Convolution", "LeakyReLU", "MyOwn")]
    ['relu', 'conv', 'leaky_relu', 'myown']
    >>> [standard_name(name) for name in ("BCELoss", "MSE", "Loss_BinaryCrossentropy")]
    ['bce_loss', 'mse_loss', 'binary_cross_entropy_loss']
    >>> standard_name("MaxPool2d_stride1")
    'max_pool2d'
    """
    bare = BEGINNING.sub("", ENDINGS.sub("", VARIANT.sub("", name.lower()))).replace(
        "_", "") or name.lower()
    spelt = (bare, f"{bare}loss")
    return next((known for known in (*LAYERS, *LOSSES) if known.replace("_", "") in spelt),
                CALLED.get(bare, CALLED.get(bare.removesuffix("loss"), bare)))
