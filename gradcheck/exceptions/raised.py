"""What layers raise while they run, and what to do about it: a table, the first that fits.

The text of an exception tells most of it. The line that raised tells which of several causes it is,
and the values there tell which name was meant, or which divisor is zero.
"""

from __future__ import annotations

import ast
import difflib
import math
import re
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from gradcheck.exceptions.words import LIBRARY, raising_line

SHAPE = r"\(([\d,]*)\)"
ALIASES = {"np": "import numpy as np", "numpy": "import numpy", "math": "import math",
           "sp": "import scipy as sp", "plt": "import matplotlib.pyplot as plt",
           "random": "import random", "copy": "import copy"}
NONE = ("something in that line is None: a function without return gives None, and so does one "
        "whose `return` is not reached")
DIVISION = ("an index or a size has to be an int: write // for the / that made it, as Python 2's / "
            "gave an integer and Python 3's gives a float; or write int( ) around it")
TUPLE = ("it is a tuple, such as a cache or what a function returns with it: take it apart first, "
         "as in out, cache = ...")


@dataclass(frozen=True)
class Raised:
    """An exception as the table sees it.

    Attributes
    ----------
    found : re.Match
        What its text says.
    line : str
        The line of the user's that raised; '' where that is not known.
    function : str
        The function that the line is in.
    names : mapping
        The values that the function knew.
    """

    found: re.Match[str]
    line: str = ""
    function: str = ""
    names: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Pattern:
    """Which exception is meant, and what to do about it; `line` has to fit its line, too."""

    kinds: tuple[str, ...]
    text: str
    remedy: str | Callable[[Raised], str]
    line: str = ""

    def told(self, raised: Raised) -> str:
        """Return the remedy."""
        return self.remedy if isinstance(self.remedy, str) else self.remedy(raised)


