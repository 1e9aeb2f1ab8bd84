"""Right with square windows, wrong with others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from gradcheck.findings.lenses.others import Wrong
from gradcheck.findings.rule import Contrast, Message, Rule, layer

CODE = "square-only"
HEIGHT = re.compile(r"height|(?<![a-z])[hH]$|_h(?=_)")
TO_WIDTH = {"height": "width", "h": "w", "H": "W", "_h": "_w"}


def square_alone(wrong: Wrong) -> Contrast:
    """Return that a layer is right with square windows, where those at hand are not."""
    given = dict(zip(wrong.names, wrong.args, strict=True))
    for place, arg in ((None, given), *enumerate(wrong.args)):
        for height, width in _sides(arg) if isinstance(arg, Mapping) else ():
            for side in sorted((arg[height], arg[width]), reverse=True):
                square = {**arg, height: side, width: side, **_stride(arg, side)}
                args = tuple(square[name] for name in wrong.names) if place is None else (
                    *wrong.args[:place], square, *wrong.args[place + 1:])
                if wrong.right_at(_tiled(args, square, side)) is not None:
                    return wrong.breach(CODE, "windows", height=height, width=width, side=side,
                                        high=arg[height], wide=arg[width])
    return None


def _stride(settings: Mapping[str, Any], side: int) -> dict[str, int]:
    """Return a stride by which square windows overlap, as the others may have done."""
    return {name: side - 1 for name, value in settings.items() if "stride" in name
            and type(value) is int and side > 1 and value >= side}


def _sides(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the names of a height and a width that differ."""
    for name, value in settings.items():
        found = HEIGHT.search(name)
        other = name[:found.start()] + TO_WIDTH[found[0]] + name[found.end():] if found else ""
        if other in settings and type(value) is int is type(settings[other]) and (
                value != settings[other]):
            yield name, other


def _tiled(args: tuple[Any, ...], settings: Mapping[str, Any], side: int) -> tuple[Any, ...]:
    """Return the arguments with images that windows of this side tile."""
    stride = next((value for name, value in settings.items() if "stride" in name
                   and type(value) is int), 1)
    return tuple(arg[:, :, :_cut(arg.shape[2], side, stride), :_cut(arg.shape[3], side, stride)]
                 if isinstance(arg, np.ndarray) and arg.ndim == 4 else arg for arg in args)


def _cut(size: int, side: int, stride: int) -> int:
    return size - (size - side) % stride


RULE = Rule(
    code=CODE,
    tier=None,
    meaning="""Right with square windows, wrong with others: the height and the width of a window
        are taken for one another, or one of them for both.""",
    sign="With the same height and width all is right.",
    given=layer("pool", """
        x = np.random.default_rng(0).normal(size=(6, 6))
        param = {"pool_height": 2, "pool_width": 3}

        def pool_forward(x, param):
            height, width = param["pool_height"], param["pool_width"]
            tiles = x.reshape(len(x) // height, height, x.shape[1] // width, width)
            return tiles.mean(axis=(1, 3)), param
        """, "x, param"),
    wrong="""
        def pool_backward(dout, param):
            height, width = param["pool_width"], param["pool_height"]
            return dout.repeat(height, axis=0).repeat(width, axis=1) / (height * width)
        """,
    right="""
        def pool_backward(dout, param):
            height, width = param["pool_height"], param["pool_width"]
            return dout.repeat(height, axis=0).repeat(width, axis=1) / (height * width)
        """,
    breaches={
        "windows": Message(
            "right with {height} = {width} = {side}, wrong with {height} = {high} and "
            "{width} = {wide}, so that the one stands for the other somewhere: {said}",
            "{height} goes with the rows (axis 2 of x), {width} with the columns (axis 3)"),
    },
    contrast=square_alone,
)
