"""A gradient lacks its argument's shape."""

from __future__ import annotations

from gradcheck.findings.given import AFFINE, AFFINE_RIGHT
from gradcheck.findings.rule import Message, Rule

SHAPES = ("the gradient of {argument} has shape {got}, dtype {dtype}; expected the shape of "
          "{argument}, {expected}")

RULE = Rule(
    code="wrong-shape",
    tier=None,
    meaning="""A gradient lacks its argument's shape, or there are too few of them. An update w -=
        lr * dw would then broadcast, silently.""",
    sign="The shapes differ; often an axis was kept, lost, or not summed over.",
    given=AFFINE,
    wrong="""
        def affine_backward(dout, cache):
            x, w = cache
            return dout @ w.T, x.T @ dout, dout.sum(axis=0, keepdims=True)
        """,
    right=AFFINE_RIGHT,
    breaches={
        "returned": Message("backward returned an object of type {got}; expected an array, or "
                            "a tuple of arrays in the order of forward's arguments",
                            "return dx, dw, db"),
        "count": Message("backward returned {got} gradients; expected {expected}: {wanted}",
                         "return one for each of them, in this order: return {wanted} (of fewer, "
                         "check_layer's wrt tells which)"),
        "missing": Message("not written yet: d{argument} is None; expected an array of the shape "
                           "of {argument}, {expected}",
                           "compute d{argument} in backward and return it"),
        "masked": Message("the gradient of {argument} is a masked array with {masked} of its "
                          "{size} elements masked: they hold no value",
                          "return a plain array, with zeros where the gradient is zero, for "
                          "example dx.filled(0)"),
        "output": Message("{reason}: where it depends on values, there is no gradient",
                          "let the output's shape follow from the arguments' shapes, for example "
                          "by zeros in the place of what is left out"),
        "shape": Message(SHAPES, "check which axes are summed and which are kept"),
        "kept": Message(SHAPES, "leave out keepdims=True in the sum, or the index with None, that "
                        "keeps an axis of length 1"),
        "lost": Message(SHAPES, "keep the axis of length 1: sum with keepdims=True, or reshape to "
                        "{expected}"),
        "transposed": Message(SHAPES, "return d{argument}.T, or exchange the two factors of the "
                              "product that gives it"),
    },
)
