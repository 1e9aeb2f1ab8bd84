"""Find the layers and losses among a module's names."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from gradcheck.examples.standard import COURSE_LOSSES
from gradcheck.foreign import uncompiled
from gradcheck.sandbox.absent import Absent
from gradcheck.target.names import CHARACTER
from gradcheck.target.partners import is_step_of_a_net, under_usual_names

LAYER_NAME = re.compile(rf"(?P<base>{CHARACTER}+?)_(?P<way>forward|backward)"
                        rf"(?P<suffix>_{CHARACTER}+)?")
LOSS_NAME = re.compile(rf"(?!_){CHARACTER}+_loss(_naive|_vectorized)?")
CLASSIFIER = re.compile(r"(W|w|weights|theta) (X|x|data) (y|Y|labels)( (reg|lam|lambda_|lamb|l2))?")
LINEAR = (("softmax|entropy", "linear_softmax_loss"), ("svm|hinge", "linear_svm_loss"))
TEST_NAME = re.compile(r"(test|check|plot|print|show|draw|eval_numerical|get_initial)_.*|"
                       r".*_test(_?cases?(_.*)?)?|_.*")
Function = Callable[..., Any]
Halves = dict[tuple[str, str], Function]


@dataclass(frozen=True)
class Pair:
    """A layer (forward and backward) or a loss (forward alone, which returns loss and dx).

    A `remark` says what of it is not judged, `lacking` what of it is not written. Of a layer object
    forward takes so many `inputs` before its parameters; `tested` is the same in test mode. Of a
    `net`, forward is the method loss, and what it is tried with is the net's own business. Of a
    `firm` one a framework says what is dout, and no name does.
    """

    name: str
    base: str
    forward: Function
    backward: Function | None = None
    example: Function | None = None
    remark: str = ""
    lacking: str = ""
    inputs: int = 0
    tested: Pair | None = None
    net: Function | None = None
    firm: bool = False

    @property
    def is_loss(self) -> bool:
        """Whether forward returns (loss, dx) and there is no backward."""
        return self.backward is None


@dataclass(frozen=True)
class Found:
    """What is there to judge in a module.

    Attributes
    ----------
    pairs : tuple of Pair
        The layers and losses that it defines.
    unpaired : tuple of str
        Names that have no partner.
    imported : tuple of str
        Layers and losses that it has from elsewhere, and that are not among the pairs.
    steps : tuple of str
        Backwards of whole nets: they take labels, and are none of a layer's.
    """

    pairs: tuple[Pair, ...]
    unpaired: tuple[str, ...]
    imported: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()


def find_pairs(module: ModuleType, imported: bool = False,
               others: frozenset[int] = frozenset()) -> Found:
    """Return every layer and loss that a module defines.

    `<name>_forward` goes with `<name>_backward`; a variant (`conv_forward_fast`,
    `batchnorm_backward_alt`) goes with the same variant, or else with the plain function. What is
    called otherwise (`relu` beside `relu_backward`) is found by `partners`.

    Parameters
    ----------
    module : ModuleType
        A package's submodules are its own.
    imported : bool
        Whether what it imported from elsewhere counts as well.
    others : frozenset of int
        The ids of what belongs to something else, and to no pair.

    Examples
    --------
    >>> import numpy as np
    >>> module = ModuleType("homework")
    >>> module.relu_forward = module.relu_backward = module.tanh_forward = np.abs
    >>> found = find_pairs(module)
    >>> [pair.name for pair in found.pairs], found.unpaired
    (['relu'], ('tanh_forward',))
    """
    names = {name: _tame(value) for name, value in vars(module).items()
             if callable(value) and not issubclass(type(value), type | Absent)
             and id(value) not in others and not TEST_NAME.fullmatch(name)}
    layers, unpaired = _layers(names)
    steps = list(filter(_is_step, layers))
    pairs = [*(pair for pair in layers if pair not in steps), *_losses(names)]
    order = {name: place for place, name in enumerate(names)}
    pairs.sort(key=lambda pair: order[pair[0]])
    own = {id(pair) for _, pair in pairs if imported or _is_own(pair, module)}
    return Found(tuple(pair for _, pair in pairs if id(pair) in own),
                 tuple(name for name in unpaired if imported or _is_from(names[name], module)),
                 tuple(pair.name for _, pair in pairs if id(pair) not in own),
                 tuple(str(getattr(pair.backward, "__name__", pair.name)) for _, pair in steps
                       if imported or _is_own(pair, module)))


def _losses(names: Mapping[str, Function]) -> Iterator[tuple[str, Pair]]:
    """Yield the losses, each with its name."""
    for name, value in names.items():
        if not LAYER_NAME.fullmatch(name) and LOSS_NAME.fullmatch(name) and (
                not inspect.isgeneratorfunction(value)):
            yield name, Pair(name, base_of_loss(name, value), value,
                             example=names.get(f"{name}_example"))


def _is_step(named: tuple[str, Pair]) -> bool:
    pair = named[1]
    return pair.backward is not None and is_step_of_a_net(pair.forward, pair.backward)


def base_of_loss(name: str, function: Function) -> str:
    """Return the standard name of a loss: of scores, or of a linear classifier's W, X and y.

    >>> base_of_loss("svm_loss", lambda W, X, y, reg: None)
    'linear_svm_loss'
    >>> base_of_loss("svm_loss", lambda x, y: None)
    'svm_loss'
    """
    try:
        names = tuple(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return name
    kind = next((base for words, base in LINEAR if re.search(words, name)), name)
    is_linear = CLASSIFIER.fullmatch(" ".join(names)) or (
        set(names[:3]) == {"W", "X", "y"} and set(names[3:]) <= {"reg"})
    return kind if is_linear and name not in COURSE_LOSSES - {"softmax_loss", "svm_loss"} else name


def _is_own(pair: Pair, module: ModuleType) -> bool:
    return any(function is not None and _is_from(function, module)
               for function in (pair.forward, pair.backward))


def _is_from(function: Function, module: ModuleType) -> bool:
    """Whether a function is a module's own; partials, ufuncs and jitted ones without a home are."""
    home = None
    if inspect.isroutine(function):
        home = getattr(function, "__module__", None)
    elif type(function).__name__ != "ufunc":  # newer NumPy gives them its own home
        home = getattr(function, "__dict__", {}).get("__module__")
    return home is None or is_within(str(home), module.__name__)


