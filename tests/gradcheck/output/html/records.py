"""Records and grids that the tests of the page share."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np

from gradcheck.grid import grid_of
from gradcheck.output.record import Item, Record

VOID = {"meta", "link"}


class Balanced(HTMLParser):
    """Takes note of every tag and text, and refuses a closing tag that does not match."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.texts, self.attributes = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == [], f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        assert len(dict(attrs)) == len(attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def values(self, name):
        """Return what an attribute of this name holds, wherever there is one."""
        return [value for _, key, value in self.attributes if key == name]


def grid(analytic, numeric, states=None):
    """Return a grid as a record holds it; by default what differs is wrong."""
    one, other = np.asarray(analytic, float), np.asarray(numeric, float)
    known = np.where(one == other, ".", "x") if states is None else np.asarray(states)
    return grid_of(one, other, np.zeros_like(one), known, np.abs(one - other)).to_dict()


def argument(drawn, name="x", **changes):
    """Return the numbers of one argument as a record holds them."""
    return {"name": name, "dtype": "float64", "checked": 12, "analytic": 1.5, "numeric": 1.0,
            "error": 0.5, "bound": 1e-9, "worst_error": 0.25, "directions": 0,
            "coarseness": 1e-9, "shape": drawn["shape"], "worst_index": [0] * len(drawn["shape"]),
            "steps": [], "grid": drawn, **changes}


def report(*arguments, findings=(), **changes):
    """Return a report as a record holds it."""
    return {"findings": list(findings), "checked": 12, "examples": 1, "evaluations": 9,
            "arguments": list(arguments), "repairs": [], "notes": [], **changes}


REPAIR = {"file": "hw.py", "line": 2, "column": 12, "before": "dout * mask", "after": "",
          "diff": None, "kind": "factor", "arguments": ["x"], "verified_at": 3,
          "words": "a factor is missing here", "text": "    return dout * mask",
          "side": "backward", "also": []}
SOURCE = {"name": "dropout_backward", "file": "hw.py", "line": 1, "cut": False,
          "text": "def dropout_backward(dout, mask):\n    return dout * mask\n"}
FAILED = Item(
    "dropout", "dropout", "failed",
    "scaled in dx: analytic = 0.7 x numeric. Remedy: compare the factors.\n"
    "  at [0, 1]; gradcheck explain scaled\n  dx float64[2, 3]: 6 checked, worst at [0, 1]",
    arguments=("x",), worst_error=0.25, file="hw.py", line=1, advice=("keep `p` below 1",),
    details={"report": report(argument(grid(np.arange(6.0).reshape(2, 3), np.ones((2, 3))),
                                       steps=[[10.0**-k, 1 + 10.0**-k, 0.0] for k in range(6)]),
                              repairs=[REPAIR]),
             "sources": [SOURCE], "examples": ["x [2, 3], p=0.3"], "unrun": []})
PASSED = replace(FAILED, name="relu", group="relu", status="passed", message="", advice=(),
                 details={**FAILED.details, "unrun": [1], "uncovered": "line 1 never ran",
                          "report": report(argument(grid(np.ones((2, 2)), np.ones((2, 2)))))},
                 uncovered=(1,))
CHECKED = Record("check", "hw.py", (FAILED, PASSED), path="hw.py")
