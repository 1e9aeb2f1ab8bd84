"""Further arguments for a pair whose gradient is right at the first: a slip may show there alone.

What is special about them is the design of `gradcheck.examples.designs` for the layer's name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradcheck.examples.another import another
from gradcheck.examples.candidates import Example
from gradcheck.examples.designs import design_of
from gradcheck.examples.designs.common import BASIS, SINGLE, TESTED
from gradcheck.examples.variants import Variant
from gradcheck.findings.lenses.others import resized
from gradcheck.target.pairs import Pair
from gradcheck.target.trial import Args, Trial, drops, floating

NORMALIZES = re.compile(r"norm|bn|standard", re.IGNORECASE)


def _never(trial: Trial, example: Example) -> bool:
    return False


@dataclass(frozen=True)
class Further:
    """Arguments of one more call.

    Attributes
    ----------
    example : Example
        The arguments.
    variant : Variant
        What is special about them, and what is looked at.
    excused : callable
        Tells of a trial whether these arguments say nothing about its gradient.
    pair : Pair, optional
        What is judged in the place of the pair itself, such as a layer object in test mode.
    """

    example: Example
    variant: Variant
    excused: Callable[[Trial, Example], bool] = _never
    pair: Pair | None = None

    @property
    def told(self) -> str:
        """What is special about them, after 'found'."""
        return self.variant.told


def further(found: Example, redrawn: Example, like: Pair | None = None) -> Iterator[Further]:
    """Yield the arguments that a right gradient is held to as well.

    Parameters
    ----------
    found : Example
        The first arguments, at which the gradient is right.
    redrawn : Example
        Others of the same kind, drawn anew.
    like : Pair, optional
        Whose name and parameters decide on the others.

    Examples
    --------
    >>> found = Example((np.ones(2), np.array([4, 2, 0])), ("x", "y"))
    >>> for entry in further(found, found):
    ...     print(entry.told, entry.example.args[1])
    with the arguments cast to float32 [4 2 0]
    with other numbers, a label that repeats [4 4 0]
    with x and dout that are not contiguous [4 2 0]
    with zeros in dout [4 2 0]
    """
    yield Further(_changed(found, _single), SINGLE)
    special = {"a label that repeats": any(map(_labels, found.args)),
               "p = 0": any(map(drops, found.args))}
    told = ", ".join(["with other numbers", *(word for word, there in special.items() if there)])
    # A p that is taken for that of keeping divides by zero here: no matter of the gradient.
    yield Further(_changed(redrawn, _repetitive), Variant(told), Trial.has_no_value)
    # A dropout of another name may draw as it likes in test mode.
    if any(has_mode(arg) and not drops(arg) for arg in found.args):
        yield _of(TESTED, redrawn)
    for variant in design_of(like.base if like is not None else ""):
        example = redrawn if not variant.is_drawn_by_recipe or like is None else another(
            like.base, like.forward, np.random.default_rng(len(variant.told)), found, variant)
        if example is not None:
            yield _of(variant, example)


def own(examples: Iterable[Example]) -> Iterator[Further]:
    """Yield the further arguments that a target's own example function yields."""
    for place, example in enumerate(examples, 2):
        yield Further(example, Variant(f"at example {place} of its own"))


def of_object(found: Example, redrawn: Example, like: Pair) -> Iterator[Further]:
    """Yield further arguments for a layer object: an input of another size may not fit it.

    Examples
    --------
    >>> pair = Pair("Double", "Double", abs, abs, inputs=1)
    >>> found = Example((np.ones((4, 6)), np.ones(6)), ("x", "w"))
    >>> for entry in of_object(found, found, pair):
    ...     print(entry.told, [arg.shape for arg in entry.example.args])
    with the arguments cast to float32 [(4, 6), (6,)]
    with other numbers [(4, 6), (6,)]
    with N = 1 [(1, 6), (6,)]
    with N = 40 [(40, 6), (6,)]
    with x and dout that are not contiguous [(4, 6), (6,)]
    with zeros in dout [(4, 6), (6,)]
    """
    found, redrawn = replace(found, guessed=True), replace(redrawn, guessed=True)
    yield Further(_changed(found, _single), SINGLE)
    yield Further(redrawn, Variant("with other numbers"))
    for variant in BASIS:
        # over a batch of one there is nothing to normalize
        if variant.batch > 1 or (variant.batch and not NORMALIZES.search(like.name)):
            inputs = redrawn.args[:like.inputs]
            more = next(resized(inputs, len(inputs[0]), variant.batch)) if np.ndim(
                inputs[0]) > 1 else inputs
            yield Further(replace(redrawn, args=(*more, *redrawn.args[like.inputs:])), variant)
        elif not variant.batch:
            yield Further(redrawn, variant)
    if like.tested is not None:
        yield Further(redrawn, TESTED, pair=like.tested)


def _of(variant: Variant, example: Example) -> Further:
    """Return arguments as a variant wants them, in their dtype and mode."""
    if variant.single:
        example = _changed(example, _single)
    if not variant.test:
        return Further(example, variant)
    tested = in_test_mode(example.args, np.random.default_rng(0))
    return Further(replace(example, args=tested), variant, Trial.has_no_gradient)


def _changed(found: Example, change: Callable[[Any], Any]) -> Example:
    return replace(found, args=tuple(map(change, found.args)))


def _single(arg: Any) -> Any:
    return arg.astype(np.float32) if floating(arg) else arg


def _repetitive(arg: Any) -> Any:
    """Return labels, or one-hot rows, all but one the same; a dropout that drops nothing."""
    if not _labels(arg):
        return {**arg, "p": 0.0} if drops(arg) else arg
    same = np.broadcast_to(arg[:1], arg.shape).copy()
    same[-1] = arg[-1]
    return same


def _labels(arg: Any) -> bool:
    return isinstance(arg, np.ndarray) and arg.dtype.kind in "iu" and arg.size > 2


def has_mode(arg: Any) -> bool:
    """Whether an argument is a dict that says whether the layer is being trained.

    >>> has_mode({"mode": "train"}), has_mode({"stride": 1})
    (True, False)
    """
    return isinstance(arg, dict) and "mode" in arg


def in_test_mode(args: Args, rng: np.random.Generator) -> Args:
    """Return arguments in test mode, a normalization's with running statistics of the 1-d shape."""
    shape = next((arg.shape for arg in args if floating(arg) and arg.ndim == 1), None)

    def tested(arg: Any) -> Any:
        if not has_mode(arg):
            return arg
        running = {} if drops(arg) or shape is None else {
            "running_mean": rng.standard_normal(shape),
            "running_var": rng.uniform(0.5, 2.0, shape)}
        return {**running, **arg, "mode": "test"}

    return tuple(map(tested, args))
