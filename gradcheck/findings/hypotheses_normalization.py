"""Causes in the backward of a normalization: batch, layer, instance, L2 and their relatives.

The forward is recognised by what it computes, not by its name: along some axes,
``out = gain * (x - mean) * istd + shift``. From that `Model` every textbook slip predicts a
gradient of its own; the prediction that equals the analytic gradient names the slip.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.findings.lenses.normalization import Model, model_of
from gradcheck.findings.view import Hypothesis, View

Array = NDArray[Any]
Evidence = dict[str, Any] | None


def of_x(test: Callable[[Model, View], Evidence]) -> Callable[[View], Evidence]:
    """Give a test the model, where the wrong gradient is that of the normalized argument."""

    def run(view: View) -> Evidence:
        model = model_of(view)
        if model is None or not model.reaches(view):
            return None
        return test(model, view)

    return run


def predicted(**terms: Any) -> Callable[[View], Evidence]:
    """Return a test of whether the gradient is dx with these weights of its terms."""
    def test(model: Model, view: View) -> Evidence:
        told = ("mean" not in terms or model.centres) and ("variance" not in terms
                                                           or model.divides)
        return {"axes": model.axes} if told and model.fits(view, model.dx(**terms)) else None

    return of_x(test)


def variance_term_scaled(model: Model, view: View) -> Evidence:
    """Whether the term through the variance has a wrong factor; solve for it."""
    full, without = (model.pulled(view, model.dx(variance=share)) for share in (1.0, 0.0))
    term = full - without
    size = float(np.sum(term * term))
    if size == 0:
        return None
    factor = float(np.sum((view.a - without) * term)) / size
    if abs(factor) > 1e-9 and abs(factor - 1) > 1e-9 and view.agrees(without + factor * term):
        return {"factor": factor, "axes": model.axes}
    return None


def gamma_missing(model: Model, view: View) -> Evidence:
    """Whether dx was computed from dout instead of dout * gamma, in all its terms or in some."""
    forms = (model.dx(gain=False), model.dx(gain=False) / np.where(model.gain == 0, 1, model.gain),
             model.dx() * model.gain)
    whole, bare = model.istd * model.dxhat, model.istd * model.dout
    mixed = (model.dx() - whole + bare, model.dx(gain=False) - bare + whole)
    if any(model.fits(view, form) for form in (*forms, *mixed)) and model.gain_name:
        return {"gamma": model.gain_name}
    return None


def factor_one(view: View) -> Evidence:
    """Whether the gradient is the true one with all ones in a vector argument's place."""
    case = view.case
    for i, arg in enumerate(case.args):
        if i == view.position or not isinstance(arg, np.ndarray) or arg.dtype.kind != "f" or (
                arg.size >= view.x.size or arg.ndim > 1 or not arg.size
                or not _multiplies(view, i)):
            continue
        args = list(case.args)
        args[i] = np.ones_like(arg)
        if not np.array_equal(args[i], arg) and view.is_gradient_at(args):
            return {"gamma": case.layer.names[i]}
    return None


def _multiplies(view: View, position: int) -> bool:
    """Whether an argument is a factor: the output moves by other amounts than a shift's 0 and 1."""
    evaluator = view.case.problem.evaluator
    moved = evaluator.out(position, evaluator.args[position] + 1e-4) - view.case.out
    return bool(np.any(np.abs(moved - 1e-4 * np.round(moved / 1e-4)) > 1e-8))


def eps_zero(view: View) -> Evidence:
    """Whether the gradient is the true one with eps = 0 in the parameter dict."""
    case = view.case
    for i, arg in enumerate(case.args):
        if isinstance(arg, dict):
            args = list(case.args)
            args[i] = {**arg, "eps": 1e-300}
            if view.is_gradient_at(args):
                return {"eps": float(arg.get("eps", 1e-5))}
    return None


def eps_missing(model: Model, view: View) -> Evidence:
    """Whether the backward divides by sqrt(var) where the forward divides by sqrt(var + eps)."""
    if model.eps <= 0:
        return None
    bare = model.variance**-0.5
    bare2 = 1 / model.variance
    mixed = model.istd * (model.dxhat - model.mean(model.dxhat)
                          - model.centred * bare2 * model.mean(model.dxhat * model.centred))
    half = bare * (model.dxhat - model.mean(model.dxhat) - model.xhat * model.mean(
        model.dxhat * model.xhat))
    late = model.istd * (model.dxhat - model.mean(model.dxhat) - model.centred * bare
                         * model.mean(model.dxhat * model.centred * bare))
    outside = 1 / (np.sqrt(model.variance) + model.eps)
    forms = (model.dx(istd=bare), mixed, half, late, model.dx(istd=outside))
    return {"eps": model.eps} if any(model.fits(view, form) for form in forms) else None


def uses_x_not_xhat(model: Model, view: View) -> Evidence:
    """Whether x, or x - mean, stands where the normalized x belongs in the variance term."""
    direct = model.dxhat - model.mean(model.dxhat)
    for name, value in (("x", model.x), ("x - mean", model.centred)):
        for outer, inner in ((value, model.xhat), (model.xhat, value), (value, value)):
            term = outer * model.mean(model.dxhat * inner)
            if model.fits(view, model.istd * (direct - term)):
                return {"used": name}
    return None


