"""Told is the line behind which the caller's array is another: under any name, in a call."""

from __future__ import annotations

import linecache
import textwrap

import numpy as np
import pytest

from gradcheck.contract.validation import valid_layer
from gradcheck.repair.writes import lines_of_writes
from gradcheck.report import Finding

X = np.arange(1.0, 7.0).reshape(2, 3) - 3.0


def told(text, *args, code="dout-mutated", by="backward", changed=(), name=None):
    """Return the lines of a program at which it writes, as (text of the line, what is marked)."""
    file = f"written_{abs(hash(text))}.py"
    source = textwrap.dedent(text).lstrip()
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    names = {"np": np}
    exec(compile(source, file, "exec"), names)
    layer = valid_layer(names["forward"], names["backward"], args or (X,), None)
    finding = Finding(code, name, (), "", {"by": by, "changed": list(changed)})
    return [(repair.text.strip(), repair.before, repair.words)
            for repair in lines_of_writes(layer, [finding])]


FORWARD = """
    def forward(x):
        return np.maximum(x, 0), x
"""


@pytest.mark.parametrize(("body", "line"), [
    ("dout[x < 0] = 0; return dout", "dout[x < 0] = 0; return dout"),
    ("dx = dout\n        dx *= x > 0\n        return dx", "dx *= x > 0"),
    ("np.multiply(dout, x > 0, out=dout)\n        return dout",
     "np.multiply(dout, x > 0, out=dout)"),
    ("flat = dout.reshape(-1)\n        for i in range(len(flat)):\n"
     "            flat[i] = flat[i] * (x.flat[i] > 0)\n        return dout",
     "flat[i] = flat[i] * (x.flat[i] > 0)"),
    ("dout += (\n            2 * x)\n        return dout", "dout += (\n        2 * x)"),
])
def test_the_statement_that_writes_is_marked_whatever_the_array_is_called(body, line):
    (text, marked, words), = told(f"{FORWARD}\n    def backward(dout, x):\n        {body}\n")
    assert marked == line
    assert line.partition("\n")[0] in text
    assert words == "this changes dout"


HELPERS = FORWARD + """
    def mask_of(x):
        mask = x > 0
        return mask

    def spoil(array):
        array -= 1
        array -= 2
        return array
"""


@pytest.mark.parametrize(("body", "line"), [
    ("return spoil(dout)", "array -= 1"),
    ("dout[...] = mask_of(x)\n        return dout", "dout[...] = mask_of(x)"),
    ("return [dout.sort() for _ in range(2)][0]", "return [dout.sort() for _ in range(2)][0]"),
])
def test_a_helper_is_followed_and_what_its_caller_does_behind_it_is_the_callers(body, line):
    (_, marked, _), = told(f"{HELPERS}\n    def backward(dout, x):\n        {body}\n")
    assert marked == line


BOTH = """
    def forward(x, params):
        params["running"] = x.mean()
        view = x
        view -= view.mean()
        params["eps"] = 0.0
        return view, (view, params)

    def backward(dout, cache):
        cache[0][0] = 0
        return dout
"""


@pytest.mark.parametrize(("how", "line"), [
    ({"code": "input-mutated", "by": "forward", "name": "x", "changed": ["x"]},
     "view -= view.mean()"),
    ({"code": "input-mutated", "by": "forward", "name": "params", "changed": ["params['eps']"]},
     'params["eps"] = 0.0'),
    ({"code": "cache-mutated", "changed": ["cache[0]"]}, "cache[0][0] = 0"),
])
def test_only_what_was_found_to_change_is_watched(how, line):
    (_, marked, words), = told(BOTH, X + 5.0, {"eps": 1.0}, **how)
    assert marked == line
    assert words == f"this changes {how.get('name') or 'cache'}"


def test_nothing_is_told_of_what_does_not_change_or_has_no_source():
    assert told(f"{FORWARD}\n    def backward(dout, x):\n        return dout * (x > 0)\n") == []
    layer = valid_layer(lambda x: (x, x), lambda dout, x: dout, (X,), None)
    other = Finding("scaled", "x", (), "", {})
    assert lines_of_writes(layer, [other]) == ()
