"""A target's text as a module of this process, for what needs no process of its own."""

from __future__ import annotations

import linecache
from types import ModuleType

from gradcheck.target.check import check_all

RELU = """
import numpy as np
def relu_forward(x): return np.maximum(x, 0), x
def relu_backward(dout, x): return dout * (x > 0)
"""
DOUBLE = """
def double_forward(x): return 2 * x, None
def double_backward(dout, cache): return {factor} * dout
"""


def module_of(text: str, name: str = "homework") -> ModuleType:
    """Return a module with these definitions; their lines can be read."""
    module, file = ModuleType(name), f"<{name} {hash(text)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec"), vars(module))
    return module


def checked(text: str, **settings):
    """Return the record of a target with this text."""
    return check_all(module_of(text), **settings)


def statuses(text: str, **settings):
    """Return the status of every item by its name; no line is looked for."""
    record = checked(text, **{"line": False, **settings})
    return {item.name: item.status for item in record.items}


def status(text: str, **settings):
    """Return the status of the only item."""
    found, = statuses(text, **settings).values()
    return found