def seen(error: BaseException, found: re.Match[str]) -> Raised:
    """Return an exception with the line of the user's that raised it."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)
              if not LIBRARY.search(frame.f_code.co_filename)]
    line = raising_line(error)
    if not frames or not line:
        return Raised(found)
    frame: FrameType = frames[-1]
    return Raised(found, line.partition("\n")[2].strip(), frame.f_code.co_name,
                  {**frame.f_globals, **frame.f_locals})


def _name(raised: Raised) -> str:
    """Return what to do about a name that is not there."""
    name = raised.found[1]
    if name in ALIASES:
        return f"write {ALIASES[name]} at the top of the file"
    known = [other for other in raised.names if not other.startswith("_")]
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
    if not close and name.isascii():
        close = [other for other in known if sorted(other) == sorted(name)]
    if close:
        return f"write {close[0]}, if that is what {name} means; else define or import {name}"
    return f"define or import {name}"


def _divisor(raised: Raised) -> str:
    """Return what to do about a division by zero."""
    divisor = _zero_divisor(raised)
    which = f"`{divisor}` is 0 there" if divisor else "the divisor in that line is 0"
    return (f"{which}: divide by what cannot be 0; if a fraction was rounded down on the way to "
            "it, by // or int(), as Python 2's / did, write / there")


def _zero_divisor(raised: Raised) -> str:
    """Return the divisor in a line, if there is one alone."""
    try:
        tree = ast.parse(f"{raised.line} pass" if raised.line.endswith(":") else raised.line)
    except SyntaxError:  # a line of several
        return ""
    divisors = [ast.unparse(node.right) for node in ast.walk(tree) if isinstance(node, ast.BinOp)
                and isinstance(node.op, ast.Div | ast.FloorDiv | ast.Mod)
                and not isinstance(node.right, ast.Constant)]
    return divisors[0] if len(divisors) == 1 else ""


def _unpacked(raised: Raised) -> str:
    """Return what to do about a line that takes apart another number of values."""
    wanted = raised.found[1]
    if "dout.shape" in raised.line:
        return (f"dout has the shape of forward's out, which has not {wanted} dimensions: reshape "
                "out before forward returns it")
    if ".shape" in raised.line:
        return (f"the array has not the {wanted} dimensions that the line unpacks: reshape it, or "
                "unpack the dimensions that it has")
    if "cache" in raised.line and "forward" not in raised.function:
        return (f"the line unpacks {wanted} entries of a cache that was packed with another "
                "number: unpack what forward packed, in the same order")
    return f"unpack as many values as there are on the right of the line, in place of {wanted}"


def _broadcast(raised: Raised) -> str:
    """Return what to do about two shapes that do not go together."""
    shapes = [_shape(text) for text in re.findall(SHAPE, raised.found[0])]
    if len(shapes) != 2:
        return "print the shapes in that line, and bring them to one"
    return _of_two_shapes(*shapes)


def _of_two_shapes(one: tuple[int, ...], two: tuple[int, ...]) -> str:
    long, short = (one, two) if len(one) >= len(two) else (two, one)
    lost = [axis for axis in range(len(long)) if long[:axis] + long[axis + 1:] == short]
    if lost and len(long) > 1:
        at = f"axis={lost[0]}, keepdims=True"
        return (f"the array of shape {short} has lost axis {lost[0]} of {long}: keep it where it "
                f"is summed or averaged, with {at}, or index it with [:, None]")
    if one == two[::-1]:
        return f"transpose one of the two: {one} and {two} are each other's transpose"
    return (f"bring the two arrays in that line to one shape: print both, and follow the one of "
            f"{one} and {two} that is not what it should be to where it is made")


def _aligned(raised: Raised) -> str:
    """Return what to do about a matrix product whose inner sizes differ."""
    one, two = (_shape(text) for text in re.findall(SHAPE, raised.found[0])[:2])
    if len(one) == len(two) == 2 and one[1] == two[1]:
        return f"transpose the second, if the product {one} @ {two[::-1]} is meant"
    if len(one) == len(two) == 2 and one[0] == two[0]:
        return f"transpose the first, if the product {one[::-1]} @ {two} is meant"
    return (f"the last size of {one} has to be the first of {two}: transpose or reshape one of "
            "them, or look whether another array was meant")


def _sizes(raised: Raised) -> str:
    one, two = raised.found[1], raised.found[2]
    return (f"the inner sizes of the product are {two} and {one}: transpose or reshape one of the "
            "two, or look whether another array was meant")


def _reshaped(raised: Raised) -> str:
    size, shape = int(raised.found[1]), _shape(raised.found[2])
    wanted = math.prod(shape)
    if wanted <= 0:
        return f"the other sizes have to divide {size}, so that -1 stands for a whole number"
    return (f"the shape has {wanted} elements, the array {size}: look which size in it is rounded, "
            "or belongs to another array")


def _beyond(raised: Raised) -> str:
    axis, size = raised.found[1], int(raised.found[2])
    return (f"axis {axis} has {size} elements, 0 to {size - 1}: look where the index comes from, "
            "at the end of a range or at an output size, and at the order of the axes")


def _tuple_index(raised: Raised) -> str:
    if ".shape" in raised.line:
        return "the array has fewer dimensions than the line asks for"
    return "the tuple has fewer entries than the line asks for: look how forward packs the cache"


def _own_index(raised: Raised) -> str:
    if re.search(r"\[\s*['\"]", raised.line):
        return ("that is an array, and no dict: it has no entry of that name; take it where the "
                "dict is kept")
    return DIVISION


def _key(raised: Raised) -> str:
    key = raised.found[0]
    if "cache" in raised.line:
        return f"put {key} into the cache in forward, or read it under the name that it has there"
    return f"read it as .get({key}, default), or hand it in with the dict"


def _missing_argument(raised: Raised) -> str:
    return f"call {raised.found[1]} with every argument that its def line names"


def _shape(text: str) -> tuple[int, ...]:
    return tuple(int(size) for size in text.split(",") if size.strip())


BROADCAST = rf"operands could not be broadcast together with shapes {SHAPE} {SHAPE}"
PATTERNS = (
    Pattern(("UnboundLocalError",), r"local variable '(\w+)'", lambda raised:
            f"set {raised.found[1]} on every way through {raised.function or 'the function'}: the "
            "one that ran passes no line that sets it"),
    Pattern(("NameError",), r"name '(\w+)' is not defined", _name),
    Pattern(("ZeroDivisionError",), "", _divisor),
    Pattern(("ValueError",), r"values to unpack \(expected (?:at least )?(\d+)", _unpacked),
    Pattern(("ValueError",), BROADCAST, _broadcast),
    Pattern(("ValueError",), rf"shapes {SHAPE} and {SHAPE} not aligned", _aligned),
    Pattern(("ValueError",), r"mismatch in its core dimension.*size (\d+) is different from (\d+)",
            _sizes),
    Pattern(("ValueError",), rf"could not broadcast input array from shape {SHAPE} into shape "
            rf"{SHAPE}", lambda raised: f"what is written has shape ({raised.found[1]}), the place "
            f"that it is written to ({raised.found[2]}): look at the bounds of the slice, and at "
            "the size of what it is filled with"),
    Pattern(("ValueError",), r"cannot reshape array of size (\d+) into shape \(([\d,-]*)\)",
            _reshaped),
    Pattern(("ValueError",), r"setting an array element with a sequence", "write one number into "
            "one element, or a slice that has the shape of what is written"),
    Pattern(("ValueError",), r"truth value of an array", "an array has no one truth: write "
            "np.where, or .any() or .all(), and & for and"),
    Pattern(("ValueError",), r"read-only", "write into a copy: x = x.copy()"),
    Pattern(("ValueError", "IndexError"), r"could not be broadcast to indexing result|indexing "
            r"arrays could not be broadcast", "if the index is a list of lists, which NumPy took "
            "for a tuple before 1.23, write a tuple: a[rows, columns]", line=r"\[\["),
    Pattern(("ValueError", "IndexError"), r"could not be broadcast to indexing result|indexing "
            r"arrays could not be broadcast", "write one index for each row, as in "
            "a[np.arange(len(y)), y], of one length; of an index that is kept in a list, make a "
            "tuple first"),
    Pattern(("IndexError",), r"out of bounds for axis (\d+) with size (\d+)", _beyond),
    Pattern(("IndexError",), r"tuple index out of range", _tuple_index),
    Pattern(("IndexError",), r"list index out of range", "the list is shorter than the line "
            "takes it for: look at the end of the loop"),
    Pattern(("IndexError",), r"too many indices for array: array is (\d+)-dimensional", lambda
            raised: f"the array has {raised.found[1]} dimension{'s' * (raised.found[1] != '1')}: "
            "write as many indices, or look where it has lost one"),
    Pattern(("IndexError",), r"only integers, slices .* are valid indices", _own_index),
    Pattern(("IndexError",), r"arrays used as indices must be of integer", "index with integers: "
            "where it holds classes, hand in y of dtype int, or write y.astype(int)"),
    Pattern(("KeyError",), r".+", _key),
    Pattern(("TypeError",), r"string indices must be integers", "a text is used as a dict there: "
            "going through a dict, or taking it apart, gives its keys"),
    Pattern(("AttributeError",), r"'str' object has no attribute '(get|keys|items|setdefault)'",
            "a text is used as a dict there: going through a dict, or taking it apart, gives its "
            "keys"),
    Pattern(("AttributeError", "TypeError"), r"NoneType", NONE),
    Pattern(("AttributeError",), r"'tuple' object has no attribute", TUPLE),
    Pattern(("TypeError",), r"operand type.* 'tuple'|'tuple' object does not support", TUPLE),
    Pattern(("TypeError",), r"'numpy\.ndarray' object is not callable", "write [ ] to index an "
            "array; ( ) calls a function"),
    Pattern(("TypeError",), r"(\w+)\(\) (?:missing|takes) .*argument", _missing_argument),
    Pattern(("TypeError",), r"only (?:length-1|size-1|0-dimensional) arrays can be converted",
            "write NumPy's function for math's, which takes one number alone; of an array with one "
            "element, x.item() is its number, where float(x) is none any more"),
    Pattern(("TypeError",), r"[Cc]annot cast ufunc", "write x = x - y for x -= y, or make x an "
            "array of floats first: an array of integers cannot hold the result"),
    Pattern(("AssertionError",), "", "what the assert in that line asks for is not so at these "
            "arguments: print both sides of it"),
)
