"""The gradient of a normalization term by term: direct, through the mean, through the variance."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.lenses.normalization import Model, model_of
from gradcheck.findings.rule import Evidence
from gradcheck.findings.view import View

Array = NDArray[Any]
ModelTest = Callable[[Model, View], Evidence]


def of_x(test: ModelTest) -> Callable[[View], Evidence]:
    """Give a test the model, where the wrong gradient is that of the normalized argument."""

    @functools.wraps(test)
    def run(view: View) -> Evidence:
        model = model_of(view)
        return None if model is None or not model.reaches(view) else test(model, view)

    return run


def of_gain(test: ModelTest) -> Callable[[View], Evidence]:
    """Give a test the model, where the wrong gradient is that of the scale gamma."""

    @functools.wraps(test)
    def run(view: View) -> Evidence:
        model = model_of(view)
        return None if model is None or view.name != model.gain_name else test(model, view)

    return run


def without(*terms: str) -> Callable[[View], Evidence]:
    """Return a test of whether dx lacks these of its terms, 'mean' and 'variance', and no other.

    A layer that does not centre has no term through the mean, one that does not divide none
    through the variance.
    """

    def test(model: Model, view: View) -> Evidence:
        has = {"mean": model.centres, "variance": model.divides}
        mean, variance = (float(term not in terms) for term in has)
        if all(has[term] for term in terms) and model.fits(
                view, model.dx(mean=mean, variance=variance)):
            return {"axes": model.axes}
        return None

    return of_x(test)


def summed_to(values: Array, view: View) -> Array:
    """Sum over the axes along which the argument was broadcast."""
    shape, values = view.a.shape, values.reshape(view.case.out.shape)
    if len(shape) == values.ndim:
        axes = tuple(i for i, size in enumerate(shape) if size == 1)
        return np.asarray(np.sum(values, axis=axes, keepdims=True))
    for axis in range(values.ndim - 1, -1, -1):
        if shape == (values.shape[axis],):
            rest = tuple(i for i in range(values.ndim) if i != axis)
            summed = np.asarray(np.sum(values, axis=rest))
            if summed.shape == shape:
                return summed
    return np.full(shape, np.nan)


@of_x
def wrong_axis_mean(model: Model, view: View) -> Evidence:
    """Whether the means inside dx run over other axes than the statistics."""
    right_one, right_two = model.mean(model.dxhat), model.mean(model.dxhat * model.xhat)
    for count in range(1, model.x.ndim + 1):
        for axes in itertools.combinations(range(model.x.ndim), count):
            if axes == model.axes:
                continue
            one = model.mean(model.dxhat, axes)
            two = model.mean(model.dxhat * model.xhat, axes)
            for mean, product in ((one, two), (one, right_two), (right_one, two)):
                if model.fits(view, model.istd * (model.dxhat - mean - model.xhat * product)):
                    return {"axes": list(axes), "operation": "mean"}
    return None
