"""An edit that takes a branch away is told from one that repairs."""

import ast

import numpy as np

from gradcheck.contract.validation import valid_layer
from gradcheck.repair.bench import Bench
from gradcheck.repair.dead import is_dead
from gradcheck.repair.edits import BY_NAME, statements_of
from gradcheck.repair.sites import sites_of
from gradcheck.repair.truth import Place
from tests.gradcheck.repair import layers


def test_a_condition_that_is_never_true_with_an_edit_is_dead():
    args = (np.random.default_rng(0).normal(size=(4, 6)),)
    bench = Bench([Place(valid_layer(layers.gated_forward, layers.gated_backward, args, None))])
    part = bench.parts[0]
    sites = sites_of(part.source, part.run, dict.fromkeys(statements_of(part.source.tree), 0))
    changes = [change for site in sites for change in BY_NAME["comparison"].changes(site)]
    dead = {ast.unparse(change.parts[0][1]): is_dead(bench, part, change) for change in changes}
    assert dead == {"x.max() < 0": True, "x.max() <= 0": True, "x.max() >= 0": False}
