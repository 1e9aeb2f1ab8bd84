"""Expressions with a wanted value are looked for, whatever stands in their place."""

import ast

import numpy as np
import pytest

from gradcheck.repair.nodes import parsed
from gradcheck.repair.sites import Site
from gradcheck.repair.values import expressions
from gradcheck.repair.where import Where

X = np.array([1.0, 2.0])


@pytest.mark.parametrize("now", [(X, np.ones((2, 3))), None, 0.0, np.zeros(3)], ids=repr)
def test_what_stands_there_may_be_of_any_kind(now):
    where = Where({"x": X, "now": now}, {}, "np")
    found = expressions(Site(None, "", parsed("now"), None, (), where), 2 * X)
    assert "2 * x" in [ast.unparse(node) for _, node in found]