def is_within(home: str, name: str) -> bool:
    """Whether a module is another one, or lies in it.

    >>> is_within("layers.affine", "layers"), is_within("layers2", "layers")
    (True, False)
    """
    return home == name or home.startswith(f"{name}.")


def _halves(names: Mapping[str, Function], called: Mapping[str, str]) -> tuple[Halves, Halves]:
    """Return the forwards and the backwards by base and variant, under their usual names."""
    ways: dict[str, Halves] = {"forward": {}, "backward": {}}
    for name, value in names.items():
        match = LAYER_NAME.fullmatch(called.get(name, name))
        if match:
            ways[match["way"]][match["base"], match["suffix"] or ""] = value
    forwards, backwards = ways["forward"], ways["backward"]
    for one, other in ((forwards, backwards), (backwards, forwards)):
        for base, suffix in list(one):  # affine_backward_dropout goes with affine_dropout_forward
            whole = (base + suffix, "")
            if suffix and (base, suffix) not in other and whole in other and whole not in one:
                one[whole] = one.pop((base, suffix))
    return forwards, backwards


def _layers(names: Mapping[str, Function]) -> tuple[list[tuple[str, Pair]], list[str]]:
    """Return the layers, each with the name that places it in the module, and the halves."""
    own_names = under_usual_names(names)
    forwards, backwards = _halves(names, {own: usual for usual, own in own_names.items()})
    pairs, unpaired = [], []
    for base, suffix in dict.fromkeys([*forwards, *backwards]):
        forward = forwards.get((base, suffix), forwards.get((base, "")))
        backward = backwards.get((base, suffix), backwards.get((base, "")))
        if forward is None or backward is None:
            unpaired.append(f"{base}_{'forward' if backward is None else 'backward'}{suffix}")
            continue
        own = names.get(f"{base}{suffix}_example", names.get(f"{base}_example"))
        key = f"{base}_forward{suffix if (base, suffix) in forwards else ''}"
        pairs.append((own_names.get(key, key), Pair(base + suffix, base, forward, backward, own)))
    return pairs, unpaired


def in_python(pair: Pair) -> Pair:
    """Return a pair with the functions that were compiled as they were written."""
    return replace(pair, forward=uncompiled(pair.forward), backward=uncompiled(pair.backward))


def bare(name: str) -> str:
    """Return a layer's name from that of one of its functions.

    >>> bare("affine_forward"), bare("affine_*")
    ('affine', 'affine_*')
    """
    return name.removesuffix("_forward").removesuffix("_backward")


def _tame(value: Function) -> Function:
    """Return a callable as it is, or in a function where it raises when asked what it is."""
    try:
        getattr(value, "__name__", None)
        inspect.isgeneratorfunction(value)
        return value
    except Exception:
        @functools.wraps(type(value).__call__)
        def call(*args: Any) -> Any:
            return value(*args)

        call.__signature__ = inspect.signature(  # type: ignore[attr-defined]
            functools.partial(type(value).__call__, value))
        return call
