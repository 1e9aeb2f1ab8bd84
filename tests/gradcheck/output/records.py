"""Records to be written: any at all, one with an item of every kind, and what was judged here."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from gradcheck.mask_laws.run import CheckResult
from gradcheck.output.record import STATUSES, Item, Record
from gradcheck.target.check import check_all

TEXTS = st.one_of(
    st.text(max_size=50),
    st.sampled_from(["]]>", "\x00\x1b[31m", "\ud800", "\u202eevil", "<a>&\"'", "=cmd()", "\r\n",
                     "\x1b]0;title\x07", "\uffff", "x" * 9000, "::error::", "%0A,:", "a b#?.py",
                     "/tmp/a:b.py", "</script><img src=x onerror=alert(1)>"]))
NUMBERS = st.floats(0, 100)
FINDINGS = st.fixed_dictionaries({
    "code": st.sampled_from(["scaled", "dout-mutated"]), "argument": st.none() | TEXTS,
    "where": st.just([[0, 1]]), "message": TEXTS,
    "evidence": st.dictionaries(TEXTS, st.floats(), max_size=1)})
LAWS = st.fixed_dictionaries({
    "name": st.sampled_from(["rate", "values"]), "message": TEXTS,
    "status": st.sampled_from(["passed", "failed", "skipped", "advice"])})
REPORT = {
    "name": "relu", "verdict": "failed", "status": "failed", "passed": False,
    "inconclusive": False, "checked": 3, "evaluations": 4, "seconds": 0.1, "arguments": [],
    "notes": []}
DETAILS = st.one_of(
    st.dictionaries(TEXTS, st.floats() | TEXTS, max_size=2),
    st.lists(FINDINGS, max_size=2).map(lambda found: {"report": {**REPORT, "findings": found}}),
    st.lists(LAWS, max_size=2).map(lambda laws: {"laws": laws}))
ITEMS = st.builds(
    Item, TEXTS, TEXTS, st.sampled_from(STATUSES), TEXTS, st.none() | NUMBERS,
    st.none() | NUMBERS, NUMBERS, st.lists(TEXTS, max_size=2).map(tuple),
    st.none() | st.floats(), st.none() | st.integers(0), st.lists(TEXTS, max_size=2).map(tuple),
    DETAILS, TEXTS, st.integers(0, 10**6), st.lists(st.integers(1), max_size=2).map(tuple),
    st.sampled_from(["", "judge"]))
RECORDS = st.builds(
    Record, st.sampled_from(["check", "grade"]), TEXTS, st.lists(ITEMS, max_size=4).map(tuple),
    TEXTS, st.sampled_from(["", "target", "judge"]), NUMBERS, TEXTS,
    st.lists(TEXTS, max_size=2).map(tuple), st.dictionaries(TEXTS, st.floats(), max_size=2), TEXTS)

ITEM = Item("relu: value", "relu", "passed", points=2.0, max_points=2.0, seconds=0.5)
WRONG = Item("relu: gradient", "relu", "failed", "dx is twice too large\nsecond line",
             points=0.0, max_points=6.0, advice=("mind the mask",))
SKIPPED = Item("dropout: seeds", "dropout", "skipped", "no seed", points=0.0, max_points=0.0)
LATE = Item("affine: value", "affine", "error", "took too long", points=0.0, max_points=2.0)
RECORD = Record("grade", "homework.py", (ITEM, WRONG, SKIPPED, LATE), seconds=1.25,
                output="hello\n", notes=("a note",), settings={"seed": 3})

EVERY = Record("check", "homework.py", tuple(
    Item(status, "group", status, f"it is {status}", file="homework.py", line=place)
    for place, status in enumerate(STATUSES, 1)), seconds=1.25, path="homework.py")


def judged() -> Record:
    """Return a record of functions that are judged here: right, warned, wrong, unwritten."""
    def relu_forward(x):
        return np.maximum(x, 0), x

    def affine_forward(x, w, b):
        return x @ w + b, (x, w)

    def affine_backward(dout, cache):
        x, w = cache
        return dout @ w.T, x.T @ dout, dout.mean(axis=0)

    def tanh_backward(dout, x):
        dout *= 1 - np.tanh(x) ** 2
        return dout

    return check_all({
        "relu_forward": relu_forward, "relu_backward": lambda dout, x: dout * (x > 0),
        "affine_forward": affine_forward, "affine_backward": affine_backward,
        "tanh_forward": lambda x: (np.tanh(x), x), "tanh_backward": tanh_backward,
        "sigmoid_forward": lambda x: None, "sigmoid_backward": lambda dout, cache: None,
        "elu_forward": lambda x: (x / "", x), "elu_backward": lambda dout, x: dout,
    }, imported=True)


LAWFUL = Item("dropout laws", "dropout", "failed", "rate: no\nvalues: no", file="homework.py",
              line=3, details={"laws": [
                  CheckResult("rate", "failed", "rate: no", {"p": np.float64(0.5)}, 0.1).to_dict(),
                  CheckResult("runs", "passed", "", {}, 0.1).to_dict()]})