def divided_by_std_twice(model: Model, view: View) -> Evidence:
    """Whether the result, or one of its terms, has one factor 1/std too many."""
    true = model.dx()
    direct = model.istd * model.dxhat
    mean = -model.istd * model.mean(model.dxhat)
    variance = true - direct - mean
    weights = (1.0, model.istd)
    for one, two, three in itertools.product(weights, repeat=3):
        if any(weight is not weights[0] for weight in (one, two, three)) and model.fits(view,
                one * direct + two * mean + three * variance):
            return {"axes": model.axes}
    return {"axes": model.axes} if model.fits(view, true * model.istd**2) else None


def wrong_axis_mean(model: Model, view: View) -> Evidence:
    """Whether the means inside dx run over other axes than the statistics."""
    for count in range(1, model.x.ndim + 1):
        for axes in itertools.combinations(range(model.x.ndim), count):
            if axes == model.axes:
                continue
            one = model.mean(model.dxhat, axes)
            two = model.mean(model.dxhat * model.xhat, axes)
            right_one, right_two = model.mean(model.dxhat), model.mean(model.dxhat * model.xhat)
            for mean, product in ((one, two), (one, right_two), (right_one, two)):
                if model.fits(view, model.istd * (model.dxhat - mean - model.xhat * product)):
                    return {"axes": list(axes), "operation": "mean"}
    return None


def of_gain(view: View) -> Evidence:
    """Whether dgamma sums dout * x (or x - mean) instead of dout * xhat."""
    model = model_of(view)
    if model is None or view.name != model.gain_name:
        return None
    for name, value in (("x", model.x), ("x - mean", model.centred)):
        if view.agrees(_summed_to(model.dout * value, view)):
            return {"used": name}
    return None


def gain_without_eps(view: View) -> Evidence:
    """Whether dgamma uses an xhat without eps."""
    model = model_of(view)
    if model is None or view.name != model.gain_name or model.eps <= 0:
        return None
    bare = model.centred * model.variance**-0.5
    return {"eps": model.eps} if view.agrees(_summed_to(model.dout * bare, view)) else None


def gain_divided_twice(view: View) -> Evidence:
    """Whether dgamma divides by the standard deviation once too often."""
    model = model_of(view)
    if model is None or view.name != model.gain_name:
        return None
    twice = _summed_to(model.dout * model.xhat * model.istd, view)
    return {"axes": model.axes} if view.agrees(twice) else None


def _summed_to(values: Array, view: View) -> Array:
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


HYPOTHESES = (
    Hypothesis("statistics-constant", predicted(mean=0.0, variance=0.0), "the gradient treats mean "
               "and variance as constants; both depend on x (axes {axes})",
               "add the terms through the mean and through the variance"),
    Hypothesis("mean-constant", predicted(mean=0.0), "the gradient lacks the term through the mean "
               "(axes {axes})", "subtract mean(dxhat) / std"),
    Hypothesis("variance-constant", predicted(variance=0.0), "the gradient lacks the term through "
               "the variance (axes {axes})", "subtract xhat * mean(dxhat * xhat) / std"),
    Hypothesis("gamma-missing", of_x(gamma_missing), "the gradient of {argument} is computed from "
               "dout where dout * {gamma} belongs", "let dxhat = dout * gamma be the first step"),
    Hypothesis("gamma-missing", factor_one, "the gradient of {argument} is the true one for "
               "{gamma} = 1", "let dxhat = dout * gamma be the first step"),
    Hypothesis("eps-missing", eps_zero, "the gradient of {argument} is the true one for eps = 0, "
               "the forward has eps = {eps:.3g}", "cache the standard deviation with eps in it"),
    Hypothesis("eps-missing", of_x(eps_missing), "the backward divides by sqrt(var), the forward "
               "by sqrt(var + {eps:.3g})", "cache and use the standard deviation with eps in it"),
    Hypothesis("eps-missing", gain_without_eps, "the gradient of {argument} uses an xhat without "
               "eps = {eps:.3g}", "cache the xhat that forward computed"),
    Hypothesis("uses-x-not-xhat", of_x(uses_x_not_xhat), "{used} stands where the normalized x "
               "belongs, in the variance term", "use xhat = (x - mean) / std there"),
    Hypothesis("uses-x-not-xhat", of_gain, "the gradient of {argument} sums dout * ({used}) "
               "where it should sum dout * xhat", "use xhat = (x - mean) / std there"),
    Hypothesis("divided-by-std-twice", of_x(divided_by_std_twice), "the gradient, or one of its "
               "terms, holds one factor 1/std too many (axes {axes})", "divide by std once"),
    Hypothesis("divided-by-std-twice", gain_divided_twice, "the gradient of {argument} holds one "
               "factor 1/std too many", "sum dout * xhat, which is divided by std already"),
    Hypothesis("wrong-axis-sum", of_x(wrong_axis_mean), "a {operation} inside the gradient runs "
               "over axes {axes}, not over those of the statistics", "use forward's axes"),
    Hypothesis("variance-term-scaled", of_x(variance_term_scaled), "the term through the variance "
               "is {factor:.5g} times what it should be (axes {axes})",
               "dvar/dx is 2 (x - mean) / N, and d(std)/d(var) is 1 / (2 std)"),
)
