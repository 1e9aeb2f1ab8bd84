"""The benchmark's own parts: the layers are right, a slip is one, a diff is applied as git does."""

from __future__ import annotations

import ast

import numpy as np
import pytest

from gradcheck import check_layer
from tests.benchmarks.repair import Bench, applied, main
from tests.benchmarks.repair_examples import EXAMPLES, KNOWN, function
from tests.benchmarks.slips import RULES, slips


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_layer_of_the_benchmark_is_right_at_its_three_sizes(name):
    pair = (function(f"{name}_{way}") for way in ("forward", "backward"))
    forward, backward = pair
    for size in range(3):
        args = EXAMPLES[name](np.random.default_rng(size), size)
        assert check_layer(forward, backward, *args, progress=False).passed


def test_every_rule_makes_slips_and_all_of_them_differ():
    function, = ast.parse(
        "def f(dout, x):\n    g = -x.T.sum(axis=0)\n    if x > 0:\n        g[1:] += 2 * dout\n"
        "        g = g - dout\n    return np.outer(g, x.T)\n").body
    found = list(slips("f", function))
    assert {slip.kind for slip in found} == set(RULES)
    assert len({slip.source for slip in found}) == len(found)


@pytest.mark.parametrize(("name", "before", "after"), KNOWN)
def test_a_known_slip_has_its_place(name, before, after, tmp_path):
    source = Bench(tmp_path).right[name]
    wanted = before if before in source else ast.unparse(ast.parse(before.strip()))
    assert wanted in source
    assert before != after


def test_a_diff_is_applied():
    text = "a\nb\nc\nd\n"
    diff = "--- a/x\n+++ b/x\n@@ -1,3 +1,4 @@\n a\n-b\n+B\n+bb\n c\n@@ -4 +5 @@\n-d\n+D\n"
    assert applied(text, diff) == "a\nB\nbb\nc\nD\n"


@pytest.mark.slow
def test_no_repair_of_a_sample_is_false(capsys):
    outcomes = main(["--only", "known"])
    assert not any(outcome.false for outcome in outcomes)
    assert sum(outcome.repaired for outcome in outcomes) > 0.8 * len(outcomes)
