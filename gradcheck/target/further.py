"""Further arguments for a pair whose gradient is right at the first: a slip may show there alone.

A backward may be right in double precision only, where no label comes up three times, while some
units are dropped, or in training only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradcheck.examples.candidates import Example
from gradcheck.target.trial import Args, Trial, drops, floating


@dataclass(frozen=True)
class Further:
    """Arguments of one more call.

    Attributes
    ----------
    example : Example
        The arguments.
    told : str
        What is special about them, after 'found'.
    first : str
        Where nothing was wrong.
    excused : callable
        Tells of a trial whether these arguments say nothing about its gradient.
    """

    example: Example
    told: str
    first: str
    excused: Callable[[Trial, Example], bool] = Trial.refuses


def further(found: Example, redrawn: Example) -> Iterator[Further]:
    """Yield the arguments that a right gradient is held to as well.

    Parameters
    ----------
    found : Example
        The first arguments, at which the gradient is right.
    redrawn : Example
        Others of the same kind, drawn anew.

    Examples
    --------
    >>> found = Example((np.ones(2), np.array([4, 2, 0])), ("x", "y"))
    >>> for entry in further(found, found):
    ...     print(entry.told, entry.example.args[1])
    with the arguments cast to float32 [4 2 0]
    with other numbers, a label that repeats [4 4 0]
    """
    yield Further(_changed(found, _single), "with the arguments cast to float32", "at float64")
    special = {"a label that repeats": any(map(_labels, found.args)),
               "p = 0": any(map(drops, found.args))}
    told = ", ".join(["with other numbers", *(word for word, there in special.items() if there)])
    # A p that is taken for that of keeping divides by zero here: no matter of the gradient.
    yield Further(_changed(redrawn, _repetitive), told, "at the first", Trial.has_no_value)
    # A dropout without a normalization is in test mode what it is where p = 0.
    if any(has_mode(arg) and not drops(arg) for arg in found.args):
        tested = in_test_mode(redrawn.args, np.random.default_rng(0))
        yield Further(replace(redrawn, args=tested), "in test mode", "in train mode",
                      Trial.has_no_gradient)


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
